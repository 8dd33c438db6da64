package holdfast.lab.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the embedded members say of their quorum is what genuine ones were recorded to say in the same state. */
final class PracticeQuorumTest {

    private static final String KEYS = "corosync-cmapctl totem. nodelist. quorum. runtime.votequorum.";

    @SuppressWarnings("NullAway.Init")
    private PracticeCluster cluster;

    @AfterEach
    void stop() {
        cluster.close();
    }

    private record Said(int exit, String out, String err) {}

    private Said run(int node, String command) throws IOException, InterruptedException {
        Path root = cluster.node(node).root();
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command.replace("/etc/", root + "/etc/"));
        builder.environment().put("PATH", root.resolve("bin").toString());
        Process process = builder.start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return new Said(
                process.exitValue(),
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8),
                new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    /** What the genuine programs said in a state, but for what differs from one day or cluster to the next. */
    private static String recorded(String file) throws IOException {
        return plain(Files.readString(Path.of("../engine/src/test/resources/corosync", file)));
    }

    private static String plain(String text) {
        // Without quorum corosync leaves the highest node as it was.
        return text.replaceAll("(?m)^Date: .*\n|^Ring ID: .*\n|^runtime.votequorum.highest_node_id .*\n", "")
                .replace("practice", "lab")
                .replaceAll("tls \\(str\\) = \\w+", "tls")
                .replaceAll("State:\\s+Connecting\n", "State:\t\t\tConnect failed\n");
    }

    private void saysAsRecorded(int node, String state) throws IOException, InterruptedException {
        assertThat(plain(run(node, "corosync-quorumtool -s").out()))
                .isEqualTo(recorded(state + "/corosync-quorumtool-s.txt"));
        assertThat(run(node, "corosync-cfgtool -s").out()).isEqualTo(recorded(state + "/corosync-cfgtool-s.txt"));
        assertThat(plain(run(node, KEYS).out())).isEqualTo(recorded(state + "/corosync-cmapctl.txt"));
        Path device = Path.of("../engine/src/test/resources/corosync", state, "corosync-qdevice-tool-s.txt");
        if (Files.exists(device)) {
            assertThat(plain(run(node, "corosync-qdevice-tool -s").out()))
                    .isEqualTo(recorded(state + "/corosync-qdevice-tool-s.txt"));
        } else {
            assertThat(run(node, "corosync-qdevice-tool -s"))
                    .isEqualTo(new Said(3, "", recorded(state + "/corosync-qdevice-tool-s.err")));
        }
    }

