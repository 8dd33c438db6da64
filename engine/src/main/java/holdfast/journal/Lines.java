package holdfast.journal;

import holdfast.text.Digests;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One entry as one line of JSON. Every line ends with two digests: {@code previous}, of the whole line before it, and
 * {@code digest}, of its own bytes up to there, since nothing follows the last line that could vouch for it.
 */
final class Lines {

    /** What the first line has as {@code previous}. */
    static final String NOTHING_BEFORE = "0".repeat(64);

    private static final String TAIL = ",\"digest\":\"";
    private static final int TAIL_LENGTH = TAIL.length() + 64 + "\"}".length();

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            // A later version may write more than this one knows.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    private Lines() {}

    /** The line without its line feed. */
    static byte[] write(Entry entry, String previous) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("type", type(entry));
        json.setAll((ObjectNode) MAPPER.<JsonNode>valueToTree(entry));
        if (entry instanceof Entry.Finished finished) {
            json.put("state", finished.state().label());
        }
        json.put("previous", previous);
        String text = MAPPER.writeValueAsString(json);
        String open = text.substring(0, text.length() - 1);
        return (open + TAIL + Digests.sha256(open.getBytes(StandardCharsets.UTF_8)) + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The entry of a line without its line feed.
     *
     * @throws Broken when the line is not what was written, or does not follow the line with this digest
     */
    static Entry read(byte[] line, String previous) throws Broken {
        if (!isWhole(line)) {
            throw new Broken("it was changed after it was written: its digest does not fit");
        }
        JsonNode json;
        try {
            json = MAPPER.readTree(line);
        } catch (JacksonException e) {
            throw new Broken("it is not JSON: " + e.getOriginalMessage());
        }
        if (!json.path("previous").asString("").equals(previous)) {
            throw new Broken("it does not follow the line before it: a line is missing, was changed or has moved");
        }
        String type = json.path("type").asString("");
        try {
            return switch (type) {
                case "started" -> MAPPER.treeToValue(json, Entry.Started.class);
                case "planned" -> MAPPER.treeToValue(json, Entry.Planned.class);
                case "step" -> MAPPER.treeToValue(json, Entry.Step.class);
                case "finished" -> MAPPER.treeToValue(withConstant((ObjectNode) json), Entry.Finished.class);
                case "ended" -> MAPPER.treeToValue(json, Entry.Ended.class);
                default -> new Entry.Other(at(json), type, new String(line, StandardCharsets.UTF_8));
            };
        } catch (JacksonException e) {
            throw new Broken("it is not a line of the type '%s': %s".formatted(type, e.getOriginalMessage()));
        }
    }

    private static boolean isWhole(byte[] line) {
        int end = line.length - TAIL_LENGTH;
        if (end < 1) {
            return false;
        }
        byte[] open = new byte[end];
        System.arraycopy(line, 0, open, 0, end);
        String tail = new String(line, end, TAIL_LENGTH, StandardCharsets.ISO_8859_1);
        return tail.equals(TAIL + Digests.sha256(open) + "\"}");
    }

    private static ObjectNode withConstant(ObjectNode json) {
        json.put(
                "state",
                json.path("state").asString("").toUpperCase(Locale.ROOT).replace('-', '_'));
        return json;
    }

    private static Instant at(JsonNode json) {
        try {
            return Optional.of(json.path("at").asString(""))
                    .filter(text -> !text.isEmpty())
                    .map(Instant::parse)
                    .orElse(Instant.EPOCH);
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    private static String type(Entry entry) {
        return switch (entry) {
            case Entry.Started started -> "started";
            case Entry.Planned planned -> "planned";
            case Entry.Step step -> "step";
            case Entry.Finished finished -> "finished";
            case Entry.Ended ended -> "ended";
            case Entry.Other other ->
                throw new IllegalArgumentException("a line of the type " + other.type() + " is only read");
        };
    }

    /** Why a line cannot be believed. */
    static final class Broken extends Exception {

        private static final long serialVersionUID = 1L;

        private final String why;

        Broken(String why) {
            super(why);
            this.why = why;
        }

        String why() {
            return why;
        }
    }
}
