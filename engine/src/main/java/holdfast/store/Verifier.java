package holdfast.store;

import holdfast.journal.JournalEnd;
import holdfast.journal.JournalException;
import holdfast.report.JsonParts;
import holdfast.report.JsonReader;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** Recomputes every digest of a store from its rows, in one pass, within one transaction. */
final class Verifier implements AutoCloseable {

    private static final int MOST_FAULTS = 100;

    private final Connection connection;
    private final Patch patch = new Patch();
    private final Bodies bodies;
    private final List<Verification.Fault> faults = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final Map<Long, Note.Removed> removed = new HashMap<>();
    private final Set<String> digests = new HashSet<>();
    private final List<String> later = new ArrayList<>();
    private final Map<Long, String> seriesOf = new HashMap<>();
    private final Deque<RunEntry> runs = new ArrayDeque<>();
    private final Map<String, JournalClaim> journals = new LinkedHashMap<>();
    private final Map<Integer, Digest> contents = new HashMap<>();
    private final Map<Integer, SubjectState> subjects = new HashMap<>();
    private final Map<Integer, Slot> slots = new HashMap<>();
    private final Map<String, Series> broken = new LinkedHashMap<>();
    private final MessageDigest sha = Digest.sha256();
    private long findings;
    private int strayRows;

    Verifier(Connection connection) {
        this.connection = connection;
        this.bodies = new Bodies(connection);
    }

    private record RunEntry(long seq, String run, String series, String contents, long findings) {}

    private record JournalClaim(String digest, String operator, String controller) {}

    /** What a slot holds after the rows that were applied so far. */
    private static final class Slot {
        private final SubjectState subject;
        private final String item;
        private @Nullable Digest digest;

        Slot(SubjectState subject, String item) {
            this.subject = subject;
            this.item = item;
        }
    }

    /** A node or cluster after the rows that were applied so far. */
    private static final class SubjectState {
        private final Subject subject;
        private final String series;
        private final Map<String, Slot> slots = new HashMap<>();
        private List<String> items = List.of();
        private @Nullable Digest told;
        private boolean stale = true;

        SubjectState(Subject subject, String series) {
            this.subject = subject;
            this.series = series;
        }
    }

    /** The runs of a series that are not as they were, without a sound one between them. */
    private static final class Series {
        private final String first;
        private String last;
        private int count = 1;

        Series(String first) {
            this.first = first;
            this.last = first;
        }
    }

    /**
     * @param witnessed the digest of what this controller wrote last
     * @param exclusive whether nobody else writes to this store
     */
    Verification verify(Claims claims, Optional<String> witnessed, boolean exclusive)
            throws SQLException, StoreException {
        Chain chain = chain(witnessed);
        contents();
        places();
        changes();
        new ArrayList<>(broken.keySet()).forEach(this::report);
        if (strayRows > 0) {
            fault(
                    "the history",
                    "%d rows of findings belong to no run of their series: they were put in, or the run was taken out"
                            .formatted(strayRows));
        }
        // A pruning of our own is noted itself, so what it removed vouches for nothing; another controller may prune
        // too.
        boolean there = witnessed.isPresent() && (chain.witnessed || (!exclusive && digests.contains(witnessed.get())));
        if (witnessed.isEmpty() && chain.seq > 0) {
            notes.add(
                    "nothing on this machine vouches for the end of this history: whether something was cut off is not known");
        }
        if (there && !later.isEmpty()) {
            String what = "%d %s came after what this controller wrote last: %s"
                    .formatted(
                            later.size(),
                            later.size() == 1 ? "entry" : "entries",
                            String.join(", ", later.subList(0, Math.min(5, later.size()))));
            if (exclusive) {
                fault("the end", what + "; nobody else writes to this history");
            } else {
                notes.add(what + "; is that known?");
            }
        }
        if (witnessed.isPresent() && !there) {
            fault(
                    "the end",
                    "what this controller wrote last, with the digest %s, is not there: the end was cut off, or an older copy was put back"
                            .formatted(witnessed.get()));
        }
        if (claims.head().isPresent() && !digests.contains(claims.head().get())) {
            fault(
                    "the end",
                    "no entry has the digest %s"
                            .formatted(Clean.line(claims.head().get(), 80)));
        }
        int intact = claims.journals().isPresent() ? journals(claims.journals().get()) : 0;
        return new Verification(
                chain.runs,
                findings,
                chain.approvals,
                chain.prunings,
                removed.size(),
                intact,
                chain.head,
                faults,
                notes);
    }

