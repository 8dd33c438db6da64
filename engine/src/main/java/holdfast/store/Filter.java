package holdfast.store;

import java.util.Optional;

/**
 * Which runs of the history are wanted.
 *
 * @param series only of this series, or of one whose name begins so
 * @param command only of this verb
 * @param before only what was stored before the run with this id
 * @param limit at most so many, the newest
 */
public record Filter(Optional<String> series, Optional<String> command, Optional<String> before, int limit) {

    /** Every run. */
    public static final Filter ALL =
            new Filter(Optional.empty(), Optional.empty(), Optional.empty(), Integer.MAX_VALUE);

    /** @throws IllegalArgumentException when the limit is below 1 */
    public Filter {
        if (limit < 1) {
            throw new IllegalArgumentException("a limit below 1 asks for nothing");
        }
    }

    /** The same for one series. */
    public Filter ofSeries(String wanted) {
        return new Filter(Optional.of(wanted), command, before, limit);
    }

    /** The same for one verb. */
    public Filter ofCommand(String wanted) {
        return new Filter(series, Optional.of(wanted), before, limit);
    }

    /** The same for what was stored before a run. */
    public Filter before(String run) {
        return new Filter(series, command, Optional.of(run), limit);
    }

    /** The same for the newest only. */
    public Filter newest(int count) {
        return new Filter(series, command, before, count);
    }
}
