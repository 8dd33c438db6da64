package holdfast.cli;

import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.journal.Runs;
import holdfast.text.Clean;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the recorded runs, or shows one. */
@Command(
        name = "history",
        description = "Lists the recorded runs, newest last; with a RUN shows what it changed, and how to undo it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Runs are kept in $XDG_STATE_HOME/holdfast/runs, or ~/.local/state/holdfast/runs.",
            "",
            "Examples:",
            "  holdfast history",
            "  holdfast history 20261122T045259Z-a1b2c3",
            "  holdfast history --format json | jq -r '.[] | select(.outcome == \"applied\") | .id'"
        })
final class HistoryCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "RUN", description = "a run's id, or the beginning of it")
    @Nullable
    private String run;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    private final Terminal terminal;

    HistoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        Runs runs = StateDirectory.runs();
        try {
            if (run == null) {
                list(runs);
            } else {
                show(runs.read(run));
            }
        } catch (JournalException e) {
            throw new UsageError(e.why());
        }
        return 0;
    }

    /** A broken journal hides no other, and is no reason to fail: it is told. */
    private void list(Runs runs) throws JournalException {
        List<RecordedRun.Summary> all =
                runs.all(broken -> terminal.err().println("note: " + Clean.line(broken.why(), 600)));
        if (format.equals("json")) {
            terminal.out().print(HistoryJson.list(all));
        } else if (all.isEmpty()) {
            terminal.out()
                    .println("no runs are recorded in "
                            + Clean.line(runs.directory().toString()));
            terminal.out().println("next: holdfast fix -i INVENTORY --check --diff");
        } else {
            new HistoryView(terminal).list(all);
        }
    }

    private void show(RecordedRun recorded) {
        if (format.equals("json")) {
            terminal.out().print(HistoryJson.one(recorded));
        } else {
            new HistoryView(terminal).one(recorded);
        }
    }
}
