package holdfast.store;

import holdfast.text.Clean;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** Statements with parameters. */
final class Sql {

    /** How many rows a server sends at once. */
    private static final int ROWS = 5000;

    private Sql() {}

    /** Takes one row. */
    interface Row {
        void take(ResultSet row) throws SQLException, StoreException;
    }

    /** Hands every row to {@code each}. */
    static void query(Connection connection, String sql, List<?> parameters, Row each)
            throws SQLException, StoreException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setFetchSize(ROWS);
            bind(statement, parameters);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    each.take(rows);
                }
            }
        }
    }

    /** As {@link #query}, with {@code IN} lists of at most 500: {@code sql} ends before the list. */
    static void queryIn(Connection connection, String sql, Collection<?> values, Row each)
            throws SQLException, StoreException {
        List<Object> all = List.copyOf(values);
        for (int from = 0; from < all.size(); from += 500) {
            List<Object> some = all.subList(from, Math.min(all.size(), from + 500));
            query(
                    connection,
                    sql + " IN (" + String.join(", ", Collections.nCopies(some.size(), "?")) + ")",
                    some,
                    each);
        }
    }

    /** @return how many rows it changed */
    static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(parameters));
            return statement.executeUpdate();
        }
    }

    /** The number in the only column of the only row. */
    static long number(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, List.of(parameters));
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    static void bind(PreparedStatement statement, List<?> parameters) throws SQLException {
        int at = 1;
        for (Object parameter : parameters) {
            switch (parameter) {
                case byte[] bytes -> statement.setBytes(at++, bytes);
                case Long number -> statement.setLong(at++, number);
                case Integer number -> statement.setInt(at++, number);
                default -> statement.setString(at++, parameter.toString());
            }
        }
    }

    /** What the driver says, on one line. */
    static String reason(SQLException problem) {
        return Clean.line(String.valueOf(problem.getMessage()).strip(), 300);
    }
}
