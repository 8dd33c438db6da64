package holdfast.run;

import holdfast.change.Remedy;
import holdfast.check.Severity;
import holdfast.policy.Waiver;
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
 * @param waiver who accepted the failure; present only when waived
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
        Optional<Waiver> waiver) {

    public Finding {
        evidence = List.copyOf(evidence);
        advice = List.copyOf(advice);
    }

    /** Whether {@code holdfast fix} can mend it. */
    public boolean fixable() {
        return status == Status.FAIL && remedy.isPresent() && remedy.get() instanceof Remedy.Steps;
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
