package holdfast.token;

import holdfast.access.AccessFiles;
import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import holdfast.fix.Recorder;
import holdfast.journal.Entry;
import holdfast.journal.JournalException;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.proxmox.Membership;
import holdfast.quorum.Deliberation;
import holdfast.quorum.MemberState;
import holdfast.run.Progress;
import holdfast.run.RootSession;
import holdfast.run.Scan;
import holdfast.text.Clean;
import holdfast.text.Shell;
import holdfast.yaml.Json;
import holdfast.yaml.Value;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes and revokes tokens of one cluster: on one member that can be written to, through {@code pveum}, recorded before
 * it is done, and looked at on every member afterwards.
 */
public final class TokenOperator implements AutoCloseable {

    /** A second of Perl each, more under load; pveum itself waits ten seconds for a lock. */
    private static final Duration COMMAND = Duration.ofSeconds(40);

    /** A refused call is answered after three seconds, on purpose (pve-http-server). */
    private static final Duration CALL = Duration.ofSeconds(20);

    private static final Duration READ = Duration.ofSeconds(15);
    private static final int OUTPUT = 256 * 1024;

    /** A token's secret is a UUID; a command that fails after it printed one must not carry it into a message. */
    private static final Pattern SECRET = Pattern.compile("(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}");

    private record Member(Scan.Assignment assignment, RootSession session) {
        String name() {
            return assignment.target().name();
        }
    }

    private final String cluster;
    private final List<Member> members;
    private final Map<String, String> unreached;
    private final Clock time;
    private final Recorder journal;

    /** Something could not be done; the message says what, where, and how it stands now. */
    public static final class TokenException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean changed;

        TokenException(boolean changed, String message) {
            super(message);
            this.changed = changed;
        }

        /** The message, never null. */
        public String why() {
            return String.valueOf(getMessage());
        }

