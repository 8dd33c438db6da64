package holdfast.proxmox;

import holdfast.yaml.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A virtual machine or container and the node whose it is, from {@code /etc/pve/.vmlist} (pve-cluster, src/pmxcfs/status.c).
 *
 * @param id its number
 * @param node the member that its configuration belongs to; whether it runs is not said
 * @param type {@code qemu} or {@code lxc}
 */
public record Guest(int id, String node, String type) {

    /** As HA and Proxmox's tools write it: {@code vm:100}, {@code ct:101}. */
    public String serviceId() {
        return (type.equals("qemu") ? "vm:" : "ct:") + id;
    }

    /**
     * All guests of the cluster, by number.
     *
     * @throws IllegalArgumentException when it is not what pmxcfs prints
     */
    public static List<Guest> list(String vmlist) {
        List<Guest> guests = new ArrayList<>();
        PmxcfsJson.object("/etc/pve/.vmlist", vmlist).get("ids").ifPresent(ids -> {
            if (!(ids instanceof Value.Mapping mapping)) {
                throw new IllegalArgumentException("the guests of /etc/pve/.vmlist are no JSON object");
            }
            mapping.entries().forEach((id, entry) -> {
                if (!id.matches("\\d{1,9}") || !(entry.value() instanceof Value.Mapping guest)) {
                    throw new IllegalArgumentException("/etc/pve/.vmlist has a guest that is none");
                }
                guests.add(new Guest(Integer.parseInt(id), text(guest, "node"), text(guest, "type")));
            });
        });
        guests.sort(Comparator.comparingInt(Guest::id));
        return List.copyOf(guests);
    }

    private static String text(Value.Mapping guest, String key) {
        return Optional.of(PmxcfsJson.text(guest, key))
                .filter(value -> !value.isEmpty())
                .orElseThrow(() -> new IllegalArgumentException("a guest in /etc/pve/.vmlist has no " + key));
    }
}
