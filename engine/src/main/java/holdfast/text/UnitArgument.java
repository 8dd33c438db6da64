package holdfast.text;

/**
 * One argument of a command in a systemd unit (systemd.service(5), COMMAND LINES; systemd.syntax(7), QUOTING).
 *
 * @param value as the program gets it
 */
public record UnitArgument(String value) {

    /** The longest argument in characters; a unit's line may have a mebibyte. */
    private static final int LONGEST = 1024;

    /** @throws IllegalArgumentException for control characters, and for a lone semicolon, which ends a command */
    public UnitArgument {
        if (value.length() > LONGEST
                || value.codePoints()
                        .anyMatch(point -> Character.isISOControl(point)
                                || Character.getType(point) == Character.SURROGATE
                                || Character.getType(point) == Character.LINE_SEPARATOR
                                || Character.getType(point) == Character.PARAGRAPH_SEPARATOR)) {
            throw new IllegalArgumentException(
                    "an argument of a scheduled command has a line break or another control character, or is too long: "
                            + Clean.line(value, 80));
        }
        if (value.equals(";")) {
            throw new IllegalArgumentException("a lone semicolon cannot be an argument of a scheduled command");
        }
    }

    /** In double quotes where it needs them; specifiers and variables are not expanded. */
    public String text() {
        String escaped = value.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("%", "%%")
                .replace("$", "$$");
        return escaped.matches("[A-Za-z0-9_./:=,@+%-]+") ? escaped : '"' + escaped + '"';
    }
}
