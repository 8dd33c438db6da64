package holdfast.report;

import holdfast.access.AccessList;
import holdfast.access.AccessMatrix;
import holdfast.access.ClusterAccess;
import holdfast.policy.PolicyKeys;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import holdfast.yaml.YamlWriter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answers of {@code holdfast access} as {@code holdfast.access/1}. New fields may come, none is renamed; the JSON
 * Schema is beside this class.
 */
public final class AccessReport {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.access/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/report/access-1.schema.json";

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private AccessReport() {}

    /** The answers to one question, with line breaks and a final line feed. */
    public static String can(AccessRun run, AccessRun.Question question, List<AccessRun.Answered> answers) {
        ObjectNode root = root(run, "can");
        ObjectNode asked = root.putObject("question");
        asked.put("subject", Clean.line(question.subject().toString(), 300));
        asked.put("privilege", question.privilege());
        asked.put("path", question.path());
        root.put("decision", word(run.decision(answers)));
        ArrayNode clusters = root.putArray("clusters");
        answers.forEach(answer -> {
            ObjectNode json = cluster(clusters, answer.cluster(), answer.notes());
            json.put("decision", word(answer.decision()));
            json.put("because", Clean.line(answer.because(), 1000));
            strings(json.putArray("reasons"), answer.reasons());
        });
        return rendered(root);
    }

    /** The rows of a matrix. */
    public static String matrix(AccessRun run, AccessRun.Wanted wanted, List<AccessRun.Matrix> found) {
        ObjectNode root = root(run, "matrix");
        ObjectNode asked = root.putObject("question");
        strings(asked.putArray("subjects"), wanted.subjects());
        strings(asked.putArray("paths"), wanted.paths());
        asked.put("privilege", wanted.privilege().orElse(null));
        asked.put("effective", wanted.effective());
        ArrayNode clusters = root.putArray("clusters");
        found.forEach(one -> {
            ObjectNode json = cluster(clusters, one.cluster(), one.notes());
            json.put("cut", one.matrix().cut());
            ArrayNode rows = json.putArray("rows");
            // Of many rows with the privileges of one role, all have the same array.
            Map<SortedSet<String>, ArrayNode> privileges = new HashMap<>();
            one.matrix().rows().forEach(row -> {
                ObjectNode each = rows.addObject();
                row(each, row);
                each.set("privileges", privileges.computeIfAbsent(row.privileges(), held -> {
                    ArrayNode array = MAPPER.createArrayNode();
                    strings(array, List.copyOf(held));
                    return array;
                }));
            });
        });
        return rendered(root);
    }

    private static void row(ObjectNode json, AccessMatrix.Row row) {
        json.put("subject", Clean.line(row.subject().toString(), 300));
        json.put("kind", row.subject().kind().label());
        json.put("state", word(row.state()));
        json.put("path", row.path());
        json.put("role", row.role());
        json.put("propagate", row.propagate());
        json.put("from", row.from().isEmpty() ? null : row.from());
        ArrayNode lines = json.putArray("lines");
        row.lines().forEach(lines::add);
        strings(json.putArray("groups"), row.groups());
        json.put("pool", row.pool().orElse(null));
        json.put("how", Clean.line(row.how(), 1000));
        json.put("administrative", row.administrative());
    }

