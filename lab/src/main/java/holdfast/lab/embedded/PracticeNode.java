package holdfast.lab.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.server.SshServer;

/**
 * One embedded node: an SSH server on loopback that runs what it is sent with the real {@code /bin/sh}, in a
 * private directory. It lets in one key as any user.
 */
public final class PracticeNode implements AutoCloseable {

    private final String name;
    private final Tree tree;
    private final SshServer server;
    private final KeyPair hostKey;
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);

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
            if (node.faults.stream().anyMatch(Fault.HangInAuthentication.class::isInstance)) {
                node.hang();
            }
            return KeyUtils.compareKeys(key, login);
        });
        server.setCommandFactory((channel, command) -> new TreeCommand(node.tree, command, node.faults, node.commands));
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
        return List.copyOf(commands);
    }

    /** Puts a file into the node, {@code /etc/…}, or a stand-in's answer, {@code /state/…}. */
    public PracticeNode file(String path, String content) {
        try {
            tree.write(path, content);
            return this;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A relative link, as pmxcfs has them. */
    PracticeNode link(String path, String target) {
        try {
            tree.link(path, target);
            return this;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Takes a file away. */
    public PracticeNode without(String path) {
        try {
            tree.delete(path);
            return this;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public PracticeNode fault(Fault fault) {
        faults.add(fault);
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

    private void stop() {
        closed.countDown();
        try {
            server.stop(true);
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    @Override
    public void close() {
        stop();
        tree.remove();
    }
}
