package holdfast.drift;

import holdfast.check.Severity;
import holdfast.run.Finding;
import java.util.Locale;
import java.util.Optional;

/**
 * One thing that is not as it was.
 *
 * @param kind what became of it
 * @param subject a node's name in the inventory, or a cluster's name
 * @param cluster whether the subject is a cluster
 * @param check the check's id; empty where it is about the whole node or cluster
 * @param severity of the later finding, or of the earlier one where there is no later; empty where there is no check
 * @param before the finding of the earlier run
 * @param after the finding of the later run
 * @param message one sentence
 */
public record Difference(
        Kind kind,
        String subject,
        boolean cluster,
        Optional<String> check,
        Optional<Severity> severity,
        Optional<Finding> before,
        Optional<Finding> after,
        String message) {

    /** The subject as a sentence names it. */
    public String where() {
        return cluster ? "cluster " + subject : subject;
    }

    /** What became of something, worst first: the order in which differences are told. */
    public enum Kind {
        /** It fails now and did not before, or was accepted then. */
        FAILING("newly failing", true),
        /** It failed before and fails now, but not in the same way. */
        CHANGED("changed", true),
        /** The node answered before and does not now. */
        LOST("does not answer", true),
        /** A check could be told before and cannot now. */
        UNTOLD("cannot be told any more", true),
        /** A node or cluster that was not there before. */
        NEW("new", true),
        /** A node or cluster that is not there any more. */
        GONE("gone", true),
        /** It failed before and does not now. */
        FIXED("newly fixed", false),
        /** It fails, and somebody has accepted that since. */
        ACCEPTED("waived", false),
        /** The node answers again. */
        BACK("answers again", false),
        /** A check could not be told before, and can now: it does not fail. */
        TOLD("can be told again", false);

        private final String words;
        private final boolean worse;

        Kind(String words, boolean worse) {
            this.words = words;
            this.worse = worse;
        }

        /** As a headline says it. */
        public String words() {
            return words;
        }

        /** Whether somebody should look at it: all but what is better than before. */
        public boolean worse() {
            return worse;
        }

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
