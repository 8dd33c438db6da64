package holdfast.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.quorum.SlowCluster.Breaker;
import holdfast.quorum.SlowCluster.Device;
import holdfast.quorum.SlowCluster.Setup;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.statistics.Statistics;

/** {@link Votes} against a slow model of corosync, on random clusters and histories. */
final class SlowClusterTest {

    // ------------------------------------------------------------------ random clusters

    /** What happens to a cluster before somebody asks. */
    private enum Kind {
        LOSE,
        RETURN,
        SETTLE,
        EXPECT
    }

    private record Event(Kind kind, Set<Integer> nodes, int votes) {}

    /**
     * @param started the nodes that start at the same time
     * @param history what happens then
     * @param lost the nodes whose loss is asked about
     */
    record Scenario(Setup setup, Set<Integer> started, List<Event> history, Set<Integer> lost) {

        /** The cluster at the moment of the question. */
        SlowCluster cluster() {
            SlowCluster cluster = new SlowCluster(setup);
            cluster.start(started);
            for (Event event : history) {
                switch (event.kind()) {
                    case LOSE -> {
                        if (!event.nodes().containsAll(cluster.ids())) {
                            cluster.lose(event.nodes());
                        }
                    }
                    case RETURN -> cluster.start(event.nodes());
                    case SETTLE -> cluster.settle();
                    case EXPECT -> cluster.expect(event.votes());
                }
            }
            return cluster;
        }
    }

    @Provide
    static Arbitrary<Scenario> scenarios() {
        return Arbitraries.integers().between(1, 9).flatMap(SlowClusterTest::scenarios);
    }

    private static Arbitrary<Event> events(Set<Integer> all) {
        return Combinators.combine(
                        Arbitraries.of(Kind.values()),
                        Arbitraries.of(all).set(),
                        Arbitraries.integers().between(1, 12))
                .as(Event::new);
    }

