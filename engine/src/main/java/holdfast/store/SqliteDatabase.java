package holdfast.store;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/** A history in a file of its owner's. */
record SqliteDatabase(Path file) implements Database {

    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    @Override
    public String where() {
        return "the history " + file;
    }

    @Override
    public Connection connect() throws StoreException {
        try {
            prepareFile();
            unpackBeside();
        } catch (IOException e) {
            throw new StoreException(e, "%s cannot be used: %s; name another file with --store", where(), reason(e));
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(LOCK_WAIT);
        // One file that a backup can copy, also on a network file system; a WAL needs memory shared by all its users.
        config.setJournalMode(SQLiteConfig.JournalMode.DELETE);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        config.setPragma(SQLiteConfig.Pragma.CACHE_SIZE, "-16000");
        try {
            Connection connection = config.createConnection("jdbc:sqlite:" + file);
            try {
                // A file of somebody else's making must not run functions: https://www.sqlite.org/security.html
                Database.run(connection, "PRAGMA trusted_schema = OFF");
                return connection;
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw explained(e, "opened");
        } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
            throw new StoreException(
                    e,
                    "SQLite does not run on this machine (%s, %s): use a PostgreSQL database with --store",
                    System.getProperty("os.name"),
                    System.getProperty("os.arch"));
        }
    }

    private void prepareFile() throws IOException, StoreException {
        Path directory = file.getParent();
        if (directory == null) {
            throw new StoreException("%s is not the name of a file", file);
        }
        if (!Files.exists(directory)) {
            // Also its parents: the XDG specification wants them private.
            Files.createDirectories(directory, PRIVATE_DIRECTORY);
        }
        if (Files.isSymbolicLink(file)) {
            throw new StoreException(
                    "%s is a symbolic link, and a history is not written through one; name the file itself", where());
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createFile(file, PRIVATE_FILE);
            } catch (FileAlreadyExistsException e) {
                // Another process was faster; what it made is looked at below.
            }
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new StoreException("%s is not a plain file; name another with --store", where());
        }
        mustBeOurs(directory);
    }

    /** Who can write to the file or its directory can change what is approved, or have SQLite read what they like. */
    private void mustBeOurs(Path directory) throws IOException, StoreException {
        Object owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        Path self = Path.of("/proc/self");
        if (Files.exists(self) && !owner.equals(Files.getAttribute(self, "unix:uid"))) {
            throw new StoreException(
                    "%s belongs to %s, and a history is not kept in another user's file; name one of yours with --store, "
                            + "or share a PostgreSQL database",
                    where(), Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName());
        }
        if (others(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS))) {
            throw new StoreException("%s can be written by others; run: chmod go-w %s", where(), file);
        }
        boolean sticky = ((Integer) Files.getAttribute(directory, "unix:mode") & 01000) != 0;
        if (!sticky && others(Files.getPosixFilePermissions(directory))) {
            throw new StoreException(
                    "the directory of %s can be written by others, who could exchange it; run: chmod go-w %s",
                    where(), directory);
        }
    }

    private static boolean others(Set<PosixFilePermission> permissions) {
        return permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }

    /** More than the driver's native library takes, in bytes. */
    private static final long LIBRARY = 8L << 20;

    /** Where the driver unpacks its native library: not in a directory that everybody can write to, or without exec. */
    private void unpackBeside() throws IOException {
        Path parent = file.getParent();
        if (System.getProperty("org.sqlite.tmpdir") == null && parent != null) {
            boolean room =
                    Files.isWritable(parent) && Files.getFileStore(parent).getUsableSpace() > LIBRARY;
            // A full disk, or a history to look at only: a directory of our own elsewhere does as well.
            Path directory = room ? parent : Files.createTempDirectory("holdfast-", PRIVATE_DIRECTORY);
            if (!room) {
                directory.toFile().deleteOnExit();
            }
            System.setProperty("org.sqlite.tmpdir", directory.toString());
        }
    }

    private static String reason(IOException problem) {
        if (problem instanceof FileSystemException other && other.getReason() != null) {
            return other.getReason();
        }
        return problem.getClass().getSimpleName()
                + Optional.ofNullable(problem.getMessage())
                        .map(message -> ": " + message)
                        .orElse("");
    }

    @Override
    public void beginReading(Connection connection) throws SQLException {
        Database.run(connection, "BEGIN DEFERRED");
    }

    @Override
    public void beginWriting(Connection connection) throws SQLException {
        Database.run(connection, "BEGIN IMMEDIATE");
    }

    @Override
    public void end(Connection connection, boolean keep) throws SQLException {
        Database.run(connection, keep ? "COMMIT" : "ROLLBACK");
    }

    @Override
    public String statement(String sql) {
        return sql.replaceAll("/\\*sqlite (.*?)\\*/", "$1");
    }

    @Override
    public boolean hasTable(Connection connection, String name) throws SQLException {
        try (PreparedStatement query =
                connection.prepareStatement("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    @Override
    public String latest() {
        return """
                SELECT s.id, s.subject, s.item, c.content, t.digest, c.patch
                FROM subject u CROSS JOIN slot s ON s.subject = u.id
                CROSS JOIN change c ON c.slot = s.id
                    AND c.run = (SELECT max(x.run) FROM change x WHERE x.slot = s.id AND x.run <= ?)
                CROSS JOIN content t ON t.id = c.content
                WHERE u.series = ?""";
    }

    @Override
    public void shrink(Connection connection) throws SQLException {
        Database.run(connection, "VACUUM");
    }

    @Override
    public StoreException explained(SQLException problem, String doing) {
        int code = problem.getErrorCode() & 0xff;
        String advice;
        if (code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code) {
            advice = "another holdfast has been writing to it for a minute; try again when that has ended";
        } else if (code == SQLiteErrorCode.SQLITE_FULL.code) {
            advice = "the disk is full: free some space, or remove old runs with 'holdfast history prune'";
        } else if (code == SQLiteErrorCode.SQLITE_NOTADB.code) {
            advice = "the file is no SQLite database: name another with --store";
        } else if (code == SQLiteErrorCode.SQLITE_CORRUPT.code) {
            advice = "the file is damaged: put it back from a backup, or move it away to begin anew";
        } else if (code == SQLiteErrorCode.SQLITE_READONLY.code || code == SQLiteErrorCode.SQLITE_CANTOPEN.code) {
            advice = "make it and its directory writable for you, or name another with --store";
        } else {
            advice = "try again, or name another with --store";
        }
        return new StoreException(problem, "%s cannot be %s: %s; %s", where(), doing, Sql.reason(problem), advice);
    }
}
