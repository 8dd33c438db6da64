package holdfast.schedule;

import holdfast.text.Digests;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A unit's file: whether it is ours, and as we wrote it. Its last line has the digest of all lines before. */
public enum UnitFile {
    /** As holdfast wrote it. */
    OURS,
    /** Written by holdfast, and changed by somebody else. */
    CHANGED,
    /** Not written by holdfast. */
    FOREIGN;

    private static final String BEGIN = "# Written by holdfast: ";
    private static final Pattern SEAL = Pattern.compile("# holdfast sha256 ([0-9a-f]{64})\n\\z");

    /** The text with its digest below. */
    static String sealed(String text) {
        return text + "# holdfast sha256 %s\n".formatted(Digests.sha256(text));
    }

    /** What this text is. */
    public static UnitFile of(String text) {
        if (!text.startsWith(BEGIN)) {
            return FOREIGN;
        }
        Matcher seal = SEAL.matcher(text);
        return seal.find() && Digests.sha256(text.substring(0, seal.start())).equals(seal.group(1)) ? OURS : CHANGED;
    }
}
