package holdfast.proxmox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * corosync.conf(5), as far as quorum and links need it: from a file, or from the map of a running corosync, which keeps
 * its settings under the same names.
 *
 * @param clusterName {@code totem.cluster_name}
 * @param configVersion {@code totem.config_version}
 * @param nodes the node list, in order
 * @param device {@code quorum.device}; empty without a QDevice
 * @param expectedVotes {@code quorum.expected_votes}, which outranks the sum of the votes (votequorum(5))
 * @param rules the options of votequorum
 * @param protection how the members' traffic is protected
 */
public record CorosyncConf(
        String clusterName,
        long configVersion,
        List<ConfNode> nodes,
        Optional<Device> device,
        OptionalInt expectedVotes,
        Rules rules,
        Protection protection) {

    /** corosync takes no more members (PROCESSOR_COUNT_MAX in its totem.h). */
    public static final int MEMBER_LIMIT = 384;

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

    /**
     * The QDevice as configured (corosync-qdevice(8)).
     *
     * @param votes {@code votes}; one less than there are members by default, where all of these have one vote
     * @param algorithm {@code net.algorithm}, such as {@code ffsplit}
     * @param host {@code net.host}: where qnetd runs
     */
    public record Device(int votes, String algorithm, String host) {}

    /**
     * The options of votequorum(5).
     *
     * @param twoNode one of two members is enough
     * @param waitForAll after a start, all members have to be seen once; {@code two_node} implies it unless it is set
     * @param lastManStanding what is expected shrinks with the members, some time after each loss
     * @param lastManStandingWindowMillis how long after; 10 seconds by default
     * @param autoTieBreaker one half goes on after an even split
     * @param autoTieBreakerNode which half: {@code lowest}, {@code highest}, or node ids
     * @param allowDownscale what is expected shrinks when members leave in good order
     */
    public record Rules(
            boolean twoNode,
            boolean waitForAll,
            boolean lastManStanding,
            int lastManStandingWindowMillis,
            boolean autoTieBreaker,
            String autoTieBreakerNode,
            boolean allowDownscale) {

        /** What Proxmox VE configures: nothing. */
        public static final Rules NONE = new Rules(false, false, false, 10_000, false, "lowest", false);
    }

    /**
     * How the traffic between members is protected.
     *
     * @param transport {@code knet} by default; {@code udp} and {@code udpu} cannot encrypt in corosync 3
     * @param cipher {@code none} by default; {@code secauth: on} means aes256 (corosync.conf(5))
     * @param hash {@code none} by default; {@code secauth: on} means sha256
     */
    public record Protection(String transport, String cipher, String hash) {

        /** Whether strangers can neither read nor forge what members send to each other. */
        public boolean encrypted() {
            return transport.equals("knet") && !cipher.equals("none") && !hash.equals("none");
        }
    }

    /** The votes when everybody is there, the QDevice's among them. */
    public int votes() {
        return expectedVotes.orElse(nodes.stream().mapToInt(ConfNode::votes).sum()
                + device.map(Device::votes).orElse(0));
    }

    /** The member of that id. */
    public Optional<ConfNode> node(int id) {
        return nodes.stream().filter(node -> node.id() == id).findFirst();
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException when braces do not match or a number is none
     */
    public static CorosyncConf parse(String text) {
        Deque<String> path = new ArrayDeque<>();
        Map<String, String> flat = new HashMap<>();
        List<Map<String, String>> nodes = new ArrayList<>();
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
                    nodes.add(node);
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
        return of(flat, nodes);
    }

    private static final Pattern MAP_LINE = Pattern.compile("^([A-Za-z0-9_./-]{1,255}) \\([a-z0-9]{1,8}\\) = (.*)$");
    private static final Pattern MAP_NODE = Pattern.compile("nodelist\\.node\\.(\\d{1,5})\\.(.+)");

    /**
     * Reads what {@code corosync-cmapctl} prints of the settings that a running corosync has.
     *
     * @throws IllegalArgumentException when the node list is missing or a number is none
     */
    public static CorosyncConf parseMap(String text) {
        Map<String, String> flat = map(text);
        Map<Integer, Map<String, String>> nodes = new TreeMap<>();
        flat.forEach((key, value) -> {
            Matcher node = MAP_NODE.matcher(key);
            if (node.matches()) {
                nodes.computeIfAbsent(Integer.parseInt(node.group(1)), position -> new HashMap<>())
                        .put(node.group(2), value);
            }
        });
        if (nodes.isEmpty() || !flat.containsKey("nodelist.local_node_pos")) {
            throw new IllegalArgumentException("corosync's map has no node list");
        }
        if (nodes.size() > MEMBER_LIMIT) {
            throw new IllegalArgumentException(
                    "corosync's map lists %d nodes, and corosync takes %d at most: that is not believed"
                            .formatted(nodes.size(), MEMBER_LIMIT));
        }
        CorosyncConf conf = of(flat, List.copyOf(nodes.values()));
        // A count by ids is none where two members share one.
        if (conf.nodes().stream().map(ConfNode::id).distinct().count() != nodes.size()) {
            throw new IllegalArgumentException("corosync's map has two nodes of one id");
        }
        return conf;
    }

    /** The keys and values of {@code corosync-cmapctl}'s lines. */
    static Map<String, String> map(String text) {
        Map<String, String> flat = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            Matcher entry = MAP_LINE.matcher(line);
            if (entry.matches()) {
                flat.put(entry.group(1), entry.group(2).strip());
            }
        }
        return flat;
    }

    private static CorosyncConf of(Map<String, String> flat, List<Map<String, String>> written) {
        List<ConfNode> nodes = written.stream().map(CorosyncConf::node).toList();
        boolean twoNode = is(flat, "quorum.two_node");
        return new CorosyncConf(
                flat.getOrDefault("totem.cluster_name", ""),
                number(flat.getOrDefault("totem.config_version", "0")),
                nodes,
                device(flat, nodes),
                number(flat.getOrDefault("quorum.expected_votes", "0")) > 0
                        ? OptionalInt.of(number(flat.getOrDefault("quorum.expected_votes", "0")))
                        : OptionalInt.empty(),
                new Rules(
                        twoNode,
                        flat.containsKey("quorum.wait_for_all") ? is(flat, "quorum.wait_for_all") : twoNode,
                        is(flat, "quorum.last_man_standing"),
                        number(flat.getOrDefault("quorum.last_man_standing_window", "10000")),
                        is(flat, "quorum.auto_tie_breaker"),
                        flat.getOrDefault("quorum.auto_tie_breaker_node", "lowest"),
                        is(flat, "quorum.allow_downscale")),
                protection(flat));
    }

    private static Optional<Device> device(Map<String, String> flat, List<ConfNode> nodes) {
        if (flat.getOrDefault("quorum.device.model", "").isEmpty()) {
            return Optional.empty();
        }
        int sum = nodes.stream().mapToInt(ConfNode::votes).sum();
        // Where members differ, corosync does not guess: the device has no say until it is told its votes.
        int byDefault = sum == nodes.size() ? Math.max(0, sum - 1) : 0;
        String votes = flat.get("quorum.device.votes");
        return Optional.of(new Device(
                votes == null ? byDefault : number(votes),
                flat.getOrDefault("quorum.device.net.algorithm", ""),
                flat.getOrDefault("quorum.device.net.host", "")));
    }

    private static Protection protection(Map<String, String> flat) {
        boolean secauth = flat.getOrDefault("totem.secauth", "off").equals("on");
        return new Protection(
                flat.getOrDefault("totem.transport", "knet"),
                flat.getOrDefault("totem.crypto_cipher", secauth ? "aes256" : "none"),
                flat.getOrDefault("totem.crypto_hash", secauth ? "sha256" : "none"));
    }

    private static boolean is(Map<String, String> flat, String key) {
        return !flat.getOrDefault(key, "0").matches("0*");
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
