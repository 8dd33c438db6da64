package holdfast.text;

import com.google.errorprone.annotations.FormatMethod;
import java.util.regex.Pattern;

/**
 * Marks what differs at every look and says nothing new, such as an offset in milliseconds or the days that a
 * certificate has left: a later run that finds the same but for its measurements has found no change.
 *
 * <p>The marks are two of Unicode's noncharacters (The Unicode Standard, 23.7), which are meant for use inside a
 * program. {@link #shown} takes them out before anybody sees them. A node cannot hide a change behind marks of its own:
 * {@link #plain} takes them out of what nodes say.
 */
public final class Measurement {

    private static final char BEGIN = '\ufdd0';
    private static final char END = '\ufdd1';
    private static final Pattern MARKED = Pattern.compile(BEGIN + "[^" + END + "]*" + END);

    private Measurement() {}

    /** The formatted text, marked. */
    @FormatMethod
    public static String of(String format, Object... args) {
        return text(format.formatted(args));
    }

    /** A number, marked. */
    public static String of(long number) {
        return text(Long.toString(number));
    }

    /** A text, marked. */
    public static String text(String text) {
        return BEGIN + plain(text) + END;
    }

    /** The text as a person reads it. */
    public static String shown(String text) {
        return plain(text);
    }

    /** The text with an ellipsis for each measurement: the same for two texts that differ in nothing else. */
    public static String likeness(String text) {
        return plain(MARKED.matcher(text).replaceAll("…"));
    }

    /** Without any mark, whoever made it. */
    public static String plain(String text) {
        if (text.indexOf(BEGIN) < 0 && text.indexOf(END) < 0) {
            return text;
        }
        return text.replace(String.valueOf(BEGIN), "").replace(String.valueOf(END), "");
    }
}
