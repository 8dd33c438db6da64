package holdfast.probe;

import java.time.Instant;
import java.util.function.Supplier;

/** What came back from one node: the half of it that probes are read from. */
public interface Source {

    /** The output of one command of the script, or why there is none. */
    Reading<Output> output(Shape shape);

    /** The node's clock against ours, measured while the script ran. */
    Reading<ClockOffset> clock();

    /** The controller's time of the visit: the "now" that certificates and trials are judged by. */
    Instant now();

    /** How the visit got in. */
    LoginUsed login();

    /**
     * What a probe makes of it, worked out once where the source can keep it: many checks share one probe.
     *
     * @param probe by identity
     * @param understand works it out
     */
    default <T> Reading<T> once(Probe<T> probe, Supplier<Reading<T>> understand) {
        return understand.get();
    }
}
