package holdfast.fix;

import holdfast.check.Check;
import holdfast.run.Finding;
import java.time.Duration;

/**
 * A failed check that a plan mends, and by which the plan is judged.
 *
 * @param check the check
 * @param finding what it found before
 * @param node where it was found, by its inventory name
 * @param guarded whether its remedy can cut off access
 * @param judgedFirst whether it can be asked before anything takes effect
 * @param settle how long its effect may take
 */
public record PlannedCheck(
        Check<?> check, Finding finding, String node, boolean guarded, boolean judgedFirst, Duration settle) {}
