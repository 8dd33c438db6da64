package holdfast.store;

import holdfast.journal.JournalEnd;
import holdfast.report.JsonParts;
import holdfast.report.JsonReader;
import holdfast.report.TrendPoint;
import holdfast.run.Counts;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The history of all runs: what each one found, who approved what, what was pruned, chained by digests. A finding that
 * says what it said in the run before of its series takes no room. Several processes may write to one store at once;
 * one object is for one thread at a time.
 */
public final class Store implements AutoCloseable {

    private static final Pattern ID = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]{0,63}");

    private final Database database;
    private final Connection connection;
    private final Witness witness;

    private Store(Database database, Connection connection, Witness witness) {
        this.database = database;
        this.connection = connection;
        this.witness = witness;
    }

    /**
     * Opens a store, made when it is not there, with its tables brought to this version.
     *
     * @param state the directory of this controller's own state, which remembers what it wrote last
     * @throws StoreException when it cannot be reached, is not ours alone, or is of a newer holdfast
     */
    public static Store open(StoreAddress address, Path state) throws StoreException {
        Database database = switch (address) {
            case StoreAddress.File file -> new SqliteDatabase(file.path());
            case StoreAddress.Server server -> new PostgresqlDatabase(server.url());
        };
        Connection connection = database.connect();
        Store store = new Store(database, connection, new Witness(address, state));
        try {
            Migrations.apply(database, connection);
            return store;
        } catch (SQLException e) {
            store.abandon(e);
            throw database.explained(e, "brought to this version");
        } catch (StoreException | RuntimeException e) {
            store.abandon(e);
            throw e;
        }
    }

    private void abandon(Exception problem) {
        try {
            connection.close();
        } catch (SQLException e) {
            problem.addSuppressed(e);
        }
    }

    /**
     * The digest of what this controller wrote last to a store; empty when it wrote nothing. A store that is missing
     * all the same was taken away.
     *
     * @throws StoreException when what tells that cannot be read
     */
    public static Optional<String> witnessed(StoreAddress address, Path state) throws StoreException {
        return new Witness(address, state).digest();
    }

    // ------------------------------------------------------------------ runs

    /**
     * Adds a finished run.
     *
     * @param journal how far the run's journal goes, where it has one; taken after the journal was ended
     * @throws StoreException when it cannot be written, or is there already; then nothing of it is there
     */
    public StoredRun add(Run run, Optional<JournalEnd> journal) throws StoreException {
        return add(run, Link.Kind.RUN, journal);
    }

    /**
     * Adds a run that has no report, such as one of {@code token}: its nodes and clusters are not looked at.
     *
     * @throws StoreException as {@link #add}
     */
    public StoredRun addWithoutReport(Run run, Optional<JournalEnd> journal) throws StoreException {
        return add(
                new Run(
                        run.id(),
                        run.command(),
                        run.startedAt(),
                        run.finishedAt(),
                        run.context(),
                        run.checks(),
                        List.of(),
                        List.of()),
                Link.Kind.OPERATION,
                journal);
    }

    private StoredRun add(Run run, Link.Kind kind, Optional<JournalEnd> journal) throws StoreException {
        checked(run.id());
        Link added = writing("written", () -> {
            if (Sql.number(
                            connection,
                            "SELECT count(*) FROM entry WHERE run = ? AND kind IN ('run', 'operation')",
                            run.id())
                    > 0) {
                throw new StoreException("the run %s is in %s already", run.id(), database.where());
            }
            Optional<Link> last = Link.last(connection);
            long seq = last.map(Link::seq).orElse(0L) + 1;
            RunWriter.Written written;
            try (RunWriter writer = new RunWriter(connection, seq, run.context().series())) {
                written = kind == Link.Kind.RUN ? writer.write(database, run) : new RunWriter.Written("", "", 0);
            }
            Link link = new Link(
                            seq,
                            kind,
                            run.id(),
                            run.context().series(),
                            run.command(),
                            run.startedAt().toEpochMilli(),
                            JsonParts.head(run),
                            written.roster(),
                            written.contents(),
                            written.findings(),
                            journal.map(JournalEnd::digest).orElse(""),
                            last.map(Link::digest).orElse(Link.NOTHING_BEFORE),
                            "")
                    .sealed();
            link.insert(connection);
            return link;
        });
        witness.note(added.seq(), added.digest());
        return stored(added, Map.of());
    }

    /**
     * A stored run with all that it found. Remedies are not stored; all else is as it was.
     *
     * @param id the run's id, or the beginning of it that no other stored run shares
     * @throws StoreException when there is no such run, or it has no report, or is damaged
     */
    public Run read(String id) throws StoreException {
        return reading("read", () -> {
            Link link = resolved(id);
            if (link.kind() != Link.Kind.RUN) {
                throw new StoreException(
                        "the run %s of 'holdfast %s' has no report; 'holdfast history %s' tells what it did",
                        link.run(), link.command(), link.run());
            }
            try (RunReader reader = new RunReader(connection, link)) {
                return reader.read(database);
            } catch (StoreException e) {
                throw new StoreException(
                        e,
                        "the run %s in %s cannot be believed: %s; 'holdfast history verify' tells what else is damaged",
                        link.run(),
                        database.where(),
                        e.why());
            }
        });
    }

    /**
     * A stored run without its findings.
     *
     * @param id as for {@link #read}
     * @throws StoreException when there is no such run
     */
    public StoredRun find(String id) throws StoreException {
        return reading("read", () -> stored(resolved(id), approvals()));
    }

    /**
     * The stored runs whose id begins so, the newest first, at most four.
     *
     * @throws StoreException when they cannot be read, or that is no beginning of an id
     */
    public List<StoredRun> beginning(String id) throws StoreException {
        return reading("read", () -> {
            Map<String, Approval> approvals = approvals();
            List<StoredRun> runs = new ArrayList<>();
            for (Link link : begun(id)) {
                runs.add(stored(link, approvals));
            }
            return List.copyOf(runs);
        });
    }

    /**
     * The stored runs, oldest first.
     *
     * @throws StoreException when they cannot be read, or the run that the filter names is not there
     */
    public List<StoredRun> list(Filter filter) throws StoreException {
        return reading("read", () -> {
            StringBuilder where = new StringBuilder("WHERE kind IN ('run', 'operation')");
            List<Object> parameters = new ArrayList<>();
            if (filter.series().isPresent()) {
                where.append(" AND series = ?");
                parameters.add(filter.series().get());
            }
            if (filter.command().isPresent()) {
                where.append(" AND command = ?");
                parameters.add(filter.command().get());
            }
            if (filter.before().isPresent()) {
                where.append(" AND seq < ?");
                parameters.add(resolved(filter.before().get()).seq());
            }
            where.append(" ORDER BY seq DESC LIMIT ?");
            parameters.add(filter.limit());
            Map<String, Approval> approvals = approvals();
            List<StoredRun> runs = new ArrayList<>();
            Link.each(connection, where.toString(), parameters, link -> runs.add(stored(link, approvals)));
            Collections.reverse(runs);
            return List.copyOf(runs);
        });
    }

    /**
     * The newest run with a report of a series.
     *
     * @param command only of this verb
     * @param before only what was stored before the run with this id
     * @throws StoreException as {@link #list}
     */
    public Optional<StoredRun> latest(String series, Optional<String> command, Optional<String> before)
            throws StoreException {
        return reading("read", () -> {
            List<Object> parameters = new ArrayList<>(List.of(series));
            StringBuilder where = new StringBuilder("WHERE kind = 'run' AND series = ?");
            if (command.isPresent()) {
                where.append(" AND command = ?");
                parameters.add(command.get());
            }
            if (before.isPresent()) {
                where.append(" AND seq < ?");
                parameters.add(resolved(before.get()).seq());
            }
            List<Link> found = Link.select(
                    connection, where.append(" ORDER BY seq DESC LIMIT 1").toString(), parameters);
            return found.isEmpty() ? Optional.empty() : Optional.of(stored(found.getFirst(), approvals()));
        });
    }

    /**
     * How a series went, oldest first.
     *
     * @param upTo the last run of it that is wanted; empty for the newest
     * @param count at most so many runs, at least 1
     * @throws StoreException as {@link #list}
     */
    public List<TrendPoint> trend(String series, Optional<String> upTo, int count) throws StoreException {
        return reading("read", () -> {
            long last = upTo.isPresent() ? resolved(upTo.get()).seq() : Integer.MAX_VALUE;
            List<TrendPoint> points = new ArrayList<>();
            Link.each(
                    connection,
                    "WHERE kind = 'run' AND command = 'scan' AND series = ? AND seq <= ? ORDER BY seq DESC LIMIT ?",
                    List.of(series, last, count),
                    link -> points.add(new TrendPoint(
                            link.run(),
                            Instant.ofEpochMilli(link.at()),
                            counts(link).orElseThrow())));
            Collections.reverse(points);
            return List.copyOf(points);
        });
    }

    // ------------------------------------------------------------------ approvals

    /**
     * Marks a run as what its series should look like. Approvals are only ever added.
     *
     * @param run as for {@link #read}
     * @param who approves it
     * @param why in their words
     * @throws StoreException when there is no such run, or it has no report
     */
    public Approval approve(String run, String who, String why, Instant at) throws StoreException {
        Link added = writing("written", () -> {
            Link approved = resolved(run);
            if (approved.kind() != Link.Kind.RUN) {
                throw new StoreException(
                        "the run %s of 'holdfast %s' has no report, and nothing that could be approved",
                        approved.run(), approved.command());
            }
            return append(Link.Kind.APPROVAL, approved.run(), approved.series(), at, Note.approval(who, why));
        });
        witness.note(added.seq(), added.digest());
        return Note.approval(added);
    }

    /**
     * The last approval of a series.
     *
     * @throws StoreException when it cannot be read
     */
    public Optional<Approval> approved(String series) throws StoreException {
        return reading("read", () -> {
            List<Link> found = Link.select(
                    connection, "WHERE kind = 'approval' AND series = ? ORDER BY seq DESC LIMIT 1", List.of(series));
            return found.isEmpty() ? Optional.empty() : Optional.of(Note.approval(found.getFirst()));
        });
    }

    private Link append(Link.Kind kind, String run, String series, Instant at, String body)
            throws SQLException, StoreException {
        Optional<Link> last = Link.last(connection);
        Link link = new Link(
                        last.map(Link::seq).orElse(0L) + 1,
                        kind,
                        run,
                        series,
                        "",
                        at.toEpochMilli(),
                        body,
                        "",
                        "",
                        0,
                        "",
                        last.map(Link::digest).orElse(Link.NOTHING_BEFORE),
                        "")
                .sealed();
        link.insert(connection);
        return link;
    }

    /** The last approval of each run. */
    private Map<String, Approval> approvals() throws SQLException, StoreException {
        Map<String, Approval> approvals = new HashMap<>();
        Link.each(
                connection,
                "WHERE kind = 'approval' ORDER BY seq",
                List.of(),
                link -> approvals.put(link.run(), Note.approval(link)));
        return approvals;
    }

    // ------------------------------------------------------------------ trust and retention

    /**
     * Recomputes the whole chain from what is stored.
     *
     * @param claims what else has to fit
     * @throws StoreException when the store cannot be read
     */
    public Verification verify(Claims claims) throws StoreException {
        Optional<String> witnessed = witness.digest();
        return reading("verified", () -> {
            try (Verifier verifier = new Verifier(connection)) {
                return verifier.verify(claims, witnessed, witness.isExclusive());
            }
        });
    }

    /**
     * The runs that a pruning would remove, oldest first.
     *
     * @throws StoreException when they cannot be read
     */
    public List<StoredRun> prunable(Keep keep) throws StoreException {
        return reading("read", () -> {
            List<StoredRun> runs = new ArrayList<>();
            for (Link link : removable(keep)) {
                runs.add(stored(link, Map.of()));
            }
            return List.copyOf(runs);
        });
    }

    /**
     * Removes runs, and what no other run needs. What was removed, by whom, and the digests of it become part of the
     * chain.
     *
     * @param who asked for it
     * @return the ids of the removed runs, oldest first
     * @throws StoreException when it cannot be done; then nothing is removed
     */
    public List<String> prune(Keep keep, String who, Instant at) throws StoreException {
        List<String> removed = new ArrayList<>();
        Optional<Link> added = writing("pruned", () -> {
            removed.clear();
            List<Link> links = removable(keep);
            if (links.isEmpty()) {
                return Optional.empty();
            }
            Pruner.remove(connection, links);
            links.forEach(link -> removed.add(link.run()));
            return Optional.of(append(
                    Link.Kind.PRUNING,
                    "",
                    "",
                    at,
                    Note.pruning(
                            who,
                            keep.words(),
                            links.stream()
                                    .map(link -> new Note.Removed(link.seq(), link.digest(), link.run()))
                                    .toList())));
        });
        if (added.isPresent()) {
            witness.note(added.get().seq(), added.get().digest());
            try {
                database.shrink(connection);
            } catch (SQLException e) {
                throw database.explained(e, "made smaller, although old runs were removed");
            }
        }
        return List.copyOf(removed);
    }

    private List<Link> removable(Keep keep) throws SQLException, StoreException {
        Set<String> approved = approvals().keySet();
        Map<List<String>, Integer> newer = new HashMap<>();
        List<Link> removable = new ArrayList<>();
        Link.each(connection, "WHERE kind IN ('run', 'operation') ORDER BY seq DESC", List.of(), link -> {
            int rank = newer.merge(List.of(link.series(), link.command()), 1, Integer::sum);
            boolean old = switch (keep) {
                case Keep.Since since -> link.at() < since.since().toEpochMilli();
                case Keep.Last last -> rank > last.count();
            };
            if (old && rank > 1 && !approved.contains(link.run())) {
                removable.add(link);
            }
        });
        Collections.reverse(removable);
        return removable;
    }

    // ------------------------------------------------------------------ what was sent

    /**
     * Takes the right to tell somebody, so that two runs that end at once do not both tell the same.
     *
     * @param limit after which a claim that was not given back counts for nothing: its process was killed
     * @return false where somebody else has it
     * @throws StoreException when it cannot be written
     */
    public boolean claim(String series, String channel, Instant at, Duration limit) throws StoreException {
        return writing("written", () -> {
            List<Long> claims = new ArrayList<>();
            Sql.query(
                    connection,
                    "SELECT at FROM remembered WHERE series = ? AND channel = ? AND name = ?",
                    List.of(series, channel, CLAIM),
                    row -> claims.add(row.getLong(1)));
            if (claims.stream()
                    .anyMatch(since -> at.toEpochMilli() - since < limit.toMillis()
                            && since <= at.toEpochMilli() + limit.toMillis())) {
                return false;
            }
            release(series, channel, connection);
            Sql.update(
                    connection,
                    "INSERT INTO remembered (series, channel, name, digest, at) VALUES (?, ?, ?, ?, ?)",
                    series,
                    channel,
                    CLAIM,
                    "",
                    at.toEpochMilli());
            return true;
        });
    }

    /**
     * Gives the right to tell somebody back.
     *
     * @throws StoreException when it cannot be written
     */
    public void release(String series, String channel) throws StoreException {
        writing("written", () -> {
            release(series, channel, connection);
            return true;
        });
    }

    private static void release(String series, String channel, Connection connection) throws SQLException {
        Sql.update(
                connection,
                "DELETE FROM remembered WHERE series = ? AND channel = ? AND name = ?",
                series,
                channel,
                CLAIM);
    }

    /** No condition has this name. */
    private static final String CLAIM = "\t";

    /**
     * What somebody was told last: each condition's state, by its name.
     *
     * @param channel who
     * @throws StoreException when it cannot be read
     */
    public Map<String, String> told(String series, String channel) throws StoreException {
        return reading("read", () -> {
            Map<String, String> told = new LinkedHashMap<>();
            Sql.query(
                    connection,
                    "SELECT name, digest FROM remembered WHERE series = ? AND channel = ? AND name <> ?",
                    List.of(series, channel, CLAIM),
                    row -> told.put(row.getString(1), row.getString(2)));
            return told;
        });
    }

    /**
     * Remembers what somebody was told, in place of what he was told before.
     *
     * @throws StoreException when it cannot be written
     */
    public void tell(String series, String channel, Map<String, String> told, Instant at) throws StoreException {
        Map<String, String> before = told(series, channel);
        writing("written", () -> {
            for (String name : before.keySet()) {
                if (!Objects.equals(before.get(name), told.get(name))) {
                    Sql.update(
                            connection,
                            "DELETE FROM remembered WHERE series = ? AND channel = ? AND name = ?",
                            series,
                            channel,
                            name);
                }
            }
            for (Map.Entry<String, String> one : told.entrySet()) {
                if (!Objects.equals(before.get(one.getKey()), one.getValue())) {
                    Sql.update(
                            connection,
                            "INSERT INTO remembered (series, channel, name, digest, at) VALUES (?, ?, ?, ?, ?)",
                            series,
                            channel,
                            one.getKey(),
                            one.getValue(),
                            at.toEpochMilli());
                }
            }
            return told.size();
        });
    }

    // ------------------------------------------------------------------ inside

    private StoredRun stored(Link link, Map<String, Approval> approvals) throws StoreException {
        try {
            Run head = JsonParts.run(link.body());
            return new StoredRun(
                    link.seq(),
                    link.run(),
                    link.command(),
                    head.startedAt(),
                    head.finishedAt(),
                    head.context().operator(),
                    head.context().controller(),
                    link.series(),
                    head.context().limit(),
                    counts(link),
                    link.digest(),
                    Optional.of(link.journal()).filter(digest -> !digest.isEmpty()),
                    Optional.ofNullable(approvals.get(link.run())));
        } catch (JsonReader.NoReport e) {
            throw damaged(link, e);
        }
    }

    private Optional<Counts> counts(Link link) throws StoreException {
        try {
            return link.kind() == Link.Kind.RUN ? Optional.of(JsonParts.counts(link.body())) : Optional.empty();
        } catch (JsonReader.NoReport e) {
            throw damaged(link, e);
        }
    }

    private StoreException damaged(Link link, JsonReader.NoReport problem) {
        return new StoreException(
                problem,
                "the run %s in %s cannot be believed: %s; 'holdfast history verify' tells what else is damaged",
                Clean.line(link.run(), 80),
                database.where(),
                problem.why());
    }

    private Link resolved(String wanted) throws SQLException, StoreException {
        List<Link> found = begun(wanted);
        for (Link link : found) {
            if (link.run().equals(wanted)) {
                return link;
            }
        }
        if (found.size() > 1) {
            throw new StoreException(
                    "the run '%s' is not the only one that begins so: %s%s",
                    wanted,
                    String.join(", ", found.stream().limit(3).map(Link::run).toList()),
                    found.size() > 3 ? " and others" : "");
        }
        if (found.isEmpty()) {
            if (pruned().contains(wanted)) {
                throw new StoreException("the run %s was removed from %s by a pruning", wanted, database.where());
            }
            throw new StoreException(
                    "there is no run '%s' in %s; 'holdfast history' lists them", wanted, database.where());
        }
        return found.getFirst();
    }

    private List<Link> begun(String wanted) throws SQLException, StoreException {
        checked(wanted);
        // An id has none of the characters that mean something in a pattern.
        return Link.select(
                connection,
                "WHERE kind IN ('run', 'operation') AND run LIKE ? ORDER BY seq DESC LIMIT 4",
                List.of(wanted + "%"));
    }

    private Set<String> pruned() throws SQLException, StoreException {
        Set<String> runs = new HashSet<>();
        Link.each(
                connection,
                "WHERE kind = 'pruning'",
                List.of(),
                link -> Note.removed(link).forEach(one -> runs.add(one.run())));
        return runs;
    }

    private static void checked(String id) throws StoreException {
        if (!ID.matcher(id).matches()) {
            throw new StoreException(
                    "'%s' is not the id of a run, which looks like 20261122T045259Z-a1b2c3", Clean.line(id, 100));
        }
    }

    private interface Work<T> {
        T done() throws SQLException, StoreException;
    }

    private <T> T reading(String doing, Work<T> work) throws StoreException {
        return transaction(false, doing, work);
    }

    private <T> T writing(String doing, Work<T> work) throws StoreException {
        return transaction(true, doing, work);
    }

    private <T> T transaction(boolean write, String doing, Work<T> work) throws StoreException {
        try {
            if (write) {
                database.beginWriting(connection);
            } else {
                database.beginReading(connection);
            }
            boolean done = false;
            try {
                T result = work.done();
                done = true;
                return result;
            } finally {
                if (!done) {
                    undo();
                } else {
                    database.end(connection, write);
                }
            }
        } catch (SQLException e) {
            throw database.explained(e, doing);
        }
    }

    /** What went wrong before is what is told. */
    private void undo() {
        try {
            database.end(connection, false);
        } catch (SQLException e) {
            // A connection that is gone takes its transaction with it.
        }
    }

    /** @throws StoreException when it cannot be closed */
    @Override
    public void close() throws StoreException {
        try {
            connection.close();
        } catch (SQLException e) {
            throw database.explained(e, "closed");
        }
    }
}
