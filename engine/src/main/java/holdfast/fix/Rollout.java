package holdfast.fix;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.journal.Entry;
import holdfast.journal.Entry.State;
import holdfast.journal.JournalException;
import holdfast.node.Connector;
import holdfast.node.Secret;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Applies a plan to a fleet: the first node alone, then batch after batch; never two nodes of one cluster at the same
 * time; each cluster's own changes after those of its nodes. Stops when more have failed than was allowed.
 */
public final class Rollout {

    private final Applier applier;
    private final Settings settings;
    private final Recorder journal;
    private final Clock time;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicInteger failures = new AtomicInteger();

    /**
     * @param run the run's id
     * @param operator who ordered it
     * @param controller the machine that it is ordered from
     * @param serial the batches
     * @param maxFail how many nodes may fail before the rest is left alone
     * @param forks how many clusters and standalone nodes are changed at the same time
     * @param confirm how long a node waits for the confirmation before it puts everything back
     * @param ignoreQuorum clusters whose quorum gate the operator has opened by name
     * @param clustersFirst whether the clusters' own changes go before those of nodes, as an undo wants it
     */
    public record Settings(
            String run,
            String operator,
            String controller,
            Serial serial,
            Share maxFail,
            int forks,
            Duration confirm,
            List<String> ignoreQuorum,
            boolean clustersFirst) {
        public Settings {
            ignoreQuorum = List.copyOf(ignoreQuorum);
        }
    }

    /** @param journal is told of everything before it is done */
    public Rollout(
            Connector connector,
            Optional<Secret> sudoPassword,
            Clock time,
            Settings settings,
            Recorder journal,
            Watcher watcher) {
        this.settings = settings;
        this.journal = journal;
        this.time = time;
        this.applier = new Applier(
                connector,
                sudoPassword,
                time,
                new Applier.Order(
                        settings.run(),
                        Map.of("operator", settings.operator(), "controller", settings.controller()),
                        settings.confirm(),
                        settings.ignoreQuorum()),
                journal,
                watcher);
    }

    /**
     * Applies the targets of a plan that have something to do.
     *
     * @return an outcome for each of them, in the plan's order
     * @throws JournalException when the plan cannot be recorded; nothing was changed
     */
    public List<Outcome> run(Plan plan) throws JournalException {
        if (plan.changing().stream().map(TargetPlan::target).distinct().count()
                != plan.changing().size()) {
            throw new IllegalStateException("two targets of a plan share a name");
        }
        record(plan);
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        List<TargetPlan> nodes = plan.changing().stream()
                .filter(target -> target.cluster().isEmpty())
                .toList();
        int allowed = settings.maxFail().of(Math.max(1, plan.changing().size()));
        List<TargetPlan> clusters = plan.changing().stream()
                .filter(target -> target.cluster().isPresent())
                .toList();
        if (settings.clustersFirst()) {
            collect(outcomes, lanes(clusters, allowed));
        }
        // The canary goes alone; then the batches.
        if (!nodes.isEmpty()) {
            collect(outcomes, lanes(nodes.subList(0, 1), allowed));
            for (List<TargetPlan> batch : settings.serial().batches(nodes)) {
                List<TargetPlan> rest = batch.stream()
                        .filter(target -> !outcomes.containsKey(target.target()))
                        .toList();
                collect(outcomes, lanes(rest, allowed));
            }
        }
        if (!settings.clustersFirst() && !clusters.isEmpty()) {
            collect(outcomes, lanes(clusters.subList(0, 1), allowed));
            collect(outcomes, lanes(clusters.subList(1, clusters.size()), allowed));
        }
        return plan.changing().stream()
                .map(target ->
                        Optional.ofNullable(outcomes.get(target.target())).orElseThrow())
                .toList();
    }

    /** Records what would be done: all that a dry run does. */
    public boolean record(Plan plan) throws JournalException {
        for (TargetPlan target : plan.changing()) {
            journal.add(entry(target));
        }
        return !plan.changing().isEmpty();
    }

    private static void collect(Map<String, Outcome> all, List<Outcome> more) {
        more.forEach(outcome -> all.put(outcome.plan().target(), outcome));
    }

