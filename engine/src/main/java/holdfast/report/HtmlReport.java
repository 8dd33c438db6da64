package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.drift.Difference;
import holdfast.drift.Drift;
import holdfast.proxmox.NodeFacts;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A report as one HTML file that needs nothing but itself: to be sent, opened anywhere, searched and printed. Everything
 * is there without its script, which adds the filter and folds what is rarely read.
 */
public final class HtmlReport {

    /** How many names stand in one place at most; the heat map has them all. */
    private static final int NAMES = 100;

    /** Worst first. */
    static final List<Severity> SEVERITIES =
            Arrays.stream(Severity.values()).sorted(Comparator.reverseOrder()).toList();

    private static final DateTimeFormatter WORDS =
            DateTimeFormatter.ofPattern("EEEE d MMMM yyyy, HH:mm:ss 'UTC'", Locale.ENGLISH);

    private final Html page;
    private final Reported reported;
    private final Run run;
    private final Counts counts;
    private final Cases cases;

    private HtmlReport(Reported reported) {
        this.reported = reported;
        this.run = reported.run();
        this.counts = run.counts();
        this.cases = Cases.of(run);
        this.page = new Html("holdfast: " + verdict(), List.of("page.css", "report.css"), "report.js");
    }

    /** The whole page. */
    public static String render(Reported reported) {
        return new HtmlReport(reported).page();
    }

    private String page() {
        page.raw("<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n");
        head();
        navigation();
        page.raw("<main>\n");
        changes();
        applied();
        HeatMap map = new HeatMap(page, run, cases, reported.checks());
        filter(map.areas());
        map.write();
        silent();
        new FindingList(page, cases, reported.checks()).write();
        waivers();
        frameworks();
        TrendChart.write(page, reported.trend(), run.id());
        fleet();
        discovery();
        page.raw("</main>\n<footer><p>Made by holdfast ")
                .text(run.context().version())
                .raw(" from run ")
                .text(run.id())
                .raw(". This file needs no network and sends nothing.</p></footer>\n");
        return page.finished();
    }

    // ------------------------------------------------------------------ the head

    private String verdict() {
        int fails = counts.of(Finding.Status.FAIL);
        int unknown = counts.of(Finding.Status.UNKNOWN);
        long unread = run.nodes().stream()
                .filter(node -> node.state() != NodeResult.State.OK)
                .count();
        String silence = unread == 0
                ? ""
                : Html.format(
                        "; %,d of %s could not be read",
                        unread, count(run.nodes().size(), "node"));
        if (fails > 0) {
            long nodes =
                    run.nodes().stream().filter(node -> fails(node.findings())).count();
            long clusters = run.clusters().stream()
                    .filter(cluster -> fails(cluster.findings()))
                    .count();
            List<String> where = new ArrayList<>();
            if (nodes > 0) {
                where.add(Html.format("%,d of %s", nodes, count(run.nodes().size(), "node")));
            }
            if (clusters > 0) {
                where.add(count(clusters, "cluster"));
            }
            String worst = run.findings()
                    .filter(finding -> finding.status() == Finding.Status.FAIL)
                    .map(Finding::severity)
                    .max(Comparator.naturalOrder())
                    .map(Severity::label)
                    .orElse("");
            return Html.format(
                    "%s on %s, the worst of them %s%s",
                    count(fails, "failure"), String.join(" and ", where), worst, silence);
        }
        if (unknown > 0) {
            return Html.format(
                    "Nothing is known to fail, but %s could not be told%s", count(unknown, "finding"), silence);
        }
        return unread > 0
                ? "Nothing is known to fail" + silence
                : counts.of(Finding.Status.WAIVED) > 0
                        ? "Nothing fails but what somebody has accepted"
                        : "All that was asked is as the policy wants it";
    }

    private static boolean fails(List<Finding> findings) {
        return findings.stream().anyMatch(finding -> finding.status() == Finding.Status.FAIL);
    }

