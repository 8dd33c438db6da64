package holdfast.cli;

import static holdfast.cli.FixBench.dry;
import static holdfast.cli.FixBench.fix;
import static holdfast.cli.FixBench.journal;
import static holdfast.cli.FixBench.newest;
import static holdfast.cli.FixBench.run;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fixes of users, tokens and rights, on members that share them and keep them as pveum does. */
final class AccessFixTest {

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

    private static List<String> lines(PracticeCluster cluster, String like) throws IOException {
        return cluster.node(3)
                .read("/etc/pve/user.cfg")
                .lines()
                .filter(line -> line.matches(like))
                .toList();
    }

    @Test
    void tokensEndAndGoOnceForAllMembersAndComeBackWithAnUndo() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.access(LargeAccess.at(Instant.now(), 8));
            String tokens = "(token|acl):.*svc-0[35]@pve!(old|one-year|forever).*";
            List<String> before = lines(cluster, tokens);
            assertThat(before).hasSizeGreaterThan(3);

            Invocation fixed = fix(cluster, "--checks", "access.expired-tokens,access.token-expiry");
            assertThat(fixed.out()).contains("cluster practice (once, on pve1");
            assertThat(fixed.out()).contains("changed:     cluster practice");
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(lines(cluster, ".*svc-05@pve!(old|one-year).*")).isEmpty();
            assertThat(lines(cluster, "token:svc-03@pve!forever:[1-9][0-9]+:1:.*"))
                    .hasSize(1);
            assertThat(cluster.node(2).read("/etc/pve/priv/token.cfg")).doesNotContain("svc-05@pve!old ");
            assertThat(fix(cluster, "--checks", "access.expired-tokens,access.token-expiry")
                            .out())
                    .startsWith("nothing to change\n");

