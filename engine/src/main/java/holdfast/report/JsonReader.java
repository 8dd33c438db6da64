package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.node.Phase;
import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import holdfast.text.Clean;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Reads what {@link JsonReport} wrote, from this version or an older one. What a fix would do is not in a report, so a
 * run that was read has findings without remedies; all else comes back as it was.
 */
public final class JsonReader {

    private JsonReader() {}

    /** Somebody's text is no report; the message says why, and where in it. */
    public static final class NoReport extends Exception {
        private static final long serialVersionUID = 1L;

        NoReport(String message) {
            super(message);
        }

        /** The message, never null. */
        public String why() {
            return String.valueOf(getMessage());
        }
    }

    /**
     * The run of a report.
     *
     * @throws NoReport when it is not JSON, of another schema, or lacks what the schema requires
     */
    public static Run run(String text) throws NoReport {
        JsonNode root;
        try {
            root = JsonReport.MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw new NoReport("it is not JSON: " + Clean.line(e.getOriginalMessage(), 200));
        }
        String schema = root.path("schema").asString("");
        if (!schema.equals(JsonReport.SCHEMA)) {
            throw new NoReport(
                    schema.isEmpty()
                            ? "it has no field schema, so it is no report of holdfast"
                            : "its schema is %s, not %s".formatted(Clean.line(schema, 60), JsonReport.SCHEMA));
        }
        try {
            return run(new Value(cleaned(root), ""));
        } catch (Missing e) {
            throw new NoReport(e.getMessage());
        }
    }