    private void head() {
        String mood = counts.of(Finding.Status.FAIL) > 0
                ? "bad"
                : counts.of(Finding.Status.UNKNOWN) > 0
                                || run.nodes().stream().anyMatch(node -> node.state() != NodeResult.State.OK)
                        ? "unsure"
                        : "good";
        page.raw("<header>\n<p class=\"brand\">holdfast ")
                .text(run.command())
                .raw("</p>\n<h1 class=\"verdict " + mood + "\">")
                .text(verdict())
                .raw("</h1>\n");
        if (counts.expired() > 0) {
            page.raw("<p class=\"alarm\"><strong>")
                    .text(count(counts.expired(), "failure"))
                    .raw(counts.expired() == 1 ? " has" : " have")
                    .raw(" a waiver that expired</strong>: what was accepted until a day that has passed counts as a"
                            + " failure again. <a href=\"#waivers\">See the waivers.</a></p>\n");
        }
        numbers();
        page.raw("<dl class=\"facts\">");
        fact("When", () -> moment(run.startedAt()));
        fact(
                "Took",
                () -> page.text(
                        Html.format("%.1f s", ChronoUnit.MILLIS.between(run.startedAt(), run.finishedAt()) / 1000.0)));
        fact(
                "By",
                () -> page.raw("<bdi>")
                        .text(run.context().operator())
                        .raw("</bdi> on <bdi>")
                        .text(run.context().controller())
                        .raw("</bdi>"));
        fact("Inventory", () -> page.text(String.join(", ", run.context().inventory())));
        fact(
                "Limited to",
                () -> page.text(
                        run.context().limit().isEmpty()
                                ? "all nodes"
                                : run.context().limit()));
        fact("Run", () -> code(run.id()));
        fact("Policy", () -> {
            String digest = run.context().policyDigest();
            page.raw("<code title=\"")
                    .text(digest, 200)
                    .raw("\">")
                    .text(digest, 13)
                    .raw("</code>");
        });
        fact("Version", () -> page.text(run.context().version()));
        page.raw("</dl>\n</header>\n");
    }

    private void fact(String name, Runnable value) {
        page.raw("<div><dt>" + name + "</dt><dd>");
        value.run();
        page.raw("</dd></div>\n");
    }

    private void numbers() {
        page.raw("<ul class=\"numbers\">");
        number(run.nodes().size(), run.nodes().size() == 1 ? "node" : "nodes", "");
        long unread = run.nodes().stream()
                .filter(node -> node.state() != NodeResult.State.OK)
                .count();
        number(unread, "unreachable or broken off", unread > 0 ? "u" : "");
        number(counts.of(Finding.Status.PASS), "pass", "p");
        for (Severity severity : SEVERITIES) {
            number(
                    counts.of(severity),
                    "fail, " + severity.label(),
                    counts.of(severity) > 0 ? mark(Finding.Status.FAIL, severity) : "");
        }
        number(counts.of(Finding.Status.UNKNOWN), "unknown", counts.of(Finding.Status.UNKNOWN) > 0 ? "u" : "");
        number(counts.of(Finding.Status.WAIVED), "waived", counts.of(Finding.Status.WAIVED) > 0 ? "w" : "");
        number(counts.of(Finding.Status.SKIP), "do not apply", "");
        page.raw("</ul>\n<p class=\"soft\">")
                .text(Html.format(
                        "%s before waivers, %,d after; %.1f %% of what could be told passes.",
                        count(counts.beforeWaivers(), "failure"),
                        counts.of(Finding.Status.FAIL),
                        Math.floor(counts.passShare() * 1000) / 10))
                .raw("</p>\n");
    }

    private void number(long number, String what, String mark) {
        page.raw("<li" + (mark.isEmpty() ? "" : " class=\"" + mark + "\"") + Html.format("><b>%,d</b> ", number) + what
                + "</li>");
    }