    private static String word(AccessMatrix.State state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The rows of a matrix as CSV. */
    public static String matrixCsv(List<AccessRun.Matrix> found) {
        Csv csv = new Csv()
                .line(List.of(
                        "cluster",
                        "subject",
                        "kind",
                        "state",
                        "path",
                        "role",
                        "propagate",
                        "from",
                        "lines",
                        "groups",
                        "pool",
                        "how",
                        "administrative",
                        "privileges"));
        found.forEach(one -> one.matrix()
                .rows()
                .forEach(row -> csv.line(List.of(
                        one.cluster().name(),
                        row.subject().toString(),
                        row.subject().kind().label(),
                        word(row.state()),
                        row.path(),
                        row.role(),
                        String.valueOf(row.propagate()),
                        row.from(),
                        row.lines().stream().map(String::valueOf).collect(Collectors.joining(" ")),
                        String.join(" ", row.groups()),
                        row.pool().orElse(""),
                        row.how(),
                        String.valueOf(row.administrative()),
                        String.join(" ", row.privileges())))));
        return csv.toString();
    }

    /** The differences to the lists. */
    public static String diff(AccessRun run, List<AccessRun.Compared> found) {
        ObjectNode root = root(run, "diff");
        ArrayNode clusters = root.putArray("clusters");
        found.forEach(one -> {
            ObjectNode json = cluster(clusters, one.cluster(), one.notes());
            json.put(
                    "list",
                    one.list()
                            .map(list -> list.cluster().orElse("every cluster"))
                            .orElse(null));
            ArrayNode differences = json.putArray("differences");
            one.differences().forEach(difference -> {
                ObjectNode each = differences.addObject();
                each.put("kind", difference.kind().label());
                each.put("what", difference.what().label());
                each.put("id", Clean.line(difference.id(), 1500));
                each.put("expected", difference.expected().isEmpty() ? null : Clean.line(difference.expected(), 4000));
                each.put("actual", difference.actual().isEmpty() ? null : Clean.line(difference.actual(), 4000));
                if (difference.line() == 0) {
                    each.putNull("line");
                } else {
                    each.put("line", difference.line());
                }
                each.put("administrative", difference.administrative());
            });
        });
        return rendered(root);
    }

    /** The differences to the lists as CSV. */
    public static String diffCsv(List<AccessRun.Compared> found) {
        Csv csv = new Csv()
                .line(List.of("cluster", "kind", "what", "id", "expected", "actual", "line", "administrative"));
        found.forEach(one -> one.differences()
                .forEach(difference -> csv.line(List.of(
                        one.cluster().name(),
                        difference.kind().label(),
                        difference.what().label(),
                        difference.id(),
                        difference.expected(),
                        difference.actual(),
                        difference.line() == 0 ? "" : String.valueOf(difference.line()),
                        String.valueOf(difference.administrative())))));
        return csv.toString();
    }

    /** Lists as a policy file in YAML, or in JSON. */
    public static String policy(AccessRun run, List<AccessList> lists, boolean json) {
        Map<String, Object> policy = Map.of(
                "access", Map.of("lists", lists.stream().map(PolicyKeys::plain).toList()));
        if (json) {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(policy) + "\n";
        }
        return """
                # Who has access, as holdfast access export found it at %s.
                # Change it to what should be, and compare: holdfast access diff -i INVENTORY --policy THIS-FILE
                # Not in it: comments, names and addresses of users, what is in pools, realms, second factors.
                """.formatted(run.askedAt().truncatedTo(ChronoUnit.SECONDS)) + YamlWriter.write(policy);
    }

    private static String word(AccessRun.Decision decision) {
        return decision.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static ObjectNode root(AccessRun run, String command) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("command", command);
        root.put("askedAt", run.askedAt().truncatedTo(ChronoUnit.MILLIS).toString());
        root.put("durationMs", run.millis());
        root.put("complete", run.complete());
        ArrayNode silent = root.putArray("unplaced");
        run.polled().unplaced().forEach((node, why) -> {
            ObjectNode json = silent.addObject();
            json.put("node", node);
            json.put("error", Clean.line(why, 1000));
        });
        return root;
    }

    private static ObjectNode cluster(ArrayNode clusters, AccessPoll.OfCluster cluster, List<String> notes) {
        ObjectNode json = clusters.addObject();
        json.put("name", Clean.line(cluster.name(), 100));
        json.put("id", cluster.id().orElse(null));
        json.put("standalone", cluster.standalone());
        strings(json.putArray("members"), cluster.members());
        json.put(
                "error",
                cluster.access() instanceof Reading.Unknown<ClusterAccess>(var why) ? Clean.line(why, 1000) : null);
        strings(json.putArray("dissenters"), cluster.dissenters());
        strings(json.putArray("notes"), notes);
        return json;
    }

    private static void strings(ArrayNode array, List<String> texts) {
        texts.forEach(text -> array.add(Clean.line(text, 1000)));
    }

    private static String rendered(ObjectNode root) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }
}
