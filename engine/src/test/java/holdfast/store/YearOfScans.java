package holdfast.store;

import holdfast.run.Run;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Stores a year of daily scans and says what that costs; {@code bench/history} runs it.
 *
 * <p>Five checks of each node measure something else each day, half a percent of the findings change sides each week, one
 * node in 2,000 is away, all kernels change each month.
 */
public final class YearOfScans {

    private YearOfScans() {}

    /** @param args a directory or {@code jdbc:postgresql:…}, and how many days, nodes and checks */
    public static void main(String[] args) throws StoreException, IOException {
        Path state = Path.of(args[0].startsWith("jdbc:") ? "/tmp" : args[0]);
        StoreAddress address = StoreAddress.of(args[0].startsWith("jdbc:") ? args[0] : args[0] + "/history.db");
        int days = Integer.parseInt(args[1]);
        int nodes = Integer.parseInt(args[2]);
        int checks = Integer.parseInt(args[3]);
        PrintStream out = System.out;
        long[] added = new long[days];
        for (int day = 0; day < days; day++) {
            Run run = SomeRuns.fleet(day, nodes, checks);
            long start = System.nanoTime();
            try (Store store = Store.open(address, state)) {
                store.add(run, Optional.empty());
            }
            added[day] = System.nanoTime() - start;
            if (day == 0 || day == 1 || day == days - 1) {
                out.printf(Locale.ROOT, "day %d: %.2f s, %.1f MB%n", day, added[day] / 1e9, size(address));
            }
        }
        long start = System.nanoTime();
        try (Store store = Store.open(address, state)) {
            Run last = store.read(SomeRuns.id(days - 1));
            out.printf(Locale.ROOT, "read the last run: %.2f s%n", (System.nanoTime() - start) / 1e9);
            if (!last.equals(SomeRuns.fleet(days - 1, nodes, checks))) {
                throw new IllegalStateException("what was read is not what was stored");
            }
            start = System.nanoTime();
            store.read(SomeRuns.id(days / 2));
            out.printf(Locale.ROOT, "read the run in the middle: %.2f s%n", (System.nanoTime() - start) / 1e9);
            start = System.nanoTime();
            int listed = store.list(Filter.ALL).size();
            out.printf(Locale.ROOT, "list %d runs: %.2f s%n", listed, (System.nanoTime() - start) / 1e9);
            start = System.nanoTime();
            Verification verification = store.verify(Claims.NONE);
            out.printf(
                    Locale.ROOT,
                    "verify %d runs, %d findings: %.1f s, %s%n",
                    verification.runs(),
                    verification.findings(),
                    (System.nanoTime() - start) / 1e9,
                    verification.intact() ? "intact" : verification.faults().toString());
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                out.println("peak memory, the runs' making included: " + line.replaceAll("\\s+", " "));
            }
        }
    }

    private static double size(StoreAddress address) throws IOException {
        return address instanceof StoreAddress.File file ? Files.size(file.path()) / 1e6 : 0;
    }
}
