package holdfast.store;

import holdfast.report.JsonParts;
import holdfast.run.Finding;
import holdfast.run.Run;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** Writes what a run found that is not there already, within a transaction that alone may write. */
final class RunWriter implements AutoCloseable {

    /** How many texts are looked up and written at once; bounds the memory that a first run takes. */
    private static final int BATCH = 4000;

    private final Connection connection;
    private final long seq;
    private final String series;
    private final Patch patch = new Patch();
    private final Bodies bodies;
    private final Map<Subject, Integer> subjects = new HashMap<>();
    private final Map<Place, Held> held = new HashMap<>();
    private final Map<Place, Integer> newSlots = new LinkedHashMap<>();
    private final Map<Digest, Integer> known = new HashMap<>();
    private final Map<Digest, Integer> likenesses = new HashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private int lastSubject;
    private int lastSlot;
    private int lastContent;

    RunWriter(Connection connection, long seq, String series) {
        this.connection = connection;
        this.seq = seq;
        this.series = series;
        this.bodies = new Bodies(connection);
    }

    /** @param item a check, or {@link Subject#ITSELF} */
    private record Place(int subject, String item) {}

    /** What a slot holds: a content, or what a patch makes from it. */
    private record Held(int slot, int content, Digest digest, byte @Nullable [] patch) {}

    /** A text that its slot did not hold yet. */
    private record Pending(int slot, Digest digest, Digest likeness, byte[] text) {}

    /** What a run's entry says of its findings. */
    record Written(String roster, String contents, long findings) {}

    Written write(Database database, Run run) throws SQLException, StoreException {
        load(database);
        MessageDigest contents = Digest.sha256();
        StringBuilder roster = new StringBuilder();
        long[] findings = {0};
        Subject.each(run, told -> {
            int subject = subject(told.subject());
            Digest digest = tell(subject, told);
            told.subject().feed(contents, told.durationMillis(), digest);
            roster.append(roster.isEmpty() ? "" : " ").append(subject);
            if (told.durationMillis() != 0) {
                roster.append(':').append(told.durationMillis());
            }
            findings[0] += told.findings().size();
            if (pending.size() >= BATCH) {
                flush();
            }
        });
        flush();
        return new Written(roster.toString(), Digest.finished(contents).hex(), findings[0]);
    }

    private void load(Database database) throws SQLException, StoreException {
        lastSubject = Math.toIntExact(Sql.number(connection, "SELECT max(id) FROM subject"));
        lastSlot = Math.toIntExact(Sql.number(connection, "SELECT max(id) FROM slot"));
        lastContent = Math.toIntExact(Sql.number(connection, "SELECT max(id) FROM content"));
        Sql.query(
                connection,
                "SELECT id, kind, name, identity FROM subject WHERE series = ?",
                List.of(series),
                row -> subjects.put(new Subject(row.getString(2), row.getString(3), row.getString(4)), row.getInt(1)));
        Map<String, String> items = new HashMap<>();
        Map<Integer, Digest> digests = new HashMap<>();
        Sql.query(connection, database.latest(), List.of(seq, series), row -> {
            String item = items.computeIfAbsent(row.getString(3), name -> name);
            int content = row.getInt(4);
            Digest digest = digests.get(content);
            if (digest == null) {
                digest = Digest.read(row.getBytes(5));
                digests.put(content, digest);
            }
            held.put(new Place(row.getInt(2), item), new Held(row.getInt(1), content, digest, row.getBytes(6)));
        });
    }

    private int subject(Subject subject) throws SQLException {
        Integer id = subjects.get(subject);
        if (id != null) {
            return id;
        }
        int made = ++lastSubject;
        Sql.update(
                connection,
                "INSERT INTO subject (id, series, kind, name, identity) VALUES (?, ?, ?, ?, ?)",
                made,
                series,
                subject.kind(),
                subject.name(),
                subject.identity());
        subjects.put(subject, made);
        return made;
    }

    private Digest tell(int subject, Subject.Told told) throws SQLException, StoreException {
        MessageDigest all = Digest.sha256();
        Digest shell = put(
                new Place(subject, Subject.ITSELF),
                told.shell(),
                Subject.likeness(told.subject().kind(), ""));
        all.update(shell.bytes());
        List<String> items = told.items();
        for (int i = 0; i < items.size(); i++) {
            Finding finding = told.findings().get(i);
            Digest digest = put(
                    new Place(subject, items.get(i)),
                    JsonParts.finding(finding),
                    Subject.likeness(finding.check(), finding.fingerprint()));
            all.update(digest.bytes());
        }
        return Digest.finished(all);
    }

