package holdfast.run;

import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.text.Clean;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Visits many nodes side by side, each once. One bad node never stops the others. */
final class Visits {

    /** Virtual threads pin their carriers in MINA's synchronized waits before JDK 24 (JEP 491). */
    private static final boolean VIRTUAL = Runtime.version().feature() >= 24;

    private final Connector connector;
    private final int forks;
    private final Optional<Secret> sudoPassword;
    private final Clock time;
    private final Progress progress;

    /**
     * @param connector opens the ways; stays the caller's to close
     * @param forks how many nodes are visited at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param time the controller's clock
     * @param progress told each node's phases
     */
    Visits(Connector connector, int forks, Optional<Secret> sudoPassword, Clock time, Progress progress) {
        this.connector = connector;
        this.forks = forks;
        this.sudoPassword = sudoPassword;
        this.time = time;
        this.progress = progress;
    }

    /**
     * A node after its visit.
     *
     * @param visit what was read, or why nothing was
     * @param state how far it came
     * @param trouble what stopped it
     * @param millis from its start to its end
     */
    record Paid(
            Scan.Assignment assignment,
            Reading<Visit> visit,
            NodeResult.State state,
            Optional<NodeResult.Trouble> trouble,
            long millis) {}

    /**
     * Visits all, in the given order where not all can be visited at once.
     *
     * @param shapes what has to be read of each
     * @throws InterruptedException when the thread is interrupted; the visits under way are given up
     */
    List<Paid> pay(List<Scan.Assignment> assignments, Function<Scan.Assignment, List<Shape>> shapes)
            throws InterruptedException {
        // A fixed number of threads is the limit on forks; each visits one node after the other.
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(forks, Math.max(1, assignments.size())),
                VIRTUAL
                        ? Thread.ofVirtual().name("visit-", 0).factory()
                        : Thread.ofPlatform().daemon().name("visit-", 0).factory());
        try {
            List<Future<Paid>> futures = new ArrayList<>();
            for (Scan.Assignment assignment : assignments) {
                progress.reached(assignment.target().name(), Phase.WAIT);
                List<Shape> wanted = shapes.apply(assignment);
                futures.add(threads.submit(() -> pay(assignment, wanted)));
            }
            List<Paid> all = new ArrayList<>();
            for (Future<Paid> future : futures) {
                try {
                    all.add(future.get());
                } catch (ExecutionException e) {
                    // pay() tells everything that a node can do; what comes through here is a bug of ours.
                    throw new IllegalStateException(e.getCause());
                }
            }
            return all;
        } finally {
            threads.shutdownNow();
        }
    }

    private Paid pay(Scan.Assignment assignment, List<Shape> shapes) {
        Target target = assignment.target();
        long start = System.nanoTime();
        Reading<Visit> visit;
        NodeResult.State state = NodeResult.State.OK;
        Optional<NodeResult.Trouble> trouble = Optional.empty();
        try {
            visit = Reading.known(Visit.pay(
                    connector, target, shapes, sudoPassword, time, phase -> progress.reached(target.name(), phase)));
        } catch (NodeException e) {
            String why = Clean.line(e.why(), 1000);
            visit = new Reading.Unknown<>(why);
            trouble = Optional.of(new NodeResult.Trouble(e.phase(), why));
            state = switch (e.phase()) {
                case BECOME, PROBE, DONE -> NodeResult.State.ERROR;
                case WAIT, RESOLVE, CONNECT, HOST_KEY, AUTHENTICATE -> NodeResult.State.UNREACHABLE;
            };
        } catch (RuntimeException e) {
            // A bug of ours or of a library that this node has met: it must not cost the others their result.
            String why = Clean.line("this is a bug of holdfast, please report it: " + e, 1000);
            visit = new Reading.Unknown<>(why);
            trouble = Optional.of(new NodeResult.Trouble(Phase.PROBE, why));
            state = NodeResult.State.ERROR;
        }
        progress.reached(target.name(), Phase.DONE);
        return new Paid(
                assignment,
                visit,
                state,
                trouble,
                Duration.ofNanos(System.nanoTime() - start).toMillis());
    }
}
