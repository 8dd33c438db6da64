package holdfast.report;

import holdfast.text.Clean;
import java.util.regex.Pattern;

/**
 * What others said, as Markdown that shows it and does nothing else.
 *
 * <p>GitHub and GitLab look for mentions, issue numbers, addresses and commits in the text after Markdown is done:
 * backslashes do not keep {@code @team} from being told. They leave code alone, so text that is more than plain words is
 * shown as code.
 */
final class MarkdownText {

    /**
     * Words and small numbers, which mean nothing to anybody: a colon has a space behind it, and no number is long
     * enough for a commit's.
     */
    private static final Pattern WORDS =
            Pattern.compile("%1$s( %1$s){0,60}[.]?".formatted("\\(?([A-Za-z][a-z']*|[A-Z]{2,5}|[0-9]{1,6})\\)?[,;:]?"));

    private static final String MARKS = "\\`*[]<>{}~^|\"&$@!#";

    private MarkdownText() {}

    /** Inside a table's cell or a line of text: as it is where it is plain words, else as code. */
    static String inline(String said, int limit) {
        String clean = Clean.line(said, limit).strip();
        if (clean.isEmpty()) {
            return "";
        }
        return WORDS.matcher(clean).matches() ? clean : code(clean);
    }

    /** As code, whatever it is; also inside a table's cell. */
    static String code(String said, int limit) {
        String clean = Clean.line(said, limit).strip();
        return clean.isEmpty() ? "" : code(clean);
    }

    /**
     * CommonMark 0.31.2, section 6.1: a run of backticks that is not in the text, and a space where it begins or ends with
     * one. In a table GFM splits cells first and takes a bar with a backslash for a bar; where the text has a backslash
     * before it already, implementations differ, and a broken bar stands for it.
     */
    private static String code(String clean) {
        int longest = 0;
        int length = 0;
        for (int i = 0; i < clean.length(); i++) {
            length = clean.charAt(i) == '`' ? length + 1 : 0;
            longest = Math.max(longest, length);
        }
        String fence = "`".repeat(longest + 1);
        String bars = clean.replace("\\|", "\\\u00a6").replace("|", "\\|");
        boolean space = clean.startsWith("`") || clean.endsWith("`") || clean.endsWith("\\");
        return space ? "%s %s %s".formatted(fence, bars, fence) : fence + bars + fence;
    }

    /**
     * With backslashes before all that CommonMark gives a meaning (section 2.4), for readers that know no mentions. The
     * text is one line and stays one; an underscore between letters or digits has no meaning and stays as it is.
     */
    static String escaped(String line) {
        StringBuilder out = new StringBuilder(line.length() + 8);
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            boolean marks = MARKS.indexOf(c) >= 0
                    || (c == '_' && !(word(line, i - 1) && word(line, i + 1)))
                    || (i == 0 && "-+=:".indexOf(c) >= 0)
                    || ((c == '.' || c == ')') && number(line, i));
            out.append(marks ? "\\" : "").append(c);
        }
        return out.toString();
    }

    private static boolean word(String line, int at) {
        return at >= 0 && at < line.length() && Character.isLetterOrDigit(line.charAt(at));
    }

    /** Whether all before is digits: the beginning of a numbered list. */
    private static boolean number(String line, int at) {
        return at > 0 && at <= 9 && line.substring(0, at).chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
