package holdfast.store;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of Debian's package on loopback, with a directory of its own below {@code /tmp}, which goes with it.
 * It ends when this process does, however that ends: it reads our standard input.
 */
final class PostgresqlServer implements AutoCloseable {

    /** The user that owns everything, who logs in with a password. */
    static final String USER = "holdfast";

    private final Process process;
    private final Path directory;
    private final Path passwords;
    private final int port;
    private int databases;

    private PostgresqlServer(Process process, Path directory, Path passwords, int port) {
        this.process = process;
        this.directory = directory;
        this.passwords = passwords;
        this.port = port;
    }

    static PostgresqlServer start() throws IOException, InterruptedException, SQLException {
        Path programs = programs();
        Path directory = Path.of(output(user("mktemp", "-d", "/tmp/holdfast-postgresql-XXXXXX")));
        String password = Long.toHexString(new java.security.SecureRandom().nextLong());
        output(user(
                "sh",
                "-c",
                "umask 077; printf '%s\\n' \"$2\" >\"$1/password\" && \"$0\" -D \"$1/data\" -U " + USER
                        + " -A scram-sha-256 --pwfile=\"$1/password\" -E UTF8 --locale=C --no-sync",
                programs.resolve("initdb").toString(),
                directory.toString(),
                password));
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path passwords = Files.createTempFile(
                "pgpass", "", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwords, "127.0.0.1:%d:*:%s:%s\n".formatted(port, USER, password));
        Process process = new ProcessBuilder(user(
                        "sh",
                        "-c",
                        "\"$0\" -D \"$1/data\" -p \"$2\" -c listen_addresses=127.0.0.1 -c unix_socket_directories=\"$1\" "
                                + "-c fsync=off >\"$1/log\" 2>&1 & server=$!; read -r nothing; "
                                + "kill -INT $server; wait $server; rm -rf \"$1\"",
                        programs.resolve("postgres").toString(),
                        directory.toString(),
                        Integer.toString(port)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        PostgresqlServer server = new PostgresqlServer(process, directory, passwords, port);
        System.setProperty("org.postgresql.pgpassfile", passwords.toString());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try {
                server.connect("postgres").close();
                return server;
            } catch (SQLException e) {
                if (System.nanoTime() > deadline) {
                    server.close();
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    /** A new database without anything in it; its name is a valid part of a URL. */
    String database() throws SQLException {
        String name = "history" + ++databases;
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return name;
    }

    String url(String database) {
        return "jdbc:postgresql://127.0.0.1:%d/%s?user=%s".formatted(port, database, USER);
    }

    int port() {
        return port;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(url(database));
    }

    private static Path programs() throws IOException {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Path::compareTo)
                    .orElseThrow(() -> new IOException("Debian's package postgresql is not installed"));
        }
    }

    /** PostgreSQL does not run as root. */
    private static List<String> user(String... command) {
        List<String> all = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            all.addAll(List.of("runuser", "-u", "postgres", "--"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(Path.of("/tmp").toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(command + ": " + said);
        }
        return said;
    }

    @Override
    public void close() throws IOException {
        System.clearProperty("org.postgresql.pgpassfile");
        Files.deleteIfExists(passwords);
        process.getOutputStream().close();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IOException("PostgreSQL does not end; its directory is " + directory);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
