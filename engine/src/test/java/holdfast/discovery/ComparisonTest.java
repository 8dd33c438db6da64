package holdfast.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.discovery.Comparison.Candidate;
import holdfast.discovery.Comparison.Inside;
import holdfast.discovery.Comparison.NotAsked;
import holdfast.discovery.Comparison.NotInCluster;
import holdfast.discovery.Comparison.NotInInventory;
import holdfast.discovery.Comparison.Outside;
import holdfast.discovery.Comparison.Reason;
import holdfast.discovery.Comparison.Silent;
import holdfast.discovery.Comparison.Standing;
import holdfast.discovery.Comparison.Unclear;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Inventories and clusters that differ in every way that was thought of. */
class ComparisonTest {

    private static final Standing NOT_ASKED = new NotAsked();
    private static final Standing SILENT = new Silent();
    private static final Standing ALONE = new Outside(true);

    private static Candidate host(String name, String address, String group, Standing standing) {
        return new Candidate(name, List.of(address), List.of("all", group), standing);
    }

    /** A member of a cluster that lists some {@code NAME=ADDRESS}. */
    private static Standing in(String cluster, String node, long version, String... members) {
        Map<String, List<String>> listed = new LinkedHashMap<>();
        for (String member : members) {
            String[] parts = member.split("=", 2);
            listed.put(parts[0], parts.length > 1 ? List.of(parts[1]) : List.of());
        }
        return new Inside("ca-" + cluster, cluster, Optional.of("ca-" + cluster), node, version, listed);
    }

    private static Comparison compare(Candidate... hosts) {
        return Comparison.of(List.of(hosts));
    }

    private static List<String> missing(Comparison found) {
        return found.missing().stream().map(NotInInventory::member).toList();
    }

    private static List<String> strangers(Comparison found) {
        return found.strangers().stream()
                .map(stranger -> stranger.host() + " " + stranger.reason().label())
                .toList();
    }

    @Test
    void whatIsTheSameDoesNotDiffer() {
        String[] all = {"pve1=192.0.2.1", "pve2=192.0.2.2"};
        Comparison found = compare(
                host("one.example.com", "192.0.2.1", "lab", in("lab", "pve1", 2, all)),
                host("two.example.com", "192.0.2.2", "lab", in("lab", "pve2", 2, all)));
        assertThat(found.differs()).isFalse();
        assertThat(found.clusters()).isEqualTo(1);
    }

