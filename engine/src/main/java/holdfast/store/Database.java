package holdfast.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** What SQLite and PostgreSQL do differently. */
sealed interface Database permits SqliteDatabase, PostgresqlDatabase {

    /** How long a statement may wait for another process that writes, in milliseconds. */
    int LOCK_WAIT = 60_000;

    /** Where it is, for messages. */
    String where();

    /**
     * Connects.
     *
     * @throws StoreException when it cannot be reached, or is not ours alone
     */
    Connection connect() throws StoreException;

    /** Begins a transaction that sees one state of everything. */
    void beginReading(Connection connection) throws SQLException;

    /** Begins a transaction that no other one writes beside; waits for its turn. */
    void beginWriting(Connection connection) throws SQLException;

    /** Ends the transaction. */
    void end(Connection connection, boolean keep) throws SQLException;

    /** A statement that both understand, but for what stands in comments for one of them. */
    String statement(String sql);

    /** Whether there is a table of this name. */
    boolean hasTable(Connection connection, String name) throws SQLException;

    /**
     * A query for the last change of every slot of a series up to a run: its parameters are the run and the series, its
     * columns slot, subject, item, content, digest of the content, patch.
     */
    String latest();

    /** Gives back the space of what was deleted. */
    void shrink(Connection connection) throws SQLException;

    /** What went wrong, and what to do about it. */
    StoreException explained(SQLException problem, String doing);

    /** Runs a statement without parameters. */
    static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
