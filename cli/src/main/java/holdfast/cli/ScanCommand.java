package holdfast.cli;

import holdfast.check.Check;
import holdfast.check.Severity;
import holdfast.checks.Catalogue;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.report.JsonReport;
import holdfast.run.Run;
import holdfast.run.Scan;
import holdfast.template.Templates;
import holdfast.text.Clean;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks every selected node and changes nothing. */
@Command(
        name = "scan",
        description = "Checks every selected node, changes nothing.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 all is as the policy wants it, 1 a finding at or above --fail-on, 2 a mistake in the",
            "command line, inventory or policy (nothing was contacted), 3 a node or check could not be told.",
            "",
            "Examples:",
            "  holdfast scan -i root@pve1.example.com,",
            "  holdfast scan -i inventories/fleet -l 'prod:!canary' --report json=scan.json",
            "  holdfast scan -i fleet.yml -u ops -b -t sshd,time -v"
        })
final class ScanCommand implements Callable<Integer> {

    @Mixin
    private InventoryOptions inventory = new InventoryOptions();

    @Mixin
    private CheckSelection selection = new CheckSelection();

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Option(
            names = {"-f", "--forks"},
            paramLabel = "N",
            description = "visit at most N nodes at the same time (default: ${DEFAULT-VALUE})")
    private int forks = 50;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Option(
            names = "--report",
            paramLabel = "FORMAT=FILE",
            description = "also write a report, such as json=scan.json (repeatable)")
    private List<String> reports = new ArrayList<>();

    @Option(
            names = "--fail-on",
            paramLabel = "SEVERITY",
            description = "low, medium, high or critical: the least severity that makes the exit code 1 (default: low)")
    private String failOn = "low";

    @Option(
            names = {"-v", "--verbose"},
            description = "show the evidence of each finding, and what passes")
    private boolean[] verbosity = new boolean[0];

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    private boolean quiet;

    @Option(names = "--called-as", hidden = true, description = "the command line that the last line suggests")
    private @Nullable String calledAs;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    ScanCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Where a report goes. */
    private record ReportFile(Path file) {}

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = noColour ? terminal.withoutColour() : terminal;
        Severity threshold = severity(failOn);
        if (forks < 1 || forks > 1000) {
            throw new UsageError("--forks takes 1 to 1000, not " + forks);
        }
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        List<ReportFile> files = reports.stream().map(ScanCommand::reportFile).toList();
        ssh.validate();
        List<Check<?>> checks = selection.checks();
        Inventory loaded = inventory.load();
        List<Host> hosts = inventory.select(loaded);
        Set<String> told = ConcurrentHashMap.newKeySet();
        LiveProgress progress = new LiveProgress(screen, !quiet && screen.errIsTerminal());
        loaded.notices().forEach(notice -> note(progress, told, notice));
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Instant started = Instant.now();
        Run run;
        // Ctrl-C ends the process with 130; the person is told what that means for the nodes.
        Thread interrupted = new Thread(
                () -> progress.interrupt("holdfast: interrupted; a scan changes nothing, so nothing is left half done"),
                "interrupted");
        Runtime.getRuntime().addShutdownHook(interrupted);
        try (Connector connector = ssh.connector(screen, progress, notice -> note(progress, told, notice));
                LiveProgress live = progress.start(hosts.size())) {
            Scan scan = new Scan(
                    connector,
                    checks,
                    forks,
                    sudoPassword,
                    Clock.systemUTC(),
                    live,
                    new Templates(Catalogue.class.getClassLoader()));
            Scan.Result result = scan.run(hosts.stream()
                    .map(host -> new Scan.Assignment(host.target(ssh.login()), host.policy()))
                    .toList());
            run = new Run(
                    runId(started),
                    "scan",
                    started,
                    Instant.now(),
                    new Run.Context(
                            Version.number(),
                            System.getProperty("user.name", "?"),
                            hostName(),
                            inventory.sources,
                            Inventory.policyDigest(hosts),
                            inventory.limit == null ? "" : inventory.limit),
                    checks.stream().map(Check::id).toList(),
                    result.nodes(),
                    result.clusters());
        }
        Runtime.getRuntime().removeShutdownHook(interrupted);
        write(run, files);
        if (format.equals("json")) {
            screen.out().print(JsonReport.render(run));
        } else {
            new ConsoleView(screen, verbosity.length > 0, again()).show(run);
        }
        return run.exitCode(threshold);
    }

    private void note(LiveProgress progress, Set<String> told, String notice) {
        if (!quiet && told.add(notice)) {
            progress.interrupt("note: " + Clean.line(notice, 600));
        }
    }

    /** The command line that leads on from the result. */
    private String again() {
        if (calledAs != null) {
            return calledAs;
        }
        List<String> words = new ArrayList<>();
        words.add(System.getProperty("holdfast.program", "holdfast"));
        words.addAll(spec.root().commandLine().getParseResult().originalArgs());
        return words.stream().map(ScanCommand::word).collect(Collectors.joining(" "));
    }

    private static String word(String value) {
        return value.matches("[A-Za-z0-9_./:@,+=-]+") ? value : holdfast.text.Shell.quote(value);
    }

    private static Severity severity(String text) {
        for (Severity severity : Severity.values()) {
            if (severity.label().equals(text.toLowerCase(Locale.ROOT))) {
                return severity;
            }
        }
        throw new UsageError("--fail-on takes low, medium, high or critical, not '%s'".formatted(text));
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

    private static void write(Run run, List<ReportFile> files) {
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

    private static String runId(Instant started) {
        return RUN_TIME.format(started) + "-%06x".formatted(new SecureRandom().nextInt(1 << 24));
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("?");
        }
    }
}
