package holdfast.report;

import holdfast.run.Counts;
import java.time.Instant;

/**
 * One run of a series, as a trend shows it.
 *
 * @param run its id
 * @param at when it began
 * @param counts how many findings came out how
 */
public record TrendPoint(String run, Instant at, Counts counts) {}
