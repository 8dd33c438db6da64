package holdfast.lab.embedded;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.server.SshServer;
import org.jspecify.annotations.Nullable;

/**
 * One embedded node: an SSH server on loopback that runs what it is sent with the real {@code /bin/sh}, in a
 * private directory, and never outside of it. It lets in one key as any user.
 */
public final class PracticeNode implements AutoCloseable {

    private final String name;
    private final Tree tree;
    private final SshServer server;
    private final KeyPair hostKey;
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<Received> commands = new CopyOnWriteArrayList<>();
    private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
    private final Set<Process> running = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean recording;
    private @Nullable PracticeApi api;

    /** A command line and when it came. */
    public record Received(Instant at, String line) {}

    /** More than a test's runs print; whoever prints more than this is told, so that nobody looks through a part. */
    private static final int RECORDED_LIMIT = 64 * 1024 * 1024;

    /** One command: its line, what was sent to its standard input, and all that it printed on both streams. */
    public static final class Exchange {
        private final String line;
        private final String input;
        private final boolean kept;
        private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        private boolean cut;

        private Exchange(String line, String input, boolean kept) {
            this.line = line;
            this.input = input;
            this.kept = kept;
        }

        public String line() {
            return line;
        }

        public String input() {
            return input;
        }

        /** As Latin-1, a character for each byte. */
        public synchronized String printed() {
            if (cut) {
                throw new IllegalStateException("a command printed more than is recorded");
            }
            return printed.toString(StandardCharsets.ISO_8859_1);
        }

        private synchronized void printed(byte[] bytes, int start, int length) {
            cut |= printed.size() + length > RECORDED_LIMIT;
            if (!cut) {
                printed.write(bytes, start, length);
            }
        }

        /** A stream that writes down what goes through it. */
        OutputStream copying(OutputStream to) {
            return kept ? new Copying(to, this) : to;
        }
    }

    private static final class Copying extends FilterOutputStream {
        private final Exchange exchange;

        Copying(OutputStream to, Exchange exchange) {
            super(to);
            this.exchange = exchange;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            exchange.printed(bytes, start, length);
            out.write(bytes, start, length);
        }
    }

    private PracticeNode(String name, Tree tree, SshServer server, KeyPair hostKey) {
        this.name = name;
        this.tree = tree;
        this.server = server;
        this.hostKey = hostKey;
    }

    /**
     * Starts a node.
     *
     * @param name its host name
     * @param directory where its files go; removed on close
     * @param login the key that may log in
     */
    public static PracticeNode start(String name, Path directory, PublicKey login) throws IOException {
        KeyPair hostKey = newKey();
        SshServer server = SshServer.setUpDefaultServer();
        PracticeNode node = new PracticeNode(name, new Tree(directory), server, hostKey);
        server.setHost("127.0.0.1");
        server.setPort(0);
        server.setNioWorkers(1);
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setPublickeyAuthenticator((user, key, session) -> {
            List<Fault> faults = node.faults();
            if (faults.stream().anyMatch(Fault.HangInAuthentication.class::isInstance)) {
                node.hang();
            }
            if (faults.stream().anyMatch(Fault.CutOff.class::isInstance)) {
                session.close(true);
                return false;
            }
            return faults.stream().noneMatch(Fault.RefuseLogins.class::isInstance) && KeyUtils.compareKeys(key, login);
        });
        server.setCommandFactory((channel, command) -> new TreeCommand(node, node.tree, command));
        server.start();
        return node;
    }

    /** A fresh ed25519 key pair. */
    public static KeyPair newKey() {
        try {
            return SecurityUtils.getKeyPairGenerator(SecurityUtils.ED25519).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no ed25519 in this process", e);
        }
    }

