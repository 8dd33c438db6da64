package holdfast.run;

import holdfast.change.Remedy;
import holdfast.check.Severity;
import holdfast.policy.Waiver;
import holdfast.text.Digests;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A verdict on a node or cluster, as reports show it.
 *
 * @param check the check's id
 * @param title what the check wants
 * @param severity how much a failure matters
 * @param status what came out
 * @param message one sentence
 * @param expected what the policy wants; empty unless failed
 * @param actual what the node does; empty unless failed
 * @param evidence what was read
 * @param advice steps that mend it
 * @param snippet the file that mends it, rendered; part of the advice
 * @param remedy what a fix would do about it
 * @param waiver who accepted the failure: still valid when waived, expired when it fails all the same
 * @param fixable whether {@code holdfast fix} can mend it
 * @param fingerprint a digest of the status and all that was said but for its measurements: what says the same has
 *     the same one in every run; see {@link #fingerprint(Status, Severity, String)}
 */
public record Finding(
        String check,
        String title,
        Severity severity,
        Status status,
        String message,
        String expected,
        String actual,
        List<String> evidence,
        List<String> advice,
        Optional<RenderedFile> snippet,
        Optional<Remedy> remedy,
        Optional<Waiver> waiver,
        boolean fixable,
        String fingerprint) {

    public Finding {
        evidence = List.copyOf(evidence);
        advice = List.copyOf(advice);
    }

    /**
     * The fingerprint of a verdict, 32 hexadecimal digits: half of a SHA-256, enough to tell apart what one check can
     * say of one node.
     *
     * @param likeness all that was said, without its measurements
     */
    public static String fingerprint(Status status, Severity severity, String likeness) {
        return Digests.sha256(status.label() + "\n" + severity.label() + "\n" + likeness)
                .substring(0, 32);
    }

    /** Whether it fails, accepted or not: the verdict of the check itself. */
    public boolean failing() {
        return status == Status.FAIL || status == Status.WAIVED;
    }

    /** Whether somebody had accepted it until a day that has passed. */
    public boolean waiverExpired() {
        return status == Status.FAIL && waiver.isPresent();
    }

    /** A file as it would stand on the node. */
    public record RenderedFile(String path, String content) {}

    /** What came out of a check. */
    public enum Status {
        PASS,
        FAIL,
        SKIP,
        UNKNOWN,
        WAIVED;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
