package holdfast.schedule;

import holdfast.text.UserName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A scan that runs by the clock.
 *
 * @param name tells it from other schedules of this machine; the units are called {@code holdfast-NAME}
 * @param program the absolute path of holdfast
 * @param arguments of holdfast, such as {@code scan -i /etc/holdfast/inventory.yml}
 * @param rhythm when it runs
 * @param delay it begins up to this much later, so that many controllers do not begin at once
 * @param deadline it is ended after this long
 * @param user who it runs as; empty for a user that exists only while it runs
 * @param credentials files that the run may read, whoever owns them: keys and passphrases
 * @param agentSocket of an SSH agent that holds the keys
 * @param writable directories that it writes reports to
 */
public record Schedule(
        String name,
        Path program,
        List<String> arguments,
        Rhythm rhythm,
        Duration delay,
        Duration deadline,
        Optional<UserName> user,
        List<Credential> credentials,
        Optional<Path> agentSocket,
        List<Path> writable) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,40}");

    /** @throws IllegalArgumentException for a name or a path that a unit cannot have */
    public Schedule {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the name of a schedule has up to 41 lower-case letters, digits and hyphens; not '%s'"
                            .formatted(name));
        }
        arguments = List.copyOf(arguments);
        credentials = List.copyOf(credentials);
        writable = List.copyOf(writable);
        absolute("the program", program);
        agentSocket.ifPresent(socket -> absolute("the agent's socket", socket));
        writable.forEach(directory -> absolute("a directory for reports", directory));
        if (delay.isNegative() || !deadline.isPositive()) {
            throw new IllegalArgumentException("a delay is not negative, and a deadline is positive");
        }
    }

    /**
     * A file that systemd hands to the run alone, as {@code $CREDENTIALS_DIRECTORY/ID} (systemd.exec(5)).
     *
     * @param id what the run calls it
     * @param file where it is
     * @param encrypted whether it was made by {@code systemd-creds encrypt}
     */
    public record Credential(String id, Path file, boolean encrypted) {
        public Credential {
            if (!id.matches("[a-z0-9][a-z0-9._-]{0,60}")) {
                throw new IllegalArgumentException(
                        "a credential is called by lower-case letters, digits, dots, hyphens; not '%s'".formatted(id));
            }
            absolute("a credential", file);
        }
    }

    /** {@code holdfast-NAME.service}. */
    public String service() {
        return "holdfast-%s.service".formatted(name);
    }

    /** {@code holdfast-NAME.timer}. */
    public String timer() {
        return "holdfast-%s.timer".formatted(name);
    }

    private static void absolute(String what, Path path) {
        if (!path.isAbsolute() || !path.toString().matches("/[A-Za-z0-9_./@+-]*")) {
            throw new IllegalArgumentException(
                    "%s has to be an absolute path of letters, digits and _./@+-; not '%s'".formatted(what, path));
        }
    }
}
