package holdfast.node.ssh;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the SSH layer needs to know of the process it runs in.
 *
 * @param home the user's home directory, where {@code .ssh} is
 * @param user the local user's name
 * @param variable reads one environment variable
 */
public record SshEnvironment(Path home, String user, Function<String, Optional<String>> variable) {

    /** This process. As for {@code ssh}, {@code HOME} is not asked: the account's home directory counts. */
    public static SshEnvironment ofThisProcess() {
        return new SshEnvironment(
                Path.of(System.getProperty("user.home", "/")),
                account(),
                name -> Optional.ofNullable(System.getenv(name)));
    }

    /** A user that systemd makes for a service is in no list of accounts unless libnss-systemd is there. */
    private static String account() {
        String name = System.getProperty("user.name", "root");
        return name.equals("?") ? Optional.ofNullable(System.getenv("USER")).orElse(name) : name;
    }

    /** The user's directory of SSH files. */
    public Path sshDirectory() {
        return home.resolve(".ssh");
    }
}
