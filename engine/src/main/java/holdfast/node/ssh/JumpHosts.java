package holdfast.node.ssh;

import holdfast.node.NodeException;
import holdfast.node.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.sshd.client.session.ClientSession;
import org.jspecify.annotations.Nullable;

/**
 * The jump hosts of a run: one connection to each, kept until the end. One that cannot be reached is not tried
 * again, so that a fleet behind it does not knock a hundred times.
 */
final class JumpHosts {

    static final int TUNNEL_LIMIT = 10;

    private final Opener opener;
    private final Map<Key, CompletableFuture<Jump>> jumps = new HashMap<>();

    JumpHosts(Opener opener) {
        this.opener = opener;
    }

    /** Opens a session to a jump host, itself perhaps through another. */
    interface Opener {
        Opened open(HostSettings host, @Nullable Jump via) throws NodeException;
    }

    /** A session and what was noted about it. */
    record Opened(ClientSession session, Visit visit) {}

    /** A connected jump host. */
    record Jump(HostSettings host, ClientSession session, Visit visit, Semaphore tunnels) {

        /** Waits for one of the host's few tunnels. */
        void enter(java.time.Duration patience) throws InterruptedException, TimeoutException {
            if (!tunnels.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
        }

        void leave() {
            tunnels.release();
        }
    }

    private record Key(
            String user, String host, int port, @Nullable Key via) {}

    /** The last jump host of a chain, connected. */
    Jump through(List<HostSettings> chain) throws NodeException, InterruptedException {
        Jump last = null;
        Key key = null;
        for (HostSettings hop : chain) {
            key = new Key(hop.user(), hop.host(), hop.port(), key);
            last = connected(key, hop, last);
        }
        if (last == null) {
            throw new IllegalArgumentException("an empty chain");
        }
        return last;
    }

    private Jump connected(Key key, HostSettings hop, @Nullable Jump via) throws NodeException, InterruptedException {
        CompletableFuture<Jump> mine = new CompletableFuture<>();
        CompletableFuture<Jump> shared;
        boolean first = false;
        synchronized (jumps) {
            shared = jumps.get(key);
            if (shared == null || isLost(shared)) {
                jumps.put(key, mine);
                shared = mine;
                first = true;
            }
        }
        if (first) {
            try {
                Opened opened = opener.open(hop, via);
                mine.complete(new Jump(hop, opened.session(), opened.visit(), new Semaphore(TUNNEL_LIMIT, true)));
            } catch (NodeException e) {
                mine.completeExceptionally(e);
            } catch (RuntimeException | Error e) {
                mine.completeExceptionally(e);
                throw e;
            } finally {
                if (Thread.currentThread().isInterrupted()) {
                    synchronized (jumps) {
                        jumps.remove(key, mine);
                    }
                }
            }
        }
        try {
            return shared.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NodeException problem) {
                throw new NodeException(problem, Phase.CONNECT, "jump host %s: %s", hop.alias(), problem.why());
            }
            throw new NodeException(e, Phase.CONNECT, "jump host %s: %s", hop.alias(), Failures.reason(e));
        }
    }

    private static boolean isLost(CompletableFuture<Jump> future) {
        return future.isDone()
                && !future.isCompletedExceptionally()
                && !future.join().session().isOpen();
    }

    /** The jump hosts on the way to a host, nearest first. */
    static List<HostSettings> chain(HostSettings target, SshConfig config) throws SshConfigException {
        List<HostSettings> chain = new ArrayList<>();
        extend(chain, target, target.jumps(), config, 0);
        return chain;
    }

    private static void extend(
            List<HostSettings> chain, HostSettings target, List<String> jumps, SshConfig config, int depth)
            throws SshConfigException {
        if (depth > 8) {
            throw new SshConfigException(
                    "ProxyJump of %s leads through more than 8 hosts, or in a circle".formatted(target.alias()));
        }
        boolean nearest = true;
        for (String text : jumps) {
            Hop hop = Hop.parse(text).orElseThrow(() -> new SshConfigException("ProxyJump: '" + text + "'"));
            HostSettings settings = config.resolve(hop.host(), hop.port(), hop.user());
            if (settings.host().equalsIgnoreCase(target.host()) && settings.port() == target.port()) {
                // "Host *" with a ProxyJump covers the jump host too.
                continue;
            }
            if (nearest) {
                // As ssh -J does: only the nearest one's own ProxyJump counts.
                extend(chain, settings, settings.jumps(), config, depth + 1);
                nearest = false;
            }
            chain.add(settings);
        }
    }

    void close() {
        synchronized (jumps) {
            for (CompletableFuture<Jump> jump : jumps.values()) {
                if (jump.isDone() && !jump.isCompletedExceptionally()) {
                    jump.join().session().close(true);
                }
            }
            jumps.clear();
        }
    }
}
