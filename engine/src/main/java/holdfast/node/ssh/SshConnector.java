package holdfast.node.ssh;

import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.HostKey;
import holdfast.node.HostKeyScanner;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Presented;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.text.Clean;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.sshd.client.session.ClientSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections over SSH as {@code ssh} would: by the user's configuration, with strict host keys, one attempt
 * per node, and a deadline for each phase. One client with few threads serves the whole run.
 */
public final class SshConnector implements Connector, HostKeyScanner {

    private static final Logger LOG = LoggerFactory.getLogger(SshConnector.class);

    private final SshOptions options;
    private final SshConfig config;
    private final Trust trust;
    private final Asker asker;
    private final Identities identities;
    private final JumpHosts jumps;
    private final Resolver resolver = new Resolver();
    private final Consumer<String> notices;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable Transport transport;

    private SshConnector(SshOptions options, SshConfig config, Consumer<String> notices) {
        this.options = options;
        this.config = config;
        this.notices = notices;
        this.trust = new Trust(options.hostKeys());
        this.asker = new Asker(options.prompter());
        this.identities = new Identities(asker, notices);
        this.jumps = new JumpHosts((host, via) -> connect(host, Optional.empty(), via, phase -> {}));
    }

    /**
     * Reads the ssh configuration; nothing is contacted.
     *
     * @throws SshConfigException naming the file and line of a mistake
     */
    public static SshConnector of(SshOptions options) throws SshConfigException {
        Set<String> told = ConcurrentHashMap.newKeySet();
        Consumer<String> once = text -> {
            if (told.add(text)) {
                options.notices().accept(text);
            }
        };
        return new SshConnector(options, SshConfig.read(options.configFiles(), options.environment(), once), once);
    }