    @Test
    void threeInAgreement() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(3);
        saysAsRecorded(1, "quorate");
        saysAsRecorded(2, "quorate-seen-by-2");
        assertThat(run(1, "corosync-quorumtool -s | grep Ring; cmp /etc/pve/corosync.conf /etc/corosync/corosync.conf"))
                .isEqualTo(run(3, "corosync-quorumtool -s | grep Ring"));
        assertThat(run(1, "stat -c %A /etc/pve/local").out()).isEqualTo("lrwxr-xr-x\n");
        assertThat(run(1, "corosync-cmapctl nothing.such")).isEqualTo(new Said(1, "", ""));
    }

    @Test
    void membersThatStopAndQuorumThatGoes() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(3);
        cluster.stopCorosync(cluster.node(3));
        saysAsRecorded(1, "one-member-down");
        cluster.stopCorosync(cluster.node(2));
        saysAsRecorded(1, "not-quorate");
        assertThat(run(1, "corosync-quorumtool -s").exit()).isEqualTo(2);
        assertThat(run(1, "stat -c %A /etc/pve/local").out()).isEqualTo("lr-xr-xr-x\n");
        assertThat(cluster.node(1).read("/etc/pve/.members"))
                .contains("\"quorate\": 0", "\"pve2\": { \"id\": 2, \"online\": 0");
        Said stopped = run(2, "corosync-quorumtool -s");
        assertThat(stopped).isEqualTo(new Said(1, "", recorded("corosync-stopped/corosync-quorumtool-s.err")));
        assertThat(run(2, "corosync-cfgtool -s").err()).isEqualTo(recorded("corosync-stopped/corosync-cfgtool-s.err"));
        assertThat(run(2, KEYS)).isEqualTo(new Said(1, "", recorded("corosync-stopped/corosync-cmapctl.err")));
        cluster.lowerExpected(cluster.node(1), 1);
        saysAsRecorded(1, "expected-lowered");
        cluster.heal();
        saysAsRecorded(1, "quorate");
    }

    @Test
    void twoSidesEachWithItsRing() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(5);
        cluster.partition(cluster.node(4), cluster.node(5));
        assertThat(run(1, "corosync-quorumtool -s").out())
                .contains("Ring ID:          1.11", "Nodes:            3", "Quorate:          Yes");
        assertThat(run(5, "corosync-quorumtool -s").out())
                .contains("Ring ID:          4.11", "Nodes:            2", "Quorate:          No");
        assertThat(run(4, "corosync-cfgtool -s").out())
                .contains("nodeid:          3:\tdisconnected", "nodeid:          5:\tconnected");
    }

    @Test
    void oneOfTwoLinksIsDown() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(3).links(2);
        saysAsRecorded(1, "two-links");
        cluster.cutLink(1, cluster.node(3));
        saysAsRecorded(1, "two-links-one-down");
        saysAsRecorded(3, "two-links-one-down-on-3");
        cluster.heal().cutLink(0, cluster.node(1), cluster.node(2));
        assertThat(run(3, "corosync-cfgtool -s").out()).doesNotContain("disconnected");
        assertThat(run(2, "corosync-cfgtool -s").out()).containsOnlyOnce("disconnected");
    }

    @Test
    void optionsOfTheQuorumSection() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(4).quorum("auto_tie_breaker: 1");
        saysAsRecorded(1, "auto-tie-breaker");
        cluster.partition(cluster.node(3), cluster.node(4));
        assertThat(run(1, "corosync-quorumtool -s").exit()).isZero();
        assertThat(run(3, "corosync-quorumtool -s").exit()).isEqualTo(2);
        cluster.heal().quorum("last_man_standing: 1", "wait_for_all: 1");
        saysAsRecorded(1, "last-man-standing");
        cluster.close();
        cluster = PracticeCluster.start(2).quorum("two_node: 1");
        saysAsRecorded(1, "two-node");
        cluster.votes(cluster.node(1), 3).secauthOff();
        assertThat(cluster.node(2).read("/etc/pve/corosync.conf")).contains("quorum_votes: 3", "secauth: off");
    }

    @Test
    void aDeviceThatVotesOrDoesNot() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(2).device("ffsplit");
        saysAsRecorded(1, "device-ffsplit");
        saysAsRecorded(2, "device-ffsplit-seen-by-2");
        cluster.cutOffFromDevice(cluster.node(2));
        saysAsRecorded(1, "device-ffsplit-other-cut-off");
        saysAsRecorded(2, "device-ffsplit-cut-off");
        cluster.heal().stopDeviceHost();
        saysAsRecorded(1, "device-ffsplit-qnetd-stopped");
        cluster.heal().stopDeviceDaemon(cluster.node(2));
        saysAsRecorded(1, "device-ffsplit-daemon-stopped-on-2");
        saysAsRecorded(2, "device-ffsplit-daemon-stopped");
        cluster.close();
        cluster = PracticeCluster.start(3).device("lms");
        saysAsRecorded(1, "device-lms");
        cluster.stopDeviceHost();
        saysAsRecorded(1, "device-lms-qnetd-stopped");
    }

    @Test
    void aMemberThatKeptItsOldConfiguration() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(3);
        cluster.keepOldConfiguration(cluster.node(3));
        assertThat(run(3, "corosync-cmapctl totem.config_version").out()).isEqualTo("totem.config_version (u64) = 3\n");
        assertThat(run(1, "corosync-cmapctl totem.config_version").out()).isEqualTo("totem.config_version (u64) = 4\n");
        assertThat(run(3, "cmp -s /etc/pve/corosync.conf /etc/corosync/corosync.conf")
                        .exit())
                .isEqualTo(1);
        cluster.heal().runOldConfiguration(cluster.node(2));
        assertThat(run(2, "cmp -s /etc/pve/corosync.conf /etc/corosync/corosync.conf")
                        .exit())
                .isZero();
        assertThat(run(2, "corosync-cmapctl totem.config_version").out()).isEqualTo("totem.config_version (u64) = 4\n");
    }

    @Test
    void aHungFolderAnswersNobodyUntilItIsResumed() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(2);
        cluster.node(2).hangClusterFiles();
        assertThat(run(2, "timeout 1 cat /etc/pve/.members").exit()).isEqualTo(124);
        assertThat(run(2, "corosync-quorumtool -s").exit()).isZero();
        assertThat(run(1, "cat /etc/pve/.members").exit()).isZero();
        cluster.node(2).resumeClusterFiles();
        assertThat(run(2, "cat /etc/pve/.members").out()).contains("\"nodename\": \"pve2\"");
        assertThat(run(2, "readlink /etc/pve/local").out()).isEqualTo("nodes/pve2\n");
    }

    @Test
    void guestsAndWhatWatchesOverThemAreTheSameOnAll() throws IOException, InterruptedException {
        cluster = PracticeCluster.start(3);
        for (String file : new String[] {".vmlist", "ha/manager_status", "ha/resources.cfg", "nodes/pve1/lrm_status"}) {
            assertThat(run(3, "cat /etc/pve/" + file)).isEqualTo(run(1, "cat /etc/pve/" + file));
        }
        assertThat(cluster.node(2).read("/etc/pve/.vmlist")).startsWith("""
                {
                "version": 3,
                "ids": {
                "100": { "node": "pve1", "type": "qemu", "version": 2 },
                """);
        assertThat(cluster.node(2).read("/etc/pve/nodes/pve1/lrm_status")).contains("\"state\":\"active\"");
        assertThat(cluster.node(2).read("/etc/pve/local/lrm_status")).contains("\"state\":\"wait_for_agent_lock\"");
        assertThat(cluster.node(1).read("/etc/pve/nodes/pve3/ssh_known_hosts")).startsWith("pve3 ssh-ed25519 AAAA");
    }
}
