package holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.probe.Reading;
import holdfast.proxmox.CorosyncConf;
import holdfast.proxmox.Membership;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two clusters of one name are told apart, also where a member cannot say whose it is. */
final class ClustersTest {

    private record Node(String name, Membership membership, Optional<String> authority) {}

    private static Node node(String name, String network, String authority) {
        return node(name, "prod", network, authority);
    }

    private static Node node(String name, String cluster, String network, String authority) {
        String conf = """
                totem {
                  cluster_name: %s
                }
                nodelist {
                  node {
                    name: pve1
                    ring0_addr: %s.1
                  }
                  node {
                    name: pve2
                    ring0_addr: %s.2
                  }
                }
                """.formatted(cluster, network, network);
        return new Node(
                name,
                new Membership("pve1", Optional.of(conf), Optional.of(CorosyncConf.parse(conf)), Reading.unknown("no")),
                authority.isEmpty() ? Optional.empty() : Optional.of(authority));
    }

    private static List<List<String>> groups(Node... nodes) {
        return Clusters.group(List.of(nodes), Node::membership, Node::authority).stream()
                .map(group -> group.members().stream().map(Node::name).toList())
                .toList();
    }

    @Test
    void theAuthorityDecides() {
        assertThat(groups(node("a", "192.0.2", "x"), node("b", "198.51.100", "y"), node("c", "192.0.2", "x")))
                .containsExactly(List.of("a", "c"), List.of("b"));
    }

    @Test
    void whoCannotReadItJoinsTheOnlyClusterOfThatName() {
        assertThat(groups(node("a", "192.0.2", "x"), node("b", "203.0.113", "")))
                .containsExactly(List.of("a", "b"));
    }

    @Test
    void amongTwoOfThatNameTheAddressesTell() {
        assertThat(groups(node("a", "192.0.2", "x"), node("b", "198.51.100", "y"), node("c", "198.51.100", "")))
                .containsExactly(List.of("a"), List.of("b", "c"));
    }

    @Test
    void whereNothingTellsItStandsAlone() {
        assertThat(groups(node("a", "192.0.2", "x"), node("b", "198.51.100", "y"), node("c", "203.0.113", "")))
                .containsExactly(List.of("a"), List.of("b"), List.of("c"));
    }

    @Test
    void aClusterThatWasMadeOfANodeOfAnotherKeepsItsAuthority() {
        assertThat(groups(
                        node("a", "prod", "192.0.2", "x"),
                        node("b", "lab", "198.51.100", "x"),
                        node("c", "prod", "192.0.2", "x"),
                        node("d", "lab", "198.51.100", "")))
                .containsExactly(List.of("a", "c"), List.of("b", "d"));
        // A name that was changed on one member only does not make two clusters.
        assertThat(groups(node("a", "prod", "192.0.2", "x"), node("b", "lab", "192.0.2", "x")))
                .containsExactly(List.of("a", "b"));
    }
}
