package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.drift.Drift;
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
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.databind.ObjectWriter;
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
        return render(run, Optional.empty());
    }

    /** The same with what is different from an earlier run, where that is known. */
    public static String render(Reported reported) {
        return render(reported.run(), reported.drift());
    }

    private static String render(Run run, Optional<Drift> drift) {
        StringWriter text = new StringWriter();
        write(run, drift, text);
        return text.toString();
    }

    /**
     * The same as {@link #render(Reported)}, piece by piece: a large fleet's report is never in memory as a whole. The
     * writer is flushed and stays open.
     *
     * @throws UncheckedIOException when it cannot be written
     */
    public static void write(Reported reported, Writer out) {
        write(reported.run(), reported.drift(), out);
    }

    private static void write(Run run, Optional<Drift> drift, Writer out) {
        write(MAPPER.writerWithDefaultPrettyPrinter(), run, drift, out);
    }

    static void write(ObjectWriter style, Run run, Optional<Drift> drift, Writer out) {
        try {
            try (JsonGenerator json =
                    style.without(StreamWriteFeature.AUTO_CLOSE_TARGET).createGenerator(out)) {
                write(json, run, drift);
            }
            out.write('\n');
            out.flush();
        } catch (JacksonIOException e) {
            throw new UncheckedIOException(e.getCause());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(JsonGenerator out, Run run, Optional<Drift> drift) {
        out.writeStartObject();
        out.writeStringProperty("schema", SCHEMA);
        object(out, "run", json -> run(json, run));
        object(out, "summary", json -> summary(json, run));
        array(out, "nodes", run.nodes(), JsonReport::node);
        array(out, "clusters", run.clusters(), JsonReport::cluster);
        array(out, "waivers", run.waivers(), JsonReport::waiver);
        run.discovery().ifPresent(found -> object(out, "discovery", json -> discovery(json, found)));
        drift.ifPresent(found -> object(out, "drift", json -> DriftReport.write(json, found)));
        out.writeEndObject();
    }

    private static void object(JsonGenerator out, String name, Consumer<ObjectNode> filler) {
        ObjectNode json = MAPPER.createObjectNode();
        filler.accept(json);
        out.writeName(name);
        out.writeTree(json);
    }

    private static <T> void array(JsonGenerator out, String name, List<T> values, BiConsumer<ObjectNode, T> filler) {
        out.writeName(name);
        out.writeStartArray();
        for (T value : values) {
            ObjectNode json = MAPPER.createObjectNode();
            filler.accept(json, value);
            out.writeTree(json);
        }
        out.writeEndArray();
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
        reviews.forEach(review -> waiver(array.addObject(), review));
    }

    private static void waiver(ObjectNode json, WaiverReview review) {
        waiver(json, review.waiver());
        json.put("state", review.state().label());
        json.put("findings", review.findings());
        json.put("message", review.message());
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
