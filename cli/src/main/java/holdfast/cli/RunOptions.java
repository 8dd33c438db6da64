package holdfast.cli;

import holdfast.check.Severity;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.report.JsonReport;
import holdfast.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a run goes and where its results go: the same for every verb that visits nodes. */
final class RunOptions {

    @Option(
            names = {"-f", "--forks"},
            paramLabel = "N",
            description = "visit at most N nodes at the same time (default: ${DEFAULT-VALUE})")
    int forks = 50;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    String format = "console";

    @Option(
            names = "--report",
            paramLabel = "FORMAT=FILE",
            description = "also write a report, such as json=scan.json (repeatable)")
    List<String> reports = new ArrayList<>();

    @Option(
            names = "--fail-on",
            paramLabel = "SEVERITY",
            description = "low, medium, high or critical: the least severity that makes the exit code 1 (default: low)")
    String failOn = "low";

    @Option(
            names = {"-v", "--verbose"},
            description = "show the evidence of each finding, and what passes")
    boolean[] verbosity = new boolean[0];

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    boolean quiet;

    @Option(names = "--called-as", hidden = true, description = "the command line that the last line suggests")
    @Nullable
    String calledAs;

    /** Where a report goes. */
    record ReportFile(Path file) {}

    /** Mistakes that can be told before anything is contacted. */
    void validate() {
        if (forks < 1 || forks > 1000) {
            throw new UsageError("--forks takes 1 to 1000, not " + forks);
        }
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
    }

    /** The terminal as these options want it. */
    Terminal screen(Terminal terminal) {
        return noColour ? terminal.withoutColour() : terminal;
    }

    boolean verbose() {
        return verbosity.length > 0;
    }

    boolean json() {
        return format.equals("json");
    }

    /** The report files, their directories tried before anything is contacted. */
    List<ReportFile> files() {
        return reports.stream().map(RunOptions::reportFile).toList();
    }

    /** The command line that leads on from the result. */
    String again(CommandSpec spec) {
        if (calledAs != null) {
            return calledAs;
        }
        List<String> words = new ArrayList<>();
        words.add(System.getProperty("holdfast.program", "holdfast"));
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        return words.stream().map(RunOptions::word).collect(Collectors.joining(" "));
    }

    /**
     * Who runs this, from where, and on what.
     *
     * @param selection the selection of checks as the command line has it; empty for all
     */
    Run.Context context(InventoryOptions inventory, List<Host> hosts, String selection) {
        return new Run.Context(
                Version.number(),
                System.getProperty("user.name", "?"),
                hostName(),
                inventory.sources,
                Inventory.policyDigest(hosts),
                inventory.limit == null ? "" : inventory.limit,
                series(inventory, selection));
    }

    /** The same inventory, hosts and checks: only such runs tell a trend. */
    private static String series(InventoryOptions inventory, String selection) {
        return Stream.of(
                        String.join(" ", absolute(inventory.sources)),
                        inventory.limit == null ? "" : "-l " + inventory.limit,
                        selection)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
    }

    /** The inventory's sources as they can be found from any directory. */
    static List<String> absolute(List<String> sources) {
        return sources.stream()
                .map(source -> !source.contains(",") && Files.exists(Path.of(source))
                        ? Path.of(source).toAbsolutePath().normalize().toString()
                        : source)
                .toList();
    }

    private static String word(String value) {
        return value.matches("[A-Za-z0-9_./:@,+=-]+") ? value : holdfast.text.Shell.quote(value);
    }

    Severity severity() {
        for (Severity severity : Severity.values()) {
            if (severity.label().equals(failOn.toLowerCase(Locale.ROOT))) {
                return severity;
            }
        }
        throw new UsageError("--fail-on takes low, medium, high or critical, not '%s'".formatted(failOn));
    }

    /** The directory is tried before the scan, so that no result is lost for a wrong path. */
    private static ReportFile reportFile(String option) {
        int equals = option.indexOf('=');
        if (equals <= 0 || equals == option.length() - 1) {
            throw new UsageError("--report takes FORMAT=FILE, such as json=scan.json, not '%s'".formatted(option));
        }
        if (!option.substring(0, equals).equals("json")) {
            throw new UsageError("--report knows the format json, not '%s'".formatted(option.substring(0, equals)));
        }
        Path file = Path.of(option.substring(equals + 1));
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null
                || !Files.isDirectory(directory)
                || !Files.isWritable(directory)
                || Files.isDirectory(file)) {
            throw new UsageError("--report: %s cannot be written".formatted(file));
        }
        return new ReportFile(file);
    }

    static void write(Run run, List<ReportFile> files) {
        for (ReportFile report : files) {
            try {
                Path temporary = Files.createTempFile(
                        Optional.ofNullable(report.file().toAbsolutePath().getParent())
                                .orElseThrow(),
                        ".holdfast-",
                        ".tmp");
                Files.writeString(temporary, JsonReport.render(run));
                Files.move(
                        temporary,
                        report.file(),
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
                        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw new UsageError("the report %s could not be written: %s".formatted(report.file(), e));
            }
        }
    }

    private static final DateTimeFormatter RUN_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    static String runId(Instant started) {
        return RUN_TIME.format(started) + "-%06x".formatted(new SecureRandom().nextInt(1 << 24));
    }

    static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("?");
        }
    }
}
