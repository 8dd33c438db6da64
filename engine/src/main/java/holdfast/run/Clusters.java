package holdfast.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Which nodes belong to one cluster. */
final class Clusters {

    private Clusters() {}

    /**
     * The members of one cluster.
     *
     * @param name as corosync has it
     * @param id the fingerprint of its CA; empty when no member could read that
     * @param members in the given order
     */
    record Group<T>(String name, Optional<String> id, List<T> members) {}

    /**
     * Groups by the CA's fingerprint, since two clusters may bear the same name. A member that cannot read its CA
     * joins the only group of its cluster's name, or stands in a group of its own name.
     *
     * @param clustered nodes that are members of a cluster
     */
    static <T> List<Group<T>> group(
            List<T> clustered, Function<T, String> nameOf, Function<T, Optional<String>> authorityOf) {
        Map<String, Set<String>> idsOfName = new HashMap<>();
        for (T node : clustered) {
            authorityOf
                    .apply(node)
                    .ifPresent(id -> idsOfName
                            .computeIfAbsent(nameOf.apply(node), key -> new HashSet<>())
                            .add(id));
        }
        Map<String, Group<T>> groups = new LinkedHashMap<>();
        for (T node : clustered) {
            String name = nameOf.apply(node);
            Set<String> known = idsOfName.getOrDefault(name, Set.of());
            Optional<String> id = authorityOf
                    .apply(node)
                    .or(() -> known.size() == 1 ? known.stream().findFirst() : Optional.empty());
            groups.computeIfAbsent(id.orElse("name:" + name), key -> new Group<>(name, id, new ArrayList<>()))
                    .members()
                    .add(node);
        }
        return List.copyOf(groups.values());
    }
}
