package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import holdfast.bench.Transcripts;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class QuorumTest {

    private static final String PVE8 = Transcripts.read("quorate/corosync-quorumtool-s.stdout");
    private static final String PVE9 = Transcripts.read("quorate-pve9/corosync-quorumtool-s.stdout");
    private static final String NO_QUORUM = Transcripts.read("noquorum/corosync-quorumtool-s.stdout");

    private static Quorum.Voter voter(int id, String name, boolean local) {
        return new Quorum.Voter(id, 1, Optional.empty(), name, local);
    }

    @Test
    void aQuorateClusterOfProxmox8() {
        assertThat(Quorum.parse(PVE8))
                .isEqualTo(new Quorum(
                        true,
                        "1.d",
                        3,
                        3,
                        3,
                        2,
                        List.of("Quorate"),
                        List.of(voter(1, "cnode1", true), voter(2, "cnode2", false), voter(3, "cnode3", false))));
    }

    @Test
    void aQuorateClusterOfProxmox9() {
        Quorum quorum = Quorum.parse(PVE9);
        assertThat(quorum.quorate()).isTrue();
        assertThat(quorum.members()).extracting(Quorum.Voter::name).containsExactly("dnode1", "dnode2", "dnode3");
        assertThat(quorum.margin()).isEqualTo(1);
        assertThat(quorum.device()).isFalse();
    }

    @Test
    void aMinority() {
        assertThat(Quorum.parse(NO_QUORUM))
                .isEqualTo(new Quorum(false, "1.11", 3, 3, 1, 2, List.of(), List.of(voter(1, "cnode1", true))));
        assertThat(Quorum.parse(NO_QUORUM).margin()).isEqualTo(-1);
    }

    @Test
    void theWrapperOfProxmoxPrintsTheSameWithHexadecimalIds() {
        Quorum forced = Quorum.parse(Transcripts.read("noquorum-expected1/pvecm-status.stdout"));
        assertThat(forced.quorate()).isTrue();
        assertThat(forced.expected()).isEqualTo(1);
        assertThat(forced.members()).containsExactly(voter(1, "172.29.77.11", true));
        assertThat(Quorum.parse(Transcripts.read("noquorum-pve9/pvecm-status.stdout"))
                        .quorate())
                .isFalse();
        assertThat(Quorum.parse(Transcripts.read("recovered/pvecm-status.stdout"))
                        .members())
                .hasSize(3);
    }

    @Test
    void aQdeviceIsAVoterWithoutAName() {
        Quorum quorum = Quorum.parse(PVE8.replace("Nodes:            3", "Nodes:            2")
                .replace("Quorate \n", "Quorate Qdevice \n")
                .replaceFirst("(?s)    Nodeid      Votes Name.*", """
                            Nodeid      Votes    Qdevice Name
                        0x00000001          1    A,V,NMW 192.0.2.11 (local)
                        0x00000002          1         NR 192.0.2.12
                        0x00000000          0            Qdevice (votes 1)
                        """));
        assertThat(quorum.device()).isTrue();
        assertThat(quorum.members())
                .containsExactly(
                        new Quorum.Voter(1, 1, Optional.of("A,V,NMW"), "192.0.2.11", true),
                        new Quorum.Voter(2, 1, Optional.of("NR"), "192.0.2.12", false),
                        new Quorum.Voter(0, 0, Optional.empty(), "Qdevice", false));
    }

    @Test
    void aStoppedCorosyncIsUnknownInEveryVersion() {
        for (String state : List.of(
                "corosync-stopped/quorumtool", "standalone-pve8/quorumtool", "standalone-pve9/corosync-quorumtool-s")) {
            assertThat(Quorum.read(
                            new Output(1, Transcripts.read(state + ".stdout"), Transcripts.read(state + ".stderr"))))
                    .isEqualTo(new Reading.Unknown<Quorum>("corosync does not answer: Cannot initialize CMAP service"));
        }
    }

    @Test
    void theExitStatusMustAgreeWithTheText() {
        assertThat(Quorum.read(new Output(0, PVE8, ""))).isInstanceOf(Reading.Known.class);
        assertThat(Quorum.read(new Output(2, NO_QUORUM, ""))).isInstanceOf(Reading.Known.class);
        assertThat(Quorum.read(new Output(2, PVE8, ""))).isInstanceOf(Reading.Unknown.class);
        assertThat(Quorum.read(new Output(0, NO_QUORUM, ""))).isInstanceOf(Reading.Unknown.class);
        assertThat(Quorum.read(new Output(124, PVE8, ""))).isInstanceOf(Reading.Unknown.class);
    }

    @Test
    void aCutOffAnswerIsNoAnswer() {
        for (String text : List.of(PVE8, PVE9, NO_QUORUM)) {
            for (int end = 0; end < text.length(); end++) {
                String cut = text.substring(0, end);
                assertThatThrownBy(() -> Quorum.parse(cut))
                        .as("cut at %d", end)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Property
    void noTextIsQuorateByChanceOrThrowsAnythingElse(@ForAll String text) {
        try {
            assertThat(Quorum.parse(text).quorate()).isFalse();
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    @Property
    void aChangedByteNeverThrowsAnythingElse(@ForAll int position, @ForAll char replacement) {
        int at = Math.floorMod(position, PVE8.length());
        String spoilt = PVE8.substring(0, at) + replacement + PVE8.substring(at + 1);
        try {
            assertThat(Quorum.parse(spoilt)).isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static final String TWO = """
                Quorum information
                ------------------
                Nodes:            2
                Ring ID:          1.d
                Quorate:          Yes

                Votequorum information
                ----------------------
                Expected votes:   3
                Highest expected: 3
                Total votes:      2
                Quorum:           2
                Flags:            Quorate

                Membership information
                ----------------------
                    Nodeid      Votes Name
                """;

    @Test
    void aMemberThatIsListedTwiceHasNoTwoVotes() {
        String once = "         1          1 pve1 (local)\n";
        assertThatThrownBy(() -> Quorum.parse(TWO + once + once))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than corosync can have");
    }

    @Test
    void aHostileNameCostsNoTime() {
        String name = "pve1" + " ".repeat(900_000) + "x";
        Quorum quorum = assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> Quorum.parse(TWO + "         1          1 " + name + "\n         2          1 pve2 (local)\n"));
        assertThat(quorum.members()).extracting(Quorum.Voter::name).containsExactly(name, "pve2");
    }
}