    @Override
    public Connection open(Target target, Consumer<Phase> progress) throws NodeException {
        try {
            HostSettings host = config.resolve(target.host(), target.port(), target.user());
            return through(host, progress, (via, leave) -> {
                JumpHosts.Opened opened = connect(host, target.privateKey(), via, progress);
                return connection(opened, leave);
            });
        } catch (SshConfigException e) {
            throw new NodeException(e, Phase.RESOLVE, "%s", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Presented present(Target target, OptionalInt usualPort, Collection<String> types, Consumer<Phase> progress)
            throws NodeException {
        try {
            HostSettings host = settings(target, usualPort);
            Map<String, Presented.Sight> keys = new LinkedHashMap<>();
            String address = through(host, progress, (via, leave) -> {
                try {
                    return present(host, via, types, keys, progress);
                } finally {
                    leave.run();
                }
            });
            return new Presented(address, keys);
        } catch (SshConfigException e) {
            throw new NodeException(e, Phase.RESOLVE, "%s", String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Endpoint endpoint(Target target, OptionalInt usualPort) throws NodeException {
        try {
            HostSettings host = settings(target, usualPort);
            return new Endpoint(
                    host.host(),
                    host.port(),
                    host.knownHostsName(),
                    !host.jumps().isEmpty());
        } catch (SshConfigException e) {
            throw new NodeException(e, Phase.RESOLVE, "%s", String.valueOf(e.getMessage()));
        }
    }

    private HostSettings settings(Target target, OptionalInt usualPort) throws SshConfigException {
        HostSettings host = config.resolve(target.host(), target.port(), target.user());
        return host.portConfigured() || usualPort.isEmpty() ? host : host.withPort(usualPort.getAsInt());
    }

    /** Looks at one key after the other; the first one's trouble is the host's, that of others their own. */
    private String present(
            HostSettings host,
            JumpHosts.@Nullable Jump via,
            Collection<String> types,
            Map<String, Presented.Sight> keys,
            Consumer<Phase> progress)
            throws NodeException {
        String address = "";
        for (String type : types) {
            Sighting sighting = new Sighting(type);
            try {
                address = look(host, via, sighting, progress);
                keys.put(type, sight(host, sighting));
            } catch (NodeException e) {
                if (keys.isEmpty() || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                keys.put(type, new Presented.Untold(e.why()));
            }
        }
        return address;
    }

    private Presented.Sight sight(HostSettings host, Sighting sighting) {
        if (sighting.isAbsent()) {
            return new Presented.Absent(sighting.offered());
        }
        PublicKey key = sighting.key().join();
        byte[] blob = Blobs.of(Blobs.plain(key));
        return HostKey.of(sighting.type(), blob)
                .<Presented.Sight>map(known -> new Presented.Shown(known, trust.standing(host, key)))
                .orElseGet(() -> new Presented.Untold("%s presented a key that is not %s: %s"
                        .formatted(host.alias(), sighting.type(), Clean.line(Blobs.typeOf(blob), 40))));
    }

    /** One key exchange, as far as the key; returns the address that was reached. */
    private String look(HostSettings host, JumpHosts.@Nullable Jump via, Sighting sighting, Consumer<Phase> progress)
            throws NodeException {
        Duration limit = limit(host);
        Patience patience = new Patience(limit);
        ClientSession session = null;
        try {
            session = reach(host, via, () -> new Visit(host, sighting), patience, limit, progress)
                    .session();
            progress.accept(Phase.HOST_KEY);
            patience.await(sighting.key());
            return text((InetSocketAddress) session.getConnectAddress());
        } catch (TimeoutException e) {
            throw new NodeException(e, Phase.CONNECT, "%s", unfinished(host, limit));
        } catch (ExecutionException e) {
            if (sighting.isAbsent() && session != null) {
                return text((InetSocketAddress) session.getConnectAddress());
            }
            throw new NodeException(
                    e, Phase.CONNECT, "%s: the connection failed: %s", host.alias(), Failures.reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException(e, Phase.CONNECT, "interrupted");
        } finally {
            if (session != null) {
                session.close(true);
            }
        }
    }

    /** What is done with a host, once its jump hosts are connected. */
    private interface Work<T> {

        /**
         * @param via the nearest jump host; null without one
         * @param leave gives the jump host's tunnel back; the work's to call once it returns normally
         */
        T with(JumpHosts.@Nullable Jump via, Runnable leave) throws NodeException;
    }

    private <T> T through(HostSettings host, Consumer<Phase> progress, Work<T> work)
            throws NodeException, SshConfigException {
        try {
            if (host.proxyCommand().isPresent()) {
                throw new NodeException(
                        Phase.CONNECT,
                        "%s: ProxyCommand for %s is not supported, since it runs a local program: use ProxyJump",
                        host.proxyCommand().get(),
                        host.alias());
            }
            List<HostSettings> chain = JumpHosts.chain(host, config);
            for (HostSettings hop : chain) {
                if (hop.proxyCommand().isPresent()) {
                    throw new NodeException(
                            Phase.CONNECT,
                            "%s: ProxyCommand for jump host %s is not supported, since it runs a local program: use ProxyJump",
                            hop.proxyCommand().get(),
                            hop.alias());
                }
            }
            if (chain.isEmpty()) {
                return work.with(null, () -> {});
            }
            progress.accept(Phase.CONNECT);
            JumpHosts.Jump jump = jumps.through(chain);
            try {
                jump.enter(limit(host));
            } catch (TimeoutException e) {
                throw new NodeException(
                        e,
                        Phase.CONNECT,
                        "jump host %s was busy with %d other connections for %s: use fewer --forks",
                        jump.host().alias(),
                        JumpHosts.TUNNEL_LIMIT,
                        seconds(limit(host)));
            }
            AtomicBoolean left = new AtomicBoolean();
            Runnable leave = () -> {
                if (left.compareAndSet(false, true)) {
                    jump.leave();
                }
            };
            boolean handedOver = false;
            try {
                T done = work.with(jump, leave);
                handedOver = true;
                return done;
            } finally {
                if (!handedOver) {
                    leave.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException(e, Phase.CONNECT, "interrupted");
        }
    }

    private static Connection connection(JumpHosts.Opened opened, Runnable leave) {
        opened.session().addCloseFutureListener(future -> leave.run());
        return new SshConnection(opened.session(), opened.visit());
    }

    /** Connects, verifies and logs in, directly or through a jump host. */
    private JumpHosts.Opened connect(
            HostSettings host,
            Optional<java.nio.file.Path> privateKey,
            JumpHosts.@Nullable Jump via,
            Consumer<Phase> progress)
            throws NodeException {
        Phase phase = Phase.AUTHENTICATE;
        ClientSession session = null;
        boolean done = false;
        try {
            // What needs a person or a file comes first, while no server's clock is running.
            Optional<Secret> password = options.askPassword() ? Optional.of(password(host)) : Optional.empty();
            List<Identity> keys = host.publicKeys()
                    ? identities.of(host, privateKey, password.isPresent() ? 3 : Identities.OFFER_LIMIT)
                    : List.of();
            phase = Phase.HOST_KEY;
            Set<String> knownTypes = trust.knownTypes(host);

            phase = Phase.CONNECT;
            Duration limit = limit(host);
            Patience patience = new Patience(limit);
            JumpHosts.Opened reached =
                    reach(host, via, () -> visit(host, keys, password, knownTypes), patience, limit, progress);
            session = reached.session();
            Visit visit = reached.visit();
            phase = Phase.HOST_KEY;
            progress.accept(phase);
            await(host, phase, visit.secured, patience, limit, visit);
            phase = Phase.AUTHENTICATE;
            progress.accept(phase);
            visit = authenticate(host, session, visit);
            LOG.debug("{} is logged in to", host.login());
            done = true;
            return new JumpHosts.Opened(session, visit);
        } catch (KeyFile.Unusable e) {
            throw new NodeException(e, phase, "%s", e.why());
        } catch (Trust.Distrust e) {
            throw new NodeException(e, Phase.HOST_KEY, "%s", e.why());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException(e, phase, "interrupted");
        } finally {
            if (!done && session != null) {
                session.close(true);
            }
        }
    }

    /** A session whose key exchange is under way, directly or through a jump host. */
    private JumpHosts.Opened reach(
            HostSettings host,
            JumpHosts.@Nullable Jump via,
            Supplier<Visit> visits,
            Patience patience,
            Duration limit,
            Consumer<Phase> progress)
            throws NodeException, InterruptedException {
        if (via == null) {
            progress.accept(Phase.RESOLVE);
            List<InetAddress> addresses = resolve(host);
            progress.accept(Phase.CONNECT);
            patience.restart();
            return dial(host, addresses, visits, patience);
        }
        Visit visit = visits.get();
        progress.accept(Phase.CONNECT);
        return new JumpHosts.Opened(tunnel(host, via, visit, patience, limit), visit);
    }

    private Visit visit(HostSettings host, List<Identity> keys, Optional<Secret> password, Set<String> knownTypes) {
        return new Visit(
                host,
                keys,
                password,
                knownTypes,
                new Patience(options.timeouts().authenticate()));
    }

    private Secret password(HostSettings host) throws NodeException {
        try {
            return asker.password(host.user(), host.login());
        } catch (IOException e) {
            throw new NodeException(
                    e,
                    Phase.AUTHENTICATE,
                    "-k needs a password for %s, and %s",
                    host.login(),
                    String.valueOf(e.getMessage()));
        }
    }

    private Duration limit(HostSettings host) {
        return host.connectTimeout().orElse(options.timeouts().connect());
    }

    private List<InetAddress> resolve(HostSettings host) throws NodeException, InterruptedException {
        Duration limit = options.timeouts().resolve();
        String alias = host.alias().equals(host.host()) ? "" : " (for %s)".formatted(host.alias());
        try {
            return resolver.resolve(host.host(), limit);
        } catch (UnknownHostException e) {
            throw new NodeException(
                    e,
                    Phase.RESOLVE,
                    "the name %s%s cannot be resolved: check its spelling, or set ansible_host to its address",
                    host.host(),
                    alias);
        } catch (TimeoutException e) {
            throw new NodeException(
                    e,
                    Phase.RESOLVE,
                    "looking up the name %s%s did not finish within %s: check this machine's DNS",
                    host.host(),
                    alias,
                    seconds(limit));
        }
    }

    /** The first address that answers; the time that is left is shared by those still to try. */
    private JumpHosts.Opened dial(
            HostSettings host, List<InetAddress> addresses, Supplier<Visit> visits, Patience patience)
            throws NodeException, InterruptedException {
        List<String> tried = new ArrayList<>();
        Throwable last = null;
        for (int i = 0; i < addresses.size(); i++) {
            InetSocketAddress address = new InetSocketAddress(addresses.get(i), host.port());
            // One visit per attempt: a late answer to one that was given up must not disturb the next.
            Visit visit = visits.get();
            CompletableFuture<ClientSession> attempt = transport().dial(address, visit);
            Duration share = patience.left().dividedBy(addresses.size() - i);
            boolean connected = false;
            try {
                ClientSession session = new Patience(share).await(attempt);
                connected = true;
                return new JumpHosts.Opened(session, visit);
            } catch (TimeoutException e) {
                last = e;
                tried.add("%s: no answer within %s".formatted(text(address), seconds(share)));
            } catch (ExecutionException e) {
                last = e.getCause();
                tried.add("%s: %s".formatted(text(address), Failures.reason(e)));
            } finally {
                if (!connected) {
                    attempt.cancel(false);
                }
            }
        }
        throw new NodeException(
                last == null ? new IOException("no address") : last,
                Phase.CONNECT,
                "cannot connect to %s: %s",
                host.alias(),
                String.join("; ", tried));
    }

    private ClientSession tunnel(HostSettings host, JumpHosts.Jump via, Visit visit, Patience patience, Duration limit)
            throws NodeException, InterruptedException {
        CompletableFuture<ClientSession> attempt = null;
        try {
            attempt = Tunnel.dial(transport(), via.session(), visit);
            return patience.await(attempt);
        } catch (TimeoutException e) {
            attempt.cancel(false);
            throw new NodeException(
                    e,
                    Phase.CONNECT,
                    "jump host %s did not reach %s port %d within %s",
                    via.host().alias(),
                    host.host(),
                    host.port(),
                    seconds(limit));
        } catch (ExecutionException | IOException | IllegalStateException e) {
            String lost = via.visit().lost();
            throw new NodeException(
                    e,
                    Phase.CONNECT,
                    "jump host %s cannot reach %s port %d: %s",
                    via.host().alias(),
                    host.host(),
                    host.port(),
                    lost != null && !via.session().isOpen() ? "its connection was lost: " + lost : Failures.reason(e));
        } catch (InterruptedException e) {
            if (attempt != null) {
                attempt.cancel(false);
            }
            throw e;
        }
    }

    private void await(
            HostSettings host,
            Phase phase,
            CompletableFuture<ClientSession> future,
            Patience patience,
            Duration limit,
            Visit visit)
            throws NodeException, InterruptedException {
        try {
            patience.await(future);
        } catch (TimeoutException e) {
            throw new NodeException(e, Phase.CONNECT, "%s", unfinished(host, limit));
        } catch (ExecutionException e) {
            String trouble = visit.trouble();
            if (trouble != null) {
                throw new NodeException(e, phase, "%s", trouble);
            }
            throw new NodeException(
                    e, Phase.CONNECT, "%s: the connection failed: %s", host.alias(), Failures.reason(e));
        }
    }

    private static String unfinished(HostSettings host, Duration limit) {
        return "%s port %d accepts connections but did not finish the SSH key exchange within %s"
                .formatted(host.alias(), host.port(), seconds(limit));
    }

    private Visit authenticate(HostSettings host, ClientSession session, Visit secured)
            throws NodeException, InterruptedException {
        Duration limit = options.timeouts().authenticate();
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        try {
            secured.authentication.restart();
            session.auth().addListener(future -> {
                Throwable failure = future.getException();
                if (failure != null) {
                    result.completeExceptionally(failure);
                } else {
                    result.complete(future.isSuccess());
                }
            });
            secured.authentication.await(result);
            return secured;
        } catch (TimeoutException e) {
            throw new NodeException(
                    e,
                    Phase.AUTHENTICATE,
                    "authentication of %s did not finish within %s: on Proxmox VE a hung /etc/pve does that (root's authorized_keys lives there); look at pve-cluster on the node's console",
                    host.login(),
                    seconds(limit));
        } catch (ExecutionException | IOException e) {
            throw new NodeException(e, Phase.AUTHENTICATE, "%s", refusal(host, secured, e));
        }
    }

    private String refusal(HostSettings host, Visit visit, Exception problem) {
        String trouble = visit.trouble();
        if (trouble != null) {
            return host.login() + ": " + trouble;
        }
        List<String> offered = visit.offered();
        String methods = visit.serverMethods();
        if (methods == null) {
            return "%s: the connection ended before the login: %s: after several failed logins a server with PerSourcePenalties (Debian 13) shuts an address out for some minutes"
                    .formatted(host.login(), lostOr(visit, problem));
        }
        String accepts = "server accepts " + methods;
        String advice;
        List<String> accepted = List.of(methods.split(","));
        if (offered.isEmpty()) {
            advice = visit.identities.isEmpty()
                    ? "no key was found to offer: name one with --private-key or IdentityFile, load one into ssh-agent, or use -k for a password"
                    : "its methods and ours have nothing in common";
        } else if (accepted.contains("password") || accepted.contains("keyboard-interactive")) {
            advice = options.askPassword()
                    ? "check the password, or add the key with: ssh-copy-id " + host.login()
                    : "add the key with: ssh-copy-id %s, or use -k for a password".formatted(host.login());
        } else {
            advice = "add the key to %s's authorized_keys on the node".formatted(host.user());
        }
        String what = offered.isEmpty() ? "nothing offered" : "offered: " + String.join(", ", offered);
        String ended = visit.lost();
        return "%s: permission denied (%s; %s%s): %s"
                .formatted(
                        host.login(),
                        what,
                        accepts,
                        ended == null || ended.contains("No more authentication methods") ? "" : "; " + ended,
                        advice);
    }

    private static String lostOr(Visit visit, Exception problem) {
        String lost = visit.lost();
        return lost == null ? Failures.reason(problem) : lost;
    }

    static String text(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        String host = ip == null ? address.getHostString() : ip.getHostAddress();
        return host.indexOf(':') >= 0 ? "[%s]:%d".formatted(host, address.getPort()) : host + ":" + address.getPort();
    }

    static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0
                ? duration.toSeconds() + " s"
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private synchronized Transport transport() {
        if (closed.get()) {
            throw new IllegalStateException("closed");
        }
        Transport running = transport;
        if (running == null) {
            running = Transport.start(trust, notices);
            transport = running;
        }
        return running;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        jumps.close();
        resolver.close();
        synchronized (this) {
            if (transport != null) {
                transport.stop();
            }
        }
    }
}
