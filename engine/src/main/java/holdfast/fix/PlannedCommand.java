package holdfast.fix;

import java.time.Duration;
import java.util.List;

/**
 * One command of a plan.
 *
 * @param command POSIX shell text
 * @param purpose what it does, in the imperative
 * @param undo what takes it back
 * @param touches the files that it replaces
 * @param limit how long it may take
 * @param guarded whether it can cut off access, and so waits for the timer
 */
public record PlannedCommand(
        String command, String purpose, String undo, List<String> touches, Duration limit, boolean guarded) {
    public PlannedCommand {
        touches = List.copyOf(touches);
    }
}