    private Digest put(Place place, String json, Digest likeness) throws SQLException, StoreException {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        Digest digest = Digest.of(text);
        Held now = held.get(place);
        if (now != null && now.patch == null && now.digest.equals(digest)) {
            return digest;
        }
        if (now != null && now.patch != null && Arrays.equals(text, applied(now))) {
            return digest;
        }
        pending.add(new Pending(
                now != null ? now.slot : newSlots.computeIfAbsent(place, unused -> ++lastSlot),
                digest,
                likeness,
                text));
        return digest;
    }

    private byte[] applied(Held now) throws SQLException, StoreException {
        try {
            return patch.apply(bodies.of(now.content), Objects.requireNonNull(now.patch));
        } catch (DataFormatException e) {
            // Somebody damaged it; what is true now is written, and a verification finds the damage.
            return new byte[0];
        }
    }

    /** Writes what is pending: whole where nothing like it is there, else by what is different. */
    private void flush() throws SQLException, StoreException {
        if (pending.isEmpty()) {
            return;
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO slot (id, subject, item) VALUES (?, ?, ?)")) {
            for (Map.Entry<Place, Integer> made : newSlots.entrySet()) {
                insert.setInt(1, made.getValue());
                insert.setInt(2, made.getKey().subject);
                insert.setString(3, made.getKey().item);
                insert.addBatch();
            }
            insert.executeBatch();
        }
        newSlots.clear();
        lookUp();
        try (PreparedStatement content = connection.prepareStatement(
                        "INSERT INTO content (id, digest, likeness, body) VALUES (?, ?, ?, ?)");
                PreparedStatement change = connection.prepareStatement(
                        "INSERT INTO change (run, slot, content, patch) VALUES (?, ?, ?, ?)")) {
            for (Pending one : pending) {
                Integer id = known.get(one.digest);
                byte[] difference = null;
                if (id == null) {
                    Integer base = likenesses.get(one.likeness);
                    if (base != null) {
                        byte[] made = patch.make(bodies.of(base), one.text);
                        // A text that is hardly like its base is better kept whole, where others can share it.
                        if (made.length < one.text.length / 2) {
                            difference = made;
                            id = base;
                        }
                    }
                }
                if (id == null) {
                    id = ++lastContent;
                    content.setInt(1, id);
                    content.setBytes(2, one.digest.bytes());
                    content.setBytes(3, one.likeness.bytes());
                    content.setBytes(4, one.text);
                    content.addBatch();
                    known.put(one.digest, id);
                    if (likenesses.putIfAbsent(one.likeness, id) == null) {
                        bodies.put(id, one.text);
                    }
                }
                change.setLong(1, seq);
                change.setInt(2, one.slot);
                change.setInt(3, id);
                if (difference == null) {
                    change.setNull(4, Types.BINARY);
                } else {
                    change.setBytes(4, difference);
                }
                change.addBatch();
            }
            content.executeBatch();
            change.executeBatch();
        }
        pending.clear();
    }

    private void lookUp() throws SQLException, StoreException {
        List<byte[]> digests = pending.stream()
                .map(Pending::digest)
                .distinct()
                .filter(digest -> !known.containsKey(digest))
                .map(Digest::bytes)
                .toList();
        Sql.queryIn(
                connection,
                "SELECT id, digest FROM content WHERE digest",
                digests,
                row -> known.put(Digest.read(row.getBytes(2)), row.getInt(1)));
        List<byte[]> alike = pending.stream()
                .filter(one -> !known.containsKey(one.digest))
                .map(Pending::likeness)
                .distinct()
                .filter(likeness -> !likenesses.containsKey(likeness))
                .map(Digest::bytes)
                .toList();
        Sql.queryIn(
                connection,
                "SELECT id, likeness FROM content WHERE likeness",
                alike,
                row -> likenesses.merge(Digest.read(row.getBytes(2)), row.getInt(1), Math::min));
        bodies.fetch(pending.stream()
                .filter(one -> !known.containsKey(one.digest) && likenesses.containsKey(one.likeness))
                .map(one -> Objects.requireNonNull(likenesses.get(one.likeness)))
                .distinct()
                .toList());
    }

    @Override
    public void close() {
        patch.close();
    }
}
