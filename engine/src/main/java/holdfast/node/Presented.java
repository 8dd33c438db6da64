package holdfast.node;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which host keys a machine presented in key exchanges that went no further: it has proved that it holds them, and
 * nothing else. Whose machine it is, only a comparison can tell.
 *
 * @param address what was reached, as {@code 192.0.2.1:22}
 * @param keys what came out for each type that was asked for
 */
public record Presented(String address, Map<String, Sight> keys) {

    public Presented {
        keys = Collections.unmodifiableMap(new LinkedHashMap<>(keys));
    }

    /** What came out for one type of key. */
    public sealed interface Sight {}

    /**
     * The machine holds this key.
     *
     * @param standing what the user's own {@code known_hosts} says of it
     */
    public record Shown(HostKey key, Standing standing) implements Sight {}

    /**
     * It has no key of that type.
     *
     * @param offered the algorithms that it has, as it said them; clean
     */
    public record Absent(String offered) implements Sight {}

    /**
     * It could not be asked for that type.
     *
     * @param why a sentence
     */
    public record Untold(String why) implements Sight {}

    /** What the user's own {@code known_hosts} files say of a key. */
    public sealed interface Standing {}

    /** They have it for this machine. */
    public record Known() implements Standing {}

    /** They have no key of this type for this machine. */
    public record NotKnown() implements Standing {}

    /**
     * They forbid it: another key of the type stands there, or this one is revoked.
     *
     * @param why a sentence
     */
    public record Refused(String why) implements Standing {}
}
