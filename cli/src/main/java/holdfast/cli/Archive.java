package holdfast.cli;

import holdfast.drift.Drift;
import holdfast.journal.JournalEnd;
import holdfast.journal.JournalException;
import holdfast.report.JsonReader;
import holdfast.report.ReportFormat;
import holdfast.report.Reported;
import holdfast.report.TrendPoint;
import holdfast.run.Run;
import holdfast.store.Approval;
import holdfast.store.Filter;
import holdfast.store.Store;
import holdfast.store.StoreException;
import holdfast.store.StoredRun;
import holdfast.text.Clean;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The stored runs, for one command. Where nobody asked for a certain store and the usual one cannot be used, a run goes
 * on without it, and that is told; whoever named a store, or needs it for what he asked, gets no run without it.
 */
final class Archive implements AutoCloseable {

    /** What runs are found by, beside their ids. */
    static final String LAST = "last";

    static final String APPROVED = "approved";

    /** How many runs a report's trend shows. */
    private static final int TREND = 60;

    private final Optional<Store> store;
    private final Notices notices;
    private final boolean counted;
    private boolean broken;

    /** @param counted whether somebody relies on it, so that a run which cannot be stored is a failure */
    private Archive(Optional<Store> store, Notices notices, boolean counted) {
        this.store = store;
        this.notices = notices;
        this.counted = counted;
    }

    /**
     * The store that was asked for, or the usual one.
     *
     * @param needed whether what was asked for cannot be done without it
     * @throws UsageError when a store that was named or is needed cannot be used
     */
    static Archive open(StoreOptions options, boolean needed, Notices notices) {
        if (options.none()) {
            if (needed) {
                throw new UsageError("--store none keeps nothing, and what you ask for needs the runs before");
            }
            return new Archive(Optional.empty(), notices, false);
        }
        try {
            return new Archive(Optional.of(options.open()), notices, needed || options.named());
        } catch (StoreException | UsageError e) {
            String why = e instanceof StoreException broken ? broken.why() : String.valueOf(e.getMessage());
            if (needed || options.named()) {
                throw new UsageError(why);
            }
            notices.trouble("this run will not be stored (--store none says that it need not be): " + why);
            return new Archive(Optional.empty(), notices, false);
        }
    }

    /**
     * The store that was asked for, or the usual one, for a verb that only reads: none is made.
     *
     * @param wanted the runs that it is opened for; reports in files need no store
     * @throws UsageError when there is none, or it cannot be used
     */
    static Archive existing(StoreOptions options, Notices notices, String... wanted) {
        boolean onlyFiles = wanted.length > 0 && Stream.of(wanted).allMatch(Archive::isFile);
        if (onlyFiles && (options.none() || !options.address().exists())) {
            return new Archive(Optional.empty(), notices, false);
        }
        if (!options.none() && !options.address().exists()) {
            throw new UsageError("there is no history in %s: runs are stored by 'holdfast scan'"
                    .formatted(Clean.line(options.address().text(), 300)));
        }
        return open(options, true, notices);
    }

    @Override
    public void close() {
        try {
            if (store.isPresent()) {
                store.get().close();
            }
        } catch (StoreException e) {
            // What was added is committed already.
            notices.trouble(e.why());
        }
    }

    /** The store; only where it was needed. */
    Store store() {
        return store.orElseThrow(() -> new UsageError("there is no store"));
    }

    /** Whether a run that somebody relies on finding here could not be stored. */
    boolean broken() {
        return counted && broken;
    }

    // ------------------------------------------------------------------ what was before

    /** A run that others are compared with, and what it was looked up as. */
    record Former(Run run, String what) {}

