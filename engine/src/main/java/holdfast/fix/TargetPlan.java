package holdfast.fix;

import holdfast.change.Change;
import holdfast.run.Scan;
import java.util.List;
import java.util.Optional;

/**
 * Everything that is going to be done to one node, or once to one cluster.
 *
 * @param target the node's name, or {@code cluster NAME}
 * @param cluster the cluster's name where it is done once for all of its members
 * @param inCluster the cluster that {@code executor} is a member of; empty where it stands alone
 * @param executor the node on which it is done
 * @param verifiedOn the nodes on which its effect is verified: the node itself, or every member
 * @param peers the cluster that {@code executor} belongs to
 * @param guarded whether it can cut off access
 * @param checks the failed checks that it mends
 * @param files in the order in which they are written
 * @param commands in the order in which they run
 * @param validations before anything takes effect
 * @param reloads at the end
 * @param rescues what opens access again where files cannot be put back at once
 * @param notes what the operator should know
 * @param leftBy the run that was cut off here and left its own way back on the node, which is all that is to be run;
 *     empty for an ordinary plan
 */
public record TargetPlan(
        String target,
        Optional<String> cluster,
        Optional<String> inCluster,
        Scan.Assignment executor,
        List<Scan.Assignment> verifiedOn,
        Peers peers,
        boolean guarded,
        List<PlannedCheck> checks,
        List<PlannedFile> files,
        List<PlannedCommand> commands,
        List<Change.Validate> validations,
        List<Change.Reload> reloads,
        List<Change.Rescue> rescues,
        List<String> notes,
        Optional<String> leftBy) {

    public TargetPlan {
        verifiedOn = List.copyOf(verifiedOn);
        checks = List.copyOf(checks);
        files = List.copyOf(files);
        commands = List.copyOf(commands);
        validations = List.copyOf(validations);
        reloads = List.copyOf(reloads);
        rescues = List.copyOf(rescues);
        notes = List.copyOf(notes);
    }

    /** What is changed one after the other: the cluster, or the node where it stands alone. */
    String lane() {
        return cluster.or(() -> inCluster).map(name -> "cluster " + name).orElse("node " + target);
    }

    /**
     * Whether it is a cluster's change through Proxmox's own commands alone, which write to {@code /etc/pve} and restart
     * nothing: a cluster of two, which survives no loss, can have its users and rights mended all the same.
     */
    boolean writesOnly() {
        return cluster.isPresent()
                && !guarded
                && leftBy.isEmpty()
                && files.isEmpty()
                && reloads.isEmpty()
                && rescues.isEmpty();
    }

    /** Whether there is anything to do. */
    public boolean changes() {
        return leftBy.isPresent()
                || files.stream().anyMatch(PlannedFile::changes)
                || !commands.isEmpty()
                || !reloads.isEmpty();
    }
}