    private void fault(String where, String what) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(new Verification.Fault(where, what));
        }
    }

    // ------------------------------------------------------------------ entries

    private static final class Chain {
        private int runs;
        private int approvals;
        private int prunings;
        private Optional<String> head = Optional.empty();
        private long seq;
        private String digest = Link.NOTHING_BEFORE;
        private boolean witnessed;
    }

    private Chain chain(Optional<String> witnessed) throws SQLException, StoreException {
        Link.each(connection, "WHERE kind = 'pruning' ORDER BY seq", List.of(), link -> {
            try {
                for (Note.Removed one : Note.removed(link)) {
                    if (one.seq() >= link.seq()) {
                        fault(where(link), "it removes entry %d, which came after it".formatted(one.seq()));
                    } else {
                        removed.put(one.seq(), one);
                    }
                }
            } catch (StoreException e) {
                // Its digest does not fit either, which is told below.
            }
        });
        removed.values().forEach(one -> digests.add(one.digest()));
        Chain chain = new Chain();
        Link.each(connection, "ORDER BY seq", List.of(), link -> {
            entry(chain, link);
            if (chain.witnessed) {
                later.add(where(link));
            }
            chain.witnessed |= witnessed.filter(link.digest()::equals).isPresent();
        });
        return chain;
    }

    private void entry(Chain chain, Link link) {
        String where = where(link);
        long missing = 0;
        // A hostile number must not keep us here for ever.
        for (long seq = chain.seq + 1; seq < link.seq() && missing < 1_000_000; seq++) {
            Note.Removed one = removed.get(seq);
            if (one == null) {
                missing++;
            } else {
                chain.digest = one.digest();
            }
        }
        if (missing > 0) {
            fault(where, "before it %s missing".formatted(missing == 1 ? "an entry is" : missing + " entries are"));
        } else if (!link.previous().equals(chain.digest)) {
            fault(where, "it does not follow the entry before it: one is missing, was changed or has moved");
        }
        if (removed.containsKey(link.seq())) {
            fault(where, "a pruning removed it, and it is here again");
        }
        if (link.kind() == Link.Kind.OTHER) {
            fault(where, "it is of no kind that this holdfast knows");
        } else if (!link.computed().equals(link.digest())) {
            fault(where, "it was changed after it was written: its digest does not fit");
        }
        chain.seq = link.seq();
        chain.digest = link.digest();
        chain.head = Optional.of(link.digest());
        digests.add(link.digest());
        switch (link.kind()) {
            case RUN -> {
                chain.runs++;
                seriesOf.put(link.seq(), link.series());
                runs.add(new RunEntry(link.seq(), link.run(), link.series(), link.contents(), link.findings()));
                claim(link);
            }
            case OPERATION -> {
                chain.runs++;
                claim(link);
            }
            case APPROVAL -> chain.approvals++;
            case PRUNING -> chain.prunings++;
            case OTHER -> {}
        }
    }

    private static String where(Link link) {
        String run = Clean.line(link.run(), 80);
        return switch (link.kind()) {
            case RUN, OPERATION -> "run " + run;
            case APPROVAL -> "the approval of run %s (entry %d)".formatted(run, link.seq());
            case PRUNING -> "the pruning (entry %d)".formatted(link.seq());
            case OTHER -> "entry %d".formatted(link.seq());
        };
    }

    private void claim(Link link) {
        try {
            Run.Context context = JsonParts.run(link.body()).context();
            journals.put(link.run(), new JournalClaim(link.journal(), context.operator(), context.controller()));
        } catch (JsonReader.NoReport e) {
            fault(where(link), "its head cannot be read: " + e.why());
        }
    }

    // ------------------------------------------------------------------ findings

    private void contents() throws SQLException, StoreException {
        Sql.query(connection, "SELECT id, digest, body FROM content ORDER BY id", List.of(), row -> {
            Digest digest = Digest.finished(sha, row.getBytes(3));
            contents.put(row.getInt(1), digest);
            if (!Arrays.equals(digest.bytes(), row.getBytes(2))) {
                fault(
                        "the text %d".formatted(row.getInt(1)),
                        "it was changed after it was written; the runs that hold it follow");
            }
        });
    }

    private void places() throws SQLException, StoreException {
        Sql.query(
                connection,
                "SELECT id, series, kind, name, identity FROM subject",
                List.of(),
                row -> subjects.put(
                        row.getInt(1),
                        new SubjectState(
                                new Subject(row.getString(3), row.getString(4), row.getString(5)), row.getString(2))));
        Map<String, String> items = new HashMap<>();
        Sql.query(connection, "SELECT id, subject, item FROM slot", List.of(), row -> {
            SubjectState subject = subjects.get(row.getInt(2));
            if (subject != null) {
                Slot slot = new Slot(subject, items.computeIfAbsent(row.getString(3), name -> name));
                slots.put(row.getInt(1), slot);
                subject.slots.put(slot.item, slot);
            }
        });
    }

    private void changes() throws SQLException, StoreException {
        Sql.query(connection, "SELECT run, slot, content, patch FROM change ORDER BY run, slot", List.of(), row -> {
            long run = row.getLong(1);
            while (!runs.isEmpty() && runs.getFirst().seq < run) {
                close(runs.removeFirst());
            }
            Slot slot = slots.get(row.getInt(2));
            String series = seriesOf.get(run);
            if (slot == null || (series == null ? !removed.containsKey(run) : !series.equals(slot.subject.series))) {
                strayRows++;
            }
            if (slot != null) {
                apply(slot, row.getInt(3), row.getBytes(4));
            }
        });
        while (!runs.isEmpty()) {
            close(runs.removeFirst());
        }
    }

    private void apply(Slot slot, int content, byte @Nullable [] difference) throws SQLException, StoreException {
        slot.subject.stale = true;
        slot.digest = null;
        boolean itself = slot.item.equals(Subject.ITSELF);
        if (difference == null && !itself) {
            slot.digest = contents.get(content);
            return;
        }
        byte[] text = bodies.find(content);
        try {
            if (text != null && difference != null) {
                text = patch.apply(text, difference);
            }
            if (text != null) {
                slot.digest = Digest.finished(sha, text);
                if (itself) {
                    slot.subject.items = Subject.items(text);
                }
            }
        } catch (DataFormatException | JsonReader.NoReport e) {
            slot.digest = null;
        }
    }

    private void close(RunEntry run) throws SQLException, StoreException {
        if (sound(run)) {
            report(run.series);
            return;
        }
        Series series = broken.get(run.series);
        if (series == null) {
            broken.put(run.series, new Series(run.run));
        } else {
            series.last = run.run;
            series.count++;
        }
    }

    private void report(String name) {
        Series series = broken.remove(name);
        if (series != null) {
            fault(
                    "run " + Clean.line(series.first, 80),
                    "what is stored of its findings is not what it found"
                            + (series.count == 1
                                    ? ""
                                    : ", nor of the %d runs of its series after it up to %s, which share that"
                                            .formatted(series.count - 1, Clean.line(series.last, 80))));
        }
    }

    private boolean sound(RunEntry run) throws SQLException, StoreException {
        List<String> roster = new ArrayList<>();
        Sql.query(
                connection,
                "SELECT roster FROM entry WHERE seq = ?",
                List.of(run.seq),
                row -> roster.add(row.getString(1)));
        MessageDigest all = Digest.sha256();
        long found = 0;
        List<RunReader.Seat> seats;
        try {
            seats = RunReader.seats(roster.isEmpty() ? "?" : roster.getFirst());
        } catch (StoreException e) {
            return false;
        }
        for (RunReader.Seat seat : seats) {
            SubjectState state = subjects.get(seat.subject());
            Digest told = state == null || !state.series.equals(run.series) ? null : told(state);
            if (state == null || told == null) {
                return false;
            }
            state.subject.feed(all, seat.durationMillis(), told);
            found += state.items.size();
        }
        findings += found;
        return found == run.findings && Digest.finished(all).hex().equals(run.contents);
    }

    private @Nullable Digest told(SubjectState state) {
        if (state.stale) {
            state.stale = false;
            state.told = null;
            Slot itself = state.slots.get(Subject.ITSELF);
            if (itself == null || itself.digest == null) {
                return null;
            }
            sha.update(itself.digest.bytes());
            for (String item : state.items) {
                Slot slot = state.slots.get(item);
                if (slot == null || slot.digest == null) {
                    sha.reset();
                    return null;
                }
                sha.update(slot.digest.bytes());
            }
            state.told = Digest.finished(sha);
        }
        return state.told;
    }

    // ------------------------------------------------------------------ journals

    private int journals(Claims.Journals claim) {
        int intact = 0;
        List<String> here;
        try {
            here = claim.runs().ids();
        } catch (JournalException e) {
            fault("the journals", e.why());
            return 0;
        }
        for (Map.Entry<String, JournalClaim> one : journals.entrySet()) {
            JournalClaim expected = one.getValue();
            if (expected.digest.isEmpty()
                    || !expected.operator.equals(claim.operator())
                    || !expected.controller.equals(claim.controller())) {
                continue;
            }
            String where = "the journal of run " + Clean.line(one.getKey(), 80);
            if (!here.contains(one.getKey())) {
                fault(where, "it is missing in %s".formatted(claim.runs().directory()));
                continue;
            }
            try {
                JournalEnd end = claim.runs().end(one.getKey());
                if (end.digest().equals(expected.digest)) {
                    intact++;
                } else {
                    fault(
                            where,
                            "it ends otherwise than when the run was stored: it was cut short, replaced or added to");
                }
            } catch (JournalException e) {
                fault(where, e.why());
            }
        }
        Set<String> pruned = new HashSet<>();
        removed.values().forEach(one -> pruned.add(one.run()));
        List<String> unknown = here.stream()
                .filter(id -> !journals.containsKey(id) && !pruned.contains(id))
                .toList();
        for (String id : unknown) {
            try {
                if (!claim.runs().unbegun(id)) {
                    claim.runs().end(id);
                }
            } catch (JournalException e) {
                fault("the journal of run " + id, e.why());
            }
        }
        if (!unknown.isEmpty()) {
            notes.add("%d %s of this controller %s not in the store: older than it, or cut off before the end"
                    .formatted(
                            unknown.size(),
                            unknown.size() == 1 ? "journal" : "journals",
                            unknown.size() == 1 ? "is" : "are"));
        }
        return intact;
    }

    @Override
    public void close() {
        patch.close();
    }
}
