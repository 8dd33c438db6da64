package holdfast.report;

import holdfast.check.Severity;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A report in parts, each a compact JSON text: the head, one for each node and cluster without its findings, one for
 * each finding. A run that was taken apart and put together again renders to the same {@link JsonReport}.
 */
public final class JsonParts {

    private JsonParts() {}

    /**
     * The whole report on one line, with a final line feed; as {@link JsonReport#render(Run)} else. The stream stays open.
     *
     * @throws java.io.UncheckedIOException when it cannot be written
     */
    public static void line(Run run, OutputStream out) {
        JsonReport.write(
                JsonReport.MAPPER.writer(), run, Optional.empty(), new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }

    /** All but nodes and clusters: who ran what, the counts, the waivers, and what a discovery found. */
    public static String head(Run run) {
        ObjectNode root = JsonReport.MAPPER.createObjectNode();
        JsonReport.run(root.putObject("run"), run);
        JsonReport.summary(root.putObject("summary"), run);
        JsonReport.waivers(root.putArray("waivers"), run.waivers());
        run.discovery().ifPresent(found -> JsonReport.discovery(root.putObject("discovery"), found));
        return JsonReport.MAPPER.writeValueAsString(root);
    }

    /** A node with the ids of its checks in place of its findings, and without how long the visit took. */
    public static String node(NodeResult node) {
        ObjectNode json = JsonReport.MAPPER.createObjectNode();
        JsonReport.node(json, withoutFindings(node));
        json.remove("durationMs");
        checks(json, node.findings());
        return JsonReport.MAPPER.writeValueAsString(json);
    }

    /** A cluster with the ids of its checks in place of its findings. */
    public static String cluster(ClusterResult cluster) {
        ObjectNode json = JsonReport.MAPPER.createObjectNode();
        JsonReport.cluster(json, withFindings(cluster, List.of()));
        checks(json, cluster.findings());
        return JsonReport.MAPPER.writeValueAsString(json);
    }

    /** A finding as a report has it. */
    public static String finding(Finding finding) {
        ObjectNode json = JsonReport.MAPPER.createObjectNode();
        JsonReport.finding(json, finding);
        return JsonReport.MAPPER.writeValueAsString(json);
    }

    /**
     * The run of a head, without nodes and clusters.
     *
     * @throws JsonReader.NoReport when it is none
     */
    public static Run run(String head) throws JsonReader.NoReport {
        return read(head, "the head of a report", root -> {
            ObjectNode json = (ObjectNode) root.json();
            json.putArray("nodes");
            json.putArray("clusters");
            return JsonReader.run(root);
        });
    }

    /**
     * The run of a head with its nodes and clusters.
     *
     * @throws JsonReader.NoReport when it is none
     */
    public static Run run(String head, List<NodeResult> nodes, List<ClusterResult> clusters)
            throws JsonReader.NoReport {
        Run run = run(head);
        return new Run(
                run.id(),
                run.command(),
                run.startedAt(),
                run.finishedAt(),
                run.context(),
                run.checks(),
                nodes,
                clusters,
                run.waivers(),
                run.discovery());
    }

    /**
     * The counts of a head.
     *
     * @throws JsonReader.NoReport when it has none
     */
    public static Counts counts(String head) throws JsonReader.NoReport {
        return read(head, "the head of a report", root -> {
            JsonReader.Value summary = root.at("summary");
            Map<Finding.Status, Integer> byStatus = new EnumMap<>(Finding.Status.class);
            for (Finding.Status status : Finding.Status.values()) {
                byStatus.put(status, Math.toIntExact(summary.number(status.label())));
            }
            Map<Severity, Integer> bySeverity = new EnumMap<>(Severity.class);
            for (Severity severity : Severity.values()) {
                bySeverity.put(
                        severity, Math.toIntExact(summary.at("bySeverity").number(severity.label())));
            }
            return new Counts(
                    Math.toIntExact(summary.number("nodes")),
                    Math.toIntExact(summary.number("unreachable")),
                    byStatus,
                    bySeverity,
                    Math.toIntExact(summary.number("waiverExpired")));
        });
    }

    /**
     * The ids of the checks of a node or cluster, in the order of its findings.
     *
     * @throws JsonReader.NoReport when it is neither
     */
    public static List<String> checks(String nodeOrCluster) throws JsonReader.NoReport {
        return read(nodeOrCluster, "a node or cluster", root -> root.texts("findings"));
    }

    /**
     * A node with its findings.
     *
     * @param durationMillis how long the visit took
     * @throws JsonReader.NoReport when it is none
     */
    public static NodeResult node(String text, long durationMillis, List<Finding> findings) throws JsonReader.NoReport {
        NodeResult read = read(text, "a node", root -> {
            ObjectNode json = (ObjectNode) root.json();
            json.put("durationMs", 0);
            json.putArray("findings");
            return JsonReader.node(root);
        });
        return new NodeResult(
                read.name(),
                read.address(),
                read.cluster(),
                read.state(),
                read.error(),
                read.facts(),
                durationMillis,
                findings,
                read.changes());
    }

    /**
     * A cluster with its findings.
     *
     * @throws JsonReader.NoReport when it is none
     */
    public static ClusterResult cluster(String text, List<Finding> findings) throws JsonReader.NoReport {
        return withFindings(
                read(text, "a cluster", root -> {
                    ((ObjectNode) root.json()).putArray("findings");
                    return JsonReader.cluster(root);
                }),
                findings);
    }

    private static <T> T read(String text, String what, Function<JsonReader.Value, T> reader)
            throws JsonReader.NoReport {
        try {
            JsonReader.Value root = new JsonReader.Value(JsonReport.MAPPER.readTree(text), "");
            if (!root.json().isObject()) {
                throw new JsonReader.NoReport("it is not %s: it is no JSON object".formatted(what));
            }
            return reader.apply(root);
        } catch (JacksonException | JsonReader.Missing e) {
            throw new JsonReader.NoReport("it is not %s: %s".formatted(what, e.getMessage()));
        }
    }

    private static void checks(ObjectNode json, List<Finding> findings) {
        ArrayNode ids = json.putArray("findings");
        findings.forEach(finding -> ids.add(finding.check()));
    }

    private static NodeResult withoutFindings(NodeResult node) {
        return new NodeResult(
                node.name(),
                node.address(),
                node.cluster(),
                node.state(),
                node.error(),
                node.facts(),
                0,
                List.of(),
                node.changes());
    }

    private static ClusterResult withFindings(ClusterResult cluster, List<Finding> findings) {
        return new ClusterResult(
                cluster.name(), cluster.id(), cluster.members(), cluster.count(), findings, cluster.changes());
    }
}
