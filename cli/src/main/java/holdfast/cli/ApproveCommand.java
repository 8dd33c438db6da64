package holdfast.cli;

import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.Run;
import holdfast.store.StoreException;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says that the state which a run found is the one that is wanted. */
@Command(
        name = "approve",
        description = "Marks a stored run as the approved state, which later scans are compared with.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Approving accepts nothing that fails: it goes on failing. Who accepts a failure until a day writes a waiver.",
            "",
            "Examples:",
            "  holdfast approve last --why 'after the hardening of November'",
            "  holdfast approve 20261122T045259Z-a1b2c3 --why 'change 4711'",
            "  holdfast scan -i fleet.yml --since approved --fail-on-drift"
        })
final class ApproveCommand implements Callable<Integer> {

    @Parameters(paramLabel = "RUN", description = "last, a run's id, or the beginning of it")
    private String wanted = "";

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "why this is the wanted state")
    private String why = "";

    @Option(names = "--who", paramLabel = "NAME", description = "who approves it (default: the local user)")
    @Nullable
    private String who;

    @Mixin
    private StoreOptions options = new StoreOptions();

    private final Terminal terminal;

    ApproveCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        String name = who == null ? System.getProperty("user.name", "?") : who.strip();
        if (why.isBlank() || name.isBlank()) {
            throw new UsageError("an approval has a reason and a name: --why 'after the change 4711'");
        }
        if (wanted.equals(Archive.APPROVED) || wanted.contains("/") || wanted.endsWith(".json")) {
            throw new UsageError("approve takes a stored run: last, or an id that 'holdfast history' lists");
        }
        try (Archive archive = Archive.existing(options, new Notices(terminal, false))) {
            Run run = archive.run(wanted);
            if (!run.command().equals("scan")) {
                throw new UsageError("%s is a %s; approve a scan, which tells the state of everything that was selected"
                        .formatted(run.id(), Clean.line(run.command(), 20)));
            }
            archive.store().approve(run.id(), name, why, Instant.now());
            Counts counts = run.counts();
            terminal.out()
                    .println("approved %s of %s by %s: %s"
                            .formatted(
                                    run.id(),
                                    run.startedAt().truncatedTo(ChronoUnit.SECONDS),
                                    Clean.line(name, 80),
                                    Clean.line(why, 300)));
            String whole = RunOptions.wholeOf(run.context().series());
            boolean part = !whole.equals(run.context().series());
            terminal.out().println("  " + Clean.line(run.context().series(), 300));
            terminal.out()
                    .println("  %d nodes; %d pass, %d fail, %d cannot be told, %d waived"
                            .formatted(
                                    counts.nodes(),
                                    counts.of(Finding.Status.PASS),
                                    counts.of(Finding.Status.FAIL),
                                    counts.of(Finding.Status.UNKNOWN),
                                    counts.of(Finding.Status.WAIVED)));
            terminal.out()
                    .println(
                            part
                                    ? "  it looked at a part only (%s): scans of the same part are compared with it, others are not"
                                            .formatted(Clean.line(
                                                    run.context()
                                                            .series()
                                                            .substring(whole.length())
                                                            .strip(),
                                                    200))
                                    : "  scans with --since approved tell what differs from that");
            return 0;
        } catch (StoreException e) {
            throw new UsageError(e.why());
        }
    }
}
