package holdfast.report;

import holdfast.drift.Difference;
import holdfast.policy.Waiver;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.util.List;
import java.util.Optional;

/**
 * A run as comma-separated values: a line of column names, then a line per finding. Columns are only ever added, behind
 * the others; docs/reports.md has what each holds.
 */
final class CsvReport {

    static final List<String> COLUMNS = List.of(
            "run",
            "started_at",
            "scope",
            "name",
            "cluster",
            "cluster_id",
            "address",
            "node_state",
            "check",
            "title",
            "severity",
            "status",
            "message",
            "expected",
            "actual",
            "evidence",
            "advice",
            "fixable",
            "waiver_owner",
            "waiver_reason",
            "waiver_expires",
            "waiver_expired",
            "change",
            "fingerprint");

    /** Between several lines in one cell. */
    private static final String BETWEEN = " | ";

    private CsvReport() {}

    static String render(Reported reported) {
        Changes changes = new Changes(reported.drift());
        Csv csv = new Csv().line(COLUMNS);
        for (Subject subject : Subject.of(reported.run())) {
            for (Finding finding : subject.findings()) {
                csv.line(row(reported.run(), subject, finding, changes.of(subject, finding.check())));
            }
            if (subject.findings().isEmpty()) {
                // A node that was not read would be missing altogether.
                subject.trouble().ifPresent(trouble -> csv.line(unread(reported.run(), subject, trouble)));
            }
        }
        return csv.toString();
    }

    private static List<String> row(Run run, Subject subject, Finding finding, Optional<Difference.Kind> change) {
        Optional<Waiver> waiver = finding.waiver();
        return List.of(
                run.id(),
                Rfc3339.of(run.startedAt()),
                subject.scope(),
                subject.name(),
                subject.home(),
                subject.group().flatMap(cluster -> cluster.id()).orElse(""),
                subject.node().map(NodeResult::address).orElse(""),
                subject.node().map(node -> node.state().label()).orElse(""),
                finding.check(),
                finding.title(),
                finding.severity().label(),
                finding.status().label(),
                finding.message(),
                finding.expected(),
                finding.actual(),
                String.join(BETWEEN, finding.evidence()),
                String.join(BETWEEN, finding.advice()),
                Boolean.toString(finding.fixable()),
                waiver.map(Waiver::owner).orElse(""),
                waiver.map(Waiver::reason).orElse(""),
                waiver.map(known -> known.expires().toString()).orElse(""),
                waiver.map(known -> Boolean.toString(finding.waiverExpired())).orElse(""),
                change.map(Difference.Kind::label).orElse(""),
                finding.fingerprint());
    }

    private static List<String> unread(Run run, Subject subject, NodeResult.Trouble trouble) {
        return List.of(
                run.id(),
                Rfc3339.of(run.startedAt()),
                subject.scope(),
                subject.name(),
                subject.home(),
                "",
                subject.node().map(NodeResult::address).orElse(""),
                subject.node().map(node -> node.state().label()).orElse(""),
                "",
                "",
                "",
                Finding.Status.UNKNOWN.label(),
                "%s: %s".formatted(trouble.phase().label(), trouble.message()),
                "",
                "",
                "",
                "",
                "false",
                "",
                "",
                "",
                "",
                "",
                "");
    }
}
