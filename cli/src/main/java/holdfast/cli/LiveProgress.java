package holdfast.cli;

import holdfast.node.Phase;
import holdfast.run.Progress;
import holdfast.text.Clean;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One line on standard error while nodes are visited: how many are in which phase, and who is slow. */
final class LiveProgress implements Progress, AutoCloseable {

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
        String line = line(steps, total, System.nanoTime());
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
