package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import holdfast.checks.Catalogue;
import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.report.JsonReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Whole scans over real SSH, of embedded nodes with faults of every kind. */
final class ScanTest {

    private static final Schema SCHEMA = JsonSchemas.at(JsonReport.SCHEMA_RESOURCE);

    private static Invocation scan(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "scan",
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString()));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    /** Scans as JSON, and holds the report to its schema. */
    private static Invocation report(PracticeCluster cluster, String... more) {
        Invocation run = scan(
                cluster,
                Stream.concat(Stream.of("--format", "json"), Stream.of(more)).toArray(String[]::new));
        return valid(run);
    }

    /** Holds a report to its schema. */
    static Invocation valid(Invocation run) {
        assertThat(SCHEMA.validate(run.out(), InputFormat.JSON))
                .as("against the shipped schema")
                .extracting(Error::toString)
                .isEmpty();
        return run;
    }

    private static JsonNode node(Invocation run, String name) {
        for (JsonNode node : run.json().get("nodes")) {
            if (node.get("name").asString().equals(name)) {
                return node;
            }
        }
        throw new AssertionError("no node " + name);
    }

    private static String status(Invocation run, String name) {
        return node(run, name).get("status").asString();
    }

    private static String error(Invocation run, String name) {
        JsonNode error = node(run, name).get("error");
        return error.get("phase").asString() + ": " + error.get("message").asString();
    }

    // ------------------------------------------------------------------ findings

    @Test
    void aHealthyClusterHasNoFindings() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            Invocation run = report(cluster);
            assertThat(run.with("fail")).isEmpty();
            assertThat(run.with("unknown")).isEmpty();
            assertThat(run.with("pass")).hasSize(3 * 7 + 32);
            assertThat(run.code()).isZero();
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void exactlyTheFaultsOfTheDemoAreFound() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Invocation run = report(cluster);
            assertThat(run.with("fail"))
                    .containsExactly(
                            "pve1 sshd.password-authentication",
                            "pve1 sshd.root-login",
                            "pve2 certificate.expiry",
                            "pve2 firewall.enabled",
                            "pve3 certificate.served",
                            "pve3 time.synchronized");
            assertThat(run.with("unknown")).isEmpty();
            assertThat(run.code()).isEqualTo(1);
        }
    }

    @Test
    void aStandaloneNodeIsSkippedByWhatOnlyAClusterHas() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            Invocation run = report(cluster);
            assertThat(run.with("skip"))
                    .containsExactly(
                            "pve1 access.approved-list",
                            "pve1 access.realm-encryption",
                            "pve1 access.realm-second-factor",
                            "pve1 access.tenant-isolation",
                            "pve1 access.unused-users",
                            "pve1 access.webauthn",
                            "pve1 cluster.config",
                            "pve1 cluster.encryption",
                            "pve1 cluster.links",
                            "pve1 cluster.margin",
                            "pve1 cluster.partition",
                            "pve1 cluster.quorum",
                            "pve1 cluster.votes",
                            "pve1 time.skew");
            assertThat(run.with("fail")).isEmpty();
            assertThat(run.json().get("clusters")).isEmpty();
            assertThat(run.code()).isZero();
        }
    }

    @Test
    void aMachineThatIsNoProxmoxIsAskedOnlyWhatMakesSense() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).without("/state/packages").without("/etc/pve/.members");
            Invocation run = report(cluster);
            assertThat(run.with("pass"))
                    .containsExactly(
                            "pve1 sshd.password-authentication", "pve1 sshd.root-login", "pve1 time.synchronized");
            assertThat(run.with("skip")).hasSize(Catalogue.ALL.size() - 3);
            assertThat(run.code()).isZero();
        }
    }

    @Test
    void aBrokenFileOfOneNodeIsUnknownThereAndStopsNobody() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(1).file("/etc/corosync/corosync.conf", "totem {\n  version: 2\n");
            Invocation run = report(cluster, "--checks", "cluster.quorum");
            assertThat(run.message("pve1", "cluster.quorum")).contains("corosync.conf ends inside the section totem");
            assertThat(run.with("unknown")).contains("pve1 cluster.quorum");
            assertThat(run.code()).isEqualTo(3);
        }
    }

    // ------------------------------------------------------------------ faults on the way

    @Test
    void aNodeThatRefusesIsUnreachableAndTheOthersAreJudged() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.node(2).refuse();
            Invocation run = report(cluster);
            assertThat(status(run, "pve2")).isEqualTo("unreachable");
            assertThat(error(run, "pve2")).startsWith("connect: ").contains("refused");
            assertThat(run.with("unknown"))
                    .hasSize(Catalogue.ALL.size())
                    .allMatch(finding -> finding.startsWith("pve2 "));
            assertThat(run.with("pass")).contains("pve1 sshd.root-login", "pve3 sshd.root-login");
            assertThat(run.json().get("summary").get("unreachable").asInt()).isEqualTo(1);
            assertThat(run.code()).isEqualTo(3);
        }
    }

    @Test
    void aLoginThatHangsIsGivenUpInItsPhase() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(1).fault(new Fault.HangInAuthentication());
            Invocation run = report(cluster, "--timeout", "2", "--checks", "time.synchronized");
            assertThat(status(run, "pve1")).isEqualTo("unreachable");
            assertThat(error(run, "pve1")).startsWith("authenticate: ");
            assertThat(run.with("pass")).containsExactly("pve2 time.synchronized");
            assertThat(run.code()).isEqualTo(3);
        }
    }

    @Test
    void aConnectionThatBreaksAnywhereIsNeverAPass() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.node(1).fault(new Fault.DropAfter(10));
            cluster.node(2).fault(new Fault.DropAfter(1500));
            Invocation run = report(cluster, "--checks", "time.synchronized,sshd.*");
            assertThat(status(run, "pve1")).isEqualTo("error");
            assertThat(error(run, "pve1")).startsWith("probe: ");
            assertThat(run.with("pass")).allMatch(finding -> finding.startsWith("pve3 "));
            assertThat(run.with("unknown")).contains("pve1 sshd.root-login", "pve2 sshd.root-login");
            assertThat(run.code()).isEqualTo(3);
        }
    }

    @Test
    void aLoginShellThatTalksIsTalkedOver() throws IOException {
        byte[] noise = new byte[5000];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (byte) (i * 31);
        }
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).fault(new Fault.Noise(noise, noise));
            Invocation run = report(cluster);
            assertThat(run.with("fail")).isEmpty();
            assertThat(run.with("unknown")).isEmpty();
            assertThat(run.code()).isZero();
        }
    }

    @Test
    void aSlowNodeIsWaitedFor() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).fault(new Fault.Slow(Duration.ofSeconds(2)));
            Invocation run = report(cluster, "--checks", "sshd.root-login");
            assertThat(run.with("pass")).containsExactly("pve1 sshd.root-login");
            assertThat(node(run, "pve1").get("durationMs").asLong()).isGreaterThanOrEqualTo(2000);
        }
    }

    @Test
    void anExitStatusThatIsALieDoesNotMatterWhereTheAnswersAreWhole() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).fault(new Fault.ExitStatus(7));
            Invocation run = report(cluster, "--checks", "sshd.root-login");
            assertThat(run.with("pass")).containsExactly("pve1 sshd.root-login");
        }
    }

    // ------------------------------------------------------------------ nodes are not trusted

    @Test
    void whatANodeSaysOfItselfNeverReachesTheTerminalRaw() throws IOException {
        String hostile = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e<script>alert(1)</script>\ufffd";
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1)
                    .file("/state/hostname", hostile)
                    .file("/etc/os-release", "PRETTY_NAME=\"" + hostile + "\"\n")
                    .file("/state/packages", "pve-manager 8.4.21" + hostile + " installed\n")
                    .file("/state/http", "500 " + hostile)
                    .file("/state/pve-firewall", "inactive" + hostile)
                    .file("/state/chrony-tracking", hostile + ",".repeat(13))
                    .file("/etc/pve/firewall/cluster.fw", "[OPTIONS]\nenable: yes" + hostile + "\n")
                    .file("/state/ss", "LISTEN 0 5 *:8006 *:* users:((\"" + hostile + "\",pid=1,fd=3))\n");
            for (Invocation run : List.of(scan(cluster, "-v"), report(cluster))) {
                assertThat(run.out().codePoints())
                        .as("control and format characters in: %s", run.out())
                        .noneMatch(point -> (Character.isISOControl(point) && point != '\n')
                                || Character.getType(point) == Character.FORMAT);
                assertThat(run.code()).isNotEqualTo(70);
            }
            assertThat(scan(cluster).out()).contains("\\x1b");
        }
    }

    // ------------------------------------------------------------------ reports

    private static String withoutTimes(String json) {
        return json.replaceAll("\"(id|startedAt|finishedAt)\" : \"[^\"]*\"", "\"$1\" : \"…\"")
                .replaceAll("\"durationMs\" : \\d+", "\"durationMs\" : 0")
                // How far two clocks are apart is measured, not known.
                .replaceAll("agree to [^\"]*", "agree");
    }

    @Test
    void twoReportsOfTheSameStateAreTheSame() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2).withDemoFaults()) {
            assertThat(withoutTimes(report(cluster).out()))
                    .isEqualTo(withoutTimes(report(cluster).out()));
        }
    }

    @Test
    void theReportOnDiskIsTheOneOnTheScreen(@TempDir Path directory) throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            Path file = directory.resolve("scan.json");
            Invocation run = report(cluster, "--report", "json=" + file, "--checks", "sshd.*");
            assertThat(file).content().isEqualTo(run.out());
            try (Stream<Path> files = Files.list(directory)) {
                assertThat(files).containsExactly(file);
            }
        }
    }

    // ------------------------------------------------------------------ exit codes

    @Test
    void theThresholdDecidesBetweenZeroAndOne() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).file("/state/served.pem", cluster.certificate("pve1", Duration.ofDays(40)));
            String[] only = {"--checks", "certificate.served"};
            assertThat(scan(cluster, only).code()).isEqualTo(1);
            for (String reached : List.of("low", "medium", "MEDIUM")) {
                assertThat(scan(cluster, only[0], only[1], "--fail-on", reached).code())
                        .as(reached)
                        .isEqualTo(1);
            }
            for (String above : List.of("high", "critical")) {
                assertThat(scan(cluster, only[0], only[1], "--fail-on", above).code())
                        .as(above)
                        .isZero();
            }
        }
    }

    @Test
    void whatCannotBeToldOutranksAFinding() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2).withDemoFaults()) {
            cluster.node(2).refuse();
            assertThat(scan(cluster).code()).isEqualTo(3);
            assertThat(scan(cluster, "-l", "pve1").code()).isEqualTo(1);
        }
    }

    @Test
    void aWaivedFindingIsShownAndDoesNotCount(@TempDir Path directory) throws IOException {
        Path policy = Files.writeString(directory.resolve("policy.yml"), """
                waivers:
                  - check: sshd.*
                    nodes: [pve1]
                    reason: console server is being replaced
                    owner: ops
                    expires: 2999-12-31
                """);
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation run = report(cluster, "--policy", policy.toString(), "--checks", "sshd.*");
            assertThat(run.with("waived")).containsExactly("pve1 sshd.password-authentication", "pve1 sshd.root-login");
            assertThat(run.with("fail")).isEmpty();
            assertThat(run.code()).isZero();
        }
    }

    /** Contract 10, no quiet success: a promise that was not kept is a failure whatever {@code --fail-on} says. */
    @Test
    void aWaiverThatHasExpiredFailsLoudly(@TempDir Path directory) throws IOException {
        Path policy = Files.writeString(directory.resolve("policy.yml"), """
                waivers:
                  - check: sshd.password-authentication
                    nodes: [pve1]
                    reason: console server is being replaced
                    owner: ops
                    expires: 2026-01-31
                """);
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation run = report(
                    cluster,
                    "--policy",
                    policy.toString(),
                    "--checks",
                    "sshd.password-authentication",
                    "--fail-on",
                    "critical");
            assertThat(run.with("fail")).containsExactly("pve1 sshd.password-authentication");
            assertThat(run.code()).isEqualTo(1);
            JsonNode report = run.json();
            assertThat(report.at("/nodes/0/findings/0/waiver/expired").asBoolean())
                    .isTrue();
            assertThat(report.at("/summary/failBeforeWaivers").asInt()).isEqualTo(1);
            assertThat(report.at("/summary/waiverExpired").asInt()).isEqualTo(1);
            assertThat(report.at("/waivers/0/state").asString()).isEqualTo("expired");
            assertThat(report.at("/waivers/0/message").asString()).contains("2026-01-31", "have ops renew it");
        }
    }

    @Test
    void waiversThatAcceptNothingAreReported(@TempDir Path directory) throws IOException {
        Path policy = Files.writeString(directory.resolve("policy.yml"), """
                waivers:
                  - {check: sshd.*, nodes: [pve1], reason: r, owner: ops, expires: 2999-12-31}
                  - {check: time.*, nodes: ["*"], reason: r, owner: ops, expires: 2999-12-31}
                  - {check: sshd.root-lgin, nodes: ["*"], reason: r, owner: ops, expires: 2999-12-31}
                  - {check: sshd.*, nodes: [pev1], reason: r, owner: ops, expires: 2999-12-31}
                  - {check: firewall.enabled, nodes: [pve1], reason: r, owner: ops, expires: 2999-12-31}
                """);
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation run = report(cluster, "--policy", policy.toString(), "--checks", "sshd.*,time.synchronized");
            List<String> states = new ArrayList<>();
            run.json()
                    .path("waivers")
                    .forEach(waiver -> states.add(waiver.path("state").asString()));
            // The last one is about a check that was not asked this time: nothing is known of it.
            assertThat(states).containsExactly("used", "unneeded", "unmatched", "unmatched", "untold");
        }
    }
}
