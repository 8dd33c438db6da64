package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.run.Finding;
import holdfast.text.Clean;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;

class HtmlReportTest {

    private static final Set<String> ELEMENTS = Set.of(
            ("#root html head meta title style body script a header p h1 h2 h3 h4 strong b bdi span small dl dt dd div ul ol"
                            + " li code time nav main section form label input select option fieldset legend button output"
                            + " table thead tbody tr th td article details summary pre figure figcaption svg line text"
                            + " polyline circle footer")
                    .split(" "));

    private static final Set<String> ATTRIBUTES = Set.of(
            ("lang charset http-equiv content name class href id role aria-label aria-labelledby aria-live aria-hidden hidden"
                            + " type autocomplete spellcheck placeholder value checked tabindex scope colspan rowspan title"
                            + " open datetime viewbox x y x1 x2 y1 y2 cx cy r points text-anchor data-area data-status"
                            + " data-severity data-nodes")
                    .split(" "));

    private static Document page(Reported reported) {
        return Jsoup.parse(ReportFormat.HTML.render(reported));
    }

    @Provide
    Arbitrary<String> hostile() {
        Arbitrary<String> pieces = Arbitraries.of(
                "<script>alert(1)</script>",
                "</style>",
                "</script>",
                "</title>",
                "</pre>",
                "<!--",
                "]]>",
                "\"><img src=x onerror=alert(1)>",
                "' onmouseover='alert(1)",
                "&lt;b&gt;",
                "&#x3c;",
                "\u202egnp",
                "\u0000",
                "\u001b]0;title\u0007",
                "\ud800",
                "`",
                "**",
                "## ",
                "- ",
                "\n",
                "\r\n",
                "```\n",
                "javascript:alert(1)",
                "سلام",
                "z\u0300\u0301\u0302");
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(
                        3, pieces.list().ofMinSize(1).ofMaxSize(6).map(list -> String.join("", list))),
                net.jqwik.api.Tuple.of(2, Arbitraries.strings().ofMaxLength(200)));
    }

    @Property(tries = 150)
    void nothingThatANodeOrAPersonSaysBecomesMarkup(@ForAll("hostile") String evil) {
        Document page = page(ReportSamples.saying(evil));
        assertThat(page.select("script")).hasSize(1);
        assertThat(page.select("style")).hasSize(1);
        for (Element element : page.getAllElements()) {
            assertThat(ELEMENTS).contains(element.tagName());
            for (Attribute attribute : element.attributes()) {
                assertThat(ATTRIBUTES).contains(attribute.getKey().toLowerCase(Locale.ROOT));
                if (attribute.getKey().equals("href")) {
                    assertThat(attribute.getValue()).matches("#[a-z]+\\d*");
                }
                if (attribute.getKey().equals("class") || attribute.getKey().equals("id")) {
                    assertThat(attribute.getValue()).matches("[a-z0-9 -]+");
                }
            }
        }
        String clean = Clean.line(evil, 1000);
        assertThat(page.select("#findings .message").stream().map(Element::wholeText))
                .isNotEmpty()
                .allMatch(clean::equals);
        assertThat(page.select("#findings ul.code li").stream().map(Element::wholeText))
                .isNotEmpty()
                .allMatch(clean::equals);
        assertThat(page.select("#findings .step").stream().map(Element::wholeText))
                .isNotEmpty()
                .allMatch(Clean.block(evil)::equals);
        assertThat(page.select("#findings .waiver bdi").stream().map(Element::wholeText))
                .isNotEmpty()
                .allMatch(clean::equals);
        assertThat(page.select(".silent span:last-child").stream().map(Element::wholeText))
                .containsExactly(clean);
    }

    @Test
    void thePageNeedsNothingButItself() {
        for (Reported reported : List.of(ReportSamples.reported(), ReportSamples.fleet(30, 20))) {
            Document page = page(reported);
            assertThat(page.select("[src], [srcset], [style], link, iframe, object, embed, base, img"))
                    .isEmpty();
            assertThat(page.select("[href]")).allMatch(link -> link.attr("href").startsWith("#"));
            assertThat(page.select("meta[http-equiv=Content-Security-Policy]").attr("content"))
                    .startsWith("default-src 'none'; style-src 'sha256-")
                    .doesNotContain("unsafe", "http:", "https:", "data:");
            assertThat(page.selectFirst("style").data()).doesNotContain("url(", "@import");
            assertThat(page.selectFirst("script").data())
                    .doesNotContain("innerHTML", "outerHTML", "document.write", "eval(", "fetch(", "XMLHttp");
        }
    }

    @Test
    void everyLinkLeadsSomewhereAndEveryIdIsUnique() {
        for (Reported reported :
                List.of(ReportSamples.reported(), ReportSamples.fleet(40, 60), ReportSamples.clean())) {
            Document page = page(reported);
            List<String> ids = page.select("[id]").eachAttr("id");
            assertThat(ids).doesNotHaveDuplicates();
            assertThat(Set.copyOf(ids))
                    .containsAll(page.select("a[href]").eachAttr("href").stream()
                            .map(href -> href.substring(1))
                            .collect(Collectors.toSet()));
        }
    }

    @Test
    void theHeadSaysWhatRanAndWhatCameOut() {
        Document page = page(ReportSamples.reported());
        assertThat(page.select("h1").text())
                .isEqualTo(
                        "7 failures on 3 of 4 nodes and 1 cluster, the worst of them critical; 1 of 4 nodes could not"
                                + " be read");
        assertThat(page.select(".alarm").text()).contains("1 failure has a waiver that expired");
        assertThat(page.select("header").text())
                .contains(
                        "Friday 20 November 2026, 04:00:12 UTC",
                        "ops on admin.example.com",
                        "inventories/lab.yml",
                        "all nodes",
                        "20261120T040012Z-7b1e",
                        "c0ffeec0ffee…",
                        "8 failures before waivers, 7 after");
        assertThat(page(ReportSamples.clean()).select("h1").text())
                .isEqualTo("All that was asked is as the policy wants it");
    }

    @Test
    void whatChangedIsToldKindByKindOrThatNothingDid() {
        assertThat(page(ReportSamples.reported()).select("#changes h3").eachText())
                .containsExactly(
                        "▲ Newly failing: 4",
                        "▲ Changed: 1",
                        "▲ Does not answer: 1",
                        "▲ Cannot be told any more: 2",
                        "▲ New: 1",
                        "▲ Gone: 1",
                        "▼ Newly fixed: 1",
                        "▼ Waived: 1");
        assertThat(page(ReportSamples.clean()).select("#changes").text()).contains("nothing has changed");
        assertThat(page(ReportSamples.first()).select("#changes").text()).contains("no earlier run to compare");
    }

    @Test
    void theMapHasEveryNodeAndCheckAndTheClustersFindingsForItsMembers() {
        Document few = page(ReportSamples.reported());
        assertThat(few.select("#map th.axis").eachText()).containsExactly("pve1", "pve2", "pve3", "backup1");
        Element links = few.select("#map tbody tr").stream()
                .filter(row -> row.text().startsWith("cluster.links"))
                .findFirst()
                .orElseThrow();
        assertThat(links.select("td").stream().map(Element::text)).containsExactly("fail", "fail", "fail", "");
        assertThat(links.select("a[href^=#f]").eachAttr("href").stream().distinct())
                .hasSize(1);
        Document many = page(ReportSamples.fleet(30, 60));
        assertThat(many.select("#map tbody tr")).hasSize(30);
        assertThat(many.select("#map th.axis")).hasSize(60);
        assertThat(many.select("#map tbody td")).hasSize(30 * 60);
        assertThat(many.select("#map .areas th"))
                .allMatch(head -> head.attr("colspan").equals("5"));
    }

    @Test
    void aFindingComesWithItsEvidenceItsFixItsWaiverAndItsReason() {
        Document page = page(ReportSamples.reported());
        Element expiry = page.select(".check").stream()
                .filter(check -> check.text().contains("certificate.expiry"))
                .findFirst()
                .orElseThrow();
        assertThat(expiry.select(".waiver.expired").text())
                .isEqualTo(
                        "Waiver expired after 2026-10-31 by Noor Haddad <noor@example.com>: the new CA comes in October");
        assertThat(expiry.select(".case").first().text())
                .contains(
                        "pve1",
                        "Expected what the policy wants of certificate.expiry",
                        "Actual what the node does about certificate.expiry",
                        "/etc/holdfast/certificate.expiry:12: Setting yes",
                        "holdfast fix --checks certificate.expiry mends it",
                        "sshd -t && systemctl reload ssh");
        assertThat(expiry.select("pre").first().wholeText())
                .isEqualTo("# Written by holdfast for the check certificate.expiry.\nPermitRootLogin no\n");
        assertThat(expiry.select(".why").text())
                .contains("is what an attacker tries first", "Proxmox VE Administration Guide, Certificate Management");
        assertThat(page.select("#silent li").eachText())
                .containsExactly("? pve3 unreachable, at the phase connect: no route to host (10.0.0.13:22)");
    }

    @Test
    void waiversAndFrameworksAndTrendAreTables() {
        Document page = page(ReportSamples.reported());
        assertThat(page.select("#waivers tbody th").eachText())
                .containsExactly("✗ expired", "✓ used", "! unneeded", "! unmatched", "? untold");
        Element cis = page.select(".framework").first();
        assertThat(cis.select("h3").text()).isEqualTo("CIS Debian Linux 12 Benchmark");
        assertThat(cis.select("tbody tr").eachText())
                .containsExactly("2.3 time.synchronized 0 2 0 1", "5.1.20 sshd.root-login ✗ 2 0 0 0");
        assertThat(page.select("#trend polyline")).hasSize(5);
        assertThat(page.select("#trend tbody tr")).hasSize(12);
        assertThat(page(ReportSamples.first()).select("#trend")).isEmpty();
    }

    @Test
    void headersHaveScopesBoxesHaveNamesAndHeadingsLeaveOutNoLevel() {
        for (Reported reported : List.of(ReportSamples.reported(), ReportSamples.fleet(30, 20))) {
            Document page = page(reported);
            assertThat(page.select("th:not([scope])")).isEmpty();
            assertThat(page.select("[role=region]:not([aria-label]):not([aria-labelledby])"))
                    .isEmpty();
            assertThat(page.select("input, select"))
                    .allMatch(control -> control.parents().is("label"));
            int last = 0;
            for (Element heading : page.select("h1, h2, h3, h4, h5, h6")) {
                int level = heading.tagName().charAt(1) - '0';
                assertThat(level).isLessThanOrEqualTo(last + 1);
                last = level;
            }
        }
    }

    /** A node may say as much as it likes; the page says how much of it is there. */
    @Test
    void aMillionCharactersOfEachKindMakeNoEndlessPage() {
        String html = ReportFormat.HTML.render(ReportSamples.saying("\u0000<".repeat(500_000)));
        assertThat(html.length()).isLessThan(6_000_000);
        assertThat(Jsoup.parse(html).select("#findings .message").text()).contains("…");
    }

    @Test
    void theSamplesShowEveryStatus() {
        assertThat(ReportSamples.run().findings().map(Finding::status).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder(Finding.Status.values());
    }
}
