package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
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

    static final JsonMapper MAPPER = JsonMapper.builder().build();

    private JsonReport() {}

    /** The report with line breaks and a final line feed. */
    public static String render(Run run) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(toJson(run)) + "\n";
    }

    /** The same with what is different from an earlier run, where that is known. */
    public static String render(Reported reported) {
        ObjectNode root = toJson(reported.run());
        reported.drift().ifPresent(drift -> DriftReport.write(root.putObject("drift"), drift));
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
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
        waivers(root.putArray("waivers"), run.waivers());
        run.discovery().ifPresent(found -> discovery(root.putObject("discovery"), found));
        return root;
    }

    /** Only where it was asked for. Names and addresses are what nodes said. */
    static void discovery(ObjectNode json, Comparison found) {
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

    static void run(ObjectNode json, Run run) {
        json.put("id", run.id());
        json.put("command", run.command());
        json.put("startedAt", time(run.startedAt()));
        json.put("finishedAt", time(run.finishedAt()));
        json.put("version", run.context().version());
        json.put("operator", run.context().operator());
        json.put("controller", run.context().controller());
        strings(json.putArray("inventory"), run.context().inventory());
        json.put("policyDigest", run.context().policyDigest());
        json.put("series", run.context().series());
        ObjectNode selection = json.putObject("selection");
        selection.put("limit", run.context().limit());
        strings(selection.putArray("checks"), run.checks());
    }

    static void summary(ObjectNode json, Run run) {
        Counts counts = run.counts();
        json.put("nodes", counts.nodes());
        json.put("reachable", counts.nodes() - counts.unreachable());
        json.put("unreachable", counts.unreachable());
        for (Finding.Status status : Finding.Status.values()) {
            json.put(status.label(), counts.of(status));
        }
        json.put("failBeforeWaivers", counts.beforeWaivers());
        json.put("waiverExpired", counts.expired());
        ObjectNode severities = json.putObject("bySeverity");
        for (Severity severity : Severity.values()) {
            severities.put(severity.label(), counts.of(severity));
        }
    }

    static void waivers(ArrayNode array, List<WaiverReview> reviews) {
        reviews.forEach(review -> {
            ObjectNode json = array.addObject();
            waiver(json, review.waiver());
            json.put("state", review.state().label());
            json.put("findings", review.findings());
            json.put("message", review.message());
        });
    }

    private static void waiver(ObjectNode json, Waiver waiver) {
        json.put("check", waiver.check());
        strings(json.putArray("nodes"), waiver.nodes());
        json.put("reason", waiver.reason());
        json.put("owner", waiver.owner());
        json.put("expires", waiver.expires().toString());
    }

    static void node(ObjectNode json, NodeResult node) {
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

    static void cluster(ObjectNode json, ClusterResult cluster) {
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
        findings.forEach(finding -> finding(array.addObject(), finding));
    }

    static void finding(ObjectNode json, Finding finding) {
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
            ObjectNode accepted = json.putObject("waiver");
            waiver(accepted, finding.waiver().get());
            accepted.put("expired", finding.waiverExpired());
        } else {
            json.putNull("waiver");
        }
        json.put("fingerprint", finding.fingerprint());
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
