package holdfast.run;

import holdfast.access.ClusterAccess;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Membership;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Asks every node at once what {@code /etc/pve} says about access: one connection and one script each. The folder is
 * replicated, so one member that answers speaks for its cluster; all that are selected are asked and compared.
 */
public final class AccessPoll {

    private final Visits visits;
    private final List<Shape> shapes;

    /**
     * @param connector opens the ways; stays the caller's to close
     * @param forks how many nodes are asked at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param time the controller's clock
     * @param progress told each node's phases
     */
    public AccessPoll(Connector connector, int forks, Optional<Secret> sudoPassword, Clock time, Progress progress) {
        this(connector, forks, sudoPassword, time, progress, List.of());
    }

    /** @param more what is read besides, for whoever reads {@link OfCluster#sources} */
    public AccessPoll(
            Connector connector,
            int forks,
            Optional<Secret> sudoPassword,
            Clock time,
            Progress progress,
            List<Probe<?>> more) {
        this.visits = new Visits(connector, forks, sudoPassword, time, progress);
        this.shapes = Stream.concat(Stream.of(ClusterAccess.PROBE, Membership.PROBE, Certificates.PROBE), more.stream())
                .flatMap(Probe::shapes)
                .distinct()
                .toList();
    }

    /**
     * What came back.
     *
     * @param clusters in the order of their first members; a node that is in no cluster is one of its own
     * @param unplaced the nodes that did not answer and are in no cluster that did, by their inventory names, and why
     */
    public record Result(List<OfCluster> clusters, Map<String, String> unplaced) {
        public Result {
            clusters = List.copyOf(clusters);
            unplaced = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(unplaced));
        }
    }

    /**
     * @param name as corosync has it; a standalone node's own
     * @param id the SHA-256 of its CA certificate; empty when no member could read that
     * @param standalone whether it is a node that is in no cluster
     * @param members the selected members by their inventory names, in that order
     * @param silent those of them that did not answer, and why
     * @param access what its members say, or why none of them could
     * @param policy what is right for it: its first member's
     * @param sources what came back of each member, or why nothing did
     * @param assignments where its members are
     */
    public record OfCluster(
            String name,
            Optional<String> id,
            boolean standalone,
            List<String> members,
            Map<String, String> silent,
            Reading<ClusterAccess> access,
            Policy policy,
            Map<String, Reading<Source>> sources,
            List<Scan.Assignment> assignments) {
        public OfCluster {
            members = List.copyOf(members);
            sources = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(sources));
            assignments = List.copyOf(assignments);
            silent = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(silent));
        }

        /**
         * The members whose {@code user.cfg} is not the one that is judged: what the API allows there is another
         * matter, so nothing is said for sure while there is one.
         */
        public List<String> dissenters() {
            return access instanceof Reading.Known<ClusterAccess>(var known)
                    ? known.others().entrySet().stream()
                            .filter(other -> other.getValue().contains("user.cfg"))
                            .map(Map.Entry::getKey)
                            .toList()
                    : List.of();
        }
    }

    /** One node after its visit; identity matters, two entries may look alike. */
    private static final class Asked {
        final Scan.Assignment assignment;
        final Reading<Visit> visit;
        final Reading<Membership> membership;
        final Reading<ClusterAccess.OfMember> access;
        final Optional<String> authority;

        Asked(Visits.Paid paid) {
            this.assignment = paid.assignment();
            this.visit = paid.visit();
            this.membership = read(Membership.PROBE);
            this.access = read(ClusterAccess.PROBE);
            this.authority = read(Certificates.PROBE).then(Certificates::authority)
                            instanceof Reading.Known<Certificates.Certificate>(var known)
                    ? Optional.of(known.fingerprint())
                    : Optional.empty();
        }

        private <T> Reading<T> read(Probe<T> probe) {
            return visit.then(done -> probe.read(done.readings()));
        }

        String name() {
            return assignment.target().name();
        }

        Membership known() {
            return membership instanceof Reading.Known<Membership>(var known) ? known : fail();
        }

        private Membership fail() {
            throw new IllegalStateException(name() + " did not tell its cluster");
        }

        boolean placed() {
            return membership instanceof Reading.Known<Membership>;
        }

        boolean clustered() {
            return placed() && known().clustered();
        }

        String why() {
            return membership instanceof Reading.Unknown<Membership>(var why) ? why : "";
        }
    }

    /**
     * Asks all.
     *
     * @throws InterruptedException when the thread is interrupted; the visits under way are given up
     */
    public Result ask(List<Scan.Assignment> assignments) throws InterruptedException {
        List<Asked> asked = visits.pay(assignments, assignment -> shapes).stream()
                .map(Asked::new)
                .toList();
        List<Clusters.Group<Asked>> groups = new ArrayList<>(
                Clusters.group(asked.stream().filter(Asked::clustered).toList(), Asked::known, node -> node.authority));
        asked.stream()
                .filter(node -> node.placed() && !node.clustered())
                .forEach(node ->
                        groups.add(new Clusters.Group<>(node.known().nodeName(), node.authority, List.of(node))));
        Map<Asked, Clusters.Group<Asked>> seats = seats(asked, groups);
        Map<String, String> unplaced = new LinkedHashMap<>();
        asked.stream()
                .filter(node -> !node.placed() && !seats.containsKey(node))
                .forEach(node -> unplaced.put(node.name(), node.why()));
        return new Result(
                groups.stream()
                        .sorted(java.util.Comparator.comparingInt(
                                group -> asked.indexOf(group.members().get(0))))
                        .map(group -> cluster(group, asked, seats))
                        .toList(),
                unplaced);
    }

    private static OfCluster cluster(
            Clusters.Group<Asked> group, List<Asked> asked, Map<Asked, Clusters.Group<Asked>> seats) {
        List<Asked> all = asked.stream()
                .filter(node -> group.members().contains(node) || group.equals(seats.get(node)))
                .toList();
        Map<String, String> silent = new LinkedHashMap<>();
        Map<String, Reading<ClusterAccess.OfMember>> said = new LinkedHashMap<>();
        Map<String, Reading<Source>> sources = new LinkedHashMap<>();
        for (Asked node : all) {
            said.put(node.name(), node.access);
            sources.put(node.name(), node.visit.then(visit -> Reading.<Source>known(visit.readings())));
            if (node.access instanceof Reading.Unknown<ClusterAccess.OfMember>(var why)) {
                silent.put(node.name(), why);
            }
        }
        Asked first = group.members().get(0);
        return new OfCluster(
                group.name(),
                group.id(),
                !first.clustered(),
                all.stream().map(Asked::name).toList(),
                silent,
                ClusterAccess.of(said),
                all.get(0).assignment.policy(),
                sources,
                all.stream().map(node -> node.assignment).toList());
    }

    /**
     * The clusters that silent nodes belong to: the only one that lists a member of its address, or else of its name,
     * that has not answered. Where two silent machines would be the same member, neither is believed to be.
     */
    private static Map<Asked, Clusters.Group<Asked>> seats(List<Asked> asked, List<Clusters.Group<Asked>> groups) {
        Map<Asked, Clusters.Group<Asked>> seats = new LinkedHashMap<>();
        Map<Asked, String> members = new LinkedHashMap<>();
        for (Asked node : asked) {
            if (node.placed()) {
                continue;
            }
            for (boolean byAddress : new boolean[] {true, false}) {
                Map<Clusters.Group<Asked>, String> fitting = new LinkedHashMap<>();
                for (Clusters.Group<Asked> group : groups) {
                    member(group, node.assignment.target(), byAddress).ifPresent(member -> fitting.put(group, member));
                }
                if (fitting.size() == 1 && !seats.containsKey(node)) {
                    fitting.forEach((group, member) -> {
                        seats.put(node, group);
                        members.put(node, member);
                    });
                }
            }
        }
        Set<Asked> rivals = seats.keySet().stream()
                .filter(node -> seats.keySet().stream()
                        .anyMatch(other -> other != node
                                && Objects.equals(seats.get(other), seats.get(node))
                                && Objects.equals(members.get(other), members.get(node))))
                .collect(Collectors.toSet());
        seats.keySet().removeAll(rivals);
        return seats;
    }

    private static Optional<String> member(Clusters.Group<Asked> group, Target target, boolean byAddress) {
        Set<String> heard =
                group.members().stream().map(node -> node.known().nodeName()).collect(Collectors.toSet());
        for (Asked node : group.members()) {
            Membership membership = node.known();
            Map<String, List<String>> addresses = membership.peerAddresses();
            for (String member : membership.memberNames()) {
                if (!heard.contains(member)
                        && Fitting.fits(target, member, addresses.getOrDefault(member, List.of()), byAddress)) {
                    return Optional.of(member);
                }
            }
        }
        return Optional.empty();
    }
}