        /** Whether something is changed that was not put back. */
        public boolean changed() {
            return changed;
        }
    }

    private TokenOperator(
            String cluster, List<Member> members, Map<String, String> unreached, Clock time, Recorder journal) {
        this.cluster = cluster;
        this.members = List.copyOf(members);
        this.unreached = unreached;
        this.time = time;
        this.journal = journal;
    }

    /**
     * Logs in to all members.
     *
     * @param connector stays the caller's to close
     * @param cluster what the cluster is called in the journal
     * @param assignments its members; one that cannot be reached is named by {@link #unreached}
     * @param journal is told of every change before it is made
     * @throws TokenException when no member can be reached
     */
    public static TokenOperator open(
            Connector connector,
            String cluster,
            List<Scan.Assignment> assignments,
            Optional<Secret> sudoPassword,
            Clock time,
            Progress progress,
            Recorder journal)
            throws TokenException, InterruptedException {
        Map<String, String> unreached = new LinkedHashMap<>();
        List<Member> members = new ArrayList<>();
        List<Reading<RootSession>> opened = each(assignments, assignment -> {
            try {
                RootSession session = RootSession.open(
                        connector,
                        assignment.target(),
                        sudoPassword,
                        phase -> progress.reached(assignment.target().name(), phase));
                progress.reached(assignment.target().name(), Phase.DONE);
                return Reading.known(session);
            } catch (NodeException e) {
                return new Reading.Unknown<>(Clean.line(e.why(), 500));
            }
        });
        for (int i = 0; i < assignments.size(); i++) {
            switch (opened.get(i)) {
                case Reading.Known<RootSession>(var session) -> members.add(new Member(assignments.get(i), session));
                case Reading.Unknown<RootSession>(var why) ->
                    unreached.put(assignments.get(i).target().name(), why);
            }
        }
        if (members.isEmpty()) {
            throw new TokenException(false, "no member of %s can be reached: %s".formatted(cluster, words(unreached)));
        }
        return new TokenOperator(cluster, members, unreached, time, journal);
    }

    private static String words(Map<String, String> why) {
        return why.entrySet().stream()
                .map(entry -> entry.getKey() + ": " + entry.getValue())
                .collect(Collectors.joining("; "));
    }

    private interface Work<A, B> {
        B done(A item) throws InterruptedException;
    }

    /** Side by side, in order; each piece of work has deadlines of its own. */
    private static <A, B> List<B> each(List<A> items, Work<A, B> work) throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.max(1, Math.min(32, items.size())),
                Thread.ofPlatform().daemon().name("token-", 0).factory());
        try {
            List<Future<B>> futures = new ArrayList<>();
            for (A item : items) {
                futures.add(threads.submit(() -> work.done(item)));
            }
            List<B> all = new ArrayList<>();
            for (Future<B> future : futures) {
                all.add(future.get());
            }
            return all;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    /** The members that could not be reached, and why. */
    public Map<String, String> unreached() {
        return Map.copyOf(unreached);
    }

    @Override
    public void close() {
        members.forEach(member -> member.session().close());
    }

    // ------------------------------------------------------------------ reading

    /** What the executing member says of access now, and of its own name. */
    private record Fresh(Member executor, AccessFiles files, String nodeName) {}

    /** The first member that can be written to; why none can be otherwise. */
    private Fresh fresh() throws TokenException {
        List<String> why = new ArrayList<>();
        for (Member member : members) {
            try {
                Source source = member.session()
                        .read(
                                Stream.of(AccessFiles.PROBE, MemberState.PROBE)
                                        .flatMap(probe -> probe.shapes())
                                        .distinct()
                                        .toList(),
                                time);
                Reading<MemberState> state = MemberState.PROBE.read(source);
                Reading<AccessFiles> files = AccessFiles.PROBE.read(source);
                if (state instanceof Reading.Unknown<MemberState>(var reason)) {
                    why.add(member.name() + ": " + reason);
                } else if (files instanceof Reading.Unknown<AccessFiles>(var reason)) {
                    why.add(member.name() + ": " + reason);
                } else if (state instanceof Reading.Known<MemberState>(var known)
                        && files instanceof Reading.Known<AccessFiles>(var access)) {
                    Optional<String> shut = known.clustered() ? Deliberation.againstWriting(known) : Optional.empty();
                    if (shut.isEmpty()) {
                        return new Fresh(member, access, known.membership().nodeName());
                    }
                    why.add(member.name() + ": " + shut.get());
                }
            } catch (NodeException e) {
                why.add(member.name() + ": " + e.why());
            }
        }
        throw new TokenException(
                false,
                "nothing was changed: no member of %s can be written to now: %s"
                        .formatted(cluster, Clean.line(String.join("; ", why), 900)));
    }

    private void record(String purpose, Member member, List<Entry.CommandChange> commands) throws TokenException {
        try {
            journal.add(new Entry.Planned(
                    time.instant(),
                    cluster,
                    member.name(),
                    members.stream().map(Member::name).toList(),
                    List.of(purpose),
                    false,
                    List.of(),
                    commands,
                    List.of(),
                    List.of()));
        } catch (JournalException e) {
            throw new TokenException(false, e.why() + "; nothing was changed");
        }
    }

    private void finished(Entry.State state, String message) {
        try {
            journal.add(new Entry.Finished(time.instant(), cluster, state, Clean.line(message, 500)));
        } catch (JournalException e) {
            // What was done is done, and told on the screen; the journal then shows an interrupted run.
            return;
        }
    }

    /**
     * Runs one command of pveum and writes it down in the node's syslog. Of the warnings with which pveum begins when
     * user.cfg has lines that it does not know nothing leaves the node: it repeats those lines, whatever is in them.
     */
    private static String run(Member member, String command) throws NodeException, TokenException {
        String said = Clean.line(command.replaceFirst("^LC_ALL=\\S+ ", ""), 300);
        RootSession.Answer answer = member.session().run("""
                said=$(%s 2>&1)
                status=$?
                printf '%%s\\n' "$said" | grep -av '^user config - '
                [ "$status" = 0 ] || exit "$status"
                # What was done is done where syslog does not take the line.
                logger -t holdfast %s || :
                """.formatted(command, Shell.quote(said)), COMMAND, OUTPUT);
        if (!answer.ok()) {
            throw new TokenException(
                    false, "%s on %s: %s".formatted(said, member.name(), Clean.line(complaint(answer.output()), 400)));
        }
        return answer.output();
    }

    private static String withoutSecrets(String output) {
        return SECRET.matcher(output).replaceAll("(a secret)");
    }

    /** pveum repeats itself while it waits for a lock; its last words tell why. */
    private static String complaint(String output) {
        return withoutSecrets(output)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("trying to acquire") && !line.startsWith("pveum "))
                .reduce((one, other) ->
                        other.startsWith("400 ") ? one : one.startsWith("400 ") ? other : one + "; " + other)
                .orElse("no output");
    }

    // ------------------------------------------------------------------ making

    /**
     * A token that was made.
     *
     * @param secret its secret, for the sink
     * @param verified what was looked at, a sentence each
     */
    public record Made(Subject token, Secret secret, List<String> verified) {
        public Made {
            verified = List.copyOf(verified);
        }
    }

    /** What becomes of a secret. */
    public interface Sink {
        /** @throws java.io.IOException when the secret did not arrive */
        void hand(Subject token, Secret secret) throws java.io.IOException;
    }

    /** A request that depends on how things stand. */
    public interface Requested {
        /** @throws TokenException when it cannot be made */
        TokenRequest from(UserConfig config) throws TokenException;
    }

    /** Refuses, with nothing changed. */
    public static TokenException refused(String why) {
        return new TokenException(false, "nothing was changed: " + why);
    }

    /**
     * Makes a token, gives it its ACLs, proves with real calls what it may and may not, and hands its secret over. If any
     * of that fails the token is removed again.
     *
     * @param port the API's port
     */
    public Made make(Requested requested, int port, Sink sink) throws TokenException, InterruptedException {
        Fresh fresh = fresh();
        TokenRequest request = requested.from(fresh.files().config());
        Permissions permissions = new Permissions(fresh.files().config());
        List<String> against = request.against(permissions, time.instant().getEpochSecond());
        if (!against.isEmpty()) {
            throw refused(String.join("; ", against));
        }
        Subject token = request.token();
        String add = Pveum.add(token, request.expires(), request.separated(), request.note());
        List<String> grants = request.separated() ? Pveum.grants(token, request.grants()) : List.of();
        List<Entry.CommandChange> commands = new ArrayList<>();
        // As it is recorded it prints nothing: whoever runs it again by hand has no use for the secret.
        commands.add(new Entry.CommandChange(
                add + " >/dev/null",
                "make the token " + token.id(),
                // It may have been revoked since; a run that finds it gone has nothing to do.
                "! grep -qF -- %s /etc/pve/user.cfg || %s"
                        .formatted(Shell.quote("token:" + token.id() + ":"), Pveum.remove(token)),
                List.of()));
        grants.forEach(grant -> commands.add(new Entry.CommandChange(grant, "give it its rights", "", List.of())));
        record("token.create", fresh.executor(), commands);
        Secret secret = null;
        List<String> withdrawals = new ArrayList<>();
        try {
            secret = secret(run(fresh.executor(), add), token);
            for (int i = 0; i < grants.size(); i++) {
                UserConfig.Grant grant = request.grants().get(i);
                withdrawals.add(0, Pveum.withdraw(grant.path(), token, grant.role()));
                run(fresh.executor(), grants.get(i));
            }
            List<String> verified = proved(fresh, token, secret, request, port);
            sink.hand(token, secret);
            finished(Entry.State.APPLIED, "made " + token.id());
            return new Made(token, secret, verified);
        } catch (TokenException | NodeException e) {
            String why = e instanceof TokenException known ? known.why() : ((NodeException) e).why();
            throw removedAgain(fresh.executor(), token, withdrawals, secret != null, why);
        } catch (java.io.IOException e) {
            throw removedAgain(
                    fresh.executor(),
                    token,
                    withdrawals,
                    true,
                    "the secret could not be handed over: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw removedAgain(fresh.executor(), token, withdrawals, secret != null, "interrupted");
        }
    }

    private TokenException removedAgain(
            Member executor, Subject token, List<String> withdrawals, boolean made, String why) {
        // A token whose secret nobody has must not stay behind, also when somebody does not want to wait any more.
        boolean interrupted = Thread.interrupted();
        try {
            for (String withdrawal : withdrawals) {
                try {
                    run(executor, withdrawal);
                } catch (TokenException | NodeException e) {
                    // It may not have been given; and without its token the entry counts for nothing.
                }
            }
            try {
                // When the command's answer was lost the token may be there all the same.
                boolean there = made
                        || holds(executor, config -> config.token(token.id()).isPresent());
                if (there) {
                    run(executor, Pveum.remove(token));
                }
                finished(Entry.State.ROLLED_BACK, why);
                return new TokenException(false, "%s; the token %s is not there".formatted(why, token.id()));
            } catch (TokenException | NodeException e) {
                finished(Entry.State.UNCONFIRMED, why);
                return new TokenException(
                        true,
                        "%s; and the token %s may still be there: look, and if so: %s"
                                .formatted(why, token.id(), Pveum.remove(token)));
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private boolean holds(Member member, Predicate<UserConfig> what) throws NodeException, TokenException {
        Source source = member.session().read(AccessFiles.PROBE.shapes().toList(), time);
        return switch (AccessFiles.PROBE.read(source)) {
            case Reading.Known<AccessFiles>(var files) -> what.test(files.config());
            // A file system that hangs says nothing of what is in it.
            case Reading.Unknown<AccessFiles>(var why) -> throw new TokenException(true, why);
        };
    }

    /** pveum may print warnings before the JSON. */
    private static Secret secret(String output, Subject token) throws TokenException {
        for (String line : output.split("\n", -1)) {
            if (line.startsWith("{")
                    && Json.read("pveum", line, new holdfast.problem.Problems()).orElse(null)
                            instanceof Value.Mapping object
                    && object.get("value").orElse(null) instanceof Value.Scalar value
                    && ApiCall.isSecret(value.text())) {
                return Secret.of(value.text().toCharArray());
            }
        }
        throw new TokenException(true, "pveum did not tell the secret of %s".formatted(token.id()));
    }

    /** The call that must be allowed, and one that must be refused, on every member that was reached. */
    private List<String> proved(Fresh fresh, Subject token, Secret secret, TokenRequest request, int port)
            throws TokenException, NodeException, InterruptedException {
        Member executor = fresh.executor();
        Source source = executor.session().read(AccessFiles.PROBE.shapes().toList(), time);
        if (!(AccessFiles.PROBE.read(source) instanceof Reading.Known<AccessFiles>(var files))) {
            throw new TokenException(true, "the new token could not be read back on " + executor.name());
        }
        Permissions permissions = new Permissions(files.config());
        if (files.config().token(token.id()).isEmpty()) {
            throw new TokenException(true, "the new token is not in user.cfg on " + executor.name());
        }
        for (UserConfig.Grant grant : request.separated() ? request.grants() : List.<UserConfig.Grant>of()) {
            if (files.config().grants().stream()
                    .noneMatch(one -> one.path().equals(grant.path())
                            && one.subject().equals(token)
                            && one.role().equals(grant.role())
                            && one.propagate() == grant.propagate())) {
                throw new TokenException(true, "%s was not given to it".formatted(grant.words()));
            }
        }
        List<String> verified = new ArrayList<>();
        verified.add("200 for %s, asked of %s"
                .formatted(ApiCall.VERSION.path(), expect(executor, token, secret, ApiCall.VERSION, port, 200)));
        Optional<ApiCall> forbidden = ApiCall.forbidden(permissions, token, fresh.nodeName());
        if (forbidden.isPresent()) {
            expect(executor, token, secret, forbidden.get(), port, 403);
            verified.add("403 for " + forbidden.get().why());
        } else {
            Secret wrong = Secret.of(UUID.randomUUID().toString().toCharArray());
            expect(executor, token, wrong, ApiCall.VERSION, port, 401);
            verified.add("401 with a wrong secret: it lacks nothing that it could be refused");
        }
        return verified;
    }

    /**
     * The members that answered so. Another answer of any of them is an error; so is none of the one that the token was
     * made on, while the API of another may be down for reasons of its own.
     */
    private String expect(Member executor, Subject token, Secret secret, ApiCall call, int port, int code)
            throws TokenException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        List<String> right = new ArrayList<>();
        List<String> mute = new ArrayList<>();
        call(token, secret, call, port).forEach((node, reading) -> {
            switch (reading) {
                case Reading.Unknown<ApiCall.Status>(var why) ->
                    (node.equals(executor.name()) ? wrong : mute).add(node + ": " + why);
                case Reading.Known<ApiCall.Status>(var status) -> {
                    if (status.code() == code) {
                        right.add(node);
                    } else {
                        wrong.add("%s answered %s".formatted(node, status));
                    }
                }
            }
        });
        if (!wrong.isEmpty()) {
            throw new TokenException(
                    true, "%s should be answered with %d: %s".formatted(call.path(), code, String.join("; ", wrong)));
        }
        return String.join(", ", right) + (mute.isEmpty() ? "" : "; not told by " + String.join("; ", mute));
    }

    /** Makes a call on every member. */
    public Map<String, Reading<ApiCall.Status>> call(Subject token, Secret secret, ApiCall call, int port)
            throws InterruptedException {
        String script = call.script(token, secret, port);
        List<Reading<ApiCall.Status>> answers = each(members, member -> {
            try {
                RootSession.Answer answer = member.session().run(script, CALL, OUTPUT);
                return ApiCall.status(answer.output())
                        .<Reading<ApiCall.Status>>map(Reading::known)
                        .orElseGet(() -> Reading.unknown(
                                "the API gave no answer%s",
                                answer.output().isBlank()
                                        ? ""
                                        : ": "
                                                + Clean.line(
                                                        withoutSecrets(answer.output())
                                                                .strip(),
                                                        200)));
            } catch (NodeException e) {
                return new Reading.Unknown<>(e.why());
            }
        });
        Map<String, Reading<ApiCall.Status>> all = new LinkedHashMap<>();
        for (int i = 0; i < members.size(); i++) {
            all.put(members.get(i).name(), answers.get(i));
        }
        return all;
    }

    // ------------------------------------------------------------------ revoking

    /**
     * A token that was revoked.
     *
     * @param took from the order to pveum's answer
     * @param since the nodes' own clocks at that moment, as their logs write it, by node
     * @param unseen members that could not be looked at, and why
     */
    public record Revoked(Token token, Duration took, Map<String, String> since, Map<String, String> unseen) {}

    /**
     * Removes a token, and looks on every member whether it is gone. Its ACL entries count for nothing then: Proxmox VE
     * ignores their lines, and drops them with its next change of {@code user.cfg} (AccessControl.pm,
     * {@code parse_user_config}). To withdraw them first would cost a second each that the token lives longer.
     *
     * @param purpose what the journal calls it
     */
    public Revoked revoke(Subject token, String purpose) throws TokenException, InterruptedException {
        Fresh fresh = fresh();
        Token before =
                fresh.files().config().token(token.id()).orElseThrow(() -> refused("there is no token " + token.id()));
        List<Entry.CommandChange> commands = new ArrayList<>();
        commands.add(new Entry.CommandChange(Pveum.remove(token), "revoke the token " + token.id(), "", List.of()));
        List<String> withdrawals = fresh.files().config().grants().stream()
                .filter(grant -> grant.subject().equals(token))
                .map(grant -> Pveum.withdraw(grant.path(), token, grant.role()))
                .toList();
        record(purpose, fresh.executor(), commands);
        long start = System.nanoTime();
        try {
            run(fresh.executor(), Pveum.remove(token));
        } catch (TokenException | NodeException e) {
            finished(Entry.State.UNCONFIRMED, "the order was not confirmed");
            throw new TokenException(
                    true,
                    "%s; whether %s is gone is not known: holdfast token list"
                            .formatted(
                                    e instanceof TokenException known ? known.why() : ((NodeException) e).why(),
                                    token.id()));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        Map<String, String> since = new LinkedHashMap<>();
        Map<String, String> unseen = new LinkedHashMap<>(unreached);
        List<Reading<String>> looks = each(members, member -> look(member, token));
        boolean there = false;
        for (int i = 0; i < members.size(); i++) {
            String name = members.get(i).name();
            switch (looks.get(i)) {
                case Reading.Unknown<String>(var why) -> unseen.put(name, why);
                case Reading.Known<String>(var clock) -> {
                    there |= clock.isEmpty();
                    since.put(name, clock);
                }
            }
        }
        if (there) {
            finished(Entry.State.UNCONFIRMED, "it is still there");
            throw new TokenException(
                    true,
                    "%s is still there on %s although pveum said that it is gone%s"
                            .formatted(
                                    token.id(),
                                    since.entrySet().stream()
                                            .filter(entry -> entry.getValue().isEmpty())
                                            .map(Map.Entry::getKey)
                                            .collect(Collectors.joining(", ")),
                                    withdrawals.isEmpty() ? "" : "; its rights can be taken: " + withdrawals.get(0)));
        }
        finished(Entry.State.APPLIED, "revoked " + token.id());
        return new Revoked(before, took, since, unseen);
    }

    /** The node's clock when the token is gone there; an empty text while it is not. */
    private Reading<String> look(Member member, Subject token) {
        try {
            Source source = member.session()
                    .read(
                            Stream.of(AccessFiles.PROBE, Membership.PROBE)
                                    .flatMap(probe -> probe.shapes())
                                    .distinct()
                                    .toList(),
                            time);
            return switch (AccessFiles.PROBE.read(source)) {
                case Reading.Unknown<AccessFiles>(var why) -> new Reading.Unknown<>(why);
                case Reading.Known<AccessFiles>(var files) -> {
                    boolean gone = files.config().token(token.id()).isEmpty()
                            && !(files.secrets() instanceof Reading.Known<java.util.SortedSet<String>>(var ids)
                                    && ids.contains(token.id()));
                    if (!gone) {
                        yield Reading.known("");
                    }
                    RootSession.Answer clock =
                            member.session().run("date '+%d/%m/%Y:%H:%M:%S %Y%m%d%H%M%S'", READ, OUTPUT);
                    yield Reading.known(clock.output().strip());
                }
            };
        } catch (NodeException e) {
            return new Reading.Unknown<>(e.why());
        }
    }

    /** Changes the comment of a token. */
    public void comment(Subject token, String comment) throws TokenException {
        Fresh fresh = fresh();
        String command = Pveum.comment(token, comment);
        record(
                "token.comment",
                fresh.executor(),
                List.of(new Entry.CommandChange(command, "change its comment", "", List.of())));
        try {
            run(fresh.executor(), command);
            finished(Entry.State.APPLIED, "changed the comment of " + token.id());
        } catch (NodeException e) {
            finished(Entry.State.UNCONFIRMED, e.why());
            throw new TokenException(true, e.why());
        }
    }

    /**
     * Calls that were not let in since a token was revoked, by node: the log does not say with which token, only from
     * where.
     *
     * @param since as {@link Revoked#since}
     */
    public Map<String, Reading<List<AttemptsFrom>>> attempts(Map<String, String> since) throws InterruptedException {
        List<Member> asked = members.stream()
                .filter(member -> since.containsKey(member.name()))
                .toList();
        List<Reading<List<AttemptsFrom>>> answers = each(asked, member -> {
            String clock = String.valueOf(since.get(member.name()));
            String stamp = clock.substring(clock.lastIndexOf(' ') + 1);
            if (!stamp.matches("\\d{14}")) {
                return Reading.unknown("the node's clock was not read");
            }
            try {
                RootSession.Answer answer = member.session().run(AttemptsFrom.script(stamp), READ, OUTPUT);
                return answer.ok()
                        ? Reading.known(AttemptsFrom.parse(answer.output()))
                        : Reading.unknown("%s", Clean.line(answer.output().strip(), 200));
            } catch (NodeException e) {
                return new Reading.Unknown<>(e.why());
            }
        });
        Map<String, Reading<List<AttemptsFrom>>> all = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            all.put(asked.get(i).name(), answers.get(i));
        }
        return all;
    }

    /**
     * Calls that were answered with 401, from one address.
     *
     * @param last the time of the last one, as the log writes it
     */
    public record AttemptsFrom(String address, int calls, String last) {

        static String script(String stamp) {
            return """
                    f=/var/log/pveproxy/access.log
                    [ -e "$f" ] || { echo "$f does not exist"; exit 44; }
                    tail -n 20000 "$f" | LC_ALL=C awk -v since=@STAMP@ '
                    $3 == "-" && $(NF-1) == 401 && $1 ~ /^[0-9a-fA-F:.]+$/ {
                      t=substr($4, 8, 4) substr($4, 5, 2) substr($4, 2, 2) substr($4, 13, 2) substr($4, 16, 2) substr($4, 19, 2)
                      if (t < since) next
                      a=$1; sub(/^::[fF][fF][fF][fF]:/, "", a); n[a]++; l[a]=substr($4, 2) }
                    END { for (a in n) print "from\\t" a "\\t" n[a] "\\t" l[a] }'
                    """.replace("@STAMP@", stamp);
        }

        static List<AttemptsFrom> parse(String output) {
            return output.lines()
                    .map(line -> line.split("\t", -1))
                    .filter(field -> field.length == 4 && field[0].equals("from") && field[2].matches("\\d{1,9}"))
                    .map(field -> new AttemptsFrom(field[1], Integer.parseInt(field[2]), Clean.line(field[3], 40)))
                    .toList();
        }
    }
}
