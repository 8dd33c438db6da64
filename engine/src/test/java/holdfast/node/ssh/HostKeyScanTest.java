package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.node.HostKey;
import holdfast.node.HostKeyScanner.Endpoint;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Presented;
import holdfast.node.Presented.Absent;
import holdfast.node.Presented.Known;
import holdfast.node.Presented.NotKnown;
import holdfast.node.Presented.Refused;
import holdfast.node.Presented.Shown;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Looking at the host keys of the real sshd, without logging in. */
@Tag("openssh")
@Timeout(60)
class HostKeyScanTest {

    @TempDir
    Path home;

    private OpenSsh ssh;

    @BeforeEach
    void start() throws Exception {
        ssh = new OpenSsh(home);
        OpenSsh.assumeInstalled();
        Files.createDirectories(ssh.path(".ssh"));
        ssh.keygen("host_ed25519", "ed25519");
        ssh.keygen("host_rsa", "rsa");
        ssh.keygen("other_rsa", "rsa");
        ssh.write("authorized_keys", "");
        ssh.start("HostKey " + ssh.path("host_rsa"));
        ssh.write(".ssh/known_hosts", "# nobody");
    }

    @AfterEach
    void stop() {
        if (ssh != null) {
            ssh.close();
        }
    }

    private HostKey key(String name) throws Exception {
        String[] words = ssh.key(name).split(" ");
        return new HostKey(words[0], words[1]);
    }

    private Presented look(String... types) throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options())) {
            return connector.present(ssh.target(), OptionalInt.empty(), List.of(types), phase -> {});
        }
    }

    @Test
    void eachTypeIsAskedForByItselfAndNobodyLogsIn() throws Exception {
        Presented seen = look("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256");
        assertThat(seen.keys()).containsEntry("ssh-rsa", new Shown(key("host_rsa"), new NotKnown()));
        assertThat(seen.keys()).containsEntry("ssh-ed25519", new Shown(key("host_ed25519"), new NotKnown()));
        assertThat(seen.keys().get("ecdsa-sha2-nistp256"))
                .isInstanceOfSatisfying(
                        Absent.class, absent -> assertThat(absent.offered()).contains("ssh-ed25519"));
        assertThat(seen.address()).isEqualTo("127.0.0.1:" + ssh.port);
        assertThat(ssh.log()).doesNotContain("Accepted", "Failed", "Invalid user", "authenticating user");
        assertThat(ssh.path(".ssh/known_hosts")).content().isEqualTo("# nobody\n");
    }

    @Test
    void nothingIsAddedToKnownHostsInAnyMode() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options().withHostKeys(HostKeys.ACCEPT_NEW))) {
            connector.present(ssh.target(), OptionalInt.empty(), List.of("ssh-rsa"), phase -> {});
        }
        assertThat(ssh.path(".ssh/known_hosts")).content().isEqualTo("# nobody\n");
    }

    @Test
    void theUsersKnownHostsAreHeard() throws Exception {
        ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("host_ed25519"));
        Presented seen = look("ssh-rsa", "ssh-ed25519");
        assertThat(seen.keys()).containsEntry("ssh-ed25519", new Shown(key("host_ed25519"), new Known()));
        assertThat(seen.keys())
                .as("a key of another type says nothing against it")
                .containsEntry("ssh-rsa", new Shown(key("host_rsa"), new NotKnown()));

        ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("other_rsa"));
        assertThat(look("ssh-rsa").keys().get("ssh-rsa"))
                .isInstanceOfSatisfying(
                        Shown.class,
                        shown -> assertThat(shown.standing())
                                .isInstanceOfSatisfying(
                                        Refused.class,
                                        refused -> assertThat(refused.why()).contains("host key changed")));

        ssh.write(".ssh/known_hosts", "@revoked * " + ssh.key("host_rsa"));
        assertThat(look("ssh-rsa").keys().get("ssh-rsa"))
                .isInstanceOfSatisfying(
                        Shown.class,
                        shown -> assertThat(shown.standing())
                                .isInstanceOfSatisfying(
                                        Refused.class,
                                        refused -> assertThat(refused.why()).contains("revoked")));
    }

    @Test
    void whoSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                SshConnector connector = SshConnector.of(ssh.options()
                        .withTimeouts(
                                new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(2))))) {
            NodeException problem = catchThrowableOfType(
                    NodeException.class,
                    () -> connector.present(
                            OpenSsh.target("127.0.0.1", mute.getLocalPort()),
                            OptionalInt.empty(),
                            HostKey.TYPES,
                            phase -> {}));
            assertThat(problem.phase()).isEqualTo(Phase.CONNECT);
            assertThat(problem.why()).contains("did not finish the SSH key exchange within 1 s");
        }
    }

    @Test
    void theConfigurationDecidesUnlessItIsSilent() throws Exception {
        ssh.write(".ssh/config", """
                Host 192.0.2.12
                  HostName 127.0.0.1
                  Port 2200
                Host 192.0.2.13
                  HostKeyAlias alias
                  ProxyJump gate
                """);
        try (SshConnector connector = SshConnector.of(ssh.options())) {
            assertThat(connector.endpoint(OpenSsh.target("192.0.2.12", 0), OptionalInt.of(2222)))
                    .isEqualTo(new Endpoint("127.0.0.1", 2200, "[127.0.0.1]:2200", false));
            assertThat(connector.endpoint(OpenSsh.target("192.0.2.11", 0), OptionalInt.of(2222)))
                    .isEqualTo(new Endpoint("192.0.2.11", 2222, "[192.0.2.11]:2222", false));
            assertThat(connector.endpoint(OpenSsh.target("192.0.2.11", 0), OptionalInt.empty()))
                    .isEqualTo(new Endpoint("192.0.2.11", 22, "192.0.2.11", false));
            assertThat(connector.endpoint(OpenSsh.target("192.0.2.12", 24), OptionalInt.of(2222)))
                    .as("the command line first")
                    .isEqualTo(new Endpoint("127.0.0.1", 24, "[127.0.0.1]:24", false));
            assertThat(connector.endpoint(OpenSsh.target("192.0.2.13", 0), OptionalInt.empty()))
                    .isEqualTo(new Endpoint("192.0.2.13", 22, "alias", true));
        }
    }

    @Test
    void throughAJumpHostAndManyAtOnce() throws Exception {
        ssh.keygen(".ssh/id_ed25519", "ed25519");
        ssh.authorize(".ssh/id_ed25519.pub");
        ssh.write(".ssh/config", """
                Host inner
                  HostName 127.0.0.1
                  Port %1$d
                  HostKeyAlias inner
                  ProxyJump gate
                Host gate
                  HostName 127.0.0.1
                  Port %1$d
                  HostKeyAlias gate
                """.formatted(ssh.port));
        ssh.write(".ssh/known_hosts", "gate " + ssh.key("host_ed25519"));
        try (SshConnector connector = SshConnector.of(ssh.options())) {
            // More than the tunnels of one jump host: each is given back.
            for (int i = 0; i < JumpHosts.TUNNEL_LIMIT + 3; i++) {
                Presented seen = connector.present(
                        OpenSsh.target("inner", 0), OptionalInt.empty(), List.of("ssh-rsa"), phase -> {});
                assertThat(seen.keys()).containsEntry("ssh-rsa", new Shown(key("host_rsa"), new NotKnown()));
            }
        }
    }
}
