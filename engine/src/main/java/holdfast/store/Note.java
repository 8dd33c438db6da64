package holdfast.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The bodies of entries that are no runs. */
final class Note {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Note() {}

    static String approval(String who, String why) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("who", who);
        json.put("why", why);
        return MAPPER.writeValueAsString(json);
    }

    static Approval approval(Link link) throws StoreException {
        JsonNode json = read(link);
        return new Approval(
                link.run(),
                link.series(),
                json.path("who").asString(""),
                json.path("why").asString(""),
                Instant.ofEpochMilli(link.at()));
    }

    /**
     * An entry that a pruning removed.
     *
     * @param seq its place
     * @param digest which the entry after it has as its previous one
     * @param run the run's id
     */
    record Removed(long seq, String digest, String run) {}

    static String pruning(String who, String keep, List<Removed> removed) {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("who", who);
        json.put("kept", keep);
        ArrayNode all = json.putArray("removed");
        removed.forEach(one -> all.addArray().add(one.seq()).add(one.digest()).add(one.run()));
        return MAPPER.writeValueAsString(json);
    }

    static List<Removed> removed(Link link) throws StoreException {
        List<Removed> all = new ArrayList<>();
        for (JsonNode one : read(link).path("removed")) {
            all.add(new Removed(
                    one.path(0).asLong(0), one.path(1).asString(""), one.path(2).asString("")));
        }
        return all;
    }

    private static JsonNode read(Link link) throws StoreException {
        try {
            return MAPPER.readTree(link.body());
        } catch (JacksonException e) {
            throw new StoreException(
                    e,
                    "the entry %d of the history is damaged; 'holdfast history verify' tells what else is",
                    link.seq());
        }
    }
}
