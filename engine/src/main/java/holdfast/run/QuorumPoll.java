package holdfast.run;

import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.policy.Policy;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.proxmox.Membership;
import holdfast.quorum.ClusterState;
import holdfast.quorum.ClusterState.MemberView;
import holdfast.quorum.MemberState;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks every node at once what it says of its cluster: one connection and one script each. */
public final class QuorumPoll {

    private static final List<Shape> SHAPES =
            MemberState.PROBE.shapes().distinct().toList();

    private final Visits visits;

    /**
     * @param connector opens the ways; stays the caller's to close
     * @param forks how many nodes are asked at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param time the controller's clock
     * @param progress told each node's phases
     */
    public QuorumPoll(Connector connector, int forks, Optional<Secret> sudoPassword, Clock time, Progress progress) {
        this.visits = new Visits(connector, forks, sudoPassword, time, progress);
    }

    /**
     * What came back.
     *
     * @param clusters in the order of their first members
     * @param standalone the nodes that are in no cluster, by their inventory names
     * @param unplaced the nodes that did not answer, and that no cluster knows
     */
    public record Result(List<Polled> clusters, List<String> standalone, List<Unplaced> unplaced) {
        public Result {
            clusters = List.copyOf(clusters);
            standalone = List.copyOf(standalone);
            unplaced = List.copyOf(unplaced);
        }
    }

    /**
     * @param name as corosync has it
     * @param id the SHA-256 of its CA certificate; empty when no member could read that
     * @param policy what is right for it: its first member's
     * @param state what its members say
     */
    public record Polled(String name, Optional<String> id, Policy policy, ClusterState state) {}

    /**
     * @param node in the inventory
     * @param why it did not answer
     */
    public record Unplaced(String node, String why) {}

    private record Asked(Scan.Assignment assignment, Reading<MemberState> state) {

        String name() {
            return assignment.target().name();
        }

        boolean standalone() {
            return state instanceof Reading.Known<MemberState>(var known)
                    && !known.membership().clustered();
        }

        Membership membership() {
            if (state instanceof Reading.Known<MemberState>(var known)) {
                return known.membership();
            }
            throw new IllegalStateException(name() + " did not answer");
        }

        Optional<String> authority() {
            return state instanceof Reading.Known<MemberState>(var known)
                            && known.files().then(files -> files.authority()) instanceof Reading.Known<String>(var id)
                    ? Optional.of(id)
                    : Optional.empty();
        }
    }

    /**
     * Asks all.
     *
     * @throws InterruptedException when the thread is interrupted; the visits under way are given up
     */
    public Result ask(List<Scan.Assignment> assignments) throws InterruptedException {
        List<Asked> asked = visits.pay(assignments, assignment -> SHAPES).stream()
                .map(paid -> new Asked(
                        paid.assignment(), paid.visit().then(visit -> MemberState.PROBE.read(visit.readings()))))
                .toList();
        List<Clusters.Group<Asked>> groups = Clusters.group(
                asked.stream()
                        .filter(node -> node.state() instanceof Reading.Known<MemberState> && !node.standalone())
                        .toList(),
                Asked::membership,
                Asked::authority);
        Map<Asked, Integer> placed = new LinkedHashMap<>();
        Map<Asked, String> nameOf = new LinkedHashMap<>();
        List<Unplaced> unplaced = new ArrayList<>();
        List<ClusterState> answered = groups.stream()
                .map(group -> new ClusterState(group.members().stream()
                        .map(node -> new MemberView(node.name(), node.state()))
                        .toList()))
                .toList();
        for (Asked node : asked) {
            if (node.state() instanceof Reading.Unknown<MemberState>(var why)) {
                place(node, answered, placed, nameOf);
                if (!placed.containsKey(node)) {
                    unplaced.add(new Unplaced(node.name(), why));
                }
            }
        }
        List<Polled> clusters = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            Clusters.Group<Asked> group = groups.get(i);
            int index = i;
            // In the inventory's order, the silent ones among the others.
            List<MemberView> views = asked.stream()
                    .filter(node -> group.members().contains(node) || placed.getOrDefault(node, -1) == index)
                    .map(node -> placed.containsKey(node)
                            ? new MemberView(node.name(), Optional.ofNullable(nameOf.get(node)), node.state())
                            : new MemberView(node.name(), node.state()))
                    .toList();
            clusters.add(new Polled(
                    group.name(),
                    group.id(),
                    group.members().get(0).assignment().policy(),
                    new ClusterState(views)));
        }
        return new Result(
                clusters,
                asked.stream().filter(Asked::standalone).map(Asked::name).toList(),
                unplaced);
    }

    /** A node that does not answer belongs to the only cluster that has a silent member of its name or address. */
    private static void place(
            Asked node, List<ClusterState> clusters, Map<Asked, Integer> placed, Map<Asked, String> nameOf) {
        String host = node.assignment().target().host();
        for (boolean byAddress : new boolean[] {true, false}) {
            List<Integer> fitting = new ArrayList<>();
            for (int i = 0; i < clusters.size(); i++) {
                Optional<String> member = member(clusters.get(i), node.name(), host, byAddress);
                if (member.isPresent()) {
                    fitting.add(i);
                    nameOf.put(node, member.get());
                }
            }
            if (fitting.size() == 1) {
                placed.put(node, fitting.get(0));
                return;
            }
        }
        nameOf.remove(node);
    }

    private static Optional<String> member(ClusterState cluster, String name, String host, boolean byAddress) {
        for (Map.Entry<Integer, String> member : cluster.names().entrySet()) {
            if (cluster.asked(member.getKey()).isPresent()) {
                continue;
            }
            Set<String> addresses =
                    cluster.addresses().getOrDefault(member.getValue().toLowerCase(Locale.ROOT), Set.of());
            boolean fits = byAddress
                    ? addresses.contains(host)
                    : unqualified(name).equalsIgnoreCase(member.getValue())
                            || unqualified(host).equalsIgnoreCase(member.getValue());
            if (fits) {
                return Optional.of(member.getValue());
            }
        }
        return Optional.empty();
    }

    private static String unqualified(String name) {
        return name.replaceFirst("\\..*", "");
    }
}
