package holdfast.report;

import holdfast.access.ClusterAccess;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
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
