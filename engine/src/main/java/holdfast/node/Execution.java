package holdfast.node;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What one remote command did.
 *
 * @param exit its exit status; empty when it was ended by a signal, by the deadline or by a lost connection
 * @param stdout its standard output, at most {@link Command#outputLimit} bytes
 * @param stderr its standard error, at most 64 KiB
 * @param truncated whether standard output went over its limit (the command was then cut off)
 * @param ended why it ended early, a sentence; null when it ran to its end
 * @param sentAtNanos {@link System#nanoTime} when the last byte of input had been handed over
 * @param markerAtNanos {@link System#nanoTime} when the marker was first seen in standard output
 */
public record Execution(
        OptionalInt exit,
        byte[] stdout,
        byte[] stderr,
        boolean truncated,
        @org.jspecify.annotations.Nullable String ended,
        long sentAtNanos,
        OptionalLong markerAtNanos) {}
