package holdfast.store;

import java.util.List;
import java.util.Optional;

/**
 * What became of recomputing the whole chain.
 *
 * @param runs how many runs are stored
 * @param findings how many findings their reports hold together
 * @param approvals how many approvals are stored
 * @param prunings how many prunings are stored
 * @param pruned how many runs these removed
 * @param journals how many journals of this controller are as the store remembers them
 * @param head the digest of the last entry; empty for an empty store
 * @param faults what is not as it was written; none when the history is intact
 * @param notes what is odd but no fault
 */
public record Verification(
        int runs,
        long findings,
        int approvals,
        int prunings,
        int pruned,
        int journals,
        Optional<String> head,
        List<Fault> faults,
        List<String> notes) {

    public Verification {
        faults = List.copyOf(faults);
        notes = List.copyOf(notes);
    }

    /** Whether nothing was found. */
    public boolean intact() {
        return faults.isEmpty();
    }

    /**
     * Something that is not as it was written.
     *
     * @param where the run's id, or which other entry
     * @param what is wrong, one sentence
     */
    public record Fault(String where, String what) {}
}
