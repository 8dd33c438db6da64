package holdfast.report;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.drift.Difference;
import holdfast.drift.Drift;
import holdfast.policy.Waiver;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A run as GitHub Flavored Markdown, for the comment of a merge request or a page of a wiki: the sums, what changed, what
 * fails, what could not be told, the waivers. It is short enough for a comment on GitHub; what does not fit is counted.
 */
final class MarkdownReport {

    /** A comment on GitHub has at most 65,536 characters; the rest is for the words around. */
    static final int LONGEST = 65_000;

    /** What each section may take while others wait: the last ones shall not be crowded out. */
    private static final int RESERVE = 2_000;

    private static final int CELL = 300;

    private final StringBuilder out = new StringBuilder();
    private final Run run;

    private MarkdownReport(Run run) {
        this.run = run;
    }

    static String render(Reported reported) {
        MarkdownReport report = new MarkdownReport(reported.run());
        report.summary();
        reported.drift().ifPresent(report::drift);
        List<Subject> subjects = Subject.of(reported.run());
        report.unread(subjects);
        reported.run().discovery().ifPresent(report::discovery);
        report.waivers();
        report.failing(subjects);
        report.untold(subjects);
        report.accepted(subjects);
        return report.out.toString();
    }

    private void summary() {
        Counts counts = run.counts();
        String verdict = counts.of(Finding.Status.FAIL) > 0
                ? plural(counts.of(Finding.Status.FAIL), "check fails", "checks fail")
                : counts.of(Finding.Status.UNKNOWN) > 0 || counts.unreachable() > 0
                        ? "not everything could be told"
                        : "all is as the policy wants it";
        out.append("## holdfast: ").append(verdict).append("\n\n");
        out.append("Run ")
                .append(code(run.id()))
                .append(" of ")
                .append(Rfc3339.of(run.startedAt()))
                .append(", policy ")
                .append(code(run.context()
                        .policyDigest()
                        .substring(0, Math.min(12, run.context().policyDigest().length()))))
                .append(".\n\n");
        header("", "");
        row("nodes", "%d, of which %d could not be read".formatted(counts.nodes(), unreadCount()));
        row(
                "fail",
                "%d (%s)"
                        .formatted(
                                counts.of(Finding.Status.FAIL),
                                severities().stream()
                                        .map(severity -> "%d %s".formatted(counts.of(severity), severity.label()))
                                        .collect(Collectors.joining(", "))));
        row(
                "waived",
                "%d; before waivers %d fail; %s"
                        .formatted(
                                counts.of(Finding.Status.WAIVED),
                                counts.beforeWaivers(),
                                plural(counts.expired(), "waiver has expired", "waivers have expired")));
        row("unknown", Integer.toString(counts.of(Finding.Status.UNKNOWN)));
        row("pass", Integer.toString(counts.of(Finding.Status.PASS)));
        row("does not apply", Integer.toString(counts.of(Finding.Status.SKIP)));
        out.append('\n');
    }

    private long unreadCount() {
        return run.nodes().stream().filter(node -> node.error().isPresent()).count();
    }

    private static List<Severity> severities() {
        return List.of(Severity.values()).reversed();
    }

    private void drift(Drift drift) {
        String since = "run %s of %s"
                .formatted(code(drift.since().run()), Rfc3339.of(drift.since().at()));
        if (!drift.any()) {
            out.append("### What changed\n\nNothing since ").append(since).append(".\n\n");
        } else {
            section(
                    "What changed",
                    "Since %s.".formatted(since),
                    List.of("what", "where", "check", "message"),
                    drift.differences().stream()
                            .map(difference -> List.of(
                                    difference.kind().words(),
                                    where(difference),
                                    code(difference.check().orElse("")),
                                    text(difference.message())))
                            .toList(),
                    LONGEST / 4);
        }
        if (!drift.remarks().isEmpty()) {
            drift.remarks().stream()
                    .limit(10)
                    .forEach(remark -> out.append("- ").append(text(remark)).append('\n'));
            out.append('\n');
        }
    }

    private static String where(Difference difference) {
        return (difference.cluster() ? "cluster " : "") + code(difference.subject());
    }

    private void unread(List<Subject> subjects) {
        List<List<String>> rows = new ArrayList<>();
        subjects.forEach(subject -> subject.trouble()
                .ifPresent(trouble ->
                        rows.add(List.of(code(subject.label()), trouble.phase().label(), text(trouble.message())))));
        section("Nodes that could not be read", "", List.of("node", "phase", "message"), rows, LONGEST / 8);
    }

    private void discovery(Comparison found) {
        List<List<String>> rows = new ArrayList<>();
        found.missing()
                .forEach(member -> rows.add(
                        List.of(code(member.member()), "not in the inventory", "member of " + code(member.cluster()))));
        found.strangers()
                .forEach(stranger -> rows.add(
                        List.of(code(stranger.host()), stranger.reason().label(), text(stranger.message()))));
        found.untold().forEach(host -> rows.add(List.of(code(host.host()), "could not be told", text(host.why()))));
        section("The inventory against the clusters", "", List.of("node", "what", "message"), rows, LONGEST / 8);
    }

