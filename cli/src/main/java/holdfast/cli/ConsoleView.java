package holdfast.cli;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.drift.Drift;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A finished run for a person: the matrix first, the reasons next, what to do last. */
final class ConsoleView {

    private static final int INDENT = 6;

    private final Terminal terminal;
    private final PrintStream out;
    private final boolean verbose;
    private final String command;

    /**
     * @param verbose whether to show evidence, and what passes
     * @param command the command line that made the run, for the last line
     */
    ConsoleView(Terminal terminal, boolean verbose, String command) {
        this.terminal = terminal;
        this.out = terminal.out();
        this.verbose = verbose;
        this.command = command;
    }

    void show(Run run) {
        show(run, Optional.empty());
    }

    /** @param drift what is different from an earlier run, where one was asked about */
    void show(Run run, Optional<Drift> drift) {
        matrix(run);
        out.println();
        reasons(run);
        clusters(run);
        run.discovery().ifPresent(this::discovery);
        waivers(run);
        drift.ifPresent(found -> new DriftView(terminal, verbose).show(found));
        summary(run);
    }

    // ------------------------------------------------------------------ waivers

    /** A waiver that is of use is told beside its finding; here are those that somebody has to look at. */
    private void waivers(Run run) {
        for (WaiverReview review : run.waivers()) {
            if (review.needsAttention()) {
                boolean expired = review.state() == WaiverReview.State.EXPIRED;
                out.println("  %s %s  waiver %s"
                        .formatted(
                                symbol(expired ? Finding.Status.FAIL : Finding.Status.UNKNOWN),
                                bold(Clean.line(review.waiver().check(), 80)),
                                review.state().label()));
                wrapped("for %s by %s (%s): %s"
                        .formatted(
                                Clean.line(String.join(", ", review.waiver().nodes()), 200),
                                Clean.line(review.waiver().owner(), 80),
                                Clean.line(review.waiver().reason(), 200),
                                review.message()));
            }
        }
        Counts counts = run.counts();
        if (counts.of(Finding.Status.WAIVED) > 0 || counts.expired() > 0) {
            out.println("  failures: %d before waivers, %d after%s"
                    .formatted(
                            counts.beforeWaivers(),
                            counts.of(Finding.Status.FAIL),
                            counts.expired() == 0
                                    ? ""
                                    : "; the %s of %d of them %s expired"
                                            .formatted(
                                                    counts.expired() == 1 ? "waiver" : "waivers",
                                                    counts.expired(),
                                                    counts.expired() == 1 ? "has" : "have")));
        }
    }

    // ------------------------------------------------------------------ the matrix

    /** A row: one check, and what came out on each node. */
    private record Row(String check, String title, Severity severity, List<Optional<Finding>> cells) {}

