package holdfast.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Removes runs, but not the rows that later runs still need. */
final class Pruner {

    private Pruner() {}

    static void remove(Connection connection, List<Link> links) throws SQLException, StoreException {
        Set<Long> removed = new HashSet<>();
        links.forEach(link -> removed.add(link.seq()));
        Map<String, TreeSet<Long>> kept = new HashMap<>();
        Sql.query(connection, "SELECT seq, series FROM entry WHERE kind = 'run'", List.of(), row -> {
            if (!removed.contains(row.getLong(1))) {
                kept.computeIfAbsent(row.getString(2), unused -> new TreeSet<>())
                        .add(row.getLong(1));
            }
        });
        for (Link link : links) {
            Long next = kept.getOrDefault(link.series(), new TreeSet<>()).higher(link.seq());
            if (next == null) {
                Sql.update(connection, "DELETE FROM change WHERE run = ?", link.seq());
            } else {
                Sql.update(
                        connection,
                        "DELETE FROM change WHERE run = ? AND EXISTS (SELECT 1 FROM change n "
                                + "WHERE n.slot = change.slot AND n.run > ? AND n.run <= ?)",
                        link.seq(),
                        link.seq(),
                        next);
            }
            Sql.update(connection, "DELETE FROM entry WHERE seq = ?", link.seq());
        }
        Database.run(connection, "DELETE FROM content WHERE id NOT IN (SELECT content FROM change)");
        Database.run(connection, "DELETE FROM slot WHERE id NOT IN (SELECT slot FROM change)");
        Database.run(connection, "DELETE FROM subject WHERE id NOT IN (SELECT subject FROM slot)");
    }
}