    private void waivers() {
        section(
                "Waivers that need somebody",
                "",
                List.of("waiver", "owner", "until", "state", "message"),
                run.waivers().stream()
                        .filter(WaiverReview::needsAttention)
                        .map(review -> List.of(
                                code("%s on %s"
                                        .formatted(
                                                review.waiver().check(),
                                                String.join(
                                                        ", ", review.waiver().nodes()))),
                                text(review.waiver().owner()),
                                review.waiver().expires().toString(),
                                review.state().label(),
                                text(review.message())))
                        .toList(),
                LONGEST / 8);
    }

    private void failing(List<Subject> subjects) {
        List<Row> rows = rows(subjects, Finding.Status.FAIL);
        rows.sort(Comparator.comparing((Row row) -> row.finding().severity()).reversed());
        section(
                "What fails",
                "",
                List.of("severity", "where", "check", "message", "expected", "actual"),
                rows.stream()
                        .map(row -> List.of(
                                row.finding().severity().label(),
                                where(row.subject()),
                                code(row.finding().check()),
                                text(row.finding()
                                                .waiver()
                                                .map(waiver -> "its waiver by %s expired after %s: "
                                                        .formatted(waiver.owner(), waiver.expires()))
                                                .orElse("")
                                        + row.finding().message()),
                                text(row.finding().expected()),
                                text(row.finding().actual())))
                        .toList(),
                LONGEST);
    }

    private void untold(List<Subject> subjects) {
        section(
                "What could not be told",
                "",
                List.of("where", "check", "message"),
                rows(subjects, Finding.Status.UNKNOWN).stream()
                        // A node that could not be read has said so above, once for all its checks.
                        .filter(row -> row.subject().trouble().isEmpty())
                        .map(row -> List.of(
                                where(row.subject()),
                                code(row.finding().check()),
                                text(row.finding().message())))
                        .toList(),
                LONGEST);
    }

    private void accepted(List<Subject> subjects) {
        section(
                "What is accepted",
                "It fails all the same.",
                List.of("severity", "where", "check", "message", "accepted by", "until", "reason"),
                rows(subjects, Finding.Status.WAIVED).stream()
                        .map(row -> List.of(
                                row.finding().severity().label(),
                                where(row.subject()),
                                code(row.finding().check()),
                                text(row.finding().message()),
                                text(row.finding().waiver().map(Waiver::owner).orElse("")),
                                row.finding()
                                        .waiver()
                                        .map(waiver -> waiver.expires().toString())
                                        .orElse(""),
                                text(row.finding().waiver().map(Waiver::reason).orElse(""))))
                        .toList(),
                LONGEST);
    }

    private record Row(Subject subject, Finding finding) {}

    private static List<Row> rows(List<Subject> subjects, Finding.Status status) {
        List<Row> rows = new ArrayList<>();
        for (Subject subject : subjects) {
            subject.findings().stream()
                    .filter(finding -> finding.status() == status)
                    .forEach(finding -> rows.add(new Row(subject, finding)));
        }
        return rows;
    }

    private static String where(Subject subject) {
        return (subject.cluster() ? "cluster " : "") + code(subject.label());
    }

    /**
     * A heading and a table, nothing where there are no rows; rows that do not fit are counted below it.
     *
     * @param most how many characters its rows may take
     */
    private void section(String title, String words, List<String> columns, List<List<String>> rows, int most) {
        if (rows.isEmpty()) {
            return;
        }
        out.append("### ").append(title).append(" (").append(rows.size()).append(")\n\n");
        if (!words.isEmpty()) {
            out.append(words).append("\n\n");
        }
        int room = Math.min(most, LONGEST - RESERVE - out.length());
        int from = out.length();
        header(columns.toArray(String[]::new));
        int shown = 0;
        for (List<String> row : rows) {
            int before = out.length();
            row(row.toArray(String[]::new));
            if (out.length() - from > room) {
                out.setLength(before);
                break;
            }
            shown++;
        }
        if (shown == 0) {
            out.setLength(from);
        }
        if (shown < rows.size()) {
            out.append(shown == 0 ? "" : "\n")
                    .append(rows.size() - shown)
                    .append(shown == 0 ? "" : " more")
                    .append(" left out here for length; the other formats of the report have them.\n");
        }
        out.append('\n');
    }

    private void header(String... columns) {
        row(columns);
        out.append("|").append(" --- |".repeat(columns.length)).append('\n');
    }

    private void row(String... cells) {
        out.append('|');
        for (String cell : cells) {
            out.append(' ').append(cell).append(cell.isEmpty() ? "|" : " |");
        }
        out.append('\n');
    }

    private static String text(String said) {
        return MarkdownText.inline(said, CELL);
    }

    private static String code(String said) {
        return MarkdownText.code(said, CELL);
    }

    private static String plural(int count, String one, String many) {
        return "%d %s".formatted(count, count == 1 ? one : many);
    }
}
