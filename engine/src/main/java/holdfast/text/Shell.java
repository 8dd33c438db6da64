package holdfast.text;

/**
 * Quotes values for a POSIX shell. Every value that did not come from this program's own text passes
 * here before it becomes part of a command.
 */
public final class Shell {

    private Shell() {}

    /**
     * One shell word that means exactly {@code value}: POSIX 2.2.2, single quotes take everything
     * literally except the single quote itself.
     *
     * @throws IllegalArgumentException for a NUL character, which no shell word can hold
     */
    public static String quote(String value) {
        if (value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a shell word cannot hold a NUL character");
        }
        return "'" + value.replace("'", "'\\''") + "'";
    }
}
