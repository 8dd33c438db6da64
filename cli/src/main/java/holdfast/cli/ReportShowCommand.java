package holdfast.cli;

import holdfast.drift.Drift;
import holdfast.report.ReportFormat;
import holdfast.run.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows a stored run as it was, or writes it in another format. */
@Command(
        name = "show",
        aliases = "convert",
        description = "Shows a stored run, or writes it in another format.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "RUN is last, approved, a run's id or the beginning of it ('holdfast history' lists them), or a JSON report.",
            "",
            "Examples:",
            "  holdfast report show last -v",
            "  holdfast report show last --since approved --format html -o fleet.html",
            "  holdfast report show scan.json --format junit -o scan.xml"
        })
final class ReportShowCommand implements Callable<Integer> {

    private static final String CONSOLE = "console";

    @Parameters(paramLabel = "RUN", arity = "0..1", description = "which run (default: last)")
    private String wanted = Archive.LAST;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "console, json, html, junit, sarif, csv, markdown, prometheus or oscal (default: what FILE's name ends in, else console)")
    private String asked = "";

    @Option(
            names = "--since",
            paramLabel = "RUN",
            description = "what is different from an earlier run (default in files: the one before it of its series)")
    @Nullable
    private String since;

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private StoreOptions options = new StoreOptions();

    @Option(
            names = {"-v", "--verbose"},
            description = "show the evidence of each finding, and what passes")
    private boolean verbose;

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    private final Terminal terminal;

    ReportShowCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Terminal screen = noColour ? terminal.withoutColour() : terminal;
        List<String> formats = new ArrayList<>(List.of(CONSOLE));
        formats.addAll(ReportFormat.labels());
        String format = result.format(asked.isEmpty() ? ending() : asked, formats);
        if (format.equals(CONSOLE) && result.ending().isPresent()) {
            throw new UsageError("--output: which format? --format takes %s".formatted(String.join(", ", formats)));
        }
        Optional<OutputFile> file = result.file();
        try (Archive archive = Archive.existing(options, new Notices(terminal, false), wanted)) {
            Run run = archive.run(wanted);
            Optional<Archive.Former> former = former(archive, run, format);
            Optional<Drift> drift = former.map(found -> Drift.between(found.run(), run, found.what()));
            if (format.equals(CONSOLE)) {
                new ConsoleView(screen, verbose, "%s report show %s".formatted(program(), run.id())).show(run, drift);
                return 0;
            }
            ReportFormat made = ReportFormat.of(format).orElseThrow();
            String text = made.render(archive.reported(run, drift, made));
            return result.put(screen, file, text) ? 0 : 1;
        }
    }

    private String ending() {
        return result.ending()
                .flatMap(RunOptions::formatOf)
                .map(ReportFormat::label)
                .orElse("");
    }

    private Optional<Archive.Former> former(Archive archive, Run run, String format) {
        if (since != null) {
            return Optional.of(archive.comparedWith(since, run));
        }
        // A JSON report is the run, and no comparison that nobody asked for.
        boolean compares = !format.equals(CONSOLE) && !format.equals(ReportFormat.JSON.label());
        return compares ? archive.before(run) : Optional.empty();
    }

    private static String program() {
        return System.getProperty("holdfast.program", "holdfast");
    }
}
