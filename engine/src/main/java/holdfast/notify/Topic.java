package holdfast.notify;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What somebody may want to hear of. */
public enum Topic {
    /** Anything that is not as it was: newly failing, failing in another way, newly fixed, nodes that came or went. */
    DRIFT,
    /** A critical check that fails, and did not before. */
    CRITICAL,
    /** A waiver whose last day has passed. */
    WAIVER,
    /** A run that could not be made, or stored. */
    FAILURE;

    /** As options spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The topic of this label. */
    public static Optional<Topic> of(String label) {
        return Arrays.stream(values())
                .filter(topic -> topic.label().equals(label.strip().toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** All labels. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Topic::label).toList();
    }
}
