package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast quorum} on genuine corosync: what it says, and whether what it foretells comes true. */
@Tag("containers")
class RealQuorumTest {

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init") // each test starts its own
    private RealCluster cluster;

    private Invocation quorum(String... more) {
        try {
            Path inventory = Files.writeString(directory.resolve("ops.yml"), cluster.inventory("ops"));
            Path config = Files.writeString(
                    directory.resolve("ssh_config"),
                    "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n".formatted(cluster.knownHosts()));
            Path policy = Files.writeString(directory.resolve("policy.yml"), "time: { max_skew_ms: 20000 }\n");
            List<String> words = new ArrayList<>(List.of(
                    "quorum",
                    "-i",
                    inventory.toString(),
                    "-F",
                    config.toString(),
                    "--policy",
                    policy.toString(),
                    "--timeout",
                    "8"));
            words.addAll(List.of(more));
            return Invocation.of(words.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The whole text as one line, where it ended as it should. */
    private String says(int code, String... more) {
        Invocation said = quorum(more);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return said.out().strip().replaceAll("\\s+", " ");
    }

    private void settle(int code, String... more) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (quorum(more).code() != code && System.nanoTime() < end) {
            pause();
        }
        says(code, more);
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What was foretold for a loss comes true when the members stand still. */
    private void comesTrue(boolean survives, String... lost) {
        assertThat(quorum("--without", String.join(",", lost)).code()).isEqualTo(survives ? 0 : 1);
        List<RealNode> gone = Arrays.stream(lost).map(cluster::node).toList();
        gone.forEach(RealNode::pause);
        try {
            for (RealNode node : cluster.nodes()) {
                if (!gone.contains(node)) {
                    node.await(
                            "alone with the survivors",
                            "corosync-quorumtool -s | grep -q '^Nodes: *%d$'"
                                    .formatted(cluster.nodes().size() - gone.size()));
                    if (survives) {
                        node.awaitQuorate();
                    } else {
                        node.awaitNotQuorate();
                    }
                }
            }
        } finally {
            gone.forEach(RealNode::resume);
        }
        settle(0, "--all-present", "--without", cluster.nodes().getLast().name());
    }

    @Test
    void fiveMembersInEveryState() {
        try (RealCluster five = RealCluster.start(5, Release.BOOKWORM)) {
            cluster = five;
            assertThat(says(0, "--plan"))
                    .contains("GO lab 5 of 5 votes present, 3 needed, 2 more may go", "plan: one at a time")
                    .doesNotContain("impossible", "!");
            comesTrue(true, "pve4", "pve5");

            // A true split, seen from both sides, and then one half forced.
            cluster.partition(cluster.node("pve4"), cluster.node("pve5"));
            cluster.node("pve4").awaitNotQuorate();
            cluster.node("pve1").await("three left", "corosync-quorumtool -s | grep -q '^Nodes: *3$'");
            assertThat(says(1))
                    .contains(
                            "pve4, pve5 are not quorate, others are",
                            "the members see different clusters: pve1, pve2, pve3 see pve1, pve2, pve3",
                            "pve4, pve5 see pve4, pve5");
            // corosync refuses fewer than are there.
            cluster.lowerExpected(cluster.node("pve4"), 2);
            cluster.node("pve4").awaitQuorate();
            assertThat(says(1))
                    .contains(
                            "expects",
                            "where 5 are configured: somebody ran 'pvecm expected'",
                            "see different clusters");
            // From one side alone nobody could tell that there are two clusters, but the forced one gives itself away.
            assertThat(says(1, "-l", "pve4,pve5")).contains("somebody ran 'pvecm expected'");
            cluster.heal();
            settle(0, "--all-present");

            // Degraded is not broken.
            cluster.node("pve5").stopCorosync();
            cluster.node("pve1").await("four left", "corosync-quorumtool -s | grep -q '^Nodes: *4$'");
            assertThat(says(0)).contains("GO lab 4 of 5 votes present, 3 needed, 1 more may go", "pve5 is missing");
            assertThat(says(1, "--all-present")).contains("pve5 is missing");
            assertThat(says(0, "--without", "pve4")).contains("3 of 5 votes would be left, 3 are needed");
            assertThat(says(1, "--without", "pve4,pve3")).contains("2 of 5 votes would be left");
            cluster.node("pve5").startCorosync();
            settle(0, "--all-present");

            // A member whose sshd stands still, and one that the network hides.
            cluster.node("pve5").hangSsh();
            cluster.node("pve4").dropSsh();
            assertThat(says(0)).contains("pve5 no answer", "corosync counts it in");
            cluster.node("pve3").dropSsh();
            assertThat(says(3)).contains("only pve1, pve2 answered, with 2 of 5 votes: too few");
        }
    }

    @Test
    void aHungEtcPveHoldsUpNothing() {
        try (RealCluster three = RealCluster.of(3, Release.TRIXIE).links(2).start()) {
            cluster = three;
            settle(0);
            cluster.node("pve2").hangClusterFiles();
            long start = System.nanoTime();
            assertThat(says(1)).contains("pve2: /etc/pve does not answer");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
            assertThat(says(0, "--without", "pve2")).contains("2 of 3 votes would be left, 2 are needed");
            cluster.node("pve2").resumeClusterFiles();
            settle(0);

            cluster.cutLink(1, cluster.node("pve3"));
            cluster.node("pve3").await("one link down", "corosync-cfgtool -s | grep -q disconnected");
            assertThat(says(0)).contains("link 1 is down between", "pve3");
            cluster.heal();

            cluster.runOldConfiguration(cluster.node("pve3"));
            assertThat(says(1)).contains("corosync runs with different versions of its configuration");
            assertThat(says(0, "--without", "pve3")).contains("GO");
        }
    }

    @Test
    void twoMembersWithAndWithoutHelp() {
        try (RealCluster two = RealCluster.start(2, Release.BOOKWORM)) {
            cluster = two;
            assertThat(says(1, "--plan")).contains("2 of 2 votes present, 2 needed: none may go", "impossible");
            assertThat(says(1, "--without", "pve2")).contains("1 of 2 votes would be left, 2 are needed");
        }
        try (RealCluster two =
                RealCluster.of(2, Release.BOOKWORM).quorum("two_node: 1").start()) {
            cluster = two;
            assertThat(says(0, "--plan")).contains("two_node lets one member go on");
            comesTrue(true, "pve2");
        }
        try (RealCluster two =
                RealCluster.of(2, Release.BOOKWORM).device("ffsplit").start()) {
            cluster = two;
            two.nodes().forEach(RealNode::awaitDevice);
            assertThat(says(0, "--plan"))
                    .contains(
                            "3 of 3 votes present, 2 needed, 1 more may go",
                            "QDevice 1 vote, ffsplit",
                            "counted by all");
            comesTrue(true, "pve2");
            two.nodes().forEach(RealNode::awaitDevice);
            cluster.cutOffFromDevice(cluster.node("pve2"));
            cluster.node("pve2").awaitDeviceGone();
            assertThat(says(1, "--without", "pve1")).contains("pve2 does not count the QDevice's vote");
            assertThat(says(0, "--without", "pve2")).contains("2 of 3 votes would be left");
            cluster.stopDeviceHost();
            two.nodes().forEach(RealNode::awaitDeviceGone);
            assertThat(says(1)).contains("2 of 3 votes present, 2 needed: none may go", "counted by nobody");
        }
    }

    @Test
    void theOtherRulesComeTrue() {
        try (RealCluster three =
                RealCluster.of(3, Release.BOOKWORM).device("lms").start()) {
            cluster = three;
            three.nodes().forEach(RealNode::awaitDevice);
            comesTrue(true, "pve2", "pve3");
        }
        try (RealCluster four = RealCluster.of(4, Release.BOOKWORM)
                .quorum("auto_tie_breaker: 1", "wait_for_all: 1")
                .start()) {
            cluster = four;
            comesTrue(true, "pve3", "pve4");
            comesTrue(false, "pve1", "pve2");
        }
    }
}
