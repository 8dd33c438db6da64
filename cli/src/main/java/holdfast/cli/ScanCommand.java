package holdfast.cli;

import holdfast.check.Check;
import holdfast.check.Severity;
import holdfast.checks.Catalogue;
import holdfast.discovery.Comparison;
import holdfast.drift.Drift;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.notify.Channel;
import holdfast.problem.ProblemsException;
import holdfast.report.ReportFormat;
import holdfast.report.Reported;
import holdfast.run.Run;
import holdfast.run.Scan;
import holdfast.template.Templates;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
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
            "With --discover, 1 also where the inventory and the clusters differ. With --fail-on-drift, 1 for drift",
            "alone. 3 also where the run could not be stored, or its news not be told.",
            "",
            "Examples:",
            "  holdfast scan -i root@pve1.example.com,",
            "  holdfast scan -i inventories/fleet -l 'prod:!canary' --report json=scan.json",
            "  holdfast scan -i fleet.yml -u ops -b -t sshd,time -v",
            "  holdfast scan -i fleet.yml --discover              is every member of each cluster in it?",
            "  holdfast scan -i fleet.yml --since approved --fail-on-drift --report html=fleet.html",
            "  holdfast scan -i fleet.yml --notify mail=ops@example.com --notify-on critical,waiver"
        })
final class ScanCommand implements Callable<Integer> {

    @Mixin
    private InventoryOptions inventory = new InventoryOptions();

    @Mixin
    private CheckSelection selection = new CheckSelection();

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private StoreOptions store = new StoreOptions();

    @Mixin
    private SinceOptions since = new SinceOptions();

    @Mixin
    private NotifyOptions notify = new NotifyOptions();

    @Option(
            names = "--discover",
            description = "also compare the inventory with the clusters' own lists of their members")
    private boolean discover;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    ScanCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        Notices notices = new Notices(screen, options.quiet);
        List<Channel> channels = notify.channels();
        Teller teller = new Teller(channels, notify.topics(), notices);
        try {
            return scan(screen, notices, teller);
        } catch (UsageError | ProblemsException e) {
            // Somebody who waits for news must not take silence for good news.
            teller.failed(
                    store, series(), e instanceof UsageError usage ? usage.why() : String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private String series() {
        return options.context(inventory, List.of(), selection.words()).series();
    }

    private Integer scan(Terminal screen, Notices notices, Teller teller) throws InterruptedException {
        Severity threshold = options.severity();
        options.validate();
        since.validate();
        List<RunOptions.ReportFile> files = options.files();
        ssh.validate();
        List<Check<?>> checks = selection.checks();
        Inventory loaded = inventory.load();
        List<Host> hosts = inventory.select(loaded);
        LiveProgress progress = notices.progress();
        loaded.notices().forEach(notices);
        Run.Context context = options.context(inventory, hosts, selection.words());
        try (Archive archive = Archive.open(store, since.since != null || notify.asked(), notices)) {
            Optional<Archive.Former> former =
                    Optional.ofNullable(since.since).flatMap(wanted -> archive.former(wanted, context.series()));
            if (since.since != null && former.isEmpty()) {
                notices.trouble(
                        "there is no earlier run of the same hosts and checks: this one is the first to compare with");
            }
            Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
            Run run = visit(screen, notices, progress, checks, loaded, hosts, context, sudoPassword);
            Optional<Drift> drift = former.map(found -> Drift.between(found.run(), run, found.what()));
            // Looked up before this run is the last one itself.
            Optional<Drift> compared = drift.or(() ->
                    Stream.concat(files.stream().map(RunOptions.ReportFile::format), options.printed().stream())
                                    .anyMatch(format -> format != ReportFormat.JSON)
                            ? archive.lastOf(context.series()).map(last -> Drift.between(last.run(), run, last.what()))
                            : Optional.empty());
            archive.keep(run, Optional.empty());
            Function<ReportFormat, Reported> reported =
                    format -> archive.reported(run, format == ReportFormat.JSON ? drift : compared, format);
            if (options.printed().isPresent()) {
                ReportFormat format = options.printed().get();
                RunOptions.print(screen, format, reported.apply(format));
            } else {
                new ConsoleView(screen, options.verbose(), options.again(spec)).show(run, drift);
            }
            boolean told = teller.tell(archive, run, former.map(Archive.Former::run));
            // Last: a file that cannot be written hides neither the result nor the news.
            RunOptions.write(files, reported);
            // Without a run to compare with, nothing is known to be as it was.
            int code = since.decides() && drift.isPresent()
                    ? run.exitCodeByDrift(since.fails(drift))
                    : run.exitCode(threshold);
            return told && !archive.broken() ? code : Math.max(code, 3);
        }
    }

    private Run visit(
            Terminal screen,
            Notices notices,
            LiveProgress progress,
            List<Check<?>> checks,
            Inventory loaded,
            List<Host> hosts,
            Run.Context context,
            Optional<Secret> sudoPassword)
            throws InterruptedException {
        Instant started = Instant.now();
        // Ctrl-C ends the process with 130; the person is told what that means for the nodes.
        Thread interrupted = new Thread(
                () -> progress.interrupt("holdfast: interrupted; a scan changes nothing, so nothing is left half done"),
                "interrupted");
        Runtime.getRuntime().addShutdownHook(interrupted);
        Run run;
        try (Connector connector = ssh.connector(screen, progress, notices);
                LiveProgress live = progress.start(hosts.size())) {
            Scan scan = new Scan(
                    connector,
                    checks,
                    options.forks,
                    sudoPassword,
                    Clock.systemUTC(),
                    live,
                    new Templates(Catalogue.class.getClassLoader()));
            List<Scan.Assignment> assignments = hosts.stream()
                    .map(host -> new Scan.Assignment(host.target(ssh.login()), host.policy()))
                    .toList();
            Scan.Result result = scan.run(assignments);
            run = new Run(
                            RunOptions.runId(started),
                            "scan",
                            started,
                            Instant.now(),
                            context,
                            checks.stream().map(Check::id).toList(),
                            result.nodes(),
                            result.clusters())
                    .withWaivers(Waivers.reviewed(loaded, assignments, result));
            if (discover) {
                run = run.withDiscovery(Comparison.of(Candidates.of(loaded.hosts(), result)));
            }
        }
        Runtime.getRuntime().removeShutdownHook(interrupted);
        return run;
    }
}
