package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Execution;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The connector against the real sshd, ssh-keygen and ssh-agent. */
@Tag("openssh")
@Timeout(60)
class OpenSshTest {

    @TempDir
    Path home;

    private OpenSsh ssh;

    @BeforeEach
    void start() throws Exception {
        ssh = OpenSsh.started(home);
    }

    @AfterEach
    void stop() {
        if (ssh != null) {
            ssh.close();
        }
    }

    @Test
    void aKnownHostWithAKeyRunsACommand() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options())) {
            List<Phase> phases = new ArrayList<>();
            try (Connection connection = connector.open(ssh.target(), phases::add)) {
                Execution execution = connection.execute(new Command(
                        "/bin/sh -c 'cat; echo err >&2; exit 3'",
                        "hello MARK world".getBytes(StandardCharsets.UTF_8),
                        "MARK".getBytes(StandardCharsets.UTF_8),
                        1000,
                        Duration.ofSeconds(10)));
                assertThat(execution.ended()).isNull();
                assertThat(execution.exit()).hasValue(3);
                assertThat(execution.stdout()).asString().isEqualTo("hello MARK world");
                assertThat(execution.stderr()).asString().isEqualTo("err\n");
                assertThat(execution.truncated()).isFalse();
                assertThat(execution.markerAtNanos()).isPresent();
                assertThat(connection.address()).isEqualTo("127.0.0.1:" + ssh.port);
                assertThat(connection.user()).isEqualTo(ssh.user);
            }
            assertThat(phases).containsExactly(Phase.RESOLVE, Phase.CONNECT, Phase.HOST_KEY, Phase.AUTHENTICATE);
            assertThat(ssh.notices).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ed25519, OPENSSH",
        "rsa, OPENSSH",
        "ecdsa, OPENSSH",
        "rsa, PEM",
        "ecdsa, PEM",
        "rsa, PKCS8",
        "ecdsa, PKCS8",
    })
    void everyKindOfKeyFileLogsIn(String type, String format) throws Exception {
        ssh.keygen("key", type, format.equals("OPENSSH") ? "-q" : "-m", format.equals("OPENSSH") ? "-q" : format);
        ssh.authorize("key.pub");
        assertThat(whoami(ssh.withKey("key"))).isEqualTo(ssh.user);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPENSSH", "PEM", "PKCS8"})
    void anEncryptedKeyIsAskedForOnceForAFleet(String format) throws Exception {
        if (format.equals("OPENSSH")) {
            ssh.keygen("key", "ed25519", "-N", "secret words");
        } else {
            ssh.keygen("key", "rsa", "-N", "secret words", "-m", format);
        }
        ssh.authorize("key.pub");
        AtomicInteger asked = new AtomicInteger();
        SshOptions options = ssh.options().withPrompter(prompter((file, attempt) -> {
            asked.incrementAndGet();
            Thread.sleep(300);
            return attempt == 1 ? "wrong" : "secret words";
        }));
        try (SshConnector connector = SshConnector.of(options);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> visits = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                visits.add(() -> {
                    try (Connection connection = connector.open(ssh.withKey("key"), phase -> {})) {
                        return connection.user();
                    }
                });
            }
            for (Future<String> visit : threads.invokeAll(visits)) {
                assertThat(visit.get()).isEqualTo(ssh.user);
            }
        }
        assertThat(asked).hasValue(2);
    }

    @Test
    void aConfiguredEncryptedKeyIsAskedForWhenTheServerAcceptsIt() throws Exception {
        ssh.keygen("key", "ed25519", "-N", "secret words");
        ssh.write(".ssh/config", "IdentityFile " + ssh.path("key"));
        AtomicInteger asked = new AtomicInteger();
        SshOptions options = ssh.options()
                .withPrompter(prompter((file, attempt) -> {
                    asked.incrementAndGet();
                    Thread.sleep(1500);
                    return "secret words";
                }))
                .withTimeouts(new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(1)));
        assertThat(failure(options, ssh.target())).contains("permission denied (offered: key SHA256:");
        assertThat(asked).hasValue(0);
        ssh.authorize("key.pub");
        assertThat(whoami(options, ssh.target())).isEqualTo(ssh.user);
        assertThat(asked).hasValue(1);
    }

    @Test
    void aWrongPassphraseEndsAfterThreeTries() throws Exception {
        ssh.keygen("key", "ed25519", "-N", "secret words");
        AtomicInteger asked = new AtomicInteger();
        SshOptions options = ssh.options().withPrompter(prompter((file, attempt) -> {
            asked.incrementAndGet();
            return "wrong";
        }));
        assertThat(failure(options, ssh.withKey("key")))
                .contains("the passphrase given for private key")
                .contains("is wrong");
        assertThat(asked).hasValue(3);
        assertThat(failure(ssh.options(), ssh.withKey("key")))
                .contains("needs its passphrase, and prompts are switched off");
    }

    @Test
    void keyFilesThatCannotBeUsedAreToldClearly() throws Exception {
        assertThat(failure(ssh.withKey("missing"))).contains("missing does not exist");
        ssh.keygen("open", "ed25519");
        Files.setPosixFilePermissions(ssh.path("open"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(failure(ssh.withKey("open")))
                .contains("permissions 0644 of private key")
                .contains("too open");
        // As OpenSSH: how others keep their files is not judged. systemd's credentials belong to root.
        if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            Files.setAttribute(ssh.path("open"), "unix:uid", 65534);
            assertThat(failure(ssh.withKey("open"))).doesNotContain("too open");
        }
        ssh.write("junk", "no key");
        Files.setPosixFilePermissions(ssh.path("junk"), PosixFilePermissions.fromString("rw-------"));
        assertThat(failure(ssh.withKey("junk"))).contains("holds no private key that can be understood");
    }

    @Test
    void aRefusedKeyIsNamedWithWhatTheServerAccepts() throws Exception {
        ssh.keygen("other", "ed25519");
        assertThat(failure(ssh.withKey("other")))
                .startsWith(ssh.user + "@127.0.0.1: permission denied (offered: other SHA256:")
                .contains("server accepts publickey)");
        assertThat(ssh.log().lines().filter(line -> line.contains("Connection from")))
                .hasSize(1 + 1);
    }

    @Test
    void agentKeysAreOfferedAndSignForRsaToo() throws Exception {
        agent();
        for (String type : List.of("rsa", "ecdsa", "ed25519")) {
            ssh.keygen("in_agent", type);
            ssh.authorize("in_agent.pub");
            ssh.run(List.of("ssh-add", "-q", ssh.path("in_agent").toString()));
            Files.delete(ssh.path("in_agent"));
            Files.delete(ssh.path("in_agent.pub"));
            ssh.write(".ssh/config", "IdentityFile /nonexistent");
            assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
            ssh.run(List.of("ssh-add", "-q", "-D"));
        }
    }

    @Test
    void identitiesOnlyOffersOnlyWhatIsConfigured() throws Exception {
        agent();
        ssh.keygen("in_agent", "ed25519");
        ssh.authorize("in_agent.pub");
        ssh.run(List.of("ssh-add", "-q", ssh.path("in_agent").toString()));
        Files.delete(ssh.path("in_agent"));
        ssh.write(".ssh/config", "IdentitiesOnly yes\nIdentityFile /nonexistent");
        assertThat(failure(ssh.target())).contains("nothing offered");
        ssh.write(".ssh/config", "IdentitiesOnly yes\nIdentityFile " + ssh.path("in_agent"));
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
    }

    @Test
    void moreAgentKeysThanAServerBearsAreNotAllOffered() throws Exception {
        agent();
        for (int i = 0; i < 8; i++) {
            ssh.keygen("k" + i, "ed25519");
            ssh.run(List.of("ssh-add", "-q", ssh.path("k" + i).toString()));
        }
        String message = failure(ssh.target());
        assertThat(message.split("SHA256:", -1)).hasSize(1 + Identities.OFFER_LIMIT);
        assertThat(message).doesNotContain("Too many");
        assertThat(ssh.notices).anyMatch(notice -> notice.contains("only the first 5 of"));
    }

    @Test
    void anAgentThatIsGoneIsNoticedAndFilesServe() throws Exception {
        ssh.variables.put("SSH_AUTH_SOCK", ssh.path("gone").toString());
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
        assertThat(ssh.notices).anyMatch(notice -> notice.contains("ssh-agent"));
    }

    @Test
    void aUserCertificateBesideTheKeyLogsIn() throws Exception {
        ssh.keygen("ca", "ed25519");
        ssh.close();
        ssh.start("TrustedUserCAKeys " + ssh.path("ca.pub"));
        trust();
        for (String type : List.of("ed25519", "rsa", "ecdsa")) {
            Path key = ssh.path("user_" + type);
            ssh.keygen("user_" + type, type);
            ssh.run(List.of(
                    "ssh-keygen", "-q", "-s", ssh.path("ca").toString(), "-I", "id", "-n", ssh.user, key + ".pub"));
            assertThat(whoami(ssh.withKey("user_" + type))).isEqualTo(ssh.user);
        }
        ssh.keygen("late", "ed25519");
        ssh.run(List.of(
                "ssh-keygen",
                "-q",
                "-s",
                ssh.path("ca").toString(),
                "-I",
                "id",
                "-n",
                ssh.user,
                "-V",
                "20200101:20200102",
                ssh.path("late.pub").toString()));
        assertThat(failure(ssh.withKey("late"))).contains("permission denied");
        assertThat(ssh.notices).anyMatch(notice -> notice.contains("late-cert.pub is expired"));
    }

    @Test
    void aCertificateWorksWithItsKeyInTheAgent() throws Exception {
        ssh.keygen("ca", "ed25519");
        ssh.close();
        ssh.start("TrustedUserCAKeys " + ssh.path("ca.pub"));
        trust();
        agent();
        ssh.keygen("user_key", "rsa");
        ssh.run(List.of("ssh-add", "-q", ssh.path("user_key").toString()));
        ssh.run(List.of(
                "ssh-keygen",
                "-q",
                "-s",
                ssh.path("ca").toString(),
                "-I",
                "id",
                "-n",
                ssh.user,
                ssh.path("user_key.pub").toString()));
        Files.delete(ssh.path("user_key"));
        ssh.write(
                ".ssh/config",
                "IdentitiesOnly yes\nIdentityFile " + ssh.path("user_key") + "\nCertificateFile "
                        + ssh.path("user_key-cert.pub"));
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
    }

    @Test
    void anUnknownHostIsRefusedWithItsFingerprint() throws Exception {
        ssh.write(".ssh/known_hosts", "# nothing");
        assertThat(failure(ssh.target()))
                .startsWith("127.0.0.1's host key is not known (ssh-ed25519 SHA256:")
                .contains("ssh-keyscan -p " + ssh.port + " 127.0.0.1")
                .contains("--host-keys accept-new");
    }

    @Test
    void aChangedHostKeyIsRefusedInEveryMode() throws Exception {
        ssh.keygen("other", "ed25519");
        ssh.write(".ssh/known_hosts", "# a\n" + ssh.name() + " " + ssh.key("other"));
        for (HostKeys mode : HostKeys.values()) {
            assertThat(failure(ssh.options().withHostKeys(mode), ssh.target()))
                    .startsWith("host key changed for 127.0.0.1: expected SHA256:")
                    .contains("in known_hosts line 2 (" + ssh.path(".ssh/known_hosts") + ")");
        }
        ssh.keygen("othertype", "ecdsa");
        ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("othertype"));
        assertThat(failure(ssh.options().withHostKeys(HostKeys.ACCEPT_NEW), ssh.target()))
                .startsWith("host key changed");
    }

    @Test
    void acceptNewWritesTheLineThatSshWrites() throws Exception {
        Path file = ssh.path(".ssh/known_hosts");
        String line = Files.readString(file).strip();
        Files.delete(file);
        assertThat(whoami(ssh.options().withHostKeys(HostKeys.ACCEPT_NEW), ssh.target()))
                .isEqualTo(ssh.user);
        assertThat(file).hasContent(line);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Path theirs = ssh.path("theirs");
        ssh.run(List.of(
                "ssh",
                "-F",
                "none",
                "-o",
                "UserKnownHostsFile=" + theirs,
                "-o",
                "StrictHostKeyChecking=accept-new",
                "-o",
                "HashKnownHosts=no",
                "-o",
                "UpdateHostKeys=no",
                "-i",
                ssh.path(".ssh/id_ed25519").toString(),
                "-p",
                "" + ssh.port,
                "127.0.0.1",
                "true"));
        assertThat(Files.readString(file)).isEqualTo(Files.readString(theirs));
        // And what was written is known from then on, to us and to ssh.
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
    }

    @Test
    void acceptNewHashesWhenConfigured() throws Exception {
        ssh.write(".ssh/config", "HashKnownHosts yes");
        Path file = ssh.path(".ssh/known_hosts");
        Files.writeString(file, "# no newline at the end");
        assertThat(whoami(ssh.options().withHostKeys(HostKeys.ACCEPT_NEW), ssh.target()))
                .isEqualTo(ssh.user);
        assertThat(Files.readString(file))
                .startsWith("# no newline at the end\n|1|")
                .endsWith(ssh.key("host_ed25519") + "\n");
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
        assertThat(ssh.run(List.of("ssh-keygen", "-f", file.toString(), "-F", ssh.name())))
                .contains("found: line 2");
    }

    @Test
    void hashedKnownHostsAreUnderstood() throws Exception {
        ssh.run(List.of(
                "ssh-keygen", "-q", "-H", "-f", ssh.path(".ssh/known_hosts").toString()));
        assertThat(Files.readString(ssh.path(".ssh/known_hosts"))).startsWith("|1|");
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
    }

    @Test
    void aRevokedKeyIsRefusedOnAnyPort() throws Exception {
        ssh.write(
                ".ssh/known_hosts",
                "@revoked * " + ssh.key("host_ed25519") + "\n" + ssh.name() + " " + ssh.key("host_ed25519"));
        for (HostKeys mode : HostKeys.values()) {
            assertThat(failure(ssh.options().withHostKeys(mode), ssh.target()))
                    .contains("revoked in known_hosts line 1");
        }
    }

    @Test
    void hostCertificatesAreChecked() throws Exception {
        ssh.keygen("ca", "ed25519");
        ssh.run(List.of(
                "ssh-keygen",
                "-q",
                "-s",
                ssh.path("ca").toString(),
                "-I",
                "pve1",
                "-h",
                "-n",
                "pve1.example",
                ssh.path("host_ed25519.pub").toString()));
        ssh.close();
        ssh.start("HostCertificate " + ssh.path("host_ed25519-cert.pub"));
        ssh.write(".ssh/known_hosts", "@cert-authority * " + ssh.key("ca"));
        assertThat(failure(ssh.target())).contains("certificate").contains("pve1.example");
        ssh.write(".ssh/config", "HostKeyAlias pve1.example");
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
        ssh.write(".ssh/known_hosts", "@cert-authority * " + ssh.key("ca") + "\n@revoked * " + ssh.key("ca"));
        assertThat(failure(ssh.target())).contains("revoked");
        ssh.write(".ssh/known_hosts", "@cert-authority * " + ssh.key("ca") + "\n@revoked * " + ssh.key("host_ed25519"));
        assertThat(failure(ssh.target())).contains("revoked");
        ssh.write(".ssh/known_hosts", "@cert-authority other " + ssh.key("ca"));
        assertThat(failure(ssh.target())).contains("not known");
    }

    @Test
    void anExpiredHostCertificateIsRefused() throws Exception {
        ssh.keygen("ca", "ed25519");
        ssh.run(List.of(
                "ssh-keygen",
                "-q",
                "-s",
                ssh.path("ca").toString(),
                "-I",
                "pve1",
                "-h",
                "-n",
                "127.0.0.1",
                "-V",
                "20200101:20200102",
                ssh.path("host_ed25519.pub").toString()));
        ssh.close();
        ssh.start("HostCertificate " + ssh.path("host_ed25519-cert.pub"));
        ssh.write(".ssh/known_hosts", "@cert-authority * " + ssh.key("ca"));
        assertThat(failure(ssh.target())).contains("expired");
    }

    @Test
    void theKnownKeyTypeIsAskedFor() throws Exception {
        ssh.keygen("host_rsa", "rsa");
        ssh.keygen("host_ecdsa", "ecdsa");
        ssh.close();
        ssh.start("HostKey " + ssh.path("host_rsa"), "HostKey " + ssh.path("host_ecdsa"));
        for (String type : List.of("rsa", "ecdsa", "ed25519")) {
            ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("host_" + type));
            assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
        }
    }

    @Test
    void aHostKnownWithoutItsPortIsKnown() throws Exception {
        ssh.write(".ssh/known_hosts", "127.0.0.1 " + ssh.key("host_ed25519"));
        assertThat(whoami(ssh.target())).isEqualTo(ssh.user);
    }

    @Test
    void jumpHostsFormAChain() throws Exception {
        try (OpenSsh second = new OpenSsh(home);
                OpenSsh third = new OpenSsh(home)) {
            second.start();
            third.start();
            ssh.write(".ssh/config", """
                    Host a
                      HostName 127.0.0.1
                      Port %d
                    Host b
                      HostName localhost
                      Port %d
                      HostKeyAlias b
                    Host pve1
                      HostName localhost
                      Port %d
                      HostKeyAlias pve1
                      ProxyJump a,b
                    """.formatted(ssh.port, second.port, third.port));
            ssh.write(
                    ".ssh/known_hosts",
                    "%s %4$s\nb %4$s\npve1 %4$s".formatted(ssh.name(), "", "", ssh.key("host_ed25519")));
            try (SshConnector connector = SshConnector.of(ssh.options());
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Integer>> visits = new ArrayList<>();
                for (int i = 0; i < 25; i++) {
                    visits.add(() -> {
                        try (Connection connection = connector.open(OpenSsh.target("pve1", 0), phase -> {})) {
                            return connection
                                    .execute(OpenSsh.command("head -c 300000 /dev/zero"))
                                    .stdout()
                                    .length;
                        }
                    });
                }
                for (Future<Integer> visit : threads.invokeAll(visits)) {
                    assertThat(visit.get()).isEqualTo(300_000);
                }
            }
            assertThat(ssh.log().lines().filter(line -> line.contains("Accepted publickey")))
                    .hasSize(1);
            assertThat(second.log().lines().filter(line -> line.contains("Accepted publickey")))
                    .hasSize(1);
            assertThat(third.log().lines().filter(line -> line.contains("Accepted publickey")))
                    .hasSize(25);

            ssh.write(".ssh/known_hosts", "%s %s\npve1 %2$s".formatted(ssh.name(), ssh.key("host_ed25519")));
            assertThat(failure(OpenSsh.target("pve1", 0))).startsWith("jump host b: b's host key is not known");
            ssh.write(".ssh/known_hosts", "%s %s\nb %2$s".formatted(ssh.name(), ssh.key("host_ed25519")));
            assertThat(failure(OpenSsh.target("pve1", 0))).startsWith("pve1's host key is not known");
            ssh.write(".ssh/known_hosts", "%s %s\nb %2$s".formatted(ssh.name(), ssh.key("host_ed25519")));
            ssh.write(".ssh/config", Files.readString(ssh.path(".ssh/config")).replace("Port " + third.port, "Port 1"));
            assertThat(failure(OpenSsh.target("pve1", 0))).startsWith("jump host b cannot reach localhost port 1:");
        }
    }

    @Test
    void aHundredMegabytesAreCutAtTheLimit() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            Execution execution = connection.execute(new Command(
                    "head -c 100000000 /dev/zero", new byte[0], new byte[0], 1_000_000, Duration.ofSeconds(20)));
            assertThat(execution.truncated()).isTrue();
            assertThat(execution.stdout()).hasSize(1_000_000);
            assertThat(execution.ended()).isEqualTo("it printed more than 1000000 bytes");
            assertThat(execution.exit()).isEmpty();
            Execution whole = connection.execute(new Command(
                    "head -c 100000000 /dev/zero", new byte[0], new byte[0], 200_000_000, Duration.ofSeconds(20)));
            assertThat(whole.stdout()).hasSize(100_000_000);
            assertThat(whole.exit()).hasValue(0);
        }
    }

    @Test
    void inputThatIsNeverReadDoesNotBlock() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            Execution execution = connection.execute(
                    new Command("sleep 30", new byte[20_000_000], new byte[0], 1000, Duration.ofSeconds(2)));
            assertThat(execution.ended()).isEqualTo("it did not finish within 2 s");
            assertThat(connection.execute(OpenSsh.command("echo still here")).stdout())
                    .asString()
                    .isEqualTo("still here\n");
            Execution all = connection.execute(
                    new Command("wc -c", new byte[20_000_000], new byte[0], 1000, Duration.ofSeconds(20)));
            assertThat(all.stdout()).asString().isEqualTo("20000000\n");
        }
    }

    @Test
    void signalsAndNoiseOnStandardErrorAreTold() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            assertThat(connection.execute(OpenSsh.command("kill -TERM $$")).ended())
                    .isEqualTo("it was ended by signal TERM");
            Execution noisy = connection.execute(OpenSsh.command("head -c 1000000 /dev/zero >&2; exit 5"));
            assertThat(noisy.stderr()).hasSize(64 << 10);
            assertThat(noisy.exit()).hasValue(5);
        }
    }

    @Test
    void aConnectionThatDiesInMidCommandIsTold() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            Execution execution = connection.execute(OpenSsh.command("echo begun; sleep 0.5; kill -9 $PPID; sleep 20"));
            assertThat(execution.ended()).startsWith("the connection to 127.0.0.1:" + ssh.port + " was lost: ");
            assertThat(execution.stdout()).asString().isEqualTo("begun\n");
            assertThatThrownBy(() -> connection.execute(OpenSsh.command("true")))
                    .isInstanceOf(NodeException.class)
                    .hasMessageContaining("lost");
        }
    }

    @Test
    void aSilentPeerIsNoticedByKeepalives() throws Exception {
        ssh.write(".ssh/config", "ServerAliveInterval 1\nServerAliveCountMax 1");
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            long start = System.nanoTime();
            Execution execution = connection.execute(OpenSsh.command("kill -STOP $PPID; sleep 20"));
            assertThat(execution.ended()).contains("was lost: it stopped answering keepalives");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
        }
    }

    @Test
    void aServerThatHangsInAuthenticationIsGivenUp() throws Exception {
        SshOptions options = ssh.options()
                .withTimeouts(new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(1)));
        // A stopped sshd child is what a hung /etc/pve looks like from here.
        try (SshConnector connector = SshConnector.of(options)) {
            NodeException problem = catchThrowableOfType(
                    NodeException.class,
                    () -> connector.open(ssh.target(), phase -> {
                        if (phase == Phase.AUTHENTICATE) {
                            ssh.signalChildren("STOP");
                        }
                    }));
            assertThat(problem.phase()).isEqualTo(Phase.AUTHENTICATE);
            assertThat(problem.why())
                    .startsWith("authentication of " + ssh.user
                            + "@127.0.0.1 did not finish within 1 s: on Proxmox VE a hung /etc/pve");
        }
    }

    @Test
    void anInterruptEndsACommand() throws Exception {
        try (SshConnector connector = SshConnector.of(ssh.options());
                Connection connection = connector.open(ssh.target(), phase -> {})) {
            Thread me = Thread.currentThread();
            Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(500);
                } catch (InterruptedException e) {
                    return;
                }
                me.interrupt();
            });
            Execution execution = connection.execute(OpenSsh.command("sleep 20"));
            assertThat(execution.ended()).isEqualTo("interrupted");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private void agent() throws Exception {
        Path socket = ssh.path("agent.sock");
        ssh.helper("ssh-agent", "-D", "-a", socket.toString());
        for (int i = 0; i < 100 && !Files.exists(socket); i++) {
            Thread.sleep(20);
        }
        ssh.variables.put("SSH_AUTH_SOCK", socket.toString());
    }

    private void trust() throws IOException {
        ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("host_ed25519"));
    }

    private String whoami(Target target) throws Exception {
        return whoami(ssh.options(), target);
    }

    private static String whoami(SshOptions options, Target target) throws Exception {
        try (SshConnector connector = SshConnector.of(options);
                Connection connection = connector.open(target, phase -> {})) {
            Execution execution = connection.execute(OpenSsh.command("id -un"));
            assertThat(execution.ended()).isNull();
            return new String(execution.stdout(), StandardCharsets.UTF_8).strip();
        }
    }

    private String failure(Target target) throws Exception {
        return failure(ssh.options(), target);
    }

    private static String failure(SshOptions options, Target target) throws Exception {
        try (SshConnector connector = SshConnector.of(options)) {
            NodeException problem = catchThrowableOfType(
                    NodeException.class,
                    () -> connector.open(target, phase -> {}).close());
            assertThat(problem).isNotNull();
            return problem.why();
        }
    }

    private interface Answer {
        String answer(Path file, int attempt) throws Exception;
    }

    private static Prompter prompter(Answer answer) {
        return new Prompter() {
            @Override
            public Secret password(String login) throws IOException {
                throw new IOException("not expected");
            }

            @Override
            public Secret passphrase(Path keyFile, int attempt) throws IOException {
                try {
                    return Secret.of(answer.answer(keyFile, attempt).toCharArray());
                } catch (Exception e) {
                    throw new IOException(e);
                }
            }
        };
    }
}
