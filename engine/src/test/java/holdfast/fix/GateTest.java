package holdfast.fix;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.probe.Output;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whether a member may be touched: never where the cluster would not survive its loss, or where nobody knows. */
final class GateTest {

    private static final String STANDALONE = "{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n";

    private static FakeSource standalone() {
        return new FakeSource()
                .answers("cluster.corosync-conf", absent("corosync.conf") + section("nodename", "pve1"))
                .answers("cluster.members", STANDALONE);
    }

    private static FakeSource member(String quorum) {
        return new FakeSource()
                .answers(
                        "cluster.corosync-conf",
                        section(
                                        "corosync.conf",
                                        "totem {\n  cluster_name: lab\n}\nnodelist {\n  node {\n    name: cnode1\n    nodeid: 1\n    ring0_addr: 172.29.77.11\n  }\n}\n")
                                + section("nodename", "cnode1"))
                .answers("cluster.members", Transcripts.read("quorate/dot-members.stdout"))
                .gives("cluster.quorum", new Output(quorum.contains("Quorate:          Yes") ? 0 : 2, quorum, ""));
    }

    /** What corosync-quorumtool says; the first of the voters is the node itself. */
    private static String quorum(int expected, int needed, String flags, boolean quorate, List<String> voters) {
        int total = voters.stream()
                .mapToInt(voter -> Integer.parseInt(voter.strip().split("\\s+")[1]))
                .sum();
        long nodes =
                voters.stream().filter(voter -> !voter.strip().startsWith("0 ")).count();
        return """
                Quorum information
                ------------------
                Nodes:            %d
                Ring ID:          1.d
                Quorate:          %s

                Votequorum information
                ----------------------
                Expected votes:   %d
                Highest expected: %d
                Total votes:      %d
                Quorum:           %d\s\s
                Flags:            %s

                Membership information
                ----------------------
                    Nodeid      Votes    Qdevice Name
                %s
                """.formatted(
                nodes, quorate ? "Yes" : "No", expected, expected, total, needed, flags, String.join("\n", voters));
    }

    private static List<String> voters(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(i -> "         %d          1 cnode%d%s".formatted(i, i, i == 1 ? " (local)" : ""))
                .collect(Collectors.toList());
    }

    @Test
    void aStandaloneNodeHasNoGate() {
        assertThat(Gate.shut(standalone())).isEmpty();
        assertThat(Gate.cluster(standalone())).isEmpty();
    }

    @Test
    void threeOfThreeMayLoseOneAndTwoOfThreeMayNot() {
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate", true, voters(3))))).isEmpty();
        assertThat(Gate.cluster(member(quorum(3, 2, "Quorate", true, voters(3)))))
                .contains("lab");
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate", true, voters(2)))).orElseThrow())
                .contains(
                        "losing this node would cost the cluster its quorum: 1 votes would be left of 3, 2 are needed");
    }

    @Test
    void aMinorityIsNotTouched() {
        assertThat(Gate.shut(member(quorum(3, 2, "", false, voters(1)))).orElseThrow())
                .isEqualTo("the cluster is not quorate here: 1 of 3 votes, 2 needed");
    }

    @Test
    void twoNodesSpareNoneUnlessTheyAreConfiguredForIt() {
        assertThat(Gate.shut(member(quorum(2, 2, "Quorate", true, voters(2))))).isPresent();
        assertThat(Gate.shut(member(quorum(2, 1, "2Node Quorate WaitForAll", true, voters(2)))))
                .isEmpty();
        // The survivor of two would be the last.
        assertThat(Gate.shut(member(quorum(2, 1, "2Node Quorate", true, voters(1)))))
                .isPresent();
    }

    @Test
    void aDevicesVoteCounts() {
        List<String> voters = List.of(
                "         1          1    A,V,NMW cnode1 (local)",
                "         2          1    A,V,NMW cnode2",
                "         0          1            Qdevice");
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate Qdevice", true, voters))))
                .isEmpty();
        List<String> silent = List.of(
                "         1          1   A,NV,NMW cnode1 (local)",
                "         2          1   A,NV,NMW cnode2",
                "         0          0            Qdevice (votes 1)");
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate Qdevice", true, silent))))
                .isPresent();
    }

    @Test
    void aNodesOwnVotesAreTakenAway() {
        List<String> voters = List.of(
                "         1          3 cnode1 (local)", "         2          1 cnode2", "         3          1 cnode3");
        assertThat(Gate.shut(member(quorum(5, 3, "Quorate", true, voters)))).isPresent();
        List<String> none = List.of("         1          0 cnode1 (local)", "         2          1 cnode2");
        assertThat(Gate.shut(member(quorum(1, 1, "Quorate", true, none)))).isEmpty();
    }

    @Test
    void whatIsNotKnownKeepsItShut() {
        assertThat(Gate.shut(new FakeSource()
                                .silent("cluster.corosync-conf", "it took too long")
                                .silent("cluster.members", "it took too long"))
                        .orElseThrow())
                .contains("it is not known whether this node is in a cluster: ", "it took too long");
        assertThat(Gate.shut(member("").silent("cluster.quorum", "it took too long"))
                        .orElseThrow())
                .contains("it is not known whether the cluster is quorate: ");
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate", true, voters(3)).replace(" (local)", "")))
                        .orElseThrow())
                .contains("does not tell which vote is this node's own");
        assertThat(Gate.shut(member(quorum(3, 2, "Quorate", true, voters(3)))
                                .answers(
                                        "cluster.members",
                                        Transcripts.read("quorate/dot-members.stdout")
                                                .replace("\"quorate\": 1", "\"quorate\": 0")))
                        .orElseThrow())
                .contains("/etc/pve is not yet");
    }
}
