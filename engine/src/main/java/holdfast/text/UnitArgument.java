package holdfast.text;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One argument of a command in a systemd unit (systemd.service(5), COMMAND LINES; systemd.syntax(7), QUOTING).
 *
 * @param before what stands before the path of a credential, such as {@code webhook=@}; the whole argument as the program
 *     gets it where it is no such path
 * @param credential the id of a credential of the service, which systemd puts the path of behind {@code before}; empty for
 *     an argument that is taken literally
 */
public record UnitArgument(String before, Optional<String> credential) {

    /** The longest argument in characters; a unit's line may have a mebibyte. */
    private static final int LONGEST = 1024;

    private static final Pattern CREDENTIAL = Pattern.compile("[a-z0-9][a-z0-9._-]{0,60}");

    /**
     * @throws IllegalArgumentException for control characters, for a lone semicolon, which ends a command, and for what
     *     cannot be the id of a credential
     */
    public UnitArgument {
        if (credential.isPresent() && !CREDENTIAL.matcher(credential.get()).matches()) {
            throw new IllegalArgumentException(
                    "a credential is called by lower-case letters, digits, dots, hyphens; not '%s'"
                            .formatted(Clean.line(credential.get(), 80)));
        }
        if (before.length() > LONGEST
                || before.codePoints()
                        .anyMatch(point -> Character.isISOControl(point)
                                || Character.getType(point) == Character.SURROGATE
                                || Character.getType(point) == Character.LINE_SEPARATOR
                                || Character.getType(point) == Character.PARAGRAPH_SEPARATOR)) {
            throw new IllegalArgumentException(
                    "an argument of a scheduled command has a line break or another control character, or is too long: "
                            + Clean.line(before, 80));
        }
        if (before.equals(";") && credential.isEmpty()) {
            throw new IllegalArgumentException("a lone semicolon cannot be an argument of a scheduled command");
        }
    }

    /** An argument that is taken literally. */
    public UnitArgument(String value) {
        this(value, Optional.empty());
    }

    /** The same as a person wrote it, with {@code %d/} for the directory of credentials. */
    public String written() {
        return before + credential.map(id -> "%d/" + id).orElse("");
    }

    /**
     * In double quotes where it needs them. No variable is expanded and no specifier but the {@code %d} of a credential's
     * path (systemd.unit(5), SPECIFIERS).
     */
    public String text() {
        String escaped = before.replace("\\", "\\\\")
                        .replace("\"", "\\\"")
                        .replace("%", "%%")
                        .replace("$", "$$")
                + credential.map(id -> "%d/" + id).orElse("");
        return escaped.matches("[A-Za-z0-9_./:=,@+%-]+") ? escaped : '"' + escaped + '"';
    }
}
