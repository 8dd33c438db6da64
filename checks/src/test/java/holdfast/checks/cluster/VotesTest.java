package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.bench.Answers;
import holdfast.check.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VotesTest {

    // ------------------------------------------------------------------ pass

    @ParameterizedTest
    @CsvSource({
        "quorate, 3 of 3",
        "two-node, 2 of 2",
        "two-links, 3 of 3",
        "wait-for-all, 3 of 3",
        "auto-tie-breaker, 4 of 4"
    })
    void allVotesArePresent(String state, String votes) {
        bench(new Votes(), in(state).source(), in(state).as(2).source()).passes(votes + " votes are present");
        bench(new Votes(), in("debian13/" + state).source()).passes(votes + " votes are present");
    }

    @Test
    void theQdevicesVotesAreAmongThem() {
        bench(
                        new Votes(),
                        in("device-ffsplit").source(),
                        in("device-ffsplit-seen-by-2").source())
                .passes("3 of 3 votes are present, the QDevice's among them")
                .neverPassesUnread();
        bench(new Votes(), in("device-lms").source(), in("device-lms-seen-by-3").source())
                .passes("5 of 5 votes are present, the QDevice's among them");
    }

    @Test
    void aHungPmxcfsHidesNothing() {
        bench(new Votes(), hung(in("quorate").source())).passes("3 of 3 votes are present");
    }

    // ------------------------------------------------------------------ votes that are missing

    @Test
    void aMemberThatIsDownIsNamed() {
        bench(
                        new Votes(),
                        in("one-member-down").source(),
                        in("one-member-down").as(2).source())
                .failsAs(Severity.HIGH, "only 2 of 3 votes are present: pve3 is missing")
                .advising("pvecm delnode NAME")
                .refusesToMend("quorum is never made by force, and 'pvecm expected' is not a fix")
                .refusesToMend("1 of the votes have to come back: pve3 is missing");
    }

    @Test
    void aMinorityMissesTheOthers() {
        bench(new Votes(), in("not-quorate").source())
                .failsAs(Severity.HIGH, "only 1 of 3 votes are present: pve2, pve3 are missing");
    }

    @Test
    void missingVotesAreToldThoughTheMissingMemberIsSilent() {
        bench(
                        new Votes(),
                        in("one-member-down").source(),
                        in("one-member-down").as(2).source(),
                        stopped())
                .fails("only 2 of 3 votes are present: pve3 is missing");
    }

    @Test
    void aQdeviceThatOnlySomeMembersCountIsMissingOnTheOthers() {
        bench(
                        new Votes(),
                        in("device-ffsplit-daemon-stopped-on-2").source(),
                        in("device-ffsplit-daemon-stopped").source())
                .failsAs(
                        Severity.HIGH,
                        "pve2 counts only 2 of 3 votes as present: the QDevice's vote is not counted on pve2 (its client is not registered)")
                .advising("on pve2: systemctl status corosync-qdevice")
                .advising("systemctl status corosync-qnetd");
        bench(
                        new Votes(),
                        in("device-ffsplit-other-cut-off").source(),
                        in("device-ffsplit-cut-off").source())
                .fails("not counted on pve2 (its client gets no vote)");
    }

    @Test
    void aQdeviceThatNobodyCountsIsMissing() {
        bench(new Votes(), in("device-ffsplit-daemon-not-started").source())
                .fails("only 2 of 3 votes are present: the QDevice's vote is not counted on pve1");
        bench(new Votes(), in("device-lms-qnetd-stopped").source())
                .fails(
                        "only 3 of 5 votes are present: the QDevice's 2 votes are not counted on pve1 (its client gets no vote)");
    }

    @Test
    void aMemberWithFewerVotesThanConfiguredIsTold() {
        bench(
                        new Votes(),
                        in("quorate")
                                .count(text -> text.replace("         3          1 pve3", "         3          0 pve3")
                                        .replace("Total votes:      3", "Total votes:      2"))
                                .source())
                .fails("only 2 of 3 votes are present: all members are there, with fewer votes than are configured");
    }

    @Test
    void moreExpectedThanConfiguredAreMissingToo() {
        bench(
                        new Votes(),
                        in("quorate")
                                .count(text -> text.replace("Expected votes:   3", "Expected votes:   4"))
                                .source())
                .fails("only 3 of 4 votes are present");
    }

    // ------------------------------------------------------------------ fewer expected

    @ParameterizedTest
    @CsvSource({"expected-lowered", "debian13/expected-lowered"})
    void aQuorumThatSomebodyForcedIsCritical(String state) {
        bench(new Votes(), in(state).source())
                .failsAs(
                        Severity.CRITICAL,
                        "corosync on pve1 expects 1 votes where 3 are configured: somebody ran 'pvecm expected'")
                .advising("pvecm expected 3")
                .refusesToMend("3 votes are configured, and only when all of them are back");
    }

    @Test
    void itStaysCriticalWhenTheMemberItselfHasAllThatItExpects() {
        bench(new Votes(), in("quorate").source(), in("expected-lowered").source())
                .failsAs(Severity.CRITICAL, "corosync on pve2 expects 1 votes where 3 are configured");
    }

    @Test
    void whatLastManStandingLoweredNobodyLowered() {
        bench(new Votes(), in("last-man-standing-after-a-loss").source())
                .failsAs(Severity.HIGH, "only 3 of 4 votes are present: pve4 is missing");
        bench(new Votes(), in("last-man-standing").source()).passes("4 of 4 votes are present");
    }

    /** After a start corosync expects the members' votes alone, until the QDevice's have been there with all of them. */
    @Test
    void aMemberThatStartedWithoutTheOtherLoweredNothing() {
        bench(
                        new Votes(),
                        in("device-ffsplit")
                                .count(text -> text.replace("Nodes:            2", "Nodes:            1")
                                        .replace("votes:   3", "votes:   2")
                                        .replace("expected: 3", "expected: 2")
                                        .replace("votes:      3", "votes:      2")
                                        .replaceFirst("         2 .*pve2\n", ""))
                                .source())
                .failsAs(Severity.HIGH, "only 2 of 3 votes are present: pve2 is missing");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aStoppedCorosyncIsNoCount() {
        bench(new Votes(), in("quorate").source(), stopped())
                .cannotTell("pve2 could not be asked (corosync does not answer: Cannot initialize CMAP service)");
        bench(new Votes(), stopped()).cannotTell("no member could tell");
    }

    @Test
    void oneOfThreeIsNotTheCluster() {
        bench(new Votes(), in("quorate").source(), stopped(), stopped()).cannotTell("pve2 could not be asked");
    }

    @Test
    void withoutTheRunningConfigurationNobodyKnowsWhatIsConfigured() {
        bench(
                        new Votes(),
                        in("quorate")
                                .source()
                                .answers(
                                        "cluster.corosync",
                                        Answers.section(
                                                        "map",
                                                        "Failed to initialize the cmap API. Error CS_ERR_LIBRARY\n",
                                                        1)
                                                + Answers.finished()))
                .cannotTell(
                        "what corosync runs with could not be read of pve1 (map: Failed to initialize the cmap API");
    }
}
