package holdfast.report;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Markdown that the pages of checks are written in, as HTML: paragraphs, headings, lists of one level, blocks of
 * code between fences, {@code code} and strong words. All else, links and HTML among it, stays the text that it is.
 */
final class Markdown {

    private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*?)(?: +#+)?");
    private static final Pattern BULLET = Pattern.compile("[-*+] +(.*)");
    private static final Pattern STEP = Pattern.compile("\\d{1,9}[.)] +(.*)");
    private static final Pattern INLINE = Pattern.compile("`([^`]+)`|\\*\\*([^*]+)\\*\\*");
    private static final int LINES = 2000;

    private final Html page;
    private final String heading;
    private final List<String> paragraph = new ArrayList<>();

    /** The list that is open: {@code ul} or {@code ol}, or empty. */
    private String list = "";

    private Markdown(Html page, int level) {
        this.page = page;
        this.heading = "h" + level;
    }

    /**
     * Writes it into a page.
     *
     * @param level of its headings, 1 to 6, whatever theirs is in the text
     */
    static void write(Html page, String text, int level) {
        Markdown markdown = new Markdown(page, level);
        List<String> lines = text.lines().limit(LINES).toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("```")) {
                int end = i + 1;
                while (end < lines.size() && !lines.get(end).startsWith("```")) {
                    end++;
                }
                markdown.close();
                page.raw("<pre>\n")
                        .block(String.join("\n", lines.subList(Math.min(i + 1, end), end)), Html.LONGEST)
                        .raw("</pre>\n");
                i = end;
            } else {
                markdown.line(lines.get(i));
            }
        }
        markdown.close();
    }

    private void line(String line) {
        String bare = line.strip();
        Matcher title = HEADING.matcher(bare);
        Matcher bullet = BULLET.matcher(line);
        Matcher step = STEP.matcher(line);
        if (bare.isEmpty()) {
            close();
        } else if (title.matches()) {
            close();
            page.raw("<" + heading + ">");
            inline(title.group(1));
            page.raw("</" + heading + ">\n");
        } else if (bullet.matches()) {
            item("ul", bullet.group(1));
        } else if (step.matches()) {
            item("ol", step.group(1));
        } else {
            paragraph.add(bare);
        }
    }

    private void item(String kind, String text) {
        if (list.equals(kind)) {
            flush("li");
        } else {
            close();
            page.raw("<" + kind + ">");
            list = kind;
        }
        paragraph.add(text);
    }

    private void close() {
        flush(list.isEmpty() ? "p" : "li");
        if (!list.isEmpty()) {
            page.raw("</" + list + ">\n");
            list = "";
        }
    }

    private void flush(String element) {
        if (!paragraph.isEmpty()) {
            page.raw("<" + element + ">");
            inline(String.join(" ", paragraph));
            page.raw("</" + element + ">\n");
            paragraph.clear();
        }
    }

    private void inline(String text) {
        Matcher mark = INLINE.matcher(text);
        int from = 0;
        while (mark.find()) {
            page.text(text.substring(from, mark.start()));
            boolean code = mark.group(1) != null;
            page.raw(code ? "<code>" : "<strong>")
                    .text(code ? mark.group(1) : mark.group(2))
                    .raw(code ? "</code>" : "</strong>");
            from = mark.end();
        }
        page.text(text.substring(from));
    }
}
