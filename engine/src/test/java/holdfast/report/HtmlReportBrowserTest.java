package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The HTML report in a real browser. With {@code -Dshots=DIRECTORY} it leaves pictures to be looked at. */
@Tag("chromium")
@Timeout(120)
class HtmlReportBrowserTest {

    // Chromium's last processes may still write when it is over.
    @TempDir(cleanup = CleanupMode.NEVER)
    static Path home;

    private static Chromium chromium;

    @BeforeAll
    static void start() throws Exception {
        chromium = Chromium.started(home);
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    void likeNew() throws Exception {
        chromium.size(1280, 900);
        chromium.colours("light");
        chromium.scripts(true);
    }

    @AfterEach
    void nothingWasWrongAndNothingWasAskedOfTheNetwork() {
        assertThat(chromium.complaints()).isEmpty();
        assertThat(chromium.requests()).allMatch(address -> address.startsWith("file:"));
    }

    private static URI file(Reported reported, String name) throws Exception {
        Path file = home.resolve(name + ".html");
        Files.writeString(file, ReportFormat.HTML.render(reported));
        return file.toUri();
    }

    private static void shot(String name, boolean whole) throws Exception {
        String directory = System.getProperty("shots", "");
        if (!directory.isEmpty()) {
            Files.write(Path.of(directory, name + ".png"), chromium.screenshot(whole));
        }
    }

    private static List<String> texts(String selector) throws Exception {
        return chromium.ask("Array.from(document.querySelectorAll(%s)).map(e => e.textContent)"
                        .formatted(Chromium.quoted(selector)))
                .valueStream()
                .map(text -> text.asString(""))
                .toList();
    }

    private static long visible(String selector) throws Exception {
        return chromium.ask("Array.from(document.querySelectorAll(%s)).filter(e => e.checkVisibility()).length"
                        .formatted(Chromium.quoted(selector)))
                .asLong();
    }

    @Test
    void thePageShowsTheVerdictTheMapAndTheFindings() throws Exception {
        chromium.open(file(ReportSamples.reported(), "sample"));
        assertThat(texts("h1").get(0)).contains("failures").contains("critical");
        assertThat(visible("#map td > a")).isEqualTo(4 * 9 + 3 * 3);
        assertThat(visible(".check")).isEqualTo(12);
        assertThat(visible("#filter")).isEqualTo(1);
        shot("desktop-light", true);
    }

    @Test
    void aCellLeadsToItsFindingByKeyboard() throws Exception {
        chromium.open(file(ReportSamples.reported(), "sample"));
        chromium.tabTo("#map td > a");
        String first = chromium.ask("document.activeElement.title").asString("");
        // What fails worst comes first.
        assertThat(first).matches("pve1: \\S+ \\(critical\\).*: fail");
        String check = first.replaceFirst("pve1: (\\S+) .*", "$1");
        chromium.press("ArrowRight");
        chromium.press("ArrowDown");
        assertThat(chromium.ask("document.activeElement.title").asString(""))
                .startsWith("pve2: ")
                .doesNotContain(check);
        chromium.press("Home");
        chromium.press("ArrowUp");
        chromium.press("Enter");
        chromium.await("location.hash.startsWith('#f') && document.activeElement.id === location.hash.slice(1)");
        assertThat(chromium.ask("document.activeElement.closest('.check').textContent")
                        .asString(""))
                .contains(check);
        // One stop for thousands of cells: the next Tab has left the map.
        chromium.tabTo("summary");
    }

    @Test
    void whereManyNodesAreRowsACellLeadsToItsFindingToo() throws Exception {
        chromium.open(file(ReportSamples.fleet(30, 60), "fleet30"));
        chromium.ask("document.querySelector('#map td.p').click(); true");
        chromium.await("location.hash.startsWith('#f') && document.activeElement.id === location.hash.slice(1)");
        assertThat(visible(".quiet .case")).isPositive();
        chromium.ask("document.querySelector('#map td > a').focus(); true");
        chromium.press("ArrowDown");
        assertThat(chromium.ask("document.activeElement.title").asString("")).matches("pve00.*: (fail|unknown|waived)");
    }

    @Test
    void theSearchNarrowsFindingsAndMapAndSaysHowMuchIsLeft() throws Exception {
        chromium.open(file(ReportSamples.reported(), "sample"));
        chromium.tabTo("#q");
        chromium.type("one link");
        chromium.await("location.hash === '#q=one+link'");
        assertThat(texts(".check:not([hidden]) > h3 + p code")).containsExactly("cluster.links");
        assertThat(texts("#count").get(0)).startsWith("1 of ").contains("3 of 4 nodes");
        assertThat(visible("#map tbody tr:not(.area)")).isEqualTo(1);
        assertThat(chromium.ask("document.getElementById('count').getAttribute('aria-live')")
                        .asString(""))
                .isEqualTo("polite");
    }

    @Test
    void statusAreaSeverityAndNodeAreChosenByKeyboard() throws Exception {
        chromium.open(file(ReportSamples.reported(), "sample"));
        chromium.tabTo("#node");
        chromium.type("pve1");
        chromium.tabTo("#area");
        chromium.type("");
        chromium.ask("document.getElementById('area').value = 'sshd';"
                + "document.getElementById('area').dispatchEvent(new Event('input', { bubbles: true })); true");
        chromium.tabTo("input[name=status][value=pass]");
        chromium.press("Space");
        chromium.await("location.hash.includes('status=')");
        assertThat(chromium.ask("location.hash").asString(""))
                .isEqualTo("#node=pve1&area=sshd&status=fail%2Cunknown%2Cwaived%2Cskip");
        assertThat(visible("#map th.axis")).isEqualTo(1);
        assertThat(visible("#map tbody tr:not(.area)")).isEqualTo(1);
        assertThat(texts(".check:not([hidden]) > h3 + p code")).containsExactly("sshd.root-login");
        chromium.tabTo("button[type=reset]");
        chromium.press("Enter");
        chromium.await("location.hash === ''");
        assertThat(visible(".check")).isEqualTo(12);
        assertThat(visible("#map th.axis")).isEqualTo(4);
    }

    @Test
    void anAddressWithAFilterShowsWhatItShowed() throws Exception {
        URI page = file(ReportSamples.reported(), "sample");
        chromium.open(URI.create(page + "#q=grafana&severity=medium"));
        assertThat(texts(".check:not([hidden]) > h3 + p code")).containsExactly("access.token-expiry");
        assertThat(chromium.ask("document.getElementById('q').value").asString(""))
                .isEqualTo("grafana");
        assertThat(chromium.ask("document.querySelector('input[value=high]').checked")
                        .asBoolean(true))
                .isFalse();
    }

    @Test
    void anAddressOfAFoldedFindingUnfoldsIt() throws Exception {
        URI page = file(ReportSamples.reported(), "sample");
        chromium.open(page);
        String id = chromium.ask("document.querySelector('.quiet .case').id").asString("");
        assertThat(visible("#" + id)).isZero();
        chromium.open(URI.create(page + "#" + id));
        assertThat(visible("#" + id)).isEqualTo(1);
    }

    @Test
    void onAPhoneNothingScrollsSidewaysButTablesInTheirBoxes() throws Exception {
        for (Reported reported : List.of(
                ReportSamples.reported(),
                ReportSamples.fleet(30, 60),
                ReportSamples.saying("x".repeat(3_000)),
                ReportSamples.saying("W W ".repeat(700)))) {
            chromium.size(320, 640);
            chromium.open(file(reported, "phone"));
            // Unfolded, since what is folded has no width.
            chromium.ask("document.querySelectorAll('details').forEach(d => { d.open = true; }); true");
            assertThat(chromium.ask("document.documentElement.scrollWidth").asInt())
                    .isEqualTo(320);
        }
        chromium.open(file(ReportSamples.reported(), "sample"));
        shot("phone", true);
        chromium.open(file(ReportSamples.fleet(30, 60), "fleet30"));
        shot("phone-30", false);
    }

    @Test
    void darkModeIsDark() throws Exception {
        String background = "getComputedStyle(document.body).backgroundColor";
        chromium.open(file(ReportSamples.reported(), "sample"));
        String light = chromium.ask(background).asString("");
        chromium.colours("dark");
        String dark = chromium.ask(background).asString("");
        assertThat(light).isEqualTo("rgb(255, 255, 255)");
        assertThat(dark).isEqualTo("rgb(15, 19, 24)");
        shot("desktop-dark", true);
    }

    @Test
    void textAndItsGroundDifferEnoughInBothModes() throws Exception {
        chromium.open(file(ReportSamples.reported(), "sample"));
        for (String scheme : List.of("light", "dark")) {
            chromium.colours(scheme);
            // WCAG 2.2, 1.4.3: 4.5 to 1.
            assertThat(chromium.ask(CONTRAST).valueStream().map(Object::toString))
                    .isEmpty();
        }
    }

    /** Elements with text whose contrast with what is behind them is below 4.5 (WCAG 2.2, relative luminance). */
    private static final String CONTRAST = """
            (() => {
              const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length === 4 ? m : [...m, 1]; };
              const lum = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
                return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
              const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
              const bad = [];
              document.querySelectorAll('details').forEach(d => { d.open = true; });
              document.querySelectorAll('main *, header *').forEach(e => {
                if (!Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim())) return;
                if (!e.getClientRects().length || e.closest('svg')) return;
                const a = lum(parse(getComputedStyle(e).color)), b = lum(ground(e));
                const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
                if (ratio < 4.5) bad.push(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
              });
              return Array.from(new Set(bad));
            })()""";

    @Test
    void hostileWordsAreTextAndDoNothing() throws Exception {
        String evil = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
                + "</style></title></svg>\"' onfocus='document.title=1' \u0000\u001b[31m\u202egnp.exe";
        chromium.open(file(ReportSamples.saying(evil), "hostile"));
        chromium.ask("document.querySelectorAll('details').forEach(d => { d.open = true; }); true");
        assertThat(chromium.ask("document.title").asString("")).startsWith("holdfast: ");
        assertThat(visible("img, iframe, object, embed")).isZero();
        assertThat(chromium.ask("document.scripts.length").asInt()).isEqualTo(1);
        assertThat(texts("#findings .message").get(0))
                .contains("<script>document.title='owned'</script>")
                .contains("\\x00\\x1b[31m\\u{202e}gnp.exe");
        chromium.tabTo("#q");
        chromium.type("<script>");
        chromium.await("location.hash.startsWith('#q=')");
        assertThat(visible(".case")).isPositive();
        shot("hostile", false);
    }

    @Test
    void withoutItsScriptEverythingIsThere() throws Exception {
        URI page = file(ReportSamples.reported(), "sample");
        chromium.scripts(false);
        chromium.open(page);
        // The page's own scripts are off; questions from outside are not.
        assertThat(visible("#filter")).isZero();
        assertThat(visible(".quiet .case")).isPositive();
        assertThat(visible(".why p")).isPositive();
        assertThat(chromium.ask("document.querySelector('#map td > a').tabIndex")
                        .asInt())
                .isZero();
    }

    @Test
    void onPaperAreTheMapAndTheDetailsAndNoControls() throws Exception {
        chromium.colours("dark");
        chromium.open(file(ReportSamples.reported(), "sample"));
        byte[] pdf = chromium.pdf();
        assertThat(new String(pdf, 0, 5, StandardCharsets.US_ASCII)).isEqualTo("%PDF-");
        String directory = System.getProperty("shots", "");
        if (!directory.isEmpty()) {
            Files.write(Path.of(directory, "print.pdf"), pdf);
            chromium.open(file(ReportSamples.fleet(60, 60), "fleet60"));
            Files.write(Path.of(directory, "print60.pdf"), chromium.pdf());
        }
        assertThat(pdf.length).isGreaterThan(50_000);
        chromium.open(file(ReportSamples.reported(), "sample"));
        assertThat(visible(".why p")).isZero();
        chromium.paper();
        assertThat(visible("#filter, nav")).isZero();
        assertThat(visible("#map td > a")).isEqualTo(4 * 9 + 3 * 3);
        assertThat(visible(".why p")).isPositive();
        assertThat(chromium.ask("getComputedStyle(document.body).color").asString(""))
                .isEqualTo("rgb(0, 0, 0)");
    }

    @Test
    void aThousandNodesLoadAndAreFiltered() throws Exception {
        Reported reported = ReportSamples.fleet(1_000, 60);
        Instant begun = Instant.now();
        String html = ReportFormat.HTML.render(reported);
        Duration rendered = Duration.between(begun, Instant.now());
        Path file = home.resolve("thousand.html");
        Files.writeString(file, html);
        begun = Instant.now();
        chromium.open(file.toUri());
        Duration loaded = Duration.between(begun, Instant.now());
        assertThat(visible("#map tbody tr")).isEqualTo(1_000);
        shot("thousand", false);
        begun = Instant.now();
        chromium.tabTo("#node");
        chromium.type("pve0017");
        chromium.await("location.hash === '#node=pve0017'");
        Duration filtered = Duration.between(begun, Instant.now());
        assertThat(visible("#map tbody tr")).isEqualTo(1);
        System.out.printf(
                "1,000 x 60: %.1f MB, rendered in %d ms, loaded in %d ms, filtered in %d ms%n",
                html.length() / 1e6, rendered.toMillis(), loaded.toMillis(), filtered.toMillis());
        assertThat(html.length()).isLessThan(15_000_000);
        chromium.ask("document.getElementById('map').scrollIntoView(); true");
        shot("thousand-filtered", false);
    }
}
