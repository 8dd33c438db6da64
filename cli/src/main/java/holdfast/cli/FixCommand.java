package holdfast.cli;

import holdfast.check.Check;
import holdfast.check.Severity;
import holdfast.fix.Plan;
import holdfast.fix.Planner;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.Scan;
import holdfast.template.Templates;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Brings what fails into line, and locks nobody out. */
@Command(
        name = "fix",
        description = "Brings what fails into line: shows the plan, asks once, and proves each change by a new login.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Each node is changed with a timer armed on it that puts everything back. Only when a new login",
            "and the checks have proved the change, the timer is stopped. docs/safety.md tells how, and",
            "how to recover by hand.",
            "",
            "Exit code: 0 all is as the policy wants it now, 1 something still fails, 2 a mistake (nothing was",
            "contacted), 3 a node could not be reached or told, 4 a change was put back, 5 a person must look,",
            "130 interrupted.",
            "",
            "Examples:",
            "  holdfast fix -i fleet.yml --check --diff",
            "  holdfast fix -i fleet.yml -l canary -t sshd",
            "  holdfast fix -i fleet.yml --yes --serial 1,5,20%% --max-fail 2"
        })
final class FixCommand implements Callable<Integer> {

    @Mixin
    private InventoryOptions inventory = new InventoryOptions();

    @Mixin
    private CheckSelection selection = new CheckSelection();

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Mixin
    private FixOptions fixing = new FixOptions();

    @Mixin
    private TemplatesOption ownTemplates = new TemplatesOption();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private StoreOptions store = new StoreOptions();

    @Option(
            names = "--resume",
            paramLabel = "RUN",
            description = "go on with what an earlier run did not bring to its end: its inventory, checks and nodes")
    private @Nullable String resume;

    @Option(
            names = "--revoke",
            description =
                    "also remove tokens that the policy's access list marks as in_use; what uses them stops at once, and their secrets do not come back")
    private boolean revoke;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    FixCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        Severity threshold = options.severity();
        options.validate();
        fixing.validate();
        List<RunOptions.ReportFile> files = options.files();
        ssh.validate();
        if (resume != null) {
            resume(resume);
        }
        List<Check<?>> checks = selection.checks();
        Inventory loaded = inventory.load();
        List<Host> hosts = inventory.select(loaded);
        List<String> gates = fixing.openGates(screen);
        Templates templates = ownTemplates.load();
        Notices notices = new Notices(screen, options.quiet);
        loaded.notices().forEach(notices);
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Instant started = Instant.now();
        String id = RunOptions.runId(started);
        List<Scan.Assignment> assignments = hosts.stream()
                .map(host -> new Scan.Assignment(
                        host.target(ssh.login()), revoke ? host.policy().revokingInUse() : host.policy()))
                .toList();
        Campaign campaign = new Campaign(screen, notices, options, fixing, spec, id, "fix", started, gates);
        try (Archive archive = Archive.open(store, false, notices);
                Connector connector = ssh.connector(screen, notices.progress(), notices)) {
            Scan scan = new Scan(
                    connector, checks, options.forks, sudoPassword, Clock.systemUTC(), notices.progress(), templates);
            Scan.Result before = campaign.watched(assignments.size(), () -> scan.run(assignments));
            Plan plan = campaign.watched(
                    assignments.size(),
                    () -> new Planner(connector, checks, sudoPassword, templates, options.forks).plan(before));
            Campaign.Done done = campaign.carryOut(
                    plan,
                    connector,
                    sudoPassword,
                    new Campaign.Scope(
                            RunOptions.absolute(inventory.sources),
                            inventory.limit == null ? "" : inventory.limit,
                            checks.stream().map(Check::id).toList(),
                            hosts.stream().map(Host::name).toList(),
                            Optional.empty(),
                            before.nodes().stream()
                                    .filter(node -> node.state() != NodeResult.State.OK)
                                    .map(NodeResult::name)
                                    .toList()));
            Scan.Result after =
                    done.touched() ? campaign.watched(assignments.size(), () -> scan.run(assignments)) : before;
            Run run = new Run(
                            id,
                            "fix",
                            started,
                            Instant.now(),
                            options.context(inventory, hosts, selection.words()),
                            checks.stream().map(Check::id).toList(),
                            Changes.onNodes(after.nodes(), plan, done.outcomes()),
                            Changes.onClusters(after.clusters(), plan, done.outcomes()))
                    .withWaivers(Waivers.reviewed(loaded, assignments, after));
            return campaign.finish(done, run, threshold, archive, files);
        }
    }

    private void resume(String wanted) {
        try {
            RecordedRun run = StateDirectory.runs().read(wanted);
            if (run.started().check() || !run.started().command().equals("fix")) {
                throw new UsageError("--resume: %s was no fix that changed something".formatted(run.id()));
            }
            List<String> left = InventoryOptions.left(run);
            if (left.isEmpty()) {
                throw new UsageError(
                        "--resume: %s has brought everything to its end; nothing is left".formatted(run.id()));
            }
            if (inventory.sources.isEmpty()) {
                inventory.sources = run.started().inventory();
            }
            FormerCommand former = FormerCommand.of(run.started().arguments());
            former.mixin("ssh", SshOptionGroup.class).ifPresent(ssh::unlessGiven);
            former.mixin("inventory", InventoryOptions.class).ifPresent(inventory::unlessGiven);
            former.mixin("ownTemplates", TemplatesOption.class).ifPresent(ownTemplates::unlessGiven);
            if (inventory.limit == null) {
                inventory.limit = String.join(",", left);
            }
            selection.unlessGiven(run.started().checks());
        } catch (JournalException e) {
            throw new UsageError("--resume: " + e.why());
        }
    }
}
