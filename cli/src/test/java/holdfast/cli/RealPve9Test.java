package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program against Debian 13 with OpenSSH 10, chrony 4.6 and systemd 257, as PVE 9. */
@Tag("containers")
class RealPve9Test {

    @TempDir
    private Path directory;

    @Test
    void aClusterOfTwoIsCleanButForItsMargin() {
        try (RealCluster cluster = RealCluster.start(2, Release.TRIXIE)) {
            cluster.harden();
            Invocation run = new RealScan(cluster, directory).as("ops");
            assertThat(run.with("fail")).as(run.out()).containsExactly("cluster lab cluster.margin");
            assertThat(run.message("lab", "cluster.margin")).contains("may lose only 0 votes");
            assertThat(run.with("unknown")).as(run.out()).isEmpty();
            assertThat(run.json()
                            .get("nodes")
                            .get(0)
                            .get("facts")
                            .get("pveVersion")
                            .asString())
                    .startsWith("9.");

            cluster.nodes().get(0).garbageCertificate();
            cluster.nodes().get(1).staleServedCertificate();
            Invocation broken = new RealScan(cluster, directory).as("ops", "-t", "tls,api");
            assertThat(broken.with("fail"))
                    .as(broken.out())
                    .containsExactlyInAnyOrder(
                            "pve1 certificate.expiry", "pve1 pveproxy.listening", "pve2 certificate.served");
            assertThat(broken.message("pve1", "pveproxy.listening")).contains("TLS does not finish");
            assertThat(broken.message("pve1", "certificate.expiry")).contains("pveproxy-ssl.pem");
        }
    }

    @Test
    void aFreshStandaloneNodeIsAsTheInstallerLeavesIt() {
        try (RealCluster cluster = RealCluster.standalone(1, Release.TRIXIE)) {
            RealNode node = cluster.nodes().get(0);
            Invocation run = new RealScan(cluster, directory).as("root");
            // Its users and tokens are a recording's, not an installer's.
            assertThat(run.with("fail"))
                    .as(run.out())
                    .filteredOn(finding -> !finding.startsWith("pve1 access."))
                    .containsExactlyInAnyOrder(
                            "pve1 firewall.enabled", "pve1 sshd.password-authentication", "pve1 sshd.root-login");
            assertThat(run.with("skip"))
                    .filteredOn(finding -> !finding.startsWith("pve1 access."))
                    .hasSize(8)
                    .allMatch(finding -> finding.startsWith("pve1 cluster.") || finding.equals("pve1 time.skew"));
            assertThat(run.message("pve1", "sshd.root-login"))
                    .contains("with a password from anywhere: PermitRootLogin yes, /etc/ssh/sshd_config:");
            node.sh("dpkg --purge --force-all pve-manager >/dev/null");
            Invocation plain = new RealScan(cluster, directory).as("root");
            assertThat(plain.with("skip"))
                    .contains("pve1 firewall.enabled", "pve1 pveproxy.listening", "pve1 certificate.expiry");
        }
    }
}
