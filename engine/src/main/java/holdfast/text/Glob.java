package holdfast.text;

import java.util.regex.Pattern;

/** Names with {@code *} and {@code ?} as in a shell; everything else means itself. */
public final class Glob {

    private Glob() {}

    /** Whether the glob means the whole name. */
    public static boolean matches(String glob, String name) {
        return pattern(glob).matcher(name).matches();
    }

    /** The glob as a regular expression for a whole name. */
    public static Pattern pattern(String glob) {
        StringBuilder pattern = new StringBuilder();
        glob.codePoints()
                .forEach(point -> pattern.append(
                        point == '*' ? ".*" : point == '?' ? "." : Pattern.quote(Character.toString(point))));
        return Pattern.compile(pattern.toString(), Pattern.DOTALL);
    }
}
