package holdfast.report;

import holdfast.access.Subject;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.text.Clean;
import holdfast.token.Diagnosis;
import holdfast.token.TokenRow;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code holdfast token} tells, as {@code holdfast.token/1}. New fields may come, none is renamed; the JSON Schema is
 * beside this class. A secret is never in it.
 */
public final class TokenReport {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.token/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/report/token-1.schema.json";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private TokenReport() {}

    /**
     * One line of a trace.
     *
     * @param node whose log it is in
     * @param address where a call came from; empty for a task
     * @param what a call's method and path, or {@code task} and its type
     * @param status an HTTP status, or a task's
     */
    public record Traced(Instant at, String node, String address, String what, String status) {}

    /** Every token of every cluster. */
    public static String list(AccessPoll.Result polled, Map<AccessPoll.OfCluster, List<TokenRow>> rows, Instant now) {
        ObjectNode root = root("list");
        root.put("askedAt", now.truncatedTo(ChronoUnit.MILLIS).toString());
        unplaced(root, polled.unplaced());
        ArrayNode clusters = root.putArray("clusters");
        for (AccessPoll.OfCluster cluster : polled.clusters()) {
            ObjectNode json = cluster(clusters.addObject(), cluster);
            json.put("error", cluster.access() instanceof Reading.Unknown<?>(var why) ? Clean.line(why, 1000) : null);
            ArrayNode tokens = json.putArray("tokens");
            rows.getOrDefault(cluster, List.of()).forEach(row -> row(tokens.addObject(), row));
        }
        return rendered(root);
    }

    private static void row(ObjectNode json, TokenRow row) {
        json.put("id", Clean.line(row.token().id(), 300));
        text(json, "owner", row.owner());
        text(json, "purpose", row.purpose());
        ArrayNode scope = json.putArray("scope");
        row.scope().forEach(grant -> {
            ObjectNode entry = scope.addObject();
            entry.put("path", grant.path());
            entry.put("role", Clean.line(grant.role(), 200));
            entry.put("propagate", grant.propagate());
            entry.put("subject", Clean.line(grant.subject().toString(), 300));
            entry.put("line", grant.line());
        });
        json.put("privilegeSeparation", row.token().separated());
        json.put(
                "expires",
                row.token().expires() == 0
                        ? null
                        : Instant.ofEpochSecond(row.token().expires()).toString());
        json.put("expired", row.expired());
        json.put("userActive", row.active());
        if (row.hasSecret() instanceof Reading.Known<Boolean>(var has)) {
            json.put("hasSecret", has);
        } else {
            json.putNull("hasSecret");
        }
        json.put("secretSince", row.secretSince().map(LocalDate::toString).orElse(null));
        if (row.lastUse() instanceof Reading.Known<Optional<LocalDate>>(var last)) {
            json.put("lastUse", last.map(LocalDate::toString).orElse(null));
            json.put("lastUseKnown", true);
        } else {
            json.putNull("lastUse");
            json.put("lastUseKnown", false);
        }
        ArrayNode addresses = json.putArray("addresses");
        row.addresses().forEach(addresses::add);
        json.put("inUse", row.inUse());
    }

    /** What a token did. */
    public static String trace(Subject who, List<Traced> rows, Map<String, String> unread) {
        ObjectNode root = root("trace");
        root.put("subject", Clean.line(who.id(), 300));
        unplaced(root, unread);
        ArrayNode all = root.putArray("events");
        rows.forEach(row -> {
            ObjectNode json = all.addObject();
            json.put("at", row.at().toString());
            json.put("node", row.node());
            json.put("address", row.address().isEmpty() ? null : row.address());
            json.put("what", Clean.line(row.what(), 1000));
            json.put("status", Clean.line(row.status(), 300));
        });
        return rendered(root);
    }

    /** Why a token does not work. */
    public static String diagnosis(Subject token, AccessPoll.OfCluster cluster, List<Diagnosis.Step> steps) {
        ObjectNode root = root("diagnose");
        root.put("token", Clean.line(token.id(), 300));
        cluster(root.putObject("cluster"), cluster);
        ArrayNode all = root.putArray("steps");
        steps.forEach(step -> {
            ObjectNode json = all.addObject();
            json.put("step", step.name());
            json.put("state", step.state().label());
            json.put("because", Clean.line(step.because(), 1000));
            strings(json.putArray("evidence"), step.evidence());
            strings(json.putArray("next"), step.next());
        });
        return rendered(root);
    }

    private static ObjectNode root(String command) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("command", command);
        return root;
    }

    private static void unplaced(ObjectNode root, Map<String, String> why) {
        ArrayNode silent = root.putArray("unanswered");
        why.forEach((node, reason) -> {
            ObjectNode json = silent.addObject();
            json.put("node", node);
            json.put("error", Clean.line(reason, 1000));
        });
    }

    private static ObjectNode cluster(ObjectNode json, AccessPoll.OfCluster cluster) {
        json.put("name", Clean.line(cluster.name(), 100));
        json.put("id", cluster.id().orElse(null));
        json.put("standalone", cluster.standalone());
        strings(json.putArray("members"), cluster.members());
        return json;
    }

    private static void text(ObjectNode json, String name, Optional<String> value) {
        json.put(name, value.map(known -> Clean.line(known, 500)).orElse(null));
    }

    private static void strings(ArrayNode array, List<String> texts) {
        texts.forEach(text -> array.add(Clean.line(text, 1000)));
    }

    private static String rendered(ObjectNode root) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
