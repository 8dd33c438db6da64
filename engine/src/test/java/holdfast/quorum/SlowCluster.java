package holdfast.quorum;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A slow model of corosync 3.1's votequorum and of qnetd: every node a state machine that gets the messages of the
 * others, one by one, in the order that totem gives them. It knows nothing of {@link Votes} and its shortcuts.
 *
 * <p>Left out is what Proxmox VE's users do not meet: {@code allow_downscale}, {@code expected_votes_tracking}, changes
 * of the configuration at run time.
 */
final class SlowCluster {

    /** Which half goes on. */
    enum Breaker {
        NONE,
        LOWEST,
        HIGHEST,
        LIST
    }

    /** What is configured, the same for all nodes. */
    record Setup(
            Map<Integer, Integer> votes,
            boolean twoNode,
            Optional<Boolean> waitForAll,
            boolean lastManStanding,
            Breaker breaker,
            List<Integer> breakerList,
            Optional<Device> device) {

        Setup {
            votes = new TreeMap<>(votes);
            breakerList = List.copyOf(breakerList);
        }

        int sum() {
            return votes.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** Whether corosync starts with it (votequorum_readconfig). */
        boolean accepted() {
            if (device.isPresent() && (twoNode || lastManStanding || breakerInEffect() != Breaker.NONE)) {
                return false;
            }
            return !(breaker != Breaker.NONE && sum() % 2 == 1 && !waits() && lastManStanding);
        }

        boolean waits() {
            return waitForAll.orElse(twoNode);
        }

        /** An odd cluster has a tie-breaker only with wait_for_all. */
        Breaker breakerInEffect() {
            return sum() % 2 == 1 && !waits() ? Breaker.NONE : breaker;
        }

        /** The tie-breaker outranks it. */
        boolean twoNodeInEffect() {
            return twoNode && breaker == Breaker.NONE;
        }
    }

    /**
     * The QDevice.
     *
     * @param votes its own
     * @param lms else ffsplit
     * @param registered where its client runs
     * @param connected where the client reaches qnetd; a part of the former
     * @param masterWins whether its vote alone is enough
     */
    record Device(int votes, boolean lms, Set<Integer> registered, Set<Integer> connected, boolean masterWins) {
        Device {
            registered = Set.copyOf(registered);
            connected = Set.copyOf(connected);
        }
    }

    /** What a node tells of itself. */
    private record NodeInfo(
            int from,
            int votes,
            int expected,
            boolean quorate,
            boolean waiting,
            boolean first,
            boolean castsDevice,
            boolean master) {}

    /** What a node knows of a node, itself among them. */
    private static final class Known {
        boolean member;
        int votes;
        int expected;
        boolean quorate;
        boolean waiting;
        boolean first;
        boolean castsDevice;
        boolean master;
    }

    /** One corosync. */
    final class Node {
        final int id;
        private final Map<Integer, Known> known = new TreeMap<>();
        private final Known us;
        Set<Integer> membership = Set.of();
        Set<Integer> membershipBefore = Set.of();
        boolean quorate;
        boolean waiting;
        boolean first = true;
        boolean lastManStanding;
        boolean windowOpen;
        int quorum;
        int lowest = -1;
        int highest = -1;

        Node(int id) {
            this.id = id;
            waiting = setup.waits();
            lastManStanding = setup.lastManStanding();
            us = new Known();
            us.member = true;
            us.votes = setup.votes().getOrDefault(id, 0);
            us.expected = setup.sum();
            known.put(id, us);
        }

        private List<Known> members() {
            return known.values().stream().filter(one -> one.member).toList();
        }

        private Set<Integer> memberIds() {
            Set<Integer> ids = new TreeSet<>();
            known.forEach((node, one) -> {
                if (one.member) {
                    ids.add(node);
                }
            });
            return ids;
        }

        /** The membership changes (votequorum_sync_init). */
        private void enter(Set<Integer> now) {
            if (now.size() > 1) {
                first = false;
            }
            boolean somebodyLeft = false;
            for (int old : membership) {
                if (!now.contains(old)) {
                    somebodyLeft = true;
                    if (known.containsKey(old)) {
                        known.get(old).member = false;
                    }
                }
            }
            if (lastManStanding) {
                boolean majority = now.size() >= quorum && somebodyLeft;
                boolean lowIsHere = now.size() <= quorum
                        && setup.breakerInEffect() != Breaker.NONE
                        && memberIds().contains(lowest);
                if (majority || lowIsHere) {
                    windowOpen = true;
                }
            }
            membershipBefore = membership;
            membership = Set.copyOf(now);
        }

        private NodeInfo tell() {
            return new NodeInfo(id, us.votes, us.expected, quorate, waiting, first, us.castsDevice, us.master);
        }

        /** A node's word arrives (message_handler_req_exec_votequorum_nodeinfo). */
        private void hear(NodeInfo told) {
            boolean unknown = !known.containsKey(told.from());
            Known node = known.computeIfAbsent(told.from(), key -> new Known());
            int votesBefore = node.votes;
            int expectedBefore = node.expected;
            boolean memberBefore = node.member;
            boolean flagsDiffer = node.quorate != told.quorate()
                    || node.waiting != told.waiting()
                    || node.first != told.first()
                    || node.castsDevice != told.castsDevice()
                    || node.master != told.master();
            node.votes = told.votes();
            node.member = true;
            node.quorate = told.quorate();
            node.waiting = told.waiting();
            node.first = told.first();
            node.castsDevice = told.castsDevice();
            node.master = told.master();
            boolean mayShrink = false;
            if (!quorate && told.quorate()) {
                mayShrink = true;
                us.expected = told.expected();
            }
            node.expected = told.quorate() ? told.expected() : us.expected;
            if (lastManStanding && node.votes > 1) {
                lastManStanding = false;
                windowOpen = false;
            }
            if (unknown
                    || told.from() == id
                    || told.first()
                    || votesBefore != node.votes
                    || expectedBefore != node.expected
                    || flagsDiffer
                    || !memberBefore) {
                count(mayShrink, false);
            }
            if (setup.waits() && !told.waiting() && told.quorate()) {
                waiting = false;
            }
        }

        /** Counts anew (recalculate_quorum). */
        private void count(boolean mayShrink, boolean byMembers) {
            int deviceVotes = setup.device().map(Device::votes).orElse(0);
            int everybody = members().stream().mapToInt(one -> one.votes).sum() + deviceVotes;
            int heads = byMembers ? members().size() + (deviceVotes > 0 ? 1 : 0) : 0;
            us.expected = Math.max(us.expected, everybody);
            quorum = needed(mayShrink, heads);
            int total = total();
            if (heads > 0) {
                members().forEach(one -> one.expected = heads);
            }
            decide(total);
        }

        int total() {
            return members().stream().mapToInt(one -> one.votes).sum()
                    + (us.castsDevice ? setup.device().map(Device::votes).orElse(0) : 0);
        }

        int expected() {
            return us.expected;
        }

        /** calculate_quorum: a majority of what is expected, and of what is there. */
        private int needed(boolean mayShrink, int forced) {
            int highestExpected = forced > 0
                    ? forced
                    : members().stream().mapToInt(one -> one.expected).max().orElse(0);
            int result = Math.max(highestExpected / 2 + 1, total() / 2 + 1);
            if (!mayShrink) {
                result = Math.max(result, quorum);
            }
            int heads = members().size() + (us.castsDevice ? 1 : 0);
            return setup.twoNodeInEffect() && heads <= 2 ? 1 : result;
        }

        /** are_we_quorate. */
        private void decide(int total) {
            if (setup.waits() && waiting) {
                if (total != us.expected) {
                    return;
                }
                waiting = false;
            }
            boolean enough = total >= quorum;
            if (enough) {
                lowest = memberIds().stream().min(Comparator.naturalOrder()).orElse(id);
                highest = memberIds().stream().max(Comparator.naturalOrder()).orElse(id);
            }
            if (setup.breakerInEffect() != Breaker.NONE
                    && total == us.expected / 2
                    && membershipBefore.size() - membership.size() < quorum
                    && breaksTheTie()) {
                enough = true;
            }
            if (!enough && us.master && members().stream().anyMatch(one -> one.master && one.castsDevice)) {
                enough = true;
            }
            quorate = enough;
            us.quorate = enough;
            if (setup.waits()) {
                waiting = !enough;
            }
        }

        private boolean breaksTheTie() {
            return switch (setup.breakerInEffect()) {
                case NONE -> false;
                case LOWEST -> memberIds().contains(lowest);
                case HIGHEST -> memberIds().contains(highest);
                case LIST -> {
                    List<Integer> earlier = new ArrayList<>();
                    for (int candidate : setup.breakerList()) {
                        if (membership.contains(candidate)) {
                            yield earlier.stream().noneMatch(membershipBefore::contains);
                        }
                        earlier.add(candidate);
                    }
                    yield false;
                }
            };
        }

        /** Quorum is told what to expect: {@code pvecm expected}; whether corosync takes it. */
        private boolean acceptsExpected(int votes) {
            int result = needed(true, votes);
            return votes >= total() && !(quorate && result > total());
        }

        private void expect(int votes) {
            members().forEach(one -> one.expected = votes);
            count(true, false);
        }

        /** The window of last_man_standing is over. */
        private void windowPasses() {
            if (windowOpen) {
                windowOpen = false;
                if (quorate) {
                    count(true, true);
                }
            }
        }
    }

    private final Setup setup;
    private final Map<Integer, Node> up = new TreeMap<>();

    SlowCluster(Setup setup) {
        this.setup = setup;
    }

    Setup setup() {
        return setup;
    }

    /** The nodes that are up. They all are in one partition: whoever is lost is off. */
    Collection<Node> nodes() {
        return up.values();
    }

    Set<Integer> ids() {
        return Set.copyOf(up.keySet());
    }

    boolean allQuorate() {
        return !up.isEmpty() && up.values().stream().allMatch(node -> node.quorate);
    }

    /** These start, each alone first, and find the others. */
    void start(Set<Integer> ids) {
        for (int id : new TreeSet<>(ids)) {
            if (!up.containsKey(id)) {
                Node node = new Node(id);
                setup.device()
                        .filter(device -> device.registered().contains(id))
                        .ifPresent(device -> node.us.master = device.masterWins());
                // The QDevice's client connects later than a node finds its neighbours.
                synchronise(List.of(node), Set.of(id), false);
                up.put(id, node);
            }
        }
        synchronise(List.copyOf(up.values()), ids(), true);
    }

    /** These lose their power at the same moment. */
    void lose(Set<Integer> ids) {
        if (up.keySet().removeAll(ids)) {
            synchronise(List.copyOf(up.values()), ids(), true);
        }
    }

    /** Some time goes by without a change. */
    void settle() {
        up.values().forEach(Node::windowPasses);
    }

    /** {@code pvecm expected}; does nothing where corosync refuses it. */
    void expect(int votes) {
        if (!up.isEmpty() && up.values().iterator().next().acceptsExpected(votes)) {
            up.values().forEach(node -> node.expect(votes));
        }
    }

    private void synchronise(List<Node> members, Set<Integer> ids, boolean withDevice) {
        members.forEach(node -> node.enter(ids));
        List<NodeInfo> words = members.stream().map(Node::tell).toList();
        words.forEach(word -> members.forEach(node -> node.hear(word)));
        for (Node node : members) {
            boolean cast = withDevice && qnetdVotesFor(node.id, ids);
            if (cast != node.us.castsDevice) {
                node.us.castsDevice = cast;
                NodeInfo word = node.tell();
                members.forEach(other -> other.hear(word));
            }
        }
        members.forEach(node -> node.count(false, false));
    }

    /** Whether qnetd gives its votes to a node of the only partition that it still hears of. */
    private boolean qnetdVotesFor(int id, Set<Integer> membership) {
        Optional<Device> device = setup.device();
        if (device.isEmpty() || !device.get().connected().contains(id)) {
            return false;
        }
        // One partition is votequorum's own business, says qnetd's lms, and gives its votes.
        if (device.get().lms()) {
            return true;
        }
        // The other half has no client that is alive, so it has the lower score.
        int all = setup.votes().size();
        return membership.size() > all / 2 || (all % 2 == 0 && membership.size() == all / 2);
    }

    /** A copy in the same state, to try something on. */
    SlowCluster copy() {
        SlowCluster copy = new SlowCluster(setup);
        up.forEach((id, node) -> {
            Node twin = copy.new Node(id);
            node.known.forEach((other, one) -> {
                Known copied = twin.known.computeIfAbsent(other, key -> new Known());
                copied.member = one.member;
                copied.votes = one.votes;
                copied.expected = one.expected;
                copied.quorate = one.quorate;
                copied.waiting = one.waiting;
                copied.first = one.first;
                copied.castsDevice = one.castsDevice;
                copied.master = one.master;
            });
            twin.membership = node.membership;
            twin.membershipBefore = node.membershipBefore;
            twin.quorate = node.quorate;
            twin.waiting = node.waiting;
            twin.first = node.first;
            twin.lastManStanding = node.lastManStanding;
            twin.windowOpen = node.windowOpen;
            twin.quorum = node.quorum;
            twin.lowest = node.lowest;
            twin.highest = node.highest;
            copy.up.put(id, twin);
        });
        return copy;
    }

    /** Whether all of them count alike; members that came back after a change by hand need not. */
    boolean agreed() {
        return up.values().stream()
                        .map(node -> List.of(
                                node.quorate,
                                node.quorum,
                                node.expected(),
                                node.lowest,
                                node.highest,
                                node.lastManStanding,
                                node.us.castsDevice,
                                node.us.master))
                        .distinct()
                        .count()
                == 1;
    }

    /** Whether last_man_standing is about to count anew; corosync's tools do not tell. */
    boolean windowIsOpen() {
        return up.values().stream().anyMatch(node -> node.windowOpen);
    }

    // ------------------------------------------------------------------ as holdfast reads it

    /** What the member with the biggest count says of itself, in the terms of corosync's tools. */
    Votes votes() {
        Votes votes = spokesmansVotes();
        int needed = up.values().stream()
                .filter(node -> node.quorate == votes.quorate())
                .mapToInt(node -> node.quorum)
                .max()
                .orElse(0);
        int expected = up.values().stream()
                .filter(node -> node.quorate == votes.quorate())
                .mapToInt(Node::expected)
                .max()
                .orElse(0);
        boolean same = up.values().stream()
                .filter(node -> node.quorate == votes.quorate())
                .allMatch(node -> node.quorum == needed && node.expected() == expected);
        return same ? votes : votes.disputed(expected, needed);
    }

    private Votes spokesmansVotes() {
        Node speaker = up.values().stream()
                .max(Comparator.comparing((Node node) -> node.quorate)
                        .thenComparingInt(Node::total)
                        .thenComparingInt(node -> -node.id))
                .orElseThrow();
        List<Votes.Voter> voters = new ArrayList<>();
        setup.votes().forEach((id, votes) -> {
            Node node = up.get(id);
            voters.add(new Votes.Voter(
                    id,
                    "n" + id,
                    votes,
                    node != null,
                    node != null && node.us.castsDevice,
                    node != null && node.us.master));
        });
        return new Votes(
                voters,
                setup.device()
                        .map(device -> new Votes.Device(
                                device.votes(), device.lms() ? Votes.Algorithm.LMS : Votes.Algorithm.FFSPLIT)),
                speaker.quorate,
                speaker.expected(),
                speaker.quorum,
                new Votes.Rules(
                        setup.twoNodeInEffect(),
                        setup.waits(),
                        speaker.lastManStanding,
                        10_000,
                        switch (setup.breakerInEffect()) {
                            case NONE -> new Votes.TieBreaker.None();
                            case LOWEST ->
                                new Votes.TieBreaker.Lowest(
                                        speaker.lowest < 0 ? new TreeSet<>(up.keySet()).first() : speaker.lowest);
                            case HIGHEST ->
                                new Votes.TieBreaker.Highest(
                                        speaker.highest < 0 ? new TreeSet<>(up.keySet()).last() : speaker.highest);
                            case LIST -> new Votes.TieBreaker.Listed(setup.breakerList());
                        }));
    }

    /** Whether quorum survives these going one after the other, each with time to settle, in whatever order. */
    boolean survivesOneByOne(Set<Integer> lost) {
        Set<Integer> going = new HashSet<>(lost);
        going.retainAll(up.keySet());
        for (int id : going) {
            SlowCluster next = copy();
            next.lose(Set.of(id));
            next.settle();
            Set<Integer> rest = new HashSet<>(going);
            rest.remove(id);
            if (!next.allQuorate() || !next.survivesOneByOne(rest)) {
                return false;
            }
        }
        return true;
    }
}
