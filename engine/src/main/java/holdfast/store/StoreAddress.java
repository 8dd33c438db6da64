package holdfast.store;

import holdfast.text.Clean;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** Where a history is kept. */
public sealed interface StoreAddress {

    /** As it was given, for messages; holds no secret. */
    String text();

    /** Whether there may be something to read: false only for a file that does not exist. */
    boolean exists();

    /**
     * An SQLite file.
     *
     * @param path absolute
     */
    record File(Path path) implements StoreAddress {
        @Override
        public String text() {
            return path.toString();
        }

        @Override
        public boolean exists() {
            return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /**
     * A database of a PostgreSQL server.
     *
     * @param url as pgjdbc reads it, without a password
     */
    record Server(String url) implements StoreAddress {
        @Override
        public String text() {
            return url;
        }

        @Override
        public boolean exists() {
            return true;
        }
    }

    /** What begins a PostgreSQL address. */
    String POSTGRESQL = "jdbc:postgresql:";

    /** Parameters of pgjdbc that are secrets: https://jdbc.postgresql.org/documentation/use/. */
    Set<String> SECRETS = Set.of("password", "sslpassword");

    /**
     * Reads an address: a path, or a {@code jdbc:postgresql://} URL.
     *
     * @throws StoreException when it is neither, or holds a password
     */
    static StoreAddress of(String text) throws StoreException {
        if (text.startsWith(POSTGRESQL)) {
            return new Server(withoutPassword(text));
        }
        if (text.toLowerCase(Locale.ROOT).startsWith("jdbc:") || text.contains("://")) {
            throw new StoreException(
                    "the store '%s' is neither a file nor a PostgreSQL database, which looks like "
                            + "jdbc:postgresql://db.example.com/holdfast",
                    Clean.line(text, 60).replaceAll("//[^/@]*@", "//…@"));
        }
        try {
            Path path = Path.of(text).toAbsolutePath().normalize();
            // The driver takes what follows a question mark for settings.
            if (text.isBlank() || path.toString().indexOf('?') >= 0 || path.getFileName() == null) {
                throw new StoreException("the store '%s' is not the name of a file", Clean.line(text, 200));
            }
            return new File(path);
        } catch (InvalidPathException e) {
            throw new StoreException(e, "the store '%s' is not the name of a file", Clean.line(text, 200));
        }
    }

    private static String withoutPassword(String url) throws StoreException {
        int question = url.indexOf('?');
        String place = question < 0 ? url : url.substring(0, question);
        boolean secret = place.indexOf('@') >= 0;
        if (question >= 0) {
            for (String parameter : url.substring(question + 1).split("&")) {
                secret |= SECRETS.contains(decoded(parameter.split("=", 2)[0]).toLowerCase(Locale.ROOT));
            }
        }
        if (secret) {
            throw new StoreException(
                    "the store's address holds a password or a user before an @, and everybody on this machine can read a "
                            + "command line; put the password into ~/.pgpass (or the file that PGPASSFILE names) as "
                            + "host:port:database:user:password, and the user into the address as ?user=NAME");
        }
        return url;
    }

    private static String decoded(String name) {
        try {
            return URLDecoder.decode(name, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }
}
