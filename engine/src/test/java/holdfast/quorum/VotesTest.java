package holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.quorum.Votes.TieBreaker;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The examples of votequorum(5) and corosync-qdevice(8), and sentences that people read. */
final class VotesTest {

    private static Votes.Rules rules(boolean lastManStanding, TieBreaker breaker) {
        return new Votes.Rules(false, lastManStanding, lastManStanding, 10_000, breaker);
    }

    /** All members present, one vote each. */
    private static Votes of(int members, Votes.Rules rules) {
        return of(members, members, rules);
    }

    /** The first of so many members present. */
    private static Votes of(int members, int present, Votes.Rules rules) {
        return new Votes(
                IntStream.rangeClosed(1, members)
                        .mapToObj(id -> new Votes.Voter(id, "n" + id, 1, id <= present, false, false))
                        .toList(),
                Optional.empty(),
                true,
                members,
                members / 2 + 1,
                rules);
    }

    private static Set<Integer> from(int first, int last) {
        return new HashSet<>(IntStream.rangeClosed(first, last).boxed().toList());
    }

    // ------------------------------------------------------------------ the general behaviour

    /** "This condition allows a total failure of 3 nodes. If a 4th node fails, the cluster becomes inquorate." */
    @Test
    void eightNodesSurviveTheLossOfThree() {
        Votes eight = of(8, Votes.Rules.NONE);
        assertThat(eight.without(from(6, 8)))
                .isEqualTo(new Forecast(true, 5, 5, "5 of 8 votes would be left, 5 are needed", false));
        assertThat(eight.without(from(5, 8)))
                .isEqualTo(new Forecast(false, 4, 5, "4 of 8 votes would be left, 5 are needed", false));
    }

    @Test
    void whoeverIsNotThereCannotBeLost() {
        Votes degraded = of(3, 2, Votes.Rules.NONE);
        assertThat(degraded.without(Set.of(3)).quorate()).isTrue();
        assertThat(degraded.without(Set.of(3)).because()).isEqualTo("nothing is lost: none of them is there now");
        assertThat(degraded.without(Set.of(2, 3)).quorate()).isFalse();
        assertThat(degraded.without(Set.of(1, 2)).because()).isEqualTo("no member would be left");
    }

    @Test
    void withoutQuorumThereIsNoneAfterwards() {
        Votes lost = new Votes(of(3, 1, Votes.Rules.NONE).voters(), Optional.empty(), false, 3, 2, Votes.Rules.NONE);
        assertThat(lost.without(Set.of()).quorate()).isFalse();
        assertThat(lost.without(Set.of(1)).quorate()).isFalse();
        assertThat(lost.pillars()).isEmpty();
        assertThat(lost.margin()).isEqualTo(-1);
    }

    /** "Enabling two_node: 1, quorum is set artificially to 1." */
    @Test
    void eitherOfTwoNodesGoesOn() {
        Votes two = new Votes(
                of(2, Votes.Rules.NONE).voters(),
                Optional.empty(),
                true,
                2,
                1,
                new Votes.Rules(true, true, false, 10_000, new TieBreaker.None()));
        assertThat(two.without(Set.of(1)))
                .isEqualTo(new Forecast(
                        true, 1, 1, "1 of 2 votes would be left, 1 is needed: two_node lets one member go on", false));
        assertThat(two.pillars()).isEmpty();
        assertThat(of(2, Votes.Rules.NONE).pillars())
                .extracting(Votes.Pillar::label)
                .containsExactly("n1 (1 vote)", "n2 (1 vote)");
    }

    // ------------------------------------------------------------------ last_man_standing

    /** The chain of events of votequorum(5): 8, 5, 3, and 2 are left. */
    @Test
    void eightNodesLoseSixInACascade() {
        Votes eight = of(8, rules(true, new TieBreaker.None()));
        assertThat(eight.without(from(6, 8)).quorate()).isTrue();

        Votes five = recounted(eight, 5);
        assertThat(five.needed()).isEqualTo(3);
        assertThat(five.without(from(4, 5)).quorate()).isTrue();

        Votes three = recounted(eight, 3);
        assertThat(three.needed()).isEqualTo(2);
        assertThat(three.without(Set.of(3)).quorate()).isTrue();

        Votes two = recounted(eight, 2);
        assertThat(two.needed()).isEqualTo(2);
        assertThat(two.without(Set.of(2)).quorate()).isFalse();
    }

    private static Votes recounted(Votes before, int left) {
        return new Votes(
                before.voters().stream()
                        .map(voter -> new Votes.Voter(
                                voter.id(), voter.name(), voter.votes(), voter.id() <= left, false, false))
                        .toList(),
                Optional.empty(),
                true,
                left,
                left / 2 + 1,
                before.rules());
    }

    /** "The cluster can retain quorum by losing, in a cascade fashion, up to 6 nodes": not at once. */
    @Test
    void whatIsTooMuchAtOnceMayDoOneByOne() {
        Votes eight = of(8, rules(true, new TieBreaker.None()));
        Forecast six = eight.without(from(3, 8));
        assertThat(six.quorate()).isFalse();
        assertThat(six.oneByOne()).isTrue();
        assertThat(six.because())
                .isEqualTo(
                        "2 of 8 votes would be left, 5 are needed; one by one, with more than 10 seconds between, it would survive (last_man_standing)");
        assertThat(eight.without(from(2, 8)).oneByOne())
                .as("from two to one only with a tie-breaker")
                .isFalse();
    }

