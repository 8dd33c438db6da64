package holdfast.fix;

import holdfast.change.Change;
import holdfast.check.Check;
import holdfast.check.Member;
import holdfast.check.Verdict;
import holdfast.journal.Entry;
import holdfast.journal.Entry.State;
import holdfast.journal.JournalException;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.run.RootSession;
import holdfast.run.Scan;
import holdfast.text.Clean;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Applies one target's plan: lock, save, arm, write, validate, activate, prove, confirm. Whatever goes wrong on the
 * way, the node ends as it was before or as planned: its own timer sees to that when this end cannot.
 */
final class Applier {

    /** How long the preparations may take before the node puts everything back by itself. */
    private static final Duration PREPARATION = Duration.ofMinutes(3);

    /** What is kept of the confirmation window for the confirmation itself. */
    private static final Duration MARGIN = Duration.ofSeconds(3);

    /** So many members of a cluster are asked at the same time. */
    private static final int SIDE_BY_SIDE = 16;

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);
    private static final Duration STEP_LIMIT = Duration.ofSeconds(60);
    private static final int OUTPUT_LIMIT = 256 * 1024;

    /** The timers of one run on one node, in the order in which they follow each other. */
    private static final String PREPARING = "1";

    private static final String CONFIRMING = "2";
    private static final String SETTLING = "3";

    private final Connector connector;
    private final Optional<Secret> sudoPassword;
    private final Logins logins;
    private final Clock time;
    private final Order order;
    private final Recorder journal;
    private final Watcher watcher;

    /**
     * What was ordered for the whole run.
     *
     * @param run the run's id
     * @param holder who holds the lock, as lines {@code key=value}
     * @param confirm how long the node waits for the confirmation before it puts everything back
     * @param ignoreQuorum the clusters whose quorum gate the operator has opened by name
     */
    record Order(String run, Map<String, String> holder, Duration confirm, List<String> ignoreQuorum) {
        Order {
            holder = Map.copyOf(holder);
            ignoreQuorum = List.copyOf(ignoreQuorum);
        }
    }

    Applier(
            Connector connector,
            Optional<Secret> sudoPassword,
            Clock time,
            Order order,
            Recorder journal,
            Watcher watcher) {
        this.connector = connector;
        this.sudoPassword = sudoPassword;
        this.logins = new Logins(connector, sudoPassword);
        this.time = time;
        this.order = order;
        this.journal = journal;
        this.watcher = watcher;
    }

    /** Why a step did not succeed; {@code refused} while nothing on the node had been changed. */
    private static final class Setback extends Exception {
        private static final long serialVersionUID = 1L;
        private final boolean refused;

        Setback(boolean refused, String why) {
            super(why);
            this.refused = refused;
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }

    /** One attempt at one target. */
    private final class Attempt {
        final TargetPlan plan;
        final Target target;
        String step = "";
        boolean begun;
        long windowEnds;

        Attempt(TargetPlan plan) {
            this.plan = plan;
            this.target = plan.executor().target();
        }

        /** What the journal cannot hold is not done: it could not be undone. */
        void step(String name) throws Setback {
            step = name;
            watcher.step(plan.target(), name);
            try {
                journal.add(new Entry.Step(time.instant(), plan.target(), name, ""));
            } catch (JournalException e) {
                throw new Setback(!begun, e.why());
            }
        }

        /** The name of what is kept of it on the node. */
        String state() {
            return NodeScript.state(order.run(), plan.cluster().isPresent());
        }

        NodeScript script() {
            return new NodeScript(state());
        }

        RootSession.Answer call(RootSession session, NodeScript script, Duration limit) throws NodeException, Setback {
            RootSession.Answer answer = session.run(script.text(), limit, OUTPUT_LIMIT);
            answer.output()
                    .lines()
                    .filter(line -> line.startsWith("@note "))
                    .forEach(line -> watcher.note(plan.target(), Clean.line(line.substring(6), 400)));
            if (answer.ok()) {
                return answer;
            }
            throw new Setback(!begun, complaint(answer.output()));
        }
    }

    /** The sentence of {@code @failed}, and the last lines of what was printed before it. */
    private static String complaint(String output) {
        Optional<String> failed = NodeScript.value(output, "failed").map(text -> text.replaceFirst("^\\S+ ", ""));
        String said = output.lines()
                .filter(line -> !line.startsWith("@") && !line.isBlank())
                .map(String::strip)
                .reduce((one, other) -> one + "; " + other)
                .orElse("");
        String what = failed.orElse("a step failed");
        String tail = said.length() > 600 ? "…" + said.substring(said.length() - 600) : said;
        return Clean.line(tail.isEmpty() ? what : what + ": " + tail, 900);
    }

    /** Applies the plan. Interruption puts everything back. */
    Outcome apply(TargetPlan plan) {
        if (!plan.changes()) {
            return new Outcome(plan, State.UNCHANGED, "it is as it should be already");
        }
        Attempt attempt = new Attempt(plan);
        try {
            return plan.leftBy().isPresent() ? finish(attempt, plan.leftBy().get()) : attempted(attempt);
        } finally {
            watcher.disarmed(plan.target());
        }
    }

    /** Runs the way back that a run which was cut off has left on the node, and reads back that it is done. */
    private Outcome finish(Attempt attempt, String left) {
        try {
            attempt.step("put back what run %s left".formatted(left));
            try (RootSession session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {})) {
                session.run("sh %s/%s/rollback".formatted(NodeScript.BASE, left), Duration.ofMinutes(6), OUTPUT_LIMIT);
                RootSession.Answer status =
                        session.run(new NodeScript(left).call("status").text(), STEP_LIMIT, OUTPUT_LIMIT);
                return NodeScript.value(status.output(), "outcome").orElse("").equals("undone")
                        ? new Outcome(attempt.plan, State.APPLIED, "put back by the node's own way back")
                        : new Outcome(
                                attempt.plan,
                                State.UNCONFIRMED,
                                "the node's own way back did not succeed: look at %s/%s/restore.log there"
                                        .formatted(NodeScript.BASE, left));
            }
        } catch (NodeException e) {
            return new Outcome(attempt.plan, State.UNCONFIRMED, Clean.line(e.why(), 900));
        } catch (Setback e) {
            return new Outcome(attempt.plan, State.REFUSED, e.why());
        }
    }

    private Outcome attempted(Attempt attempt) {
        TargetPlan plan = attempt.plan;
        String why;
        RootSession session = null;
        try {
            attempt.step("log in");
            session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {});
            gate(attempt, session);
            Map<String, Map<String, Optional<String>>> peersBefore = peers(attempt, session);
            prepare(attempt, session);
            validate(attempt, session);
            activate(attempt, session);
            prove(attempt, peersBefore);
            return confirm(attempt);
        } catch (Setback e) {
            if (e.refused) {
                return new Outcome(plan, State.REFUSED, "%s: %s".formatted(attempt.step, e.why()));
            }
            why = "%s: %s".formatted(attempt.step, e.why());
        } catch (NodeException e) {
            if (!attempt.begun) {
                return new Outcome(plan, State.REFUSED, "%s: %s".formatted(attempt.step, Clean.line(e.why(), 900)));
            }
            why = "%s: %s".formatted(attempt.step, Clean.line(e.why(), 900));
        } catch (InterruptedException e) {
            if (!attempt.begun) {
                Thread.currentThread().interrupt();
                return new Outcome(plan, State.REFUSED, attempt.step + ": interrupted before anything was changed");
            }
            why = attempt.step + ": interrupted";
        } catch (RuntimeException e) {
            // A bug of ours must not leave the node to its timer, nor the other nodes without their turn.
            if (!attempt.begun) {
                return new Outcome(
                        plan,
                        State.REFUSED,
                        "%s: this is a bug of holdfast, please report it: %s".formatted(attempt.step, e));
            }
            why = "%s: this is a bug of holdfast, please report it: %s".formatted(attempt.step, e);
        } finally {
            if (session != null && !attempt.begun) {
                session.close();
            }
        }
        // The interrupt is served by putting everything back; it would only disturb that.
        boolean interrupted = Thread.interrupted();
        try {
            return takeBack(attempt, session, why);
        } finally {
            if (session != null) {
                session.close();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // ------------------------------------------------------------------ before anything is changed

    private void gate(Attempt attempt, RootSession session) throws NodeException, Setback {
        attempt.step("ask for quorum");
        Source source = session.read(Gate.shapes(), time);
        Optional<String> shut = Gate.shut(source, attempt.plan.writesOnly());
        if (shut.isEmpty()) {
            return;
        }
        Optional<String> cluster = Gate.cluster(source);
        if (cluster.isPresent() && order.ignoreQuorum().contains(cluster.get())) {
            watcher.note(attempt.plan.target(), "--ignore-quorum: " + shut.get());
            return;
        }
        throw new Setback(true, Clean.line(shut.get(), 400));
    }

    /** How members reach each other before: what did not work then is not held against the change. */
    private Map<String, Map<String, Optional<String>>> peers(Attempt attempt, RootSession session)
            throws NodeException, Setback {
        Map<String, Map<String, Optional<String>>> before = new LinkedHashMap<>();
        if (attempt.plan.guarded() && !attempt.plan.peers().others().isEmpty()) {
            attempt.step("log in between members");
            before.put(attempt.target.name(), Logins.betweenMembers(session, attempt.plan.peers()));
            before.forEach((node, peers) -> peers.forEach((peer, trouble) -> trouble.ifPresent(why -> watcher.note(
                    attempt.plan.target(),
                    "root's login between %s and %s does not work already: %s"
                            .formatted(node, peer, Clean.line(why, 200))))));
        }
        return before;
    }

    private void prepare(Attempt attempt, RootSession session) throws NodeException, Setback, InterruptedException {
        TargetPlan plan = attempt.plan;
        attempt.step("lock");
        StringBuilder holder = new StringBuilder();
        order.holder()
                .forEach((key, value) -> holder.append(key)
                        .append('=')
                        .append(Clean.line(value, 200))
                        .append('\n'));
        holder.append("run=").append(attempt.state()).append('\n');
        NodeScript script = attempt.script().callWithBytes(holder.toString(), "take_lock");
        // A failure between the lock and the last word of this script leaves nothing behind.
        script.call("unless_sealed_abandon");
        for (int i = 0; i < plan.files().size(); i++) {
            PlannedFile file = plan.files().get(i);
            if (file.keptOnNode() || file.changes()) {
                script.call("keep", NodeScript.number(i), file.path(), file.beforeDigest());
            }
        }
        for (int i = 0; i < plan.commands().size(); i++) {
            PlannedCommand command = plan.commands().get(i);
            script.callWithScript(
                    command.undo().isEmpty() ? ":" : command.undo(),
                    "keep_undo",
                    NodeScript.number(i),
                    command.purpose());
        }
        script.callWithScript(reloads(plan), "store", "reload");
        if (!plan.rescues().isEmpty()) {
            script.callWithScript(joined(plan.rescues(), Change.Rescue::command), "store", "rescue");
            script.callWithScript(joined(plan.rescues(), Change.Rescue::end), "store", "rescue-end");
        }
        script.storeRollback();
        script.call("seal");
        Duration preparation = PREPARATION;
        for (PlannedCommand command : plan.commands()) {
            preparation = preparation.plus(command.limit());
        }
        script.call("arm", PREPARING, Long.toString(preparation.toSeconds()));
        script.call("sealed");
        RootSession.Answer answer;
        try {
            answer = session.run(script.text(), STEP_LIMIT, OUTPUT_LIMIT);
        } catch (NodeException e) {
            // Only the answer may be lost: the node may hold the lock and count down its timer.
            attempt.begun = true;
            throw e;
        }
        answer.output()
                .lines()
                .filter(line -> line.startsWith("@note "))
                .forEach(line -> watcher.note(plan.target(), Clean.line(line.substring(6), 400)));
        Optional<String> locked = NodeScript.value(answer.output(), "locked");
        if (locked.isPresent()) {
            throw new Setback(true, LockHolder.explain(locked.get(), answer.output()));
        }
        if (!answer.ok()) {
            throw new Setback(true, complaint(answer.output()));
        }
        attempt.begun = true;
        attempt.windowEnds = System.nanoTime() + preparation.toNanos();
        watcher.armed(plan.target(), preparation);
        interruptible();
        if (plan.files().stream().anyMatch(PlannedFile::writtenFirst)) {
            attempt.step("write");
            NodeScript writes = attempt.script();
            for (int i = 0; i < plan.files().size(); i++) {
                PlannedFile file = plan.files().get(i);
                if (file.writtenFirst()) {
                    put(writes, i, file, file.beforeDigest(), file.staged());
                }
            }
            attempt.call(session, writes, STEP_LIMIT);
        }
        interruptible();
    }

    private static String reloads(TargetPlan plan) {
        StringBuilder script = new StringBuilder("status=0\n");
        plan.reloads().forEach(reload -> script.append(reload.command()).append(" || status=1\n"));
        return plan.reloads().isEmpty() ? "" : script.append("exit $status\n").toString();
    }

    private static String joined(List<Change.Rescue> rescues, Function<Change.Rescue, String> part) {
        return rescues.stream().map(part).collect(Collectors.joining("\n"));
    }

    private static void put(NodeScript script, int number, PlannedFile file, String expected, Optional<String> text) {
        script.callWithBytes(
                text.orElse(""),
                "put",
                NodeScript.number(number),
                expected,
                PlannedFile.digest(text),
                file.mode(),
                file.clusterLock());
    }

    // ------------------------------------------------------------------ while nothing is in effect

    private void validate(Attempt attempt, RootSession session) throws NodeException, Setback, InterruptedException {
        TargetPlan plan = attempt.plan;
        if (!plan.validations().isEmpty()) {
            attempt.step("validate");
            for (var validation : plan.validations()) {
                attempt.call(
                        session,
                        attempt.script().callWithScript(validation.command(), "validate", "30", validation.purpose()),
                        STEP_LIMIT);
                interruptible();
            }
        }
        List<PlannedCheck> first =
                plan.checks().stream().filter(PlannedCheck::judgedFirst).toList();
        if (!first.isEmpty()) {
            attempt.step("judge the merged files");
            Policy policy = plan.executor().policy();
            Source source = session.read(shapes(first, policy), time);
            for (PlannedCheck planned : first) {
                if (planned.check() instanceof Check.OfNode<?> check
                        && Scan.judge(check, source, policy) instanceof Verdict.Fail fail) {
                    throw new Setback(
                            false,
                            "with the new files %s would still fail: %s"
                                    .formatted(check.id(), Clean.line(fail.because(), 500)));
                }
            }
        }
    }

    private static List<Shape> shapes(List<PlannedCheck> checks, Policy policy) {
        return checks.stream()
                .flatMap(planned -> planned.check().probe(policy).shapes())
                .distinct()
                .toList();
    }

    // ------------------------------------------------------------------ into effect

    private void activate(Attempt attempt, RootSession session) throws NodeException, Setback, InterruptedException {
        TargetPlan plan = attempt.plan;
        perform(attempt, session, false);
        Duration window = order.confirm();
        for (PlannedCommand command : plan.commands()) {
            if (command.guarded()) {
                window = window.plus(command.limit());
            }
        }
        if (!plan.guarded()) {
            window = window.plus(longest(plan.checks()));
        }
        attempt.step("arm the way back");
        arm(attempt, session, CONFIRMING, PREPARING, window);
        if (plan.files().stream().anyMatch(PlannedFile::live)) {
            attempt.step("switch on");
            NodeScript writes = attempt.script();
            for (int i = 0; i < plan.files().size(); i++) {
                PlannedFile file = plan.files().get(i);
                if (file.live()) {
                    put(writes, i, file, PlannedFile.digest(file.staged()), file.after());
                }
            }
            attempt.call(session, writes, STEP_LIMIT);
        }
        perform(attempt, session, true);
        if (!plan.reloads().isEmpty()) {
            attempt.step("reload");
            attempt.call(session, attempt.script().call("activate", "90"), Duration.ofSeconds(100));
        }
        interruptible();
    }

    private void arm(Attempt attempt, RootSession session, String generation, String former, Duration window)
            throws NodeException, Setback {
        // The clock here starts first, so that it is never later than the node's.
        long armedAt = System.nanoTime();
        attempt.call(
                session,
                attempt.script()
                        .call("decided")
                        .call("arm", generation, Long.toString(window.toSeconds()))
                        .call("disarm", former),
                STEP_LIMIT);
        attempt.windowEnds = armedAt + window.toNanos();
        watcher.armed(attempt.plan.target(), window);
    }

    private void perform(Attempt attempt, RootSession session, boolean guarded)
            throws NodeException, Setback, InterruptedException {
        TargetPlan plan = attempt.plan;
        for (int i = 0; i < plan.commands().size(); i++) {
            PlannedCommand command = plan.commands().get(i);
            if (command.guarded() != guarded) {
                continue;
            }
            attempt.step(command.purpose());
            StringBuilder touched = new StringBuilder();
            for (int file = 0; file < plan.files().size(); file++) {
                if (plan.files().get(file).keptOnNode()
                        && command.touches().contains(plan.files().get(file).named())) {
                    touched.append(NodeScript.number(file)).append(' ');
                }
            }
            attempt.call(
                    session,
                    attempt.script()
                            .callWithScript(
                                    command.command(),
                                    "perform",
                                    NodeScript.number(i),
                                    Long.toString(command.limit().toSeconds()),
                                    command.purpose(),
                                    touched.toString().strip()),
                    command.limit().plusSeconds(20));
            interruptible();
        }
    }

    // ------------------------------------------------------------------ proof

    private void prove(Attempt attempt, Map<String, Map<String, Optional<String>>> peersBefore)
            throws Setback, InterruptedException, NodeException {
        TargetPlan plan = attempt.plan;
        List<PlannedCheck> guarded =
                plan.checks().stream().filter(PlannedCheck::guarded).toList();
        List<PlannedCheck> others =
                plan.checks().stream().filter(check -> !check.guarded()).toList();
        if (plan.guarded()) {
            // The effect first: a login before the rules are in force would prove nothing.
            lookAgain(attempt, guarded);
            if (guarded.isEmpty()) {
                takesEffect(attempt);
            }
            logIn(attempt, peersBefore);
            Duration settling = longest(others);
            if (!others.isEmpty() && settling.compareTo(left(attempt)) > 0) {
                // Access is proved; what is left may take its time.
                attempt.step("arm the way back again");
                try (RootSession session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {})) {
                    arm(attempt, session, SETTLING, CONFIRMING, settling.plus(order.confirm()));
                }
            }
        }
        lookAgain(attempt, others);
        if (!plan.guarded()) {
            attempt.step("log in anew");
            Optional<String> trouble = logins.own(attempt.target);
            if (trouble.isPresent()) {
                throw new Setback(false, "a new login failed: " + Clean.line(trouble.get(), 500));
            }
        }
    }

    /**
     * Where no check tells when a change is in force, as in an undo, it is waited for: Proxmox's firewall reads its
     * files every ten seconds (pve-firewall(8)), sshd needs a moment.
     */
    private void takesEffect(Attempt attempt) throws Setback, InterruptedException {
        attempt.step("wait until it takes effect");
        boolean live = attempt.plan.files().stream().anyMatch(file -> file.live() || file.onClusterFileSystem());
        long most = Math.max(0, left(attempt).toMillis() / 3);
        Thread.sleep(Math.min(most, live ? 13_000 : 1_000));
    }

    private void logIn(Attempt attempt, Map<String, Map<String, Optional<String>>> peersBefore)
            throws Setback, InterruptedException, NodeException {
        attempt.step("log in anew");
        Map<String, Optional<String>> troubles = onEach(attempt.plan.verifiedOn(), this::keptOut);
        Optional<String> trouble =
                troubles.values().stream().flatMap(Optional::stream).findFirst();
        if (trouble.isPresent()) {
            throw new Setback(false, trouble.get());
        }
        hasTime(attempt);
        if (!peersBefore.isEmpty()) {
            attempt.step("log in between members");
            try (RootSession session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {})) {
                Map<String, Optional<String>> now = Logins.betweenMembers(session, attempt.plan.peers());
                Map<String, Optional<String>> before = peersBefore.getOrDefault(attempt.target.name(), Map.of());
                for (Map.Entry<String, Optional<String>> peer : now.entrySet()) {
                    if (peer.getValue().isPresent()
                            && before.getOrDefault(peer.getKey(), Optional.empty())
                                    .isEmpty()) {
                        throw new Setback(
                                false,
                                "root's login between %s and %s does not work any more: %s"
                                        .formatted(
                                                attempt.target.name(),
                                                peer.getKey(),
                                                Clean.line(peer.getValue().get(), 300)));
                    }
                }
            }
            hasTime(attempt);
        }
    }

    /** Who cannot get into a node any more: this run's own user, or a break-glass user. */
    private Optional<String> keptOut(Scan.Assignment assignment) throws InterruptedException {
        Target target = assignment.target();
        Optional<String> trouble = logins.own(target);
        if (trouble.isPresent()) {
            return Optional.of("a new login on %s failed: %s".formatted(target.name(), Clean.line(trouble.get(), 500)));
        }
        for (String user : assignment.policy().sshd().breakGlass()) {
            if (user.equals("root")) {
                continue;
            }
            Optional<String> shut =
                    logins.breakGlass(target, user, target.user().orElse(""));
            if (shut.isPresent()) {
                return Optional.of("the break-glass user %s cannot get into %s any more: %s"
                        .formatted(user, target.name(), Clean.line(shut.get(), 500)));
            }
        }
        return Optional.empty();
    }

    /** Asks the checks again, each time by new connections, until all pass or their time is over. */
    private void lookAgain(Attempt attempt, List<PlannedCheck> checks) throws Setback, InterruptedException {
        if (checks.isEmpty()) {
            return;
        }
        attempt.step("check again");
        long settled = System.nanoTime() + longest(checks).toNanos();
        Optional<String> trouble = stillFailing(attempt, checks);
        while (trouble.isPresent()) {
            if (System.nanoTime() > settled || left(attempt).compareTo(MARGIN) < 0) {
                throw new Setback(false, trouble.get());
            }
            Thread.sleep(LOOK_AGAIN.toMillis());
            trouble = stillFailing(attempt, checks);
        }
    }

    private Optional<String> stillFailing(Attempt attempt, List<PlannedCheck> checks) throws InterruptedException {
        Map<String, Reading<Source>> sources = new HashMap<>();
        interruptible();
        Map<String, Optional<String>> troubles = onEach(attempt.plan.verifiedOn(), assignment -> {
            String name = assignment.target().name();
            try (RootSession session = RootSession.open(connector, assignment.target(), sudoPassword, phase -> {})) {
                Source source = session.read(shapes(checks, assignment.policy()), time);
                synchronized (sources) {
                    sources.put(name, Reading.known(source));
                }
                return Optional.empty();
            } catch (NodeException e) {
                return Optional.of("a new login on %s failed: %s".formatted(name, Clean.line(e.why(), 500)));
            }
        });
        Optional<String> unread =
                troubles.values().stream().flatMap(Optional::stream).findFirst();
        if (unread.isPresent()) {
            return unread;
        }
        for (Check<?> check :
                checks.stream().map(PlannedCheck::check).distinct().toList()) {
            Optional<String> trouble = switch (check) {
                case Check.OfNode<?> ofNode -> onEachNode(ofNode, attempt.plan.verifiedOn(), sources);
                case Check.OfCluster<?> ofCluster -> onAll(ofCluster, attempt.plan.verifiedOn(), sources);
            };
            if (trouble.isPresent()) {
                return trouble;
            }
        }
        return Optional.empty();
    }

    /** Something that is asked of a node; empty when all is well. */
    private interface Question {
        Optional<String> ask(Scan.Assignment assignment) throws InterruptedException;
    }

    /** Asks all nodes side by side: the members of a large cluster share one confirmation window. */
    private static Map<String, Optional<String>> onEach(List<Scan.Assignment> nodes, Question question)
            throws InterruptedException {
        if (nodes.size() == 1) {
            return Map.of(nodes.get(0).target().name(), question.ask(nodes.get(0)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(SIDE_BY_SIDE, nodes.size()),
                Thread.ofPlatform().daemon().name("prove-", 0).factory());
        try {
            Map<String, Future<Optional<String>>> futures = new LinkedHashMap<>();
            nodes.forEach(node -> futures.put(node.target().name(), threads.submit(() -> question.ask(node))));
            Map<String, Optional<String>> answers = new LinkedHashMap<>();
            for (Map.Entry<String, Future<Optional<String>>> future : futures.entrySet()) {
                answers.put(future.getKey(), future.getValue().get());
            }
            return answers;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private static Optional<String> onEachNode(
            Check.OfNode<?> check, List<Scan.Assignment> nodes, Map<String, Reading<Source>> sources) {
        for (Scan.Assignment node : nodes) {
            if (sources.get(node.target().name()) instanceof Reading.Known<Source>(var source)) {
                Optional<String> trouble =
                        trouble(check, node.target().name(), Scan.judge(check, source, node.policy()));
                if (trouble.isPresent()) {
                    return trouble;
                }
            }
        }
        return Optional.empty();
    }

    private static <F> Optional<String> onAll(
            Check.OfCluster<F> check, List<Scan.Assignment> nodes, Map<String, Reading<Source>> sources) {
        List<Member<F>> members = new ArrayList<>();
        for (Scan.Assignment node : nodes) {
            Reading<Source> source = sources.getOrDefault(node.target().name(), Reading.unknown("it was not read"));
            members.add(new Member<>(
                    node.target().name(),
                    source.then(read -> check.probe(node.policy()).read(read))));
        }
        return trouble(check, "the cluster", check.judge(members, nodes.get(0).policy()));
    }

    private static Optional<String> trouble(Check<?> check, String where, Verdict verdict) {
        return switch (verdict) {
            case Verdict.Pass pass -> Optional.empty();
            case Verdict.NotApplicable skip -> Optional.empty();
            case Verdict.Fail(
                    var because,
                    var expected,
                    var actual,
                    var evidence,
                    var severity,
                    var advice,
                    var fix,
                    var whole) ->
                Optional.of("%s still fails on %s: %s".formatted(check.id(), where, Clean.line(because, 500)));
            case Verdict.Unknown(var because) ->
                Optional.of("%s cannot be told on %s: %s".formatted(check.id(), where, Clean.line(because, 500)));
        };
    }

    private static Duration longest(List<PlannedCheck> checks) {
        return checks.stream()
                .map(PlannedCheck::settle)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    private static Duration left(Attempt attempt) {
        return Duration.ofNanos(attempt.windowEnds - System.nanoTime());
    }

    private static void hasTime(Attempt attempt) throws Setback, InterruptedException {
        interruptible();
        if (left(attempt).compareTo(MARGIN) < 0) {
            throw new Setback(
                    false, "the proof took longer than the node waits for it; a longer --confirm-timeout may help");
        }
    }

    private static void interruptible() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    // ------------------------------------------------------------------ the end

    /** By a new login once more: the session that made the change proves nothing. */
    private Outcome confirm(Attempt attempt) throws NodeException, Setback {
        attempt.step("confirm");
        try (RootSession session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {})) {
            attempt.call(session, attempt.script().call("confirm"), STEP_LIMIT);
        }
        return new Outcome(attempt.plan, State.APPLIED, "changed, proved and confirmed");
    }

    /** Puts everything back, through whatever login still works, and reads back that it is. */
    private Outcome takeBack(Attempt attempt, @org.jspecify.annotations.Nullable RootSession open, String why) {
        TargetPlan plan = attempt.plan;
        attempt.step = "put everything back";
        watcher.step(plan.target(), attempt.step);
        try {
            journal.add(new Entry.Step(time.instant(), plan.target(), attempt.step, why));
        } catch (JournalException e) {
            watcher.note(plan.target(), e.why());
        }
        long patience = Math.max(attempt.windowEnds, System.nanoTime())
                + Duration.ofSeconds(45).toNanos();
        RootSession session = open;
        String last = why;
        while (true) {
            try {
                if (session == null) {
                    session = RootSession.open(connector, attempt.target, sudoPassword, phase -> {});
                }
                Optional<Outcome> settled = askBack(attempt, session, why);
                if (settled.isPresent()) {
                    session.close();
                    return settled.get();
                }
                last = "it could not be put back completely";
            } catch (NodeException e) {
                last = e.why();
                if (session != null) {
                    session.close();
                    session = null;
                }
            }
            if (System.nanoTime() > patience) {
                return new Outcome(
                        plan,
                        State.UNCONFIRMED,
                        "%s; and it could not be read back that everything is as it was: %s. Look at %s/%s on the node: 'sh %s/%s/rollback' puts it back"
                                .formatted(
                                        why,
                                        Clean.line(last, 300),
                                        NodeScript.BASE,
                                        attempt.state(),
                                        NodeScript.BASE,
                                        attempt.state()));
            }
            try {
                Thread.sleep(2000);
            } catch (InterruptedException e) {
                // Somebody is in a hurry; the node's own timer does the rest.
                Thread.currentThread().interrupt();
                return new Outcome(
                        plan,
                        State.UNCONFIRMED,
                        "%s; interrupted while it was being put back: the node does it by itself within %d s"
                                .formatted(why, Math.max(0, left(attempt).toSeconds()) + 5));
            }
        }
    }

    private Optional<Outcome> askBack(Attempt attempt, RootSession session, String why) throws NodeException {
        String directory = NodeScript.BASE + "/" + attempt.state();
        RootSession.Answer rolled = session.run(
                "if [ -e %1$s/rollback ]; then sh %1$s/rollback; fi".formatted(directory),
                Duration.ofMinutes(6),
                OUTPUT_LIMIT);
        rolled.output()
                .lines()
                .filter(line -> line.startsWith("@note "))
                .forEach(line -> watcher.note(attempt.plan.target(), Clean.line(line.substring(6), 400)));
        RootSession.Answer status = session.run(attempt.script().call("status").text(), STEP_LIMIT, OUTPUT_LIMIT);
        String outcome = NodeScript.value(status.output(), "outcome").orElse("");
        if (outcome.equals("confirmed")) {
            // The confirmation had arrived, only its answer was lost.
            return Optional.of(new Outcome(attempt.plan, State.APPLIED, "changed, proved and confirmed"));
        }
        if (outcome.equals("none")) {
            return Optional.of(new Outcome(attempt.plan, State.REFUSED, why));
        }
        if (!outcome.equals("undone")) {
            return Optional.empty();
        }
        for (int i = 0; i < attempt.plan.files().size(); i++) {
            PlannedFile file = attempt.plan.files().get(i);
            Optional<String> now = NodeScript.value(status.output(), "file " + NodeScript.number(i));
            if (now.isPresent() && !now.get().equals(file.beforeDigest())) {
                return Optional.empty();
            }
        }
        return Optional.of(new Outcome(attempt.plan, State.ROLLED_BACK, why));
    }
}