    /** Nodes of one cluster one after the other, clusters side by side. */
    private List<Outcome> lanes(List<TargetPlan> targets, int allowed) {
        Map<String, List<TargetPlan>> lanes = new LinkedHashMap<>();
        for (TargetPlan target : targets) {
            // Clusters of one name share a lane: rather too careful than two members at a time.
            lanes.computeIfAbsent(target.lane(), unused -> new ArrayList<>()).add(target);
        }
        if (lanes.isEmpty()) {
            return List.of();
        }
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(settings.forks(), lanes.size()),
                Thread.ofPlatform().name("fix-", 0).factory());
        try {
            List<Future<List<Outcome>>> futures = lanes.values().stream()
                    .map(lane -> threads.submit(() -> oneByOne(lane, allowed)))
                    .toList();
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<List<Outcome>> future : futures) {
                outcomes.addAll(future.get());
            }
            return outcomes;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException("the rollout is stopped through stop()", e);
        } finally {
            threads.shutdown();
        }
    }

    /** A member of which it is not known how it is must be looked at before the next one of its cluster is touched. */
    private List<Outcome> oneByOne(List<TargetPlan> lane, int allowed) {
        List<Outcome> outcomes = new ArrayList<>();
        boolean lost = false;
        for (TargetPlan target : lane) {
            Outcome outcome = one(target, allowed, lost);
            lost |= outcome.state() == State.UNCONFIRMED;
            outcomes.add(outcome);
        }
        return outcomes;
    }

    private Outcome one(TargetPlan target, int allowed, boolean lost) {
        Outcome outcome;
        if (stopped.get() || lost) {
            outcome = new Outcome(target, State.NOT_TOUCHED, "the run was stopped before");
        } else {
            current.put(Thread.currentThread(), target.target());
            try {
                outcome = applier.apply(target);
            } finally {
                current.remove(Thread.currentThread());
            }
        }
        if (outcome.failed() && failures.incrementAndGet() > allowed) {
            stopped.set(true);
        }
        try {
            journal.add(new Entry.Finished(time.instant(), target.target(), outcome.state(), outcome.message()));
        } catch (JournalException e) {
            // The node tells the truth when it is asked; without a journal nothing more is begun.
            stopped.set(true);
            return new Outcome(target, outcome.state(), outcome.message() + "; " + e.why());
        }
        return outcome;
    }

    private final Map<Thread, String> current = new java.util.concurrent.ConcurrentHashMap<>();

    /** Begins nothing more and interrupts what is under way, which then puts everything back. */
    public void stop() {
        stopped.set(true);
        current.keySet().forEach(Thread::interrupt);
    }

    /** The targets that are under way. */
    public List<String> underWay() {
        return List.copyOf(current.values());
    }

    /** Whether the rest was left alone. */
    public boolean wasStopped() {
        return stopped.get();
    }

    private Entry.Planned entry(TargetPlan plan) {
        return new Entry.Planned(
                time.instant(),
                plan.target(),
                plan.executor().target().name(),
                plan.cluster().isPresent()
                        ? plan.verifiedOn().stream()
                                .map(assignment -> assignment.target().name())
                                .toList()
                        : List.of(),
                plan.checks().stream()
                        .map(check -> check.check().id())
                        .distinct()
                        .toList(),
                plan.guarded(),
                plan.files().stream().map(Rollout::entry).toList(),
                plan.commands().stream()
                        .map(command -> new Entry.CommandChange(
                                command.command(), command.purpose(), command.undo(), command.touches()))
                        .toList(),
                plan.validations().stream()
                        .map(validate -> new Entry.Purpose(validate.command(), validate.purpose()))
                        .toList(),
                plan.reloads().stream()
                        .map(reload -> new Entry.Purpose(reload.command(), reload.purpose()))
                        .toList());
    }

    private static Entry.FileChange entry(PlannedFile file) {
        boolean existed = !file.beforeDigest().equals(PlannedFile.ABSENT);
        return new Entry.FileChange(
                file.named(),
                file.before().map(Rollout::base64),
                file.after().map(Rollout::base64),
                existed,
                file.keptOnNode() || file.after().isPresent(),
                existed ? Optional.of(file.beforeDigest()) : Optional.empty(),
                file.after().map(text -> PlannedFile.digest(Optional.of(text))),
                file.live(),
                file.keptOnNode(),
                String.join("\n", file.diff()));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
