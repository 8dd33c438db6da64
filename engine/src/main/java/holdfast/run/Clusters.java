package holdfast.run;

import holdfast.proxmox.Membership;
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
     * joins the only group of its cluster's name, or among several of them the one whose members have the same
     * addresses in their corosync.conf, or stands in a group of its own name.
     *
     * @param clustered nodes that are members of a cluster
     */
    static <T> List<Group<T>> group(
            List<T> clustered, Function<T, Membership> membershipOf, Function<T, Optional<String>> authorityOf) {
        Map<String, Set<String>> idsOfName = new HashMap<>();
        Map<List<String>, Set<String>> idsOfAddresses = new HashMap<>();
        for (T node : clustered) {
            authorityOf.apply(node).ifPresent(id -> {
                Membership membership = membershipOf.apply(node);
                idsOfName
                        .computeIfAbsent(name(membership), key -> new HashSet<>())
                        .add(id);
                idsOfAddresses
                        .computeIfAbsent(addresses(membership), key -> new HashSet<>())
                        .add(id);
            });
        }
        Map<String, Group<T>> groups = new LinkedHashMap<>();
        for (T node : clustered) {
            Membership membership = membershipOf.apply(node);
            String name = name(membership);
            Optional<String> id = authorityOf
                    .apply(node)
                    .or(() -> only(idsOfName.getOrDefault(name, Set.of())))
                    .or(() -> only(idsOfAddresses.getOrDefault(addresses(membership), Set.of())));
            groups.computeIfAbsent(id.orElse("name:" + name), key -> new Group<>(name, id, new ArrayList<>()))
                    .members()
                    .add(node);
        }
        return List.copyOf(groups.values());
    }

    private static Optional<String> only(Set<String> ids) {
        return ids.size() == 1 ? ids.stream().findFirst() : Optional.empty();
    }

    private static String name(Membership membership) {
        return membership.clusterName().orElse("");
    }

    private static List<String> addresses(Membership membership) {
        return membership.corosync().stream()
                .flatMap(conf -> conf.nodes().stream())
                .flatMap(node -> node.addresses().stream())
                .sorted()
                .toList();
    }
}
