package holdfast.report;

import holdfast.check.Severity;
import holdfast.drift.Difference;
import holdfast.drift.Drift;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import holdfast.text.Clean;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run in Prometheus's text format, version 0.0.4, for the textfile collector of node_exporter. Every series has the
 * label {@code series} of the run, so that several files of several fleets can lie side by side; no label changes from
 * run to run by itself. docs/reports.md explains every metric and has rules to alert with.
 *
 * <p>What a node says is nowhere in it but for the names of clusters: names are cleaned, bounded and escaped.
 */
final class PrometheusReport {

    private static final int LONGEST = 200;

    private final StringBuilder out = new StringBuilder();
    private final Map<String, String> series;

    private PrometheusReport(Run run) {
        this.series = Map.of("series", run.context().series());
    }

    static String render(Reported reported) {
        PrometheusReport report = new PrometheusReport(reported.run());
        report.run(reported.run());
        report.findings(reported.run());
        report.subjects(Subject.of(reported.run()));
        reported.drift().ifPresent(report::drift);
        report.waivers(reported.run());
        return report.out.toString();
    }

    private void run(Run run) {
        metric("holdfast_info", "The holdfast that made this report; always 1.")
                .add(Map.of("version", run.context().version()), 1)
                .write();
        metric("holdfast_run_started_timestamp_seconds", "When the last run began, in seconds since 1970.")
                .add(Map.of(), seconds(run.startedAt()))
                .write();
        metric("holdfast_run_finished_timestamp_seconds", "When the last run ended, in seconds since 1970.")
                .add(Map.of(), seconds(run.finishedAt()))
                .write();
        metric("holdfast_run_duration_seconds", "How long the last run took.")
                .add(
                        Map.of(),
                        BigDecimal.valueOf(
                                Duration.between(run.startedAt(), run.finishedAt())
                                        .toMillis(),
                                3))
                .write();
        Metric nodes = metric("holdfast_nodes", "Selected nodes, by how far the visit came.");
        for (NodeResult.State state : NodeResult.State.values()) {
            nodes.add(Map.of("state", state.label()), run.count(state));
        }
        nodes.write();
        run.discovery()
                .ifPresent(found -> metric(
                                "holdfast_inventory_differences",
                                "Differences between the inventory and the clusters' members.")
                        .add(Map.of("kind", "not_in_inventory"), found.missing().size())
                        .add(Map.of("kind", "not_in_cluster"), found.strangers().size())
                        .add(Map.of("kind", "not_told"), found.untold().size())
                        .write());
    }

    private void findings(Run run) {
        Counts counts = run.counts();
        Metric statuses = metric("holdfast_findings", "Findings of nodes and clusters, by status.");
        for (Finding.Status status : Finding.Status.values()) {
            statuses.add(Map.of("status", status.label()), counts.of(status));
        }
        statuses.write();
        Metric severities =
                metric("holdfast_failures", "Failures of nodes and clusters that nobody has accepted, by severity.");
        for (Severity severity : Severity.values()) {
            severities.add(Map.of("severity", severity.label()), counts.of(severity));
        }
        severities.write();
    }

    private void subjects(List<Subject> subjects) {
        Metric reached = metric("holdfast_node_reached", "Whether the node could be read: 1, or 0.");
        Metric times = metric("holdfast_node_duration_seconds", "How long the visit to the node took.");
        Metric nodes = metric(
                "holdfast_node_failures", "Failures of the node that nobody has accepted, by severity; 0 where none.");
        Metric clusters = metric(
                "holdfast_cluster_failures",
                "Failures of the cluster that nobody has accepted, by severity; 0 where none.");
        Metric problems = metric(
                "holdfast_check_problem",
                "A check that fails, is waived or could not be told: 1. What passes or does not apply has no series.");
        for (Subject subject : subjects) {
            Map<String, String> labels = labels(subject);
            subject.node().ifPresent(node -> {
                reached.add(labels, node.state() == NodeResult.State.OK ? 1 : 0);
                times.add(labels, BigDecimal.valueOf(node.durationMillis(), 3));
            });
            Metric failures = subject.cluster() ? clusters : nodes;
            for (Severity severity : Severity.values()) {
                failures.add(
                        with(labels, "severity", severity.label()),
                        subject.findings().stream()
                                .filter(finding -> finding.status() == Finding.Status.FAIL)
                                .filter(finding -> finding.severity() == severity)
                                .count());
            }
            for (Finding finding : subject.findings()) {
                if (finding.failing() || finding.status() == Finding.Status.UNKNOWN) {
                    Map<String, String> problem = with(labels, "check", finding.check());
                    problem.put("severity", finding.severity().label());
                    problem.put("status", finding.status().label());
                    problems.add(problem, 1);
                }
            }
        }
        List.of(reached, times, nodes, clusters, problems).forEach(Metric::write);
    }

