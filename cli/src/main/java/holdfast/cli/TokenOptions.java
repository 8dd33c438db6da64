package holdfast.cli;

import holdfast.access.AccessLog;
import holdfast.access.ClusterAccess;
import holdfast.access.Subject;
import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.journal.Entry;
import holdfast.journal.Journal;
import holdfast.journal.JournalException;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.proxmox.Membership;
import holdfast.run.AccessPoll;
import holdfast.run.Run;
import holdfast.run.Scan;
import holdfast.text.Clean;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.TokenException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** Which clusters the verbs of {@code token} ask and change, and how. */
final class TokenOptions {

    private static final Pattern DAYS = Pattern.compile("([1-9]\\d{0,3})d?");

    /** pveum waits ten seconds for a lock, and there may be an entry for each role. */
    private static final Duration TAKING_BACK = Duration.ofSeconds(60);

    @Mixin
    AccessOptions access = new AccessOptions();

    @Mixin
    private StoreOptions store = new StoreOptions();

    /** What is done while the ways to the nodes are open. */
    interface Work<T> {
        T done(Way way) throws InterruptedException;
    }

    /** The open ways. */
    record Way(
            Terminal screen,
            Notices notices,
            Connector connector,
            Optional<Secret> sudoPassword,
            LiveProgress progress,
            List<Host> hosts,
            TokenOptions options) {

        /** Asks every selected node. */
        AccessPoll.Result ask(List<Probe<?>> more) throws InterruptedException {
            AccessPoll.Result polled = new AccessPoll(
                            connector, options.access.forks, sudoPassword, Clock.systemUTC(), progress, more)
                    .ask(hosts.stream()
                            .map(host -> new Scan.Assignment(host.target(options.access.ssh.login()), host.policy()))
                            .toList());
            // What follows is printed, or a question: the live line would paint over it.
            progress.close();
            polled.unplaced().forEach((node, why) -> notices.accept("%s could not be asked: %s".formatted(node, why)));
            for (AccessPoll.OfCluster cluster : polled.clusters()) {
                if (cluster.access() instanceof Reading.Unknown<ClusterAccess>) {
                    continue;
                }
                cluster.silent()
                        .forEach((node, why) -> notices.accept("%s could not be asked: %s".formatted(node, why)));
            }
            return polled;
        }

        /**
         * The one cluster that something is done to.
         *
         * @throws UsageError when the inventory selects several, or none answered
         */
        AccessPoll.OfCluster one(AccessPoll.Result polled) {
            if (polled.clusters().size() > 1) {
                throw new UsageError("the inventory has %d clusters (%s): choose one with -l; nothing was changed"
                        .formatted(
                                polled.clusters().size(),
                                polled.clusters().stream()
                                        .map(AccessPoll.OfCluster::name)
                                        .collect(Collectors.joining(", "))));
            }
            if (polled.clusters().isEmpty()) {
                throw new Unanswered("no node answered: "
                        + polled.unplaced().entrySet().stream()
                                .map(entry -> entry.getKey() + ": " + entry.getValue())
                                .collect(Collectors.joining("; ")));
            }
            return polled.clusters().get(0);
        }

        /** What a cluster says of access. */
        ClusterAccess known(AccessPoll.OfCluster cluster) {
            return switch (cluster.access()) {
                case Reading.Known<ClusterAccess>(var known) -> known;
                case Reading.Unknown<ClusterAccess>(var why) -> throw new Unanswered(cluster.name() + ": " + why);
            };
        }
    }

