package holdfast.cli;

import static holdfast.cli.FixBench.ended;
import static holdfast.cli.FixBench.fix;
import static holdfast.cli.FixBench.journal;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.journal.Entry;
import holdfast.journal.Entry.State;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast fix} on fleets of embedded nodes: who is changed when, who is left alone, and how it goes on. */
final class FleetTest {

    private static final String[] STOPPED = {"--checks", "pveproxy.listening"};

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private static Invocation fixed(PracticeCluster fleet, String... more) {
        List<String> words = new ArrayList<>(List.of(STOPPED));
        words.addAll(List.of(more));
        return fix(fleet, words.toArray(String[]::new));
    }

    private static void stop(PracticeNode node) {
        node.file("/state/pveproxy", "inactive");
    }

    private static boolean running(PracticeNode node) {
        return node.read("/state/pveproxy").strip().equals("active");
    }

    /** When a target was being changed, as the journal tells. */
    private record Span(String target, Instant from, Instant to) {
        static Span of(RecordedRun run, String target) {
            return new Span(
                    target,
                    run.steps(target).get(0).at(),
                    run.finished(target).orElseThrow().at());
        }

        boolean overlaps(Span other) {
            return from.isBefore(other.to) && other.from.isBefore(to);
        }
    }

    private static List<Span> spans(RecordedRun run, String prefix) {
        return run.targets().stream()
                .filter(target -> target.startsWith(prefix))
                .map(target -> Span.of(run, target))
                .toList();
    }

    @Test
    void membersAreChangedOneAfterTheOtherAndClustersSideBySide() throws IOException, JournalException {
        try (PracticeCluster fleet = PracticeCluster.fleet(3, 3)) {
            fleet.nodes().forEach(FleetTest::stop);
            Invocation run = fixed(fleet);
            assertThat(run.code()).as(run.out() + run.err()).isZero();
            RecordedRun recorded = journal(run);
            List<Span> first = spans(recorded, "c1");
            List<Span> second = spans(recorded, "c2");
            for (List<Span> cluster : List.of(first, second)) {
                assertThat(cluster).hasSize(3);
                for (Span one : cluster) {
                    assertThat(cluster).filteredOn(one::overlaps).containsExactly(one);
                }
            }
            assertThat(first).anyMatch(one -> second.stream().anyMatch(one::overlaps));
            // The canary has nobody beside it.
            Span canary = first.get(0);
            assertThat(canary.target()).isEqualTo("c1n1");
            assertThat(second).noneMatch(canary::overlaps);
        }
    }

    @Test
    void aCanaryThatFailsStopsAllOthers() throws IOException, JournalException {
        try (PracticeCluster fleet = PracticeCluster.fleet(3, 1, 1)) {
            fleet.nodes().forEach(FleetTest::stop);
            fleet.node(1).file("/state/pveproxy.broken", "Job for pveproxy.service failed\n");
            Invocation run = fixed(fleet);
            assertThat(run.code()).isEqualTo(4);
            assertThat(run.out())
                    .contains(
                            "not changed: c1n1 (put back); c1n2, c1n3, c2n1, c3n1 (not touched, the run stopped before)");
            assertThat(fleet.nodes()).noneMatch(FleetTest::running);
            assertThat(fleet.node(3).has("/var/lib/holdfast")).isFalse();
        }
    }

    @Test
    void fiftyNodesOfWhichFiveAreFaultyStopWhereItIsSaidAndGoOn() throws IOException, JournalException {
        int[] sizes = new int[30];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = i < 10 ? 3 : 1;
        }
        try (PracticeCluster fleet = PracticeCluster.fleet(sizes)) {
            assertThat(fleet.nodes()).hasSize(50);
            fleet.nodes().forEach(FleetTest::stop);
            List<Integer> faulty = List.of(3, 6, 9, 12, 40);
            faulty.forEach(i -> fleet.node(i).file("/state/pveproxy.broken", "Job for pveproxy.service failed\n"));

            Invocation first = fixed(fleet, "--serial", "1", "--max-fail", "2", "--forks", "10");
            assertThat(first.code()).as(first.out() + first.err()).isEqualTo(4);
            RecordedRun run = journal(first);
            List<String> names = fleet.nodes().stream().map(PracticeNode::name).toList();
            assertThat(ended(run, State.ROLLED_BACK)).containsExactly("c1n3", "c2n3", "c3n3");
            assertThat(ended(run, State.APPLIED)).hasSize(6);
            assertThat(ended(run, State.NOT_TOUCHED)).containsExactlyElementsOf(names.subList(9, 50));
            assertThat(first.out()).contains("c4n1, c4n2, c4n3, ", ", c30n1 (not touched, the run stopped before)");
            assertThat(fleet.nodes().subList(9, 50)).allMatch(node -> !running(node) && !node.has("/var/lib/holdfast"));
            assertThat(run.failedNodes()).hasSize(44);

            // Three are repaired; two more will fail, and ten in a hundred may.
            for (int i : List.of(3, 6, 9)) {
                fleet.node(i).without("/state/pveproxy.broken");
            }
            Invocation resumed =
                    fix(fleet, "--resume", run.id(), "--serial", "1,20%", "--max-fail", "10%", "--forks", "10");
            assertThat(resumed.code()).as(resumed.out() + resumed.err()).isEqualTo(4);
            RecordedRun second = journal(resumed);
            assertThat(second.started().nodes()).containsExactlyElementsOf(run.failedNodes());
            assertThat(second.started().checks()).containsExactly("pveproxy.listening");
            assertThat(ended(second, State.ROLLED_BACK)).containsExactly("c4n3", "c20n1");
            assertThat(ended(second, State.APPLIED)).hasSize(42);
            assertThat(second.steps("c1n3").get(0).at())
                    .isBefore(IntStream.range(0, second.targets().size())
                            .mapToObj(second.targets()::get)
                            .filter(target -> !target.equals("c1n3"))
                            .map(target -> second.steps(target).get(0).at())
                            .min(Instant::compareTo)
                            .orElseThrow());

            for (int i : List.of(12, 40)) {
                fleet.node(i).without("/state/pveproxy.broken");
            }
            Invocation last = fixed(fleet, "--limit", "@" + second.id() + ".failed");
            assertThat(last.out()).contains("changed:     c4n3, c20n1");
            assertThat(last.code()).isZero();
            assertThat(fleet.nodes()).allMatch(FleetTest::running);

            Invocation nothing = fix(fleet, "--resume", journal(last).id());
            assertThat(nothing.code()).isEqualTo(2);
            assertThat(nothing.err()).contains("nothing is left");
            assertThat(fixed(fleet, "--limit", "@" + journal(last).id() + ".failed")
                            .err())
                    .contains("left nothing undone");
            assertThat(Invocation.of("history").out()).contains(run.id(), second.id());
        }
    }

    @Test
    void aFileOfThatNameOutranksARun() throws IOException, JournalException {
        try (PracticeCluster fleet = PracticeCluster.fleet(1, 1)) {
            fleet.nodes().forEach(FleetTest::stop);
            Path file = directory.resolve("mine.failed");
            java.nio.file.Files.writeString(file, "c2n1\n");
            Invocation run = fixed(fleet, "--limit", "@" + file);
            assertThat(run.out()).contains("changed:     c2n1");
            assertThat(running(fleet.node(1))).isFalse();
            assertThat(journal(run).planned().values())
                    .extracting(Entry.Planned::target)
                    .containsExactly("c2n1");
        }
    }
}
