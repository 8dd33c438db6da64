package holdfast.run;

import holdfast.node.Connector;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.proxmox.Membership;
import holdfast.proxmox.RunningCorosync;
import holdfast.quorum.ClusterState;
import holdfast.quorum.ClusterState.MemberView;
import holdfast.quorum.MemberState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Asks every node at once what it says of its cluster: one connection and one script each. It may be asked again and
 * again; a node that refused the login is then left alone for longer and longer, since servers shut out whoever fails
 * too often (fail2ban, pam_faillock), and where a password is used it is not tried again.
 */
public final class QuorumPoll {

    private static final List<Shape> SHAPES =
            MemberState.PROBE.shapes().distinct().toList();

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(20);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final Visits visits;
    private final boolean passwordLogin;
    private final boolean sudoPassword;
    private final Clock time;

    /** The nodes that refused the login when they were asked the last time, by name. */
    private final Map<String, Refusal> refusals = new HashMap<>();

    /**
     * @param answer what came of it
     * @param pause how long it is left alone
     * @param until when it is asked again; never where it was a password that it refused
     */
    private record Refusal(Asked answer, Duration pause, Instant until) {}

    /**
     * @param connector opens the ways; stays the caller's to close
     * @param forks how many nodes are asked at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param passwordLogin whether passwords are tried to log in
     * @param time the controller's clock
     * @param progress told each node's phases
     */
    public QuorumPoll(
            Connector connector,
            int forks,
            Optional<Secret> sudoPassword,
            boolean passwordLogin,
            Clock time,
            Progress progress) {
        this.passwordLogin = passwordLogin;
        this.sudoPassword = sudoPassword.isPresent();
        this.time = time;
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
            return state instanceof Reading.Known<MemberState>(var known) && !known.clustered();
        }