    private void navigation() {
        page.raw("<nav aria-label=\"Sections\"><ul>");
        link("changes", "What changed");
        link("map", "Heat map");
        link("findings", "Findings");
        link("waivers", "Waivers");
        link("frameworks", "Frameworks");
        if (reported.trend().size() > 1) {
            link("trend", "Trend");
        }
        link("fleet", "Nodes");
        page.raw("</ul></nav>\n");
    }

    private void link(String id, String words) {
        page.raw("<li><a href=\"#" + id + "\">" + words + "</a></li>");
    }

    // ------------------------------------------------------------------ what changed

    private void changes() {
        section("changes", "What changed");
        if (reported.drift().isEmpty()) {
            page.raw("<p>There is no earlier run to compare this one with.</p>\n</section>\n");
            return;
        }
        Drift drift = reported.drift().get();
        page.raw("<p>Compared with ");
        if (!drift.since().what().isEmpty()) {
            page.text(drift.since().what()).raw(", ");
        }
        page.raw("run ");
        code(drift.since().run());
        page.raw(" of ");
        moment(drift.since().at());
        page.raw(drift.any() ? ".</p>\n" : ": <strong>nothing has changed</strong>.</p>\n");
        if (!drift.remarks().isEmpty()) {
            page.raw("<ul class=\"remarks\">");
            drift.remarks().forEach(remark -> page.raw("<li>").text(remark).raw("</li>"));
            page.raw("</ul>\n");
        }
        Map<Difference.Kind, List<Difference>> kinds = drift.differences().stream()
                .collect(Collectors.groupingBy(Difference::kind, TreeMap::new, Collectors.toList()));
        kinds.forEach(this::differences);
        page.raw("</section>\n");
    }

    /** What became of the same check in the same words. */
    private record Turn(Optional<String> check, Optional<Severity> severity, String message) {}

    private void differences(Difference.Kind kind, List<Difference> differences) {
        Map<Turn, List<Difference>> turns = differences.stream()
                .collect(Collectors.groupingBy(
                        difference -> new Turn(difference.check(), difference.severity(), difference.message()),
                        LinkedHashMap::new,
                        Collectors.toList()));
        String title = kind.words().substring(0, 1).toUpperCase(Locale.ROOT)
                + kind.words().substring(1);
        page.raw("<h3 class=\"" + (kind.worse() ? "worse" : "better") + "\">")
                .text(Html.format("%s %s: %,d", kind.worse() ? "▲" : "▼", title, differences.size()))
                .raw("</h3>\n<ul class=\"turns\">");
        turns.entrySet().stream().limit(TURNS).forEach(turn -> {
            page.raw("<li>");
            turn.getKey().severity().ifPresent(severity -> severity(page, severity));
            turn.getKey().check().ifPresent(check -> {
                code(check);
                page.raw(" ");
            });
            page.raw("<span class=\"where\">");
            names(
                    page,
                    turn.getValue().stream()
                            .map(difference -> new Cases.Place(difference.subject(), difference.cluster()))
                            .toList());
            page.raw("</span> <span>").text(turn.getKey().message()).raw("</span></li>\n");
        });
        if (turns.size() > TURNS) {
            page.raw("<li>")
                    .text(Html.format("and %,d more: the JSON report has all", turns.size() - TURNS))
                    .raw("</li>");
        }
        page.raw("</ul>\n");
    }

    /** How many differences of a kind are told. */
    private static final int TURNS = 500;

