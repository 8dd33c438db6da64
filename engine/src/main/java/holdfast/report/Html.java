package holdfast.report;

import com.google.errorprone.annotations.FormatMethod;
import holdfast.text.Clean;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A page that needs nothing but itself. Text gets in by {@link #text} alone, cleaned and escaped, and the page allows no
 * script and no style but its own two, by their digests: what a node prints stays text, even if the escaping failed.
 *
 * <p>FreeMarker is kept for what may land on nodes; a table needs neither it nor its rules.
 */
final class Html {

    /** How many characters of one text are shown at most. */
    static final int LONGEST = 4000;

    private final StringBuilder page = new StringBuilder();

    /** Begins a page with style sheets and a script, all of them resources beside this class. */
    Html(String title, List<String> styles, String script) {
        String css = styles.stream().map(Html::resource).collect(Collectors.joining());
        String javascript = resource(script);
        raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-"
                + digest(css) + "'; script-src 'sha256-" + digest(javascript)
                + "'; base-uri 'none'; form-action 'none'\">\n");
        raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
        raw("<title>").text(title).raw("</title>\n<style>").raw(css).raw("</style>\n</head>\n<body>\n");
        this.script = javascript;
    }

    private final String script;

    /** Markup of ours; never anything that a node, an inventory or a person said. */
    Html raw(String markup) {
        page.append(markup);
        return this;
    }

    /** Text of whatever origin, in an element or in a double-quoted attribute. */
    Html text(String text) {
        return text(text, LONGEST);
    }

    /** As {@link #text(String)}, at most {@code limit} characters of it. */
    Html text(String text, int limit) {
        return escaped(Clean.line(text, limit));
    }

    /**
     * Text of several lines: line feeds and tabs stay; at most {@code limit} characters of it. Behind {@code <pre>} write
     * a line feed first: a parser drops the one that follows at once.
     */
    Html block(String text, int limit) {
        // What is cut off is not cleaned first: it may be much.
        boolean cut = text.length() > limit;
        boolean between = cut && limit > 0 && Character.isHighSurrogate(text.charAt(limit - 1));
        String some = cut ? text.substring(0, between ? limit - 1 : limit) : text;
        return escaped(Clean.block(some) + (cut ? "…" : ""));
    }

    /** As {@link String#format}, the same wherever the page is made. */
    @FormatMethod
    static String format(String format, Object... args) {
        return String.format(Locale.ROOT, format, args);
    }

    /** How many characters the page has so far. */
    int length() {
        return page.length();
    }

    private Html escaped(String clean) {
        for (int i = 0; i < clean.length(); i++) {
            char c = clean.charAt(i);
            switch (c) {
                case '&' -> page.append("&amp;");
                case '<' -> page.append("&lt;");
                case '>' -> page.append("&gt;");
                case '"' -> page.append("&quot;");
                case '\'' -> page.append("&#39;");
                default -> page.append(c);
            }
        }
        return this;
    }

    /** The page with its end. */
    String finished() {
        return page + "<script>" + script + "</script>\n</body>\n</html>\n";
    }

    private static String resource(String name) {
        try (InputStream in = Html.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in this program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
