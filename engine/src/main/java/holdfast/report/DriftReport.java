package holdfast.report;

import holdfast.check.Severity;
import holdfast.drift.Difference;
import holdfast.drift.Drift;
import holdfast.run.Finding;
import holdfast.text.Clean;
import java.time.temporal.ChronoUnit;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What is different between two runs, as {@code holdfast.drift/1}; also a part of a report. */
public final class DriftReport {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.drift/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/report/drift-1.schema.json";

    private DriftReport() {}

    /** The comparison with line breaks and a final line feed; {@code run} is the later run's id. */
    public static String render(String run, Drift drift) {
        ObjectNode root = JsonReport.MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("run", run);
        write(root, drift);
        return JsonReport.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }

    static void write(ObjectNode json, Drift drift) {
        ObjectNode since = json.putObject("since");
        since.put("run", drift.since().run());
        since.put("at", drift.since().at().truncatedTo(ChronoUnit.MILLIS).toString());
        since.put("what", drift.since().what());
        json.put("any", drift.any());
        json.put("worse", drift.worse());
        ObjectNode counts = json.putObject("counts");
        for (Difference.Kind kind : Difference.Kind.values()) {
            counts.put(kind.label(), drift.count(kind));
        }
        ArrayNode differences = json.putArray("differences");
        drift.differences().forEach(difference -> {
            ObjectNode one = differences.addObject();
            one.put("kind", difference.kind().label());
            one.put("worse", difference.kind().worse());
            one.put("subject", difference.subject());
            one.put("scope", difference.cluster() ? "cluster" : "node");
            one.put("check", difference.check().orElse(null));
            one.put("severity", difference.severity().map(Severity::label).orElse(null));
            one.put(
                    "before",
                    difference
                            .before()
                            .map(Finding::status)
                            .map(Finding.Status::label)
                            .orElse(null));
            one.put(
                    "after",
                    difference
                            .after()
                            .map(Finding::status)
                            .map(Finding.Status::label)
                            .orElse(null));
            one.put("message", Clean.line(difference.message(), 2400));
        });
        ArrayNode remarks = json.putArray("remarks");
        drift.remarks().forEach(remarks::add);
    }
}