    private static Arbitrary<Scenario> scenarios(int size) {
        Set<Integer> all = IntStream.rangeClosed(1, size).boxed().collect(Collectors.toSet());
        Arbitrary<Set<Integer>> some = Arbitraries.of(all).set();
        // Mostly one vote each, as nearly everywhere.
        Arbitrary<Map<Integer, Integer>> votes = Arbitraries.frequencyOf(
                        Tuple.of(3, Arbitraries.just(List.<Integer>of())),
                        Tuple.of(2, Arbitraries.integers().between(0, 4).list().ofSize(size)))
                .map(list -> {
                    Map<Integer, Integer> map = new TreeMap<>();
                    all.forEach(id -> map.put(id, list.isEmpty() ? 1 : list.get(id - 1)));
                    return map;
                });
        Arbitrary<Optional<Device>> devices = Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.frequencyOf(Tuple.of(2, Arbitraries.just(all)), Tuple.of(1, some)),
                        Arbitraries.frequencyOf(Tuple.of(2, Arbitraries.just(all)), Tuple.of(1, some)),
                        Arbitraries.frequency(Tuple.of(4, false), Tuple.of(1, true)))
                .as((lms, deviceVotes, registered, reaching, master) -> {
                    Set<Integer> connected = new HashSet<>(reaching);
                    connected.retainAll(registered);
                    return Optional.of(
                            // corosync-qdevice refuses ffsplit with another number of votes than one.
                            new Device(lms ? deviceVotes : 1, lms, registered, connected, master));
                });
        Arbitrary<Setup> setups = Combinators.combine(
                        votes,
                        Arbitraries.frequency(Tuple.of(4, false), Tuple.of(1, true)),
                        Arbitraries.of(Optional.<Boolean>empty(), Optional.of(true), Optional.of(false)),
                        Arbitraries.frequency(Tuple.of(2, false), Tuple.of(1, true)),
                        Arbitraries.of(Breaker.values()),
                        Arbitraries.of(all).list().uniqueElements().ofMinSize(1),
                        Arbitraries.frequencyOf(
                                Tuple.of(1, Arbitraries.just(Optional.<Device>empty())), Tuple.of(1, devices)))
                .as((weights, twoNode, waits, last, breaker, list, device) -> device.isPresent()
                        ? new Setup(weights, false, waits, false, Breaker.NONE, list, device)
                        : new Setup(weights, twoNode, waits, last, breaker, list, device));
        return Combinators.combine(
                        setups.filter(Setup::accepted),
                        Arbitraries.frequencyOf(
                                Tuple.of(3, Arbitraries.just(all)), Tuple.of(1, some.filter(set -> !set.isEmpty()))),
                        events(all).list().ofMaxSize(4),
                        some)
                .as(Scenario::new);
    }

    /** Those that last_man_standing was made for: one vote each, and time to settle. */
    @Provide
    static Arbitrary<Scenario> lastManStanding() {
        return Arbitraries.integers().between(3, 7).flatMap(size -> {
            Set<Integer> all = IntStream.rangeClosed(1, size).boxed().collect(Collectors.toSet());
            Map<Integer, Integer> votes = all.stream().collect(Collectors.toMap(id -> id, id -> 1));
            return Combinators.combine(
                            Arbitraries.of(true, false),
                            Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true)),
                            Arbitraries.of(Breaker.values()),
                            Arbitraries.of(all).list().uniqueElements().ofMinSize(1),
                            events(all).list().ofMaxSize(2),
                            Arbitraries.of(all).set().ofMinSize(2).ofMaxSize(size - 1))
                    .as((waits, twoNode, breaker, list, history, lost) -> new Scenario(
                            new Setup(votes, twoNode, Optional.of(waits), true, breaker, list, Optional.empty()),
                            all,
                            history,
                            lost))
                    .filter(scenario -> scenario.setup().accepted());
        });
    }

    // ------------------------------------------------------------------ at once

    @Property(tries = 20_000)
    void whatALossLeavesIsWhatCorosyncMakesOfIt(@ForAll("scenarios") Scenario scenario) {
        SlowCluster cluster = scenario.cluster();
        Assume.that(!cluster.ids().isEmpty());
        Votes votes = cluster.votes();
        // Where not all members have quorum, nobody asks what a loss would leave.
        Assume.that(!votes.quorate() || cluster.allQuorate());
        Forecast forecast = votes.without(scenario.lost());
        boolean agreed = cluster.agreed();

        boolean before = cluster.allQuorate();
        cluster.lose(scenario.lost());
        boolean atOnce = cluster.allQuorate();
        SlowCluster now = cluster.copy();
        cluster.settle();
        boolean after = atOnce && cluster.allQuorate();

        Statistics.label("before, after, agreed").collect(before, after, agreed);
        Statistics.label("kind").collect(kind(scenario.setup()));
        if (!before) {
            // corosync may find quorum in a loss where two_node is set for more than two members.
            assertThat(forecast.quorate()).isFalse();
        } else if (agreed) {
            assertThat(forecast.quorate()).as("%s says: %s", votes, forecast).isEqualTo(after);
            if (atOnce == after && !now.ids().isEmpty()) {
                assertThat(now.nodes()).as("%s says: %s", votes, forecast).allSatisfy(node -> {
                    assertThat(node.total()).isEqualTo(forecast.votes());
                    if (!twoNodeOfMany(scenario.setup())) {
                        assertThat(node.quorum).isEqualTo(forecast.needed());
                    }
                });
            }
        } else if (forecast.quorate()) {
            assertThat(after).as("%s says: %s", votes, forecast).isTrue();
        }
    }

    /** A setting that corosync takes and nobody wants: what is said to be needed may then be one vote off. */
    private static boolean twoNodeOfMany(Setup setup) {
        return setup.twoNode() && setup.votes().size() > 2;
    }

    private static String kind(Setup setup) {
        return setup.device()
                .map(device -> device.lms() ? "lms device" : "ffsplit device")
                .orElse(setup.breakerInEffect() + (setup.lastManStanding() ? ", last_man_standing" : ""));
    }

    // ------------------------------------------------------------------ one by one

    @Property(tries = 5_000)
    void oneByOneIsWhatCorosyncMakesOfEveryOrder(@ForAll("lastManStanding") Scenario scenario) {
        SlowCluster cluster = scenario.cluster();
        Assume.that(cluster.allQuorate() && !scenario.lost().containsAll(cluster.ids()));
        Votes votes = cluster.votes();
        Forecast forecast = votes.without(scenario.lost());
        boolean survives = cluster.survivesOneByOne(scenario.lost());
        Statistics.collect(forecast.quorate(), survives);
        if (forecast.oneByOne()) {
            assertThat(forecast.quorate()).isFalse();
            assertThat(survives).as("%s says: %s", votes, forecast).isTrue();
        } else if (!forecast.quorate() && cluster.agreed() && !cluster.windowIsOpen()) {
            assertThat(survives).as("%s says: %s", votes, forecast).isFalse();
        }
    }

    // ------------------------------------------------------------------ in general

    @Property(tries = 5_000)
    void losingMoreNeverHelps(@ForAll("scenarios") Scenario scenario, @ForAll int which) {
        SlowCluster cluster = scenario.cluster();
        Assume.that(!cluster.ids().isEmpty() && !scenario.lost().isEmpty() && cluster.agreed());
        Setup setup = scenario.setup();
        // corosync itself is not monotone where two_node is set for more than two members, or last_man_standing counts
        // members that have no vote.
        Assume.that(!twoNodeOfMany(setup));
        Assume.that(!(setup.lastManStanding() && setup.votes().containsValue(0)));
        Votes votes = cluster.votes();
        Set<Integer> fewer = new HashSet<>(scenario.lost());
        fewer.remove(List.copyOf(scenario.lost())
                .get(Math.floorMod(which, scenario.lost().size())));
        if (votes.without(scenario.lost()).quorate()) {
            assertThat(votes.without(fewer).quorate())
                    .as("%s without %s, and without %s", votes, scenario.lost(), fewer)
                    .isTrue();
        }
        assertThat(votes.without(scenario.lost()).votes())
                .isLessThanOrEqualTo(votes.without(fewer).votes());
    }

    @Property(tries = 5_000)
    void aPillarIsWhateverTheClusterDoesNotSurviveTheLossOf(@ForAll("scenarios") Scenario scenario) {
        SlowCluster cluster = scenario.cluster();
        Assume.that(!cluster.ids().isEmpty() && cluster.allQuorate() && cluster.agreed());
        Assume.that(!twoNodeOfMany(scenario.setup()));
        List<String> pillars =
                cluster.votes().pillars().stream().map(Votes.Pillar::name).toList();
        for (int id : cluster.ids()) {
            SlowCluster other = cluster.copy();
            other.lose(Set.of(id));
            boolean survives = other.allQuorate();
            other.settle();
            assertThat(pillars.contains("n" + id))
                    .as("n%d among the pillars of %s", id, cluster.votes())
                    .isEqualTo(!(survives && other.allQuorate()));
        }
    }
}
