package holdfast.report;

import holdfast.check.Severity;
import holdfast.run.Counts;
import holdfast.run.Finding;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The runs of a series as two small charts, failures and what passes, and the same as a table. */
final class TrendChart {

    /** The last so many runs are drawn. */
    private static final int RUNS = 120;

    private static final int WIDTH = 640;
    private static final int HEIGHT = 160;
    private static final int LEFT = 44;
    private static final int TOP = 12;
    private static final int BOTTOM = 24;

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT);

    private TrendChart() {}

    /**
     * Writes it; nothing where there is only one run.
     *
     * @param current the id of the run that the page is about
     */
    static void write(Html page, List<TrendPoint> trend, String current) {
        if (trend.size() < 2) {
            return;
        }
        List<TrendPoint> points = trend.subList(Math.max(0, trend.size() - RUNS), trend.size());
        page.raw(
                        "<section id=\"trend\" aria-labelledby=\"trend-h\">\n<h2 id=\"trend-h\" tabindex=\"-1\">Trend</h2>\n<p>")
                .text(Html.format(
                        "The last %s of this series; the table has their numbers.",
                        HtmlReport.count(points.size(), "run")))
                .raw("</p>\n<div class=\"charts\">");
        double most = points.stream()
                .mapToInt(point -> point.counts().beforeWaivers())
                .max()
                .orElse(0);
        double top = Math.max(4, Math.ceil(most / 4) * 4);
        chart(
                page,
                points,
                "Failures per run",
                top,
                "",
                new Line("fails", "after waivers", point -> point.counts().of(Finding.Status.FAIL)),
                new Line("before", "before waivers", point -> point.counts().beforeWaivers()));
        chart(
                page,
                points,
                "What passes, in per cent of what could be told",
                100,
                " %",
                new Line("passes", "pass share", point -> point.counts().passShare() * 100));
        page.raw("</div>\n");
        table(page, points, current);
        page.raw("</section>\n");
    }

    /** @param name its class, and what tells it from others in black and white is its dashes */
    private record Line(String name, String words, ToDoubleFunction<TrendPoint> value) {}

    private static void chart(
            Html page, List<TrendPoint> points, String title, double top, String unit, Line... lines) {
        page.raw("<figure><figcaption>" + title + "</figcaption><svg viewBox=\"0 0 " + WIDTH + " " + HEIGHT
                + "\" role=\"img\" aria-label=\"" + title
                + Html.format(
                        ", from %s to %s\">",
                        day(points.get(0).at()),
                        day(points.get(points.size() - 1).at())));
        for (int i = 0; i <= 4; i += 2) {
            double y = y(top * i / 4, top);
            page.raw(Html.format(
                            "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                            LEFT, WIDTH - 8, y, y))
                    .raw(Html.format("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6, y + 4))
                    .raw(Long.toString(Math.round(top * i / 4)) + unit)
                    .raw("</text>");
        }
        page.raw(Html.format("<text x=\"%d\" y=\"%d\">", LEFT, HEIGHT - 6))
                .raw(day(points.get(0).at()))
                .raw(Html.format("</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">", WIDTH - 8, HEIGHT - 6))
                .raw(day(points.get(points.size() - 1).at()))
                .raw("</text>");
        for (Line line : lines) {
            StringBuilder path = new StringBuilder();
            for (TrendPoint point : points) {
                path.append(Html.format(
                        "%.1f,%.1f ", x(points, point), y(line.value().applyAsDouble(point), top)));
            }
            page.raw("<polyline class=\"" + line.name() + "\" points=\""
                    + path.toString().strip() + "\"/>");
            for (TrendPoint point : points.size() > 40 ? List.<TrendPoint>of() : points) {
                page.raw(Html.format(
                        "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>",
                        line.name(), x(points, point), y(line.value().applyAsDouble(point), top)));
            }
        }
        page.raw("</svg>");
        if (lines.length > 1) {
            page.raw("<p class=\"legend\">");
            for (Line line : lines) {
                page.raw("<span class=\"key\"><svg class=\"sample\" viewBox=\"0 0 28 8\" aria-hidden=\"true\">"
                        + "<polyline class=\"" + line.name() + "\" points=\"0,4 28,4\"/></svg> " + line.words()
                        + "</span> ");
            }
            page.raw("</p>");
        }
        page.raw("</figure>\n");
    }

    /** Runs stand where their times are; all in one place they would be no chart, so then they are spread evenly. */
    private static double x(List<TrendPoint> points, TrendPoint point) {
        Instant from = points.get(0).at();
        double whole =
                Duration.between(from, points.get(points.size() - 1).at()).toMillis();
        double share = whole > 0
                ? Duration.between(from, point.at()).toMillis() / whole
                : (double) points.indexOf(point) / (points.size() - 1);
        return LEFT + Math.clamp(share, 0, 1) * (WIDTH - 12 - LEFT);
    }

    private static double y(double value, double top) {
        return TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
    }

    private static String day(Instant at) {
        return DAY.format(at.atOffset(ZoneOffset.UTC));
    }

    private static void table(Html page, List<TrendPoint> points, String current) {
        page.raw("<details class=\"fold\" open><summary>The numbers</summary>\n<div class=\"scroll\" role=\"region\""
                + " tabindex=\"0\" aria-label=\"The trend's numbers\"><table>\n<thead><tr>"
                + "<th scope=\"col\">When</th><th scope=\"col\">Run</th>");
        for (String name :
                List.of("Nodes", "Unreachable", "Fail", "Critical", "High", "Waived", "Unknown", "Pass share")) {
            page.raw("<th scope=\"col\" class=\"n\">" + name + "</th>");
        }
        page.raw("</tr></thead>\n<tbody>");
        for (int i = points.size() - 1; i >= 0; i--) {
            TrendPoint point = points.get(i);
            Counts counts = point.counts();
            page.raw("<tr><th scope=\"row\">")
                    .raw(MINUTE.format(point.at().atOffset(ZoneOffset.UTC)))
                    .raw("</th><td><code>")
                    .text(point.run(), 100)
                    .raw("</code>")
                    .raw(point.run().equals(current) ? " (this one)" : "")
                    .raw("</td>");
            for (int number : List.of(
                    counts.nodes(),
                    counts.unreachable(),
                    counts.of(Finding.Status.FAIL),
                    counts.of(Severity.CRITICAL),
                    counts.of(Severity.HIGH),
                    counts.of(Finding.Status.WAIVED),
                    counts.of(Finding.Status.UNKNOWN))) {
                page.raw(Html.format("<td class=\"n\">%,d</td>", number));
            }
            page.raw(Html.format("<td class=\"n\">%.1f %%</td></tr>\n", Math.floor(counts.passShare() * 1000) / 10));
        }
        page.raw("</tbody></table></div>\n</details>\n");
    }
}
