package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every state of a cluster's quorum that the practice cluster can be brought into is really there. */
@Tag("containers")
final class LabQuorumTest {

    private static String count(RealNode node) {
        return node.exec("corosync-quorumtool -s").out();
    }

    @ParameterizedTest
    @EnumSource(Release.class)
    void aDeviceVotesUntilItsHostIsGone(Release release) {
        try (RealCluster cluster = RealCluster.of(2, release).device("ffsplit").start()) {
            RealNode first = cluster.node("pve1");
            RealNode second = cluster.node("pve2");
            assertThat(count(first))
                    .contains("Flags:            Quorate Qdevice", "Expected votes:   3", "Total votes:      3")
                    .contains(
                            "         1          1    A,V,NMW pve1 (local)\n",
                            "         0          1            Qdevice\n");
            assertThat(first.sh("corosync-qdevice-tool -s"))
                    .contains("Fifty-Fifty split")
                    .matches("(?s).*State:\\s+Connected\n");

            second.stopDeviceDaemon();
            assertThat(second.exec("corosync-qdevice-tool -s").exit()).isEqualTo(3);
            assertThat(count(first)).contains(" NR pve2\n", "Total votes:      3");
            second.startDeviceDaemon();

            cluster.cutOffFromDevice(second);
            assertThat(count(second)).contains("A,NV,NMW pve2 (local)", "Total votes:      2", "(votes 1)");
            assertThat(count(first)).contains("A,V,NMW pve1 (local)", "Total votes:      3");
            cluster.heal();
            second.awaitDevice();

            second.stopCorosync();
            first.await("quorate by the QDevice's vote", "corosync-quorumtool -s | grep -q 'Total votes: *2'");
            assertThat(first.exec("corosync-quorumtool -s").exit()).isZero();
            second.startCorosync();
            second.startDeviceDaemon();

            cluster.stopDeviceHost();
            assertThat(count(first)).contains("Flags:            Quorate Qdevice", "Total votes:      2");
            assertThat(first.sh("corosync-qdevice-tool -s")).doesNotContain("State:\t\t\tConnected\n");
            cluster.startDeviceHost();
            first.awaitDevice();
        }
    }

    @ParameterizedTest
    @EnumSource(Release.class)
    void linksFailEachForItself(Release release) {
        try (RealCluster cluster = RealCluster.of(3, release)
                .links(2)
                .quorum("wait_for_all: 1", "auto_tie_breaker: 1")
                .votes("pve1", 3)
                .start()) {
            RealNode first = cluster.node("pve1");
            assertThat(count(first))
                    .contains("Flags:            Quorate WaitForAll AutoTieBreaker", "Total votes:      5")
                    .contains("         1          3 pve1 (local)");
            assertThat(first.sh("corosync-cfgtool -s"))
                    .contains("LINK ID 1 udp")
                    .doesNotContain("disconnected");

            cluster.cutLink(1, cluster.node("pve3"));
            assertThat(first.sh("corosync-cfgtool -s")).containsOnlyOnce("disconnected");
            assertThat(cluster.node("pve2").sh("corosync-cfgtool -s")).containsOnlyOnce("disconnected");
            assertThat(count(first)).contains("Total votes:      5");
            cluster.heal();
            first.awaitLink(1, 3, "connected");

            cluster.cutLink(0, first, cluster.node("pve2"));
            assertThat(cluster.node("pve3").sh("corosync-cfgtool -s")).doesNotContain("disconnected");
            assertThat(count(first)).contains("Nodes:            3");
            cluster.heal();
            first.awaitLink(0, 2, "connected");

            cluster.partition(first);
            cluster.node("pve2").awaitNotQuorate();
            // Three votes of five are the larger part.
            assertThat(count(first)).contains("Quorate:          Yes", "Total votes:      3");
            assertThat(count(cluster.node("pve2"))).contains("Quorate:          No", "Total votes:      2");
        }
    }

    @Test
    void membersDriftApart() throws IOException {
        try (RealCluster cluster =
                RealCluster.of(3, Release.BOOKWORM).secauthOff().start()) {
            RealNode first = cluster.node("pve1");
            RealNode third = cluster.node("pve3");
            assertThat(first.sh("corosync-cmapctl -g totem.secauth")).isEqualTo("totem.secauth (str) = off\n");
            guestsAndTheirGuards(cluster);

            third.changeLocalConfiguration();
            assertThat(third.exec("cmp -s /etc/pve/corosync.conf /etc/corosync/corosync.conf")
                            .exit())
                    .isEqualTo(1);
            third.sh("cat /etc/pve/corosync.conf > /etc/corosync/corosync.conf");

            cluster.runOldConfiguration(third);
            assertThat(first.sh("corosync-cmapctl -g totem.config_version")).endsWith(" = 4\n");
            assertThat(third.sh("corosync-cmapctl -g totem.config_version")).endsWith(" = 3\n");
            assertThat(third.exec("cmp /etc/pve/corosync.conf /etc/corosync/corosync.conf")
                            .exit())
                    .isZero();
            assertThat(count(third)).contains("Total votes:      3");
            cluster.keepOldConfiguration(third);
            assertThat(third.readFile("/etc/corosync/corosync.conf")).contains("config_version: 4");
            assertThat(third.readFile("/etc/pve/corosync.conf")).contains("config_version: 5");

            third.hangSsh();
            try (Socket socket = new Socket(third.address(), third.port())) {
                socket.setSoTimeout(1500);
                assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            }
            third.resumeSsh();
            third.dropSsh();
            try (Socket socket = new Socket()) {
                assertThatThrownBy(() -> socket.connect(new InetSocketAddress(third.address(), third.port()), 1500))
                        .isInstanceOf(SocketTimeoutException.class);
            }

            cluster.node("pve2").pause();
            third.stopCorosync();
            first.awaitNotQuorate();
            cluster.lowerExpected(first, 1);
            assertThat(count(first)).contains("Expected votes:   1", "Quorate:          Yes", "Total votes:      1");
            cluster.node("pve2").resume();
        }
    }

    private static void guestsAndTheirGuards(RealCluster cluster) {
        RealNode second = cluster.node("pve2");
        assertThat(second.readFile("/etc/pve/.vmlist"))
                .matches(
                        "(?s)\\{\n\"version\": \\d+,\n\"ids\": \\{\n\"100\": \\{ \"node\": \"pve1\", \"type\": \"qemu\","
                                + " \"version\": \\d+ \\},\n.*\"302\": \\{ \"node\": \"pve3\", \"type\": \"lxc\".*\\}\n\n\\}\n");
        second.await("managed", "grep -q '\"vm:100\":{\"node\":\"pve1\"' /etc/pve/ha/manager_status");
        second.await("idle", "grep -q '\"state\":\"wait_for_agent_lock\"' /etc/pve/local/lrm_status");
        second.await("busy over there", "grep -q '\"state\":\"active\"' /etc/pve/nodes/pve1/lrm_status");
        String status = second.readFile("/etc/pve/ha/manager_status");
        assertThat(status).startsWith("{\"master_node\":\"pve1\",\"node_status\":{\"pve1\":\"online\",");
        long beat = Long.parseLong(status.replaceFirst("(?s).*\"timestamp\":(\\d+)\\}$", "$1"));
        assertThat(Instant.now().getEpochSecond() - beat).isBetween(-2L, 30L);
        second.sh("mv /etc/pve/nodes/pve1/qemu-server/101.conf /etc/pve/local/qemu-server/");
        assertThat(second.readFile("/etc/pve/.vmlist")).contains("\"101\": { \"node\": \"pve2\"");
    }
}
