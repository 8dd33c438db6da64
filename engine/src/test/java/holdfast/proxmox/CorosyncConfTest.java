package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class CorosyncConfTest {

    /** As pvecm writes it, with two links and a QDevice. */
    private static final String CONF = """
            logging {
              debug: off
              to_syslog: yes
            }

            nodelist {
              node {
                name: pve1
                nodeid: 1
                quorum_votes: 1
                ring0_addr: 10.0.0.11
                ring1_addr: 10.1.0.11
              }
              node {
                name: pve2
                nodeid: 2
                quorum_votes: 2   # the big one
                ring0_addr: 10.0.0.12
                ring1_addr: 10.1.0.12
              }
            }

            quorum {
              device {
                model: net
                net {
                  algorithm: ffsplit
                  host: 192.0.2.9
                  tls: on
                }
                votes: 1
              }
              provider: corosync_votequorum
            }

            totem {
              cluster_name: lab
              config_version: 7
              interface {
                linknumber: 0
              }
              secauth: on
              version: 2
            }
            """;

    @Test
    void allThatQuorumNeedsIsRead() {
        assertThat(CorosyncConf.parse(CONF))
                .isEqualTo(new CorosyncConf(
                        "lab",
                        7,
                        List.of(
                                new CorosyncConf.ConfNode("pve1", 1, 1, List.of("10.0.0.11", "10.1.0.11")),
                                new CorosyncConf.ConfNode("pve2", 2, 2, List.of("10.0.0.12", "10.1.0.12"))),
                        Optional.of(new CorosyncConf.Device(1, "ffsplit", "192.0.2.9")),
                        OptionalInt.empty(),
                        CorosyncConf.Rules.NONE,
                        new CorosyncConf.Protection("knet", "aes256", "sha256")));
        assertThat(CorosyncConf.parse(CONF).votes()).isEqualTo(4);
    }

    @Test
    void aVoteIsOneUnlessItIsTold() {
        assertThat(CorosyncConf.parse("nodelist {\n node {\n ring0_addr: 10.0.0.1\n nodeid: 1\n }\n}\n")
                        .nodes())
                .containsExactly(new CorosyncConf.ConfNode("10.0.0.1", 1, 1, List.of("10.0.0.1")));
    }

    @Test
    void twoNodesMayBeSpecial() {
        assertThat(CorosyncConf.parse("quorum {\n two_node: 1\n}\n").rules())
                .isEqualTo(new CorosyncConf.Rules(true, true, false, 10_000, false, "lowest", false));
    }

    @Test
    void aCommentedSectionIsNone() {
        assertThat(CorosyncConf.parse("# totem {\ntotem {\n # cluster_name: no\n cluster_name: yes\n}\n")
                        .clusterName())
                .isEqualTo("yes");
    }

    @Test
    void bracesMustMatch() {
        assertThatThrownBy(() -> CorosyncConf.parse("totem {\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ends inside the section totem");
        assertThatThrownBy(() -> CorosyncConf.parse("}\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("was not open");
    }

    @Test
    void aNumberThatIsNoneIsTold() {
        assertThatThrownBy(() -> CorosyncConf.parse(CONF.replace("nodeid: 2", "nodeid: two")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'two'");
    }

    /** Between two sections the text looks whole; there the framing tells that it was cut. */
    @Test
    void aCutOffFileHasNeverMoreVotesThanTheWholeOne() {
        for (int end = 0; end < CONF.length(); end++) {
            try {
                assertThat(CorosyncConf.parse(CONF.substring(0, end)).votes()).isLessThanOrEqualTo(4);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).contains("corosync.conf");
            }
        }
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String text) {
        try {
            assertThat(CorosyncConf.parse(text).nodes()).isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("corosync.conf");
        }
    }

    @Test
    void whatNoCorosyncCanRunWithIsNotBelieved() {
        StringBuilder many = new StringBuilder("nodelist.local_node_pos (u32) = 0\n");
        for (int i = 0; i < 385; i++) {
            many.append("nodelist.node.%d.nodeid (u32) = %d\n".formatted(i, i + 1));
        }
        assertThatThrownBy(() -> CorosyncConf.parseMap(many.toString()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("385 nodes");
        assertThatThrownBy(() -> CorosyncConf.parseMap("""
                        nodelist.local_node_pos (u32) = 0
                        nodelist.node.0.nodeid (u32) = 1
                        nodelist.node.1.nodeid (u32) = 1
                        """))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("two nodes of one id");
    }
}