    @Test
    void aMemberThatNoHostIsIsMissing() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, "pve1=192.0.2.1", "pve2=192.0.2.2", "pve3")));
        assertThat(missing(found)).containsExactly("pve2", "pve3");
        assertThat(found.missing().get(0))
                .isEqualTo(new NotInInventory(
                        "lab", Optional.of("ca-lab"), "pve2", List.of("192.0.2.2"), List.of("pve1")));
        assertThat(found.differs()).isTrue();
    }

    @Test
    void aHostThatWasNotReadCorrespondsByNameOrAddress() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, "pve1", "PVE2", "pve3=2001:db8::3", "pve4")),
                host("pve2.example.com", "pve2.example.com", "lab", NOT_ASKED),
                host("third", "2001:0db8:0::3", "lab", SILENT),
                host("pve4", "198.51.100.4", "lab", new Unclear("it hangs")));
        assertThat(missing(found)).isEmpty();
        assertThat(strangers(found)).isEmpty();
        assertThat(found.untold()).containsExactly(new Comparison.Untold("pve4", "it hangs"));
    }

    @Test
    void aHostThatSaidToBeSomebodyElseDoesNotCorrespondByItsName() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, "pve1", "pve2")),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve1", 2, "pve1", "pve2")));
        assertThat(missing(found)).containsExactly("pve2");
    }

    @Test
    void twoClustersWithTheSameNamesAreKeptApart() {
        Standing one =
                new Inside("a", "lab", Optional.of("a"), "pve1", 2, Map.of("pve1", List.of(), "pve2", List.of()));
        Standing two =
                new Inside("b", "lab", Optional.of("b"), "pve1", 2, Map.of("pve1", List.of(), "pve2", List.of()));
        Comparison found = compare(
                host("a1", "192.0.2.1", "a", one),
                host("b1", "198.51.100.1", "b", two),
                new Candidate("pve2", List.of("198.51.100.2"), List.of("all", "b"), SILENT));
        assertThat(found.missing())
                .singleElement()
                .satisfies(member -> assertThat(member.clusterId())
                        .as("the silent pve2 is in the group of b")
                        .contains("a"));
    }

    @Test
    void aSilentHostThatNoClusterListsIsTold() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, "pve1")),
                host("old", "192.0.2.9", "lab", SILENT),
                host("elsewhere", "192.0.2.8", "other", SILENT));
        assertThat(strangers(found)).contains("old unlisted");
        assertThat(found.strangers().get(0).message()).contains("cluster lab", "group lab");
    }

    @Test
    void whereAHostsGroupIsMixedNothingIsExpectedOfIt() {
        Comparison found = compare(
                host("a1", "192.0.2.1", "dc", in("a", "a1", 1, "a1")),
                host("b1", "192.0.2.2", "dc", in("b", "b1", 1, "b1")),
                host("c", "192.0.2.3", "dc", SILENT),
                host("d", "192.0.2.4", "dc", ALONE));
        assertThat(found.differs()).isFalse();
    }

    @Test
    void aLonelyOneAmongMembersIsTold() {
        String[] all = {"pve1", "pve2"};
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, all)),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 2, all)),
                host("pve3", "192.0.2.3", "lab", ALONE),
                host("witness", "192.0.2.4", "lab", new Outside(false)),
                host("spare", "192.0.2.5", "spares", ALONE));
        assertThat(strangers(found)).containsExactly("pve3 standalone");
    }

    @Test
    void aMemberThatWasReinstalledIsTold() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "x", in("lab", "pve1", 2, "pve1", "pve2=192.0.2.2")),
                host("pve2", "192.0.2.2", "y", ALONE));
        assertThat(strangers(found)).containsExactly("pve2 standalone");
        assertThat(found.strangers().get(0).message()).contains("lists a member at its address");
        assertThat(missing(found)).isEmpty();
    }

    @Test
    void aMemberOfAnotherClusterInTheGroupIsTold() {
        String[] all = {"pve1", "pve2"};
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, all)),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 2, all)),
                host("pve3", "192.0.2.3", "lab", in("edge", "pve3", 2, "pve3")));
        assertThat(found.strangers()).singleElement().satisfies(stranger -> {
            assertThat(stranger.reason()).isEqualTo(Reason.OTHER_CLUSTER);
            assertThat(stranger.cluster()).isEqualTo("lab");
            assertThat(stranger.message()).contains("in cluster edge", "the 2 others of its group lab");
        });
    }

    @Test
    void aRemovedNodeThatDoesNotKnowItIsTold() {
        String[] now = {"pve1", "pve2"};
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 4, now)),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 4, now)),
                host("pve3", "192.0.2.3", "lab", in("lab", "pve3", 3, "pve1", "pve2", "pve3", "pve4")));
        assertThat(found.strangers())
                .singleElement()
                .isEqualTo(
                        new NotInCluster(
                                "pve3",
                                Reason.REMOVED,
                                "lab",
                                "it believes to be pve3 of cluster lab, but pve1, pve2 do not list it: it was removed and goes on with its old configuration, or missed a change"));
        assertThat(missing(found)).as("its old list counts no more").isEmpty();
    }

    @Test
    void removedNodesThatListEachOtherAreToldByTheNewerConfiguration() {
        String[] old = {"pve1", "pve2", "pve3"};
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 6, "pve1")),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 4, old)),
                host("pve3", "192.0.2.3", "lab", in("lab", "pve3", 4, old)));
        assertThat(strangers(found)).containsExactly("pve2 removed", "pve3 removed");
    }

    @Test
    void aMemberThatIsJustBeingAddedIsNoStranger() {
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 3, "pve1", "pve2", "pve3")),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 2, "pve1", "pve2")),
                host("pve3", "192.0.2.3", "lab", in("lab", "pve3", 3, "pve1", "pve2", "pve3")));
        assertThat(found.differs()).isFalse();
    }

    @Test
    void oneLiarCannotTalkTheOthersOutOfTheirCluster() {
        String[] all = {"pve1", "pve2", "pve3", "liar"};
        String[] many = IntStream.range(0, 20_000).mapToObj(i -> "x" + i).toArray(String[]::new);
        Comparison found = compare(
                host("pve1", "192.0.2.1", "lab", in("lab", "pve1", 2, all)),
                host("pve2", "192.0.2.2", "lab", in("lab", "pve2", 2, all)),
                host("pve3", "192.0.2.4", "lab", in("lab", "pve3", 2, all)),
                host("liar", "192.0.2.3", "lab", in("lab", "liar", 999, many)));
        assertThat(strangers(found)).isEmpty();
        assertThat(found.missing()).as("bounded").hasSizeLessThanOrEqualTo(Roster.MEMBER_LIMIT);
    }

    @Test
    @Timeout(20)
    void aLargeFleetIsComparedQuickly() {
        List<Candidate> fleet = new ArrayList<>();
        for (int cluster = 0; cluster < 500; cluster++) {
            String prefix = "c" + cluster + "n";
            String[] members = IntStream.range(0, 20).mapToObj(i -> prefix + i).toArray(String[]::new);
            for (int i = 0; i < 19; i++) {
                fleet.add(host(prefix + i, "n" + i, "g" + cluster, in("c" + cluster, prefix + i, 1, members)));
            }
        }
        Comparison found = Comparison.of(fleet);
        assertThat(found.missing()).hasSize(500);
        assertThat(found.strangers()).isEmpty();
    }
}
