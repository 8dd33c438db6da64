package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.run.AccessPoll;
import holdfast.run.AccessRun;
import holdfast.run.Scan;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which clusters the verbs of {@code access} ask, and how. */
final class AccessOptions {

    @Mixin
    InventoryOptions inventory = new InventoryOptions();

    @Option(
            names = {"-f", "--forks"},
            paramLabel = "N",
            description = "ask at most N nodes at the same time (default: ${DEFAULT-VALUE})")
    int forks = 50;

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    boolean quiet;

    @Mixin
    SshOptionGroup ssh = new SshOptionGroup();

    /** The terminal as these options want it. */
    Terminal screen(Terminal terminal) {
        return noColour ? terminal.withoutColour() : terminal;
    }

    /** The selected nodes, or all mistakes that can be told before anything is contacted. */
    List<Host> hosts() {
        if (forks < 1 || forks > 1000) {
            throw new UsageError("--forks takes 1 to 1000, not " + forks);
        }
        ssh.validate();
        return inventory.select(inventory.load());
    }

    /** Asks all of them. */
    AccessRun ask(Terminal screen, List<Host> hosts) throws InterruptedException {
        Notices notices = new Notices(screen, quiet);
        LiveProgress progress = notices.progress();
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Instant askedAt = Instant.now();
        long start = System.nanoTime();
        try (Connector connector = ssh.connector(screen, progress, notices);
                LiveProgress live = progress.start(hosts.size())) {
            AccessPoll.Result polled = new AccessPoll(connector, forks, sudoPassword, Clock.systemUTC(), live)
                    .ask(hosts.stream()
                            .map(host -> new Scan.Assignment(host.target(ssh.login()), host.policy()))
                            .toList());
            return new AccessRun(
                    askedAt, Duration.ofNanos(System.nanoTime() - start).toMillis(), polled);
        }
    }
}
