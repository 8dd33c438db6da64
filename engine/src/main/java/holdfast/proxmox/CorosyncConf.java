package holdfast.proxmox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * corosync.conf(5), as far as quorum needs it.
 *
 * @param clusterName {@code totem.cluster_name}
 * @param configVersion {@code totem.config_version}
 * @param nodes the node list, in order
 * @param deviceVotes {@code quorum.device.votes}; 0 without a QDevice
 * @param twoNode {@code quorum.two_node}
 */
public record CorosyncConf(
        String clusterName, long configVersion, List<ConfNode> nodes, int deviceVotes, boolean twoNode) {

    public CorosyncConf {
        nodes = List.copyOf(nodes);
    }

    /**
     * One member as configured.
     *
     * @param name {@code name}, else the first address
     * @param id {@code nodeid}
     * @param votes {@code quorum_votes}, 1 by default (votequorum(5))
     * @param addresses {@code ring0_addr} to {@code ring7_addr}
     */
    public record ConfNode(String name, int id, int votes, List<String> addresses) {
        public ConfNode {
            addresses = List.copyOf(addresses);
        }
    }

    /** Sum of all configured votes, the QDevice's among them. */
    public int votes() {
        return nodes.stream().mapToInt(ConfNode::votes).sum() + deviceVotes;
    }

    /** @throws IllegalArgumentException when braces do not match or a number is none */
    public static CorosyncConf parse(String text) {
        Deque<String> path = new ArrayDeque<>();
        Map<String, String> flat = new HashMap<>();
        List<ConfNode> nodes = new ArrayList<>();
        Map<String, String> node = new HashMap<>();
        for (String raw : text.split("\n", -1)) {
            String line = raw.replaceFirst("#.*", "").strip();
            if (line.isEmpty()) {
                continue;
            }
            if (line.endsWith("{")) {
                path.addLast(line.substring(0, line.length() - 1).strip());
                if (at(path).equals("nodelist.node")) {
                    node = new HashMap<>();
                }
            } else if (line.equals("}")) {
                if (at(path).equals("nodelist.node")) {
                    nodes.add(node(node));
                }
                if (path.pollLast() == null) {
                    throw new IllegalArgumentException("corosync.conf closes a section that was not open");
                }
            } else {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    String key = line.substring(0, colon).strip();
                    String value = line.substring(colon + 1).strip();
                    if (at(path).equals("nodelist.node")) {
                        node.put(key, value);
                    } else {
                        flat.putIfAbsent(at(path) + "." + key, value);
                    }
                }
            }
        }
        if (!path.isEmpty()) {
            throw new IllegalArgumentException("corosync.conf ends inside the section " + at(path));
        }
        int deviceVotes = flat.containsKey("quorum.device.model")
                ? number(flat.getOrDefault("quorum.device.votes", Integer.toString(Math.max(0, nodes.size() - 1))))
                : 0;
        return new CorosyncConf(
                flat.getOrDefault("totem.cluster_name", ""),
                number(flat.getOrDefault("totem.config_version", "0")),
                nodes,
                deviceVotes,
                flat.getOrDefault("quorum.two_node", "0").equals("1"));
    }

    private static String at(Deque<String> path) {
        return String.join(".", path);
    }

    private static ConfNode node(Map<String, String> values) {
        List<String> addresses = new ArrayList<>();
        for (int link = 0; link < 8; link++) {
            String address = values.getOrDefault("ring" + link + "_addr", values.get("link" + link + "_addr"));
            if (address != null) {
                addresses.add(address);
            }
        }
        String name = values.getOrDefault("name", addresses.isEmpty() ? "?" : addresses.get(0));
        return new ConfNode(
                name,
                number(values.getOrDefault("nodeid", "0")),
                number(values.getOrDefault("quorum_votes", "1")),
                addresses);
    }

    private static int number(String text) {
        if (!text.matches("\\d{1,9}")) {
            throw new IllegalArgumentException("corosync.conf has '" + text + "' where a number belongs");
        }
        return Integer.parseInt(text);
    }
}
