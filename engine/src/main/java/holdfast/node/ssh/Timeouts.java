package holdfast.node.ssh;

import java.time.Duration;

/**
 * How long each phase of getting in may take.
 *
 * @param resolve looking up the host's name
 * @param connect from the first packet until the host key is known (ssh's {@code ConnectTimeout} wins over it)
 * @param authenticate from there to the login; time that a person needs for a prompt does not count
 */
public record Timeouts(Duration resolve, Duration connect, Duration authenticate) {

    /** 5, 10 and 20 seconds. */
    public static Timeouts standard() {
        return new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20));
    }

    /** All of them longer or shorter by one factor. */
    public Timeouts scaled(double factor) {
        return new Timeouts(scale(resolve, factor), scale(connect, factor), scale(authenticate, factor));
    }

    private static Duration scale(Duration duration, double factor) {
        return Duration.ofMillis(Math.max(1, Math.round(duration.toMillis() * factor)));
    }
}
