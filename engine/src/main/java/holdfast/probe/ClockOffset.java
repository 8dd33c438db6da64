package holdfast.probe;

/**
 * How far a node's clock is from the controller's.
 *
 * @param millis node minus controller, best estimate, in milliseconds
 * @param uncertaintyMillis half the time in which the reading can have been taken: the truth lies within
 *     {@code millis ± uncertaintyMillis}
 */
public record ClockOffset(double millis, double uncertaintyMillis) {}
