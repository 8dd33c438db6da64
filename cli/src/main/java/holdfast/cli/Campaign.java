package holdfast.cli;

import holdfast.check.Severity;
import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.fix.Rollout;
import holdfast.fix.TargetPlan;
import holdfast.journal.Entry;
import holdfast.journal.Entry.State;
import holdfast.journal.Journal;
import holdfast.journal.JournalException;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.report.ReportFormat;
import holdfast.run.Run;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Shows a plan, asks, has it carried out and recorded, and tells what came of it: what fix and undo share. */
final class Campaign {

    /** How long an interrupted run may take to put back what is under way. */
    private static final Duration PUTTING_BACK = Duration.ofSeconds(75);

    private final Terminal screen;
    private final Notices notices;
    private final RunOptions options;
    private final FixOptions fixing;
    private final CommandSpec spec;
    private final String id;
    private final String command;
    private final Instant started;
    private final List<String> gates;
    private final CountDownLatch told = new CountDownLatch(1);
    private @Nullable Thread hook;
    private @Nullable Journal journal;

    Campaign(
            Terminal screen,
            Notices notices,
            RunOptions options,
            FixOptions fixing,
            CommandSpec spec,
            String id,
            String command,
            Instant started,
            List<String> gates) {
        this.screen = screen;
        this.notices = notices;
        this.options = options;
        this.fixing = fixing;
        this.spec = spec;
        this.id = id;
        this.command = command;
        this.started = started;
        this.gates = gates;
    }

    /**
     * What a run is about, for its journal.
     *
     * @param unreached nodes that could not be asked: a later run may be limited to what failed
     */
    record Scope(
            List<String> inventory,
            String limit,
            List<String> checks,
            List<String> nodes,
            Optional<String> undoes,
            List<String> unreached) {}

    /**
     * What was done.
     *
     * @param declined whether the operator said no
     * @param planned whether there was something to do
     */
    record Done(Plan plan, List<Outcome> outcomes, boolean declined, boolean planned) {

        /** Whether any node may look different now. */
        boolean touched() {
            return outcomes.stream().anyMatch(outcome -> outcome.state() != State.NOT_TOUCHED);
        }
    }

    /** Something that takes a while. */
    interface Work<T> {
        T done() throws InterruptedException;
    }

    /** Does some work under the live line. */
    <T> T watched(int nodes, Work<T> work) throws InterruptedException {
        LiveProgress live = notices.progress().start(nodes);
        try {
            return work.done();
        } finally {
            live.close();
        }
    }

    /** Shows the plan, asks where somebody is to be asked, and applies it. */
    Done carryOut(Plan plan, Connector connector, Optional<Secret> sudoPassword, Scope scope)
            throws InterruptedException {
        boolean something = !plan.changing().isEmpty();
        boolean asking = !fixing.check && !fixing.yes && something;
        if (options.printed().isEmpty() || asking) {
            new PlanView(
                            screen,
                            options.printed().isPresent() ? screen.err() : screen.out(),
                            fixing.diff || asking,
                            fixing.confirm())
                    .show(plan);
        }
        begin(scope);
        if (fixing.check) {
            Rollout recording = rollout(connector, sudoPassword);
            recorded(() -> recording.record(plan));
            return new Done(plan, List.of(), false, something);
        }
        if (!something) {
            return new Done(plan, List.of(), false, false);
        }
        if (asking && !isYes(plan)) {
            Rollout recording = rollout(connector, sudoPassword);
            recorded(() -> recording.record(plan));
            for (TargetPlan target : plan.changing()) {
                recorded(() -> {
                    record(new Entry.Finished(
                            Instant.now(), target.target(), State.NOT_TOUCHED, "the operator said no"));
                    return true;
                });
            }
            return new Done(plan, List.of(), true, true);
        }
        Rollout rollout = rollout(connector, sudoPassword);
        interruptible(rollout);
        List<Outcome> outcomes = watched(plan.changing().size(), () -> recorded(() -> rollout.run(plan)));
        return new Done(plan, outcomes, false, true);
    }

    private boolean isYes(Plan plan) {
        long clusters = plan.changing().stream()
                .filter(target -> target.cluster().isPresent())
                .count();
        long nodes = plan.changing().size() - clusters;
        String what = nodes
                + (nodes == 1 ? " node" : " nodes")
                + (clusters == 0 ? "" : " and %d %s".formatted(clusters, clusters == 1 ? "cluster" : "clusters"));
        return screen.line("Change %s as shown? Only 'yes' is taken for a yes: ".formatted(what))
                .equals("yes");
    }

