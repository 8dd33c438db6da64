package holdfast.cli;

import holdfast.report.JsonParts;
import holdfast.store.Filter;
import holdfast.store.Store;
import holdfast.store.StoreException;
import holdfast.store.StoredRun;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The stored runs for other programs. */
@Command(
        name = "export",
        description = "Writes the stored runs as JSON Lines: a line for each, oldest first.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  holdfast history export | jq -r '[.startedAt, .summary.fail] | @csv'",
            "  holdfast history export --full --series SERIES -o reports.jsonl"
        })
final class HistoryExportCommand implements Callable<Integer> {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "where it goes (default: standard output)")
    @Nullable
    private Path output;

    @Option(names = "--force", description = "replace FILE")
    private boolean force;

    @Option(names = "--full", description = "whole reports, as --report json writes them, in place of their heads")
    private boolean full;

    @Option(names = "--series", paramLabel = "SERIES", description = "only runs of this series")
    @Nullable
    private String series;

    @Option(names = "--command", paramLabel = "VERB", description = "only runs of this verb")
    @Nullable
    private String command;

    @Mixin
    private StoreOptions options = new StoreOptions();

    private final Terminal terminal;

    HistoryExportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Optional<OutputFile> file =
                Optional.ofNullable(output).map(path -> new OutputFile("--output", path).check(force));
        try {
            Optional<Store> existing = options.existing();
            if (existing.isEmpty()) {
                terminal.err()
                        .println("note: no runs are stored in "
                                + options.address().text());
                return 0;
            }
            try (Store store = existing.get()) {
                List<StoredRun> runs = store.list(new Filter(
                        Optional.ofNullable(series),
                        Optional.ofNullable(command),
                        Optional.empty(),
                        Integer.MAX_VALUE));
                if (file.isPresent()) {
                    file.get().write(out -> write(store, runs, out), force);
                } else {
                    write(store, runs, terminal.out());
                    terminal.out().flush();
                }
            }
        } catch (Unreadable e) {
            throw new UsageError(e.problem.why());
        } catch (StoreException e) {
            throw new UsageError(e.why());
        } catch (IOException | UncheckedIOException e) {
            throw new UsageError("the export cannot be written: " + e.getMessage());
        }
        return 0;
    }

    /** A run that cannot be read, seen from inside of a write. */
    private static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final StoreException problem;

        Unreadable(StoreException problem) {
            super(problem);
            this.problem = problem;
        }
    }

    private void write(Store store, List<StoredRun> runs, OutputStream out) throws IOException {
        for (StoredRun run : runs) {
            if (!full) {
                out.write(HistoryJson.line(run).getBytes(StandardCharsets.UTF_8));
            } else if (run.counts().isPresent()) {
                try {
                    JsonParts.line(store.read(run.id()), out);
                } catch (StoreException e) {
                    throw new Unreadable(e);
                }
            }
        }
    }
}
