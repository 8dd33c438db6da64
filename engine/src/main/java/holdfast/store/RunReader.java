package holdfast.store;

import holdfast.report.JsonParts;
import holdfast.report.JsonReader;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** Puts a stored run together again, within one transaction. */
final class RunReader implements AutoCloseable {

    private static final int SUBJECTS = 50;

    private final Connection connection;
    private final Link link;
    private final Patch patch = new Patch();
    private final Bodies bodies;
    private final Map<Integer, Map<String, Held>> held = new HashMap<>();
    private final Map<Integer, Finding> whole = new HashMap<>();

    RunReader(Connection connection, Link link) {
        this.connection = connection;
        this.link = link;
        this.bodies = new Bodies(connection);
    }

    private record Held(int content, byte @Nullable [] patch) {}

    /** @param durationMillis how long the visit took */
    record Seat(int subject, long durationMillis) {}

    /** The subjects of a roster. */
    static List<Seat> seats(String roster) throws StoreException {
        List<Seat> seats = new ArrayList<>();
        try {
            for (String seat : roster.isEmpty() ? new String[0] : roster.split(" ")) {
                int colon = seat.indexOf(':');
                seats.add(
                        colon < 0
                                ? new Seat(Integer.parseInt(seat), 0)
                                : new Seat(
                                        Integer.parseInt(seat.substring(0, colon)),
                                        Long.parseLong(seat.substring(colon + 1))));
            }
        } catch (NumberFormatException e) {
            throw new StoreException(e, "its list of nodes cannot be read");
        }
        return seats;
    }

    /** @throws StoreException with what is wrong with it, to be completed by the run's id */
    Run read(Database database) throws SQLException, StoreException {
        List<Seat> seats = seats(link.roster());
        Map<Integer, String> kinds = new HashMap<>();
        Sql.query(
                connection,
                "SELECT id, kind FROM subject WHERE series = ?",
                List.of(link.series()),
                row -> kinds.put(row.getInt(1), row.getString(2)));
        Map<String, String> items = new HashMap<>();
        Sql.query(
                connection,
                database.latest(),
                List.of(link.seq(), link.series()),
                row -> held.computeIfAbsent(row.getInt(2), unused -> new HashMap<>())
                        .put(
                                items.computeIfAbsent(row.getString(3), name -> name),
                                new Held(row.getInt(4), row.getBytes(6))));
        List<NodeResult> nodes = new ArrayList<>();
        List<ClusterResult> clusters = new ArrayList<>();
        try {
            for (int from = 0; from < seats.size(); from += SUBJECTS) {
                List<Seat> some = seats.subList(from, Math.min(seats.size(), from + SUBJECTS));
                fetch(some);
                for (Seat seat : some) {
                    String shell = text(held(seat, Subject.ITSELF));
                    List<Finding> findings = findings(seat, shell);
                    if (Subject.CLUSTER.equals(kinds.get(seat.subject))) {
                        clusters.add(JsonParts.cluster(shell, findings));
                    } else {
                        nodes.add(JsonParts.node(shell, seat.durationMillis, findings));
                    }
                }
            }
            return JsonParts.run(link.body(), nodes, clusters);
        } catch (JsonReader.NoReport e) {
            throw new StoreException(e, "%s", e.why());
        } catch (DataFormatException e) {
            throw new StoreException(e, "what is kept of a finding is damaged: %s", String.valueOf(e.getMessage()));
        }
    }

    private void fetch(List<Seat> seats) throws SQLException, StoreException {
        Set<Integer> contents = new LinkedHashSet<>();
        for (Seat seat : seats) {
            for (Held one : held.getOrDefault(seat.subject, Map.of()).values()) {
                if (one.patch != null || !whole.containsKey(one.content)) {
                    contents.add(one.content);
                }
            }
        }
        bodies.fetch(contents);
    }

    private List<Finding> findings(Seat seat, String shell)
            throws SQLException, StoreException, DataFormatException, JsonReader.NoReport {
        List<Finding> findings = new ArrayList<>();
        for (String item : Subject.items(JsonParts.checks(shell))) {
            Held one = held(seat, item);
            Finding finding = one.patch == null ? whole.get(one.content) : null;
            if (finding == null) {
                finding = JsonReader.finding(text(one));
                if (one.patch == null) {
                    // Most nodes say the same; they share it in memory as they do on the disk.
                    whole.put(one.content, finding);
                }
            }
            findings.add(finding);
        }
        return findings;
    }

    private Held held(Seat seat, String item) throws StoreException {
        Held one = held.getOrDefault(seat.subject, Map.of()).get(item);
        if (one == null) {
            throw new StoreException("what is kept of a node or finding is missing");
        }
        return one;
    }

    private String text(Held one) throws SQLException, StoreException, DataFormatException {
        byte[] body = bodies.of(one.content);
        return new String(one.patch == null ? body : patch.apply(body, one.patch), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        patch.close();
    }
}
