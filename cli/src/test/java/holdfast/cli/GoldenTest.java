package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Severity;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.node.Phase;
import holdfast.policy.Waiver;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a person sees, file by file, with the exit code in the file's name; {@code -Dgolden.write=true} rewrites. */
final class GoldenTest {

    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Instant START = Instant.parse("2026-11-22T00:00:00Z");

    /** How the terminal is. */
    private record Look(boolean unicode, boolean colour, boolean verbose, int columns) {}

    private static final Look PLAIN = new Look(true, false, false, 100);

    static void compare(String name, int code, String text) {
        Path file = GOLDEN.resolve("%s.exit%d.txt".formatted(name, code));
        try {
            if (Boolean.getBoolean("golden.write")) {
                Files.createDirectories(GOLDEN);
                Files.writeString(file, text);
            }
            assertThat(file).as("rewrite it with -Dgolden.write=true").content().isEqualTo(text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    // ------------------------------------------------------------------ real scans

    /** Without what differs from run to run: directories, digests, dates, durations. */
    private static String settled(String text, PracticeCluster cluster) {
        return text.replace(cluster.directory().toString(), "/practice")
                .replaceAll("[0-9a-f]{64}", "<sha-256>")
                .replaceAll("20\\d\\d-\\d\\d-\\d\\d", "<date>")
                .replaceAll("\\d+\\.\\d s\\b", "<time>");
    }

    private static void scanned(String name, PracticeCluster cluster, String... more) {
        List<String> words = new java.util.ArrayList<>(List.of(
                "scan",
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString()));
        words.addAll(List.of(more));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        // So wide that no line breaks where a directory's name decides.
        int code = Main.run(
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        false,
                        false,
                        true,
                        400),
                words.toArray(String[]::new));
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        compare(name, code, settled(out.toString(StandardCharsets.UTF_8), cluster));
    }

    @Test
    void aHealthyCluster() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            scanned("healthy", cluster);
        }
    }

