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
     * Groups by the CA's fingerprint, since two clusters may bear the same name; where two have the same CA, since one
     * began as a part of the other, by their names and addresses. A member that cannot read its CA
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
        Map<T, Optional<String>> idOf = new LinkedHashMap<>();
        for (T node : clustered) {
            Membership membership = membershipOf.apply(node);
            idOf.put(
                    node,
                    authorityOf
                            .apply(node)
                            .or(() -> only(idsOfName.getOrDefault(name(membership), Set.of())))
                            .or(() -> only(idsOfAddresses.getOrDefault(addresses(membership), Set.of()))));
        }
        List<Group<T>> groups = new ArrayList<>();
        for (T node : clustered) {
            Membership membership = membershipOf.apply(node);
            String name = name(membership);
            Optional<String> id = idOf.getOrDefault(node, Optional.empty());
            groups.stream()
                    .filter(group -> group.id().equals(id)
                            && (id.isEmpty()
                                    ? group.name().equals(name)
                                    : group.members().stream()
                                            .anyMatch(other -> together(membershipOf.apply(other), membership))))
                    .findFirst()
                    .orElseGet(() -> {
                        groups.add(new Group<>(name, id, new ArrayList<>()));
                        return groups.get(groups.size() - 1);
                    })
                    .members()
                    .add(node);
        }
        return List.copyOf(groups);
    }

    /**
     * Whether two members under one CA are of one cluster. A node that was separated from its cluster and made one of
     * its own has kept the CA: then the name is another, and the lists of members have nothing in common.
     */
    private static boolean together(Membership one, Membership other) {
        return name(one).equals(name(other))
                || addresses(one).isEmpty()
                || addresses(other).isEmpty()
                || addresses(one).stream().anyMatch(addresses(other)::contains);
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
