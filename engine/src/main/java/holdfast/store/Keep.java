package holdfast.store;

import java.time.Instant;

/**
 * Which runs a pruning keeps, besides those that it keeps always: every approved run, and the newest of each series
 * and verb, since that is what the next one is compared with.
 */
public sealed interface Keep {

    /** In words, as the pruning records it. */
    String words();

    /**
     * What began at this time or later.
     *
     * @param since the first moment that is kept
     */
    record Since(Instant since) implements Keep {
        @Override
        public String words() {
            return "what began at %s or later".formatted(since);
        }
    }

    /**
     * The newest of each series and verb.
     *
     * @param count how many, at least 1
     */
    record Last(int count) implements Keep {
        /** @throws IllegalArgumentException when the count is below 1 */
        public Last {
            if (count < 1) {
                throw new IllegalArgumentException("at least one run is kept");
            }
        }

        @Override
        public String words() {
            return "the last %d of each series".formatted(count);
        }
    }
}
