package holdfast.report;

import holdfast.text.Clean;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A page that needs nothing but itself. Text gets in by {@link #text} alone, cleaned and escaped, and the page allows no
 * script and no style but its own two, by their digests: what a node prints stays text, even if the escaping failed.
 *
 * <p>FreeMarker is kept for what may land on nodes; a table needs neither it nor its rules.
 */
final class Html {

    private static final int LONGEST = 4000;

    private final StringBuilder page = new StringBuilder();

    /** Begins a page with a style sheet and a script, both resources beside this class. */
    Html(String title, String style, String script) {
        String css = resource(style);
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
        Clean.line(text, LONGEST).codePoints().forEach(point -> {
            switch (point) {
                case '&' -> page.append("&amp;");
                case '<' -> page.append("&lt;");
                case '>' -> page.append("&gt;");
                case '"' -> page.append("&quot;");
                case '\'' -> page.append("&#39;");
                default -> page.appendCodePoint(point);
            }
        });
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
