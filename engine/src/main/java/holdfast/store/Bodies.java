package holdfast.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Contents by their ids, those that were used last at hand. */
final class Bodies {

    /** How many bytes are kept at hand. */
    private static final long LIMIT = 24 << 20;

    private final Connection connection;
    private final Map<Integer, byte[]> bodies = new LinkedHashMap<>(1024, 0.75f, true);
    private long size;

    Bodies(Connection connection) {
        this.connection = connection;
    }

    /** @throws StoreException when there is none with this id */
    byte[] of(int id) throws SQLException, StoreException {
        byte[] body = bodies.get(id);
        if (body == null) {
            fetch(List.of(id));
            body = bodies.get(id);
            if (body == null) {
                throw new StoreException(
                        "the content %d of the history is missing; 'holdfast history verify' tells more", id);
            }
        }
        return body;
    }

    /** @return nothing where there is none with this id */
    byte @Nullable [] find(int id) throws SQLException, StoreException {
        if (!bodies.containsKey(id)) {
            fetch(List.of(id));
        }
        return bodies.get(id);
    }

    /** Has them at hand, with few queries. */
    void fetch(Collection<Integer> ids) throws SQLException, StoreException {
        List<Integer> missing = new ArrayList<>();
        for (Integer id : ids) {
            if (bodies.get(id) == null) {
                missing.add(id);
            }
        }
        Sql.queryIn(
                connection,
                "SELECT id, body FROM content WHERE id",
                missing,
                row -> put(row.getInt(1), row.getBytes(2)));
    }

    void put(int id, byte[] body) {
        byte[] before = bodies.put(id, body);
        size += body.length - (before == null ? 0 : before.length);
        while (size > LIMIT && bodies.size() > 1) {
            Map.Entry<Integer, byte[]> oldest = bodies.entrySet().iterator().next();
            if (oldest.getKey() == id) {
                return;
            }
            bodies.remove(oldest.getKey());
            size -= oldest.getValue().length;
        }
    }
}
