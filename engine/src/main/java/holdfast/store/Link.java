package holdfast.store;

import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One entry of the chain.
 *
 * @param seq its place, from 1 without gaps but for what a pruning removed
 * @param kind what happened
 * @param run the run that it is about; empty for a pruning
 * @param series of that run
 * @param command of that run; empty for others
 * @param at when, in milliseconds since 1970
 * @param body the head of a report, or what else is to be told, as JSON
 * @param roster a run's subjects in their order, each with its duration; empty for others
 * @param contents the digest of all that the run found; empty for others
 * @param findings how many findings that is
 * @param journal the digest of the run's journal; may be empty
 * @param previous the digest of the entry before it
 * @param digest of all of this but the roster, which {@code contents} covers
 */
record Link(
        long seq,
        Kind kind,
        String run,
        String series,
        String command,
        long at,
        String body,
        String roster,
        String contents,
        long findings,
        String journal,
        String previous,
        String digest) {

    /** What the first entry has as {@code previous}. */
    static final String NOTHING_BEFORE = "0".repeat(64);

    private static final String COLUMNS =
            "seq, kind, run, series, command, at, body, roster, contents, findings, journal, previous, digest";

    /** What an entry is about. */
    enum Kind {
        RUN("run"),
        OPERATION("operation"),
        APPROVAL("approval"),
        PRUNING("pruning"),
        /** Nothing that this program writes: a changed line, or one of a newer holdfast. */
        OTHER("");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** As the column has it. */
        String label() {
            return label;
        }

        static Kind of(String label) {
            for (Kind kind : values()) {
                if (kind.label.equals(label)) {
                    return kind;
                }
            }
            return OTHER;
        }
    }

    /** The same with its own digest. */
    Link sealed() {
        return new Link(
                seq, kind, run, series, command, at, body, roster, contents, findings, journal, previous, computed());
    }

    /** What its digest has to be. */
    String computed() {
        MessageDigest digest = Digest.sha256();
        for (String part : List.of(
                "holdfast history 1",
                previous,
                Long.toString(seq),
                kind.label(),
                run,
                series,
                command,
                Long.toString(at),
                body,
                contents,
                Long.toString(findings),
                journal)) {
            Digest.feed(digest, part);
        }
        return Digest.finished(digest).hex();
    }

    void insert(Connection connection) throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO entry (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                seq,
                kind.label(),
                run,
                series,
                command,
                at,
                body,
                roster,
                contents,
                findings,
                journal,
                previous,
                digest);
    }

    /** The last entry; empty in an empty store. */
    static Optional<Link> last(Connection connection) throws SQLException, StoreException {
        return select(connection, "ORDER BY seq DESC LIMIT 1", List.of()).stream()
                .findFirst();
    }

    /** The entries that {@code rest} of a query selects. */
    static List<Link> select(Connection connection, String rest, List<?> parameters)
            throws SQLException, StoreException {
        List<Link> links = new ArrayList<>();
        each(connection, rest, parameters, links::add);
        return links;
    }

    /** Takes one entry. */
    interface Taker {
        void take(Link link) throws SQLException, StoreException;
    }

    /** Hands over the entries that {@code rest} of a query selects. */
    static void each(Connection connection, String rest, List<?> parameters, Taker taker)
            throws SQLException, StoreException {
        Sql.query(connection, "SELECT " + COLUMNS + " FROM entry " + rest, parameters, row -> taker.take(read(row)));
    }

    private static Link read(ResultSet row) throws SQLException {
        int at = 1;
        return new Link(
                row.getLong(at++),
                Kind.of(row.getString(at++)),
                row.getString(at++),
                row.getString(at++),
                row.getString(at++),
                row.getLong(at++),
                row.getString(at++),
                row.getString(at++),
                row.getString(at++),
                row.getLong(at++),
                row.getString(at++),
                row.getString(at++),
                row.getString(at));
    }
}
