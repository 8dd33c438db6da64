package holdfast.quorum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The votes of one partition, and what votequorum would make of a loss. The rules are those of corosync 3.1
 * (exec/votequorum.c, votequorum(5)) and of qnetd (qnetd-algo-ffsplit.c, qnetd-algo-lms.c).
 *
 * @param voters every configured member, present or not
 * @param device the QDevice; empty where none is configured
 * @param quorate what corosync says now
 * @param expected the votes that corosync expects now
 * @param needed the votes that make a quorum now; it does not shrink when members are lost
 * @param rules what else decides
 */
public record Votes(
        List<Voter> voters, Optional<Device> device, boolean quorate, int expected, int needed, Rules rules) {

    /**
     * A configured member.
     *
     * @param id corosync's node id
     * @param name in corosync.conf
     * @param votes its own
     * @param present whether it is in this partition
     * @param deviceVote whether it counts the QDevice's votes now: registered, alive and voting ({@code A,V})
     * @param masterWins whether the QDevice alone is enough for it ({@code MW})
     */
    public record Voter(int id, String name, int votes, boolean present, boolean deviceVote, boolean masterWins) {}

    /** @param votes those of the QDevice, on top of the members' */
    public record Device(int votes, Algorithm algorithm) {}

    /** How qnetd decides which partition gets the QDevice's votes. */
    public enum Algorithm {
        /** One vote for the bigger part, or for one of two halves. */
        FFSPLIT,
        /** As many votes as members less one, for the last that qnetd still sees. */
        LMS,
        /** One that no rule is known for: its votes are not counted on. */
        OTHER;

        /** As {@code quorum.device.net.algorithm} spells it. */
        public static Algorithm of(String text) {
            return switch (text) {
                case "ffsplit" -> FFSPLIT;
                case "lms" -> LMS;
                default -> OTHER;
            };
        }
    }

    /** Which half goes on after an even split ({@code auto_tie_breaker_node}). */
    public sealed interface TieBreaker {
        /** None: half is not enough. */
        record None() implements TieBreaker {}

        /** @param id the member with the lowest id when the partition was quorate the last time */
        record Lowest(int id) implements TieBreaker {}

        /** @param id the member with the highest id then */
        record Highest(int id) implements TieBreaker {}

        /** @param ids the first of them that was there decides */
        record Listed(List<Integer> ids) implements TieBreaker {
            public Listed {
                ids = List.copyOf(ids);
            }
        }
    }

    /**
     * @param twoNode one of two members is enough
     * @param waitForAll after quorum was lost, all members have to be seen once
     * @param lastManStanding what is expected shrinks some time after each loss
     * @param windowMillis how long after
     * @param tieBreaker which half goes on
     */
    public record Rules(
            boolean twoNode, boolean waitForAll, boolean lastManStanding, int windowMillis, TieBreaker tieBreaker) {

        /** What Proxmox VE configures. */
        public static final Rules NONE = new Rules(false, false, false, 10_000, new TieBreaker.None());
    }

    public Votes {
        voters = List.copyOf(voters);
    }

    /**
     * The same where members of one partition count differently: by the most careful count, and without the rules by
     * which one member may find quorum and another may not.
     */
    Votes disputed(int mostExpected, int mostNeeded) {
        return new Votes(
                voters,
                device,
                quorate,
                mostExpected,
                mostNeeded,
                new Rules(rules.twoNode(), rules.waitForAll(), false, rules.windowMillis(), new TieBreaker.None()));
    }

    /** The members of this partition. */
    public List<Voter> present() {
        return voters.stream().filter(Voter::present).toList();
    }

    /** The configured members that are not in it. */
    public List<Voter> absent() {
        return voters.stream().filter(voter -> !voter.present()).toList();
    }

    /** The votes present, the QDevice's among them where every member counts them. */
    public int total() {
        return own(present()) + deviceVotes(present());
    }

    /** All votes that are configured, the QDevice's among them. */
    public int configured() {
        return own(voters) + device.map(Device::votes).orElse(0);
    }

    /** How many more votes may go; negative when quorum is lost. */
    public int margin() {
        return total() - needed;
    }

    /**
     * A voter whose loss alone would cost quorum.
     *
     * @param name the member's, or {@code the QDevice}
     * @param votes its own
     * @param because the arithmetic of its loss
     */
    public record Pillar(String name, int votes, String because) {
        /** Its name and votes. */
        public String label() {
            return "%s (%d %s)".formatted(name, votes, votes == 1 ? "vote" : "votes");
        }
    }

    /** The voters that nothing would make up for, the QDevice's server among them; empty without quorum. */
    public List<Pillar> pillars() {
        List<Pillar> pillars = new ArrayList<>();
        if (!quorate) {
            return pillars;
        }
        for (Voter voter : present()) {
            Forecast forecast = without(Set.of(voter.id()));
            if (!forecast.quorate()) {
                pillars.add(new Pillar(voter.name(), voter.votes(), forecast.because()));
            }
        }
        int own = own(present());
        if (total() > own && own < needed) {
            pillars.add(new Pillar(
                    "the QDevice",
                    deviceVotes(),
                    "%s would be left, %s needed".formatted(votesOf(own, expected), are(needed))));
        }
        return pillars;
    }

    /**
     * What would be left if these members were lost at this moment, all at once, with power and network. Votes that are
     * not sure are not counted on.
     *
     * @param lost ids; ones that are not present change nothing
     */
    public Forecast without(Set<Integer> lost) {
        List<Voter> before = present();
        List<Voter> left =
                before.stream().filter(voter -> !lost.contains(voter.id())).toList();
        if (left.size() == before.size()) {
            return new Forecast(
                    quorate,
                    total(),
                    needed,
                    quorate ? "nothing is lost: none of them is there now" : "there is no quorum now",
                    false);
        }
        if (!quorate) {
            return new Forecast(false, own(left) + deviceVotes(left), needed, "there is no quorum now", false);
        }
        if (left.isEmpty()) {
            return new Forecast(false, 0, needed, "no member would be left", false);
        }
        Forecast atOnce = after(before, left, expected, needed, rules.tieBreaker());
        if (atOnce.quorate()) {
            return recounted(before, left, atOnce);
        }
        if (!slowly(before, left)) {
            return atOnce;
        }
        return new Forecast(
                false,
                atOnce.votes(),
                atOnce.needed(),
                atOnce.because()
                        + "; one by one, with more than %s seconds between, it would survive (last_man_standing)"
                                .formatted(seconds(rules.windowMillis())),
                true);
    }

    /** Some time later last_man_standing counts members, not votes, and finds too few where some have none. */
    private Forecast recounted(List<Voter> before, List<Voter> left, Forecast atOnce) {
        int own = own(left);
        if (!rules.lastManStanding() || device.isPresent() || own == left.size() || left.size() < needed) {
            return atOnce;
        }
        TieBreaker tie = own >= needed ? renewed(rules.tieBreaker(), left) : rules.tieBreaker();
        Forecast later = after(before, left, left.size(), left.size() / 2 + 1, tie);
        return later.quorate()
                ? atOnce
                : new Forecast(
                        false,
                        own,
                        later.needed(),
                        "%s, but %s seconds later last_man_standing expects a vote of each member that is left, and some have none"
                                .formatted(atOnce.because(), seconds(rules.windowMillis())),
                        false);
    }

    private static String seconds(int millis) {
        return millis % 1000 == 0 ? Integer.toString(millis / 1000) : Double.toString(millis / 1000.0);
    }

    /** As {@code are_we_quorate} of every survivor would decide. */
    private Forecast after(List<Voter> before, List<Voter> left, int expecting, int enough, TieBreaker tie) {
        int needs = rules.twoNode() && left.size() <= 2 ? 1 : enough;
        boolean devices = deviceVotesFor(left);
        int own = own(left);
        int sure = own + (devices && left.stream().allMatch(Voter::deviceVote) ? deviceVotes() : 0);
        if (sure >= needs) {
            return new Forecast(
                    true,
                    sure,
                    needs,
                    "%s would be left, %s needed%s"
                            .formatted(
                                    votesOf(sure, expecting),
                                    are(needs),
                                    rules.twoNode() && left.size() <= 2
                                            ? ": two_node lets one member go on"
                                            : sure > own ? ", with the QDevice's" : ""),
                    false);
        }
        if (own == expecting / 2 && before.size() - left.size() < needs && keepsTheTie(tie, before, left)) {
            return new Forecast(
                    true,
                    own,
                    needs,
                    "%s would be left, just half: the tie-breaker is among them (auto_tie_breaker)"
                            .formatted(votesOf(own, expecting)),
                    false);
        }
        if (devices && left.stream().allMatch(voter -> voter.deviceVote() && voter.masterWins())) {
            return new Forecast(
                    true,
                    sure,
                    needs,
                    "%s would be left, and the QDevice alone is enough (master_wins)"
                            .formatted(votesOf(sure, expecting)),
                    false);
        }
        return new Forecast(
                false,
                sure,
                needs,
                "%s would be left, %s needed%s".formatted(votesOf(sure, expecting), are(needs), whyNoDevice(left)),
                false);
    }

    private static String votesOf(int votes, int expecting) {
        return "%d of %d %s".formatted(votes, expecting, expecting == 1 ? "vote" : "votes");
    }

    private static String are(int votes) {
        return votes == 1 ? "1 is" : votes + " are";
    }

    private String whyNoDevice(List<Voter> left) {
        if (device.isEmpty() || deviceVotes() == 0) {
            return "";
        }
        List<Voter> deaf = left.stream().filter(voter -> !voter.deviceVote()).toList();
        if (!deaf.isEmpty()) {
            return "; %s %s the QDevice's vote"
                    .formatted(
                            deaf.stream().map(Voter::name).collect(Collectors.joining(", ")),
                            deaf.size() == 1 ? "does not count" : "do not count");
        }
        return switch (device.get().algorithm()) {
            case FFSPLIT ->
                deviceVotesFor(left)
                        ? ", with the QDevice's"
                        : "; the QDevice gives its vote only to half of the members or more (ffsplit)";
            case LMS -> ", with the QDevice's";
            case OTHER -> "; how the QDevice would vote is not known, so it is not counted on";
        };
    }

    /** Whether one loss after the other, each with time to settle, ends with quorum in whatever order they come. */
    private boolean slowly(List<Voter> before, List<Voter> left) {
        // LMS is off where a member has more than one vote, and it excludes a QDevice (votequorum.c).
        if (!rules.lastManStanding()
                || device.isPresent()
                || voters.stream().anyMatch(voter -> voter.votes() != 1)
                || before.size() - left.size() < 2) {
            return false;
        }
        List<Voter> going = new ArrayList<>(before);
        going.removeAll(left);
        // All members weigh the same, so the order matters only to the tie-breaker: worst is that the node which breaks
        // the ties goes first, or last, or the lowest first.
        going.sort(Comparator.comparingInt(Voter::id));
        boolean lowestFirst = slowlyInOrder(before, going);
        going.sort(Comparator.comparingInt(this::rank));
        return lowestFirst && slowlyInOrder(before, going) && slowlyInOrder(before, going.reversed());
    }

    /** The sooner the node would be taken for the tie-breaker, the lower. */
    private int rank(Voter voter) {
        return switch (rules.tieBreaker()) {
            case TieBreaker.Highest highest -> -voter.id();
            case TieBreaker.Listed(List<Integer> ids) ->
                ids.contains(voter.id()) ? ids.indexOf(voter.id()) : Integer.MAX_VALUE;
            case TieBreaker.Lowest lowest -> voter.id();
            case TieBreaker.None none -> voter.id();
        };
    }

    private boolean slowlyInOrder(List<Voter> before, List<Voter> going) {
        List<Voter> now = before;
        int expecting = expected;
        int enough = needed;
        TieBreaker tie = rules.tieBreaker();
        // Whatever the tie-breaker is, below a majority only the node that was lowest makes it shrink.
        OptionalInt lowest = tie instanceof TieBreaker.Lowest(int id)
                ? OptionalInt.of(id)
                : own(now) >= enough ? lowest(now) : OptionalInt.empty();
        for (Voter gone : going) {
            List<Voter> next = new ArrayList<>(now);
            next.remove(gone);
            if (!after(now, next, expecting, enough, tie).quorate()) {
                return false;
            }
            boolean majority = next.size() >= enough;
            boolean lowestIsThere = lowest.isPresent() && has(next, lowest.getAsInt());
            if (majority || (!(tie instanceof TieBreaker.None) && lowestIsThere)) {
                expecting = next.size();
                enough = rules.twoNode() && next.size() <= 2 ? 1 : next.size() / 2 + 1;
                lowest = lowest(next);
                tie = renewed(tie, next);
            }
            now = next;
        }
        return true;
    }

    /** The lowest and the highest are found anew whenever the votes are enough. */
    private static TieBreaker renewed(TieBreaker tie, List<Voter> members) {
        return switch (tie) {
            case TieBreaker.None none -> none;
            case TieBreaker.Listed listed -> listed;
            case TieBreaker.Lowest was -> new TieBreaker.Lowest(lowest(members).orElse(was.id()));
            case TieBreaker.Highest was ->
                new TieBreaker.Highest(
                        members.stream().mapToInt(Voter::id).max().orElse(was.id()));
        };
    }

    private static OptionalInt lowest(List<Voter> members) {
        return members.stream().mapToInt(Voter::id).min();
    }

    private static boolean keepsTheTie(TieBreaker tie, List<Voter> before, List<Voter> left) {
        return switch (tie) {
            case TieBreaker.None none -> false;
            case TieBreaker.Lowest(int id) -> has(left, id);
            case TieBreaker.Highest(int id) -> has(left, id);
            case TieBreaker.Listed(List<Integer> ids) -> {
                for (int id : ids) {
                    if (has(left, id)) {
                        yield true;
                    }
                    // It was there a moment ago and may live on in the other half.
                    if (has(before, id)) {
                        yield false;
                    }
                }
                yield false;
            }
        };
    }

    private static boolean has(List<Voter> voters, int id) {
        return voters.stream().anyMatch(voter -> voter.id() == id);
    }

    /** Whether qnetd would give its votes to these, the only ones left. */
    private boolean deviceVotesFor(List<Voter> left) {
        return device.isPresent()
                && switch (device.get().algorithm()) {
                    // An even number of members: half is enough, since the other half does not ask any more.
                    case FFSPLIT -> 2 * left.size() >= voters.size();
                    case LMS -> true;
                    case OTHER -> false;
                };
    }

    private int deviceVotes() {
        return device.map(Device::votes).orElse(0);
    }

    private int deviceVotes(List<Voter> members) {
        return !members.isEmpty() && members.stream().allMatch(Voter::deviceVote) ? deviceVotes() : 0;
    }

    private static int own(List<Voter> members) {
        return members.stream().mapToInt(Voter::votes).sum();
    }
}