            Invocation undone = run(cluster, "undo", journal(fixed).id(), "--yes", "--confirm-timeout", "15");
            assertThat(undone.out()).as(undone.err()).contains("changed:     cluster practice");
            assertThat(lines(cluster, tokens)).isEqualTo(before);
            assertThat(cluster.node(2).read("/etc/pve/priv/token.cfg")).contains("svc-05@pve!old ");
            assertThat(fixed.out() + undone.out()).doesNotContain(LargeAccess.SECRET);
        }
    }

    @Test
    void whatWaitsForNobodyGoes() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.access(LargeAccess.at(Instant.now(), 8));
            Invocation fixed = fix(cluster, "--checks", "access.orphaned-acls,access.unknown-privileges");
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(fixed.out()).contains("remove the entries of the user ghost@pve, who does not exist");
            assertThat(lines(cluster, ".*(ghost@pve|departed|/pool/dissolved|vanished).*"))
                    .isEmpty();
            assertThat(lines(cluster, "role:Legacy:.*")).containsExactly("role:Legacy:VM.Audit:");
            assertThat(fix(cluster, "--checks", "access.orphaned-acls,access.unknown-privileges")
                            .out())
                    .startsWith("nothing to change\n");
        }
    }

    // ------------------------------------------------------------------ rights

    /** A token that may all that its user may, somebody with too much, a role that has grown. */
    private static final String GROWN = """
            user:anna.admin@pve:1:0::::::
            user:ci@pve:1:0::::::
            user:mallory@pve:1:0::::::
            user:root@pam:1:0::::::
            token:ci@pve!run:0:0::

            group:builders:ci@pve::

            pool:web::100,101::

            role:Restart:VM.Allocate,VM.Audit,VM.PowerMgmt:

            acl:1:/:anna.admin@pve,mallory@pve:Administrator:
            acl:1:/pool/web:@builders:Restart:
            acl:1:/vms:ci@pve:PVEVMUser:
            """;

    private static final String RIGHTS = "access.token-privilege-separation,access.administrators,access.approved-list";

    private Path policy(String list) throws IOException {
        return Files.writeString(
                directory.resolve("policy.yml"),
                "access: { administrators: [anna.admin@pve], lists: [ %s ] }\n".formatted(list));
    }

    private Path policy() throws IOException {
        return policy("""
                { cluster: practice,
                  users: [ { id: anna.admin@pve }, { id: ci@pve }, { id: mallory@pve } ],
                  groups: [ { name: builders, members: [ci@pve] } ],
                  tokens: [ { id: 'ci@pve!run' } ],
                  roles: [ { name: Restart, privileges: [VM.Audit, VM.PowerMgmt] }, { name: Look, privileges: [VM.Audit] } ],
                  acl: [
                    { path: /, subject: anna.admin@pve, role: Administrator },
                    { path: /pool/web, subject: '@builders', role: Restart },
                    { path: /pool/web, subject: 'ci@pve!run', role: Restart },
                    { path: /pool/web, subject: mallory@pve, role: Look },
                    { path: /vms, subject: ci@pve, role: PVEVMUser } ] }
                """);
    }

    /** Who may do what, without the lines of user.cfg that say so. */
    private static String matrix(PracticeCluster cluster) {
        Invocation said = AccessNodes.access(cluster, "matrix", "--format", "json");
        assertThat(said.code()).as(said.err()).isZero();
        return AccessNodes.json(said).get("clusters").toString().replaceAll("lines? ?\\d+|\"line\":\\d+", "line");
    }

    private static List<String> commands(RecordedRun run) {
        return run.planned().values().stream()
                .flatMap(planned -> planned.commands().stream())
                .map(command -> command.command() + "\n" + command.undo())
                .toList();
    }

    @Test
    void rightsBecomeThoseOfTheListAndComeBackWithAnUndo() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.share("/etc/pve/user.cfg", GROWN);
            String before = matrix(cluster);
            String[] words = {"--checks", RIGHTS, "--policy", policy().toString()};

            Invocation shown = dry(cluster, words);
            assertThat(shown.out())
                    .contains("give the token ci@pve!run privilege separation")
                    .contains("remove the entry Administrator on / for mallory@pve");
            List<String> planned = commands(newest());
            assertThat(cluster.node(3).read("/etc/pve/user.cfg")).isEqualTo(GROWN);

            Invocation fixed = fix(cluster, words);
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(commands(journal(fixed))).isEqualTo(planned).doesNotHaveDuplicates();
            assertThat(lines(cluster, "(token|role|acl):.*"))
                    .containsExactlyInAnyOrder(
                            "token:ci@pve!run:0:1::",
                            "role:Look:VM.Audit:",
                            "role:Restart:VM.Audit,VM.PowerMgmt:",
                            "acl:1:/:anna.admin@pve:Administrator:",
                            "acl:1:/pool/web:@builders,ci@pve!run:Restart:",
                            "acl:1:/pool/web:mallory@pve:Look:",
                            "acl:1:/vms:ci@pve:PVEVMUser:");
            assertThat(fix(cluster, words).out()).startsWith("nothing to change\n");

            Invocation undone = run(cluster, "undo", journal(fixed).id(), "--yes", "--confirm-timeout", "15");
            assertThat(undone.code()).as(undone.out() + undone.err()).isZero();
            assertThat(matrix(cluster)).isEqualTo(before);
            assertThat(lines(cluster, "(token|role|acl):.*"))
                    .containsExactlyInAnyOrderElementsOf(GROWN.lines()
                            .filter(line -> line.matches("(token|role|acl):.*"))
                            .toList());
        }
    }

    @Test
    void withoutAListATokenIsSeparatedAndMayWhatItCould() throws IOException, JournalException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.share("/etc/pve/user.cfg", GROWN);
            String before = matrix(cluster);
            Invocation fixed = fix(cluster, "--checks", "access.token-privilege-separation");
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(lines(cluster, "(token|acl):.*ci@pve!run.*"))
                    .containsExactlyInAnyOrder(
                            "token:ci@pve!run:0:1::",
                            "acl:1:/pool/web:@builders,ci@pve!run:Restart:",
                            "acl:1:/vms:ci@pve,ci@pve!run:PVEVMUser:");
            assertThat(AccessNodes.access(cluster, "can", "ci@pve!run", "VM.Allocate", "/vms/100")
                            .code())
                    .isZero();
            assertThat(run(cluster, "undo", journal(fixed).id(), "--yes", "--confirm-timeout", "15")
                            .code())
                    .isZero();
            assertThat(matrix(cluster)).isEqualTo(before);
        }
    }

    @Test
    void membersThatDisagreeAreLeftAlone() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.share("/etc/pve/user.cfg", GROWN);
            cluster.node(2).file("/etc/pve/user.cfg", GROWN + "user:new@pve:1:0::::::\n");
            Invocation refused = fix(cluster, "--checks", RIGHTS, "--policy", policy().toString());
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.out().replaceAll("\\s+", " "))
                    .contains("the members of the cluster do not show the same files");
            assertThat(cluster.node(1).read("/etc/pve/user.cfg")).isEqualTo(GROWN);
        }
    }

    @Test
    void aClusterWithoutQuorumIsLeftAlone() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.share("/etc/pve/user.cfg", GROWN);
            cluster.stopCorosync(cluster.node(2), cluster.node(3));
            Invocation refused = fix(cluster, "--checks", "access.token-privilege-separation");
            assertThat(refused.code()).as(refused.out() + refused.err()).isNotZero();
            assertThat(refused.out().replaceAll("\\s+", " ")).contains("not quorate: 1 of 3 votes");
            assertThat(cluster.node(1).read("/etc/pve/user.cfg")).isEqualTo(GROWN);
        }
    }

    @Test
    void aTokenInUseGoesOnlyWhereTheRunIsToldTo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            String expired = GROWN.replace("ci@pve!run:0:0", "ci@pve!run:1577836800:1");
            cluster.share("/etc/pve/user.cfg", expired);
            String[] words = {
                "--checks",
                "access.expired-tokens",
                "--policy",
                policy("{ tokens: [ { id: 'ci@pve!run', in_use: true } ] }").toString()
            };
            Invocation refused = fix(cluster, words);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.out().replaceAll("\\s+", " "))
                    .contains("the access list marks ci@pve!run as in_use")
                    .contains("--revoke");
            assertThat(cluster.node(1).read("/etc/pve/user.cfg")).isEqualTo(expired);
            Invocation removed = fix(
                    cluster,
                    Stream.concat(Stream.of("--revoke"), Stream.of(words)).toArray(String[]::new));
            assertThat(removed.code()).as(removed.out() + removed.err()).isZero();
            assertThat(removed.out().replaceAll("\\s+", " "))
                    .contains("--revoke was given: ci@pve!run goes, though the access list marks it as in_use");
            assertThat(lines(cluster, "token:.*")).isEmpty();
        }
    }
}
