package holdfast.policy;

import holdfast.text.Glob;
import java.time.LocalDate;
import java.util.List;

/**
 * A failure that somebody has accepted until a date.
 *
 * @param check a check id or glob
 * @param nodes node names or globs
 * @param reason why it is accepted
 * @param owner who accepted it
 * @param expires the last day on which it holds
 */
public record Waiver(String check, List<String> nodes, String reason, String owner, LocalDate expires) {
    public Waiver {
        nodes = List.copyOf(nodes);
    }

    /** Whether it means this check. */
    public boolean isAbout(String id) {
        return Glob.matches(check, id);
    }

    /** Whether it means a node or cluster that has one of these names. */
    public boolean names(List<String> names) {
        return nodes.stream().anyMatch(glob -> names.stream().anyMatch(name -> Glob.matches(glob, name)));
    }

    /**
     * Whether it means a cluster: by its name, or by naming every member. Who names one member has not accepted what is
     * wrong with all of them.
     */
    public boolean namesCluster(String cluster, List<String> members) {
        return names(List.of(cluster))
                || (!members.isEmpty() && members.stream().allMatch(member -> names(List.of(member))));
    }

    /** Whether its last day has passed; it holds to the end of that day. */
    public boolean expiredOn(LocalDate day) {
        return day.isAfter(expires);
    }
}
