package holdfast.cli;

import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.journal.Runs;
import holdfast.report.TrendPoint;
import holdfast.store.Filter;
import holdfast.store.Store;
import holdfast.store.StoreException;
import holdfast.store.StoredRun;
import holdfast.text.Clean;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the runs so far with their trend, or shows one. */
@Command(
        name = "history",
        description =
                "Lists the runs so far, newest last, and how they went; with a RUN shows what it found and changed, "
                        + "and how to undo it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        subcommands = {HistoryExportCommand.class, HistoryVerifyCommand.class, HistoryPruneCommand.class},
        footer = {
            "",
            "What runs changed is kept in $XDG_STATE_HOME/holdfast/runs, or ~/.local/state/holdfast/runs; what they found",
            "in history.db beside it, or where --store says.",
            "",
            "Examples:",
            "  holdfast history",
            "  holdfast history 20261122T045259Z-a1b2c3",
            "  holdfast history --command scan --last 90",
            "  holdfast history --format json | jq -r '.[] | select(.outcome == \"applied\") | .id'",
            "  holdfast history verify"
        })
final class HistoryCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "RUN", description = "a run's id, or the beginning of it")
    @Nullable
    private String run;

    @Option(
            names = {"-n", "--last"},
            paramLabel = "N",
            description = "only the newest N (default: ${DEFAULT-VALUE})",
            defaultValue = "50")
    private int last = 50;

    @Option(
            names = "--series",
            paramLabel = "SERIES",
            description = "only runs of this series ('holdfast history' names them), or of one that begins so")
    @Nullable
    private String series;

    @Option(names = "--command", paramLabel = "VERB", description = "only runs of this verb, such as scan")
    @Nullable
    private String command;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Mixin
    private StoreOptions store = new StoreOptions();

    private final Terminal terminal;

    HistoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        if (last < 1) {
            throw new UsageError("--last takes a number from 1, not %d".formatted(last));
        }
        Runs runs = StateDirectory.runs();
        try (Opened opened = open()) {
            if (run == null) {
                list(runs, opened.store());
            } else {
                show(runs, run, opened.store());
            }
        } catch (JournalException e) {
            throw new UsageError(e.why());
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
        return 0;
    }

    /** A store, where there is one. */
    private record Opened(Optional<Store> store) implements AutoCloseable {
        @Override
        public void close() throws StoreException {
            if (store.isPresent()) {
                store.get().close();
            }
        }
    }

    /** A store that was not asked for and cannot be read hides no journal: it is told. */
    private Opened open() throws StoreException {
        try {
            return new Opened(store.existing());
        } catch (StoreException e) {
            if (store.named()) {
                throw e;
            }
            note(e.why());
            return new Opened(Optional.empty());
        }
    }

    private void note(String text) {
        terminal.err().println("note: " + Clean.line(text, 600));
    }

    /** A broken journal hides no other, and is no reason to fail: it is told. */
    private void list(Runs runs, Optional<Store> opened) throws JournalException, StoreException {
        List<RecordedRun.Summary> recorded = runs.all(broken -> note(broken.why())).stream()
                .filter(one -> command == null || one.started().command().equals(command))
                .toList();
        List<StoredRun> stored = List.of();
        if (opened.isPresent()) {
            Filter filter =
                    new Filter(Optional.ofNullable(series), Optional.ofNullable(command), Optional.empty(), last);
            stored = opened.get().list(filter);
        }
        List<HistoryEntry> all = HistoryEntry.of(recorded, stored).stream()
                // What is not stored has no series.
                .filter(one -> series == null || one.stored().isPresent())
                .toList();
        int left = Math.max(0, all.size() - last);
        List<HistoryEntry> shown = all.subList(left, all.size());
        if (format.equals("json")) {
            terminal.out().print(HistoryJson.list(shown));
        } else if (shown.isEmpty() && (series != null || command != null)) {
            terminal.out().println("no run is of that series or verb; 'holdfast history' names them");
        } else if (shown.isEmpty()) {
            terminal.out()
                    .println("no runs are recorded in "
                            + Clean.line(runs.directory().toString()));
            terminal.out().println("next: holdfast scan -i INVENTORY");
        } else {
            HistoryView view = new HistoryView(terminal);
            if (opened.isPresent()) {
                view.trends(trends(opened.get(), shown));
            }
            view.list(shown);
        }
    }

    private Map<String, List<TrendPoint>> trends(Store opened, List<HistoryEntry> shown) throws StoreException {
        Map<String, List<TrendPoint>> trends = new TreeMap<>();
        for (HistoryEntry entry : shown) {
            Optional<StoredRun> run = entry.stored().filter(one -> one.counts().isPresent());
            if (run.isPresent() && !trends.containsKey(run.get().series())) {
                trends.put(
                        run.get().series(),
                        opened.trend(run.get().series(), Optional.empty(), last).stream()
                                .filter(point -> point.counts().nodes() > 0)
                                .toList());
            }
        }
        return trends;
    }

    private void show(Runs runs, String wanted, Optional<Store> opened) throws JournalException, StoreException {
        List<StoredRun> stored = opened.isPresent() ? opened.get().beginning(wanted) : List.of();
        Optional<StoredRun> exact =
                stored.stream().filter(one -> one.id().equals(wanted)).findFirst();
        RecordedRun recorded;
        try {
            recorded = runs.read(exact.map(StoredRun::id).orElse(wanted));
        } catch (JournalException e) {
            Optional<StoredRun> only = exact.isPresent() || stored.size() != 1 ? exact : Optional.of(stored.getFirst());
            // A journal that is there and cannot be believed is told, whatever the store says of its run.
            if (only.isPresent() && !runs.ids().contains(only.get().id())) {
                show(only.get());
                return;
            }
            throw e;
        }
        String id = recorded.id();
        if (!id.equals(wanted)) {
            Optional<StoredRun> other =
                    stored.stream().filter(one -> !one.id().equals(id)).findFirst();
            if (other.isPresent()) {
                throw new UsageError("the run '%s' is not the only one that begins so: %s, %s"
                        .formatted(wanted, id, other.get().id()));
            }
        }
        Optional<StoredRun> same =
                stored.stream().filter(one -> one.id().equals(id)).findFirst();
        if (format.equals("json")) {
            terminal.out().print(HistoryJson.one(recorded, same));
        } else {
            new HistoryView(terminal).one(recorded, same);
        }
    }

    private void show(StoredRun run) {
        if (format.equals("json")) {
            terminal.out().print(HistoryJson.one(run));
        } else {
            new HistoryView(terminal).one(run);
        }
    }
}