    /** What a fix did or would do; a scan changes nothing. */
    private void applied() {
        Map<Cases.Place, List<AppliedChange>> made = new LinkedHashMap<>();
        run.nodes().forEach(node -> made.put(new Cases.Place(node.name(), false), node.changes()));
        for (ClusterResult cluster : run.clusters()) {
            made.computeIfAbsent(new Cases.Place(cluster.name(), true), unused -> new ArrayList<>());
            if (!cluster.changes().isEmpty()) {
                made.put(new Cases.Place(cluster.name(), true), cluster.changes());
            }
        }
        made.values().removeIf(List::isEmpty);
        if (made.isEmpty()) {
            return;
        }
        section("applied", "What this run did");
        made.forEach((place, changes) -> {
            page.raw("<h3>").text(where(place)).raw("</h3>\n<ul>");
            for (AppliedChange change : changes) {
                page.raw("<li><strong>")
                        .text(change.state().label())
                        .raw("</strong> ")
                        .text(change.action())
                        .raw(" ");
                code(change.target());
                if (!change.check().isEmpty()) {
                    page.raw(" for ").text(change.check());
                }
                if (!change.message().isEmpty()) {
                    page.raw(": ").text(change.message());
                }
                if (!change.diff().isEmpty()) {
                    page.raw("<pre tabindex=\"0\">\n")
                            .block(change.diff(), FindingList.FILE)
                            .raw("</pre>");
                }
                page.raw("</li>\n");
            }
            page.raw("</ul>\n");
        });
        page.raw("</section>\n");
    }

    // ------------------------------------------------------------------ the filter

    /** Of no use without the script, which shows it. */
    private void filter(List<String> areas) {
        page.raw("<form class=\"bar\" id=\"filter\" role=\"search\" aria-label=\"Filter the heat map and the findings\""
                + " hidden>\n<label class=\"wide\">Search <input id=\"q\" type=\"search\" autocomplete=\"off\""
                + " spellcheck=\"false\" placeholder=\"words: a check, a message, a file\"></label>\n"
                + "<label>Node <input id=\"node\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\""
                + " placeholder=\"part of a name\"></label>\n<label>Area <select id=\"area\"><option value=\"\">all"
                + "</option>");
        areas.forEach(area ->
                page.raw("<option value=\"").text(area).raw("\">").text(area).raw("</option>"));
        page.raw("</select></label>\n<fieldset><legend>Status</legend>");
        for (Finding.Status status : STATUSES) {
            box("status", status.label(), status.label());
        }
        page.raw("</fieldset>\n<fieldset><legend>Severity</legend>");
        for (Severity severity : SEVERITIES) {
            box("severity", severity.label(), severity.label());
        }
        page.raw("</fieldset>\n<p class=\"tools\"><button type=\"button\" id=\"fold\">Fold all</button>"
                + " <button type=\"button\" id=\"unfold\">Unfold all</button>"
                + " <button type=\"reset\">Clear the filter</button></p>\n"
                + "<output id=\"count\" aria-live=\"polite\"></output>\n</form>\n");
    }

    /** The one that needs somebody first. */
    static final List<Finding.Status> STATUSES = List.of(
            Finding.Status.FAIL,
            Finding.Status.UNKNOWN,
            Finding.Status.WAIVED,
            Finding.Status.PASS,
            Finding.Status.SKIP);

    private void box(String name, String value, String words) {
        page.raw("<label><input type=\"checkbox\" name=\"" + name + "\" value=\"" + value + "\" checked> " + words
                + "</label>");
    }

    // ------------------------------------------------------------------ who did not answer

    private void silent() {
        List<NodeResult> nodes = run.nodes();
        if (nodes.stream().noneMatch(node -> node.error().isPresent())) {
            return;
        }
        section("silent", "Nodes that did not answer");
        page.raw("<ul class=\"silent\">");
        for (int i = 0; i < nodes.size(); i++) {
            NodeResult node = nodes.get(i);
            if (node.error().isPresent()) {
                page.raw("<li class=\"case\" id=\"n" + i + "\" tabindex=\"-1\" data-status=\"unknown\">"
                                + "<span class=\"mark u\" aria-hidden=\"true\">?</span> <strong class=\"where\"><bdi>")
                        .text(node.name(), 200)
                        .raw("</bdi></strong> ")
                        .text(Html.format(
                                "%s, at the phase %s: ",
                                node.state().label(), node.error().get().phase().label()))
                        .raw("<span>")
                        .text(node.error().get().message())
                        .raw("</span></li>\n");
            }
        }
        page.raw("</ul>\n</section>\n");
    }

