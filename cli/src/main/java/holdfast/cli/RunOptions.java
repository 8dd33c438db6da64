package holdfast.cli;

import holdfast.check.Severity;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.problem.Problems;
import holdfast.report.ReportFormat;
import holdfast.report.Reported;
import holdfast.run.Run;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
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
            paramLabel = "FORMAT",
            description = "what goes to standard output: console, or a format of --report (default: console)")
    String format = CONSOLE;

    @Option(
            names = "--report",
            paramLabel = "FORMAT=FILE",
            description =
                    "also write a report: json, html, junit, sarif, csv, markdown, prometheus, oscal; such as html=fleet.html (repeatable)")
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

    @Option(
            names = "--series",
            paramLabel = "NAME",
            description =
                    "what runs share that are compared with each other (default: the inventory's path); for checkouts in different places")
    @Nullable
    String series;

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    boolean quiet;

    @Option(names = "--called-as", hidden = true, description = "the command line that the last line suggests")
    @Nullable
    String calledAs;

    private static final String CONSOLE = "console";

    /** Where a report goes. */
    record ReportFile(ReportFormat format, Path file) {}

    /** Mistakes that can be told before anything is contacted. */
    void validate() {
        if (series != null && !series.matches("[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")) {
            throw new UsageError(
                    "--series takes a name of letters, digits, dots, dashes and slashes, not '%s'".formatted(series));
        }
        if (forks < 1 || forks > 1000) {
            throw new UsageError("--forks takes 1 to 1000, not " + forks);
        }
        if (!format.equals(CONSOLE) && ReportFormat.of(format).isEmpty()) {
            throw new UsageError("--format takes console, %s, not '%s'%s"
                    .formatted(
                            String.join(", ", ReportFormat.labels()),
                            format,
                            Problems.hint(format, ReportFormat.labels())));
        }
    }

    /** The terminal as these options want it. */
    Terminal screen(Terminal terminal) {
        return noColour ? terminal.withoutColour() : terminal;
    }

    boolean verbose() {
        return verbosity.length > 0;
    }

    /** Writes a report to standard output. */
    static void print(Terminal screen, ReportFormat format, Reported reported) {
        format.write(reported, new OutputStreamWriter(screen.out(), StandardCharsets.UTF_8));
    }

    /** The report that goes to standard output; empty where a person reads it. */
    Optional<ReportFormat> printed() {
        return ReportFormat.of(format);
    }

    /** The format that the ending of a file's name stands for, where that is certain. */
    static Optional<ReportFormat> formatOf(String ending) {
        return switch (ending) {
            case "htm" -> ReportFormat.of("html");
            case "md" -> ReportFormat.of("markdown");
            case "prom" -> ReportFormat.of("prometheus");
            default -> ReportFormat.of(ending);
        };
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
    private String series(InventoryOptions inventory, String selection) {
        return Stream.of(
                        series == null ? String.join(" ", absolute(inventory.sources)) : series,
                        inventory.limit == null ? "" : "-l " + inventory.limit,
                        selection)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
    }

    /** The series of all hosts and checks of the same inventory. */
    static String wholeOf(String series) {
        return series.replaceFirst(" (-l|--checks|-t|--skip-tags) .*", "");
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
        ReportFile named = named(option);
        Path file = named.file();
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null
                || !Files.isDirectory(directory)
                || !Files.isWritable(directory)
                || Files.isDirectory(file)) {
            throw new UsageError("--report: %s cannot be written".formatted(file));
        }
        return named;
    }

    /** What {@code FORMAT=FILE} says; the file is not looked at. */
    static ReportFile named(String option) {
        int equals = option.indexOf('=');
        if (equals <= 0 || equals == option.length() - 1) {
            throw new UsageError("--report takes FORMAT=FILE, such as json=scan.json, not '%s'".formatted(option));
        }
        String label = option.substring(0, equals);
        ReportFormat format = formatOf(label.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new UsageError("--report knows %s, not '%s'%s"
                        .formatted(
                                String.join(", ", ReportFormat.labels()),
                                label,
                                Problems.hint(label, ReportFormat.labels()))));
        return new ReportFile(format, Path.of(option.substring(equals + 1)));
    }

    /** @param reported what each format is made from */
    static void write(List<ReportFile> files, Function<ReportFormat, Reported> reported) {
        for (ReportFile report : files) {
            try {
                Path temporary = Files.createTempFile(
                        Optional.ofNullable(report.file().toAbsolutePath().getParent())
                                .orElseThrow(),
                        ".holdfast-",
                        ".tmp");
                try (Writer out = Files.newBufferedWriter(temporary)) {
                    report.format().write(reported.apply(report.format()), out);
                }
                Files.setPosixFilePermissions(
                        temporary,
                        Files.exists(report.file())
                                ? Files.getPosixFilePermissions(report.file())
                                : PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(
                        temporary,
                        report.file(),
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
                        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException | UncheckedIOException e) {
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
