package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.journal.Entry.State;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What can go wrong in the middle of a fix, at each of its steps, on a real cluster of three as the installer leaves
 * it: the node ends as it was, or as planned, never between.
 */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FixFaultsTest {

    private static final String SSHD = "sshd.root-login,sshd.password-authentication";

    /** The steps of a fix of sshd on a cluster's member; the second login between members is the proof. */
    private static final List<String> STEPS = List.of(
            "log in",
            "ask for quorum",
            "log in between members",
            "lock",
            "write",
            "validate",
            "judge the merged files",
            "arm the way back",
            "reload",
            "check again",
            "log in anew",
            "log in between members/2",
            "confirm");

    private RealCluster cluster;
    private RealFix fix;

    /** Plans of sshd's two fixes, by node: they hold as long as the node is brought back to where it was. */
    private final Map<String, Plan> plans = new ConcurrentHashMap<>();

    private final Map<String, NodeState> before = new ConcurrentHashMap<>();

    @BeforeAll
    void start(@TempDir Path directory) {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        fix = new RealFix(cluster, directory);
        cluster.onEveryNode(node -> {
            before.put(node.name(), NodeState.of(node));
            plans.put(node.name(), fix.plan("", SSHD, node));
        });
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    private Plan plan(RealNode node) {
        Plan plan = Objects.requireNonNull(plans.get(node.name()));
        assertThat(plan.targets()).as("%s", plan.refusals()).hasSize(1);
        return plan;
    }

    /** As before in every byte, with sshd obeying it: root gets in by key from here, as the installer leaves it. */
    private void assertAsBefore(RealNode node, String what) {
        before(node).assertStillOn(node, what);
        assertThat(fix.getsIn(node, "ops")).as(what).isTrue();
        assertThat(fix.getsIn(node, "root")).as(what).isTrue();
    }

    private NodeState before(RealNode node) {
        return Objects.requireNonNull(before.get(node.name()));
    }

    /** Takes a confirmed change back with nothing but the node's own script, as docs/safety.md tells it. */
    private void takeBack(RealNode node, RealFix.Run run, String what) {
        assertThat(NodeState.leftovers(node)).as(what).isEmpty();
        assertThat(fix.getsIn(node, "ops")).as(what).isTrue();
        assertThat(fix.getsIn(node, "root")).as(what).isFalse();
        assertThat(node.sh("sh %s/rollback --anyway".formatted(run.directory())))
                .contains("@outcome undone");
        assertAsBefore(node, what + ", taken back");
    }

    /** Spreads cases over the members, which are tried side by side; each node's cases follow each other. */
    private void onTheMembers(List<String> cases, BiConsumer<RealNode, String> work) {
        ConcurrentLinkedQueue<String> left = new ConcurrentLinkedQueue<>(cases);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> all = cluster.nodes().stream()
                    .<Future<?>>map(node -> threads.submit(() -> {
                        for (String one = left.poll(); one != null; one = left.poll()) {
                            work.accept(node, one);
                        }
                    }))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutAFaultEveryStepComesInThisOrder() {
        RealFix.Run run = fix.run();
        Outcome outcome = run.one(plan(node(1)));
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        assertThat(run.steps)
                .isEqualTo(STEPS.stream().map(step -> step.replace("/2", "")).toList());
        takeBack(node(1), run, "no fault");
    }

    @Test
    void aCutConnectionAtAnyStepLeavesNothingHalf() {
        onTheMembers(STEPS, (node, step) -> {
            RealFix.Run run = fix.run();
            // For as long as it takes to get into the middle of the step, and of the way back.
            run.at(
                    step,
                    () -> node.sh(
                            "(timeout 2 sh -c 'while :; do pkill -9 -f \"[s]shd: ops\"; sleep 0.1; done' >/dev/null 2>&1 &)"));
            Outcome outcome = run.one(plan(node));
            String what = "cut at '%s': %s %s".formatted(step, outcome.state(), outcome.message());
            node.await("at peace", "! pgrep -f '[w]hile :; do pkill'");
            settle(node, run);
            if (outcome.state() == State.APPLIED) {
                takeBack(node, run, what);
            } else {
                assertThat(outcome.state())
                        .as(what)
                        .isEqualTo(STEPS.indexOf(step) < 4 ? State.REFUSED : State.ROLLED_BACK);
                assertAsBefore(node, what);
            }
        });
    }

    /** Has the node's own guard do its work now instead of in minutes, where one still waits. */
    private static void settle(RealNode node, RealFix.Run run) {
        node.sh(
                "for t in $(systemctl list-units --plain --no-legend 'holdfast-guard-%1$s-*.timer' | awk '{ print $1 }'); do systemctl start --wait \"${t%%.timer}.service\"; done"
                        .formatted(run.id));
        node.await("settled", "! pgrep -f 'holdfast/%s/[r]ollback'".formatted(run.id));
    }

    @Test
    void aControllerThatDiesAtAnyStepLeavesTheRestToTheNode() {
        onTheMembers(STEPS, (node, step) -> {
            RealFix.Run run = fix.run().diesAt(step);
            run.untilDeath(plan(node));
            String what = "dead at '%s'".formatted(step);
            if (STEPS.indexOf(step) < 4) {
                assertAsBefore(node, what);
                return;
            }
            assertThat(NodeState.leftovers(node))
                    .as(what)
                    .anyMatch(line -> line.startsWith("holdfast-guard-" + run.id))
                    .contains("/var/lib/holdfast/lock", "/etc/systemd/system/holdfast-rollback-" + run.id + ".service");
            if (STEPS.indexOf(step) <= STEPS.indexOf("arm the way back")) {
                // Three minutes for the preparations: the timer's hour is brought forward.
                settle(node, run);
            } else {
                node.await("as before by itself", "[ -e %s/restored ]".formatted(run.directory()));
                settle(node, run);
            }
            assertAsBefore(node, what);
        });
    }
}
