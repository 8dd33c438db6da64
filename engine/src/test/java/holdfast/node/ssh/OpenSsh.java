package holdfast.node.ssh;

import holdfast.node.Command;
import holdfast.node.Target;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A directory with keys, a real sshd on loopback, and the options of a client beside it. */
final class OpenSsh implements AutoCloseable {

    static final Path SSHD = Path.of("/usr/sbin/sshd");

    final Path home;
    final List<String> notices = new CopyOnWriteArrayList<>();
    final Map<String, String> variables = new HashMap<>();
    final String user = System.getProperty("user.name");
    int port;
    private final List<Process> processes = new ArrayList<>();

    OpenSsh(Path home) {
        this.home = home;
    }

    static void assumeInstalled() {
        for (String program : List.of("/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/ssh-agent")) {
            Assumptions.assumeTrue(
                    Files.isExecutable(Path.of(program)), program + " is missing: apt-get install openssh-client");
        }
        Assumptions.assumeTrue(Files.isExecutable(SSHD), SSHD + " is missing: apt-get install openssh-server");
    }

    /** A host key, a user key that may log in, a running sshd, and a known_hosts that has it. */
    static OpenSsh started(Path home, String... settings) throws Exception {
        assumeInstalled();
        OpenSsh ssh = new OpenSsh(home);
        Files.createDirectories(
                ssh.path(".ssh"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ssh.keygen("host_ed25519", "ed25519");
        ssh.keygen(".ssh/id_ed25519", "ed25519");
        ssh.authorize(".ssh/id_ed25519.pub");
        ssh.start(settings);
        ssh.write(".ssh/known_hosts", ssh.name() + " " + ssh.key("host_ed25519"));
        return ssh;
    }

    Path path(String name) {
        return home.resolve(name);
    }

    String name() {
        return "[127.0.0.1]:" + port;
    }

    /** Type and base64 of a public key. */
    String key(String name) throws IOException {
        String[] words = Files.readString(path(name + ".pub")).split(" ", 3);
        return words[0] + " " + words[1].strip();
    }

    void keygen(String name, String type, String... more) throws Exception {
        List<String> line = new ArrayList<>(
                List.of("ssh-keygen", "-q", "-t", type, "-f", path(name).toString(), "-C", name));
        if (!List.of(more).contains("-N")) {
            line.addAll(List.of("-N", ""));
        }
        line.addAll(List.of(more));
        run(line);
    }

    void authorize(String publicKey) throws IOException {
        Path file = path("authorized_keys");
        String before = Files.exists(file) ? Files.readString(file) : "";
        Files.writeString(file, before + Files.readString(path(publicKey)));
    }

    void write(String name, String text) throws IOException {
        Files.writeString(path(name), text.endsWith("\n") ? text : text + "\n");
    }

    String run(List<String> line) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().putAll(variables);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException(line + " failed: " + output);
        }
        return output;
    }

    /** Starts an sshd with the host key and, before the usual settings, these. */
    void start(String... settings) throws Exception {
        int free = freePort();
        port = free;
        List<String> config = new ArrayList<>(List.of(settings));
        config.addAll(List.of(
                "Port " + free,
                "ListenAddress 127.0.0.1",
                "HostKey " + path("host_ed25519"),
                "AuthorizedKeysFile " + path("authorized_keys"),
                "PidFile none",
                "StrictModes no",
                "UsePAM no",
                "PermitRootLogin prohibit-password",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "LogLevel VERBOSE"));
        String name = "sshd_" + free;
        write(name, String.join("\n", config));
        Files.createDirectories(Path.of("/run/sshd"));
        Process sshd = new ProcessBuilder(
                        SSHD.toString(),
                        "-D",
                        "-E",
                        path(name + ".log").toString(),
                        "-f",
                        path(name).toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        processes.add(sshd);
        for (int i = 0; i < 100; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), free), 200);
                return;
            } catch (IOException e) {
                if (!sshd.isAlive()) {
                    throw new IOException("sshd: " + log());
                }
                Thread.sleep(50);
            }
        }
        throw new IOException("sshd did not start: " + log());
    }

    String log() throws IOException {
        return Files.readString(path("sshd_" + port + ".log"));
    }

    /** Starts a helper that ends with this object. */
    Process helper(String... line) throws IOException {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    /** Sends a signal to the processes that serve connections. */
    void signalChildren(String signal) {
        for (Process process : processes) {
            process.descendants().forEach(child -> {
                try {
                    run(List.of("kill", "-" + signal, Long.toString(child.pid())));
                } catch (Exception e) {
                    // The child that served the look whether sshd listens goes when it likes.
                    if (child.isAlive()) {
                        throw new IllegalStateException(e);
                    }
                }
            });
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    SshOptions options() {
        SshEnvironment environment = new SshEnvironment(home, user, name -> Optional.ofNullable(variables.get(name)));
        return SshOptions.of(environment, notices::add)
                .withConfigFiles(List.of(path(".ssh/config")))
                .withPrompter(Prompter.none());
    }

    Target target() {
        return target("127.0.0.1", port);
    }

    static Target target(String host, int port) {
        return new Target(
                "pve1",
                host,
                port == 0 ? OptionalInt.empty() : OptionalInt.of(port),
                Optional.empty(),
                Optional.empty(),
                false,
                false);
    }

    Target withKey(String key) {
        return new Target(
                "pve1", "127.0.0.1", OptionalInt.of(port), Optional.empty(), Optional.of(path(key)), false, false);
    }

    static Command command(String line) {
        return new Command(line, new byte[0], new byte[0], 1 << 20, Duration.ofSeconds(20));
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        processes.clear();
    }
}
