package holdfast.store;

import holdfast.text.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings a store's tables to the version that this program knows: numbered files of SQL, each applied once, in order, in
 * one transaction. Why not a library: docs/adr/0004.
 */
final class Migrations {

    /** The files, in order; never changed once they were released. */
    private static final List<String> FILES = List.of("1-history.sql");

    private static final String TABLE = "holdfast_schema";

    private Migrations() {}

    /**
     * @throws StoreException when the store is of a newer holdfast, or of one whose files were others
     */
    static void apply(Database database, Connection connection) throws SQLException, StoreException {
        // Without the lock: nearly every start finds nothing to do.
        if (database.hasTable(connection, TABLE)
                && missing(database, connection).isEmpty()) {
            return;
        }
        database.beginWriting(connection);
        boolean done = false;
        try {
            if (!database.hasTable(connection, TABLE)) {
                if (database.hasTable(connection, "entry")) {
                    throw new StoreException(
                            "%s holds tables of something else: use a database of its own for the history",
                            database.where());
                }
                Database.run(
                        connection,
                        "CREATE TABLE %s (version INTEGER NOT NULL PRIMARY KEY, digest TEXT NOT NULL, at BIGINT NOT NULL)"
                                .formatted(TABLE));
            }
            for (Step step : missing(database, connection)) {
                for (String statement : statements(database.statement(step.sql))) {
                    Database.run(connection, statement);
                }
                Sql.update(
                        connection,
                        "INSERT INTO %s VALUES (?, ?, ?)".formatted(TABLE),
                        step.version,
                        step.digest,
                        Instant.now().toEpochMilli());
            }
            done = true;
        } finally {
            database.end(connection, done);
        }
    }

    private record Step(int version, String digest, String sql) {}

    private static List<Step> missing(Database database, Connection connection) throws SQLException, StoreException {
        Map<Integer, String> applied = new HashMap<>();
        Sql.query(
                connection,
                "SELECT version, digest FROM " + TABLE,
                List.of(),
                row -> applied.put(row.getInt(1), row.getString(2)));
        List<Step> missing = new ArrayList<>();
        for (int i = 0; i < FILES.size(); i++) {
            String sql = read(FILES.get(i));
            Step step = new Step(i + 1, Digests.sha256(sql), sql);
            String digest = applied.remove(step.version);
            if (digest == null) {
                missing.add(step);
            } else if (!digest.equals(step.digest)) {
                throw new StoreException(
                        "%s was made by another build of holdfast: its version %d of the tables is not ours; "
                                + "use that build, or name another store",
                        database.where(), step.version);
            }
        }
        if (!applied.isEmpty()) {
            throw new StoreException(
                    "%s was written by a newer holdfast: its tables have version %d, this program knows %d; "
                            + "update holdfast on this machine",
                    database.where(),
                    applied.keySet().stream().max(Integer::compare).orElseThrow(),
                    FILES.size());
        }
        return missing;
    }

    private static List<String> statements(String sql) {
        String code = sql.lines().filter(line -> !line.startsWith("--")).reduce("", (a, b) -> a + b + "\n");
        List<String> statements = new ArrayList<>();
        for (String statement : code.split(";\n")) {
            if (!statement.isBlank()) {
                statements.add(statement);
            }
        }
        return statements;
    }

    private static String read(String file) {
        try (InputStream input = Migrations.class.getResourceAsStream("/holdfast/store/" + file)) {
            if (input == null) {
                throw new IllegalStateException("the program was built without " + file);
            }
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
