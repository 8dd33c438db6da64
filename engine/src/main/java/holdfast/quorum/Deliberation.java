package holdfast.quorum;

import holdfast.probe.ClockOffset;
import holdfast.probe.Reading;
import holdfast.proxmox.HighAvailability;
import holdfast.proxmox.Links;
import holdfast.proxmox.QuorumDevice;
import holdfast.proxmox.RunningCorosync;
import holdfast.quorum.Answer.Decision;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How an {@link Answer} is found. A fact that forbids it makes a NO-GO, however few have answered; a GO needs the word
 * of enough members to be a quorum by themselves; anything else cannot be told.
 */
public final class Deliberation {

    private final ClusterState cluster;
    private final Question question;
    private final List<String> against = new ArrayList<>();
    private final List<String> untold = new ArrayList<>();
    private final Set<String> notes = new LinkedHashSet<>();

    private Deliberation(ClusterState cluster, Question question) {
        this.cluster = cluster;
        this.question = question;
    }

    /** May this cluster be touched now, in the way that is asked about? */
    public static Answer on(ClusterState cluster, Question question) {
        return new Deliberation(cluster, question).answer();
    }

    /**
     * Why a member must not be touched now, by its own word alone: what is wrong with its quorum, its {@code /etc/pve}
     * or its configuration, or that the others would not survive its loss. Empty when it may be touched.
     */
    public static Optional<String> against(MemberState member) {
        Optional<String> shut = againstWriting(member);
        return shut.isPresent() ? shut : againstLosing(member);
    }

    /**
     * Why nothing must be written to {@code /etc/pve} through a member, by its own word alone: what is wrong with its
     * quorum, its {@code /etc/pve} or its configuration. What restarts nothing costs no vote, so it does not matter what
     * the cluster would survive: a leaked token is revoked in a cluster of two, too.
     */
    public static Optional<String> againstWriting(MemberState member) {
        if (member.count() instanceof Reading.Unknown<holdfast.proxmox.Quorum>(var why)) {
            return Optional.of("it is not known whether the cluster is quorate: " + why);
        }
        Deliberation alone = new Deliberation(
                new ClusterState(List.of(new ClusterState.MemberView(member.name(), Reading.known(member)))),
                new Question(Set.of(), false, 0, 0));
        alone.notQuorate();
        alone.loweredByHand();
        alone.files();
        alone.configurations();
        return alone.against.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", alone.against));
    }

    private static Optional<String> againstLosing(MemberState member) {
        return switch (member.votes()) {
            case Reading.Unknown<Votes>(var why) ->
                Optional.of("it is not known what the cluster would survive: " + why);
            case Reading.Known<Votes>(var votes) -> {
                OptionalInt own = member.count() instanceof Reading.Known<holdfast.proxmox.Quorum>(var count)
                        ? count.members().stream()
                                .filter(voter -> voter.local() && voter.id() != 0)
                                .mapToInt(holdfast.proxmox.Quorum.Voter::id)
                                .findFirst()
                        : OptionalInt.empty();
                if (own.isEmpty()) {
                    yield Optional.of("corosync does not tell which vote is this node's own");
                }
                Forecast forecast = votes.without(Set.of(own.getAsInt()));
                yield forecast.quorate()
                        ? Optional.empty()
                        : Optional.of("losing this node would cost the cluster its quorum: " + forecast.because());
            }
        };
    }

    private Answer answer() {
        Optional<ClusterState.Voice> spokesman = cluster.spokesman();
        Optional<Votes> votes =
                cluster.votes() instanceof Reading.Known<Votes>(var known) ? Optional.of(known) : Optional.empty();
        Optional<Forecast> forecast = Optional.empty();
        List<String> arithmetic = new ArrayList<>();
        if (spokesman.isEmpty()) {
            untold.add("no member told corosync's count"
                    + (cluster.silent().isEmpty()
                            ? ""
                            : ": "
                                    + cluster.silent().stream()
                                            .map(silent -> silent.node() + ": " + silent.why())
                                            .collect(Collectors.joining("; "))));
        } else {
            notQuorate();
            partitions();
            loweredByHand();
            files();
            configurations();
            enough(spokesman.get(), votes);
            if (question.without().isEmpty()) {
                margin(spokesman.get(), votes, arithmetic);
            } else {
                forecast = forecast(votes, arithmetic);
            }
            absent(votes);
            tooSmall(votes);
            links();
            clocks();
            device(votes);
            highAvailability(forecast, votes);
        }
        Decision decision =
                !against.isEmpty() ? Decision.NO_GO : !untold.isEmpty() ? Decision.CANNOT_TELL : Decision.GO;
        List<String> reasons = switch (decision) {
            case GO -> arithmetic;
            case CANNOT_TELL -> untold;
            case NO_GO -> against;
        };
        if (decision == Decision.NO_GO) {
            notes.addAll(untold);
        }
        return new Answer(
                decision,
                reasons,
                List.copyOf(notes),
                spokesman.map(voice -> count(voice, votes)),
                votes.flatMap(known -> deviceView(known)),
                members(spokesman),
                forecast,
                losses(spokesman));
    }

