package holdfast.fix;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.FakeSource;
import holdfast.bench.RecordedMember;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.proxmox.Quorum;
import org.junit.jupiter.api.Test;

/** Whether a member may be touched, by what the genuine corosync said in each state: never where nobody knows. */
final class GateTest {

    private static final String STANDALONE = "{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n";

    private static FakeSource standalone() {
        return new FakeSource()
                .answers("cluster.corosync-conf", absent("corosync.conf") + section("nodename", "pve1"))
                .answers("cluster.members", STANDALONE)
                .fails("cluster.quorum", 1, "Cannot initialize CMAP service")
                .fails("cluster.corosync", 1, "Cannot initialize CMAP service")
                .fails("cluster.files", 1, "no");
    }

    @Test
    void aCorosyncThatCountsIsInAClusterWhateverBecameOfItsFiles() {
        FakeSource source = RecordedMember.of("one-member-down", "pve1")
                .answers("cluster.corosync-conf", absent("corosync.conf") + section("nodename", "pve1"))
                .fails("cluster.members", 124, "")
                .fails("cluster.files", 124, "");
        assertThat(Gate.shut(source, false).orElse("open")).contains("/etc/pve does not answer");
    }

    private static String shut(String state, String member) {
        return Gate.shut(RecordedMember.of(state, member), false).orElse("open");
    }

    @Test
    void aStandaloneNodeHasNoGate() {
        assertThat(Gate.shut(standalone(), false)).isEmpty();
        assertThat(Gate.cluster(standalone())).isEmpty();
    }

    @Test
    void threeOfThreeMayLoseOneAndTwoOfThreeMayNot() {
        assertThat(shut("quorate", "pve1")).isEqualTo("open");
        assertThat(shut("quorate-seen-by-2", "pve2")).isEqualTo("open");
        assertThat(shut("debian13/quorate", "pve1")).isEqualTo("open");
        assertThat(Gate.cluster(RecordedMember.of("quorate", "pve1"))).contains("lab");
        assertThat(shut("one-member-down", "pve1"))
                .isEqualTo(
                        "losing this node would cost the cluster its quorum: 1 of 3 votes would be left, 2 are needed");
    }

    @Test
    void aMinorityIsNotTouched() {
        assertThat(shut("not-quorate", "pve1")).isEqualTo("not quorate: 1 of 3 votes, 2 needed");
        assertThat(shut("wait-for-all-waiting", "pve1"))
                .isEqualTo(
                        "not quorate: 2 of 3 votes, 2 needed; wait_for_all: no quorum before all members were seen once");
    }

    @Test
    void aQuorumThatWasForcedIsNotTouched() {
        assertThat(shut("expected-lowered", "pve1"))
                .contains("expects 1 votes where 3 are configured", "pvecm expected");
    }

    @Test
    void twoNodesSpareNoneUnlessTheyAreConfiguredForIt() {
        assertThat(shut("two-node", "pve1")).isEqualTo("open");
        assertThat(shut("two-node-waits-for-all", "pve1")).contains("not quorate");
    }

    @Test
    void aDevicesVoteCountsWhereTheOthersGetIt() {
        assertThat(shut("device-ffsplit", "pve1")).isEqualTo("open");
        assertThat(shut("device-lms", "pve1")).isEqualTo("open");
        assertThat(shut("device-ffsplit-qnetd-stopped", "pve1"))
                .contains("1 of 3 votes would be left, 2 are needed", "pve2 does not count the QDevice's vote");
        assertThat(shut("device-ffsplit-daemon-not-started", "pve1")).contains("1 of 3 votes would be left");
        // pve1 is left with the QDevice's vote; pve2 would be left without.
        assertThat(shut("device-ffsplit-daemon-stopped", "pve2")).isEqualTo("open");
        assertThat(shut("device-ffsplit-daemon-stopped-on-2", "pve1")).contains("pve2 does not count");
        assertThat(shut("device-ffsplit-cut-off", "pve2")).isEqualTo("open");
        assertThat(shut("device-ffsplit-other-cut-off", "pve1")).contains("pve2 does not count");
    }

    @Test
    void theLastHalfKeepsTheTie() {
        assertThat(shut("auto-tie-breaker", "pve1")).isEqualTo("open");
        assertThat(shut("last-man-standing-after-a-loss", "pve1")).isEqualTo("open");
    }

    @Test
    void aWriteCostsNoVote() {
        assertThat(shut("one-member-down", "pve1")).isNotEqualTo("open");
        assertThat(Gate.shut(RecordedMember.of("one-member-down", "pve1"), true))
                .isEmpty();
        assertThat(Gate.shut(RecordedMember.of("not-quorate", "pve1"), true)).isPresent();
        assertThat(Gate.shut(RecordedMember.of("expected-lowered", "pve1"), true))
                .isPresent();
        assertThat(Gate.shut(RecordedMember.of("corosync-stopped", "pve1"), true))
                .isPresent();
        assertThat(Gate.shut(RecordedMember.of("quorate", "pve1").silent("cluster.members", "it took too long"), true))
                .isPresent();
    }

    @Test
    void whatIsNotKnownKeepsItShut() {
        assertThat(Gate.shut(
                                RecordedMember.of("quorate", "pve1")
                                        .silent("cluster.corosync-conf", "it took too long"),
                                false)
                        .orElseThrow())
                .contains("it is not known whether this node is in a cluster: ", "it took too long");
        assertThat(shut("corosync-stopped", "pve1")).contains("it is not known whether the cluster is quorate: ");
        assertThat(Gate.shut(RecordedMember.of("quorate", "pve1").silent("cluster.corosync", "it took too long"), false)
                        .orElseThrow())
                .contains("it is not known what the cluster would survive: it took too long");
    }

    @Test
    void aClusterFileSystemThatHangsOrLagsKeepsItShut() {
        assertThat(Gate.shut(RecordedMember.of("quorate", "pve1").silent("cluster.members", "it took too long"), false)
                        .orElseThrow())
                .contains("/etc/pve does not answer (it took too long)");
        FakeSource lagging = RecordedMember.of("quorate", "pve1");
        String members = ((Reading.Known<Output>) lagging.output(holdfast.proxmox.Membership.PROBE
                        .shapes()
                        .skip(1)
                        .findFirst()
                        .orElseThrow()))
                .value()
                .stdout();
        assertThat(Gate.shut(
                                lagging.answers("cluster.members", members.replace("\"quorate\": 1", "\"quorate\": 0")),
                                false)
                        .orElseThrow())
                .contains("pmxcfs does not see the quorum that corosync has");
    }

    @Test
    void anOwnVoteThatIsNotMarkedIsNotGuessed() {
        FakeSource source = RecordedMember.of("quorate", "pve1");
        Output told = ((Reading.Known<Output>)
                        source.output(Quorum.PROBE.shapes().findFirst().orElseThrow()))
                .value();
        assertThat(Gate.shut(source.answers("cluster.quorum", told.stdout().replace(" (local)", "")), false)
                        .orElseThrow())
                .contains("does not tell which vote is this node's own");
    }
}
