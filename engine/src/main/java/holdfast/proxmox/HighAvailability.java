package holdfast.proxmox;

import holdfast.yaml.Value;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What Proxmox VE's HA stack says of itself in its status files, the same that {@code ha-manager status} prints after a
 * second of Perl (pve-ha-manager, src/PVE/API2/HA/Status.pm).
 *
 * @param master the member whose CRM decides; empty where HA has never run
 * @param nodes what the CRM says of each member: {@code online}, {@code maintenance}, {@code unknown}, {@code fence}, {@code gone}
 * @param services the resources, by id
 * @param agents each member's LRM, by the member's name
 */
public record HighAvailability(
        Optional<String> master, Map<String, String> nodes, List<Service> services, Map<String, Agent> agents) {

    /**
     * @param id such as {@code vm:100}
     * @param node the member that it is on
     * @param state such as {@code started}, {@code stopped}, {@code migrate}, {@code fence}, {@code error}
     */
    public record Service(String id, String node, String state) {

        /** Whether it is neither at rest nor at work: on its way to another member, or being recovered. */
        public boolean moving() {
            return state.equals("migrate")
                    || state.equals("relocate")
                    || state.equals("fence")
                    || state.equals("recovery");
        }
    }

    /**
     * A member's local resource manager.
     *
     * @param mode {@code active}, {@code maintenance}, {@code restart}, {@code shutdown}, {@code disarm}
     * @param state {@code active}, {@code wait_for_agent_lock}, {@code lost_agent_lock}, {@code maintenance}
     */
    public record Agent(String mode, String state) {

        /**
         * Whether it keeps a watchdog from resetting its node: then the node is reset about a minute after it lost
         * quorum, or stopped. It does so while it holds its lock (LRM.pm).
         */
        public boolean armed() {
            return state.equals("active") || state.equals("maintenance") || state.equals("lost_agent_lock");
        }
    }

    public HighAvailability {
        nodes = Collections.unmodifiableMap(new TreeMap<>(nodes));
        services = List.copyOf(services);
        agents = Collections.unmodifiableMap(new TreeMap<>(agents));
    }

    /** The resources on one member. */
    public List<Service> on(String node) {
        return services.stream().filter(service -> service.node().equals(node)).toList();
    }

    /**
     * Whether a member that stops without a farewell, or loses quorum, is reset by its watchdog. Only for members that
     * are there: how old its word is does not matter, since clocks may differ.
     */
    public boolean fences(String node) {
        Agent agent = agents.get(node);
        return agent != null && agent.armed();
    }

    /**
     * @param manager the text of {@code ha/manager_status}; empty where there is none
     * @param agents a line per member: its name, a tab, and its {@code lrm_status}
     * @throws IllegalArgumentException when a file is not the JSON that HA writes
     */
    static HighAvailability of(Optional<String> manager, String agents) {
        Map<String, Agent> lrms = new LinkedHashMap<>();
        for (String line : agents.split("\n", -1)) {
            int tab = line.indexOf('\t');
            if (tab > 0 && !line.substring(tab).isBlank()) {
                Value.Mapping status = PmxcfsJson.object("lrm_status", line.substring(tab + 1));
                lrms.put(
                        line.substring(0, tab),
                        new Agent(PmxcfsJson.text(status, "mode"), PmxcfsJson.text(status, "state")));
            }
        }
        if (manager.isEmpty() || manager.get().isBlank()) {
            return new HighAvailability(Optional.empty(), Map.of(), List.of(), lrms);
        }
        Value.Mapping status = PmxcfsJson.object("ha/manager_status", manager.get());
        Map<String, String> nodes = new LinkedHashMap<>();
        Value.Mapping nodeStatus = PmxcfsJson.inner(status, "node_status");
        nodeStatus.entries().keySet().forEach(node -> nodes.put(node, PmxcfsJson.text(nodeStatus, node)));
        List<Service> services = new ArrayList<>();
        PmxcfsJson.inner(status, "service_status").entries().forEach((id, entry) -> {
            if (entry.value() instanceof Value.Mapping service) {
                services.add(new Service(id, PmxcfsJson.text(service, "node"), PmxcfsJson.text(service, "state")));
            }
        });
        services.sort(java.util.Comparator.comparing(Service::id));
        String master = PmxcfsJson.text(status, "master_node");
        return new HighAvailability(master.isEmpty() ? Optional.empty() : Optional.of(master), nodes, services, lrms);
    }
}