    @Test
    void aClusterWithTheFaultsOfTheDemo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            scanned("faults", cluster);
        }
    }

    // ------------------------------------------------------------------ runs that were made up

    private static Finding finding(String check, Severity severity, Finding.Status status, String message) {
        boolean failed = status == Finding.Status.FAIL || status == Finding.Status.WAIVED;
        return new Finding(
                check,
                "What " + check + " wants",
                severity,
                status,
                message,
                failed ? "the wanted state" : "",
                failed ? "another state" : "",
                List.of("evidence of " + check),
                failed ? List.of("systemctl mend it") : List.of(),
                failed && check.startsWith("sshd")
                        ? Optional.of(
                                new Finding.RenderedFile("/etc/ssh/sshd_config.d/00-x.conf", "Line one\nLine two\n"))
                        : Optional.empty(),
                Optional.empty(),
                status == Finding.Status.WAIVED
                        ? Optional.of(
                                new Waiver(check, List.of("*"), "until the move", "ops", LocalDate.parse("2027-01-31")))
                        : Optional.empty(),
                false,
                Finding.fingerprint(status, severity, message));
    }

    private static NodeResult node(String name, Finding... findings) {
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

    private static Run run(List<String> checks, List<NodeResult> nodes, List<ClusterResult> clusters) {
        return new Run(
                "20261122T000000Z-000001",
                "scan",
                START,
                START.plusMillis(1234),
                new Run.Context("0.1.0", "ops", "desk", List.of("fleet.yml"), "0", "", "fleet.yml"),
                checks,
                nodes,
                clusters);
    }

    private static void shown(String name, Run run, Look look) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(
                stream, stream, look.colour(), look.colour(), look.colour(), look.unicode(), look.columns());
        new ConsoleView(terminal, look.verbose(), "holdfast scan -i fleet.yml").show(run);
        compare(name, run.exitCode(Severity.LOW), out.toString(StandardCharsets.UTF_8));
    }

    private static final List<String> CHECKS = List.of("firewall.enabled", "sshd.root-login", "time.synchronized");

    /** One node of each kind. */
    private static Run everything() {
        NodeResult down = new NodeResult(
                "pve4",
                "192.0.2.4",
                Optional.empty(),
                NodeResult.State.UNREACHABLE,
                Optional.of(new NodeResult.Trouble(Phase.CONNECT, "no route to host (192.0.2.4:22)")),
                Optional.empty(),
                5000,
                CHECKS.stream()
                        .map(check -> finding(check, Severity.HIGH, Finding.Status.UNKNOWN, "no route to host"))
                        .toList(),
                List.of());
        return run(
                CHECKS,
                List.of(
                        node(
                                "pve1",
                                finding("firewall.enabled", Severity.HIGH, Finding.Status.PASS, "on"),
                                finding("sshd.root-login", Severity.CRITICAL, Finding.Status.FAIL, "root may log in"),
                                finding("time.synchronized", Severity.MEDIUM, Finding.Status.PASS, "follows")),
                        node(
                                "pve2",
                                finding("firewall.enabled", Severity.HIGH, Finding.Status.WAIVED, "it is off"),
                                finding("sshd.root-login", Severity.CRITICAL, Finding.Status.FAIL, "root may log in"),
                                finding("time.synchronized", Severity.LOW, Finding.Status.FAIL, "no source")),
                        node(
                                "a-node-with-a-long-name",
                                finding(
                                        "firewall.enabled",
                                        Severity.HIGH,
                                        Finding.Status.SKIP,
                                        "not a Proxmox VE node"),
                                finding(
                                        "sshd.root-login",
                                        Severity.CRITICAL,
                                        Finding.Status.UNKNOWN,
                                        "sshd could not be asked: " + "a long reason, ".repeat(12)),
                                finding("time.synchronized", Severity.MEDIUM, Finding.Status.PASS, "follows")),
                        down),
                List.of(
                        new ClusterResult(
                                "lab",
                                Optional.empty(),
                                List.of("pve1", "pve2"),
                                Optional.of(new ClusterResult.Count(true, 2, 3, 2, 0)),
                                List.of(),
                                List.of()),
                        new ClusterResult(
                                "edge",
                                Optional.empty(),
                                List.of("pve4"),
                                Optional.of(new ClusterResult.Count(false, 1, 3, 2, -1)),
                                List.of(),
                                List.of()),
                        new ClusterResult(
                                "mute", Optional.empty(), List.of(), Optional.empty(), List.of(), List.of())));
    }

    @Test
    void oneOfEachKind() {
        shown("everything", everything(), PLAIN);
    }

    @Test
    void oneOfEachKindWithEvidence() {
        shown("everything-verbose", everything(), new Look(true, false, true, 100));
    }

    @Test
    void aTerminalThatKnowsOnlyAscii() {
        shown("everything-ascii", everything(), new Look(false, false, false, 100));
        assertThat(GOLDEN.resolve("everything-ascii.exit3.txt")).content().matches("\\A\\p{ASCII}*\\z");
    }

    @Test
    void aTerminalWithColours() {
        shown("everything-colour", everything(), new Look(true, true, false, 100));
    }

    @Test
    void aNarrowTerminal() {
        shown("everything-narrow", everything(), new Look(true, false, false, 60));
    }

    @Test
    void aWideTerminalShowsTheTitlesToo() {
        shown("everything-wide", everything(), new Look(true, false, false, 160));
    }

    /** More nodes than columns: counts instead of a matrix, and reasons that many nodes share are told once. */
    @Test
    void aFleetIsSummarised() {
        shown(
                "fleet",
                run(
                        CHECKS,
                        IntStream.rangeClosed(1, 30)
                                .mapToObj(i -> node(
                                        "pve%02d".formatted(i),
                                        finding(
                                                "firewall.enabled",
                                                Severity.HIGH,
                                                i % 10 == 0 ? Finding.Status.FAIL : Finding.Status.PASS,
                                                "it is off"),
                                        finding(
                                                "sshd.root-login",
                                                Severity.CRITICAL,
                                                i > 12 ? Finding.Status.FAIL : Finding.Status.PASS,
                                                "root may log in"),
                                        finding("time.synchronized", Severity.MEDIUM, Finding.Status.PASS, "follows")))
                                .toList(),
                        List.of()),
                new Look(true, false, false, 400));
    }
}