    private void hang() {
        try {
            // Ends when the node is closed; five minutes is more than any client waits.
            if (!closed.await(5, TimeUnit.MINUTES)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String name() {
        return name;
    }

    public int port() {
        return server.getPort();
    }

    public PublicKey hostKey() {
        return hostKey.getPublic();
    }

    /** Every command line that was received, as it came. */
    public List<String> commands() {
        return commands.stream().map(Received::line).toList();
    }

    /** The same with the moments at which they came. */
    public List<Received> received() {
        return List.copyOf(commands);
    }

    void received(String line) {
        commands.add(new Received(Instant.now(), line));
    }

    /** From now on it keeps what goes over its connections, for {@link #exchanges}. */
    public PracticeNode record() {
        recording = true;
        return this;
    }

    /** What went over its connections since {@link #record}, in the order in which it began. */
    public List<Exchange> exchanges() {
        return List.copyOf(exchanges);
    }

    Exchange exchange(String line, byte[] input) {
        Exchange exchange =
                new Exchange(line, recording ? new String(input, StandardCharsets.ISO_8859_1) : "", recording);
        if (recording) {
            exchanges.add(exchange);
        }
        return exchange;
    }

    void runs(Process process) {
        running.removeIf(former -> !former.isAlive());
        running.add(process);
    }

    /** The faults that hold now. */
    List<Fault> faults() {
        return faults.stream().flatMap(this::holding).toList();
    }

    private Stream<Fault> holding(Fault fault) {
        return fault instanceof Fault.While(var file, var other)
                ? tree.matching(file).isEmpty() ? Stream.empty() : holding(other)
                : Stream.of(fault);
    }

    /** The files that a pattern with {@code *} in its names matches, by their paths on the node. */
    public List<String> matching(String pattern) {
        return tree.matching(pattern);
    }

    /** A file's text. */
    public String read(String path) {
        try {
            return Files.readString(tree.at(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether there is a file, a directory or a link. */
    public boolean has(String path) {
        return Files.exists(tree.at(path), LinkOption.NOFOLLOW_LINKS);
    }

    /** Every file with its mode and what is in it: to see that nothing was changed, or that everything came back. */
    public SortedMap<String, String> snapshot() {
        SortedMap<String, String> all = new TreeMap<>();
        try {
            for (Path file : tree.files()) {
                String content = Files.isSymbolicLink(file)
                        ? "-> " + Files.readSymbolicLink(file)
                        : Files.isRegularFile(file)
                                ? Files.readString(file, StandardCharsets.ISO_8859_1)
                                : "(answers nobody)";
                String mode = Files.isSymbolicLink(file)
                        ? ""
                        : PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
                all.put("/" + tree.root().relativize(file), mode + " " + content);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path root() {
        return tree.root();
    }

    /** Puts a file into the node, {@code /etc/…}, or a stand-in's answer, {@code /state/…}. */
    public PracticeNode file(String path, String content) {
        try {
            tree.write(path, content);
            if (path.startsWith("/etc/ssh/")) {
                // What is put there is in force at once, as if sshd had been reloaded.
                tree.write("/state/ssh.read", Instant.now().getEpochSecond() + "\n");
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A relative link, as pmxcfs has them. */
    PracticeNode link(String path, String target) {
        try {
            tree.link(path, target);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes a file away. */
    public PracticeNode without(String path) {
        try {
            tree.delete(path);
            if (path.startsWith("/etc/ssh/")) {
                tree.write("/state/ssh.read", Instant.now().getEpochSecond() + "\n");
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whoever reads a file below {@code /etc/pve} waits for ever, as with a hung pmxcfs; names are still listed. On a
     * genuine node root's login hangs then too: {@link Fault.HangInAuthentication}.
     */
    public PracticeNode hangClusterFiles() {
        return hang(true);
    }

    /** The files below {@code /etc/pve} are there again. */
    public PracticeNode resumeClusterFiles() {
        return hang(false);
    }

    private PracticeNode hang(boolean hung) {
        try {
            tree.hang("/etc/pve", hung);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public PracticeNode fault(Fault fault) {
        faults.add(fault);
        return this;
    }

    /** Everything is well again. */
    public PracticeNode withoutFaults() {
        faults.clear();
        return this;
    }

    /** The line of a known_hosts file that makes a client trust this node. */
    public String knownHostsLine() {
        return "[127.0.0.1]:" + port() + " " + org.apache.sshd.common.config.keys.PublicKeyEntry.toString(hostKey());
    }

    /** Stops listening, so that the port refuses connections. */
    public void refuse() {
        stop();
    }

    /** Serves the API with this certificate, which is the node's own from now on; the port on loopback. */
    int serveApi(Authority.Identity identity) throws IOException {
        PracticeApi former = api;
        if (former != null) {
            return former.port();
        }
        file("/etc/pve/local/pve-ssl.pem", identity.certificate());
        file("/state/served.pem", identity.certificate());
        PracticeApi started = PracticeApi.start(tree, identity);
        api = started;
        return started.port();
    }

    private void stop() {
        closed.countDown();
        PracticeApi running = api;
        if (running != null) {
            running.close();
        }
        try {
            server.stop(true);
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public void close() {
        stop();
        // The guard of a fix notices by itself that its file is gone.
        running.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
        tree.remove();
    }
}
