package holdfast.fix;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PeersTest {

    private final Map<String, Membership.MemberNode> nodes = new LinkedHashMap<>();

    private PeersTest with(String name, boolean online, String ip) {
        nodes.put(name, new Membership.MemberNode(nodes.size() + 1, online, Optional.of(ip)));
        return this;
    }

    private Peers of(String self) {
        return Peers.of(new Membership(
                self,
                Optional.empty(),
                Optional.empty(),
                Reading.known(new Membership.Members(self, Optional.of("lab"), true, nodes))));
    }

    @Test
    void theRingBeginsBehindTheNodeItself() {
        with("a", true, "192.0.2.1").with("b", true, "192.0.2.2").with("c", true, "192.0.2.3");
        assertThat(of("b"))
                .isEqualTo(new Peers(
                        "b",
                        Optional.of("192.0.2.2"),
                        List.of(new Peers.Peer("c", "192.0.2.3"), new Peers.Peer("a", "192.0.2.1"))));
        assertThat(of("a").others()).extracting(Peers.Peer::name).containsExactly("b", "c");
    }

    @Test
    void whoIsOfflineOrHasNoAddressIsNotAsked() {
        with("a", true, "192.0.2.1").with("b", false, "192.0.2.2").with("c", true, "$(reboot)");
        nodes.put("d", new Membership.MemberNode(4, true, Optional.empty()));
        assertThat(of("a").others()).isEmpty();
    }

    @Test
    void aLargeClusterIsNotAskedAllAtOnce() {
        for (int i = 1; i <= 20; i++) {
            with("n" + i, true, "192.0.2." + i);
        }
        assertThat(of("n19").others())
                .extracting(Peers.Peer::name)
                .containsExactly("n20", "n1", "n2", "n3", "n4", "n5", "n6", "n7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a;reboot", "$(id)", "a'", "-a", "a-", "a.b", "", "a/b", "ä"})
    void aNameThatIsNoneNeverGoesIntoACommand(String name) {
        with("self", true, "192.0.2.1").with(name, true, "192.0.2.2");
        assertThat(of("self").others()).isEmpty();
        assertThat(of(name)).isEqualTo(Peers.NONE);
    }

    @Test
    void withoutMembersThereIsNobody() {
        assertThat(Peers.of(new Membership("a", Optional.empty(), Optional.empty(), Reading.unknown("no"))))
                .isEqualTo(Peers.NONE);
    }
}