    /** The members that are to be lost need not be healthy. */
    private List<ClusterState.Voice> staying() {
        return cluster.voices().stream().filter(voice -> !leaves(voice)).toList();
    }

    private boolean leaves(ClusterState.Voice voice) {
        return cluster.idOf(voice.node()).stream().anyMatch(question.without()::contains);
    }

    // ------------------------------------------------------------------ what forbids it

    private void notQuorate() {
        List<ClusterState.Voice> lost =
                staying().stream().filter(voice -> !voice.count().quorate()).toList();
        if (lost.isEmpty()) {
            // All that answered are to be lost, so nobody can tell of the rest.
            if (staying().isEmpty()) {
                untold.add("every member that answered is to be lost, so none tells of those that stay");
            }
            return;
        }
        boolean all = cluster.voices().stream().noneMatch(voice -> voice.count().quorate());
        ClusterState.Voice first = lost.get(0);
        against.add((all
                        ? "not quorate: "
                        : names(lost) + (lost.size() == 1 ? " is" : " are") + " not quorate, others are: ")
                + "%d of %d votes, %d needed"
                        .formatted(
                                first.count().total(),
                                first.count().expected(),
                                first.count().needed())
                + (waits(first) ? "; wait_for_all: no quorum before all members were seen once" : ""));
    }

