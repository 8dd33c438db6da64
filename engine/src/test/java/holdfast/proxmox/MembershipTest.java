package holdfast.proxmox;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.probe.Reading;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class MembershipTest {

    private static final String PVE8 = Transcripts.read("quorate/dot-members.stdout");
    private static final String PVE9 = Transcripts.read("quorate-pve9/dot-members.stdout");
    private static final String CONF = """
            totem {
              cluster_name: realcl
              config_version: 3
            }
            nodelist {
              node {
                name: cnode1
                nodeid: 1
                ring0_addr: 172.29.77.11
                ring1_addr: 10.1.0.11
              }
              node {
                name: cnode2
                nodeid: 2
                ring0_addr: 172.29.77.12
              }
            }
            """;

    private static Membership.MemberNode online(int id, String ip) {
        return new Membership.MemberNode(id, true, Optional.of(ip));
    }

    @Test
    void aClusterOfProxmox8() {
        assertThat(Membership.Members.parse(PVE8))
                .isEqualTo(new Membership.Members(
                        "cnode1",
                        Optional.of("realcl"),
                        true,
                        Map.of(
                                "cnode1", online(1, "172.29.77.11"),
                                "cnode2", online(2, "172.29.77.12"),
                                "cnode3", online(3, "172.29.77.13"))));
    }

    @Test
    void aClusterOfProxmox9() {
        Membership.Members members = Membership.Members.parse(PVE9);
        assertThat(members.nodeName()).isEqualTo("dnode1");
        assertThat(members.quorate()).isTrue();
        assertThat(members.nodes().keySet()).containsExactly("dnode1", "dnode2", "dnode3");
    }

    @Test
    void withoutQuorumTheOthersAreOffline() {
        for (String state : List.of("noquorum/dot-members.stdout", "noquorum-pve9/members.stdout")) {
            Membership.Members members = Membership.Members.parse(Transcripts.read(state));
            assertThat(members.quorate()).as(state).isFalse();
            assertThat(members.nodes().values())
                    .extracting(Membership.MemberNode::online)
                    .containsExactly(true, false, false);
        }
    }

    @Test
    void withCorosyncDownTheOthersStayOnlineButItIsNotQuorate() {
        Membership.Members members = Membership.Members.parse(Transcripts.read("corosync-stopped/members.stdout"));
        assertThat(members.quorate()).isFalse();
        assertThat(members.nodes().values()).allMatch(Membership.MemberNode::online);
    }

    @Test
    void aStandaloneNodeOfEitherVersionHasNoCluster() {
        assertThat(Membership.Members.parse(Transcripts.read("standalone-pve8/members.stdout")))
                .isEqualTo(new Membership.Members("csolo1", Optional.empty(), false, Map.of()));
        assertThat(Membership.Members.parse(Transcripts.read("standalone-pve9/dot-members.stdout"))
                        .nodeName())
                .isEqualTo("dnode1");
    }

    @Test
    void aNodeThatWasNeverSeenHasNoAddress() {
        assertThat(Membership.Members.parse(PVE8.replace(", \"ip\": \"172.29.77.13\"", ""))
                        .nodes()
                        .get("cnode3"))
                .isEqualTo(new Membership.MemberNode(3, true, Optional.empty()));
    }

    @Test
    void aCutOffFileIsNoFile() {
        for (String text : List.of(PVE8, PVE9, Transcripts.read("standalone-pve8/members.stdout"))) {
            for (int end = 0; end < text.stripTrailing().length(); end++) {
                String cut = text.substring(0, end);
                assertThatThrownBy(() -> Membership.Members.parse(cut))
                        .as("cut at %d", end)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Property
    void noTextIsQuorateByChanceOrThrowsAnythingElse(@ForAll String text) {
        try {
            assertThat(Membership.Members.parse(text).quorate()).isFalse();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    // ------------------------------------------------------------------ both files together

    private static Reading<Membership> read(FakeSource source) {
        return Membership.PROBE.read(source);
    }

    private static FakeSource source() {
        return new FakeSource()
                .answers(
                        "cluster.corosync-conf",
                        section("corosync.conf", CONF) + section("nodename", "cnode1.example.com"))
                .answers("cluster.members", PVE8);
    }

    private static Membership known(FakeSource source) {
        return read(source) instanceof Reading.Known<Membership>(var membership)
                ? membership
                : org.assertj.core.api.Assertions.fail("not known: " + read(source));
    }

    @Test
    void bothFilesMakeOneMembership() {
        Membership membership = known(source());
        assertThat(membership.nodeName()).isEqualTo("cnode1");
        assertThat(membership.clustered()).isTrue();
        assertThat(membership.clusterName()).contains("realcl");
        assertThat(membership.memberNames()).containsExactly("cnode1", "cnode2", "cnode3");
        assertThat(membership.peerAddresses())
                .isEqualTo(Map.of("cnode2", List.of("172.29.77.12"), "cnode3", List.of("172.29.77.13")));
    }

    @Test
    void withoutPmxcfsCorosyncStillKnowsTheCluster() {
        Membership membership = known(source().silent("cluster.members", "it hangs"));
        assertThat(membership.nodeName()).isEqualTo("cnode1");
        assertThat(membership.clusterName()).contains("realcl");
        assertThat(membership.members()).isEqualTo(new Reading.Unknown<>("it hangs"));
    }

    @Test
    void aStandaloneNodeHasNeither() {
        Membership membership = known(new FakeSource()
                .answers("cluster.corosync-conf", absent("corosync.conf") + section("nodename", "csolo1"))
                .answers("cluster.members", Transcripts.read("standalone-pve8/members.stdout")));
        assertThat(membership.clustered()).isFalse();
        assertThat(membership.clusterName()).isEmpty();
        assertThat(membership.memberNames()).isEmpty();
    }

    @Test
    void aBrokenConfigurationIsUnknownAndNoException() {
        assertThat(read(source().answers(
                                "cluster.corosync-conf", section("corosync.conf", "}\n") + section("nodename", "x"))))
                .isInstanceOfSatisfying(
                        Reading.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains("closes a section that was not open"));
    }

    @Test
    void aConfigurationThatCannotBeReadIsUnknown() {
        assertThat(read(source().answers(
                                "cluster.corosync-conf",
                                section("corosync.conf", "cat: /etc/corosync/corosync.conf: Input/output error", 1)
                                        + section("nodename", "x"))))
                .isInstanceOf(Reading.Unknown.class);
        assertThat(read(source().answers("cluster.corosync-conf", section("nodename", "x"))))
                .isInstanceOf(Reading.Unknown.class);
    }

    @Test
    void aHostileListCostsNoTime() {
        String text = "{ \"nodename\": \"pve1\", \"a\": [" + "{\"cluster\":{\"name\":\"\"}},".repeat(40_000) + "{}]}";
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertThatThrownBy(() -> Membership.Members.parse(text))
                        .isInstanceOf(IllegalArgumentException.class));
    }
}
