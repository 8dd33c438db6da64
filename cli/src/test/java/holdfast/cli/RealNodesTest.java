package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The program against a hardened cluster of three with real sshd, chrony, iptables and corosync: Debian 12, PVE 8. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealNodesTest {

    private RealCluster cluster;

    @TempDir
    private Path directory;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        cluster.harden();
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private Invocation scan(String user, String... more) {
        try {
            Path inventory = Files.writeString(directory.resolve(user + ".yml"), cluster.inventory(user));
            Path config = Files.writeString(
                    directory.resolve("ssh_config"),
                    "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n".formatted(cluster.knownHosts()));
            List<String> words = new ArrayList<>(
                    List.of("scan", "-i", inventory.toString(), "-F", config.toString(), "--format", "json"));
            words.addAll(List.of(more));
            return Invocation.of(words.toArray(String[]::new));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    @Test
    void aHardenedClusterIsClean() {
        Invocation run = scan("ops");
        assertThat(run.with("fail")).as(run.out()).isEmpty();
        assertThat(run.with("unknown")).as(run.out()).isEmpty();
        assertThat(run.with("pass")).hasSize(3 * 7 + 2);
        assertThat(run.code()).isZero();
    }

    @Test
    void knownFaultsAreFoundAndNothingElse() {
        try {
            node(1).allowPasswordLogin();
            node(1).allowRootPasswordFrom("198.51.100.0/24");
            node(2).stopFirewallService();
            node(2).serveExpiredCertificate();
            node(3).stopChrony();
            node(3).squatOnProxyPort();

            Invocation run = scan("ops");

            assertThat(run.with("fail"))
                    .as(run.out())
                    .containsExactlyInAnyOrder(
                            "pve1 sshd.password-authentication",
                            "pve1 sshd.root-login",
                            "pve2 firewall.enabled",
                            "pve2 certificate.expiry",
                            "pve3 time.synchronized",
                            "pve3 pveproxy.listening");
            assertThat(run.with("unknown")).isEmpty();
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.message("pve1", "sshd.password-authentication"))
                    .contains("PasswordAuthentication yes, /etc/ssh/sshd_config.d/00-a-old-habits.conf:1");
            assertThat(run.message("pve1", "sshd.root-login"))
                    .contains("with a password", "198.51.100.", "/etc/ssh/sshd_config.d/99-legacy.conf:2");
            assertThat(run.message("pve3", "pveproxy.listening")).contains("openssl");
        } finally {
            node(1).sh(
                            "rm /etc/ssh/sshd_config.d/00-a-old-habits.conf /etc/ssh/sshd_config.d/99-legacy.conf; systemctl reload ssh");
            node(2).sh(
                            "systemctl start pve-firewall; rm /etc/pve/local/pveproxy-ssl.pem /etc/pve/local/pveproxy-ssl.key; systemctl reload pveproxy");
            node(2).awaitFirewall();
            node(3).sh("systemctl stop squatter; systemctl start pveproxy chrony");
            node(3).awaitSynchronized();
            node(3).awaitReady();
        }
    }
}
