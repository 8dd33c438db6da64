package holdfast.checks.cluster;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static holdfast.bench.CheckBench.bench;

import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.check.Severity;
import holdfast.probe.Output;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class QuorumTest {

    private static final String COUNT = Transcripts.read("quorate/corosync-quorumtool-s.stdout");
    private static final String MEMBERS = Transcripts.read("quorate/dot-members.stdout");

    private static String conf(int nodes, String quorum) {
        StringBuilder text = new StringBuilder("nodelist {\n");
        for (int i = 1; i <= nodes; i++) {
            text.append(
                    "  node {\n    name: cnode%d\n    nodeid: %d\n    quorum_votes: 1\n    ring0_addr: 172.29.77.1%d\n  }\n"
                            .formatted(i, i, i));
        }
        return text + "}\n\nquorum {\n  provider: corosync_votequorum\n" + quorum
                + "}\n\ntotem {\n  cluster_name: realcl\n  config_version: 3\n  version: 2\n}\n";
    }

    private static FakeSource member(int exit, String count, String members, String conf) {
        return new FakeSource()
                .gives("cluster.quorum", new Output(exit, count, ""))
                .answers("cluster.members", members)
                .answers("cluster.corosync-conf", section("corosync.conf", conf) + section("nodename", "cnode1"));
    }

    private static FakeSource quorate() {
        return member(0, COUNT, MEMBERS, conf(3, ""));
    }

    private static FakeSource withCount(String count) {
        return member(0, count, MEMBERS, conf(3, ""));
    }

    // ------------------------------------------------------------------ pass

    @ParameterizedTest
    @CsvSource({"quorate", "quorate-pve9"})
    void aGenuineClusterPasses(String state) {
        bench(
                        new Quorum(),
                        member(
                                0,
                                Transcripts.read(state + "/corosync-quorumtool-s.stdout"),
                                Transcripts.read(state + "/dot-members.stdout"),
                                conf(3, "")))
                .passes("quorate, 3 of 3 votes, 2 needed");
    }

    @Test
    void everyMemberIsAsked() {
        bench(new Quorum(), quorate(), quorate(), quorate())
                .passes("quorate, 3 of 3 votes")
                .neverPassesUnread();
    }

    /** proxmox.md 3.1: the extra column, the extra row of node id 0, and addresses for names. */
    private static final String WITH_DEVICE = COUNT.replace("Nodes:            3", "Nodes:            2")
            .replace("Flags:            Quorate ", "Flags:            Quorate Qdevice ")
            .replaceFirst("(?s)    Nodeid      Votes Name.*", """
                        Nodeid      Votes    Qdevice Name
                    0x00000001          1    A,V,NMW 192.0.2.11 (local)
                    0x00000002          1    A,V,NMW 192.0.2.12
                    0x00000000          1            Qdevice
                    """);

    @Test
    void aQdevicesVoteCounts() {
        bench(
                        new Quorum(),
                        member(
                                0,
                                WITH_DEVICE,
                                MEMBERS,
                                conf(
                                        2,
                                        "  device {\n    model: net\n    votes: 1\n    net {\n      host: 192.0.2.9\n    }\n  }\n")))
                .passes("quorate, 3 of 3 votes, 2 needed, QDevice included");
    }

    /** What is told by other checks is not told twice: what is missing, lowered, split, or without a vote to spare. */
    @Test
    void aQuorumThatMayBeGoneSoonIsAQuorum() {
        for (String state :
                List.of("one-member-down", "expected-lowered", "two-node", "device-ffsplit-qnetd-stopped")) {
            bench(new Quorum(), SomeMember.in(state).source()).passes("quorate, ");
        }
        bench(new Quorum(), quorate(), withCount(COUNT.replace("1.d", "1.e"))).passes();
    }

    @Test
    void thePolicyMayNotAskForIt() {
        bench(new Quorum(), quorate())
                .under("cluster: { require_quorum: false }")
                .skips("the policy does not ask");
    }

    // ------------------------------------------------------------------ fail

    @Test
    void aGenuineMinorityFails() {
        bench(
                        new Quorum(),
                        member(
                                2,
                                Transcripts.read("noquorum/corosync-quorumtool-s.stdout"),
                                Transcripts.read("noquorum/dot-members.stdout"),
                                conf(3, "")))
                .failsAs(
                        Severity.CRITICAL,
                        "the cluster has no quorum: 1 of 3 votes are present where 2 are needed; /etc/pve is read-only")
                .advising("never 'pvecm expected'")
                .refusesToMend(
                        "'pvecm expected' is not a fix: 1 more votes are needed, and cnode2, cnode3 can give them");
    }

    @Test
    void aMinorityOfProxmox9Fails() {
        bench(
                        new Quorum(),
                        member(
                                2,
                                Transcripts.read("noquorum-pve9/pvecm-status.stdout"),
                                Transcripts.read("noquorum-pve9/members.stdout"),
                                conf(3, "")))
                .fails("the cluster has no quorum: 1 of 3 votes are present where 2 are needed");
    }

    @Test
    void oneMemberOutsideOfThePartitionIsNamed() {
        bench(
                        new Quorum(),
                        quorate(),
                        quorate(),
                        member(
                                2,
                                Transcripts.read("noquorum/corosync-quorumtool-s.stdout"),
                                Transcripts.read("noquorum/dot-members.stdout"),
                                conf(3, "")))
                .fails("pve3 has no quorum while others have");
    }

    @Test
    void enoughVotesAreNoQuorumWhileWaitForAllWaits() {
        bench(new Quorum(), SomeMember.in("wait-for-all-waiting").source())
                .fails("2 of 3 votes are present where 2 are needed, and wait_for_all wants to see every member once");
    }

    @Test
    void pmxcfsThatDoesNotAgreeFails() {
        bench(new Quorum(), member(0, COUNT, Transcripts.read("corosync-stopped/members.stdout"), conf(3, "")))
                .fails("corosync is quorate, but pmxcfs on pve1 does not say so")
                .refusesToMend("only pmxcfs on pve1 has to see them");
    }

    // ------------------------------------------------------------------ what cannot be told

    private static FakeSource corosyncStopped() {
        return quorate()
                .fails("cluster.quorum", 1, Transcripts.read("corosync-stopped/quorumtool.stderr"))
                .answers("cluster.members", Transcripts.read("corosync-stopped/members.stdout"));
    }

    @Test
    void aStoppedCorosyncIsNotTakenForAMinority() {
        bench(new Quorum(), corosyncStopped())
                .cannotTell("no member could tell: pve1: corosync does not answer: Cannot initialize CMAP service");
    }

    @Test
    void aMemberThatCannotBeAskedIsNotAPassOfAll() {
        bench(new Quorum(), quorate(), quorate(), corosyncStopped())
                .cannotTell("nothing is wrong for the others, but pve3 could not be asked (corosync does not answer");
    }

    @Test
    void oneOfThreeIsTooFew() {
        bench(new Quorum(), quorate(), corosyncStopped(), corosyncStopped()).cannotTell("pve2 could not be asked");
    }

    @Test
    void aMemberWithoutQuorumIsToldThoughOthersAreSilent() {
        bench(new Quorum(), corosyncStopped(), SomeMember.in("not-quorate").source())
                .fails("the cluster has no quorum: 1 of 3 votes are present");
    }

    @Test
    void aStoppedPmxcfsIsNotAPass() {
        bench(
                        new Quorum(),
                        quorate().fails("cluster.members", 1, Transcripts.read("pmxcfs-stopped/cat-members.stderr")))
                .cannotTell("corosync is quorate, but pmxcfs on pve1 could not be asked: cluster.members: cat: "
                        + "/etc/pve/.members: No such file or directory");
    }

    @Test
    void aHungPmxcfsIsNotAPass() {
        bench(new Quorum(), quorate().silent("cluster.members", "it did not finish within 6 s"))
                .cannotTell("pmxcfs on pve1 could not be asked: it did not finish within 6 s");
    }

    @Test
    void anExitStatusThatContradictsTheTextIsNotAPass() {
        bench(new Quorum(), member(2, COUNT, MEMBERS, conf(3, "")))
                .cannotTell("corosync-quorumtool says Quorate: Yes and exits with 2");
    }

    @Test
    void aBrokenConfigurationIsNotAPassAndNoException() {
        bench(new Quorum(), member(0, COUNT, MEMBERS, "totem {\n  version: 2\n"))
                .cannotTell("corosync.conf ends inside the section totem");
    }

    @Test
    void aNodeWithoutAConfigurationOfItsOwnIsJudgedByItsCount() {
        bench(
                        new Quorum(),
                        quorate()
                                .answers(
                                        "cluster.corosync-conf",
                                        absent("corosync.conf") + section("nodename", "cnode1")))
                .passes();
    }
}
