package holdfast.cli;

import holdfast.check.Severity;
import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.fix.Undoer;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.Scan;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts back what a run changed, with the same care as it was changed. */
@Command(
        name = "undo",
        description = "Puts back what a run changed: armed, proved, and only where nobody has changed it since.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Without -i the inventory of that run is used, and its policy and way to log in (-u, -b, -K,",
            "--private-key, -F) where none is given. A run that was cut off is put back by the way back that it",
            "left on the node. 'holdfast history' lists the runs.",
            "",
            "Examples:",
            "  holdfast undo 20261122T045259Z-a1b2c3 --check --diff",
            "  holdfast undo 20261122T045259Z-a1b2c3 -l pve2"
        })
final class UndoCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "RUN", description = "the run's id, or its beginning where no other has it")
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private String wanted;

    @Mixin
    private InventoryOptions inventory = new InventoryOptions();

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Mixin
    private FixOptions fixing = new FixOptions();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private StoreOptions store = new StoreOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    UndoCommand(Terminal terminal) {
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
        RecordedRun recorded = recorded();
        FormerCommand former = FormerCommand.of(recorded.started().arguments());
        former.mixin("ssh", SshOptionGroup.class).ifPresent(ssh::unlessGiven);
        former.mixin("inventory", InventoryOptions.class).ifPresent(inventory::unlessGiven);
        if (inventory.sources.isEmpty()) {
            inventory.sources = recorded.started().inventory();
        }
        Inventory loaded = inventory.load();
        List<Host> hosts = inventory.select(loaded);
        Set<String> selected =
                new LinkedHashSet<>(hosts.stream().map(Host::name).toList());
        List<String> gates = fixing.openGates(screen);
        Notices notices = new Notices(screen, options.quiet);
        loaded.notices().forEach(notices);
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Instant started = Instant.now();
        String id = RunOptions.runId(started);
        // All of the inventory: a cluster's change is proved on its other members too.
        List<Scan.Assignment> assignments = loaded.hosts().stream()
                .map(host -> new Scan.Assignment(host.target(ssh.login()), host.policy()))
                .toList();
        Campaign campaign = new Campaign(screen, notices, options, fixing, spec, id, "undo", started, gates);
        try (Archive archive = Archive.open(store, false, notices);
                Connector connector = ssh.connector(screen, notices.progress(), notices)) {
            Plan plan = campaign.watched(
                    selected.size(),
                    () -> new Undoer(connector, sudoPassword, Clock.systemUTC())
                            .plan(
                                    recorded,
                                    Undoer.byName(assignments),
                                    inventory.limit == null ? Optional.empty() : Optional.of(selected)));
            Campaign.Done done = campaign.carryOut(
                    plan,
                    connector,
                    sudoPassword,
                    new Campaign.Scope(
                            RunOptions.absolute(inventory.sources),
                            inventory.limit == null ? "" : inventory.limit,
                            List.of(),
                            List.copyOf(selected),
                            Optional.of(recorded.id()),
                            List.of()));
            Run run = new Run(
                    id,
                    "undo",
                    started,
                    Instant.now(),
                    options.context(inventory, hosts, ""),
                    List.of(),
                    nodes(plan, done.outcomes()),
                    List.of());
            return campaign.finish(done, run, threshold, archive, files);
        }
    }

    private RecordedRun recorded() {
        try {
            RecordedRun run = StateDirectory.runs().read(wanted);
            if (run.started().check()) {
                throw new UsageError("%s was a dry run: it has changed nothing".formatted(run.id()));
            }
            return run;
        } catch (JournalException e) {
            throw new UsageError(e.why());
        }
    }

    /** The nodes that something was put back on, with what that was; a cluster's changes at the node that made them. */
    private static List<NodeResult> nodes(Plan plan, List<Outcome> outcomes) {
        return plan.targets().stream()
                .map(target -> new NodeResult(
                                target.executor().target().name(),
                                target.executor().target().host(),
                                target.inCluster(),
                                NodeResult.State.OK,
                                Optional.empty(),
                                Optional.empty(),
                                0,
                                List.of(),
                                List.of())
                        .withChanges(Changes.of(target, outcomes)))
                .toList();
    }
}
