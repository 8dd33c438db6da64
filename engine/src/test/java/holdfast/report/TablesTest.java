package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Cells and pages hold text and nothing else, whatever the text is. */
final class TablesTest {

    @Property
    void noCellIsAFormulaOrLeavesItsQuotes(@ForAll String one, @ForAll String two) {
        String line = new Csv().line(List.of(one, two)).toString();
        Matcher cells = Pattern.compile("\"((?:[^\"]|\"\")*)\",\"((?:[^\"]|\"\")*)\"\r\n")
                .matcher(line);
        assertThat(cells.matches()).as(line).isTrue();
        for (String cell : List.of(cells.group(1), cells.group(2))) {
            assertThat(cell.strip()).doesNotMatch("(?s)[=+@\\t\\r\uff1d\uff0b\uff0d\uff20-].*");
        }
        assertThat(line.chars().filter(c -> c < ' ')).hasSize(2);
    }

    @Test
    void aFormulaGetsAnApostropheAndAQuoteIsDoubled() {
        assertThat(new Csv().line(List.of("=1+1", " @ops", "-2", "+3", "a=b", "say \"no\"", "")))
                .hasToString("\"'=1+1\",\"' @ops\",\"'-2\",\"'+3\",\"a=b\",\"say \"\"no\"\"\",\"\"\r\n");
    }

    @Property
    void noTextBecomesMarkup(@ForAll String text) {
        Html page = new Html("t", List.of("page.css", "access.css"), "access.js");
        String before = page.finished();
        page.raw("<p title=\"").text(text).raw("\">");
        String added = page.finished().substring(before.indexOf("<script>", before.indexOf("<body>")));
        String inside = added.substring("<p title=\"".length(), added.indexOf("\"><script>"));
        assertThat(inside).doesNotContain("<", ">", "\"", "'");
        assertThat(inside.replaceAll("&(amp|lt|gt|quot|#39);", "")).doesNotContain("&");
    }

    /** The browser runs the script and takes the style only if these digests are right. */
    @Test
    void thePageAllowsItsOwnScriptAndStyleAlone() throws Exception {
        String page = new Html("a < b", List.of("page.css", "access.css"), "access.js").finished();
        for (String kind : List.of("style", "script")) {
            Matcher body =
                    Pattern.compile("(?s)<%s>(.*?)</%s>".formatted(kind, kind)).matcher(page);
            assertThat(body.find()).isTrue();
            String digest = Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256")
                            .digest(body.group(1).getBytes(StandardCharsets.UTF_8)));
            assertThat(page).contains(kind + "-src 'sha256-" + digest + "'");
            assertThat(body.find()).as("one of a kind").isFalse();
        }
        assertThat(page)
                .contains("default-src 'none'", "<title>a &lt; b</title>")
                .doesNotContain("unsafe-inline", "://");
    }
}
