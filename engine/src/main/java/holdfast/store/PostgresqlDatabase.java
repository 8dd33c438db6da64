package holdfast.store;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;
import java.util.ServiceLoader;

/** A history that a team shares, in a database of a PostgreSQL server. */
record PostgresqlDatabase(String url) implements Database {

    /** Of our own choosing; every holdfast that writes to a database waits for the same lock. */
    private static final long LOCK = 0x686f6c6466617374L;

    @Override
    public String where() {
        return "the history " + url;
    }

    @Override
    public Connection connect() throws StoreException {
        Properties settings = new Properties();
        settings.setProperty("connectTimeout", "10");
        settings.setProperty("loginTimeout", "20");
        // Longer than any statement may take: only a dead connection is silent for so long.
        settings.setProperty("socketTimeout", "360");
        settings.setProperty("tcpKeepAlive", "true");
        settings.setProperty("ApplicationName", "holdfast");
        settings.setProperty("reWriteBatchedInserts", "true");
        try {
            Connection connection = driver().connect(url, settings);
            if (connection == null) {
                throw new StoreException("%s is not the address of a PostgreSQL database", where());
            }
            try {
                Database.run(connection, "SET lock_timeout = " + LOCK_WAIT);
                Database.run(connection, "SET statement_timeout = 300000");
                Database.run(connection, "SET client_min_messages = warning");
                return connection;
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw explained(e, "opened");
        }
    }

    /** Not by the DriverManager, which would also load SQLite; not by name, since that needs annotations to compile. */
    private static Driver driver() {
        return ServiceLoader.load(Driver.class, PostgresqlDatabase.class.getClassLoader()).stream()
                .filter(found -> found.type().getName().equals("org.postgresql.Driver"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the program was built without its PostgreSQL driver"))
                .get();
    }

    @Override
    public void beginReading(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Database.run(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    }

    @Override
    public void beginWriting(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Database.run(connection, "SELECT pg_advisory_xact_lock(" + LOCK + ")");
    }

    @Override
    public void end(Connection connection, boolean keep) throws SQLException {
        try {
            if (keep) {
                connection.commit();
            } else {
                connection.rollback();
            }
        } finally {
            connection.setAutoCommit(true);
        }
    }

    @Override
    public String statement(String sql) {
        return sql;
    }

    @Override
    public boolean hasTable(Connection connection, String name) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                // Not to_regclass, which may answer from what the session knew before it waited for the lock.
                "SELECT count(*) > 0 FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename = ?")) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    @Override
    public String latest() {
        return """
                SELECT s.id, s.subject, s.item, c.content, t.digest, c.patch
                FROM subject u JOIN slot s ON s.subject = u.id
                CROSS JOIN LATERAL (SELECT x.content, x.patch FROM change x
                    WHERE x.slot = s.id AND x.run <= ? ORDER BY x.run DESC LIMIT 1) c
                JOIN content t ON t.id = c.content
                WHERE u.series = ?""";
    }

    /** The server's autovacuum does that. */
    @Override
    public void shrink(Connection connection) {}

    @Override
    public StoreException explained(SQLException problem, String doing) {
        String state = String.valueOf(problem.getSQLState());
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        String advice;
        if (state.equals("55P03")) {
            advice = "another holdfast has been writing to it for a minute; try again when that has ended";
        } else if (state.startsWith("28") || state.equals("08004")) {
            advice =
                    "the server refuses the login: name the user in the address (?user=NAME), and put the password into "
                            + "~/.pgpass or the file that PGPASSFILE names, as host:port:database:user:password";
        } else if (state.equals("3D000")) {
            advice = "make the database first: createdb, as docs/history.md says";
        } else if (state.equals("42501")) {
            advice = "the user may not do that: make it the owner of the database, as docs/history.md says";
        } else if (state.startsWith("08")) {
            advice = "check the host and port in the address, and whether the server is up";
        } else if (state.startsWith("53")) {
            advice = "the server has run out of something: ask whoever looks after it";
        } else {
            advice = "try again, or ask whoever looks after the server";
        }
        return new StoreException(problem, "%s cannot be %s: %s; %s", where(), doing, Sql.reason(problem), advice);
    }
}
