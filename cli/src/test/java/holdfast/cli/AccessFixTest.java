package holdfast.cli;

import static holdfast.cli.FixBench.fix;
import static holdfast.cli.FixBench.journal;
import static holdfast.cli.FixBench.run;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.journal.JournalException;
import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
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
}
