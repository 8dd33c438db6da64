package holdfast.probe;

import java.time.Duration;

/**
 * One command of the collecting script.
 *
 * @param name unique among all probes, lower case with dots and dashes: {@code sshd.effective}
 * @param command POSIX shell text; every value in it that is not ours went through {@code Shell.quote}
 * @param limit how long it may run on the node
 */
public record Shape(String name, String command, Duration limit) {

    public Shape {
        if (!name.matches("[a-z0-9][a-z0-9.-]*")) {
            throw new IllegalArgumentException("not a probe name: " + name);
        }
        if (limit.isNegative() || limit.isZero() || limit.compareTo(Duration.ofMinutes(2)) > 0) {
            throw new IllegalArgumentException("a probe's limit is more than nothing and at most two minutes");
        }
    }
}
