package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.bench.FakeSource;
import holdfast.check.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PartitionTest {

    private static FakeSource quorate(int id) {
        return in("quorate").as(id).source();
    }

    private static FakeSource twoOfThree(int id) {
        return in("one-member-down").as(id).source();
    }

    /** pve3, alone in a ring of its own. */
    private static FakeSource cutOff() {
        return in("not-quorate")
                .count(text -> text.replace("Node ID:          1", "Node ID:          3")
                        .replace("         1          1 pve1 (local)", "         3          1 pve3 (local)")
                        .replace("Ring ID:          1.", "Ring ID:          3."))
                .source();
    }

    // ------------------------------------------------------------------ pass

    @ParameterizedTest
    @ValueSource(strings = {"", "debian13/"})
    void membersThatSeeTheSamePass(String release) {
        bench(
                        new Partition(),
                        in(release + "quorate").source(),
                        in(release + "quorate").as(2).source(),
                        in(release + "quorate").as(3).source())
                .passes("pve1, pve2, pve3 see the same 3 members (ring 1.")
                .neverPassesUnread();
    }

    @Test
    void aMemberThatIsSeenByTheOthersNeedNotBeAsked() {
        bench(new Partition(), quorate(1), quorate(2)).passes("pve1, pve2 see the same 3 members");
    }

    @Test
    void aHungPmxcfsHidesNothing() {
        bench(new Partition(), hung(quorate(1)), quorate(2), quorate(3)).passes("see the same 3 members");
    }

    @Test
    void theOnlyMemberIsItsCluster() {
        bench(
                        new Partition(),
                        in("not-quorate")
                                .local(text -> text.replaceFirst("(?s)  node \\{\n    name: pve2.*?\\}\n", "")
                                        .replaceFirst("(?s)  node \\{\n    name: pve3.*?\\}\n", ""))
                                .source())
                .passes("pve1 is the only member");
    }

    // ------------------------------------------------------------------ fail

    @Test
    void aMemberThatIsCutOffIsAPartitionOfItsOwn() {
        bench(new Partition(), twoOfThree(1), twoOfThree(2), cutOff())
                .failsAs(
                        Severity.CRITICAL,
                        "the members see different clusters: pve1, pve2 see pve1, pve2 (ring 1.11); pve3 sees pve3 (ring 3.")
                .showing("pve3: not quorate, 1 of 3 votes, 2 needed, ring 3.")
                .advising("never 'pvecm expected'")
                .refusesToMend("quorum is never made by force")
                .refusesToMend("the links between pve1, pve2, pve3 have to come back");
    }

    @Test
    void twoHalvesAreTold() {
        FakeSource other = in("two-node")
                .as(2)
                .count(text -> text.replace("Ring ID:          1.9", "Ring ID:          2.d")
                        .replace("Nodes:            2", "Nodes:            1")
                        .replace("Total votes:      2", "Total votes:      1")
                        .replace("         1          1 pve1\n", ""))
                .source();
        bench(new Partition(), in("two-node").source(), other)
                .fails("pve1 sees pve1, pve2 (ring 1.9); pve2 sees pve2 (ring 2.d)");
    }

    @Test
    void theSameMembersInDifferentRingsAreNotOneCluster() {
        bench(
                        new Partition(),
                        quorate(1),
                        in("quorate")
                                .as(2)
                                .count(text -> text.replace("1.d", "1.11"))
                                .source())
                .fails("(ring 1.d); pve2 sees pve1, pve2, pve3 (ring 1.11)");
    }

    @Test
    void aSplitIsToldThoughAnotherMemberIsSilent() {
        bench(new Partition(), twoOfThree(1), stopped(), cutOff()).fails("pve3 sees pve3");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aStoppedCorosyncIsNoView() {
        bench(new Partition(), twoOfThree(1), twoOfThree(2), stopped())
                .cannotTell("pve3 could not be asked (corosync does not answer: Cannot initialize CMAP service)");
    }

    @Test
    void oneOfThreeIsNotTheCluster() {
        bench(new Partition(), quorate(1), stopped(), stopped()).cannotTell("pve2 could not be asked");
    }

    @Test
    void nobodyToldAnything() {
        bench(new Partition(), stopped()).cannotTell("no member could tell: pve1: corosync does not answer");
    }

    @Test
    void aMemberThatNobodySeesMayLiveOnAlone() {
        bench(new Partition(), twoOfThree(1), twoOfThree(2))
                .cannotTell("pve3 is not seen by the others and was not asked: down, or a partition of its own");
        bench(new Partition(), cutOff()).cannotTell("pve1, pve2 are not seen by the others");
    }

    @Test
    void withoutACorosyncConfNobodyKnowsWhoIsMissing() {
        bench(
                        new Partition(),
                        quorate(1)
                                .answers("cluster.corosync-conf", "#: corosync.conf\n#= 44\n#: nodename\npve1\n#= 0\n"))
                .cannotTell("no member's corosync.conf tells who the members are");
    }

    @Test
    void oneViewCannotBeCompared() {
        bench(new Partition(), quorate(1)).skips("only one member of this cluster was scanned");
    }
}
