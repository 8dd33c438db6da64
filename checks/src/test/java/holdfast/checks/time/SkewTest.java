package holdfast.checks.time;

import static holdfast.bench.CheckBench.bench;

import holdfast.bench.FakeSource;
import org.junit.jupiter.api.Test;

final class SkewTest {

    private static FakeSource at(double millis, double uncertainty) {
        return new FakeSource().clock(millis, uncertainty);
    }

    @Test
    void membersThatAgreePass() {
        bench(new Skew(), at(10, 5), at(-20, 5), at(0, 2)).passes("3 members agree to 30 ms (±10 ms)");
    }

    @Test
    void aControllerWhoseOwnClockIsWrongDoesNotMatter() {
        bench(new Skew(), at(3_600_000, 5), at(3_600_010, 5)).passes("agree to 10 ms");
    }

    @Test
    void membersThatAreApartBeyondTheDoubtFail() {
        bench(new Skew(), at(0, 10), at(700, 10), at(100, 5))
                .fails("the clocks of pve1 and pve2 are 700 ms apart (measured to ±20 ms), more than 500 ms")
                .showing("pve2: +700 ms ± 10 ms against this machine")
                .advising("never step a running member");
    }

    @Test
    void theLimitIsThePolicys() {
        bench(new Skew(), at(0, 1), at(60, 1)).passes();
        bench(new Skew(), at(0, 1), at(60, 1))
                .under("time: { max_skew_ms: 50 }")
                .fails("60 ms apart");
    }

    @Test
    void aDifferenceWithinTheDoubtIsNotAFailure() {
        bench(new Skew(), at(0, 100), at(550, 100)).cannotTell("the measurement is only good to ±200 ms");
    }

    @Test
    void aWayThatIsTooSlowToMeasureIsNotAPass() {
        bench(new Skew(), at(0, 300), at(20, 300)).cannotTell("too slow to measure 500 ms: ±600 ms");
    }

    @Test
    void aDifferenceBelowTheLimitIsNoPassWhenTheDoubtReachesBeyondIt() {
        bench(new Skew(), at(0, 150), at(450, 150)).cannotTell("±300 ms");
    }

    @Test
    void oneBadlyMeasuredMemberDoesNotHideAPairThatIsSurelyApart() {
        bench(new Skew(), at(0, 10), at(700, 10), at(750, 600)).fails("pve1 and pve2 are 700 ms apart");
    }

    @Test
    void aBadlyMeasuredMemberInTheMiddleIsNotAPass() {
        bench(new Skew(), at(0, 1), at(5, 600), at(10, 1)).cannotTell("too slow to measure 500 ms");
    }

    @Test
    void aMemberWithoutAClockIsNotAPass() {
        bench(new Skew(), at(0, 1), at(1, 1), new FakeSource().clockUnread("not read"))
                .cannotTell("the clock of pve3 could not be read; the others agree");
    }

    @Test
    void aDifferenceThatWasSeenIsAFailureEvenWhenOneMemberIsSilent() {
        bench(new Skew(), at(0, 1), at(900, 1), new FakeSource().clockUnread("not read"))
                .fails("900 ms apart");
    }

    @Test
    void oneClockAloneTellsNothing() {
        bench(new Skew(), at(0, 1), new FakeSource().clockUnread("not read"))
                .cannotTell("fewer than two members' clocks could be read");
    }

    @Test
    void oneMemberAloneHasNothingToCompareWith() {
        bench(new Skew(), at(0, 1)).skips("only one member of this cluster was scanned");
    }

    @Test
    void clocksAreNotPushedTogether() {
        bench(new Skew(), at(0, 10), at(700, 10)).refusesToMend("without a step");
    }
}
