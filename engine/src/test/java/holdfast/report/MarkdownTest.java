package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;

class MarkdownTest {

    private static Element body(String markdown) {
        Html page = new Html("t", List.of("page.css"), "report.js");
        Markdown.write(page, markdown, 4);
        Element body = Jsoup.parse(page.finished()).body();
        body.select("script").remove();
        return body;
    }

    @Test
    void headingsParagraphsListsAndCodeAreWhatTheyAre() {
        Element body = body("""
                ## Why

                First `code`
                line, **strong** one.

                - a
                - b
                  goes on

                1. one
                2. two

                ```
                if (a < b) **no** `marks`
                ```
                """);
        assertThat(body.select("h4").eachText()).containsExactly("Why");
        assertThat(body.select("p").eachText()).containsExactly("First code line, strong one.");
        assertThat(body.select("p code").eachText()).containsExactly("code");
        assertThat(body.select("p strong").eachText()).containsExactly("strong");
        assertThat(body.select("ul li").eachText()).containsExactly("a", "b goes on");
        assertThat(body.select("ol li").eachText()).containsExactly("one", "two");
        assertThat(body.selectFirst("pre").wholeText()).isEqualTo("if (a < b) **no** `marks`");
    }

    @Test
    void allElseStaysText() {
        Element body = body("<b>x</b> [a](javascript:1) ![i](http://x) a_b_c *d* ` alone, ** alone");
        assertThat(body.select("p").text())
                .isEqualTo("<b>x</b> [a](javascript:1) ![i](http://x) a_b_c *d* ` alone, ** alone");
    }

    @Test
    void aBlockOfCodeThatNeverEndsEndsWithTheText() {
        assertThat(body("```").select("pre").stream().map(Element::text)).containsExactly("");
        assertThat(body("a\n```\nb").select("pre").eachText()).containsExactly("b");
    }

    @Property
    void onlyTheseElementsEverComeOfIt(@ForAll String text) {
        Set<String> names = body(text + "\n- " + text + "\n\n```\n" + text).getAllElements().stream()
                .map(Element::tagName)
                .collect(Collectors.toSet());
        assertThat(names).isSubsetOf("body", "p", "h4", "ul", "ol", "li", "code", "strong", "pre");
    }
}