    /**
     * The run that somebody means.
     *
     * @param wanted {@code last}, {@code approved}, an id or the beginning of one, or a JSON report
     * @param series the runs that last and approved are looked for among
     * @return empty where there is no last run yet
     * @throws UsageError when there is no such run
     */
    Optional<Former> former(String wanted, String series) {
        try {
            return switch (wanted) {
                case LAST -> {
                    Optional<StoredRun> last = last(series);
                    yield last.isEmpty()
                            ? Optional.empty()
                            : Optional.of(new Former(store().read(last.get().id()), "the last run"));
                }
                case APPROVED ->
                    Optional.of(new Former(store().read(approved(series).run()), "the approved run"));
                default -> Optional.of(new Former(named(wanted), ""));
            };
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }

    /** The last run of the series, where it can be read: a scan that is made loses nothing for it. */
    Optional<Former> lastOf(String series) {
        try {
            return former(LAST, series);
        } catch (UsageError e) {
            notices.trouble("there is nothing to compare with: " + e.why());
            return Optional.empty();
        }
    }

    /** The last scan of the series. */
    private Optional<StoredRun> last(String series) {
        try {
            return store.isEmpty()
                    ? Optional.empty()
                    : store.get().latest(series, Optional.of("scan"), Optional.empty());
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }

    /**
     * The run that somebody wants to compare a run with: {@code last} is the scan before it, {@code approved} the
     * approved run of its series.
     */
    Former comparedWith(String wanted, Run run) {
        return switch (wanted) {
            case LAST ->
                before(run)
                        .orElseThrow(() -> new UsageError(
                                "there is no scan before %s of the same hosts and checks".formatted(run.id())));
            case APPROVED -> former(wanted, run.context().series()).orElseThrow();
            default -> new Former(run(wanted), "");
        };
    }

    /** The scan before this one, of its series. */
    Optional<Former> before(Run run) {
        try {
            if (!isStored(run)) {
                return Optional.empty();
            }
            Optional<StoredRun> former =
                    store().latest(run.context().series(), Optional.of("scan"), Optional.of(run.id()));
            return former.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Former(store().read(former.get().id()), "the run before"));
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }

    /** Whether it came out of this store, or went into it; a report may be of another one. */
    private boolean isStored(Run run) throws StoreException {
        return store.isPresent()
                && run.id().matches("[0-9A-Za-z][0-9A-Za-z-]{0,63}")
                && store.get().beginning(run.id()).stream()
                        .anyMatch(stored -> stored.id().equals(run.id()));
    }

    /** The approved run of the series; where it has none, that of the whole inventory. */
    private Approval approved(String series) throws StoreException {
        Optional<Approval> own = store().approved(series);
        if (own.isPresent()) {
            return own.get();
        }
        String inventory = RunOptions.wholeOf(series);
        return store().approved(inventory)
                .orElseThrow(() -> new UsageError(
                        "no run of this inventory is approved: scan it, and approve the run with: holdfast approve last --why '…' (of the series '%s')"
                                .formatted(Clean.line(series, 300))));
    }

    private Run named(String wanted) throws StoreException {
        if (isFile(wanted)) {
            Path file = Path.of(wanted);
            try {
                return JsonReader.run(Files.readString(file));
            } catch (IOException e) {
                throw new UsageError("%s cannot be read; is it a JSON report?".formatted(file));
            } catch (JsonReader.NoReport e) {
                throw new UsageError("%s is no JSON report: %s".formatted(file, e.why()));
            }
        }
        return store().read(wanted);
    }

    /** Whether somebody means a JSON report, and no stored run. */
    static boolean isFile(String wanted) {
        return wanted.contains("/") || wanted.endsWith(".json");
    }

    /**
     * The run that somebody means, whatever series it is of.
     *
     * @param wanted as in {@link #former}; {@code last} is the last run of all
     */
    Run run(String wanted) {
        try {
            return switch (wanted) {
                case LAST -> {
                    List<StoredRun> newest =
                            store().list(Filter.ALL.ofCommand("scan").newest(1));
                    if (newest.isEmpty()) {
                        throw new UsageError("no scan is stored yet; make one with: holdfast scan -i INVENTORY");
                    }
                    yield store().read(newest.getLast().id());
                }
                case APPROVED -> {
                    StoredRun approved = store().list(Filter.ALL).stream()
                            .filter(run -> run.approval().isPresent())
                            .max(Comparator.comparing(
                                    run -> run.approval().orElseThrow().at()))
                            .orElseThrow(() -> new UsageError(
                                    "no run is approved; approve one with: holdfast approve RUN --why '…'"));
                    yield store().read(approved.id());
                }
                default -> named(wanted);
            };
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }

    // ------------------------------------------------------------------ what is now

    /**
     * Stores a run. What goes wrong is told; the run's result is not lost for it.
     *
     * @param journal the id of its journal, where it has one
     */
    void keep(Run run, Optional<String> journal) {
        keep(journal, (open, end) -> open.add(run, end));
    }

    /** Stores that something was done which has a journal and no findings. */
    void keepOperation(Run run, String journal) {
        keep(Optional.of(journal), (open, end) -> open.addWithoutReport(run, end));
    }

    private interface Addition {
        void to(Store open, Optional<JournalEnd> end) throws StoreException;
    }

    private void keep(Optional<String> journal, Addition addition) {
        if (store.isEmpty()) {
            return;
        }
        try {
            Optional<JournalEnd> end = journal.isEmpty()
                    ? Optional.empty()
                    : Optional.of(StateDirectory.runs().end(journal.get()));
            addition.to(store.get(), end);
        } catch (JournalException e) {
            broken = true;
            notices.trouble("the run could not be stored, since its journal cannot be read back: " + e.why());
        } catch (StoreException e) {
            broken = true;
            notices.trouble("the run could not be stored: " + e.why());
        }
    }

    /** Everything that a report of this format says of a run; JSON has the run alone, and nothing more is read for it. */
    Reported reported(Run run, Optional<Drift> drift, ReportFormat format) {
        return format == ReportFormat.JSON
                ? new Reported(run, drift, List.of(), Map.of())
                : new Reported(run, drift, trend(run), CheckPages.of(run.checks()));
    }

    private List<TrendPoint> trend(Run run) {
        try {
            if (!isStored(run)) {
                return List.of();
            }
            return store().trend(run.context().series(), Optional.of(run.id()), TREND);
        } catch (StoreException e) {
            notices.trouble("the trend could not be read: " + e.why());
            return List.of();
        }
    }
}
