package holdfast.run;

import holdfast.discovery.Discovered;
import holdfast.discovery.KeyCheck;
import holdfast.discovery.Roster;
import holdfast.node.Connector;
import holdfast.node.HostKeyScanner;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Presented;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.ClusterKeys;
import holdfast.proxmox.Membership;
import holdfast.proxmox.NodeFacts;
import holdfast.text.Clean;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Finds a whole cluster through one of its members: one login there and one round trip, then a key exchange with every
 * member, side by side and without logging in.
 */
public final class Discovery {

    private final Connector connector;
    private final HostKeyScanner scanner;
    private final int forks;
    private final Optional<Secret> sudoPassword;
    private final Clock time;
    private final Progress progress;

    /**
     * @param connector opens the way to the first member; stays the caller's to close
     * @param scanner asks the members for their keys
     * @param forks how many members are asked at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param time the controller's clock
     * @param progress told each member's phases
     */
    public Discovery(
            Connector connector,
            HostKeyScanner scanner,
            int forks,
            Optional<Secret> sudoPassword,
            Clock time,
            Progress progress) {
        this.connector = connector;
        this.scanner = scanner;
        this.forks = forks;
        this.sudoPassword = sudoPassword;
        this.time = time;
        this.progress = progress;
    }

    /** What the first member said, and how it was reached. */
    private record Told(Roster roster, String address, String user) {}

    /**
     * Reads the cluster from its member {@code first} and compares every member's host keys.
     *
     * @throws NodeException when the first member cannot be reached or read; nothing is known then
     * @throws InterruptedException when the thread is interrupted; what is under way is given up
     */
    public Discovered run(Target first) throws NodeException, InterruptedException {
        Told told = ask(first);
        OptionalInt port =
                OptionalInt.of(scanner.endpoint(first, OptionalInt.empty()).port());
        List<Roster.Entry> entries = told.roster().entries();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.max(1, Math.min(forks, entries.size())),
                Thread.ofPlatform().daemon().name("discover-", 0).factory());
        try {
            List<Future<Discovered.Member>> futures = new ArrayList<>();
            for (Roster.Entry entry : entries) {
                boolean self = entry.name().equals(told.roster().self());
                futures.add(threads.submit(() -> member(entry, self, first, told.user(), port)));
            }
            List<Discovered.Member> members = new ArrayList<>();
            for (Future<Discovered.Member> future : futures) {
                try {
                    members.add(future.get());
                } catch (ExecutionException e) {
                    // member() tells everything that a node can do; what comes through here is a bug of ours.
                    throw new IllegalStateException(e.getCause());
                }
            }
            return new Discovered(told.roster(), told.address(), told.user(), members);
        } finally {
            threads.shutdownNow();
        }
    }

    private Told ask(Target first) throws NodeException {
        List<Shape> shapes = Stream.of(NodeFacts.PROBE, Membership.PROBE, ClusterKeys.PROBE, Certificates.PROBE)
                .flatMap(Probe::shapes)
                .distinct()
                .toList();
        try (RootSession session =
                RootSession.open(connector, first, sudoPassword, phase -> progress.reached(first.name(), phase))) {
            progress.reached(first.name(), Phase.PROBE);
            Source source = session.read(shapes, time);
            if (NodeFacts.PROBE.read(source) instanceof Reading.Known<NodeFacts>(var facts) && !facts.isProxmox()) {
                throw new NodeException(
                        Phase.PROBE,
                        "%s is not a Proxmox VE node: the package pve-manager is not installed",
                        first.name());
            }
            Reading<Roster> roster = Membership.PROBE
                    .read(source)
                    .then(membership -> Roster.of(
                            membership,
                            ClusterKeys.PROBE.read(source),
                            Certificates.PROBE.read(source).then(Certificates::authority)));
            progress.reached(first.name(), Phase.DONE);
            return switch (roster) {
                case Reading.Known<Roster>(var known) ->
                    new Told(known, session.address(), session.login().user());
                case Reading.Unknown<Roster>(var why) ->
                    throw new NodeException(
                            Phase.PROBE, "%s does not tell its cluster: %s", first.name(), Clean.line(why, 400));
            };
        }
    }

    private Discovered.Member member(Roster.Entry entry, boolean self, Target first, String user, OptionalInt port) {
        try {
            return entry.address().isEmpty() && !self
                    ? new Discovered.Member(
                            entry,
                            entry.name(),
                            Optional.empty(),
                            KeyCheck.unanswered(entry, "no member knows its address: it was never seen"))
                    : compared(entry, self, first, user, port);
        } finally {
            progress.reached(entry.name(), Phase.DONE);
        }
    }

    private Discovered.Member compared(Roster.Entry entry, boolean self, Target first, String user, OptionalInt port) {
        // The first member is known to answer where it was asked, which need not be where the others reach it.
        String host = entry.address().orElse(first.host());
        Target target = target(entry.name(), host, first, user);
        Optional<HostKeyScanner.Endpoint> endpoint = Optional.empty();
        try {
            endpoint = Optional.of(scanner.endpoint(target, port));
            return new Discovered.Member(entry, host, endpoint, KeyCheck.of(entry, present(entry, target, port)));
        } catch (NodeException e) {
            if (self && !host.equals(first.host())) {
                return asGiven(entry, first, user, port, e);
            }
            String hint = endpoint.isPresent() && !endpoint.get().jumps() && jumps(first)
                    ? "; %s is reached through a jump host: give your ssh configuration one for %s, too"
                            .formatted(first.host(), host)
                    : "";
            return new Discovered.Member(entry, host, endpoint, KeyCheck.unanswered(entry, e.why() + hint));
        } catch (RuntimeException e) {
            // A bug of ours or of a library that this node has met: it must not cost the others their result.
            return new Discovered.Member(
                    entry,
                    host,
                    endpoint,
                    KeyCheck.unanswered(entry, "this is a bug of holdfast, please report it: " + e));
        }
    }

    private Discovered.Member asGiven(
            Roster.Entry entry, Target first, String user, OptionalInt port, NodeException problem) {
        Target target = target(entry.name(), first.host(), first, user);
        Optional<HostKeyScanner.Endpoint> endpoint = Optional.empty();
        try {
            endpoint = Optional.of(scanner.endpoint(target, port));
            return new Discovered.Member(
                    entry,
                    first.host(),
                    endpoint,
                    KeyCheck.of(entry, present(entry, target, port))
                            .with("reached as it was given; from here its own address does not answer: "
                                    + Clean.line(problem.why(), 300)));
        } catch (NodeException e) {
            return new Discovered.Member(entry, first.host(), endpoint, KeyCheck.unanswered(entry, e.why()));
        }
    }

    private Presented present(Roster.Entry entry, Target target, OptionalInt port) throws NodeException {
        return scanner.present(target, port, KeyCheck.types(entry), phase -> progress.reached(entry.name(), phase));
    }

    private boolean jumps(Target target) {
        try {
            return scanner.endpoint(target, OptionalInt.empty()).jumps();
        } catch (NodeException e) {
            return false;
        }
    }

    private static Target target(String name, String host, Target first, String user) {
        return new Target(name, host, first.port(), Optional.of(user), first.privateKey(), first.become(), false);
    }
}
