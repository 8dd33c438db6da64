package holdfast.text;

/**
 * Makes text from a node safe to show. Nodes are not trusted: what they print may move the cursor,
 * retitle the terminal or reverse the reading direction (CVE-2021-42574 style).
 */
public final class Clean {

    private Clean() {}

    /** On one line: control and formatting characters become visible escapes such as {@code \x1b}. */
    public static String line(String text) {
        return clean(text, false);
    }

    /** On several lines: as {@link #line}, but line feeds and tabs stay. */
    public static String block(String text) {
        return clean(text, true);
    }

    /** As {@link #line}, and at most {@code limit} characters, the cut marked by an ellipsis. */
    public static String line(String text, int limit) {
        String cleaned = line(text.length() > 4 * limit ? text.substring(0, 4 * limit) : text);
        if (cleaned.length() <= limit) {
            return cleaned;
        }
        int end = Math.max(0, limit - 1);
        boolean between = end > 0 && Character.isHighSurrogate(cleaned.charAt(end - 1));
        return cleaned.substring(0, between ? end - 1 : end) + "…";
    }

    private static String clean(String text, boolean severalLines) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (severalLines && (point == '\n' || point == '\t')) {
                out.appendCodePoint(point);
            } else if (isHarmless(point)) {
                out.appendCodePoint(point);
            } else if (point < 0x100) {
                out.append("\\x%02x".formatted(point));
            } else {
                out.append("\\u{%x}".formatted(point));
            }
        });
        return out.toString();
    }

    private static boolean isHarmless(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