    // ------------------------------------------------------------------ waivers

    private void waivers() {
        section("waivers", "Waivers");
        if (run.waivers().isEmpty()) {
            page.raw("<p>The policy has none.</p>\n</section>\n");
            return;
        }
        page.raw("<p>").text(count(run.waivers().size(), "waiver")).raw(", of which ");
        long odd = run.waivers().stream().filter(WaiverReview::needsAttention).count();
        page.text(odd == 0 ? "none needs attention" : Html.format("%,d %s attention", odd, odd == 1 ? "needs" : "need"))
                .raw(".</p>\n");
        open("Waivers");
        page.raw("<thead><tr><th scope=\"col\">State</th><th scope=\"col\">Check</th><th scope=\"col\">Nodes</th>"
                + "<th scope=\"col\">Reason</th><th scope=\"col\">Owner</th><th scope=\"col\">Expires</th>"
                + "<th scope=\"col\">What became of it</th></tr></thead>\n<tbody>");
        for (WaiverReview review : run.waivers()) {
            page.raw("<tr" + (review.state() == WaiverReview.State.EXPIRED ? " class=\"expired\"" : "")
                            + "><th scope=\"row\">")
                    .text(
                            switch (review.state()) {
                                case USED -> "✓ ";
                                case EXPIRED -> "✗ ";
                                case UNNEEDED, UNMATCHED -> "! ";
                                case UNTOLD -> "? ";
                            })
                    .text(review.state().label())
                    .raw("</th><td>");
            code(review.waiver().check());
            page.raw("</td><td>")
                    .text(String.join(", ", review.waiver().nodes()))
                    .raw("</td><td>")
                    .text(review.waiver().reason())
                    .raw("</td><td>")
                    .text(review.waiver().owner())
                    .raw("</td><td class=\"day\">")
                    .text(review.waiver().expires().toString())
                    .raw("</td><td>")
                    .text(review.message())
                    .raw("</td></tr>\n");
        }
        page.raw("</tbody></table></div>\n</section>\n");
    }

    // ------------------------------------------------------------------ frameworks

    /** Where a framework demands what, and which checks ask it. */
    private record Demand(String section, Map<String, Cases.OfCheck> checks) {}

    private void frameworks() {
        section("frameworks", "By framework");
        Map<String, Cases.OfCheck> asked = new LinkedHashMap<>();
        cases.checks().forEach(check -> asked.put(check.id(), check));
        Map<Framework.Kind, Map<String, Map<String, Demand>>> kinds = new TreeMap<>();
        for (CheckPage known : reported.checks().values()) {
            Cases.OfCheck check = asked.get(known.id());
            if (check == null) {
                continue;
            }
            for (String reference : known.references()) {
                Framework framework = Framework.of(reference);
                kinds.computeIfAbsent(framework.kind(), unused -> new TreeMap<>())
                        .computeIfAbsent(framework.name(), unused -> new TreeMap<>(Framework::compareSections))
                        .computeIfAbsent(framework.section(), section -> new Demand(section, new LinkedHashMap<>()))
                        .checks()
                        .put(known.id(), check);
            }
        }
        if (kinds.isEmpty()) {
            page.raw("<p>No check of this run names its source.</p>\n");
        } else {
            page.raw("<p>What the checks' sources demand, and what came out of it. A framework's demands that no check"
                    + " asks are not listed: this is no certificate.</p>\n");
        }
        kinds.values().forEach(names -> names.forEach(this::framework));
        page.raw("</section>\n");
    }