    private Rollout rollout(Connector connector, Optional<Secret> sudoPassword) {
        return new Rollout(
                connector,
                sudoPassword,
                Clock.systemUTC(),
                new Rollout.Settings(
                        id,
                        System.getProperty("user.name", "?"),
                        RunOptions.hostName(),
                        fixing.batches(),
                        fixing.allowed(),
                        options.forks,
                        fixing.confirm(),
                        gates,
                        command.equals("undo")),
                this::record,
                notices.progress());
    }

    /** Ctrl-C: nothing more is begun, what is under way is put back, and what was done is told. */
    private void interruptible(Rollout rollout) {
        hook = new Thread(
                () -> {
                    List<String> underWay = rollout.underWay();
                    rollout.stop();
                    notices.progress()
                            .interrupt("holdfast: interrupted; putting back what is under way: %s"
                                    .formatted(underWay.isEmpty() ? "nothing" : String.join(", ", underWay)));
                    try {
                        if (!told.await(PUTTING_BACK.toSeconds(), TimeUnit.SECONDS)) {
                            notices.progress()
                                    .interrupt(
                                            "holdfast: gave up waiting; the nodes put themselves back when their timers fire");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    // ------------------------------------------------------------------ the journal

    private void begin(Scope scope) {
        try {
            journal = StateDirectory.runs().create(id);
            record(new Entry.Started(
                    started,
                    id,
                    command,
                    fixing.check,
                    System.getProperty("user.name", "?"),
                    RunOptions.hostName(),
                    Version.number(),
                    spec.root().commandLine().getParseResult().originalArgs(),
                    scope.inventory(),
                    scope.limit(),
                    scope.checks(),
                    scope.nodes(),
                    scope.undoes()));
            for (String node : fixing.check ? List.<String>of() : scope.unreached()) {
                record(new Entry.Finished(Instant.now(), node, State.REFUSED, "it could not be asked"));
            }
        } catch (JournalException e) {
            throw new UsageError(e.why() + "; nothing was changed");
        }
    }

    private void record(Entry entry) throws JournalException {
        Journal open = journal;
        if (open != null) {
            open.add(entry);
        }
    }

    /** Something that is recorded before it is done. */
    private interface Recorded<T> {
        T done() throws JournalException;
    }

    private static <T> T recorded(Recorded<T> work) {
        try {
            return work.done();
        } catch (JournalException e) {
            throw new UsageError(e.why() + "; nothing was changed");
        }
    }

    // ------------------------------------------------------------------ the end

    /**
     * Closes the journal, stores the run, tells what came of it and writes its reports.
     *
     * @param files where reports go; one that cannot be written hides nothing of what was done
     */
    int finish(Done done, Run run, Severity threshold, Archive archive, List<RunOptions.ReportFile> files) {
        int code = exitCode(done, run, threshold);
        try {
            record(new Entry.Ended(Instant.now(), code));
            Journal open = journal;
            if (open != null) {
                open.close();
            }
        } catch (JournalException e) {
            notices.accept(e.why());
        }
        archive.keep(run, Optional.of(id));
        if (options.printed().isPresent()) {
            ReportFormat format = options.printed().get();
            RunOptions.print(screen, format, archive.reported(run, Optional.empty(), format));
        } else {
            console(done, run);
        }
        told.countDown();
        Thread waiting = hook;
        if (waiting != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(waiting);
            } catch (IllegalStateException e) {
                // The process is ending already, with 130.
                return 130;
            }
        }
        RunOptions.write(files, format -> archive.reported(run, Optional.empty(), format));
        return archive.broken() ? Math.max(code, 3) : code;
    }

    private void console(Done done, Run run) {
        if (!done.outcomes().isEmpty()) {
            new FixView(screen, screen.out()).show(id, done.outcomes());
        } else if (done.declined()) {
            screen.out().println("nothing was changed");
        } else if (!done.planned()) {
            screen.out()
                    .println(
                            done.plan().refusals().isEmpty()
                                    ? "nothing to change"
                                    : "nothing to change, but something is left for a person to do");
        }
        if (command.equals("fix")) {
            screen.out().println();
            new ConsoleView(screen, options.verbose(), options.again(spec)).show(run);
        }
    }

    static int exitCode(Done done, Run run, Severity threshold) {
        if (done.outcomes().stream().anyMatch(outcome -> outcome.state() == State.UNCONFIRMED)) {
            return 5;
        }
        if (done.outcomes().stream().anyMatch(outcome -> outcome.state() == State.ROLLED_BACK)) {
            return 4;
        }
        int code = run.exitCode(threshold);
        boolean left = done.declined()
                || (run.command().equals("undo") && !done.plan().refusals().isEmpty())
                || done.outcomes().stream().anyMatch(outcome -> outcome.state() != State.APPLIED);
        return code == 0 && left ? 1 : code;
    }
}
