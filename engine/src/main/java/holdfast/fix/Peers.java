package holdfast.fix;

import holdfast.policy.Cidr;
import holdfast.proxmox.Membership;
import holdfast.text.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node among the other members of its cluster.
 *
 * @param name its own name in the cluster
 * @param address the address that members reach it under; empty where it is not known
 * @param others the other members that are online, in a ring that begins behind this node
 */
public record Peers(String name, Optional<String> address, List<Peer> others) {

    /** Another member and its address. */
    public record Peer(String name, String address) {}

    /** No cluster, or none that is known. */
    public static final Peers NONE = new Peers("", Optional.empty(), List.of());

    /** So many logins prove that members reach each other; sshd's MaxStartups begins to refuse at ten. */
    private static final int ASKED = 8;

    public Peers {
        others = List.copyOf(others);
    }

    static Peers of(Membership membership) {
        if (!(membership.members() instanceof holdfast.probe.Reading.Known<Membership.Members>(var members))) {
            return NONE;
        }
        List<Peer> before = new ArrayList<>();
        List<Peer> behind = new ArrayList<>();
        Optional<String> own = Optional.empty();
        for (Map.Entry<String, Membership.MemberNode> entry : members.nodes().entrySet()) {
            String name = entry.getKey();
            Optional<String> ip = entry.getValue()
                    .ip()
                    .filter(address -> Cidr.address(address).isPresent());
            if (name.equals(members.nodeName())) {
                own = ip;
            } else if (entry.getValue().online() && ip.isPresent() && isNodeName(name)) {
                (own.isPresent() ? behind : before).add(new Peer(name, ip.get()));
            }
        }
        behind.addAll(before);
        return isNodeName(members.nodeName())
                ? new Peers(members.nodeName(), own, behind.subList(0, Math.min(ASKED, behind.size())))
                : NONE;
    }

    /** Node names are host names without dots (pve-cluster); anything else does not go into a command. */
    static boolean isNodeName(String name) {
        return Names.isNodeName(name);
    }
}
