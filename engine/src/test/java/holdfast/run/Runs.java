package holdfast.run;

import holdfast.check.Severity;
import holdfast.node.Phase;
import holdfast.policy.Waiver;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs that were made up, for tests of what is made from runs. */
public final class Runs {

    /** When the first of them began. */
    public static final Instant START = Instant.parse("2026-11-22T04:00:00Z");

    private Runs() {}

    /** A finding of one check; its fingerprint follows from its status and message. */
    public static Finding finding(String check, Severity severity, Finding.Status status, String message) {
        boolean failing = status == Finding.Status.FAIL || status == Finding.Status.WAIVED;
        return new Finding(
                check,
                "What " + check + " wants",
                severity,
                status,
                message,
                failing ? "the wanted state" : "",
                failing ? message : "",
                failing ? List.of("evidence of " + message) : List.of(),
                failing ? List.of("mend it") : List.of(),
                Optional.empty(),
                Optional.empty(),
                status == Finding.Status.WAIVED ? Optional.of(waiver(check, "2027-01-31")) : Optional.empty(),
                false,
                Finding.fingerprint(status, severity, message));
    }

    /** A failure whose waiver has expired. */
    public static Finding expired(String check, Severity severity, String message) {
        Finding failing = finding(check, severity, Finding.Status.FAIL, message);
        return new Finding(
                failing.check(),
                failing.title(),
                severity,
                failing.status(),
                message,
                failing.expected(),
                failing.actual(),
                failing.evidence(),
                failing.advice(),
                failing.snippet(),
                failing.remedy(),
                Optional.of(waiver(check, "2026-10-31")),
                failing.fixable(),
                failing.fingerprint());
    }

    /** A waiver of a check on all nodes. */
    public static Waiver waiver(String check, String expires) {
        return new Waiver(check, List.of("*"), "until the move", "ops", LocalDate.parse(expires));
    }

    /** A node that was read. */
    public static NodeResult node(String name, Finding... findings) {
        return new NodeResult(
                name,
                "192.0.2.1",
                Optional.empty(),
                NodeResult.State.OK,
                Optional.empty(),
                Optional.empty(),
                100,
                List.of(findings),
                List.of());
    }

    /** A node that did not answer: what was asked of it is unknown. */
    public static NodeResult silent(String name, String... checks) {
        return new NodeResult(
                name,
                "192.0.2.9",
                Optional.empty(),
                NodeResult.State.UNREACHABLE,
                Optional.of(new NodeResult.Trouble(Phase.CONNECT, "no route to host")),
                Optional.empty(),
                5000,
                Stream.of(checks)
                        .map(check -> finding(check, Severity.HIGH, Finding.Status.UNKNOWN, "no route to host"))
                        .toList(),
                List.of());
    }

    /** A cluster with its findings. */
    public static ClusterResult cluster(String name, String id, List<String> members, Finding... findings) {
        return new ClusterResult(
                name,
                id.isEmpty() ? Optional.empty() : Optional.of(id),
                members,
                Optional.empty(),
                List.of(findings),
                List.of());
    }

    /** The run of the given day, counted from the first one. */
    public static Run run(int day, List<NodeResult> nodes, ClusterResult... clusters) {
        Instant started = START.plus(Duration.ofDays(day));
        return new Run(
                "%tY%<tm%<tdT040000Z-%06x".formatted(started.atZone(ZoneOffset.UTC), day),
                "scan",
                started,
                started.plusSeconds(2),
                new Run.Context("0.1.0", "ops", "desk", List.of("fleet.yml"), "0".repeat(64), "", "fleet.yml"),
                Stream.concat(
                                nodes.stream().flatMap(node -> node.findings().stream()),
                                Stream.of(clusters).flatMap(cluster -> cluster.findings().stream()))
                        .map(Finding::check)
                        .distinct()
                        .sorted()
                        .toList(),
                nodes,
                List.of(clusters));
    }
}
