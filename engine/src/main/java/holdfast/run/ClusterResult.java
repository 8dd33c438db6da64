package holdfast.run;

import java.util.List;
import java.util.Optional;

/**
 * One cluster after a run.
 *
 * @param name as corosync has it
 * @param id the SHA-256 of its CA certificate; empty when no member could read that
 * @param members the selected members by their inventory names
 * @param count corosync's count; empty when no member could tell
 * @param findings of the cluster-scope checks
 * @param changes what a fix planned or did once for all members; empty after a scan
 */
public record ClusterResult(
        String name,
        Optional<String> id,
        List<String> members,
        Optional<Count> count,
        List<Finding> findings,
        List<AppliedChange> changes) {

    public ClusterResult {
        members = List.copyOf(members);
        findings = List.copyOf(findings);
        changes = List.copyOf(changes);
    }

    /** The same with what a fix planned or did once for all members. */
    public ClusterResult withChanges(List<AppliedChange> made) {
        return new ClusterResult(name, id, members, count, findings, made);
    }

    /**
     * @param quorate whether some partition has quorum
     * @param votes the votes present in it
     * @param expected the votes configured
     * @param quorum how many make a quorum
     * @param margin how many more may go
     */
    public record Count(boolean quorate, int votes, int expected, int quorum, int margin) {}
}
