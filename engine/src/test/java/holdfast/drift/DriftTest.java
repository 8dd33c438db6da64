package holdfast.drift;

import static holdfast.run.Runs.cluster;
import static holdfast.run.Runs.expired;
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
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriftTest {

    private static Finding one(Status status) {
        return finding("sshd.root-login", Severity.HIGH, status, "as it is");
    }

    private static Drift between(NodeResult before, NodeResult after) {
        return Drift.between(run(0, List.of(before)), run(1, List.of(after)), "");
    }

    private static List<Difference.Kind> kinds(Drift drift) {
        return drift.differences().stream().map(Difference::kind).toList();
    }

    /** Every way from one status to another has a name, or is no difference. */
    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "PASS, PASS, none", "PASS, FAIL, FAILING", "PASS, SKIP, CHANGED", "PASS, UNKNOWN, UNTOLD",
                "PASS, WAIVED, ACCEPTED", "FAIL, PASS, FIXED", "FAIL, FAIL, none", "FAIL, SKIP, FIXED",
                "FAIL, UNKNOWN, UNTOLD", "FAIL, WAIVED, ACCEPTED", "SKIP, PASS, CHANGED", "SKIP, FAIL, FAILING",
                "SKIP, SKIP, none", "SKIP, UNKNOWN, UNTOLD", "SKIP, WAIVED, ACCEPTED", "UNKNOWN, PASS, TOLD",
                "UNKNOWN, FAIL, FAILING", "UNKNOWN, SKIP, TOLD", "UNKNOWN, UNKNOWN, none", "UNKNOWN, WAIVED, ACCEPTED",
                "WAIVED, PASS, FIXED", "WAIVED, FAIL, FAILING", "WAIVED, SKIP, FIXED", "WAIVED, UNKNOWN, UNTOLD",
                "WAIVED, WAIVED, none"
            })
    void everyChangeOfStatusIsTold(Status before, Status after, Difference.Kind expected) {
        Drift drift = between(node("pve1", one(before)), node("pve1", one(after)));
        assertThat(kinds(drift)).isEqualTo(expected == null ? List.of() : List.of(expected));
        drift.differences().forEach(difference -> {
            assertThat(difference.subject()).isEqualTo("pve1");
            assertThat(difference.check()).contains("sshd.root-login");
            assertThat(difference.message()).contains("as it is");
        });
    }

    @Test
    void aFailureThatFailsInAnotherWayHasChanged() {
        Drift drift = between(
                node("pve1", finding("sshd.root-login", Severity.HIGH, Status.FAIL, "root may log in with a key")),
                node(
                        "pve1",
                        finding("sshd.root-login", Severity.HIGH, Status.FAIL, "root may log in with a password")));
        assertThat(kinds(drift)).containsExactly(Difference.Kind.CHANGED);
        assertThat(drift.differences().get(0).message())
                .contains("with a password")
                .contains("before")
                .contains("a key");
        assertThat(drift.worse()).isTrue();
    }

    @Test
    void whatPassesMayBeSaidInOtherWords() {
        assertThat(between(
                                node("pve1", finding("time.skew", Severity.LOW, Status.PASS, "3 members agree")),
                                node("pve1", finding("time.skew", Severity.LOW, Status.PASS, "4 members agree")))
                        .any())
                .isFalse();
    }

    /** One line for a node that is down, not one for each of its checks. */
    @Test
    void aNodeThatDoesNotAnswerIsToldOnce() {
        NodeResult up = node("pve1", one(Status.PASS), finding("time.skew", Severity.LOW, Status.FAIL, "apart"));
        NodeResult down = silent("pve1", "sshd.root-login", "time.skew");
        assertThat(kinds(between(up, down))).containsExactly(Difference.Kind.LOST);
        assertThat(between(up, down).worse()).isTrue();
        assertThat(kinds(between(down, down))).isEmpty();
        // What fails when it is back is news: nobody knows since when.
        assertThat(kinds(between(down, up))).containsExactly(Difference.Kind.FAILING, Difference.Kind.BACK);
    }

    @Test
    void newAndGoneNodesAndClustersAreTold() {
        Drift drift = Drift.between(
                run(0, List.of(node("pve1", one(Status.PASS))), cluster("old", "aa", List.of("pve1"))),
                run(1, List.of(node("pve2", one(Status.FAIL))), cluster("young", "bb", List.of("pve2"))),
                "");
        assertThat(drift.differences().stream().map(difference -> difference.kind() + " " + difference.where()))
                .containsExactly("NEW pve2", "NEW cluster young", "GONE pve1", "GONE cluster old");
        assertThat(drift.differences().get(0).message()).isEqualTo("1 of its checks fails");
    }

    /** Its name is known by its members alone; that they are silent is told. */
    @Test
    void aClusterThatIsDownIsNeitherGoneNorNewAfterwards() {
        Finding quorum = finding("cluster.quorum", Severity.CRITICAL, Status.PASS, "quorate");
        Run up = run(0, List.of(node("a", one(Status.PASS))), cluster("lab", "aa", List.of("a"), quorum));
        Run down = run(1, List.of(silent("a", "sshd.root-login")));
        assertThat(kinds(Drift.between(up, down, ""))).containsExactly(Difference.Kind.LOST);
        assertThat(kinds(Drift.between(down, up, ""))).containsExactly(Difference.Kind.BACK);
    }

    /** Two clusters may bear the same name; their CA tells them apart. */
    @Test
    void clustersOfTheSameNameAreNotMixedUp() {
        Finding pass = finding("cluster.quorum", Severity.CRITICAL, Status.PASS, "quorate");
        Finding fail = finding("cluster.quorum", Severity.CRITICAL, Status.FAIL, "not quorate");
        Run before = run(
                0,
                List.of(node("a"), node("b")),
                cluster("lab", "aa", List.of("a"), pass),
                cluster("lab", "bb", List.of("b"), fail));
        Run swapped = run(
                1,
                List.of(node("a"), node("b")),
                cluster("lab", "bb", List.of("b"), fail),
                cluster("lab", "aa", List.of("a"), pass));
        assertThat(Drift.between(before, swapped, "").any()).isFalse();
    }

    /** A member that could not read its CA this time is still of the same cluster. */
    @Test
    void aClusterWhoseAuthorityCouldNotBeReadIsKnownByItsName() {
        Finding pass = finding("cluster.quorum", Severity.CRITICAL, Status.PASS, "quorate");
        Finding fail = finding("cluster.quorum", Severity.CRITICAL, Status.FAIL, "not quorate");
        Run before = run(0, List.of(node("a")), cluster("lab", "aa", List.of("a"), pass));
        Run after = run(1, List.of(node("a")), cluster("lab", "", List.of("a"), fail));
        assertThat(kinds(Drift.between(before, after, ""))).containsExactly(Difference.Kind.FAILING);
        assertThat(kinds(Drift.between(after, before, ""))).containsExactly(Difference.Kind.FIXED);
    }

    @Test
    void theWorstComesFirst() {
        Drift drift = between(
                node(
                        "pve1",
                        finding("a.fixed", Severity.CRITICAL, Status.FAIL, "was wrong"),
                        finding("b.low", Severity.LOW, Status.PASS, "fine"),
                        finding("c.critical", Severity.CRITICAL, Status.PASS, "fine")),
                node(
                        "pve1",
                        finding("a.fixed", Severity.CRITICAL, Status.PASS, "right"),
                        finding("b.low", Severity.LOW, Status.FAIL, "wrong"),
                        finding("c.critical", Severity.CRITICAL, Status.FAIL, "wrong")));
        assertThat(drift.differences().stream()
                        .map(difference -> difference.check().orElseThrow()))
                .containsExactly("c.critical", "b.low", "a.fixed");
    }

    @Test
    void whatWasMendedIsADifferenceAndNotForTheWorse() {
        Drift drift = between(node("pve1", one(Status.FAIL)), node("pve1", one(Status.PASS)));
        assertThat(drift.any()).isTrue();
        assertThat(drift.worse()).isFalse();
    }

    @Test
    void anExpiredWaiverIsNamedWithItsOwner() {
        Drift drift = between(
                node("pve1", one(Status.WAIVED)),
                node("pve1", expired("sshd.root-login", Severity.HIGH, "root may log in")));
        assertThat(drift.differences().get(0).message())
                .isEqualTo("root may log in (its waiver by ops expired after 2026-10-31)");
    }

    /** A check that only one of the runs asked is told, and counts for nothing. */
    @Test
    void onlyWhatBothRunsAskedIsCompared() {
        Drift drift = between(
                node("pve1", one(Status.PASS), finding("old.check", Severity.LOW, Status.PASS, "fine")),
                node("pve1", one(Status.PASS), finding("new.check", Severity.HIGH, Status.FAIL, "wrong")));
        assertThat(drift.any()).isFalse();
        assertThat(drift.remarks())
                .containsExactly(
                        "the earlier run did not ask new.check, of which 1 fails", "this run did not ask old.check");
    }

    @Test
    void anotherPolicyAnotherLimitAndAnotherVersionAreRemarked() {
        Run before = run(0, List.of(node("pve1")));
        Run other = new Run(
                "later",
                "scan",
                before.startedAt(),
                before.finishedAt(),
                new Run.Context("0.2.0", "ops", "desk", List.of("fleet.yml"), "1".repeat(64), "pve1", "fleet.yml"),
                before.checks(),
                before.nodes(),
                before.clusters());
        assertThat(Drift.between(before, other, "the approved run").remarks())
                .hasSize(2)
                .anyMatch(remark -> remark.contains("'pve1'"))
                .anyMatch(remark -> remark.contains("0.2.0"));
        assertThat(Drift.between(before, other, "the approved run").since().what())
                .isEqualTo("the approved run");
        Drift same = Drift.between(before, before, "");
        assertThat(same.any()).isFalse();
        assertThat(same.remarks()).isEmpty();
    }

    private static NodeResult in(String cluster, NodeResult node) {
        return new NodeResult(
                node.name(),
                node.address(),
                cluster.isEmpty() ? Optional.empty() : Optional.of(cluster),
                node.state(),
                node.error(),
                node.facts(),
                node.durationMillis(),
                node.findings(),
                node.changes());
    }

    /** A member that is out of its cluster answers for itself: what fails there is news, and so is that it is out. */
    @Test
    void aNodeThatLeavesItsClusterHidesNothing() {
        Finding quorum = finding("cluster.quorum", Severity.CRITICAL, Status.PASS, "quorate");
        Finding broken = finding("cluster.quorum", Severity.CRITICAL, Status.FAIL, "no corosync.conf");
        Run before = run(
                0,
                List.of(in("lab", node("a")), in("lab", node("b"))),
                cluster("lab", "aa", List.of("a", "b"), quorum));
        Run after = run(
                1,
                List.of(in("lab", node("a")), in("", node("b", broken))),
                cluster("lab", "aa", List.of("a"), quorum));
        Drift drift = Drift.between(before, after, "");
        assertThat(drift.differences().stream().map(one -> one.kind() + " " + one.subject()))
                .containsExactly("FAILING b", "CHANGED b");
        assertThat(drift.differences().get(1).message()).isEqualTo("in no cluster, and was in cluster lab before");
    }

    @Test
    void aCheckThatHasNoAnswerAnyMoreIsTold() {
        Drift drift = Drift.between(
                run(0, List.of(node("a", one(Status.PASS)), node("b", one(Status.PASS)))),
                run(1, List.of(node("a", one(Status.PASS)), node("b"))),
                "");
        assertThat(kinds(drift)).containsExactly(Difference.Kind.UNTOLD);
        assertThat(drift.differences().get(0).subject()).isEqualTo("b");
    }

    /** What two of three members say together is no change of what all three said. */
    @Test
    void aClusterOfWhichOnlySomeWereAskedIsNotCompared() {
        Finding skew = finding("time.skew", Severity.HIGH, Status.PASS, "agree");
        Finding alone = finding("time.skew", Severity.HIGH, Status.SKIP, "one member only");
        Run before = run(0, List.of(node("a"), node("b")), cluster("lab", "aa", List.of("a", "b"), skew));
        Run limited = run(1, List.of(node("a")), cluster("lab", "aa", List.of("a"), alone));
        Run after = new Run(
                limited.id(),
                "scan",
                limited.startedAt(),
                limited.finishedAt(),
                new Run.Context("0.1.0", "ops", "desk", List.of("fleet.yml"), "1".repeat(64), "a", "fleet.yml -l a"),
                limited.checks(),
                limited.nodes(),
                limited.clusters());
        Drift drift = Drift.between(before, after, "");
        assertThat(drift.any()).isFalse();
        assertThat(drift.remarks())
                .anyMatch(remark -> remark.contains("lab"))
                .noneMatch(remark -> remark.contains("policy"));
    }
}
