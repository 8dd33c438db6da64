package holdfast.cli;

import holdfast.fix.Watcher;
import holdfast.node.Phase;
import holdfast.run.Progress;
import holdfast.text.Clean;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One line on standard error while nodes are visited: how many are in which phase, and who is slow. */
final class LiveProgress implements Progress, Watcher, AutoCloseable {

    /** A node that has been in one phase for longer is named. */
    private static final long SLOW_NANOS = 5_000_000_000L;

    private static final long REDRAW_MILLIS = 150;

    private final Terminal terminal;
    private final boolean shown;
    private final Map<String, Step> steps = new LinkedHashMap<>();
    private int total;
    private boolean drawn;
    private boolean held;
    private @Nullable Thread painter;

    private record Step(Phase phase, long since) {}

    /** A target of a fix that is under way, and when its timer fires; 0 while it is not armed. */
    private record Fixing(String step, long since, long firesAt) {}

    private final Map<String, Fixing> fixing = new LinkedHashMap<>();

    LiveProgress(Terminal terminal, boolean shown) {
        this.terminal = terminal;
        this.shown = shown;
    }

    /** Begins to draw. */
    LiveProgress start(int nodes) {
        synchronized (this) {
            total = nodes;
            if (shown && painter == null) {
                painter = Thread.ofPlatform().daemon().name("progress").start(this::paint);
            }
        }
        return this;
    }

    @Override
    public synchronized void reached(String node, Phase phase) {
        steps.put(node, new Step(phase, System.nanoTime()));
    }

    @Override
    public synchronized void step(String target, String step) {
        Fixing former = fixing.get(target);
        fixing.put(target, new Fixing(step, System.nanoTime(), former == null ? 0 : former.firesAt()));
    }

    @Override
    public synchronized void armed(String target, Duration left) {
        Fixing former = fixing.get(target);
        long now = System.nanoTime();
        fixing.put(
                target,
                new Fixing(
                        former == null ? "" : former.step(),
                        former == null ? now : former.since(),
                        now + left.toNanos()));
    }

    @Override
    public synchronized void disarmed(String target) {
        fixing.remove(target);
    }

    @Override
    public void note(String target, String sentence) {
        interrupt("note: %s: %s".formatted(Clean.line(target, 60), Clean.line(sentence, 600)));
    }

    /** Prints a line of its own without spoiling the live one. */
    synchronized void interrupt(String line) {
        erase();
        terminal.err().println(line);
    }

    private void paint() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(REDRAW_MILLIS);
                draw();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Keeps the line away while a person is asked something. */
    <T> T without(Supplier<T> question) {
        synchronized (this) {
            erase();
            held = true;
        }
        try {
            return question.get();
        } finally {
            synchronized (this) {
                held = false;
            }
        }
    }

    private synchronized void draw() {
        if (held) {
            return;
        }
        String line = fixing.isEmpty() ? line(steps, total, System.nanoTime()) : line(fixing, System.nanoTime());
        int room = terminal.columns() - 1;
        terminal.err().print("\r\033[K" + (line.length() > room ? line.substring(0, room) : line));
        terminal.err().flush();
        drawn = true;
    }

    private static String line(Map<String, Step> steps, int total, long now) {
        Map<Phase, Long> counts = new EnumMap<>(steps.values().stream()
                .collect(Collectors.groupingBy(Step::phase, () -> new EnumMap<>(Phase.class), Collectors.counting())));
        long done = counts.getOrDefault(Phase.DONE, 0L);
        String phases = counts.entrySet().stream()
                .filter(entry -> entry.getKey() != Phase.DONE && entry.getKey() != Phase.WAIT)
                .map(entry -> entry.getKey().label() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        List<Map.Entry<String, Step>> slow = steps.entrySet().stream()
                .filter(entry -> entry.getValue().phase() != Phase.DONE
                        && entry.getValue().phase() != Phase.WAIT
                        && now - entry.getValue().since() > SLOW_NANOS)
                .sorted(Comparator.comparingLong(entry -> entry.getValue().since()))
                .toList();
        String slowest = slow.stream()
                .limit(3)
                .map(entry -> "%s (%s, %d s)"
                        .formatted(
                                Clean.line(entry.getKey(), 40),
                                entry.getValue().phase().label(),
                                (now - entry.getValue().since()) / 1_000_000_000L))
                .collect(Collectors.joining(", "));
        return "%d/%d nodes%s%s"
                .formatted(
                        done,
                        total,
                        phases.isEmpty() ? "" : "  " + phases,
                        slowest.isEmpty()
                                ? ""
                                : "  slow: " + slowest
                                        + (slow.size() > 3 ? " and %d more".formatted(slow.size() - 3) : ""));
    }

    private static String line(Map<String, Fixing> fixing, long now) {
        return fixing.entrySet().stream()
                        .limit(3)
                        .map(entry -> "%s: %s%s"
                                .formatted(
                                        Clean.line(entry.getKey(), 40),
                                        Clean.line(entry.getValue().step(), 50),
                                        entry.getValue().firesAt() == 0
                                                ? ""
                                                : " (put back in %d s unless proved)"
                                                        .formatted(Math.max(
                                                                0,
                                                                (entry.getValue()
                                                                                        .firesAt()
                                                                                - now)
                                                                        / 1_000_000_000L))))
                        .collect(Collectors.joining(", "))
                + (fixing.size() > 3 ? " and %d more".formatted(fixing.size() - 3) : "");
    }

    private void erase() {
        if (drawn) {
            terminal.err().print("\r\033[K");
            drawn = false;
        }
    }

    @Override
    public void close() {
        Thread thread;
        synchronized (this) {
            thread = painter;
            painter = null;
        }
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join(1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (this) {
            erase();
            terminal.err().flush();
        }
    }
}