    /** Nobody could tell: exit code 3. */
    static final class Unanswered extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unanswered(String why) {
            super(why);
        }
    }

    /** Opens the ways, does the work, and turns what went wrong into words and an exit code. */
    int run(Terminal terminal, Work<Integer> work) throws InterruptedException {
        Terminal screen = access.screen(terminal);
        List<Host> hosts = access.hosts();
        Notices notices = new Notices(screen, access.quiet);
        LiveProgress progress = notices.progress();
        Optional<Secret> sudoPassword = access.ssh.sudoPassword(screen);
        int code;
        try (Connector connector = access.ssh.connector(screen, progress, notices);
                LiveProgress live = progress.start(hosts.size())) {
            code = work.done(new Way(screen, notices, connector, sudoPassword, live, hosts, this));
        } catch (Unanswered e) {
            screen.err().println("holdfast: " + Clean.line(String.valueOf(e.getMessage()), 1000));
            return 3;
        }
        if (screen.out().checkError()) {
            screen.err().println("holdfast: the answer could not be written");
            return 3;
        }
        return code;
    }

    /** What is done to one cluster through an operator. */
    interface Operation {
        int done(TokenOperator operator, AccessPoll.OfCluster cluster, ClusterAccess access)
                throws TokenException, InterruptedException;
    }

    /**
     * Begins a journal, logs in to the cluster's members, and does something there.
     *
     * @param command what the journal calls it, such as {@code token revoke}
     */
    int operate(Way way, CommandSpec spec, String command, AccessPoll.OfCluster cluster, Operation operation)
            throws InterruptedException {
        ClusterAccess access = way.known(cluster);
        Instant started = Instant.now();
        String id = RunOptions.runId(started);
        int code;
        CountDownLatch told = new CountDownLatch(1);
        Thread hook = hook(way, Thread.currentThread(), told);
        try (Journal journal = StateDirectory.runs().create(id)) {
            journal.add(new Entry.Started(
                    started,
                    id,
                    command,
                    false,
                    System.getProperty("user.name", "?"),
                    RunOptions.hostName(),
                    Version.number(),
                    spec.root().commandLine().getParseResult().originalArgs(),
                    RunOptions.absolute(this.access.inventory.sources),
                    this.access.inventory.limit == null ? "" : this.access.inventory.limit,
                    List.of(),
                    cluster.members(),
                    Optional.empty()));
            try (TokenOperator operator = TokenOperator.open(
                    way.connector(),
                    cluster.standalone() ? cluster.members().get(0) : "cluster " + Clean.line(cluster.name(), 100),
                    cluster.assignments(),
                    way.sudoPassword(),
                    Clock.systemUTC(),
                    way.progress(),
                    journal::add)) {
                code = operation.done(operator, cluster, access);
            } catch (TokenException e) {
                way.screen().err().println("holdfast: " + Clean.line(e.why(), 1500));
                code = e.changed() ? 5 : 4;
            }
            journal.add(new Entry.Ended(Instant.now(), code));
        } catch (JournalException e) {
            throw new UsageError(e.why());
        } finally {
            told.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending already: what was half done has been taken back.
                way.screen().err().flush();
            }
        }
        keep(way, id, command, started);
        return code;
    }

    /** That it was done, with the end of its journal: so the history knows when that is missing or cut short. */
    private void keep(Way way, String id, String command, Instant started) {
        try (Archive archive = Archive.open(store, false, way.notices())) {
            archive.keepOperation(
                    new Run(
                            id,
                            command,
                            started,
                            Instant.now(),
                            new Run.Context(
                                    Version.number(),
                                    System.getProperty("user.name", "?"),
                                    RunOptions.hostName(),
                                    access.inventory.sources,
                                    Inventory.policyDigest(way.hosts()),
                                    access.inventory.limit == null ? "" : access.inventory.limit,
                                    ""),
                            List.of(),
                            List.of(),
                            List.of()),
                    id);
        }
    }

    /** Ctrl-C: a token that is half made is removed again before the process ends. */
    private static Thread hook(Way way, Thread worker, CountDownLatch told) {
        Thread hook = new Thread(
                () -> {
                    worker.interrupt();
                    way.notices().progress().interrupt("holdfast: interrupted; taking back what is half done");
                    try {
                        if (!told.await(TAKING_BACK.toSeconds(), TimeUnit.SECONDS)) {
                            way.notices()
                                    .progress()
                                    .interrupt("holdfast: gave up waiting: look with 'holdfast token list'");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    /**
     * The access logs of all members of a cluster as one; unknown when one of them could not be read, or was not asked: a
     * client calls whichever member it knows.
     */
    static Reading<AccessLog> log(AccessPoll.OfCluster cluster) {
        List<AccessLog> logs = new ArrayList<>();
        Set<String> unasked = unasked(cluster);
        for (Map.Entry<String, Reading<Source>> member : cluster.sources().entrySet()) {
            switch (member.getValue().then(AccessLog.PROBE::read)) {
                case Reading.Known<AccessLog>(var log) -> logs.add(log);
                case Reading.Unknown<AccessLog>(var why) -> {
                    return Reading.unknown("%s: %s", member.getKey(), why);
                }
            }
        }
        return unasked.isEmpty()
                ? Reading.known(AccessLog.together(logs))
                : Reading.unknown("the access log of %s was not asked for", String.join(", ", unasked));
    }

    /** The members of a cluster, by their own names, that were not asked or did not answer. */
    static Set<String> unasked(AccessPoll.OfCluster cluster) {
        Set<String> unasked = new TreeSet<>();
        Set<String> asked = new HashSet<>();
        for (Reading<Source> source : cluster.sources().values()) {
            if (source.then(Membership.PROBE::read) instanceof Reading.Known<Membership>(var membership)) {
                unasked.addAll(membership.memberNames());
                asked.add(membership.nodeName());
            }
        }
        unasked.removeAll(asked);
        return unasked;
    }

    /** The addresses of a cluster's members, as they know each other. */
    static Set<String> ownAddresses(AccessPoll.OfCluster cluster) {
        Set<String> own = new HashSet<>();
        for (Reading<Source> source : cluster.sources().values()) {
            if (source.then(Membership.PROBE::read) instanceof Reading.Known<Membership>(var membership)) {
                membership.peerAddresses().values().forEach(own::addAll);
                if (membership.members() instanceof Reading.Known<Membership.Members>(var members)) {
                    members.nodes().values().forEach(node -> node.ip().ifPresent(own::add));
                }
            }
        }
        cluster.assignments().forEach(assignment -> own.add(assignment.target().host()));
        return own;
    }

    /** A token's id from the command line. */
    static Subject token(String text) {
        if (text.startsWith("-")) {
            throw new UsageError(
                    "'%s' begins with a dash, which pveum takes for an option: use the web interface".formatted(text));
        }
        return Subject.parse(text)
                .filter(subject -> subject.kind() == Subject.Kind.TOKEN)
                .orElseThrow(() -> new UsageError(
                        "'%s' is not a token: they are called USER@REALM!NAME, such as 'ci@pve!deploy' (in quotes: the shell has a meaning for !)"
                                .formatted(text)));
    }

    /**
     * When a token expires: {@code 90d}, {@code 2027-01-31} (its last day, UTC) or {@code never}.
     *
     * @param text empty for the policy's limit
     * @param limit in days
     * @return seconds since 1970, 0 for never
     */
    static long expiry(@Nullable String text, int limit, Instant now) {
        if (text == null) {
            return now.plus(Duration.ofDays(limit)).getEpochSecond();
        }
        if (text.equals("never")) {
            return 0;
        }
        Matcher days = DAYS.matcher(text);
        if (days.matches()) {
            return now.plus(Duration.ofDays(Integer.parseInt(days.group(1)))).getEpochSecond();
        }
        try {
            long end = LocalDate.parse(text)
                    .plusDays(1)
                    .atStartOfDay(ZoneOffset.UTC)
                    .minusSeconds(1)
                    .toEpochSecond();
            if (end <= now.getEpochSecond()) {
                throw new UsageError("--expires: %s is over, and so would be the token".formatted(text));
            }
            return end;
        } catch (DateTimeParseException e) {
            throw new UsageError("--expires takes a number of days (90d), a last day (2027-01-31) or never, not '%s'"
                    .formatted(text));
        }
    }

    /** Asks for a yes where somebody can be asked. */
    static boolean confirmed(Terminal screen, boolean yes, String question) {
        if (yes) {
            return true;
        }
        try {
            return screen.line(question + " Only 'yes' is taken for a yes: ").equals("yes");
        } catch (UsageError e) {
            throw new UsageError(e.getMessage() + "; --yes goes on without");
        }
    }
}
