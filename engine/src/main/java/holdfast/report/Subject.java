package holdfast.report;

import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What findings are about: a node or a cluster.
 *
 * @param cluster whether it is a cluster
 * @param name in the inventory, or the cluster's name
 * @param label the name as it tells this one from all others of its kind: two clusters may bear the same name, and then
 *     each has the beginning of its identity behind it
 * @param home the cluster that it belongs to; a cluster's own name; empty for a node that stands alone
 * @param node what came of the node; empty for a cluster
 * @param group what came of the cluster; empty for a node
 * @param findings of its checks
 */
record Subject(
        boolean cluster,
        String name,
        String label,
        String home,
        Optional<NodeResult> node,
        Optional<ClusterResult> group,
        List<Finding> findings) {

    /** How much of a cluster's identity is told: enough for clusters that bear the same name. */
    private static final int IDENTITY = 12;

    Subject {
        findings = List.copyOf(findings);
    }

    /** {@code node} or {@code cluster}. */
    String scope() {
        return cluster ? "cluster" : "node";
    }

    /** Why it could not be read; empty where it could. */
    Optional<NodeResult.Trouble> trouble() {
        return node.flatMap(NodeResult::error);
    }

    /** The nodes of a run and then its clusters, in the run's order. */
    static List<Subject> of(Run run) {
        List<Subject> subjects = new ArrayList<>();
        Map<String, Integer> nodes = new HashMap<>();
        for (NodeResult node : run.nodes()) {
            subjects.add(new Subject(
                    false,
                    node.name(),
                    counted(node.name(), nodes),
                    node.cluster().orElse(""),
                    Optional.of(node),
                    Optional.empty(),
                    node.findings()));
        }
        Map<String, Integer> sharing = new HashMap<>();
        run.clusters().forEach(cluster -> sharing.merge(cluster.name(), 1, Integer::sum));
        Map<String, Integer> clusters = new HashMap<>();
        for (ClusterResult cluster : run.clusters()) {
            String label = sharing.getOrDefault(cluster.name(), 0) > 1
                    ? cluster.name() + cluster.id().map(Subject::identity).orElse("")
                    : cluster.name();
            subjects.add(new Subject(
                    true,
                    cluster.name(),
                    counted(label, clusters),
                    cluster.name(),
                    Optional.empty(),
                    Optional.of(cluster),
                    cluster.findings()));
        }
        return subjects;
    }

    private static String identity(String id) {
        return " " + id.substring(0, Math.min(IDENTITY, id.length()));
    }

    /** A run out of a file may have a name twice. */
    private static String counted(String label, Map<String, Integer> seen) {
        int before = seen.merge(label, 1, Integer::sum) - 1;
        return before == 0 ? label : "%s (%d)".formatted(label, before + 1);
    }
}
