package holdfast.notify;

import static holdfast.run.Runs.cluster;
import static holdfast.run.Runs.finding;
import static holdfast.run.Runs.node;
import static holdfast.run.Runs.run;
import static holdfast.run.Runs.silent;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Severity;
import holdfast.run.Finding;
import holdfast.run.Finding.Status;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.Runs;
import holdfast.run.WaiverReview;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TellingTest {

    private static final Set<Topic> ALL = EnumSet.allOf(Topic.class);

    private static Finding root(Status status) {
        return finding("sshd.root-login", Severity.CRITICAL, status, "root may log in");
    }

    private static Finding time(Status status) {
        return finding("time.skew", Severity.MEDIUM, status, "the clocks are apart");
    }

    private static Run day(int day, NodeResult... nodes) {
        return run(day, List.of(nodes));
    }

    private static List<String> words(Telling telling) {
        return telling.events().stream()
                .map(event -> event.subject().words() + " " + event.words() + " " + event.check())
                .map(String::strip)
                .toList();
    }

    private static Telling first(Run run) {
        return Telling.of(run, Map.of(), Optional.empty(), ALL);
    }

    private static Telling next(Run run, Telling before) {
        return Telling.of(run, before.told(), Optional.empty(), ALL);
    }

    /** Who sets up a fleet with a hundred findings is not told of each of them; of critical ones he is. */
    @Test
    void theFirstRunTellsWhatIsCriticalOnly() {
        Telling telling = first(day(0, node("pve1", root(Status.FAIL), time(Status.FAIL))));
        assertThat(words(telling)).containsExactly("pve1 newly failing sshd.root-login");
        assertThat(telling.events().get(0).topics()).containsExactly(Topic.CRITICAL);
    }

    @Test
    void theFirstRunIsComparedWithABaselineWhereThereIsOne() {
        Run approved = day(0, node("pve1", root(Status.FAIL), time(Status.PASS)));
        Telling telling = Telling.of(
                day(1, node("pve1", root(Status.FAIL), time(Status.FAIL))), Map.of(), Optional.of(approved), ALL);
        assertThat(words(telling)).containsExactly("pve1 newly failing time.skew");
    }

    @Test
    void nothingIsToldTwiceForTheSameState() {
        Telling one = first(day(0, node("pve1", root(Status.FAIL), time(Status.PASS))));
        Telling two = next(day(1, node("pve1", root(Status.FAIL), time(Status.PASS))), one);
        assertThat(two.events()).isEmpty();
        assertThat(two.told()).isEqualTo(one.told());
    }

    @Test
    void whatBeginsChangesAndEndsIsToldOnceEach() {
        Telling zero = first(day(0, node("pve1", time(Status.PASS))));
        Telling began = next(day(1, node("pve1", time(Status.FAIL))), zero);
        assertThat(words(began)).containsExactly("pve1 newly failing time.skew");
        Run otherwise = day(2, node("pve1", finding("time.skew", Severity.MEDIUM, Status.FAIL, "far apart")));
        Telling changed = next(otherwise, began);
        assertThat(words(changed)).containsExactly("pve1 fails in another way time.skew");
        Telling ended = next(day(3, node("pve1", time(Status.PASS))), changed);
        assertThat(words(ended)).containsExactly("pve1 does not fail any more time.skew");
        assertThat(words(next(day(4, node("pve1", time(Status.FAIL))), ended)))
                .containsExactly("pve1 newly failing time.skew");
    }

    /** What could not be sent is not remembered: the next run sends it. */
    @Test
    void whatWasNotSentIsToldWithTheNextRun() {
        Telling zero = first(day(0, node("pve1", time(Status.PASS))));
        Telling lost = next(day(1, node("pve1", time(Status.FAIL))), zero);
        assertThat(lost.events()).isNotEmpty();
        assertThat(words(next(day(2, node("pve1", time(Status.FAIL))), zero)))
                .containsExactly("pve1 newly failing time.skew");
    }

    /** A node that goes and comes back is told so; its old failures are no news, and were not mended meanwhile. */
    @Test
    void aNodeThatIsDownForANightBringsNoOldNewsBack() {
        Telling zero = first(day(0, node("pve1", root(Status.FAIL), time(Status.FAIL))));
        Telling down = next(day(1, silent("pve1", "sshd.root-login", "time.skew")), zero);
        assertThat(words(down)).containsExactly("pve1 does not answer");
        Telling stillDown = next(day(2, silent("pve1", "sshd.root-login", "time.skew")), down);
        assertThat(stillDown.events()).isEmpty();
        Telling up = next(day(3, node("pve1", root(Status.FAIL), time(Status.FAIL))), stillDown);
        assertThat(words(up)).containsExactly("pve1 answers again");
    }

    @Test
    void aCheckThatCannotBeToldForANightIsNotMended() {
        Telling zero = first(day(0, node("pve1", time(Status.FAIL))));
        Telling untold = next(day(1, node("pve1", time(Status.UNKNOWN))), zero);
        assertThat(words(untold)).containsExactly("pve1 cannot be told any more time.skew");
        Telling again = next(day(2, node("pve1", time(Status.FAIL))), untold);
        assertThat(words(again)).containsExactly("pve1 can be told again time.skew");
    }

    @Test
    void aNodeThatIsGoneIsToldOnceAndTakesItsFailuresAlong() {
        Telling zero = first(day(0, node("pve1", time(Status.FAIL)), node("pve2", time(Status.FAIL))));
        Telling gone = next(day(1, node("pve1", time(Status.FAIL))), zero);
        assertThat(words(gone)).containsExactly("pve2 gone");
        assertThat(gone.told().keySet()).noneMatch(key -> key.contains("pve2"));
        assertThat(words(next(day(2, node("pve1", time(Status.FAIL)), node("pve3", time(Status.PASS))), gone)))
                .containsExactly("pve3 new");
    }

    /** A cluster has no name while none of its members answers. */
    @Test
    void aClusterThatIsDownIsNotGone() {
        Finding votes = finding("cluster.votes", Severity.HIGH, Status.FAIL, "a vote is missing");
        Run up = run(0, List.of(node("pve1", time(Status.PASS))), cluster("lab", "aa", List.of("pve1"), votes));
        Telling zero = first(up);
        Telling down = next(day(1, silent("pve1", "time.skew")), zero);
        assertThat(words(down)).containsExactly("pve1 does not answer");
        Run back = run(2, List.of(node("pve1", time(Status.PASS))), cluster("lab", "aa", List.of("pve1"), votes));
        assertThat(words(next(back, down))).containsExactly("pve1 answers again");
    }

    @Test
    void onlyTheTopicsThatAreWantedAreTold() {
        Telling zero = first(day(0, node("pve1", root(Status.PASS), time(Status.PASS))));
        Run worse = day(1, node("pve1", root(Status.FAIL), time(Status.FAIL)));
        assertThat(words(Telling.of(worse, zero.told(), Optional.empty(), EnumSet.of(Topic.CRITICAL))))
                .containsExactly("pve1 newly failing sshd.root-login");
        assertThat(words(Telling.of(worse, zero.told(), Optional.empty(), EnumSet.of(Topic.FAILURE))))
                .isEmpty();
    }

    @Test
    void anExpiredWaiverIsToldOnceWithItsOwner() {
        Run run = day(0, node("pve1", time(Status.FAIL)))
                .withWaivers(List.of(new WaiverReview(
                        Runs.waiver("time.skew", "2026-10-31"),
                        WaiverReview.State.EXPIRED,
                        1,
                        "expired after 2026-10-31")));
        Telling telling = first(run);
        assertThat(words(telling)).containsExactly("waiver time.skew for * waiver expired");
        assertThat(telling.events().get(0).message()).contains("by ops");
        assertThat(next(run, telling).events()).isEmpty();
    }

    @Test
    void aRunThatFailsIsToldOnceUntilOneGoesThrough() {
        Telling zero = first(day(0, node("pve1", time(Status.PASS))));
        Telling failed = Telling.ofFailure("no inventory", zero.told(), ALL);
        assertThat(words(failed)).containsExactly("run the run failed");
        assertThat(Telling.ofFailure("no inventory", failed.told(), ALL).events())
                .isEmpty();
        Telling through = next(day(1, node("pve1", time(Status.PASS))), failed);
        assertThat(words(through)).containsExactly("run runs go through again");
    }

    /** A failure before anything was ever told is not the state that the fleet was in. */
    @Test
    void afterAFailedStartTheFirstRunIsStillTheFirst() {
        Telling failed = Telling.ofFailure("no inventory", Map.of(), ALL);
        Telling through = next(day(1, node("pve1", time(Status.FAIL))), failed);
        assertThat(words(through)).containsExactly("run runs go through again");
    }

    /** It still fails: nobody may read that it was mended. */
    @Test
    void aFailureThatIsWaivedIsNotToldAsMended() {
        Telling failing = first(day(0, node("pve1", root(Status.FAIL))));
        Telling waived = next(day(1, node("pve1", root(Status.WAIVED))), failing);
        assertThat(words(waived)).containsExactly("pve1 waived, and fails as before sshd.root-login");
        assertThat(waived.events().get(0).message()).contains("ops", "2027-01-31", "until the move");
        assertThat(next(day(2, node("pve1", root(Status.WAIVED))), waived).events())
                .isEmpty();
    }

    @Test
    void twoExpiredWaiversForTheSameAreToldOnce() {
        WaiverReview old = new WaiverReview(
                Runs.waiver("time.skew", "2025-01-01"), WaiverReview.State.EXPIRED, 1, "expired after 2025-01-01");
        WaiverReview late = new WaiverReview(
                Runs.waiver("time.skew", "2026-02-01"), WaiverReview.State.EXPIRED, 1, "expired after 2026-02-01");
        Run run = day(0, node("pve1", time(Status.FAIL)));
        Telling one = first(run.withWaivers(List.of(old, late)));
        assertThat(one.events()).hasSize(1);
        assertThat(next(run.withWaivers(List.of(late, old)), one).events()).isEmpty();
    }

    @Test
    void whatWasNotDeliveredIsAllThatTheNextRunTells() {
        Telling zero = first(day(0, node("pve1", root(Status.PASS), time(Status.PASS))));
        Run worse = day(1, node("pve1", root(Status.FAIL), time(Status.PASS)));
        Telling lost = next(worse, zero);
        Telling again = Telling.of(worse, lost.withoutEvents(zero.told()), Optional.empty(), ALL);
        assertThat(words(again)).containsExactly("pve1 newly failing sshd.root-login");
        // Also where it was the first of all: what began in between is not swallowed with it.
        Telling firstLost = first(worse);
        Run more = day(2, node("pve1", root(Status.FAIL), time(Status.FAIL)));
        assertThat(words(Telling.of(more, firstLost.withoutEvents(Map.of()), Optional.empty(), ALL)))
                .containsExactly("pve1 newly failing sshd.root-login", "pve1 newly failing time.skew");
    }
}
