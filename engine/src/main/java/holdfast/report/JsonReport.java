package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run as {@code holdfast.report/1}. The order is stable, so that two reports can be compared with diff(1). New
 * fields may come, none is renamed; the JSON Schema is beside this class.
 */
public final class JsonReport {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.report/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/report/report-1.schema.json";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private JsonReport() {}

    /** The report with line breaks and a final line feed. */
    public static String render(Run run) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(toJson(run)) + "\n";
    }

    static ObjectNode toJson(Run run) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        run(root.putObject("run"), run);
        summary(root.putObject("summary"), run);
        ArrayNode nodes = root.putArray("nodes");
        run.nodes().forEach(node -> node(nodes.addObject(), node));
        ArrayNode clusters = root.putArray("clusters");
        run.clusters().forEach(cluster -> cluster(clusters.addObject(), cluster));
        run.discovery().ifPresent(found -> discovery(root.putObject("discovery"), found));
        return root;
    }

    /** Only where it was asked for. Names and addresses are what nodes said. */
    private static void discovery(ObjectNode json, Comparison found) {
        json.put("clusters", found.clusters());
        ArrayNode missing = json.putArray("notInInventory");
        found.missing().forEach(member -> {
            ObjectNode node = missing.addObject();
            node.put("member", fact(member.member()));
            node.put("cluster", fact(member.cluster()));
            node.put("clusterId", member.clusterId().orElse(null));
            strings(
                    node.putArray("addresses"),
                    member.addresses().stream().limit(20).map(JsonReport::fact).toList());
            strings(node.putArray("toldBy"), member.toldBy());
        });
        ArrayNode strangers = json.putArray("notInCluster");
        found.strangers().forEach(stranger -> {
            ObjectNode node = strangers.addObject();
            node.put("node", stranger.host());
            node.put("reason", stranger.reason().label());
            node.put("cluster", fact(stranger.cluster()));
            node.put("message", Clean.line(stranger.message(), 1000));
        });
        ArrayNode untold = json.putArray("notTold");
        found.untold().forEach(host -> {
            ObjectNode node = untold.addObject();
            node.put("node", host.host());
            node.put("message", Clean.line(host.why(), 1000));
        });
    }

    private static void run(ObjectNode json, Run run) {
        json.put("id", run.id());
        json.put("command", run.command());
        json.put("startedAt", time(run.startedAt()));
        json.put("finishedAt", time(run.finishedAt()));
        json.put("version", run.context().version());
        json.put("operator", run.context().operator());
        json.put("controller", run.context().controller());
        strings(json.putArray("inventory"), run.context().inventory());
        json.put("policyDigest", run.context().policyDigest());
        ObjectNode selection = json.putObject("selection");
        selection.put("limit", run.context().limit());
        strings(selection.putArray("checks"), run.checks());
    }

    private static void summary(ObjectNode json, Run run) {
        json.put("nodes", run.nodes().size());
        json.put("reachable", run.nodes().size() - run.count(NodeResult.State.UNREACHABLE));
        json.put("unreachable", run.count(NodeResult.State.UNREACHABLE));
        for (Finding.Status status : Finding.Status.values()) {
            json.put(status.label(), run.count(status));
        }
        ObjectNode severities = json.putObject("bySeverity");
        for (Severity severity : Severity.values()) {
            severities.put(
                    severity.label(),
                    run.findings()
                            .filter(finding ->
                                    finding.status() == Finding.Status.FAIL && finding.severity() == severity)
                            .count());
        }
    }

    private static void node(ObjectNode json, NodeResult node) {
        json.put("name", node.name());
        json.put("address", node.address());
        json.put("cluster", node.cluster().orElse(null));
        json.put("status", node.state().label());
        if (node.error().isPresent()) {
            ObjectNode error = json.putObject("error");
            error.put("phase", node.error().get().phase().label());
            error.put("message", node.error().get().message());
        } else {
            json.putNull("error");
        }
        ObjectNode facts = json.putObject("facts");
        facts.put("os", node.facts().map(NodeFacts::os).map(JsonReport::fact).orElse(null));
        facts.put(
                "pveVersion",
                node.facts()
                        .flatMap(NodeFacts::pveVersion)
                        .map(JsonReport::fact)
                        .orElse(null));
        facts.put(
                "kernel",
                node.facts().map(NodeFacts::kernel).map(JsonReport::fact).orElse(null));
        facts.put(
                "hostname",
                node.facts().map(NodeFacts::hostname).map(JsonReport::fact).orElse(null));
        json.put("durationMs", node.durationMillis());
        findings(json.putArray("findings"), node.findings());
        changes(json.putArray("changes"), node.changes());
    }

    private static void cluster(ObjectNode json, ClusterResult cluster) {
        Optional<ClusterResult.Count> count = cluster.count();
        json.put("name", cluster.name());
        json.put("id", cluster.id().orElse(null));
        strings(json.putArray("members"), cluster.members());
        json.put("quorate", count.map(ClusterResult.Count::quorate).orElse(null));
        json.put("votes", count.map(ClusterResult.Count::votes).orElse(null));
        json.put("expected", count.map(ClusterResult.Count::expected).orElse(null));
        json.put("quorum", count.map(ClusterResult.Count::quorum).orElse(null));
        json.put("margin", count.map(ClusterResult.Count::margin).orElse(null));
        findings(json.putArray("findings"), cluster.findings());
        changes(json.putArray("changes"), cluster.changes());
    }

    private static void changes(ArrayNode array, List<AppliedChange> changes) {
        changes.forEach(change -> {
            ObjectNode json = array.addObject();
            json.put("check", change.check());
            json.put("target", Clean.line(change.target()));
            json.put("action", change.action());
            json.put("diff", Clean.block(change.diff()));
            json.put("state", change.state().label());
            json.put("message", Clean.line(change.message()));
        });
    }

    private static void findings(ArrayNode array, List<Finding> findings) {
        findings.forEach(finding -> {
            ObjectNode json = array.addObject();
            json.put("check", finding.check());
            json.put("title", finding.title());
            json.put("severity", finding.severity().label());
            json.put("status", finding.status().label());
            json.put("message", finding.message());
            json.put("expected", finding.expected().isEmpty() ? null : finding.expected());
            json.put("actual", finding.actual().isEmpty() ? null : finding.actual());
            strings(json.putArray("evidence"), finding.evidence());
            json.put("fixable", finding.fixable());
            strings(json.putArray("advice"), finding.advice());
            if (finding.snippet().isPresent()) {
                ObjectNode snippet = json.putObject("snippet");
                snippet.put("path", finding.snippet().get().path());
                snippet.put("content", finding.snippet().get().content());
            } else {
                json.putNull("snippet");
            }
            if (finding.waiver().isPresent()) {
                Waiver waiver = finding.waiver().get();
                ObjectNode accepted = json.putObject("waiver");
                accepted.put("check", waiver.check());
                strings(accepted.putArray("nodes"), waiver.nodes());
                accepted.put("reason", waiver.reason());
                accepted.put("owner", waiver.owner());
                accepted.put("expires", waiver.expires().toString());
            } else {
                json.putNull("waiver");
            }
        });
    }

    /** A report may be printed to a terminal, and JSON escapes neither C1 controls nor bidirectional marks. */
    private static String fact(String said) {
        return Clean.line(said, 200);
    }

    private static void strings(ArrayNode array, List<String> values) {
        values.forEach(array::add);
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
