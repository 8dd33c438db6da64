package holdfast.discovery;

import holdfast.node.HostKey;
import holdfast.node.ssh.KnownKeys;
import holdfast.policy.Cidr;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.ClusterKeys;
import holdfast.proxmox.CorosyncConf;
import holdfast.proxmox.Membership;
import holdfast.text.Clean;
import holdfast.text.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The members of a cluster, as one of them tells. Every name and address in it may stand in a file; what the node said
 * and may not is told in the doubts.
 *
 * @param self the name of the member that told
 * @param cluster the cluster's name as it was said, not fit for a file; empty on a standalone node
 * @param authority the SHA-256 of the cluster's CA certificate
 * @param entries the members, in the cluster's order
 * @param doubts what could not be read or believed, clean sentences
 */
public record Roster(
        String self, Optional<String> cluster, Optional<String> authority, List<Entry> entries, List<String> doubts) {

    /** corosync takes no more (PROCESSOR_COUNT_MAX in its totem.h). */
    public static final int MEMBER_LIMIT = CorosyncConf.MEMBER_LIMIT;

    public Roster {
        entries = List.copyOf(entries);
        doubts = List.copyOf(doubts);
    }

    /**
     * One member.
     *
     * @param name its Proxmox VE node name
     * @param address the node's own IP address ({@code .members}), else one of corosync's; empty when nobody tells
     * @param rings corosync's addresses, {@code ring0_addr} first; empty texts where one may not stand in a file
     * @param known the host keys that the cluster knows it by
     * @param source where those stand, or why there are none; a clean text
     * @param own the keys in its own files, over the connection that was logged in to; empty for other members
     */
    public record Entry(
            String name,
            Optional<String> address,
            List<String> rings,
            List<HostKey> known,
            String source,
            List<HostKey> own) {
        public Entry {
            rings = List.copyOf(rings);
            known = List.copyOf(known);
            own = List.copyOf(own);
        }
    }

    /** Puts together what one member said; unknown when it makes no sense as a whole. */
    public static Reading<Roster> of(
            Membership membership, Reading<ClusterKeys> keys, Reading<Certificates.Certificate> authority) {
        String self = membership.nodeName();
        if (!Names.isNodeName(self)) {
            return Reading.unknown("its node name is '%s', which cannot be one", Clean.line(self, 80));
        }
        List<String> doubts = new ArrayList<>();
        Map<String, Membership.MemberNode> seen = new LinkedHashMap<>();
        switch (membership.members()) {
            case Reading.Known<Membership.Members>(var members) -> seen.putAll(members.nodes());
            case Reading.Unknown<Membership.Members>(var why) ->
                doubts.add("/etc/pve/.members could not be read, so addresses are corosync's: " + Clean.line(why, 200));
        }
        Map<String, List<String>> rings = new LinkedHashMap<>();
        membership
                .corosync()
                .map(CorosyncConf::nodes)
                .orElse(List.of())
                .forEach(node -> rings.put(node.name(), node.addresses()));
        List<String> names = new ArrayList<>(membership.memberNames());
        if (names.size() > MEMBER_LIMIT) {
            return Reading.unknown(
                    "it lists %d members, and corosync takes %d at most: that is not believed",
                    names.size(), MEMBER_LIMIT);
        }
        List<String> odd =
                names.stream().filter(name -> !Names.isNodeName(name)).toList();
        if (!odd.isEmpty()) {
            doubts.add("left out, since it cannot be a node's name: " + Clean.line(String.join(", ", odd), 200));
            names.removeAll(odd);
        }
        if (membership.clustered() && !names.contains(self)) {
            doubts.add("%s is not in its own list of members".formatted(self));
        }
        if (!names.contains(self)) {
            names.add(0, self);
        }
        if (!seen.isEmpty() && !rings.isEmpty() && !seen.keySet().equals(rings.keySet())) {
            doubts.add("/etc/pve/.members and corosync.conf name different members: a change is under way, or failed");
        }
        // Read once for all members: it may be long.
        Reading<KnownKeys> merged = keys.then(ClusterKeys::merged).then(text -> Reading.known(KnownKeys.of(text)));
        List<Entry> entries = names.stream()
                .map(name -> entry(
                        name,
                        name.equals(self),
                        Optional.ofNullable(seen.get(name)),
                        rings.getOrDefault(name, List.of()),
                        keys,
                        merged))
                .toList();
        return Reading.known(new Roster(
                self,
                membership.clustered() ? Optional.of(membership.clusterName().orElse("")) : Optional.empty(),
                authority instanceof Reading.Known<Certificates.Certificate>(var certificate)
                        ? Optional.of(certificate.fingerprint())
                        : Optional.empty(),
                entries,
                doubts));
    }

    private static Entry entry(
            String name,
            boolean self,
            Optional<Membership.MemberNode> seen,
            List<String> said,
            Reading<ClusterKeys> keys,
            Reading<KnownKeys> merged) {
        List<String> rings =
                said.stream().map(ring -> Names.isHost(ring) ? ring : "").toList();
        Optional<String> address = seen.flatMap(Membership.MemberNode::ip)
                .filter(ip -> Cidr.address(ip).isPresent())
                .or(() -> rings.stream().filter(ring -> !ring.isEmpty()).findFirst());
        return switch (keys) {
            case Reading.Unknown<ClusterKeys>(var why) ->
                new Entry(name, address, rings, List.of(), Clean.line(why, 200), List.of());
            case Reading.Known<ClusterKeys>(var known) -> {
                List<HostKey> own = self ? own(known) : List.of();
                Reading<String> pinned = known.pinned().get(name);
                String file =
                        pinned == null ? "/etc/pve/priv/known_hosts" : "/etc/pve/nodes/" + name + "/ssh_known_hosts";
                Reading<KnownKeys> lines =
                        pinned == null ? merged : pinned.then(text -> Reading.known(KnownKeys.of(text)));
                yield switch (lines) {
                    case Reading.Known<KnownKeys>(var readable) -> {
                        List<HostKey> found = readable.keysOf(name);
                        // More than a machine can have is somebody's attempt.
                        List<HostKey> some = found.subList(0, Math.min(20, found.size()));
                        yield new Entry(
                                name,
                                address,
                                rings,
                                some,
                                some.isEmpty() ? "no key of it stands in " + file : file,
                                own);
                    }
                    case Reading.Unknown<KnownKeys>(var why) ->
                        new Entry(name, address, rings, List.of(), Clean.line(why, 200), own);
                };
            }
        };
    }

    private static List<HostKey> own(ClusterKeys keys) {
        return keys.own() instanceof Reading.Known<String>(var text)
                ? text.lines()
                        .limit(20)
                        .map(line -> line.split(" "))
                        .flatMap(words -> words.length == 2
                                ? HostKey.of(words[0], words[1]).stream()
                                : java.util.stream.Stream.empty())
                        .toList()
                : List.of();
    }
}
