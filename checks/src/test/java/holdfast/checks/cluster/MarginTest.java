package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.check.Severity;
import org.junit.jupiter.api.Test;

final class MarginTest {

    /** Two members as Proxmox VE makes them: without two_node. */
    private static final SomeMember TWO = in("two-node")
            .count(text -> text.replace("Quorum:           1", "Quorum:           2")
                    .replace("2Node Quorate WaitForAll", "Quorate"))
            .configured(
                    text -> text.replaceFirst("  two_node: 1\n", ""),
                    text -> text.replaceFirst("quorum.two_node .*\n", ""));

    /** pve1 has three votes. */
    private static final SomeMember HEAVY = in("quorate")
            .count(text -> text.replace("         1          1 pve1", "         1          3 pve1")
                    .replace("votes:   3", "votes:   5")
                    .replace("expected: 3", "expected: 5")
                    .replace("votes:      3", "votes:      5")
                    .replace("Quorum:           2", "Quorum:           3"))
            .configured(
                    text -> text.replaceFirst("quorum_votes: 1", "quorum_votes: 3"),
                    text -> text.replace("node.0.quorum_votes (u32) = 1", "node.0.quorum_votes (u32) = 3"));

    // ------------------------------------------------------------------ pass

    @Test
    void threeMembersMayLoseOne() {
        bench(new Margin(), in("quorate").source(), in("quorate").as(2).source())
                .passes("3 of 3 votes, 2 needed: 1 more may go")
                .neverPassesUnread();
    }

    @Test
    void twoMembersWithAQdeviceMayLoseOne() {
        bench(
                        new Margin(),
                        in("device-ffsplit").source(),
                        in("device-ffsplit-seen-by-2").source())
                .passes("3 of 3 votes, 2 needed, QDevice included: 1 more may go");
    }

    @Test
    void oneOfTwoIsEnoughWhereTwoNodeSaysSo() {
        bench(new Margin(), in("two-node").source(), in("two-node").as(2).source())
                .passes("2 of 2 votes, 1 needed: 1 more may go");
    }

    @Test
    void thePolicyMayWantNone() {
        bench(new Margin(), TWO.source())
                .under("cluster: { min_margin: 0 }")
                .passes("2 of 2 votes, 2 needed: none may go");
        bench(new Margin(), HEAVY.source()).under("cluster: { min_margin: 0 }").passes("2 more may go");
    }

    @Test
    void aHungPmxcfsHidesNothing() {
        bench(new Margin(), hung(in("quorate").source())).passes();
    }

    // ------------------------------------------------------------------ fail

    @Test
    void twoMembersHaveNoneToSpare() {
        bench(new Margin(), TWO.source(), TWO.as(2).source())
                .failsAs(
                        Severity.MEDIUM,
                        "quorate, but it may lose only 0 votes, and the policy wants 1: 2 of 2 votes, 2 needed")
                .advising("pvecm qdevice setup")
                .refusesToMend("quorum is never made by force")
                .refusesToMend("1 more votes to spare need another voter");
    }

    @Test
    void threeMembersOfWhichOneIsDownHaveNoneToSpare() {
        bench(new Margin(), in("one-member-down").source())
                .fails("quorate, but it may lose only 0 votes, and the policy wants 1: 2 of 3 votes, 2 needed")
                .advising("see cluster.votes");
    }

    @Test
    void thePolicyMayWantMore() {
        bench(new Margin(), in("quorate").source())
                .under("cluster: { min_margin: 2 }")
                .fails("it may lose only 1 votes, and the policy wants 2");
        bench(new Margin(), in("two-node").source())
                .under("cluster: { min_margin: 2 }")
                .fails("it may lose only 1 votes");
    }

    @Test
    void theMostCarefulMembersCountDecides() {
        bench(
                        new Margin(),
                        in("device-ffsplit-daemon-stopped-on-2").source(),
                        in("device-ffsplit-daemon-stopped").source())
                .fails("it may lose only 0 votes");
    }

    @Test
    void aMemberThatHasMoreVotesThanMayGoIsAPillar() {
        bench(new Margin(), HEAVY.source(), HEAVY.as(2).source())
                .failsAs(
                        Severity.MEDIUM,
                        "5 of 5 votes, 3 needed, but the loss of pve1 (3 votes) alone would cost quorum: 2 of 5 votes would be left, 3 are needed")
                .refusesToMend("only a person can tell");
    }

    /** 4 members and an lms device with 3 votes; two members down: 2 + 3 of 7, and 4 are needed. */
    @Test
    void aQdeviceThatHoldsItAllUpIsAPillar() {
        bench(
                        new Margin(),
                        in("device-lms")
                                .count(text -> text.replace("Nodes:            3", "Nodes:            2")
                                        .replace("votes:      5", "votes:      4")
                                        .replaceFirst("         3 .*pve3\n", ""))
                                .source())
                .fails(
                        "4 of 5 votes, 3 needed, QDevice included, but the loss of the QDevice (2 votes) alone would cost quorum: "
                                + "2 of 5 votes would be left, 3 are needed");
    }

    @Test
    void withoutQuorumNothingMayGo() {
        bench(new Margin(), in("not-quorate").source())
                .fails("there is no quorum, so nothing may go: 1 of 3 votes, 2 needed");
        bench(new Margin(), in("wait-for-all-waiting").source())
                .under("cluster: { min_margin: 0 }")
                .fails("there is no quorum, so nothing may go: 2 of 3 votes, 2 needed");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aMemberThatCannotBeAskedMayCountLess() {
        bench(new Margin(), in("quorate").source(), stopped()).cannotTell("pve2 could not be asked");
        bench(new Margin(), stopped()).cannotTell("no member could tell");
    }

    @Test
    void withoutTheRulesNobodyKnowsWhatALossWouldLeave() {
        bench(new Margin(), in("quorate").source().silent("cluster.corosync", "it was not answered"))
                .cannotTell("what corosync runs with could not be read of pve1 (it was not answered)");
    }
}