    /** Node and cluster by the names that tell them apart. */
    private static Map<String, String> labels(Subject subject) {
        Map<String, String> labels = new LinkedHashMap<>();
        if (subject.cluster()) {
            labels.put("cluster", subject.label());
        } else {
            labels.put("node", subject.label());
            if (!subject.home().isEmpty()) {
                labels.put("cluster", subject.home());
            }
        }
        return labels;
    }

    private void drift(Drift drift) {
        Metric kinds = metric("holdfast_drift_differences", "Differences from the earlier run, by kind.");
        for (Difference.Kind kind : Difference.Kind.values()) {
            kinds.add(Map.of("kind", kind.label()), drift.count(kind));
        }
        kinds.write();
        metric(
                        "holdfast_drift_since_timestamp_seconds",
                        "When the run began that the last one was compared with, in seconds since 1970.")
                .add(Map.of(), seconds(drift.since().at()))
                .write();
    }

    private void waivers(Run run) {
        Metric states = metric("holdfast_waivers", "Waivers of the policies, by what became of them.");
        for (WaiverReview.State state : WaiverReview.State.values()) {
            states.add(
                    Map.of("state", state.label()),
                    run.waivers().stream()
                            .filter(review -> review.state() == state)
                            .count());
        }
        states.write();
        metric("holdfast_waiver_expired_failures", "Failures whose waiver has expired; they count as failures too.")
                .add(Map.of(), run.counts().expired())
                .write();
        Optional<LocalDate> next = run.waivers().stream()
                .filter(review -> review.state() == WaiverReview.State.USED)
                .map(review -> review.waiver().expires())
                .min(Comparator.naturalOrder());
        Metric expiry = metric(
                "holdfast_waiver_next_expiry_timestamp_seconds",
                "When the next waiver that is used ends, in seconds since 1970; no series where none is used.");
        // A waiver holds to the end of its last day.
        next.ifPresent(
                day -> expiry.add(Map.of(), day.plusDays(1).atStartOfDay().toEpochSecond(ZoneOffset.UTC)));
        expiry.write();
    }

    private static BigDecimal seconds(Instant at) {
        return BigDecimal.valueOf(at.toEpochMilli(), 3);
    }

    private static Map<String, String> with(Map<String, String> labels, String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(labels);
        all.put(name, value);
        return all;
    }

    private Metric metric(String name, String help) {
        return new Metric(name, help);
    }

    /** A gauge with its series; one that is added twice is one with the sum, since a file with two is refused whole. */
    private final class Metric {
        private final String name;
        private final String help;
        private final Map<String, BigDecimal> values = new LinkedHashMap<>();

        Metric(String name, String help) {
            this.name = name;
            this.help = help;
        }

        Metric add(Map<String, String> labels, long value) {
            return add(labels, BigDecimal.valueOf(value));
        }

        Metric add(Map<String, String> labels, BigDecimal value) {
            StringBuilder text = new StringBuilder();
            series.forEach((label, of) -> label(text, label, of));
            labels.forEach((label, of) -> label(text, label, of));
            values.merge("{" + text + "}", value, BigDecimal::add);
            return this;
        }

        private static void label(StringBuilder text, String label, String value) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(label)
                    .append("=\"")
                    .append(Clean.line(value, LONGEST).replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"');
        }

        /** Nothing where there is no series. */
        void write() {
            if (values.isEmpty()) {
                return;
            }
            out.append("# HELP ").append(name).append(' ').append(help).append('\n');
            out.append("# TYPE ").append(name).append(" gauge\n");
            values.forEach((labels, value) -> out.append(name)
                    .append(labels)
                    .append(' ')
                    .append(value.stripTrailingZeros().toPlainString())
                    .append('\n'));
        }
    }
}
