package holdfast.store;

import java.time.Instant;

/**
 * Somebody's word that a run shows the fleet as it should be.
 *
 * @param run the approved run's id
 * @param series of that run
 * @param who gave it
 * @param why in their words
 * @param at when
 */
public record Approval(String run, String series, String who, String why, Instant at) {}
