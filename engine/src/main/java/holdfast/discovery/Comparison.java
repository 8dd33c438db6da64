package holdfast.discovery;

import holdfast.policy.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An inventory against the member lists of the clusters that its hosts belong to.
 *
 * @param clusters how many clusters were read
 * @param missing members that no host of the inventory corresponds to
 * @param strangers hosts that are in no cluster, or not in the one that they should be in
 * @param untold hosts that were read but did not tell whether they are in a cluster
 */
public record Comparison(
        int clusters, List<NotInInventory> missing, List<NotInCluster> strangers, List<Untold> untold) {

    public Comparison {
        missing = List.copyOf(missing);
        strangers = List.copyOf(strangers);
        untold = List.copyOf(untold);
    }

    /**
     * A member that exists but is not in the inventory.
     *
     * @param cluster the cluster's name, as it was said
     * @param clusterId the SHA-256 of its CA certificate
     * @param member the node's name, as it was said
     * @param addresses where the cluster reaches it, as they were said
     * @param toldBy the inventory's hosts that list it
     */
    public record NotInInventory(
            String cluster, Optional<String> clusterId, String member, List<String> addresses, List<String> toldBy) {
        public NotInInventory {
            addresses = List.copyOf(addresses);
            toldBy = List.copyOf(toldBy);
        }
    }

    /**
     * A host that its cluster does not know.
     *
     * @param host its name in the inventory
     * @param reason what is odd about it
     * @param cluster the cluster that it should be in, as it was said
     * @param message one sentence
     */
    public record NotInCluster(String host, Reason reason, String cluster, String message) {}

    /** What is odd about a host. */
    public enum Reason {
        /** It does not answer, and the cluster of its group's other hosts does not list it. */
        UNLISTED,
        /** It says that it is in no cluster. */
        STANDALONE,
        /** It is in another cluster than its group's other hosts. */
        OTHER_CLUSTER,
        /** It believes to be a member; the others do not list it. */
        REMOVED;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * A host whose membership could not be read.
     *
     * @param why a sentence
     */
    public record Untold(String host, String why) {}

    // ------------------------------------------------------------------ what is compared

    /**
     * A host of the inventory.
     *
     * @param name its name there
     * @param addresses its address there, and the one that was reached
     * @param groups its groups, {@code all} first, the most specific last
     * @param standing what is known of its membership
     */
    public record Candidate(String name, List<String> addresses, List<String> groups, Standing standing) {
        public Candidate {
            addresses = List.copyOf(addresses);
            groups = List.copyOf(groups);
        }
    }

    /** What is known of a host's membership. */
    public sealed interface Standing {}

    /** It was not selected for this run. */
    public record NotAsked() implements Standing {}

    /** It could not be read at all. */
    public record Silent() implements Standing {}

    /** It was read, but not whether it is in a cluster. */
    public record Unclear(String why) implements Standing {}

    /**
     * It is in no cluster.
     *
     * @param proxmox whether it could be in one
     */
    public record Outside(boolean proxmox) implements Standing {}

    /**
     * It says that it is in a cluster.
     *
     * @param key what tells this cluster from others
     * @param cluster the cluster's name
     * @param id the SHA-256 of its CA certificate
     * @param node its own name there
     * @param version of the configuration that it has
     * @param members whom it lists: the addresses of each by name
     */
    public record Inside(
            String key,
            String cluster,
            Optional<String> id,
            String node,
            long version,
            Map<String, List<String>> members)
            implements Standing {
        public Inside {
            members = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }

        private boolean lists(String name) {
            return members.keySet().stream().anyMatch(name::equalsIgnoreCase);
        }
    }

    /** Whether inventory and clusters differ. */
    public boolean differs() {
        return !missing.isEmpty() || !strangers.isEmpty();
    }

    // ------------------------------------------------------------------ the comparison

    /** Compares the whole inventory, in its order, with what its hosts said. */
    public static Comparison of(List<Candidate> hosts) {
        return new Work(hosts).compare();
    }

    private static final class Work {

        private final List<Candidate> hosts;
        /** The clusters by key, with the hosts that say that they are members. */
        private final Map<String, List<Candidate>> clusters = new LinkedHashMap<>();

        private final Set<Candidate> removed = new HashSet<>();
        private final Map<String, Set<Candidate>> byName = new HashMap<>();
        private final Map<String, Set<Candidate>> byAddress = new HashMap<>();
        /** Hosts that did not say who they are, and that a cluster lists. */
        private final Map<Candidate, String> listedIn = new HashMap<>();

        private final Map<String, Tally> tallies = new HashMap<>();

        Work(List<Candidate> hosts) {
            this.hosts = hosts;
            for (Candidate host : hosts) {
                if (host.standing() instanceof Inside inside) {
                    clusters.computeIfAbsent(inside.key(), key -> new ArrayList<>())
                            .add(host);
                }
                Stream.of(host.name(), host.name().replaceFirst("\\..*", ""))
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .forEach(name -> index(byName, name, host));
                Stream.concat(host.addresses().stream(), Stream.of(host.name()))
                        .map(Work::canonical)
                        .forEach(address -> index(byAddress, address, host));
            }
        }

        private static void index(Map<String, Set<Candidate>> index, String key, Candidate host) {
            index.computeIfAbsent(key, unused -> new LinkedHashSet<>()).add(host);
        }

        private static String canonical(String address) {
            return Cidr.address(address).map(InetAddress::getHostAddress).orElse(address.toLowerCase(Locale.ROOT));
        }

        Comparison compare() {
            clusters.values()
                    .forEach(members -> members.stream()
                            .filter(member -> isRemoved(member, members))
                            .forEach(removed::add));
            List<NotInInventory> missing = missing();
            tally();
            List<NotInCluster> strangers = new ArrayList<>();
            List<Untold> untold = new ArrayList<>();
            for (Candidate host : hosts) {
                if (host.standing() instanceof Unclear(var why)) {
                    untold.add(new Untold(host.name(), why));
                } else {
                    stranger(host).ifPresent(strangers::add);
                }
            }
            return new Comparison(clusters.size(), missing, strangers, untold);
        }

        private static Inside inside(Candidate host) {
            return (Inside) host.standing();
        }

        /**
         * Most of the others do not list it; where they are divided evenly, the newer configuration is right. One liar
         * cannot talk the members of a larger cluster out of it.
         */
        private static boolean isRemoved(Candidate host, List<Candidate> members) {
            String name = inside(host).node();
            List<Inside> listing = new ArrayList<>();
            List<Inside> others = new ArrayList<>();
            for (Candidate member : members) {
                if (!member.equals(host)) {
                    (inside(member).lists(name) ? listing : others).add(inside(member));
                }
            }
            return others.size() > listing.size()
                    || (!others.isEmpty() && others.size() == listing.size() && version(others) > version(listing));
        }

        private static long version(List<Inside> members) {
            return members.stream().mapToLong(Inside::version).max().orElse(-1);
        }

        // -------------------------------------------------------------- members without a host

        /** A member as all lists of its cluster together have it. */
        private record Listed(Inside cluster, String name, Set<String> addresses, Set<String> toldBy) {}

        private List<NotInInventory> missing() {
            List<Listed> open = new ArrayList<>();
            clusters.values().forEach(members -> open.addAll(listed(members)));
            // Addresses say more than names, which two clusters may share: they go first, for all clusters.
            match(
                    open,
                    member -> candidates(
                            byAddress,
                            member.addresses().stream().map(Work::canonical).toList()),
                    host -> !(host.standing() instanceof Inside));
            match(
                    open,
                    member -> candidates(byName, List.of(member.name().toLowerCase(Locale.ROOT))),
                    host -> !(host.standing() instanceof Inside) && !(host.standing() instanceof Outside));
            return open.stream()
                    .map(member -> new NotInInventory(
                            member.cluster().cluster(),
                            member.cluster().id(),
                            member.name(),
                            List.copyOf(member.addresses()),
                            List.copyOf(member.toldBy())))
                    .toList();
        }

        /** The members of one cluster that did not tell of themselves. */
        private List<Listed> listed(List<Candidate> members) {
            Map<String, Listed> all = new LinkedHashMap<>();
            for (Candidate teller : members) {
                if (!removed.contains(teller)) {
                    inside(teller).members().forEach((name, addresses) -> {
                        Listed listed = all.computeIfAbsent(
                                name.toLowerCase(Locale.ROOT),
                                key -> new Listed(inside(teller), name, new LinkedHashSet<>(), new LinkedHashSet<>()));
                        listed.addresses().addAll(addresses);
                        listed.toldBy().add(teller.name());
                    });
                }
            }
            members.forEach(member -> all.remove(inside(member).node().toLowerCase(Locale.ROOT)));
            return all.values().stream().limit(Roster.MEMBER_LIMIT).toList();
        }

        private static Set<Candidate> candidates(Map<String, Set<Candidate>> index, Collection<String> keys) {
            return keys.stream()
                    .flatMap(key -> index.getOrDefault(key, Set.of()).stream())
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        }

        /** A member and a host that may be the same, and how many groups speak for it. */
        private record Pair(Listed member, Candidate host, long groups) {}

        /** Takes away the members that a host corresponds to: each host once, and first where its groups are. */
        private void match(List<Listed> open, Function<Listed, Set<Candidate>> found, Predicate<Candidate> may) {
            Map<String, Set<String>> groups = new HashMap<>();
            clusters.forEach((key, members) -> groups.put(
                    key,
                    members.stream().flatMap(host -> host.groups().stream()).collect(Collectors.toSet())));
            Set<Listed> done = new HashSet<>();
            open.stream()
                    .flatMap(member -> found.apply(member).stream()
                            .filter(may)
                            .map(host -> new Pair(
                                    member,
                                    host,
                                    host.groups().stream()
                                            .filter(groups.getOrDefault(
                                                    member.cluster().key(), Set.of())::contains)
                                            .count())))
                    .sorted(Comparator.comparingLong(Pair::groups).reversed())
                    .forEach(pair -> {
                        if (!done.contains(pair.member()) && !listedIn.containsKey(pair.host())) {
                            done.add(pair.member());
                            listedIn.put(pair.host(), pair.member().cluster().key());
                        }
                    });
            open.removeAll(done);
        }

        // -------------------------------------------------------------- hosts without a cluster

        /** How many hosts of a group are where. */
        private static final class Tally {
            final Map<String, Integer> inside = new HashMap<>();
            int outside;

            /** The only cluster of the others, and how many they are; empty when there is none or more than one. */
            Optional<Map.Entry<String, Integer>> only(Candidate but) {
                Map<String, Integer> others = new HashMap<>(inside);
                int alone = outside;
                switch (but.standing()) {
                    case Inside(var key, var n, var i, var o, var v, var m) ->
                        others.computeIfPresent(key, (k, count) -> count == 1 ? null : count - 1);
                    case Outside(var proxmox) -> alone -= proxmox ? 1 : 0;
                    case NotAsked none -> {}
                    case Silent none -> {}
                    case Unclear none -> {}
                }
                return alone == 0 && others.size() == 1
                        ? others.entrySet().stream().findFirst()
                        : Optional.empty();
            }

            boolean hasOthers(Candidate but) {
                int all = outside + inside.values().stream().mapToInt(i -> i).sum();
                boolean counted =
                        but.standing() instanceof Inside || (but.standing() instanceof Outside(var proxmox) && proxmox);
                return all > (counted ? 1 : 0);
            }
        }

        private void tally() {
            for (Candidate host : hosts) {
                for (String group : host.groups()) {
                    Tally tally = tallies.computeIfAbsent(group, key -> new Tally());
                    if (host.standing() instanceof Inside inside && !removed.contains(host)) {
                        tally.inside.merge(inside.key(), 1, Integer::sum);
                    } else if (host.standing() instanceof Outside(var proxmox) && proxmox) {
                        tally.outside++;
                    }
                }
            }
        }

        /** Where the others of a host's closest group are, when they are all in one cluster. */
        private record Company(Inside cluster, int count, String group) {}

        private Optional<Company> company(Candidate host) {
            for (int i = host.groups().size() - 1; i >= 0; i--) {
                String group = host.groups().get(i);
                Tally tally = tallies.get(group);
                if (tally != null && tally.hasOthers(host)) {
                    // These two every inventory has by itself.
                    String name =
                            group.equals("all") || group.equals("ungrouped") ? "the inventory" : "its group " + group;
                    return tally.only(host)
                            .map(only -> new Company(
                                    inside(Objects.requireNonNull(clusters.get(only.getKey()))
                                            .get(0)),
                                    only.getValue(),
                                    name));
                }
            }
            return Optional.empty();
        }

        private Optional<NotInCluster> stranger(Candidate host) {
            return switch (host.standing()) {
                case Inside inside
                when removed.contains(host) ->
                    Optional.of(new NotInCluster(
                            host.name(),
                            Reason.REMOVED,
                            inside.cluster(),
                            "it believes to be %s of cluster %s, but %s not list it: it was removed and goes on with its old configuration, or missed a change"
                                    .formatted(inside.node(), inside.cluster(), tellers(host, inside))));
                case Inside inside ->
                    company(host)
                            .filter(company -> company.count() >= 2
                                    && !company.cluster().key().equals(inside.key()))
                            .map(company -> new NotInCluster(
                                    host.name(),
                                    Reason.OTHER_CLUSTER,
                                    company.cluster().cluster(),
                                    "it is in cluster %s%s, but the %d others of %s are in cluster %s%s"
                                            .formatted(
                                                    inside.cluster(),
                                                    id(inside, company.cluster()),
                                                    company.count(),
                                                    company.group(),
                                                    company.cluster().cluster(),
                                                    id(company.cluster(), inside))));
                case Outside(var proxmox) when proxmox -> standalone(host);
                case Silent silent
                when !listedIn.containsKey(host) ->
                    company(host)
                            .map(company -> new NotInCluster(
                                    host.name(),
                                    Reason.UNLISTED,
                                    company.cluster().cluster(),
                                    "it does not answer, and cluster %s, where the others of %s are, has no member of its name or address"
                                            .formatted(company.cluster().cluster(), company.group())));
                case Outside outside -> Optional.empty();
                case Silent silent -> Optional.empty();
                case NotAsked notAsked -> Optional.empty();
                case Unclear unclear -> Optional.empty();
            };
        }

        private Optional<NotInCluster> standalone(Candidate host) {
            String key = listedIn.get(host);
            if (key != null) {
                Inside cluster =
                        inside(Objects.requireNonNull(clusters.get(key)).get(0));
                return Optional.of(new NotInCluster(
                        host.name(),
                        Reason.STANDALONE,
                        cluster.cluster(),
                        "it says that it stands alone, but cluster %s lists a member at its address"
                                .formatted(cluster.cluster())));
            }
            return company(host)
                    .filter(company -> company.count() >= 2)
                    .map(company -> new NotInCluster(
                            host.name(),
                            Reason.STANDALONE,
                            company.cluster().cluster(),
                            "it stands alone, but the %d others of %s are in cluster %s"
                                    .formatted(
                                            company.count(),
                                            company.group(),
                                            company.cluster().cluster())));
        }

        private String tellers(Candidate host, Inside inside) {
            List<String> names = clusters.getOrDefault(inside.key(), List.of()).stream()
                    .filter(member -> !member.equals(host) && !inside(member).lists(inside.node()))
                    .map(Candidate::name)
                    .toList();
            return names.size() == 1
                    ? names.get(0) + " does"
                    : String.join(", ", names.subList(0, Math.min(4, names.size())))
                            + (names.size() > 4 ? " and %d more".formatted(names.size() - 4) : "") + " do";
        }

        /** Two clusters of one name are told apart by their CA. */
        private static String id(Inside one, Inside other) {
            return one.cluster().equals(other.cluster())
                    ? one.id()
                            .map(id -> " (CA %s…)".formatted(id.substring(0, Math.min(12, id.length()))))
                            .orElse("")
                    : "";
        }
    }
}