    /** A report may come from anywhere: what it says is as little trusted as what a node says. */
    private static JsonNode cleaned(JsonNode json) {
        if (json.isString()) {
            return StringNode.valueOf(Clean.block(json.asString()));
        }
        if (json instanceof ObjectNode object) {
            object.properties().forEach(field -> field.setValue(cleaned(field.getValue())));
        } else if (json instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, cleaned(array.get(i)));
            }
        }
        return json;
    }

    /** A finding as {@link JsonReport} writes one. */
    public static Finding finding(String text) throws NoReport {
        try {
            return finding(new Value(JsonReport.MAPPER.readTree(text), ""));
        } catch (JacksonException | Missing e) {
            throw new NoReport("it is no finding: " + e.getMessage());
        }
    }

    static Run run(Value root) {
        Value run = root.at("run");
        Run read = new Run(
                        run.text("id"),
                        run.text("command"),
                        run.instant("startedAt"),
                        run.instant("finishedAt"),
                        new Run.Context(
                                run.text("version"),
                                run.text("operator"),
                                run.text("controller"),
                                run.texts("inventory"),
                                run.text("policyDigest"),
                                run.at("selection").text("limit"),
                                run.optional("series").map(Value::text).orElse("")),
                        run.at("selection").texts("checks"),
                        root.list("nodes", JsonReader::node),
                        root.list("clusters", JsonReader::cluster))
                .withWaivers(root.optional("waivers").isEmpty() ? List.of() : root.list("waivers", JsonReader::review));
        return root.optional("discovery")
                .map(JsonReader::discovery)
                .map(read::withDiscovery)
                .orElse(read);
    }

    static NodeResult node(Value node) {
        return new NodeResult(
                node.text("name"),
                node.text("address"),
                node.optional("cluster").map(Value::text),
                node.constant("status", NodeResult.State.values(), NodeResult.State::label),
                node.optional("error")
                        .map(error -> new NodeResult.Trouble(
                                error.constant("phase", Phase.values(), Phase::label), error.text("message"))),
                facts(node.at("facts")),
                node.number("durationMs"),
                node.list("findings", JsonReader::finding),
                node.list("changes", JsonReader::change));
    }

    private static Optional<NodeFacts> facts(Value facts) {
        return facts.optional("hostname")
                .map(hostname -> new NodeFacts(
                        hostname.text(),
                        facts.optional("os").map(Value::text).orElse(""),
                        facts.optional("kernel").map(Value::text).orElse(""),
                        facts.optional("pveVersion")
                                .map(version -> Map.of("pve-manager", version.text()))
                                .orElse(Map.of())));
    }

    static ClusterResult cluster(Value cluster) {
        return new ClusterResult(
                cluster.text("name"),
                cluster.optional("id").map(Value::text),
                cluster.texts("members"),
                cluster.optional("quorate")
                        .map(quorate -> new ClusterResult.Count(
                                quorate.bool(),
                                Math.toIntExact(cluster.number("votes")),
                                Math.toIntExact(cluster.number("expected")),
                                Math.toIntExact(cluster.number("quorum")),
                                Math.toIntExact(cluster.number("margin")))),
                cluster.list("findings", JsonReader::finding),
                cluster.list("changes", JsonReader::change));
    }

    static Finding finding(Value finding) {
        Severity severity = finding.constant("severity", Severity.values(), Severity::label);
        Finding.Status status = finding.constant("status", Finding.Status.values(), Finding.Status::label);
        String message = finding.text("message");
        String expected = finding.optional("expected").map(Value::text).orElse("");
        String actual = finding.optional("actual").map(Value::text).orElse("");
        List<String> evidence = finding.texts("evidence");
        return new Finding(
                finding.text("check"),
                finding.text("title"),
                severity,
                status,
                message,
                expected,
                actual,
                evidence,
                finding.optional("advice").isPresent() ? finding.texts("advice") : List.of(),
                finding.optional("snippet")
                        .map(file -> new Finding.RenderedFile(file.text("path"), file.text("content"))),
                Optional.empty(),
                finding.optional("waiver").map(JsonReader::waiver),
                finding.at("fixable").bool(),
                // A report from before there were fingerprints: its measurements count as changes.
                finding.optional("fingerprint")
                        .map(Value::text)
                        .orElseGet(() -> Finding.fingerprint(
                                status,
                                severity,
                                String.join("\n", List.of(message, expected, actual)) + "\n"
                                        + String.join("\n", evidence))));
    }

    private static AppliedChange change(Value change) {
        return new AppliedChange(
                change.text("check"),
                change.text("target"),
                change.text("action"),
                change.text("diff"),
                change.constant("state", AppliedChange.State.values(), AppliedChange.State::label),
                change.text("message"));
    }

    private static Waiver waiver(Value waiver) {
        return new Waiver(
                waiver.text("check"),
                waiver.texts("nodes"),
                waiver.text("reason"),
                waiver.text("owner"),
                waiver.date("expires"));
    }

    private static WaiverReview review(Value review) {
        return new WaiverReview(
                waiver(review),
                review.constant("state", WaiverReview.State.values(), WaiverReview.State::label),
                Math.toIntExact(review.number("findings")),
                review.text("message"));
    }

    private static Comparison discovery(Value found) {
        return new Comparison(
                Math.toIntExact(found.number("clusters")),
                found.list(
                        "notInInventory",
                        member -> new Comparison.NotInInventory(
                                member.text("cluster"),
                                member.optional("clusterId").map(Value::text),
                                member.text("member"),
                                member.texts("addresses"),
                                member.texts("toldBy"))),
                found.list(
                        "notInCluster",
                        host -> new Comparison.NotInCluster(
                                host.text("node"),
                                host.constant("reason", Comparison.Reason.values(), Comparison.Reason::label),
                                host.text("cluster"),
                                host.text("message"))),
                found.list("notTold", host -> new Comparison.Untold(host.text("node"), host.text("message"))));
    }

    // ------------------------------------------------------------------ values

    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Missing(String where, String what) {
            super("%s is not %s".formatted(where.isEmpty() ? "it" : Clean.line(where, 200), what));
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    /**
     * A value and where it stands.
     *
     * @param where its path, such as {@code nodes[3].name}
     */
    record Value(JsonNode json, String where) {

        Value at(String field) {
            JsonNode found = json.path(field);
            Value value = new Value(found, where.isEmpty() ? field : where + "." + field);
            if (found.isMissingNode() || found.isNull()) {
                throw new Missing(value.where, "there");
            }
            return value;
        }

        Optional<Value> optional(String field) {
            JsonNode found = json.path(field);
            return found.isMissingNode() || found.isNull() ? Optional.empty() : Optional.of(at(field));
        }

        String text() {
            if (!json.isString()) {
                throw new Missing(where, "a text");
            }
            return json.asString();
        }

        String text(String field) {
            return at(field).text();
        }

        boolean bool() {
            if (!json.isBoolean()) {
                throw new Missing(where, "true or false");
            }
            return json.asBoolean();
        }

        long number(String field) {
            Value value = at(field);
            if (!value.json.isIntegralNumber() || !value.json.canConvertToInt()) {
                throw new Missing(value.where, "a whole number");
            }
            return value.json.asLong();
        }

        Instant instant(String field) {
            Value value = at(field);
            try {
                return Instant.parse(value.text());
            } catch (DateTimeException e) {
                throw new Missing(value.where, "a time as in RFC 3339");
            }
        }

        LocalDate date(String field) {
            Value value = at(field);
            try {
                return LocalDate.parse(value.text());
            } catch (DateTimeException e) {
                throw new Missing(value.where, "a day");
            }
        }

        <E> E constant(String field, E[] values, Function<E, String> label) {
            Value value = at(field);
            for (E one : values) {
                if (label.apply(one).equals(value.text())) {
                    return one;
                }
            }
            throw new Missing(value.where, "one of the words that it may be");
        }

        <T> List<T> list(String field, Function<Value, T> each) {
            Value value = at(field);
            if (!value.json.isArray()) {
                throw new Missing(value.where, "a list");
            }
            List<T> all = new ArrayList<>(value.json.size());
            for (int i = 0; i < value.json.size(); i++) {
                all.add(each.apply(new Value(value.json.get(i), "%s[%d]".formatted(value.where, i))));
            }
            return all;
        }

        List<String> texts(String field) {
            return list(field, Value::text);
        }
    }
}
