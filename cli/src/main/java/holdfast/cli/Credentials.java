package holdfast.cli;

import holdfast.node.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Secrets that systemd hands to a service: files in {@code $CREDENTIALS_DIRECTORY}, which only that service can read
 * (systemd.exec(5), LoadCredentialEncrypted=). They stand in for a person who would type them.
 *
 * @param directory where they are; empty outside of a service that has some
 */
record Credentials(Optional<Path> directory) {

    /** Opens a private key. */
    static final String PASSPHRASE = "holdfast.passphrase";

    /** Answers {@code -K}. */
    static final String SUDO_PASSWORD = "holdfast.sudo-password";

    private static final long LIMIT = 64 * 1024;

    /** Those of this process. */
    static Credentials ofProcess() {
        return of(System.getenv());
    }

    /** Those that an environment names. */
    static Credentials of(Map<String, String> environment) {
        String named = environment.getOrDefault("CREDENTIALS_DIRECTORY", "");
        try {
            return new Credentials(
                    named.isEmpty() || !Path.of(named).isAbsolute() ? Optional.empty() : Optional.of(Path.of(named)));
        } catch (InvalidPathException e) {
            return new Credentials(Optional.empty());
        }
    }

    /**
     * A secret, without the line feed at its end.
     *
     * @throws UsageError when it is there and cannot be read
     */
    Optional<Secret> secret(String name) {
        return directory
                .map(where -> where.resolve(name))
                .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                .map(file -> {
                    try {
                        if (Files.size(file) > LIMIT) {
                            throw new UsageError("the credential %s is too large for a secret".formatted(name));
                        }
                        return Secret.of(Files.readString(file)
                                .replaceFirst("\\R\\z", "")
                                .toCharArray());
                    } catch (IOException e) {
                        throw new UsageError(
                                "the credential %s cannot be read: is it loaded for this service?".formatted(name));
                    }
                });
    }
}
