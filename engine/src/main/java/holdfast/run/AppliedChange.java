package holdfast.run;

import java.util.Locale;

/**
 * One change of a fix or undo, as reports show it.
 *
 * @param check the checks that it mends, separated by commas; empty in an undo
 * @param target the file's path, or the command
 * @param action {@code write}, {@code edit}, {@code remove}, {@code run} or {@code reload}
 * @param diff the unified diff of a file; empty for commands
 * @param state what became of it
 * @param message one sentence; empty for a plan
 */
public record AppliedChange(String check, String target, String action, String diff, State state, String message) {

    /** What became of a change. */
    public enum State {
        PLANNED,
        APPLIED,
        UNCHANGED,
        ROLLED_BACK,
        FAILED;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
