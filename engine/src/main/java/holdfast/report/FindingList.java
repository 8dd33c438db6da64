package holdfast.report;

import holdfast.policy.Waiver;
import holdfast.run.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The findings of a page, check by check: what was found where, why it matters, and what mends it. */
final class FindingList {

    /** How many characters of a file or difference are shown. */
    static final int FILE = 20_000;

    /** From this length on a page tells no more evidence: a browser on a phone has to open it. */
    private static final int ENOUGH = 12_000_000;

    /** How many characters of a message are shown then. */
    private static final int BRIEF = 200;

    private static final int EVIDENCE = 40;

    /** How many cases of a kind are shown before the rest is folded. */
    private static final int SHOWN = 3;

    private final Html page;
    private final Cases cases;
    private final Map<String, CheckPage> known;

    FindingList(Html page, Cases cases, Map<String, CheckPage> known) {
        this.page = page;
        this.cases = cases;
        this.known = known;
    }

    void write() {
        page.raw("<section id=\"findings\" aria-labelledby=\"findings-h\">\n")
                .raw("<h2 id=\"findings-h\" tabindex=\"-1\">Findings</h2>\n")
                .raw("<p id=\"none\" hidden>No finding is as the filter wants it.</p>\n");
        if (cases.checks().isEmpty()) {
            page.raw("<p>There are none.</p>\n");
        }
        for (int i = 0; i < cases.checks().size(); i++) {
            check(cases.checks().get(i), i);
        }
        page.raw("</section>\n");
    }

    private void check(Cases.OfCheck check, int number) {
        CheckPage about = known.get(check.id());
        Cases.Group worst = check.groups().get(0);
        page.raw("<article class=\"check\" id=\"c" + number + "\" tabindex=\"-1\" data-area=\"")
                .text(HeatMap.area(check.id()))
                .raw("\">\n<h3>");
        if (worst.finding().status() == Finding.Status.FAIL) {
            HtmlReport.severity(page, worst.finding().severity());
        }
        page.text(check.title(), 300)
                .raw("</h3>\n<p class=\"soft\"><code>")
                .text(check.id(), 300)
                .raw("</code>");
        for (Finding.Status status : HtmlReport.STATUSES) {
            int count = check.count(status);
            if (count > 0) {
                page.raw(" <span class=\"tally\"><span aria-hidden=\"true\">" + HeatMap.symbol(status) + "</span> "
                        + status.label() + Html.format(" %,d</span>", count));
            }
        }
        page.raw("</p>\n");
        List<Cases.Group> quiet = new ArrayList<>();
        for (Cases.Group group : check.groups()) {
            if (isQuiet(group)) {
                quiet.add(group);
            } else {
                group(group);
            }
        }
        if (!quiet.isEmpty()) {
            page.raw("<details class=\"fold quiet\" open><summary>")
                    .text(quiet(check))
                    .raw("</summary>\n");
            quiet.forEach(this::group);
            page.raw("</details>\n");
        }
        if (about != null) {
            about(about, quiet.size() == check.groups().size());
        }
        page.raw("</article>\n");
    }

    private static boolean isQuiet(Cases.Group group) {
        return group.finding().status() == Finding.Status.PASS
                || group.finding().status() == Finding.Status.SKIP;
    }

    private static String quiet(Cases.OfCheck check) {
        int pass = check.count(Finding.Status.PASS);
        int skip = check.count(Finding.Status.SKIP);
        return pass == 0
                ? Html.format("Does not apply: %,d", skip)
                : skip == 0
                        ? Html.format("Passes: %,d", pass)
                        : Html.format("Passes: %,d; does not apply: %,d", pass, skip);
    }

    /** @param screenOnly whether nothing is wrong: on paper nobody reads why that is good */
    private void about(CheckPage about, boolean screenOnly) {
        page.raw("<details class=\"fold why" + (screenOnly ? " screen" : "")
                + "\" open><summary>Why it matters, and what the fix does</summary>\n");
        Markdown.write(page, about.text(), 4);
        if (!about.references().isEmpty()) {
            page.raw("<h4>References</h4><ul>");
            about.references()
                    .forEach(reference -> page.raw("<li>").text(reference).raw("</li>"));
            page.raw("</ul>");
        }
        page.raw("</details>\n");
    }

    // ------------------------------------------------------------------ what says the same

    private void group(Cases.Group group) {
        Finding finding = group.finding();
        String mark = HtmlReport.mark(finding.status(), finding.severity());
        page.raw("<div class=\"group " + mark + "\" data-status=\""
                        + finding.status().label() + "\" data-severity=\""
                        + finding.severity().label() + "\">\n<h4><span class=\"mark " + mark + "\">"
                        + "<span aria-hidden=\"true\">" + HeatMap.symbol(finding.status()) + "</span> "
                        + finding.status().label() + severity(finding) + "</span> <span class=\"message\">")
                .text(finding.message(), limit(1000))
                .raw("</span></h4>\n");
        finding.waiver().ifPresent(waiver -> waiver(finding, waiver));
        for (int i = 0; i < group.cases().size(); i++) {
            if (i == SHOWN) {
                page.raw("<details class=\"fold more\" open><summary>")
                        .text(Html.format(
                                "The same, measured otherwise, on %,d more",
                                group.cases().subList(i, group.cases().size()).stream()
                                        .mapToInt(one -> one.places().size())
                                        .sum()))
                        .raw("</summary>\n");
            }
            one(group.cases().get(i), finding, i == 0);
        }
        if (group.cases().size() > SHOWN) {
            page.raw("</details>\n");
        }
        page.raw("</div>\n");
    }

