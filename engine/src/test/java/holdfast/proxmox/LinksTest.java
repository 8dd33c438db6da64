package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.bench.Transcripts;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LinksTest {

    private static final String TWO = Transcripts.corosync("two-links-one-down/corosync-cfgtool-s.txt");

    @Test
    void aGenuineListOfProxmox8() {
        assertThat(Links.parse(Transcripts.read("quorate/corosync-cfgtool-s.stdout"))
                        .links())
                .singleElement()
                .satisfies(link -> {
                    assertThat(link.number()).isZero();
                    assertThat(link.peers()).hasSize(3).containsValue("localhost");
                });
    }

    @Test
    void aLinkThatIsDownTowardsOneMember() {
        Links links = Links.parse(TWO);
        assertThat(links.nodeId()).isEqualTo(1);
        assertThat(links.links())
                .containsExactly(
                        new Links.Link(0, "192.0.2.11", Map.of(1, "localhost", 2, "connected", 3, "connected")),
                        new Links.Link(1, "198.51.100.11", Map.of(1, "localhost", 2, "connected", 3, "disconnected")));
        assertThat(links.reaching(1)).isEqualTo(2);
        assertThat(links.reaching(2)).isEqualTo(2);
        assertThat(links.reaching(3)).isEqualTo(1);
        assertThat(links.reaching(4)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "debian13/"})
    void theMemberThatLostTheLinkSeesNobodyOnIt(String release) {
        Links links = Links.parse(Transcripts.corosync(release + "two-links-one-down-on-3/corosync-cfgtool-s.txt"));
        assertThat(links.nodeId()).isEqualTo(3);
        assertThat(links.links().get(1).reaches(1)).isFalse();
        assertThat(links.links().get(1).reaches(2)).isFalse();
        assertThat(links.links().get(1).reaches(3)).isTrue();
    }

    @Test
    void anotherTransportIsNotUnderstood() {
        assertThatThrownBy(() -> Links.parse(
                        "Local node ID 1, transport udpu\nLINK ID 0 udp\n\taddr\t= 192.0.2.11\n\tstatus\t= OK\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names no link");
        assertThatThrownBy(() -> Links.parse(Transcripts.corosync("corosync-stopped/corosync-cfgtool-s.err")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not begin with the local node's id");
    }

    /** What is cut off reaches nobody more, and its framing tells that it was cut. */
    @Test
    void aCutOffListIsNeverBetterThanTheWholeOne() {
        Links whole = Links.parse(TWO);
        for (int end = 0; end < TWO.length(); end++) {
            try {
                Links cut = Links.parse(TWO.substring(0, end));
                for (int id = 1; id <= 3; id++) {
                    assertThat(cut.reaching(id)).as("cut at %d", end).isLessThanOrEqualTo(whole.reaching(id));
                }
                assertThat(cut.links()).hasSizeLessThanOrEqualTo(2);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).startsWith("corosync-cfgtool");
            }
        }
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String text) {
        try {
            assertThat(Links.parse(text).links()).isNotEmpty();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("corosync-cfgtool");
        }
    }

    @Property
    void aChangedByteNeverThrowsAnythingElse(@ForAll int position, @ForAll char replacement) {
        int at = Math.floorMod(position, TWO.length());
        try {
            assertThat(Links.parse(TWO.substring(0, at) + replacement + TWO.substring(at + 1))
                            .reaching(3))
                    .isLessThanOrEqualTo(2);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("corosync-cfgtool");
        }
    }
}