    private static boolean waits(ClusterState.Voice voice) {
        return voice.state().settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)
                && settings.waitingForAll()
                && voice.count().flags().contains("WaitForAll");
    }

    private void partitions() {
        List<ClusterState.Partition> partitions = cluster.partitions().stream()
                .filter(partition -> partition.voices().stream().anyMatch(voice -> !leaves(voice)))
                .toList();
        if (partitions.size() > 1) {
            against.add("the members see different clusters: "
                    + partitions.stream().map(cluster::words).collect(Collectors.joining("; ")));
        }
    }

    private void loweredByHand() {
        List<ClusterState.Voice> lowered =
                cluster.lowered().stream().filter(voice -> !leaves(voice)).toList();
        if (!lowered.isEmpty()) {
            ClusterState.Voice first = lowered.get(0);
            against.add(
                    "corosync on %s expects %d votes where %d are configured: somebody ran 'pvecm expected', and this quorum may be one half of a split"
                            .formatted(
                                    names(lowered),
                                    first.count().expected(),
                                    first.configured().orElse(0)));
        }
    }

    /** A pmxcfs that hangs holds up the writes of all members after the next change of membership (dfsm.c). */
    private void files() {
        for (ClusterState.Voice voice : cluster.voices()) {
            if (voice.count().quorate()) {
                voice.state().filesTrouble().ifPresent(trouble -> {
                    String sentence = voice.node() + ": " + trouble;
                    if (leaves(voice)) {
                        notes.add(sentence);
                    } else {
                        against.add(sentence);
                    }
                });
            }
        }
    }

    private void configurations() {
        against.addAll(cluster.divergences(question.without()));
    }

    // ------------------------------------------------------------------ what makes it a GO

    /** Those who answered must be a quorum by themselves, and most of what they see. */
    private void enough(ClusterState.Voice spokesman, Optional<Votes> votes) {
        if (votes.isEmpty()) {
            untold.add("%s did not tell what corosync runs with: %s"
                    .formatted(
                            spokesman.node(),
                            spokesman.state().settings() instanceof Reading.Unknown<?>(var why) ? why : "no reason"));
            return;
        }
        if (!spokesman.count().quorate()) {
            return;
        }
        Set<Integer> answered = new TreeSet<>();
        cluster.voices().stream()
                .filter(voice -> voice.count().quorate()
                        && voice.count().ringId().equals(spokesman.count().ringId()))
                .forEach(voice -> cluster.idOf(voice.node()).ifPresent(answered::add));
        int own = votes.get().present().stream()
                .filter(voter -> answered.contains(voter.id()))
                .mapToInt(Votes.Voter::votes)
                .sum();
        int device = votes.get().total()
                - votes.get().present().stream().mapToInt(Votes.Voter::votes).sum();
        List<Votes.Voter> staying = votes.get().present().stream()
                .filter(voter -> !question.without().contains(voter.id()))
                .toList();
        // Where all that stay have answered, nobody else decides: not those that are to be lost.
        if (!question.without().isEmpty()
                && !staying.isEmpty()
                && staying.stream().allMatch(voter -> answered.contains(voter.id()))) {
            return;
        }
        if (own + device < spokesman.count().needed() || 2 * own <= votes.get().total() - device) {
            untold.add("only %s answered, with %d of %d votes: too few to speak for the cluster"
                    .formatted(namesOf(answered), own, votes.get().configured()));
        }
    }

    private void margin(ClusterState.Voice spokesman, Optional<Votes> votes, List<String> arithmetic) {
        Answer.Count count = count(spokesman, votes);
        if (!count.quorate()) {
            return;
        }
        String sum = "%d of %d votes present, %d needed".formatted(count.present(), count.configured(), count.needed());
        if (count.margin() < question.minMargin()) {
            against.add("%s: %s, and the policy wants room for %d (cluster.min_margin)"
                    .formatted(sum, mayLose(count.margin()), question.minMargin()));
            return;
        }
        if (question.minMargin() > 0 && votes.isPresent()) {
            List<Votes.Pillar> pillars = votes.get().pillars();
            if (!pillars.isEmpty()) {
                against.add("%s, but the loss of %s alone would cost quorum: %s"
                        .formatted(
                                sum,
                                pillars.stream().map(Votes.Pillar::label).collect(Collectors.joining(" or ")),
                                pillars.get(0).because()));
                return;
            }
        }
        arithmetic.add("%s, %s".formatted(sum, mayLose(count.margin())));
    }

    private static String mayLose(int margin) {
        return margin <= 0 ? "none may go" : "%d more may go".formatted(margin);
    }

    private Optional<Forecast> forecast(Optional<Votes> votes, List<String> arithmetic) {
        if (votes.isEmpty()) {
            return Optional.empty();
        }
        Forecast forecast = votes.get().without(question.without());
        String sentence = "without %s: %s".formatted(namesOf(question.without()), forecast.because());
        if (forecast.quorate()) {
            arithmetic.add(sentence);
            if (votes.get().rules().waitForAll()) {
                notes.add(
                        "wait_for_all: should quorum be lost meanwhile, it comes back only when all members were seen once");
            }
        } else if (votes.get().quorate()) {
            against.add(sentence);
        }
        return Optional.of(forecast);
    }

    // ------------------------------------------------------------------ what is worth knowing

    /** Two votes can spare none, whatever is done. */
    private void tooSmall(Optional<Votes> votes) {
        votes.filter(known -> known.configured() < 3 && !known.rules().twoNode())
                .ifPresent(known -> notes.add(
                        "%d votes are configured, and all are needed: a QDevice or a third member makes room (pvecm qdevice setup ADDRESS)"
                                .formatted(known.configured())));
    }

    private void absent(Optional<Votes> votes) {
        votes.ifPresent(known -> {
            List<String> absent = known.absent().stream()
                    .filter(voter -> !question.without().contains(voter.id()))
                    .map(Votes.Voter::name)
                    .toList();
            if (!absent.isEmpty()) {
                String sentence = "%s %s missing: %d of %d votes are there"
                        .formatted(
                                String.join(", ", absent),
                                absent.size() == 1 ? "is" : "are",
                                cluster.spokesman()
                                        .map(voice -> voice.count().total())
                                        .orElse(0),
                                known.configured());
                if (question.allPresent()) {
                    against.add(sentence + ", and --all-present wants them all");
                } else {
                    notes.add(sentence);
                }
            }
        });
        Map<Integer, String> names = cluster.names();
        Set<String> unasked = new LinkedHashSet<>();
        names.forEach((id, name) -> {
            if (cluster.asked(id).isEmpty()) {
                unasked.add(name);
            }
        });
        if (!unasked.isEmpty()) {
            notes.add("not asked: %s (not in the inventory, or left out by --limit)"
                    .formatted(String.join(", ", unasked)));
        }
    }

    private void links() {
        Map<String, List<ClusterState.DeadLink>> byLink = cluster.deadLinks().stream()
                .collect(Collectors.groupingBy(
                        dead -> "link %d".formatted(dead.link()), java.util.TreeMap::new, Collectors.toList()));
        byLink.forEach((link, dead) -> notes.add("%s is down between %s"
                .formatted(
                        link,
                        dead.stream()
                                .map(ClusterState.DeadLink::between)
                                .distinct()
                                .collect(Collectors.joining(", ")))));
    }

    private void clocks() {
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        String slow = "";
        String fast = "";
        for (ClusterState.MemberView view : cluster.asked()) {
            if (view.state() instanceof Reading.Known<MemberState>(var state)
                    && state.clock() instanceof Reading.Known<ClockOffset>(var clock)) {
                // Only what is sure: the reading's own uncertainty is taken off.
                if (clock.millis() + clock.uncertaintyMillis() < lowest) {
                    lowest = clock.millis() + clock.uncertaintyMillis();
                    slow = view.node();
                }
                if (clock.millis() - clock.uncertaintyMillis() > highest) {
                    highest = clock.millis() - clock.uncertaintyMillis();
                    fast = view.node();
                }
            }
        }
        if (highest - lowest > question.maxSkewMillis() && !slow.equals(fast)) {
            notes.add("the clocks of %s and %s are %.1f s apart".formatted(slow, fast, (highest - lowest) / 1000));
        }
    }

    private void device(Optional<Votes> votes) {
        votes.flatMap(this::deviceView).ifPresent(device -> {
            if (!device.deaf().isEmpty()) {
                notes.add("the QDevice's %s %s not counted by %s"
                        .formatted(
                                device.votes() == 1 ? "vote" : "votes",
                                device.votes() == 1 ? "is" : "are",
                                String.join(", ", device.deaf())));
            }
        });
    }

    private void highAvailability(Optional<Forecast> forecast, Optional<Votes> votes) {
        switch (cluster.highAvailability()) {
            case Reading.Unknown<HighAvailability>(var why) ->
                notes.add("HA could not be read, so fencing is not told: " + why);
            case Reading.Known<HighAvailability>(var ha) -> {
                List<String> moving = ha.services().stream()
                        .filter(HighAvailability.Service::moving)
                        .map(service -> "%s (%s, %s)".formatted(service.id(), service.node(), service.state()))
                        .toList();
                if (!moving.isEmpty()) {
                    notes.add("HA is moving or recovering %s".formatted(listed(moving)));
                }
                ha.nodes().forEach((node, state) -> {
                    if (state.equals("fence") || state.equals("unknown")) {
                        notes.add("HA's view of %s: %s".formatted(node, state));
                    }
                });
                // Without quorum every armed watchdog goes off, on the survivors too.
                if (forecast.isPresent() && !forecast.get().quorate() && votes.isPresent()) {
                    List<String> armed = votes.get().present().stream()
                            .filter(voter -> !question.without().contains(voter.id()))
                            .map(Votes.Voter::name)
                            .filter(ha::fences)
                            .toList();
                    if (!armed.isEmpty()) {
                        notes.add("HA would reset %s, too: without quorum a watchdog goes off after about a minute"
                                .formatted(String.join(", ", armed)));
                    }
                }
            }
        }
    }

    private static String listed(List<String> all) {
        return all.size() <= 8
                ? String.join(", ", all)
                : String.join(", ", all.subList(0, 8)) + " and %d more".formatted(all.size() - 8);
    }

    // ------------------------------------------------------------------ what is shown

    private Answer.Count count(ClusterState.Voice voice, Optional<Votes> votes) {
        return new Answer.Count(
                voice.count().quorate(),
                voice.count().total(),
                voice.count().expected(),
                votes.map(Votes::configured)
                        .orElse(voice.configured().orElse(voice.count().expected())),
                voice.count().needed(),
                cluster.margin(voice, question.without()));
    }

    private Optional<Answer.DeviceView> deviceView(Votes votes) {
        return votes.device().map(device -> {
            List<String> counting = new ArrayList<>();
            List<String> deaf = new ArrayList<>();
            for (Votes.Voter voter : votes.present()) {
                if (voter.deviceVote()) {
                    counting.add(voter.name());
                } else {
                    deaf.add(voter.name()
                            + client(voter.id())
                                    .map(state -> " (" + state + ")")
                                    .orElse(""));
                }
            }
            RunningCorosync.Settings settings = cluster.spokesman()
                    .flatMap(voice -> voice.state().settings() instanceof Reading.Known<RunningCorosync.Settings>(var s)
                            ? Optional.of(s)
                            : Optional.empty())
                    .orElseThrow();
            return new Answer.DeviceView(
                    device.votes(),
                    settings.conf().device().map(conf -> conf.algorithm()).orElse(""),
                    settings.conf().device().map(conf -> conf.host()).orElse(""),
                    counting,
                    deaf);
        });
    }

    /** The state of a member's QDevice client. */
    private Optional<String> client(int id) {
        return cluster.asked(id)
                .flatMap(view -> view.state() instanceof Reading.Known<MemberState>(var state)
                        ? Optional.of(state.corosync().then(RunningCorosync::device))
                        : Optional.empty())
                .map(reading -> switch (reading) {
                    case Reading.Known<QuorumDevice>(var known) -> known.state();
                    case Reading.Unknown<QuorumDevice>(var why) -> why;
                });
    }

    private List<Answer.Member> members(Optional<ClusterState.Voice> spokesman) {
        List<Answer.Member> members = new ArrayList<>();
        Set<String> told = new LinkedHashSet<>();
        cluster.names().forEach((id, name) -> {
            Optional<ClusterState.MemberView> view = cluster.asked(id);
            view.ifPresent(known -> told.add(known.node()));
            members.add(new Answer.Member(
                    name,
                    view.map(ClusterState.MemberView::node),
                    view.map(this::view).orElseGet(Answer.View.NotAsked::new),
                    spokesman.map(voice -> voice.sees().contains(id))));
        });
        cluster.asked().stream()
                .filter(view -> !told.contains(view.node()))
                .forEach(view -> members.add(
                        new Answer.Member(view.node(), Optional.of(view.node()), view(view), Optional.empty())));
        return members;
    }

    private Answer.View view(ClusterState.MemberView view) {
        return switch (view.state()) {
            case Reading.Unknown<MemberState>(var why) -> new Answer.View.Silent(why);
            case Reading.Known<MemberState>(var state) ->
                switch (state.count()) {
                    case Reading.Unknown<holdfast.proxmox.Quorum>(var why) -> new Answer.View.Silent(why);
                    case Reading.Known<holdfast.proxmox.Quorum>(var count) ->
                        new Answer.View.Told(
                                count.quorate(),
                                count.total(),
                                count.expected(),
                                count.ringId(),
                                reaching(state, count),
                                state.settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)
                                        ? Optional.of(settings.conf().configVersion())
                                        : Optional.empty(),
                                state.filesTrouble());
                };
        };
    }

    private static OptionalInt reaching(MemberState state, holdfast.proxmox.Quorum count) {
        return state.corosync().then(RunningCorosync::links) instanceof Reading.Known<Links>(var links)
                ? count.members().stream()
                        .filter(voter -> voter.id() != 0)
                        .mapToInt(voter -> links.reaching(voter.id()))
                        .min()
                : OptionalInt.empty();
    }

    private List<Answer.Loss> losses(Optional<ClusterState.Voice> spokesman) {
        Map<Integer, String> names = cluster.names();
        return new TreeSet<>(question.without())
                .stream()
                        .map(id -> loss(
                                names.getOrDefault(id, "node " + id),
                                spokesman
                                        .map(voice -> voice.sees().contains(id))
                                        .orElse(false)))
                        .toList();
    }

    private Answer.Loss loss(String name, boolean present) {
        Reading<HighAvailability> ha = cluster.highAvailability();
        return new Answer.Loss(
                name,
                present,
                cluster.guests()
                        .then(guests -> Reading.known(guests.stream()
                                .filter(guest -> guest.node().equals(name))
                                .toList())),
                ha.then(known -> Reading.known(known.on(name))),
                ha.then(known -> Reading.known(present && known.fences(name))));
    }

    private String namesOf(Set<Integer> ids) {
        Map<Integer, String> names = cluster.names();
        return new TreeSet<>(ids)
                .stream().map(id -> names.getOrDefault(id, "node " + id)).collect(Collectors.joining(", "));
    }

    private static String names(List<ClusterState.Voice> voices) {
        return voices.stream().map(ClusterState.Voice::node).collect(Collectors.joining(", "));
    }
}
