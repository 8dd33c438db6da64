package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node for itself boots on both Debian releases, and everybody who should can log in. */
@Tag("containers")
final class LabReleaseTest {

    @ParameterizedTest
    @EnumSource(Release.class)
    void aStandaloneNodeIsWholeAndHasNoCluster(Release release) {
        try (RealCluster lab = RealCluster.standalone(1, release)) {
            RealNode node = lab.node("pve1");
            String major = release == Release.BOOKWORM ? "8" : "9";
            assertThat(node.sh("systemctl --failed --no-legend --plain")).isEmpty();
            assertThat(node.sh("dpkg-query -W -f '${Version}' pve-manager")).startsWith(major + ".");
            assertThat(node.readFile("/etc/pve/.members")).isEqualTo("{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n");
            assertThat(node.exec("pvecm status"))
                    .isEqualTo(new Ran(
                            2,
                            "",
                            "Error: Corosync config '/etc/pve/corosync.conf' does not exist -"
                                    + " is this node part of a cluster?\n"));
            assertThat(node.exec("corosync-quorumtool -s").exit()).isEqualTo(1);
            lab.harden();
            assertThat(node.sh("pve-firewall status")).isEqualTo("Status: enabled/running\n");
            assertThat(node.sh("sudo -u ops sudo -n id -u")).isEqualTo("0\n");
            assertThat(node.exec("sudo -u carl sudo -n id -u").exit()).isEqualTo(1);
            assertThat(node.sh("echo '" + lab.keys().carlPassword() + "' | sudo -u carl sudo -S -p '' id -u"))
                    .isEqualTo("0\n");
            assertThat(node.exec("sudo -u plain sudo -n id -u").exit()).isEqualTo(1);
            assertThat(node.sh("sudo -u noisy -i true")).contains("Welcome to", "\0");
            assertThat(node.sh("ssh-keygen -lf /etc/pve/priv/authorized_keys")).contains("holdfast-lab (ED25519)");
        }
    }

    @Test
    void aClusterFormsOnDebian13Too() {
        try (RealCluster lab = RealCluster.start(3, Release.TRIXIE)) {
            lab.harden();
            RealNode node = lab.node("pve2");
            assertThat(node.sh("corosync-quorumtool -s")).contains("Total votes:      3");
            assertThat(node.sh("pvesh get /version --output-format json")).contains("\"version\":\"9.2.11\"");
            assertThat(node.sh("ssh -V 2>&1")).startsWith("OpenSSH_10");
            lab.onEveryNode(each -> assertThat(each.sh("systemctl --failed --no-legend --plain"))
                    .isEmpty());
        }
    }
}