        /** Its own file's word; what its corosync runs with, where there is no file. */
        Membership membership() {
            if (state instanceof Reading.Known<MemberState>(var known)) {
                Membership own = known.membership();
                return own.corosync().isEmpty()
                                && known.settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)
                        ? new Membership(
                                own.nodeName(), own.corosyncText(), Optional.of(settings.conf()), own.members())
                        : own;
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
        List<Asked> asked = visit(assignments);
        List<Clusters.Group<Asked>> groups = Clusters.group(
                asked.stream()
                        .filter(node -> node.state() instanceof Reading.Known<MemberState> && !node.standalone())
                        .toList(),
                Asked::membership,
                Asked::authority);
        List<ClusterState> answered = groups.stream()
                .map(group -> new ClusterState(group.members().stream()
                        .map(node -> new MemberView(node.name(), node.state()))
                        .toList()))
                .toList();
        Map<Asked, Seat> placed = new LinkedHashMap<>();
        for (Asked node : asked) {
            if (node.state() instanceof Reading.Unknown<MemberState>) {
                seat(node, answered).ifPresent(seat -> placed.put(node, seat));
            }
        }
        List<Unplaced> unplaced = new ArrayList<>();
        Map<Asked, Seat> disputed = new LinkedHashMap<>();
        placed.forEach((node, seat) -> {
            if (rivals(node, seat, placed)) {
                disputed.put(node, seat);
            }
        });
        placed.keySet().removeAll(disputed.keySet());
        for (Asked node : asked) {
            if (node.state() instanceof Reading.Unknown<MemberState>(var why) && !placed.containsKey(node)) {
                Seat seat = disputed.get(node);
                unplaced.add(new Unplaced(
                        node.name(),
                        seat == null
                                ? why
                                : "%s; another that is silent could be %s, too".formatted(why, seat.member())));
            }
        }
        List<Polled> clusters = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            Clusters.Group<Asked> group = groups.get(i);
            int index = i;
            // In the inventory's order, the silent ones among the others.
            List<MemberView> views = asked.stream()
                    .filter(node -> group.members().contains(node) || seated(placed.get(node), index))
                    .map(node -> Optional.ofNullable(placed.get(node))
                            .map(seat -> new MemberView(node.name(), Optional.of(seat.member()), node.state()))
                            .orElseGet(() -> new MemberView(node.name(), node.state())))
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

    private List<Asked> visit(List<Scan.Assignment> assignments) throws InterruptedException {
        Instant now = time.instant();
        Map<String, Asked> answers = new HashMap<>();
        refusals.forEach((node, refusal) -> {
            if (now.isBefore(refusal.until())) {
                answers.put(node, refusal.answer());
            }
        });
        List<Scan.Assignment> due = assignments.stream()
                .filter(assignment -> !answers.containsKey(assignment.target().name()))
                .toList();
        for (Visits.Paid paid : visits.pay(due, assignment -> SHAPES)) {
            String node = paid.assignment().target().name();
            Asked answer =
                    new Asked(paid.assignment(), paid.visit().then(visit -> MemberState.PROBE.read(visit.readings())));
            answers.put(node, answer);
            Refusal before = refusals.remove(node);
            Optional<Phase> refusedIn = paid.trouble()
                    .map(NodeResult.Trouble::phase)
                    .filter(phase -> phase == Phase.AUTHENTICATE || phase == Phase.BECOME);
            if (refusedIn.isPresent()) {
                // A node that is just booting refuses keys, too; it is asked again. A wrong password locks an account.
                boolean password = refusedIn.get() == Phase.AUTHENTICATE ? passwordLogin : sudoPassword;
                Duration pause = before == null ? FIRST_PAUSE : before.pause().multipliedBy(2);
                pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
                refusals.put(node, new Refusal(answer, pause, password ? Instant.MAX : now.plus(pause)));
            }
        }
        return assignments.stream()
                .map(assignment -> answers.get(assignment.target().name()))
                .filter(Objects::nonNull)
                .toList();
    }

    /**
     * The member that a silent node must be.
     *
     * @param cluster its position
     * @param member its name there
     * @param byAddress whether its address says so; its name is less sure
     */
    private record Seat(int cluster, String member, boolean byAddress) {}

    private static boolean seated(@Nullable Seat seat, int cluster) {
        return seat != null && seat.cluster() == cluster;
    }

    /** A node that does not answer belongs to the only cluster that has a silent member of its name or address. */
    private static Optional<Seat> seat(Asked node, List<ClusterState> clusters) {
        for (boolean byAddress : new boolean[] {true, false}) {
            List<Seat> fitting = new ArrayList<>();
            for (int i = 0; i < clusters.size(); i++) {
                int index = i;
                member(clusters.get(i), node.assignment().target(), byAddress)
                        .ifPresent(member -> fitting.add(new Seat(index, member, byAddress)));
            }
            if (fitting.size() == 1) {
                return Optional.of(fitting.get(0));
            }
        }
        return Optional.empty();
    }

    /**
     * Whether only its name speaks for its seat, and another machine claims it, too: {@code pve3.one.example} and
     * {@code pve3.two.example} cannot both be pve3, and nobody knows which one is.
     */
    private static boolean rivals(Asked node, Seat seat, Map<Asked, Seat> placed) {
        Target target = node.assignment().target();
        return !seat.byAddress()
                && placed.entrySet().stream()
                        .anyMatch(other -> other.getValue().cluster() == seat.cluster()
                                && other.getValue().member().equals(seat.member())
                                && !(other.getKey().assignment().target().host().equals(target.host())
                                        && other.getKey()
                                                .assignment()
                                                .target()
                                                .port()
                                                .equals(target.port())));
    }

    private static Optional<String> member(ClusterState cluster, Target target, boolean byAddress) {
        for (Map.Entry<Integer, String> member : cluster.names().entrySet()) {
            if (cluster.asked(member.getKey()).isPresent()) {
                continue;
            }
            Set<String> addresses =
                    cluster.addresses().getOrDefault(member.getValue().toLowerCase(Locale.ROOT), Set.of());
            if (Fitting.fits(target, member.getValue(), addresses, byAddress)) {
                return Optional.of(member.getValue());
            }
        }
        return Optional.empty();
    }
}
