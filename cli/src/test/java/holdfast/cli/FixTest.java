package holdfast.cli;

import static holdfast.cli.FixBench.ROOT_LOGIN;
import static holdfast.cli.FixBench.configuration;
import static holdfast.cli.FixBench.dry;
import static holdfast.cli.FixBench.ended;
import static holdfast.cli.FixBench.fix;
import static holdfast.cli.FixBench.journal;
import static holdfast.cli.FixBench.newest;
import static holdfast.cli.FixBench.report;
import static holdfast.cli.FixBench.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import holdfast.journal.Entry;
import holdfast.journal.Entry.State;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@code holdfast fix} over real SSH, on embedded nodes: what it promises of one node and one cluster. */
final class FixTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private String[] servers() throws IOException {
        Path policy = Files.writeString(directory.resolve("policy.yml"), "time: { servers: [192.0.2.1] }\n");
        return new String[] {"--policy", policy.toString()};
    }

    private static String[] all(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    // ------------------------------------------------------------------ from fail to pass

    @Test
    void whatFailsIsFixedAndASecondRunChangesNothing() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Invocation first = fix(cluster, servers());
            assertThat(first.out()).contains("changed:     pve1, pve2, pve3", "not changed: nothing");
            assertThat(first.code()).isZero();
            RecordedRun recorded = journal(first);
            assertThat(ended(recorded, State.APPLIED)).containsExactly("pve1", "pve2", "pve3");
            assertThat(cluster.node(1).read(ROOT_LOGIN)).contains("Match Address 192.0.2.12,192.0.2.13");

            List<String> before = cluster.nodes().stream()
                    .map(node -> configuration(node).toString())
                    .toList();
            Invocation second = fix(cluster, servers());
            assertThat(second.out()).startsWith("nothing to change\n");
            assertThat(second.code()).isZero();
            assertThat(newest().targets()).isEmpty();
            assertThat(cluster.nodes())
                    .extracting(node -> configuration(node).toString())
                    .isEqualTo(before);
            assertThat(cluster.nodes()).allSatisfy(node -> {
                assertThat(node.has("/var/lib/holdfast/lock")).isFalse();
                assertThat(node.matching("/var/lib/holdfast/*/guard.*.pid")).isEmpty();
                assertThat(node.matching("/etc/*/.holdfast-*")).isEmpty();
            });
            assertThat(cluster.node(1).read("/state/syslog")).contains("wrote ", "confirmed");
        }
    }

    @Test
    void whatWasAppliedIsUndoneToTheLastByte() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Map<String, String> before = configuration(cluster.node(1));
            Invocation fixed = fix(cluster, "--checks", "sshd.*");
            assertThat(fixed.code()).isZero();
            assertThat(configuration(cluster.node(1))).isNotEqualTo(before);
            Invocation undone = run(cluster, "undo", journal(fixed).id(), "--yes", "--confirm-timeout", "15");
            assertThat(undone.out()).contains("changed:     pve1");
            assertThat(configuration(cluster.node(1))).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"inactive", "failed"})
    void aStoppedServiceIsStarted(String state) throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1)
                    .file("/state/pveproxy", state)
                    .file("/state/pveproxy.file", state.equals("failed") ? "masked" : "disabled");
            Invocation fixed = fix(cluster, "--checks", "pveproxy.*");
            assertThat(fixed.out()).contains("changed:     pve1");
            assertThat(fixed.code()).isZero();
            assertThat(cluster.node(1).read("/state/pveproxy")).isEqualTo("active\n");
            assertThat(cluster.node(1).read("/state/pveproxy.file")).isEqualTo("enabled\n");
        }
    }

    @Test
    void aChangeOfTheClusterIsMadeOnceAndProvedOnEveryMember() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.nodes().forEach(node -> node.file("/etc/pve/firewall/cluster.fw", switchedOff()));
            Invocation fixed = fix(cluster, "--checks", "firewall.enabled");
            assertThat(fixed.out()).contains("cluster practice (once, on pve1; verified on pve1, pve2, pve3)");
            assertThat(fixed.out()).contains("changed:     cluster practice");
            assertThat(fixed.code()).isZero();
            assertThat(cluster.nodes())
                    .allSatisfy(node -> assertThat(node.read("/etc/pve/firewall/cluster.fw"))
                            .contains("enable: 1", "# by hand, do not touch"));
            assertThat(cluster.node(2).matching("/var/lib/holdfast/*")).isEmpty();
            assertThat(journal(fixed).planned().values())
                    .singleElement()
                    .extracting(Entry.Planned::members)
                    .isEqualTo(List.of("pve1", "pve2", "pve3"));
        }
    }

    @Test
    void theMemberThatChangesTheClusterMayHaveBeenChangedItself() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            cluster.nodes()
                    .forEach(node -> node.file("/etc/pve/firewall/cluster.fw", switchedOff())
                            .file("/state/pve-firewall", "active"));
            List<Map<String, String>> before = new ArrayList<>();
            cluster.nodes().forEach(node -> before.add(configuration(node)));
            Invocation fixed = fix(cluster, "--checks", "firewall.enabled,sshd.*");
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(ended(journal(fixed), State.APPLIED)).contains("pve1", "cluster practice");
            assertThat(cluster.node(1).matching("/var/lib/holdfast/2*"))
                    .containsExactly(
                            "/var/lib/holdfast/" + journal(fixed).id(),
                            "/var/lib/holdfast/" + journal(fixed).id() + "-cluster");

            Invocation undone = run(cluster, "undo", journal(fixed).id(), "--yes", "--confirm-timeout", "15");
            assertThat(undone.out()).contains("changed:     cluster practice, ");
            List<Map<String, String>> after = new ArrayList<>();
            cluster.nodes().forEach(node -> after.add(configuration(node)));
            assertThat(after).isEqualTo(before);
        }
    }

    private static String switchedOff() {
        return """
                # by hand, do not touch
                [OPTIONS]
                enable: 0

                policy_in: DROP
                [RULES]
                IN SSH(ACCEPT) -source 192.0.2.0/24 # members
                |IN ACCEPT -p tcp -dport 9999""";
    }

    // ------------------------------------------------------------------ the plan is what is applied

    @Test
    void aDryRunChangesNotOneByteOnANode() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            List<SortedMap<String, String>> before =
                    cluster.nodes().stream().map(PracticeNode::snapshot).toList();
            Invocation dry = dry(cluster, servers());
            assertThat(dry.out()).contains("+PermitRootLogin no", "run      pvecm updatecerts --force");
            assertThat(dry.code()).isEqualTo(1);
            assertThat(cluster.nodes()).extracting(PracticeNode::snapshot).isEqualTo(before);
            assertThat(newest().started().check()).isTrue();
            assertThat(newest().planned()).containsOnlyKeys("pve1", "pve2", "pve3");
            assertThat(newest().finished("pve1")).isEmpty();
        }
    }

    /** The lines of the diff of one file, as they were printed. */
    private static List<String> printedDiff(String out, String path) {
        List<String> lines = out.lines().toList();
        int from = lines.indexOf("    +++ " + path) - 1;
        assertThat(from).as("a diff of %s in %s", path, out).isNotNegative();
        List<String> diff = new ArrayList<>();
        for (String line : lines.subList(from, lines.size())) {
            if (!line.startsWith("    ")) {
                break;
            }
            diff.add(line.substring(4));
        }
        return diff;
    }

    @Test
    void whatWasPrintedIsWhatWasApplied() throws IOException, PatchFailedException {
        String file = "/etc/pve/firewall/cluster.fw";
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1).file(file, switchedOff() + "\n");
            List<String> before = cluster.node(1).read(file).lines().toList();
            String[] only = {"--checks", "firewall.enabled"};
            Invocation dry = dry(cluster, only);
            assertThat(cluster.node(1).read(file).lines()).isEqualTo(before);
            Invocation fixed = fix(cluster, all(only, "--diff"));
            assertThat(fixed.code()).isZero();
            assertThat(printedDiff(fixed.out(), file)).isEqualTo(printedDiff(dry.out(), file));
            List<String> after =
                    DiffUtils.patch(before, UnifiedDiffUtils.parseUnifiedDiff(printedDiff(dry.out(), file)));
            assertThat(cluster.node(1).read(file)).isEqualTo(String.join("\n", after) + "\n");
        }
    }

    @Test
    void theReportTellsEveryChangeByItsSchema() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            JsonNode planned = report(dry(cluster, all(servers(), "--format", "json")));
            assertThat(states(planned)).containsOnly("planned");
            JsonNode applied = report(fix(cluster, all(servers(), "--format", "json")));
            assertThat(states(applied)).containsOnly("applied");
            assertThat(withoutStates(applied)).isEqualTo(withoutStates(planned));
            JsonNode change = applied.get("nodes").get(0).get("changes").get(0);
            assertThat(change.get("check").asString()).contains("sshd.root-login");
            assertThat(change.get("action").asString()).isEqualTo("write");
            assertThat(change.get("diff").asString()).contains("+PasswordAuthentication no");
            assertThat(states(report(fix(cluster, all(servers(), "--format", "json")))))
                    .isEmpty();
        }
    }

    private static List<JsonNode> changes(JsonNode report) {
        List<JsonNode> changes = new ArrayList<>();
        for (String kind : List.of("nodes", "clusters")) {
            for (JsonNode owner : report.get(kind)) {
                owner.get("changes").forEach(changes::add);
            }
        }
        return changes;
    }

    private static List<String> states(JsonNode report) {
        return changes(report).stream()
                .map(change -> change.get("state").asString())
                .toList();
    }

    private static List<String> withoutStates(JsonNode report) {
        return changes(report).stream()
                .map(change -> change.get("target").asString() + change.get("action") + change.get("diff"))
                .toList();
    }

    // ------------------------------------------------------------------ refusals

    @Test
    void asRootTheDoorThatOneCameInByStaysOpen() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Map<String, String> before = cluster.node(1).snapshot();
            Invocation run = Invocation.of(
                    "fix",
                    "-i",
                    cluster.inventory().toString(),
                    "-F",
                    cluster.sshConfig().toString(),
                    "--yes",
                    "--checks",
                    "sshd.root-login");
            assertThat(run.out())
                    .contains("this run logs in as root from 127.0.0.1, and would lock itself out", "-u ops -b");
            assertThat(run.code()).isEqualTo(1);
            assertThat(cluster.node(1).snapshot()).isEqualTo(before);
        }
    }

    @Test
    void withoutAQuestionAnsweredNothingIsContacted() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation run = run(cluster, "fix");
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("nobody can be asked", "--yes");
            assertThat(cluster.node(1).commands()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--serial 0",
                "--serial x",
                "--serial 1,,2",
                "--serial 101%",
                "--serial -1",
                "--max-fail x",
                "--max-fail 101%",
                "--max-fail -1",
                "--confirm-timeout 14",
                "--confirm-timeout 3601",
                "--confirm-timeout x",
                "--ignore-quorum",
                "--resume 20260101T000000Z-000000",
                "--limit @20260101T000000Z-000000.failed",
                "--forks 0"
            })
    void aMistakeIsToldBeforeAnythingIsContacted(String mistake) throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation run = fix(cluster, mistake.split(" "));
            assertThat(run.code()).as(run.out() + run.err()).isEqualTo(2);
            assertThat(run.err()).contains(mistake.split(" ")[0].replace("--ignore-quorum", "nobody can be asked"));
            assertThat(cluster.node(1).commands()).isEmpty();
        }
    }

    @Test
    void aMemberThatTheClusterCannotSpareIsNotTouched() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            PracticeNode node = cluster.node(1);
            node.file(
                    "/state/quorum",
                    node.read("/state/quorum")
                            .replace("Nodes:            3", "Nodes:            2")
                            .replace("Total votes:      3", "Total votes:      2")
                            .replaceFirst("(?m)^.*1 pve3\\n", ""));
            Map<String, String> before = configuration(node);
            String[] only = {"--checks", "sshd.*"};
            Invocation refused = fix(cluster, only);
            assertThat(refused.out())
                    .contains("losing this node would cost the cluster its quorum: 1 of 3 votes would be left");
            assertThat(refused.code()).isEqualTo(1);
            assertThat(ended(journal(refused), State.REFUSED)).containsExactly("pve1");
            assertThat(configuration(node)).isEqualTo(before);
            assertThat(node.has("/var/lib/holdfast")).isFalse();

            assertThat(fix(cluster, all(only, "--ignore-quorum", "another")).code())
                    .isEqualTo(1);
            assertThat(configuration(node)).isEqualTo(before);

            Invocation forced = fix(cluster, all(only, "--ignore-quorum", "practice"));
            assertThat(forced.out()).contains("changed:     pve1");
            assertThat(forced.code()).isZero();
        }
    }

    @Test
    void aSecondRunLearnsWhoHoldsTheLock() throws IOException {
        String dead = "20260101T000000Z-0dead0";
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            cluster.node(1)
                    .file(
                            "/var/lib/holdfast/lock",
                            "operator=eve\ncontroller=desk\nrun=" + dead + "\nsince=1767225600\n")
                    .file("/var/lib/holdfast/" + dead + "/files/000/began", "");
            Invocation run = fix(cluster, "--checks", "sshd.*");
            assertThat(run.out())
                    .contains(
                            "run %s of eve on desk has left its lock since 2026-01-01T00:00:00Z".formatted(dead),
                            "sh /var/lib/holdfast/%s/rollback".formatted(dead));
            assertThat(run.code()).isEqualTo(1);
        }
    }

    // ------------------------------------------------------------------ what goes wrong is put back

    /** Fixes sshd on a standalone node with faults, and checks that every byte is as it was. */
    private static Invocation putBack(PracticeCluster cluster, int code) {
        Map<String, String> before = configuration(cluster.node(1));
        Invocation run = fix(cluster, "--checks", "sshd.*");
        assertThat(configuration(cluster.node(1))).isEqualTo(before);
        assertThat(run.code()).as(run.out() + run.err()).isEqualTo(code);
        assertThat(cluster.node(1).has("/var/lib/holdfast/lock")).isFalse();
        return run;
    }

    @Test
    void aValidationThatFailsIsPutBackWithItsReason() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            cluster.node(1)
                    .file(
                            "/state/sshd-complaint",
                            "/etc/ssh/sshd_config.d/50-old.conf line 3: Bad configuration option: Foo\n");
            Invocation run = putBack(cluster, 4);
            assertThat(run.out())
                    .contains(
                            "put back as it was: validate: sshd -t accepts all files together",
                            "/etc/ssh/sshd_config.d/50-old.conf line 3: Bad configuration option: Foo");
            assertThat(ended(journal(run), State.ROLLED_BACK)).containsExactly("pve1");
        }
    }

    @Test
    void aNewLoginThatFailsIsNotOutvotedByTheOpenSession() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            cluster.node(1).fault(new Fault.While(ROOT_LOGIN, new Fault.RefuseLogins()));
            Invocation run = putBack(cluster, 4);
            assertThat(run.out()).contains("put back as it was: check again: a new login on pve1 failed");
            assertThat(journal(run).steps("pve1"))
                    .extracting(Entry.Step::step)
                    .containsSubsequence("lock", "write", "validate", "reload", "check again", "put everything back");
        }
    }

    @Test
    void aMemberThatTheOthersCannotReachAnyMoreIsPutBack() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            cluster.node(1).file("/state/ssh-192.0.2.12.while", ROOT_LOGIN);
            Map<String, String> before = configuration(cluster.node(1));
            Invocation run = fix(cluster, "--checks", "sshd.*");
            assertThat(run.out())
                    .contains(
                            "root's login between pve1 and pve2 does not work any more: root@192.0.2.12: Permission denied");
            assertThat(run.code()).isEqualTo(4);
            assertThat(configuration(cluster.node(1))).isEqualTo(before);
        }
    }

    @Test
    void aServiceThatDoesNotStartIsStoppedAgain() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            cluster.node(1)
                    .file("/state/pveproxy", "inactive")
                    .file("/state/pveproxy.file", "disabled")
                    .file("/state/pveproxy.broken", "Job for pveproxy.service failed\n");
            Invocation run = fix(cluster, "--checks", "pveproxy.*");
            assertThat(run.out()).contains("Job for pveproxy.service failed");
            assertThat(run.code()).isEqualTo(4);
            assertThat(cluster.node(1).read("/state/pveproxy")).isEqualTo("inactive\n");
            assertThat(cluster.node(1).read("/state/pveproxy.file")).isEqualTo("disabled\n");
            assertThat(cluster.node(1).has("/etc/systemd/system/multi-user.target.wants/pveproxy.service"))
                    .isFalse();
        }
    }

    @Test
    void aNodeThatIsCutOffPutsItselfBackAndIsReadBack() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            // From the reload on every connection breaks, until the node's own timer has done its work.
            cluster.node(1)
                    .fault(new Fault.While(
                            ROOT_LOGIN, new Fault.While("/var/lib/holdfast/*/activated", new Fault.CutOff())));
            Invocation run = putBack(cluster, 4);
            assertThat(ended(journal(run), State.ROLLED_BACK)).containsExactly("pve1");
            assertThat(cluster.node(1).read("/state/syslog"))
                    .contains("putting everything back (guard)", "everything is as it was before");
        }
    }

    @Test
    void aNodeThatDiesPutsItselfBackAndAPersonIsCalled() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.fleet(1, 1)) {
            cluster.nodes().forEach(node -> node.file("/etc/ssh/sshd_config", "PermitRootLogin yes\nUsePAM yes\n"));
            cluster.node(1).fault(new Fault.While("/var/lib/holdfast/*/activated", new Fault.CutOff()));
            Map<String, String> before = configuration(cluster.node(2));
            Invocation run = putBack(cluster, 5);
            assertThat(run.out())
                    .contains(
                            "A PERSON MUST LOOK: ",
                            "'sh /var/lib/holdfast/%s/rollback' puts it back"
                                    .formatted(journal(run).id()),
                            "c1n1 (not known, a person must look)",
                            "c2n1 (not touched, the run stopped before)");
            assertThat(ended(journal(run), State.UNCONFIRMED)).containsExactly("c1n1");
            assertThat(configuration(cluster.node(2))).isEqualTo(before);
            assertThat(Invocation.of("history", journal(run).id()).out()).contains("c1n1", "unconfirmed");
        }
    }

    // ------------------------------------------------------------------ the journal

    @Test
    void theJournalTellsWhoDidWhatAndShowsIt() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(1).withDemoFaults()) {
            Invocation fixed = fix(cluster, "--checks", "sshd.root-login");
            RecordedRun run = journal(fixed);
            assertThat(run.started().operator()).isEqualTo(System.getProperty("user.name"));
            assertThat(run.started().command()).isEqualTo("fix");
            assertThat(run.started().arguments()).contains("--yes");
            assertThat(run.started().nodes()).containsExactly("pve1");
            assertThat(run.ended().orElseThrow().exitCode()).isEqualTo(fixed.code());
            Entry.FileChange file =
                    run.planned().values().iterator().next().files().get(0);
            assertThat(file.path()).isEqualTo(ROOT_LOGIN);
            assertThat(file.diff()).contains("+PermitRootLogin no");
            assertThat(file.existed()).isFalse();

            Path journal = directory.resolve("state/runs/%s/journal.jsonl".formatted(run.id()));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(journal)))
                    .isEqualTo("rw-------");
            assertThat(Invocation.of("history").out()).contains(run.id());
            assertThat(Invocation.of("history", run.id()).out())
                    .contains("+PermitRootLogin no", "holdfast undo " + run.id());

            Files.writeString(journal, Files.readString(journal).replace("PermitRootLogin no", "PermitRootLogin on"));
            assertThat(Invocation.of("history", run.id()).code()).isEqualTo(2);
        }
    }
}
