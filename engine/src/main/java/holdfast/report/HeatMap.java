package holdfast.report;

import holdfast.check.Severity;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every node and every check as one table of small cells, each a link to its finding; of many nodes what is well is
 * none, and the script leads to it. A cluster's finding is shown for
 * every member. Few nodes are columns, as on the screen; many are rows.
 */
final class HeatMap {

    /** How many nodes are columns. */
    private static final int COLUMNS = 24;

    private final Html page;
    private final Run run;
    private final Cases cases;

    /** The checks with a finding, by area, what fails first. */
    private final Map<String, List<Column>> areas = new LinkedHashMap<>();

    /** For each node the findings of its own and of its cluster, by check. */
    private final List<Map<String, Finding>> found = new ArrayList<>();

    /**
     * @param number the place in {@link Cases#checks}, or -1 where only nodes that did not answer were asked
     * @param severity how much a failure matters
     */
    private record Column(String check, String title, int number, Severity severity) {}

    HeatMap(Html page, Run run, Cases cases, Map<String, CheckPage> known) {
        this.page = page;
        this.run = run;
        this.cases = cases;
        Map<String, ClusterResult> clusters = new HashMap<>();
        run.clusters().forEach(cluster -> cluster.members().forEach(member -> clusters.put(member, cluster)));
        Map<String, Finding> any = new HashMap<>();
        for (NodeResult node : run.nodes()) {
            Map<String, Finding> byCheck = new HashMap<>();
            ClusterResult cluster = clusters.get(node.name());
            if (cluster != null) {
                cluster.findings().forEach(finding -> byCheck.put(finding.check(), finding));
            }
            node.findings().forEach(finding -> byCheck.put(finding.check(), finding));
            byCheck.forEach(any::putIfAbsent);
            found.add(byCheck);
        }
        Map<String, Integer> numbers = new HashMap<>();
        cases.checks().forEach(check -> numbers.put(check.id(), numbers.size()));
        // What fails comes first, area by area: a reader should not have to look for it.
        Map<String, Integer> worst = new HashMap<>();
        found.forEach(byCheck -> byCheck.forEach((check, finding) -> worst.merge(check, rank(finding), Math::max)));
        Map<String, Integer> worstOf = new HashMap<>();
        worst.forEach((check, rank) -> worstOf.merge(area(check), rank, Math::max));
        List<String> ordered = new ArrayList<>(run.checks());
        ordered.sort(Comparator.comparingInt((String check) -> worstOf.getOrDefault(area(check), 0))
                .reversed()
                .thenComparingInt(check -> run.checks().indexOf(firstOf(area(check), run.checks())))
                .thenComparingInt(check -> -worst.getOrDefault(check, 0)));
        for (String check : ordered) {
            Finding finding = any.get(check);
            if (finding != null) {
                CheckPage about = known.get(check);
                areas.computeIfAbsent(area(check), unused -> new ArrayList<>())
                        .add(new Column(
                                check,
                                finding.title(),
                                numbers.getOrDefault(check, -1),
                                about == null ? finding.severity() : about.severity()));
            }
        }
    }

    /** 0 where nothing is wrong, 1 where something is not known or accepted, then by severity. */
    private static int rank(Finding finding) {
        return switch (finding.status()) {
            case FAIL ->
                switch (finding.severity()) {
                    case LOW -> 2;
                    case MEDIUM -> 3;
                    case HIGH -> 4;
                    case CRITICAL -> 5;
                };
            case UNKNOWN, WAIVED -> 1;
            case PASS, SKIP -> 0;
        };
    }

    private static String firstOf(String area, List<String> checks) {
        return checks.stream()
                .filter(check -> area(check).equals(area))
                .findFirst()
                .orElse("");
    }

    /** The part of a check's id before the dot. */
    static String area(String check) {
        int dot = check.indexOf('.');
        return dot < 0 ? check : check.substring(0, dot);
    }

    List<String> areas() {
        return List.copyOf(areas.keySet());
    }

    void write() {
        boolean wide = run.nodes().size() > COLUMNS;
        page.raw("<section id=\"map\" class=\"" + (wide ? "tall" : "broad") + "\" aria-labelledby=\"map-h\">\n"
                + "<h2 id=\"map-h\" tabindex=\"-1\">Heat map</h2>\n<p class=\"legend\">");
        legend(Finding.Status.PASS, "p", "pass");
        for (Severity severity : HtmlReport.SEVERITIES) {
            legend(Finding.Status.FAIL, HtmlReport.mark(Finding.Status.FAIL, severity), "fail, " + severity.label());
        }
        legend(Finding.Status.UNKNOWN, "u", "unknown");
        legend(Finding.Status.WAIVED, "w", "waived");
        legend(Finding.Status.SKIP, "s", "does not apply");
        page.raw("</p>\n");
        if (areas.isEmpty()) {
            page.raw("<p>This run has no findings.</p>\n</section>\n");
            return;
        }
        page.raw("<p class=\"skipper\"><a class=\"skip\" href=\"#findings\">Skip the heat map</a></p>\n"
                + "<div class=\"scroll map\" role=\"region\" tabindex=\"0\" aria-labelledby=\"map-h\">"
                + "<table class=\"grid\" data-nodes=\"" + (wide ? "rows" : "columns") + "\">\n");
        if (wide) {
            nodesAsRows();
        } else {
            nodesAsColumns();
        }
        page.raw("</table></div>\n</section>\n");
    }

