package holdfast.cli;

import holdfast.drift.Drift;
import holdfast.report.DriftReport;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what is different between two runs. */
@Command(
        name = "diff",
        description = "Says what is different between two stored runs: newly failing, changed, fixed, new, gone.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "RUN is last, approved, a run's id or the beginning of it ('holdfast history' lists them), or a JSON report.",
            "",
            "Exit code: 0 (with --fail-on-drift 1 where something is different), 2 there is no such run.",
            "",
            "Examples:",
            "  holdfast report diff approved last",
            "  holdfast report diff 20261121T04 20261122T04 --format json",
            "  holdfast report diff before.json after.json --fail-on-drift any"
        })
final class ReportDiffCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "EARLIER", description = "the run to compare with")
    private String earlier = "";

    @Parameters(index = "1", paramLabel = "LATER", description = "the run that is compared")
    private String later = "";

    @Option(names = "--format", paramLabel = "console|json", description = "what is printed (default: console)")
    private String format = "console";

    @Option(
            names = "--fail-on-drift",
            paramLabel = "worse|any",
            arity = "0..1",
            fallbackValue = "worse",
            description = "the exit code is 1 where something is worse (any: different)")
    private String failOn = "";

    @Mixin
    private StoreOptions options = new StoreOptions();

    @Option(
            names = {"-v", "--verbose"},
            description = "show all differences, however many")
    private boolean verbose;

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    private final Terminal terminal;

    ReportDiffCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Terminal screen = noColour ? terminal.withoutColour() : terminal;
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        if (!failOn.isEmpty() && !failOn.equals("worse") && !failOn.equals("any")) {
            throw new UsageError("--fail-on-drift takes worse or any, not '%s'".formatted(failOn));
        }
        try (Archive archive = Archive.existing(options, new Notices(terminal, false), earlier, later)) {
            Run after = archive.run(later);
            Archive.Former former = archive.comparedWith(earlier, after);
            Drift drift = Drift.between(former.run(), after, former.what());
            if (format.equals("json")) {
                screen.out().print(DriftReport.render(after.id(), drift));
            } else {
                screen.out().println("run " + Clean.line(after.id(), 64));
                new DriftView(screen, verbose).show(drift);
            }
            boolean fails = failOn.equals("any") ? drift.any() : failOn.equals("worse") && drift.worse();
            return fails ? 1 : 0;
        }
    }
}