    private void matrix(Run run) {
        List<Row> rows = rows(run);
        int idWidth = rows.stream().mapToInt(row -> row.check().length()).max().orElse(5);
        int titleWidth =
                rows.stream().mapToInt(row -> row.title().length()).max().orElse(5);
        int nodesWidth = run.nodes().stream()
                .mapToInt(node -> Math.max(3, node.name().length()) + 2)
                .sum();
        int left = 10 + idWidth + 2;
        boolean titles = left + titleWidth + 2 + nodesWidth <= terminal.columns();
        boolean columns = left + nodesWidth <= terminal.columns() && run.nodes().size() <= 24;
        out.println("  " + legend());
        if (columns) {
            int start = left + (titles ? titleWidth + 2 : 0);
            StringBuilder head = new StringBuilder(" ".repeat(start));
            run.nodes()
                    .forEach(node ->
                            head.append(pad(node.name(), Math.max(3, node.name().length()) + 2)));
            out.println(head.toString().stripTrailing());
        }
        for (Row row : rows) {
            StringBuilder line =
                    new StringBuilder("  ").append(severity(row.severity())).append(pad(row.check(), idWidth + 2));
            if (columns) {
                if (titles) {
                    line.append(pad(row.title(), titleWidth + 2));
                }
                for (int i = 0; i < run.nodes().size(); i++) {
                    int width = Math.max(3, run.nodes().get(i).name().length()) + 2;
                    Optional<Finding> cell = row.cells().get(i);
                    line.append(cell.map(finding -> symbol(finding.status())).orElse(" "))
                            .append(" ".repeat(width - 1));
                }
            } else {
                line.append(counts(row));
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static List<Row> rows(Run run) {
        Map<String, ClusterResult> clusterOf = new LinkedHashMap<>();
        run.clusters().forEach(cluster -> cluster.members().forEach(member -> clusterOf.put(member, cluster)));
        List<Row> rows = new ArrayList<>();
        for (String check : run.checks()) {
            List<Optional<Finding>> cells = new ArrayList<>();
            for (NodeResult node : run.nodes()) {
                Optional<Finding> own = find(node.findings(), check);
                if (own.isEmpty()) {
                    ClusterResult cluster = clusterOf.get(node.name());
                    own = cluster == null ? Optional.empty() : find(cluster.findings(), check);
                }
                cells.add(own);
            }
            Optional<Finding> any =
                    cells.stream().flatMap(Optional::stream).max(Comparator.comparing(Finding::severity));
            any.ifPresent(finding -> rows.add(new Row(check, finding.title(), finding.severity(), cells)));
        }
        rows.sort(Comparator.comparing(Row::severity).reversed());
        return rows;
    }

    private static Optional<Finding> find(List<Finding> findings, String check) {
        return findings.stream()
                .filter(finding -> finding.check().equals(check))
                .findFirst();
    }

    private String counts(Row row) {
        StringBuilder text = new StringBuilder();
        for (Finding.Status status : Finding.Status.values()) {
            long count = row.cells().stream()
                    .flatMap(Optional::stream)
                    .filter(finding -> finding.status() == status)
                    .count();
            if (count > 0) {
                text.append(symbol(status)).append(' ').append(pad(Long.toString(count), 5));
            }
        }
        return text.toString();
    }

    private String legend() {
        return "%s pass   %s fail   %s cannot tell   %s does not apply   %s waived"
                .formatted(
                        symbol(Finding.Status.PASS),
                        symbol(Finding.Status.FAIL),
                        symbol(Finding.Status.UNKNOWN),
                        symbol(Finding.Status.SKIP),
                        symbol(Finding.Status.WAIVED));
    }

    // ------------------------------------------------------------------ the reasons

    /** Findings that say the same of several nodes are told once. */
    private record Reason(Finding finding, List<String> where) {}

    private void reasons(Run run) {
        Map<String, Reason> reasons = new LinkedHashMap<>();
        for (NodeResult node : run.nodes()) {
            if (node.error().isPresent()) {
                continue;
            }
            node.findings().forEach(finding -> collect(reasons, finding, node.name()));
        }
        run.clusters()
                .forEach(cluster ->
                        cluster.findings().forEach(finding -> collect(reasons, finding, "cluster " + cluster.name())));
        reasons.values().stream()
                .sorted(Comparator.comparingInt((Reason reason) -> order(reason.finding()))
                        .thenComparing(reason -> reason.finding().severity(), Comparator.reverseOrder()))
                .forEach(this::reason);
        for (NodeResult node : run.nodes()) {
            if (isForeign(node)) {
                out.println("  %s %s".formatted(symbol(Finding.Status.SKIP), bold(node.name())));
                wrapped("not a Proxmox VE node (the package pve-manager is not installed): most checks do not apply");
            }
            node.error().ifPresent(error -> {
                out.println("  %s %s  %s"
                        .formatted(
                                symbol(Finding.Status.UNKNOWN),
                                bold(node.name()),
                                error.phase().label()));
                wrapped(error.message()
                        + ": none of its %d checks could be told"
                                .formatted(node.findings().size()));
            });
        }
    }

    private static int order(Finding finding) {
        return switch (finding.status()) {
            case FAIL -> 0;
            case UNKNOWN -> 1;
            case WAIVED -> 2;
            case SKIP -> 3;
            case PASS -> 4;
        };
    }

    private void collect(Map<String, Reason> reasons, Finding finding, String where) {
        boolean quiet = finding.status() == Finding.Status.PASS || finding.status() == Finding.Status.SKIP;
        if (quiet && !verbose) {
            return;
        }
        String key = finding.check() + "\0" + finding.status() + "\0" + finding.message() + "\0"
                + (verbose ? finding.evidence() + "\0" + finding.snippet() : "");
        reasons.computeIfAbsent(key, unused -> new Reason(finding, new ArrayList<>()))
                .where()
                .add(where);
    }

    private void reason(Reason reason) {
        Finding finding = reason.finding();
        List<String> where = reason.where();
        String names = String.join(", ", where.subList(0, Math.min(8, where.size())))
                + (where.size() > 8 ? " and %d more".formatted(where.size() - 8) : "");
        String rank = finding.status() == Finding.Status.FAIL
                ? "  " + finding.severity().label()
                : "";
        out.println("  %s %s  %s%s".formatted(symbol(finding.status()), bold(names), finding.check(), rank));
        wrapped(finding.message());
        if (finding.status() == Finding.Status.FAIL || finding.status() == Finding.Status.WAIVED) {
            if (!finding.expected().isEmpty()) {
                labelled("expected", finding.expected());
            }
            if (!finding.actual().isEmpty()) {
                labelled("actual", finding.actual());
            }
            finding.waiver()
                    .ifPresent(waiver -> labelled(
                            finding.waiverExpired() ? "expired" : "waived",
                            "%s %s by %s: %s"
                                    .formatted(
                                            finding.waiverExpired() ? "the waiver held until" : "until",
                                            waiver.expires(),
                                            waiver.owner(),
                                            waiver.reason())));
            steps(finding);
        }
        if (verbose) {
            finding.evidence().forEach(line -> labelled("evidence", line));
        }
    }

    /** The file comes before the last step, which is the one that puts it into effect. */
    private void steps(Finding finding) {
        List<String> advice = finding.advice();
        String label = "fix";
        for (int i = 0; i < advice.size(); i++) {
            if (i == advice.size() - 1 && finding.snippet().isPresent()) {
                Finding.RenderedFile file = finding.snippet().get();
                labelled(label, "write " + file.path() + (verbose ? ":" : " (its text: -v)"));
                if (verbose) {
                    file.content().lines().forEach(line -> out.println(" ".repeat(INDENT + 14) + line));
                }
                label = "";
            }
            labelled(label, advice.get(i));
            label = "";
        }
    }

    private void labelled(String label, String text) {
        String head = " ".repeat(INDENT) + pad(label.isEmpty() ? "" : label + ":", 10);
        int width = Math.max(40, terminal.columns() - head.length());
        boolean first = true;
        for (String line : wrap(text, width)) {
            out.println((first ? head : " ".repeat(head.length())) + line);
            first = false;
        }
    }

    private void wrapped(String text) {
        wrap(text, Math.max(40, terminal.columns() - INDENT)).forEach(line -> out.println(" ".repeat(INDENT) + line));
    }

    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            if (!line.isEmpty()) {
                line.append(' ');
            }
            line.append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    // ------------------------------------------------------------------ the end

    private void clusters(Run run) {
        run.clusters()
                .forEach(cluster -> out.println("  cluster %s: %s"
                        .formatted(
                                cluster.name(),
                                cluster.count()
                                        .map(count -> "%s, %d of %d votes, %s"
                                                .formatted(
                                                        count.quorate() ? "quorate" : "not quorate",
                                                        count.votes(),
                                                        count.expected(),
                                                        count.margin() >= 0
                                                                ? "may lose " + count.margin()
                                                                : "lacks " + -count.margin()))
                                        .orElse("no member could tell whether it is quorate"))));
    }

    private static final int DIFFERENCES = 40;

    private void discovery(Comparison found) {
        String count = "%d %s".formatted(found.clusters(), found.clusters() == 1 ? "cluster" : "clusters");
        if (!found.differs() && found.untold().isEmpty()) {
            out.println("  discovery: "
                    + (found.clusters() == 0
                            ? "no cluster was read, so there is nothing to compare the inventory with"
                            : "the inventory has every member of " + count));
            return;
        }
        out.println("  discovery: inventory and member lists of %s differ".formatted(count));
        found.missing().stream().limit(DIFFERENCES).forEach(member -> {
            out.println("  %s %s  not in the inventory"
                    .formatted(symbol(Finding.Status.FAIL), bold(Clean.line(member.member(), 80))));
            wrapped("a member of cluster %s%s, says %s"
                    .formatted(
                            Clean.line(member.cluster(), 80),
                            member.addresses().isEmpty()
                                    ? ""
                                    : " at " + Clean.line(String.join(", ", member.addresses()), 200),
                            few(member.toldBy())));
        });
        more(found.missing().size());
        found.strangers().stream().limit(DIFFERENCES).forEach(stranger -> {
            out.println("  %s %s  %s"
                    .formatted(
                            symbol(Finding.Status.FAIL),
                            bold(stranger.host()),
                            switch (stranger.reason()) {
                                case UNLISTED -> "in no cluster's list";
                                case STANDALONE -> "stands alone";
                                case OTHER_CLUSTER -> "in another cluster";
                                case REMOVED -> "not a member any more";
                            }));
            wrapped(Clean.line(stranger.message(), 1000));
        });
        more(found.strangers().size());
        found.untold().stream().limit(DIFFERENCES).forEach(host -> {
            out.println("  %s %s  its cluster could not be told"
                    .formatted(symbol(Finding.Status.UNKNOWN), bold(host.host())));
            wrapped(Clean.line(host.why(), 600));
        });
        more(found.untold().size());
    }

    private void more(int all) {
        if (all > DIFFERENCES) {
            out.println("      and %d more: --report json=FILE has all".formatted(all - DIFFERENCES));
        }
    }

    private static String few(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(4, names.size())))
                + (names.size() > 4 ? " and %d more".formatted(names.size() - 4) : "");
    }

    private void summary(Run run) {
        long failing = run.nodes().stream()
                .filter(node -> node.findings().stream().anyMatch(finding -> finding.status() == Finding.Status.FAIL))
                .count();
        long unread = run.nodes().stream()
                .filter(node -> node.state() != NodeResult.State.OK)
                .count();
        long unsure = run.nodes().stream()
                .filter(node -> node.state() == NodeResult.State.OK
                        && node.findings().stream().anyMatch(finding -> finding.status() == Finding.Status.UNKNOWN)
                        && node.findings().stream().noneMatch(finding -> finding.status() == Finding.Status.FAIL))
                .count();
        long foreign = run.nodes().stream()
                .filter(ConsoleView::isForeign)
                .filter(node -> node.findings().stream()
                        .noneMatch(finding ->
                                finding.status() == Finding.Status.FAIL || finding.status() == Finding.Status.UNKNOWN))
                .count();
        long clean = run.nodes().size() - failing - unread - unsure - foreign;
        List<String> parts = new ArrayList<>();
        parts.add(clean + " clean");
        if (failing > 0) {
            parts.add(failing + " with failures");
        }
        if (unsure > 0) {
            parts.add(unsure + " in doubt");
        }
        long clusters = run.clusters().stream()
                .filter(cluster ->
                        cluster.findings().stream().anyMatch(finding -> finding.status() == Finding.Status.FAIL))
                .count();
        if (clusters > 0) {
            parts.add(clusters + (clusters == 1 ? " cluster" : " clusters") + " with failures");
        }
        if (foreign > 0) {
            parts.add(foreign + " not Proxmox VE");
        }
        if (unread > 0) {
            parts.add(unread + " unreadable");
        }
        double seconds = Duration.between(run.startedAt(), run.finishedAt()).toMillis() / 1000.0;
        out.println("  %d %s: %s, %s s"
                .formatted(
                        run.nodes().size(),
                        run.nodes().size() == 1 ? "node" : "nodes",
                        String.join(", ", parts),
                        String.format(Locale.ROOT, "%.1f", seconds)));
        if (command.isEmpty()) {
            return;
        }
        Optional<Finding> worst = run.findings()
                .filter(finding -> finding.status() == Finding.Status.FAIL)
                .max(Comparator.comparing(Finding::severity));
        Optional<String> fix = run.findings().anyMatch(Finding::fixable) ? fix() : Optional.empty();
        if (fix.isPresent()) {
            out.println("  next: " + fix.get());
            if (!verbose) {
                out.println("  or, for the evidence: " + quietly() + " -v");
            }
            return;
        }
        // To see the evidence of what a fix has left, nobody should have to fix again.
        boolean fixed = command.matches("\\S+ fix\\b.*");
        worst.ifPresent(finding -> out.println(
                verbose || fixed
                        ? "  next: %s checks %s".formatted(program(), finding.check())
                        : "  next: %s -v   or   %s checks %s".formatted(quietly(), program(), finding.check())));
    }

    /** What a scan is asked besides, as this program quotes it: a fix compares with nothing, and tells nobody. */
    private static final Pattern SCAN_ONLY = Pattern.compile(" (--discover|--fail-on-drift(=\\S+| (worse|any)(?= |$))?"
            + "|--(since|report|notify|notify-on|notify-secret|notify-ca)[= ]('([^']|'\\\\'')*'|\\S)+)(?= |$)");

    /** The command line without what writes files and tells people: nobody wants that twice for a second look. */
    private String quietly() {
        return TELLING.matcher(command).replaceAll("");
    }

    private static final Pattern TELLING =
            Pattern.compile(" --(report|notify|notify-on|notify-secret|notify-ca)[= ]('([^']|'\\\\'')*'|\\S)+(?= |$)");

    /** The command line that leads from a scan to the plan of what mends it, and from a plan to the deed. */
    private Optional<String> fix() {
        String[] words = command.split(" ", 3);
        if (words.length > 1 && words[1].equals("scan")) {
            String rest = words.length > 2 ? SCAN_ONLY.matcher(" " + words[2]).replaceAll("") : "";
            return Optional.of("%s fix%s --check --diff".formatted(words[0], rest));
        }
        String without = command.replaceAll(" (--check|-C|--diff|-D)(?= |$)", "");
        return words.length > 1 && words[1].equals("fix") && !without.equals(command)
                ? Optional.of(without)
                : Optional.empty();
    }

    /** The first word of the command line: how this person starts the program. */
    private String program() {
        return command.split(" ", 2)[0];
    }

    private static boolean isForeign(NodeResult node) {
        return node.facts().isPresent() && !node.facts().get().isProxmox();
    }

    // ------------------------------------------------------------------ signs

    private String symbol(Finding.Status status) {
        return switch (status) {
            case PASS -> paint(terminal.unicode() ? "✓" : "+", "32");
            case FAIL -> paint(terminal.unicode() ? "✗" : "x", "31;1");
            case UNKNOWN -> paint("?", "33;1");
            case SKIP -> paint(terminal.unicode() ? "–" : "-", "2");
            case WAIVED -> paint("w", "36");
        };
    }

    private String severity(Severity severity) {
        String label = pad(severity.label().toUpperCase(Locale.ROOT), 10);
        return switch (severity) {
            case CRITICAL -> paint(label, "31;1");
            case HIGH -> paint(label, "31");
            case MEDIUM -> paint(label, "33");
            case LOW -> label;
        };
    }

    private String bold(String text) {
        return paint(text, "1");
    }

    private String paint(String text, String code) {
        return terminal.colour() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
