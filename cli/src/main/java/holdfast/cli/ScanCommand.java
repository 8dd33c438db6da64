package holdfast.cli;

import holdfast.check.Check;
import holdfast.check.Severity;
import holdfast.checks.Catalogue;
import holdfast.discovery.Comparison;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.report.JsonReport;
import holdfast.run.Run;
import holdfast.run.Scan;
import holdfast.template.Templates;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
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
            "With --discover, 1 also where the inventory and the clusters differ.",
            "",
            "Examples:",
            "  holdfast scan -i root@pve1.example.com,",
            "  holdfast scan -i inventories/fleet -l 'prod:!canary' --report json=scan.json",
            "  holdfast scan -i fleet.yml -u ops -b -t sshd,time -v",
            "  holdfast scan -i fleet.yml --discover              is every member of each cluster in it?"
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
        Severity threshold = options.severity();
        options.validate();
        List<RunOptions.ReportFile> files = options.files();
        ssh.validate();
        List<Check<?>> checks = selection.checks();
        Inventory loaded = inventory.load();
        List<Host> hosts = inventory.select(loaded);
        Notices notices = new Notices(screen, options.quiet);
        LiveProgress progress = notices.progress();
        loaded.notices().forEach(notices);
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Instant started = Instant.now();
        Run run;
        // Ctrl-C ends the process with 130; the person is told what that means for the nodes.
        Thread interrupted = new Thread(
                () -> progress.interrupt("holdfast: interrupted; a scan changes nothing, so nothing is left half done"),
                "interrupted");
        Runtime.getRuntime().addShutdownHook(interrupted);
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
                            options.context(inventory, hosts, selection.words()),
                            checks.stream().map(Check::id).toList(),
                            result.nodes(),
                            result.clusters())
                    .withWaivers(Waivers.reviewed(loaded, assignments, result));
            if (discover) {
                run = run.withDiscovery(Comparison.of(Candidates.of(loaded.hosts(), result)));
            }
        }
        Runtime.getRuntime().removeShutdownHook(interrupted);
        RunOptions.write(run, files);
        if (options.json()) {
            screen.out().print(JsonReport.render(run));
        } else {
            new ConsoleView(screen, options.verbose(), options.again(spec)).show(run);
        }
        return run.exitCode(threshold);
    }
}
