package holdfast.store;

import holdfast.report.JsonParts;
import holdfast.report.JsonReader;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which node or cluster of a series something is told of.
 *
 * @param kind {@link #NODE} or {@link #CLUSTER}
 * @param name in the inventory, or as corosync has it
 * @param identity a cluster's id: two clusters may bear the same name; empty for nodes
 */
record Subject(String kind, String name, String identity) {

    static final String NODE = "node";
    static final String CLUSTER = "cluster";

    /** The item that tells of the subject itself. */
    static final String ITSELF = "";

    /** Feeds it to the digest of a run. */
    void feed(MessageDigest digest, long durationMillis, Digest told) {
        Digest.feed(digest, kind);
        Digest.feed(digest, name);
        Digest.feed(digest, identity);
        Digest.feed(digest, Long.toString(durationMillis));
        digest.update(told.bytes());
    }

    /**
     * What a run tells of a subject.
     *
     * @param subject of which
     * @param durationMillis how long the visit took; 0 for a cluster
     * @param shell the JSON of the subject itself
     * @param findings in their order
     */
    record Told(Subject subject, long durationMillis, String shell, List<Finding> findings) {

        /** The items of the findings, in their order. */
        List<String> items() {
            return Subject.items(findings.stream().map(Finding::check).toList());
        }
    }

    /** Takes what a run tells of one subject. */
    interface Taker {
        void take(Told told) throws SQLException, StoreException;
    }

    /** Every node, then every cluster. */
    static void each(Run run, Taker taker) throws SQLException, StoreException {
        Set<Subject> seen = new HashSet<>();
        for (NodeResult node : run.nodes()) {
            taker.take(new Told(
                    once(new Subject(NODE, node.name(), ""), seen),
                    node.durationMillis(),
                    JsonParts.node(node),
                    node.findings()));
        }
        for (ClusterResult cluster : run.clusters()) {
            taker.take(new Told(
                    once(new Subject(CLUSTER, cluster.name(), cluster.id().orElse("")), seen),
                    0,
                    JsonParts.cluster(cluster),
                    cluster.findings()));
        }
    }

    /** Two clusters may bear the same name and have no id that could be read. */
    private static Subject once(Subject subject, Set<Subject> seen) {
        Subject one = subject;
        for (int number = 2; !seen.add(one); number++) {
            one = new Subject(subject.kind, subject.name, subject.identity + "#" + number);
        }
        return one;
    }

    /** The items of checks: the ids, and a number behind one that comes again. */
    static List<String> items(List<String> checks) {
        Map<String, Integer> seen = new HashMap<>();
        List<String> items = new ArrayList<>(checks.size());
        for (String check : checks) {
            int number = seen.merge(check, 1, Integer::sum);
            items.add(number == 1 ? check : check + "#" + number);
        }
        return items;
    }

    /**
     * The items of a stored subject.
     *
     * @throws JsonReader.NoReport when it is none
     */
    static List<String> items(byte[] shell) throws JsonReader.NoReport {
        return items(JsonParts.checks(new String(shell, StandardCharsets.UTF_8)));
    }

    /** What texts share that differ in measurements only. */
    static Digest likeness(String kind, String what) {
        return Digest.of((kind + "\n" + what).getBytes(StandardCharsets.UTF_8));
    }
}
