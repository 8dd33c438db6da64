package holdfast.notify;

import holdfast.check.Severity;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.text.Clean;
import holdfast.text.Digests;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is sent, as {@code holdfast.notice/1}; the JSON Schema is beside this class.
 *
 * @param id the same whenever the same news is sent again, so that a receiver can drop a repetition
 * @param at when it was made
 * @param series the runs that it belongs to
 * @param run the run's id; empty when there was none
 * @param controller the machine that made the run
 * @param counts how many findings came out how; empty when there was no run
 * @param events the news
 */
public record Notice(
        String id,
        Instant at,
        String series,
        Optional<String> run,
        String controller,
        Optional<Counts> counts,
        List<Telling.Event> events) {

    /** The schema's name, and the value of the field {@code schema}. */
    public static final String SCHEMA = "holdfast.notice/1";

    /** Where the JSON Schema stands on the class path. */
    public static final String SCHEMA_RESOURCE = "/holdfast/notify/notice-1.schema.json";

    private static final int EVENTS = 500;
    private static final int LINES = 40;
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    public Notice {
        events = List.copyOf(events);
    }

    /** The notice of this news. */
    public static Notice of(
            String series,
            Optional<String> run,
            String controller,
            Optional<Counts> counts,
            Telling telling,
            Instant at) {
        StringBuilder all = new StringBuilder(series);
        telling.events().forEach(event -> all.append('\n').append(event));
        telling.told().forEach((key, state) -> all.append('\n').append(key).append(state));
        return new Notice(
                "notice_" + Digests.sha256(all.toString()).substring(0, 32),
                at,
                series,
                run,
                controller,
                counts,
                telling.events());
    }

    /** One sentence: how much of what. */
    public String headline() {
        Map<String, Integer> counted = new LinkedHashMap<>();
        events.forEach(event -> counted.merge(event.words(), 1, Integer::sum));
        long critical = events.stream()
                .filter(event -> event.change() != Telling.Change.ENDED
                        && event.severity().filter(Severity.CRITICAL::equals).isPresent())
                .count();
        List<String> parts = new ArrayList<>();
        counted.forEach((words, count) -> parts.add(count + " " + words));
        if (events.size() == 1 && events.get(0).kind() == Condition.Kind.RUN_FAILED) {
            return "holdfast: " + events.get(0).words();
        }
        return "holdfast: %s%s"
                .formatted(String.join(", ", parts), critical == 0 ? "" : " (%d critical)".formatted(critical));
    }

    /** For a person: the headline, a line for each of the first events, and where it comes from. */
    public String text() {
        StringBuilder text = new StringBuilder(headline()).append('\n').append('\n');
        events.stream()
                .limit(LINES)
                .forEach(event -> text.append("- ").append(line(event)).append('\n'));
        if (events.size() > LINES) {
            text.append("- and ").append(events.size() - LINES).append(" more\n");
        }
        counts.ifPresent(known -> text.append('\n')
                .append("%d nodes, %d unreachable: %d pass, %d fail, %d cannot be told, %d waived\n"
                        .formatted(
                                known.nodes(),
                                known.unreachable(),
                                known.of(Finding.Status.PASS),
                                known.of(Finding.Status.FAIL),
                                known.of(Finding.Status.UNKNOWN),
                                known.of(Finding.Status.WAIVED))));
        text.append("series %s, on %s%s\n"
                .formatted(
                        Clean.line(series, 300),
                        Clean.line(controller, 80),
                        run.map(id -> ", run " + Clean.line(id, 64)).orElse("")));
        run.ifPresent(id ->
                text.append("holdfast report show ").append(Clean.line(id, 64)).append('\n'));
        return text.toString();
    }

    private static String line(Telling.Event event) {
        return "%s%s: %s%s%s"
                .formatted(
                        event.severity()
                                .filter(severity -> event.change() != Telling.Change.ENDED)
                                .map(severity -> severity.label().toUpperCase(Locale.ROOT) + " ")
                                .orElse(""),
                        Clean.line(event.subject().words(), 120),
                        event.words(),
                        event.check().isEmpty() ? "" : ": " + Clean.line(event.check(), 80),
                        event.message().isEmpty() ? "" : ": " + Clean.line(event.message(), 300));
    }

    /** On one line, without a line feed at its end. */
    public String json() {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("id", id);
        root.put("at", at.truncatedTo(ChronoUnit.MILLIS).toString());
        // Chat programs show the field of this name.
        root.put("text", text());
        root.put("headline", headline());
        root.put("series", Clean.line(series, 1000));
        root.put("run", run.orElse(null));
        root.put("controller", Clean.line(controller, 255));
        if (counts.isPresent()) {
            ObjectNode summary = root.putObject("summary");
            summary.put("nodes", counts.get().nodes());
            summary.put("unreachable", counts.get().unreachable());
            for (Finding.Status status : Finding.Status.values()) {
                summary.put(status.label(), counts.get().of(status));
            }
        } else {
            root.putNull("summary");
        }
        ArrayNode array = root.putArray("events");
        events.stream().limit(EVENTS).forEach(event -> {
            ObjectNode json = array.addObject();
            json.put("event", event.change().label());
            json.put("kind", event.kind().label());
            ArrayNode topics = json.putArray("topics");
            event.topics().forEach(topic -> topics.add(topic.label()));
            json.put("scope", event.subject().scope());
            json.put("subject", Clean.line(event.subject().name(), 400));
            json.put("check", event.check().isEmpty() ? null : Clean.line(event.check(), 100));
            json.put("severity", event.severity().map(Severity::label).orElse(null));
            json.put("message", Clean.line(event.message(), 1200));
        });
        root.put("eventsLeftOut", Math.max(0, events.size() - EVENTS));
        return MAPPER.writeValueAsString(root);
    }
}