    private void legend(Finding.Status status, String mark, String words) {
        page.raw("<span class=\"key\"><span class=\"mark " + mark + "\" aria-hidden=\"true\">" + symbol(status)
                + "</span> " + words + "</span> ");
    }

    static String symbol(Finding.Status status) {
        return switch (status) {
            case PASS -> "✓";
            case FAIL -> "✗";
            case UNKNOWN -> "?";
            case SKIP -> "–";
            case WAIVED -> "w";
        };
    }

    private void nodesAsColumns() {
        page.raw("<thead><tr><th scope=\"col\">Check");
        run.nodes()
                .forEach(node -> page.raw("<th scope=\"col\" class=\"axis\"><span>")
                        .text(node.name(), 200)
                        .raw("</span>"));
        page.raw("</thead>\n");
        areas.forEach((area, columns) -> {
            page.raw("<tbody data-area=\"")
                    .text(area)
                    .raw("\"><tr class=\"area\"><th scope=\"rowgroup\" colspan=\""
                            + (run.nodes().size() + 1) + "\">")
                    .text(area, 100)
                    .raw("\n");
            for (Column column : columns) {
                page.raw("<tr><th scope=\"row\">");
                name(column, column.title());
                for (int i = 0; i < run.nodes().size(); i++) {
                    cell(i, column.check(), true);
                }
                page.raw("\n");
            }
            page.raw("</tbody>\n");
        });
    }

    private void nodesAsRows() {
        // It gives the columns their widths, and nothing else.
        page.raw("<thead><tr class=\"ruler\" aria-hidden=\"true\"><td>");
        areas.values().stream().flatMap(List::stream).forEach(column -> page.raw("<td>"));
        page.raw("\n<tr class=\"areas\"><td>");
        areas.forEach((area, columns) -> page.raw("<th scope=\"colgroup\" colspan=\"" + columns.size() + "\" title=\"")
                .text(area, 100)
                .raw("\"><span>")
                .text(area, 100)
                .raw("</span>"));
        page.raw("\n<tr class=\"checks\"><th scope=\"col\">Node");
        List<Column> all = areas.values().stream().flatMap(List::stream).toList();
        for (Column column : all) {
            page.raw("<th scope=\"col\" class=\"axis\" data-area=\"")
                    .text(area(column.check()))
                    .raw("\"><span>");
            name(column, "");
            page.raw("</span>");
        }
        page.raw("\n<tr class=\"sums\"><th scope=\"row\">failing");
        for (Column column : all) {
            long fails = found.stream()
                    .map(byCheck -> byCheck.get(column.check()))
                    .filter(finding -> finding != null && finding.status() == Finding.Status.FAIL)
                    .count();
            page.raw("<td>" + (fails == 0 ? "" : Long.toString(fails)));
        }
        page.raw("</thead>\n<tbody>\n");
        for (int i = 0; i < run.nodes().size(); i++) {
            page.raw("<tr><th scope=\"row\">").text(run.nodes().get(i).name(), 200);
            for (Column column : all) {
                cell(i, column.check(), false);
            }
            page.raw("\n");
        }
        page.raw("</tbody>\n");
    }

    /** @param title what the check wants; empty where there is no room for it */
    private void name(Column column, String title) {
        String id = column.check();
        String text = title.isEmpty() ? id.substring(Math.min(id.length(), area(id).length() + 1)) : id;
        page.raw(column.number() < 0 ? "<span title=\"" : "<a href=\"#c" + column.number() + "\" title=\"")
                .text(Html.format("%s (%s): %s", id, column.severity().label(), column.title()), 300)
                .raw("\">")
                .text(text.isEmpty() ? id : text, 100)
                .raw(column.number() < 0 ? "</span>" : "</a>");
        if (!title.isEmpty()) {
            page.raw(" <small>").text(title, 200).raw("</small>");
        }
    }

    /**
     * As short as HTML allows: there may be a hundred thousand.
     *
     * @param links whether what is well is a link too; a page of so many links is slow to open and to walk through
     */
    private void cell(int node, String check, boolean links) {
        Finding finding = found.get(node).get(check);
        if (finding == null) {
            page.raw("<td>");
            return;
        }
        if (!links && (finding.status() == Finding.Status.PASS || finding.status() == Finding.Status.SKIP)) {
            page.raw("<td class=")
                    .raw(HtmlReport.mark(finding.status(), finding.severity()))
                    .raw(">")
                    .raw(finding.status().label());
            return;
        }
        Integer number = cases.numbers().get(finding);
        page.raw("<td><a class=")
                .raw(HtmlReport.mark(finding.status(), finding.severity()))
                .raw(number == null ? " href=#n" + node : " href=#f" + number)
                .raw(">")
                .raw(finding.status().label())
                .raw("</a>");
    }
}
