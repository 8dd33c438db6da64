package holdfast.yaml;

import holdfast.text.Clean;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes maps, lists, texts, booleans and whole numbers as YAML that {@link Yaml} reads as the same: whatever a text
 * holds, it stays one text on one line. A map that holds nothing but texts, numbers and lists of these stands on one
 * line.
 */
public final class YamlWriter {

    /** The parser takes a key of at most 1024 characters; an escape has at most ten. */
    private static final int LONGEST_KEY = 100;

    /** What needs no quotes: never a number, a boolean, nothing, or a sign of YAML's own. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z/][A-Za-z0-9/._@!-]*|\\d{4}-\\d{2}-\\d{2}");

    private static final Pattern WORDS = Pattern.compile("true|false|yes|no|on|off|null|y|n", Pattern.CASE_INSENSITIVE);

    private final StringBuilder out = new StringBuilder();

    private YamlWriter() {}

    /**
     * The document, with a line feed at its end.
     *
     * @throws IllegalArgumentException when there is anything else in it, or a key of more than 100 characters
     */
    public static String write(Map<String, ?> document) {
        YamlWriter writer = new YamlWriter();
        if (document.isEmpty()) {
            return "{}\n";
        }
        writer.entries(document, "");
        return writer.out.toString();
    }

    private void entries(Map<?, ?> map, String indent) {
        String before = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(before).append(key(entry.getKey())).append(':');
            below(entry.getValue(), indent);
            before = indent;
        }
    }

    /** What stands behind a key, or below it. */
    private void below(Object value, String indent) {
        switch (value) {
            case Map<?, ?> map
            when !map.isEmpty() && !isFlat(map) -> {
                out.append('\n').append(indent).append("  ");
                entries(map, indent + "  ");
            }
            case List<?> list
            when !list.isEmpty() && !isFlat(list) -> {
                out.append('\n');
                list.forEach(item -> item(item, indent + "  "));
            }
            default -> out.append(' ').append(line(value)).append('\n');
        }
    }

    private void item(Object item, String indent) {
        out.append(indent).append("- ");
        if (item instanceof Map<?, ?> map && !map.isEmpty() && !isFlat(map)) {
            entries(map, indent + "  ");
        } else {
            // A list in a list that holds maps is nobody's; on one line it is right all the same.
            out.append(line(item)).append('\n');
        }
    }

    private static boolean isFlat(Map<?, ?> map) {
        return map.values().stream()
                .allMatch(value -> !(value instanceof Map) && (!(value instanceof List<?> list) || isFlat(list)));
    }

    private static boolean isFlat(List<?> list) {
        return list.stream().noneMatch(item -> item instanceof Map || item instanceof List);
    }

    private static String line(Object value) {
        return switch (value) {
            case String text -> text(text);
            case Boolean flag -> flag.toString();
            case Integer number -> number.toString();
            case List<?> list ->
                list.stream().map(YamlWriter::line).collect(java.util.stream.Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map when map.isEmpty() -> "{}";
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> key(entry.getKey()) + ": " + line(entry.getValue()))
                        .collect(java.util.stream.Collectors.joining(", ", "{ ", " }"));
            default -> throw new IllegalArgumentException("YAML has no " + value.getClass());
        };
    }

    private static String key(Object key) {
        if (!(key instanceof String text) || text.length() > LONGEST_KEY) {
            throw new IllegalArgumentException("a key is a text of at most %d characters".formatted(LONGEST_KEY));
        }
        return text(text);
    }

    private static String text(String text) {
        if (PLAIN.matcher(text).matches() && !WORDS.matcher(text).matches()) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(point -> {
            String itself = Character.toString(point);
            if (point == '"' || point == '\\') {
                quoted.append('\\').append(itself);
            } else if (Clean.line(itself).equals(itself)) {
                quoted.append(itself);
            } else if (point < 0x100) {
                quoted.append("\\x%02x".formatted(point));
            } else if (point < 0x10000) {
                quoted.append("\\u%04x".formatted(point));
            } else {
                quoted.append("\\U%08x".formatted(point));
            }
        });
        return quoted.append('"').toString();
    }
}
