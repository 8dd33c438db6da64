package holdfast.cli;

import holdfast.store.Keep;
import holdfast.store.Store;
import holdfast.store.StoreException;
import holdfast.store.StoredRun;
import holdfast.text.Clean;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Removes old runs from the store. */
@Command(
        name = "prune",
        description =
                "Removes old runs from the history, and what no other run needs. Approved runs, and the newest of each "
                        + "series, are always kept; so are journals, which an undo needs.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  holdfast history prune --keep 400d",
            "  holdfast history prune --keep-last 100 --yes"
        })
final class HistoryPruneCommand implements Callable<Integer> {

    private static final Pattern DAYS = Pattern.compile("([1-9][0-9]{0,5})d");

    @Option(names = "--keep", paramLabel = "DAYSd", description = "keep what is not older, such as 365d")
    @Nullable
    private String keep;

    @Option(names = "--keep-last", paramLabel = "N", description = "keep the newest N of each series and verb")
    @Nullable
    private Integer keepLast;

    @Option(
            names = {"-y", "--yes"},
            description = "do not ask")
    private boolean yes;

    @Mixin
    private StoreOptions options = new StoreOptions();

    private final Terminal terminal;

    HistoryPruneCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Instant now = Instant.now();
        Keep rule = rule(now);
        try {
            Optional<Store> existing = options.existing();
            if (existing.isEmpty()) {
                terminal.out()
                        .println("no runs are stored in " + options.address().text());
                return 0;
            }
            try (Store store = existing.get()) {
                return prune(store, rule, now);
            }
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }

    private int prune(Store store, Keep rule, Instant now) throws StoreException {
        List<StoredRun> runs = store.prunable(rule);
        if (runs.isEmpty()) {
            terminal.out().println("nothing to remove");
            return 0;
        }
        terminal.out()
                .println("%s, from %s to %s"
                        .formatted(
                                runs.size() == 1 ? "1 run will be removed" : runs.size() + " runs will be removed",
                                Clean.line(runs.getFirst().id()),
                                Clean.line(runs.getLast().id())));
        if (!yes) {
            String answer;
            try {
                answer = terminal.line("Remove? It cannot be undone. [y/N] ");
            } catch (UsageError e) {
                throw new UsageError(
                        "nothing was removed: nobody can be asked; say --yes to remove without a question");
            }
            if (!answer.equalsIgnoreCase("y") && !answer.equalsIgnoreCase("yes")) {
                terminal.out().println("nothing was removed");
                return 0;
            }
        }
        int removed =
                store.prune(rule, System.getProperty("user.name", "?"), now).size();
        terminal.out().println(removed == 1 ? "1 run was removed" : removed + " runs were removed");
        return 0;
    }

    private Keep rule(Instant now) {
        if ((keep == null) == (keepLast == null)) {
            throw new UsageError("say what is kept: --keep 365d, or --keep-last 100");
        }
        if (keepLast != null) {
            if (keepLast < 1) {
                throw new UsageError("--keep-last takes a number from 1, not %d".formatted(keepLast));
            }
            return new Keep.Last(keepLast);
        }
        Matcher days = DAYS.matcher(String.valueOf(keep));
        try {
            if (days.matches()) {
                return new Keep.Since(now.minus(Duration.ofDays(Integer.parseInt(days.group(1)))));
            }
        } catch (DateTimeException e) {
            // Told below.
        }
        throw new UsageError("--keep takes a number of days such as 365d, not '%s'".formatted(keep));
    }
}
