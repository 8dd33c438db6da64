package holdfast.journal;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A run as its journal tells it; every line was found unchanged and in its place.
 *
 * @param id the run's id
 * @param entries in the order in which they were written, at least the {@link Entry.Started}
 * @param torn whether an unfinished line at the end was left out: the controller stopped while it wrote it
 */
public record RecordedRun(String id, List<Entry> entries, boolean torn) {

    /** What a process ends with that a person stopped. */
    private static final int INTERRUPTED = 130;

    public RecordedRun {
        entries = List.copyOf(entries);
        if (entries.isEmpty() || !(entries.getFirst() instanceof Entry.Started)) {
            throw new IllegalArgumentException("a run starts with its start");
        }
    }

    /** Who began what. */
    public Entry.Started started() {
        return (Entry.Started) entries.getFirst();
    }

    /** The plan of each target, in the order of the journal; the last one of a target that was planned twice. */
    public Map<String, Entry.Planned> planned() {
        Map<String, Entry.Planned> plans = new LinkedHashMap<>();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Planned planned) {
                plans.put(planned.target(), planned);
            }
        }
        return Collections.unmodifiableMap(plans);
    }

    /** The targets with a plan or an end, in the order of the journal. */
    public List<String> targets() {
        Set<String> targets = new LinkedHashSet<>();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Planned planned) {
                targets.add(planned.target());
            } else if (entry instanceof Entry.Finished finished) {
                targets.add(finished.target());
            }
        }
        return List.copyOf(targets);
    }

    /** What became of a target; empty when it was cut off. */
    public Optional<Entry.Finished> finished(String target) {
        Optional<Entry.Finished> last = Optional.empty();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Finished finished && finished.target().equals(target)) {
                last = Optional.of(finished);
            }
        }
        return last;
    }

    /** What became of a target; empty when it was cut off. */
    public Optional<Entry.State> stateOf(String target) {
        return finished(target).map(Entry.Finished::state);
    }

    /** The steps of a target, in order. */
    public List<Entry.Step> steps(String target) {
        return entries.stream()
                .filter(Entry.Step.class::isInstance)
                .map(Entry.Step.class::cast)
                .filter(step -> step.target().equals(target))
                .toList();
    }

    /** The last line; empty when the run was cut off or is still under way. */
    public Optional<Entry.Ended> ended() {
        Optional<Entry.Ended> last = Optional.empty();
        for (Entry entry : entries) {
            if (entry instanceof Entry.Ended ended) {
                last = Optional.of(ended);
            }
        }
        return last;
    }

    /** What became of it as a whole; the worst of what happened wins. */
    public Outcome outcome() {
        List<String> targets = targets();
        Set<Entry.State> states = new LinkedHashSet<>();
        targets.forEach(target -> stateOf(target).ifPresent(states::add));
        if (states.contains(Entry.State.UNCONFIRMED)) {
            return Outcome.UNCONFIRMED;
        }
        Optional<Entry.Ended> ended = ended();
        if (ended.isEmpty() || ended.get().exitCode() == INTERRUPTED) {
            return Outcome.INTERRUPTED;
        }
        if (started().check()) {
            return Outcome.DRY_RUN;
        }
        if (targets.stream().anyMatch(target -> stateOf(target).isEmpty())) {
            return Outcome.INTERRUPTED;
        }
        if (states.contains(Entry.State.ROLLED_BACK)) {
            return Outcome.ROLLED_BACK;
        }
        boolean stopped = states.contains(Entry.State.REFUSED) || states.contains(Entry.State.NOT_TOUCHED);
        if (states.contains(Entry.State.APPLIED)) {
            return stopped ? Outcome.PARTLY_APPLIED : Outcome.APPLIED;
        }
        if (stopped) {
            return states.contains(Entry.State.REFUSED) ? Outcome.REFUSED : Outcome.NOT_TOUCHED;
        }
        return Outcome.UNCHANGED;
    }

    /** Whether there is something that {@code holdfast undo} can put back: a change that was applied or cut off. */
    public boolean canBeUndone() {
        if (started().check()) {
            return false;
        }
        return planned().keySet().stream()
                .map(this::stateOf)
                .anyMatch(state -> state.isEmpty()
                        || state.get() == Entry.State.APPLIED
                        || state.get() == Entry.State.UNCONFIRMED);
    }

    /**
     * The nodes of the targets that are not as they were wanted, by their inventory names and in the order of the
     * journal; for a cluster the member that its changes were made on. Nodes without a plan and an end are not among
     * them. None for a dry run.
     */
    public List<String> failedNodes() {
        if (started().check()) {
            return List.of();
        }
        Map<String, Entry.Planned> plans = planned();
        Set<String> failed = new LinkedHashSet<>();
        for (String target : targets()) {
            Optional<Entry.State> state = stateOf(target);
            if (state.isPresent() && (state.get() == Entry.State.APPLIED || state.get() == Entry.State.UNCHANGED)) {
                continue;
            }
            Entry.Planned plan = plans.get(target);
            failed.add(plan == null ? target : plan.node());
        }
        // A cluster that was refused before a member was chosen has no node.
        failed.removeIf(name -> name.startsWith("cluster "));
        return List.copyOf(failed);
    }

    /** The same without the entries. */
    public Summary summary() {
        return new Summary(id, started(), outcome(), failedNodes(), torn);
    }

    /**
     * What a list of runs needs; small, since a journal may hold the files of a whole fleet.
     *
     * @param failedNodes as {@link RecordedRun#failedNodes()}
     */
    public record Summary(String id, Entry.Started started, Outcome outcome, List<String> failedNodes, boolean torn) {
        public Summary {
            failedNodes = List.copyOf(failedNodes);
        }
    }
}