    private static String severity(Finding finding) {
        return finding.failing() ? ", " + finding.severity().label() : "";
    }

    private void waiver(Finding finding, Waiver waiver) {
        boolean expired = finding.waiverExpired();
        page.raw(
                        expired
                                ? "<p class=\"waiver expired\"><strong>Waiver expired</strong> after "
                                : "<p class=\"waiver\">Waived until ")
                .text(waiver.expires().toString())
                .raw(" by <bdi>")
                .text(waiver.owner(), 300)
                .raw("</bdi>: <span>")
                .text(waiver.reason(), 1000)
                .raw("</span></p>\n");
    }

    /** @param first whether it is the one that the others are compared with: they tell what is different */
    private void one(Cases.Case one, Finding model, boolean first) {
        Finding finding = one.finding();
        page.raw("<div class=\"case\" id=\"f" + one.number() + "\" tabindex=\"-1\">\n<p class=\"where\">");
        HtmlReport.names(page, one.places());
        page.raw("</p>\n");
        if (one.various()) {
            page.raw(
                    "<p class=\"soft\">Each with measurements of its own: the JSON report has them all.</p>\n</div>\n");
            return;
        }
        if (!first && !finding.message().equals(model.message())) {
            page.raw("<p>").text(finding.message(), limit(1000)).raw("</p>\n");
        }
        boolean full = page.length() < ENOUGH;
        if (finding.failing() && !full) {
            page.raw("<p class=\"soft\">This page is long enough: the JSON report has the evidence and the fix.</p>\n");
        }
        if (full) {
            details(finding, model, first);
        }
        page.raw("</div>\n");
    }

    private void details(Finding finding, Finding model, boolean first) {
        boolean expected =
                !finding.expected().isEmpty() && (first || !finding.expected().equals(model.expected()));
        boolean actual =
                !finding.actual().isEmpty() && (first || !finding.actual().equals(model.actual()));
        boolean evidence =
                !finding.evidence().isEmpty() && (first || !finding.evidence().equals(model.evidence()));
        boolean fix = !finding.advice().isEmpty()
                && (first
                        || !finding.advice().equals(model.advice())
                        || !finding.snippet().equals(model.snippet()));
        boolean mends = finding.fixable() && (first || !model.fixable());
        if (!expected && !actual && !evidence && !fix && !mends) {
            return;
        }
        page.raw("<dl>");
        if (expected) {
            page.raw("<dt>Expected</dt><dd>").text(finding.expected()).raw("</dd>\n");
        }
        if (actual) {
            page.raw("<dt>Actual</dt><dd>").text(finding.actual()).raw("</dd>\n");
        }
        if (evidence) {
            page.raw("<dt>Evidence</dt><dd><ul class=\"code\">");
            finding.evidence().stream()
                    .limit(EVIDENCE)
                    .forEach(line -> page.raw("<li>").text(line, 400).raw("</li>"));
            if (finding.evidence().size() > EVIDENCE) {
                page.raw(Html.format(
                        "<li>and %,d more lines</li>", finding.evidence().size() - EVIDENCE));
            }
            page.raw("</ul></dd>\n");
        }
        if (fix || mends) {
            page.raw("<dt>Fix</dt><dd>");
            if (mends) {
                page.raw("<p><code>holdfast fix --checks ")
                        .text(finding.check(), 300)
                        .raw("</code> mends it.</p>");
            }
            if (fix) {
                fix(finding);
            }
            page.raw("</dd>\n");
        }
        page.raw("</dl>\n");
    }

    /** The file comes before the last step, which is the one that puts it into effect. */
    private void fix(Finding finding) {
        List<String> advice = finding.advice();
        page.raw("<ol>");
        for (int i = 0; i < Math.min(advice.size(), EVIDENCE); i++) {
            if (i == Math.min(advice.size(), EVIDENCE) - 1 && finding.snippet().isPresent()) {
                Finding.RenderedFile file = finding.snippet().get();
                page.raw("<li>Write <code>")
                        .text(file.path(), 300)
                        .raw("</code>:<pre tabindex=\"0\">\n")
                        .block(file.content(), FILE)
                        .raw("</pre></li>");
            }
            page.raw("<li class=\"step\">").block(advice.get(i), 1000).raw("</li>");
        }
        page.raw("</ol>");
    }

    private int limit(int usual) {
        return page.length() < ENOUGH ? usual : BRIEF;
    }
}