    private void framework(String name, Map<String, Demand> sections) {
        Map<String, Cases.OfCheck> all = new LinkedHashMap<>();
        sections.values().forEach(demand -> all.putAll(demand.checks()));
        page.raw("<details class=\"framework\" open><summary><h3>")
                .text(name)
                .raw("</h3> <span class=\"soft\">")
                .text(Html.format(
                        "%s, %,d of %s without a failure",
                        count(sections.size(), "section"),
                        all.values().stream()
                                .filter(check -> check.count(Finding.Status.FAIL) == 0)
                                .count(),
                        count(all.size(), "check")))
                .raw("</span></summary>\n");
        open(name);
        page.raw("<thead><tr><th scope=\"col\">Section</th><th scope=\"col\">Check</th>"
                + "<th scope=\"col\" class=\"n\">Fail</th><th scope=\"col\" class=\"n\">Pass</th>"
                + "<th scope=\"col\" class=\"n\">Unknown</th><th scope=\"col\" class=\"n\">Waived</th>"
                + "</tr></thead>\n<tbody>");
        sections.values().forEach(demand -> {
            boolean first = true;
            for (Cases.OfCheck check : demand.checks().values()) {
                page.raw("<tr>");
                if (first) {
                    page.raw("<th scope=\"rowgroup\" rowspan=\""
                                    + demand.checks().size() + "\">")
                            .text(demand.section().isEmpty() ? "the whole" : demand.section())
                            .raw("</th>");
                }
                first = false;
                int fails = check.count(Finding.Status.FAIL);
                page.raw("<td><a href=\"#c" + cases.checks().indexOf(check) + "\">")
                        .text(check.id())
                        .raw("</a></td><td class=\"n" + (fails > 0 ? " f" : "") + "\">")
                        .raw(fails > 0 ? "✗ " : "")
                        .raw(Html.format("%,d</td>", fails));
                for (Finding.Status status :
                        List.of(Finding.Status.PASS, Finding.Status.UNKNOWN, Finding.Status.WAIVED)) {
                    page.raw(Html.format("<td class=\"n\">%,d</td>", check.count(status)));
                }
                page.raw("</tr>\n");
            }
        });
        page.raw("</tbody></table></div>\n</details>\n");
    }

    // ------------------------------------------------------------------ the fleet

    private void fleet() {
        section("fleet", "Clusters and nodes");
        if (!run.clusters().isEmpty()) {
            page.raw("<ul>");
            run.clusters()
                    .forEach(cluster -> page.raw("<li><strong>")
                            .text(cluster.name())
                            .raw("</strong>: ")
                            .text(cluster.count()
                                    .map(count -> Html.format(
                                            "%s, %,d of %s, %s",
                                            count.quorate() ? "quorate" : "not quorate",
                                            count.votes(),
                                            count(count.expected(), "vote"),
                                            count.margin() >= 0
                                                    ? "may lose " + count.margin()
                                                    : "lacks " + -count.margin()))
                                    .orElse("no member could tell whether it is quorate"))
                            .raw("</li>\n"));
            page.raw("</ul>\n");
        }
        page.raw("<details class=\"fold\" open><summary>")
                .text(count(run.nodes().size(), "node"))
                .raw("</summary>\n");
        open("Nodes");
        page.raw("<thead><tr><th scope=\"col\">Node</th><th scope=\"col\">Address</th><th scope=\"col\">Cluster</th>"
                + "<th scope=\"col\">State</th><th scope=\"col\">System</th><th scope=\"col\">Proxmox VE</th>"
                + "<th scope=\"col\">Kernel</th><th scope=\"col\" class=\"n\">Fail</th></tr></thead>\n<tbody>");
        for (NodeResult node : run.nodes()) {
            long fails = node.findings().stream()
                    .filter(finding -> finding.status() == Finding.Status.FAIL)
                    .count();
            page.raw("<tr><th scope=\"row\">").text(node.name(), 200);
            cell(node.address());
            cell(node.cluster().orElse(""));
            cell(node.state().label());
            cell(node.facts().map(NodeFacts::os).orElse(""));
            cell(node.facts()
                    .map(facts -> facts.pveVersion().orElse(facts.isProxmox() ? "" : "not installed"))
                    .orElse(""));
            cell(node.facts().map(NodeFacts::kernel).orElse(""));
            page.raw(Html.format("<td class=\"n\">%,d</td></tr>\n", fails));
        }
        page.raw("</tbody></table></div>\n</details>\n</section>\n");
    }

