package holdfast.access;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Membership;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A cluster's access files as one thing: {@code /etc/pve} is replicated, so all members have to say the same, and what
 * most of them say is judged.
 *
 * @param files what most members say; of as many against as many, what the first says
 * @param speakers the members that say it, in inventory order
 * @param others the members that say something else, and in which files
 * @param silent the members that could not tell, and why
 * @param names what the cluster goes by: its name, its CA's fingerprint, a standalone node's own name
 */
public record ClusterAccess(
        AccessFiles files,
        List<String> speakers,
        Map<String, List<String>> others,
        Map<String, String> silent,
        List<String> names) {

    /**
     * One member's part.
     *
     * @param files what it shows
     * @param names what it says the cluster goes by
     */
    public record OfMember(AccessFiles files, List<String> names) {
        public OfMember {
            names = List.copyOf(names);
        }
    }

    /** What a member is asked. */
    public static final Probe<OfMember> PROBE = Probe.both(
            AccessFiles.PROBE,
            Probe.both(Membership.PROBE, Probe.attempt(Certificates.PROBE), ClusterAccess::names),
            OfMember::new);

    public ClusterAccess {
        speakers = List.copyOf(speakers);
        others = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(others));
        silent = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(silent));
        names = List.copyOf(names);
    }

    private static List<String> names(Membership membership, Reading<Certificates> certificates) {
        List<String> names = new ArrayList<>();
        names.add(membership.clusterName().orElse(membership.nodeName()));
        if (certificates.then(Certificates::authority) instanceof Reading.Known<Certificates.Certificate>(var known)) {
            names.add(known.fingerprint());
        }
        return names;
    }

    /**
     * The members' parts together.
     *
     * @param members what each said, by its name in the inventory, in that order
     */
    public static Reading<ClusterAccess> of(Map<String, Reading<OfMember>> members) {
        Map<Map<String, String>, List<String>> sayings = new LinkedHashMap<>();
        Map<String, OfMember> known = new LinkedHashMap<>();
        Map<String, String> silent = new LinkedHashMap<>();
        members.forEach((node, reading) -> {
            switch (reading) {
                case Reading.Known<OfMember>(var part) -> {
                    known.put(node, part);
                    sayings.computeIfAbsent(part.files().digests(), digests -> new ArrayList<>())
                            .add(node);
                }
                case Reading.Unknown<OfMember>(var why) -> silent.put(node, why);
            }
        });
        List<String> most = List.of();
        for (List<String> nodes : sayings.values()) {
            if (nodes.size() > most.size()) {
                most = nodes;
            }
        }
        if (most.isEmpty()) {
            return Reading.unknown(
                    "no member could tell: %s",
                    silent.entrySet().stream()
                            .map(entry -> entry.getKey() + ": " + entry.getValue())
                            .collect(Collectors.joining("; ")));
        }
        OfMember spokesman = java.util.Objects.requireNonNull(known.get(most.get(0)));
        Map<String, List<String>> others = new LinkedHashMap<>();
        for (Map.Entry<String, OfMember> member : known.entrySet()) {
            if (!most.contains(member.getKey())) {
                others.put(
                        member.getKey(),
                        different(spokesman.files(), member.getValue().files()));
            }
        }
        return Reading.known(new ClusterAccess(spokesman.files(), most, others, silent, spokesman.names()));
    }

    private static List<String> different(AccessFiles one, AccessFiles other) {
        return one.digests().keySet().stream()
                .filter(file -> !java.util.Objects.equals(
                        one.digests().get(file), other.digests().get(file)))
                .toList();
    }
}
