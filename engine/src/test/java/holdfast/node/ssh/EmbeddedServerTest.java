package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.node.Connection;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.auth.keyboard.DefaultKeyboardInteractiveAuthenticator;
import org.apache.sshd.server.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.shell.ProcessShellCommandFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The connector against MINA's own server, where a password can be tried, and against listeners that say nothing. */
@Timeout(60)
class EmbeddedServerTest {

    @TempDir
    Path home;

    private final SshServer server = SshServer.setUpDefaultServer();
    private final List<String> attempts = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();

    @BeforeEach
    void start() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        KeyPair key = generator.generateKeyPair();
        server.setHost("127.0.0.1");
        server.setKeyPairProvider(KeyPairProvider.wrap(key));
        server.setPublickeyAuthenticator((user, offered, session) -> false);
        server.setPasswordAuthenticator((user, password, session) -> {
            attempts.add(password);
            return password.equals("right");
        });
        server.setCommandFactory(ProcessShellCommandFactory.INSTANCE);
    }

    @AfterEach
    void stop() throws Exception {
        server.stop(true);
    }

    @Test
    void aPasswordLogsInAndIsAskedForOnce() throws Exception {
        serve(UserAuthPasswordFactory.INSTANCE);
        try (SshConnector connector = SshConnector.of(options("right").withAskPassword(true))) {
            for (int i = 0; i < 3; i++) {
                try (Connection connection = connector.open(target(server.getPort()), phase -> {})) {
                    assertThat(connection.execute(OpenSsh.command("echo in")).stdout())
                            .asString()
                            .isEqualTo("in\n");
                }
            }
        }
        assertThat(asked).hasValue(1);
    }

    /** Behind a firewall that drops, a connect hangs until it is given up; nobody else may wait for that. */
    @Test
    void hostsThatSwallowConnectsHoldUpNoOther() throws Exception {
        serve(UserAuthPasswordFactory.INSTANCE);
        List<SocketChannel> queue = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                SshConnector connector = SshConnector.of(options("right").withAskPassword(true))) {
            // Its queue is full: the kernel drops what comes after.
            for (int i = 0; i < 6; i++) {
                SocketChannel one = SocketChannel.open();
                one.configureBlocking(false);
                one.connect(full.getLocalSocketAddress());
                queue.add(one);
            }
            List<String> troubles = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 12; i++) {
                waiting.add(Thread.ofPlatform().daemon().start(() -> {
                    try (Connection none = connector.open(target(full.getLocalPort()), phase -> {})) {
                        troubles.add("connected: " + none);
                    } catch (NodeException e) {
                        troubles.add(e.phase() + ": " + e.why());
                    }
                }));
            }
            Thread.sleep(200);
            assertThat(waiting).allMatch(Thread::isAlive);
            try (Connection connection = connector.open(target(server.getPort()), phase -> {})) {
                assertThat(connection.user()).isEqualTo("me");
                assertThat(waiting).as("they wait still").allMatch(Thread::isAlive);
            }
            for (Thread thread : waiting) {
                thread.join();
            }
            assertThat(troubles).hasSize(12).allMatch(why -> why.startsWith("CONNECT: ") && why.contains("no answer"));
        } finally {
            for (SocketChannel one : queue) {
                one.close();
            }
        }
    }

    @Test
    void aKeyboardInteractiveQuestionIsAnswered() throws Exception {
        server.setKeyboardInteractiveAuthenticator(DefaultKeyboardInteractiveAuthenticator.INSTANCE);
        serve(UserAuthKeyboardInteractiveFactory.INSTANCE);
        try (SshConnector connector = SshConnector.of(options("right").withAskPassword(true));
                Connection connection = connector.open(target(server.getPort()), phase -> {})) {
            assertThat(connection.user()).isEqualTo("me");
        }
    }

    @Test
    void aWrongPasswordIsSentOnceOnly() throws Exception {
        server.setKeyboardInteractiveAuthenticator(DefaultKeyboardInteractiveAuthenticator.INSTANCE);
        serve(UserAuthPasswordFactory.INSTANCE, UserAuthKeyboardInteractiveFactory.INSTANCE);
        assertThat(failure(options("wrong").withAskPassword(true), server.getPort())
                        .why())
                .contains("permission denied (offered: the password; server accepts password,keyboard-interactive)");
        assertThat(attempts).containsExactly("wrong");
    }

    @Test
    void withoutBeingAskedToNoPasswordIsTried() throws Exception {
        serve(UserAuthPasswordFactory.INSTANCE);
        assertThat(failure(options("right"), server.getPort()).why())
                .contains("nothing offered; server accepts password)");
        assertThat(attempts).isEmpty();
        assertThat(asked).hasValue(0);
    }

    @Test
    void aListenerThatSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            long start = System.nanoTime();
            NodeException problem = failure(
                    options("x")
                            .withTimeouts(
                                    new Timeouts(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(5))),
                    mute.getLocalPort());
            assertThat(problem.phase()).isEqualTo(Phase.CONNECT);
            assertThat(problem.why()).contains("did not finish the SSH key exchange within 1 s");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void aClosedPortAndAnUnknownNameAreTold() throws Exception {
        NodeException refused = failure(options("x"), OpenSsh.freePort());
        assertThat(refused.phase()).isEqualTo(Phase.CONNECT);
        assertThat(refused.why()).contains("connection refused");
        try (SshConnector connector = SshConnector.of(options("x"))) {
            NodeException unknown = catchThrowableOfType(
                    NodeException.class, () -> connector.open(target("no-such-host.invalid", 22), phase -> {}));
            assertThat(unknown.phase()).isEqualTo(Phase.RESOLVE);
            assertThat(unknown.why()).contains("no-such-host.invalid");
        }
    }

    @Test
    void anInterruptEndsTheWaitForALogin() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                SshConnector connector = SshConnector.of(options("x").withTimeouts(Timeouts.standard()))) {
            Thread me = Thread.currentThread();
            NodeException problem = catchThrowableOfType(
                    NodeException.class,
                    () -> connector.open(target(mute.getLocalPort()), phase -> {
                        if (phase == Phase.HOST_KEY) {
                            me.interrupt();
                        }
                    }));
            assertThat(problem.why()).isEqualTo("interrupted");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void aProxyCommandIsAClearError() throws Exception {
        Files.createDirectories(home.resolve(".ssh"));
        Files.writeString(home.resolve(".ssh/config"), "Host *\n  ProxyCommand nc %h %p\n");
        assertThat(failure(options("x"), 22).why())
                .contains("config:2: ProxyCommand")
                .contains("use ProxyJump");
    }

    private void serve(UserAuthFactory... methods) throws IOException {
        server.setUserAuthFactories(List.of(methods));
        server.start();
    }

    private SshOptions options(String password) {
        SshEnvironment environment = new SshEnvironment(home, "me", name -> Optional.empty());
        return SshOptions.of(environment, text -> {})
                .withConfigFiles(List.of(home.resolve(".ssh/config")))
                .withHostKeys(HostKeys.ACCEPT_NEW)
                .withTimeouts(new Timeouts(Duration.ofSeconds(3), Duration.ofSeconds(10), Duration.ofSeconds(5)))
                .withPrompter(new Prompter() {
                    @Override
                    public Secret password(String login) {
                        asked.incrementAndGet();
                        return Secret.of(password.toCharArray());
                    }

                    @Override
                    public Secret passphrase(Path keyFile, int attempt) throws IOException {
                        throw new IOException("not expected");
                    }
                });
    }

    private static NodeException failure(SshOptions options, int port) throws Exception {
        try (SshConnector connector = SshConnector.of(options)) {
            List<Phase> phases = new ArrayList<>();
            return catchThrowableOfType(
                    NodeException.class,
                    () -> connector.open(target(port), phases::add).close());
        }
    }

    private static Target target(int port) {
        return target("127.0.0.1", port);
    }

    private static Target target(String host, int port) {
        return new Target("node", host, OptionalInt.of(port), Optional.empty(), Optional.empty(), false, false);
    }
}
