package holdfast.schedule;

import holdfast.text.Clean;
import holdfast.text.UnitArgument;
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
 * @param javaHome the JDK that it is to run on, should that be another than the launcher would find
 * @param arguments of {@code holdfast scan}, such as {@code -i /etc/holdfast/inventory.yml}
 * @param rhythm when it runs
 * @param delay it begins up to this much later, so that many controllers do not begin at once
 * @param deadline it is ended after this long
 * @param runner who it runs as
 * @param credentials files that the run may read, whoever owns them: keys and passphrases
 * @param agentSocket of an SSH agent that holds the keys
 * @param stateDirectories what it may write to below {@code /var/lib}: {@code holdfast}, and directories in that
 * @param writable further directories that it writes reports to
 */
public record Schedule(
        String name,
        Path program,
        Optional<Path> javaHome,
        List<UnitArgument> arguments,
        Rhythm rhythm,
        Duration delay,
        Duration deadline,
        Runner runner,
        List<Credential> credentials,
        Optional<Path> agentSocket,
        List<Path> stateDirectories,
        List<Path> writable) {

    /** Where systemd keeps what services remember (systemd.exec(5), StateDirectory=). */
    public static final Path STATE = Path.of("/var/lib");

    /** What {@code XDG_STATE_HOME=/var/lib} makes of holdfast's own directory. */
    public static final Path OWN_STATE = STATE.resolve("holdfast");

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,40}");

    /** @throws IllegalArgumentException for a name or a path that a unit cannot have */
    public Schedule {
        valid(name);
        arguments = List.copyOf(arguments);
        credentials = List.copyOf(credentials);
        writable = List.copyOf(writable);
        stateDirectories = List.copyOf(stateDirectories);
        absolute("the program", program);
        javaHome.ifPresent(home -> absolute("the JDK", home));
        stateDirectories.forEach(directory -> {
            if (directory.isAbsolute() || !directory.startsWith("holdfast")) {
                throw new IllegalArgumentException("%s is not below holdfast".formatted(directory));
            }
            absolute("a directory of the state", STATE.resolve(directory));
        });
        agentSocket.ifPresent(socket -> absolute("the agent's socket", socket));
        writable.forEach(directory -> absolute("a directory for reports", directory));
        if (delay.isNegative() || !deadline.isPositive()) {
            throw new IllegalArgumentException("a delay is not negative, and a deadline is positive");
        }
    }

    /** Who runs it. */
    public sealed interface Runner {

        /** A user that exists only while it runs (systemd.exec(5), DynamicUser=). */
        record Dynamic() implements Runner {}

        /** A user that there is. */
        record Named(UserName user) implements Runner {}

        /** The user whose own service manager has the units. */
        record Self() implements Runner {}
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
        return service(name);
    }

    /** {@code holdfast-NAME.timer}. */
    public String timer() {
        return timer(name);
    }

    /** The service's unit of the schedule with this name. */
    public static String service(String name) {
        return "holdfast-%s.service".formatted(valid(name));
    }

    /** The timer's unit of the schedule with this name. */
    public static String timer(String name) {
        return "holdfast-%s.timer".formatted(valid(name));
    }

    /**
     * A name that a schedule can have.
     *
     * @throws IllegalArgumentException for any other
     */
    public static String valid(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the name of a schedule has up to 41 lower-case letters, digits and hyphens; not '%s'"
                            .formatted(Clean.line(name, 80)));
        }
        return name;
    }

    private static void absolute(String what, Path path) {
        if (!path.isAbsolute() || !path.toString().matches("/[A-Za-z0-9_./@+-]*")) {
            throw new IllegalArgumentException(
                    "%s has to be an absolute path of letters, digits and _./@+-; not '%s'".formatted(what, path));
        }
    }
}