    private void cell(String text) {
        page.raw("<td>").text(text, 200);
    }

    private void discovery() {
        if (run.discovery().isEmpty()) {
            return;
        }
        Comparison found = run.discovery().get();
        section("discovery", "Inventory and clusters");
        if (!found.differs() && found.untold().isEmpty()) {
            page.raw("<p>")
                    .text(
                            found.clusters() == 0
                                    ? "No cluster was read, so there is nothing to compare the inventory with."
                                    : Html.format(
                                            "The inventory has every member of %s.",
                                            count(found.clusters(), "cluster")));
            page.raw("</p>\n</section>\n");
            return;
        }
        page.raw("<ul>");
        found.missing()
                .forEach(member -> item(
                        member.member(),
                        Html.format(
                                "a member of cluster %s%s is not in the inventory, says %s",
                                member.cluster(),
                                member.addresses().isEmpty() ? "" : " at " + String.join(", ", member.addresses()),
                                String.join(", ", member.toldBy()))));
        found.strangers().forEach(stranger -> item(stranger.host(), stranger.message()));
        found.untold().forEach(host -> item(host.host(), "its cluster could not be told: " + host.why()));
        page.raw("</ul>\n</section>\n");
    }

    private void item(String name, String words) {
        page.raw("<li><strong>").text(name, 200).raw("</strong>: ").text(words).raw("</li>\n");
    }

    // ------------------------------------------------------------------ pieces

    private void section(String id, String title) {
        page.raw("<section id=\"" + id + "\" aria-labelledby=\"" + id + "-h\">\n<h2 id=\"" + id
                + "-h\" tabindex=\"-1\">" + title + "</h2>\n");
    }

    /** A table that scrolls inside its own box, by the keyboard too. */
    private void open(String name) {
        page.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
                .text(name, 200)
                .raw("\"><table>\n");
    }

    private void code(String text) {
        page.raw("<code>").text(text, 300).raw("</code>");
    }

    private void moment(Instant at) {
        page.raw("<time datetime=\"" + at.truncatedTo(ChronoUnit.SECONDS) + "\">")
                .text(WORDS.format(at.atOffset(ZoneOffset.UTC)))
                .raw("</time>");
    }

    static void severity(Html page, Severity severity) {
        page.raw("<span class=\"severity " + mark(Finding.Status.FAIL, severity) + "\">" + severity.label()
                + "</span> ");
    }

    /** The class of a cell, and of all that is coloured like one. */
    static String mark(Finding.Status status, Severity severity) {
        return switch (status) {
            case PASS -> "p";
            case UNKNOWN -> "u";
            case SKIP -> "s";
            case WAIVED -> "w";
            case FAIL ->
                switch (severity) {
                    case LOW -> "f1";
                    case MEDIUM -> "f2";
                    case HIGH -> "f3";
                    case CRITICAL -> "f4";
                };
        };
    }

    /** Names of nodes and clusters, each on its own whatever its script's direction. */
    static void names(Html page, List<Cases.Place> places) {
        int last = Math.min(NAMES, places.size());
        for (int i = 0; i < last; i++) {
            page.raw(i == 0 ? "<bdi>" : ", <bdi>")
                    .text(where(places.get(i)), 200)
                    .raw("</bdi>");
        }
        if (places.size() > last) {
            page.raw(Html.format(" and %,d more", places.size() - last));
        }
    }

    private static String where(Cases.Place place) {
        return place.cluster() ? "cluster " + place.name() : place.name();
    }

    static String count(long number, String thing) {
        return Html.format("%,d %s", number, number == 1 ? thing : thing + "s");
    }
}
