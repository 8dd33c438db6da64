package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.quorum.Answer;
import holdfast.report.QuorumReport;
import holdfast.run.QuorumPoll;
import holdfast.run.QuorumRun;
import holdfast.run.Scan;
import holdfast.text.Names;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Asks every member at once whether its cluster may be touched now, and what it would survive. */
@Command(
        name = "quorum",
        description = {
            "May this cluster be touched now? Asks every member, changes nothing.",
            "GO: quorate, all members agree, and enough votes to spare. With --without: it would keep",
            "quorum without these members. The words are corosync's own, so a hung /etc/pve does not hold",
            "up the answer."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 GO, 1 NO-GO, 2 a mistake in the command line, inventory or policy (nothing was",
            "contacted), 3 cannot tell: too few members answered.",
            "",
            "Examples:",
            "  holdfast quorum -i fleet.yml",
            "  holdfast quorum -i fleet.yml -l prod --without pve2 && ssh root@pve2 reboot",
            "  holdfast quorum -i fleet.yml --without pve3 --all-present --wait 10m",
            "  holdfast quorum -i fleet.yml --plan"
        })
final class QuorumCommand implements Callable<Integer> {

    /** Often enough for a person, and nothing that a node notices. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private static final Pattern DURATION = Pattern.compile("([1-9]\\d{0,6})(s|m|h)?");
    private static final Duration LONGEST = Duration.ofHours(24);

    @Mixin
    private InventoryOptions inventory = new InventoryOptions();

    @Option(
            names = "--without",
            paramLabel = "NODE",
            description =
                    "would it keep quorum if these were lost, all at once? Names of the inventory or the cluster, or addresses (repeatable, or with commas)")
    private List<String> lists = new ArrayList<>();

    private List<String> without = List.of();

    @Option(names = "--plan", description = "an order in which all members can be taken down, one at a time")
    private boolean plan;

    @Option(
            names = "--all-present",
            description =
                    "NO-GO also while any other member is away: for rolling work, so that only one is down at a time")
    private boolean allPresent;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            description = "ask again until it is GO, for at most so long: 90s, 10m, 2h")
    @Nullable
    private String wait;

    @Option(
            names = {"-f", "--forks"},
            paramLabel = "N",
            description = "ask at most N nodes at the same time (default: ${DEFAULT-VALUE})")
    private int forks = 50;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    private boolean quiet;

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    private final Terminal terminal;

    QuorumCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = noColour ? terminal.withoutColour() : terminal;
        Optional<Duration> patience = Optional.ofNullable(wait).map(text -> duration("--wait", text));
        // An empty name is what a script makes of a variable that is not set: the question would be another one.
        without = lists.stream().flatMap(list -> Stream.of(list.split(",", -1))).toList();
        validate();
        ssh.validate();
        List<Host> hosts = inventory.select(inventory.load());
        Notices notices = new Notices(screen, quiet);
        LiveProgress progress = notices.progress();
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        List<Scan.Assignment> nodes = hosts.stream()
                .map(host -> new Scan.Assignment(host.target(ssh.login()), host.policy()))
                .toList();
        QuorumRun run;
        try (Connector connector = ssh.connector(screen, progress, notices);
                LiveProgress live = progress.start(hosts.size())) {
            QuorumPoll poll = new QuorumPoll(connector, forks, sudoPassword, ssh.askPassword, Clock.systemUTC(), live);
            run = patience.isPresent() ? untilGo(poll, nodes, patience.get(), notices) : ask(poll, nodes);
        }
        if (format.equals("json")) {
            screen.out().print(QuorumReport.render(run));
        } else {
            new QuorumView(screen).show(run);
        }
        // Whoever reads the answer elsewhere must not take an empty file for a GO.
        if (screen.out().checkError()) {
            screen.err().println("holdfast: the answer could not be written");
            return 3;
        }
        return run.exitCode();
    }

    private QuorumRun ask(QuorumPoll poll, List<Scan.Assignment> nodes) throws InterruptedException {
        Instant askedAt = Instant.now();
        long start = System.nanoTime();
        QuorumPoll.Result polled = poll.ask(nodes);
        return QuorumRun.of(
                askedAt,
                Duration.ofNanos(System.nanoTime() - start).toMillis(),
                new QuorumRun.Request(without, allPresent, plan),
                polled);
    }

    /** Asks again and again; the last answer counts, also when it came too late to be GO. */
    private QuorumRun untilGo(QuorumPoll poll, List<Scan.Assignment> nodes, Duration patience, Notices notices)
            throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            QuorumRun run = ask(poll, nodes);
            long left = end - System.nanoTime();
            // A name that no cluster knows will not be known in five seconds, when everybody has answered.
            boolean hopeless = !run.untold().isEmpty() && run.complete();
            if (run.decision() == Answer.Decision.GO || left <= 0 || hopeless) {
                return run;
            }
            // Each state is told once; the live line says that it goes on.
            notices.accept("waiting, %s: %s".formatted(run.decision().label(), QuorumView.headline(run)));
            Thread.sleep(Math.min(PAUSE.toMillis(), Duration.ofNanos(left).toMillis() + 1));
        }
    }

    /** Mistakes that can be told before anything is contacted. */
    private void validate() {
        if (forks < 1 || forks > 1000) {
            throw new UsageError("--forks takes 1 to 1000, not " + forks);
        }
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        for (String name : without) {
            if (!Names.isHost(name)) {
                throw new UsageError("--without: '%s' is not the name of a node".formatted(name));
            }
        }
    }

    /** A time on the command line, at most a day: a number with s, m or h. */
    static Duration duration(String option, String text) {
        Matcher matcher = DURATION.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            Duration duration = switch (String.valueOf(matcher.group(2))) {
                case "m" -> Duration.ofMinutes(amount);
                case "h" -> Duration.ofHours(amount);
                default -> Duration.ofSeconds(amount);
            };
            if (duration.compareTo(LONGEST) <= 0) {
                return duration;
            }
        }
        throw new UsageError(
                "%s takes a time of at most 24h, such as 90s, 10m or 2h, not '%s'".formatted(option, text));
    }
}
