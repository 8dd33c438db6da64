package holdfast.fix;

import holdfast.journal.Entry;

/**
 * What became of one target.
 *
 * @param plan what was to be done
 * @param state what came of it
 * @param message one sentence
 */
public record Outcome(TargetPlan plan, Entry.State state, String message) {

    /** Whether it counts against {@code --max-fail}. */
    public boolean failed() {
        return switch (state) {
            case APPLIED, UNCHANGED, NOT_TOUCHED -> false;
            case ROLLED_BACK, UNCONFIRMED, REFUSED -> true;
        };
    }
}