    /** "In order to downgrade from 2 nodes to a 1 node cluster, the auto_tie_breaker feature must also be enabled." */
    @Test
    void theLastManNeedsATieBreaker() {
        Votes eight = of(8, rules(true, new TieBreaker.Lowest(1)));
        assertThat(eight.without(from(2, 8)).oneByOne()).isTrue();
        assertThat(eight.without(Set.of(1, 3, 4, 5, 6, 7, 8)).oneByOne())
                .as("if the lowest goes last, the other one is not enough")
                .isFalse();
    }

    // ------------------------------------------------------------------ auto_tie_breaker

    /** "The set of nodes that are still in contact with the node that has the lowest nodeid will remain quorate." */
    @Test
    void theHalfWithTheLowestIdGoesOn() {
        Votes eight = of(8, rules(false, new TieBreaker.Lowest(1)));
        assertThat(eight.without(from(5, 8)).quorate()).isTrue();
        assertThat(eight.without(from(5, 8)).because())
                .isEqualTo("4 of 8 votes would be left, just half: the tie-breaker is among them (auto_tie_breaker)");
        assertThat(eight.without(from(1, 4)).quorate()).isFalse();
        assertThat(eight.without(from(4, 8)).quorate()).isFalse();
    }

    @Test
    void theHalfWithTheHighestIdGoesOn() {
        Votes eight = of(8, rules(false, new TieBreaker.Highest(8)));
        assertThat(eight.without(from(1, 4)).quorate()).isTrue();
        assertThat(eight.without(from(5, 8)).quorate()).isFalse();
    }

    /** "If the first node is present then it will be used, if it was not in the cluster before the split then the second." */
    @Test
    void aListIsTriedInItsOrder() {
        TieBreaker list = new TieBreaker.Listed(List.of(5, 3, 1));
        Votes eight = of(8, rules(false, list));
        assertThat(eight.without(from(1, 4)).quorate()).isTrue();
        assertThat(eight.without(from(5, 8)).quorate())
                .as("5 may live on in the other half")
                .isFalse();
        Votes withoutFive = new Votes(
                of(6, rules(false, list)).voters().stream()
                        .map(voter -> new Votes.Voter(voter.id(), voter.name(), 1, voter.id() != 5, false, false))
                        .toList(),
                Optional.empty(),
                true,
                6,
                4,
                rules(false, list));
        assertThat(withoutFive.without(Set.of(4, 6)).quorate())
                .as("5 was gone before")
                .isTrue();
        assertThat(withoutFive.without(Set.of(1, 3)).quorate()).isFalse();
    }

    // ------------------------------------------------------------------ QDevice

    private static Votes withDevice(int members, Votes.Device device, Set<Integer> counting) {
        return new Votes(
                IntStream.rangeClosed(1, members)
                        .mapToObj(id -> new Votes.Voter(id, "n" + id, 1, true, counting.contains(id), false))
                        .toList(),
                Optional.of(device),
                true,
                members + device.votes(),
                (members + device.votes()) / 2 + 1,
                Votes.Rules.NONE);
    }

    @Test
    void ffsplitGivesItsVoteToAHalf() {
        Votes four = withDevice(4, new Votes.Device(1, Votes.Algorithm.FFSPLIT), Set.of(1, 2, 3, 4));
        assertThat(four.without(from(3, 4)))
                .isEqualTo(new Forecast(
                        true, 3, 3, "3 of 5 votes would be left, 3 are needed, with the QDevice's", false));
        assertThat(four.without(from(2, 4)).because())
                .isEqualTo(
                        "1 of 5 votes would be left, 3 are needed; the QDevice gives its vote only to half of the members or more (ffsplit)");
    }

    @Test
    void lmsGivesItsVotesToTheLast() {
        Votes four = withDevice(4, new Votes.Device(3, Votes.Algorithm.LMS), Set.of(1, 2, 3, 4));
        assertThat(four.without(from(2, 4)).quorate()).isTrue();
        assertThat(four.without(from(1, 4)).quorate()).isFalse();
    }

    @Test
    void aDeviceThatASurvivorDoesNotCountIsNotCountedOn() {
        Votes two = withDevice(2, new Votes.Device(1, Votes.Algorithm.FFSPLIT), Set.of(1));
        assertThat(two.without(Set.of(2)).quorate()).isTrue();
        assertThat(two.without(Set.of(1)).because())
                .isEqualTo("1 of 3 votes would be left, 2 are needed; n2 does not count the QDevice's vote");
        assertThat(two.pillars()).extracting(Votes.Pillar::name).containsExactly("n1");
    }

    @Test
    void anAlgorithmThatNobodyKnowsIsNotCountedOn() {
        assertThat(Votes.Algorithm.of("2nodelms")).isEqualTo(Votes.Algorithm.OTHER);
        Votes two = withDevice(2, new Votes.Device(1, Votes.Algorithm.OTHER), Set.of(1, 2));
        assertThat(two.without(Set.of(2)).quorate()).isFalse();
        assertThat(two.without(Set.of(2)).because()).contains("how the QDevice would vote is not known");
    }
}
