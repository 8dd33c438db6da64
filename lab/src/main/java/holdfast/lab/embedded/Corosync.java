package holdfast.lab.embedded;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What corosync knows on each member of one embedded cluster: it works out who sees whom and who has how many votes,
 * and writes down what each member's programs say about it, in the words of corosync 3.1.7 and corosync-qdevice 3.0.3.
 */
final class Corosync {

    private static final String DEVICE_HOST = "192.0.2.20";

    /** How a member stands with the QDevice. */
    private enum Device {
        CONNECTED,
        CUT_OFF,
        STOPPED
    }

    /** A link that is gone for a member, to one other member or to all. */
    private record Cut(int link, int member, Optional<Integer> other) {
        boolean hits(int candidate, int from, int to) {
            return candidate == link && (hits(from, to) || hits(to, from));
        }

        private boolean hits(int from, int to) {
            return from == member && other.map(peer -> peer == to).orElse(true);
        }
    }

    private final String cluster;
    private final List<PracticeNode> nodes;
    private final Map<Integer, Integer> votes = new HashMap<>();
    private final Map<Integer, Integer> expected = new HashMap<>();
    private final Map<Integer, Device> device = new HashMap<>();
    private final Set<Integer> stopped = new HashSet<>();
    private final Set<Integer> cutOffMembers = new HashSet<>();
    private final Set<Cut> cuts = new HashSet<>();
    private final Set<Integer> oldConfiguration = new HashSet<>();
    private final Set<Integer> oldFile = new HashSet<>();
    private List<String> options = List.of();
    private Optional<String> algorithm = Optional.empty();
    private boolean secauth = true;
    private int links = 1;
    private int version;
    private int sequence = 0xd;
    private List<NavigableSet<Integer>> before = List.of();

    Corosync(String cluster, List<PracticeNode> nodes) {
        this.cluster = cluster;
        this.nodes = List.copyOf(nodes);
        version = nodes.size();
        before = ids().stream().map(this::partitionOf).toList();
    }

    boolean has(PracticeNode node) {
        return nodes.contains(node);
    }

    void links(int count) {
        links = count;
        tell();
    }

    void options(List<String> lines) {
        options = List.copyOf(lines);
        tell();
    }

    void votes(PracticeNode node, int count) {
        votes.put(id(node), count);
        tell();
    }

    void device(String chosen) {
        algorithm = Optional.of(chosen);
        tell();
    }

    void secauth(boolean on) {
        secauth = on;
        tell();
    }

    void partition(List<PracticeNode> island) {
        Set<Integer> inside = island.stream().map(this::id).collect(Collectors.toSet());
        cutOffMembers.clear();
        cutOffMembers.addAll(inside);
        tell();
    }

    void heal() {
        cutOffMembers.clear();
        cuts.clear();
        stopped.clear();
        expected.clear();
        device.clear();
        oldConfiguration.clear();
        oldFile.clear();
        nodes.forEach(node -> node.file("/state/corosync", "active\n"));
        tell();
    }

    void stop(PracticeNode node) {
        stopped.add(id(node));
        node.file("/state/corosync", "inactive\n");
        tell();
    }

    void start(PracticeNode node) {
        stopped.remove(id(node));
        node.file("/state/corosync", "active\n");
        tell();
    }

    void cutLink(int link, PracticeNode node, Optional<PracticeNode> other) {
        cuts.add(new Cut(link, id(node), other.map(this::id)));
        tell();
    }

    void lowerExpected(PracticeNode node, int count) {
        // Corosync tells it to all members that it sees.
        partitionOf(id(node)).forEach(member -> expected.put(member, count));
        tell();
    }

    void cutDevice(List<PracticeNode> from) {
        from.forEach(node -> device.put(id(node), Device.CUT_OFF));
        tell();
    }

    void cutDeviceFromAll() {
        cutDevice(nodes);
    }

    void stopDevice(PracticeNode node) {
        device.put(id(node), Device.STOPPED);
        tell();
    }

    void keepOldConfiguration(PracticeNode node) {
        oldFile.add(id(node));
        runOldConfiguration(node);
    }

    void runOldConfiguration(PracticeNode node) {
        version++;
        oldConfiguration.add(id(node));
        tell();
    }

    private int id(PracticeNode node) {
        int index = nodes.indexOf(node);
        if (index < 0) {
            throw new IllegalArgumentException(node.name() + " is not a member of " + cluster);
        }
        return index + 1;
    }

    private PracticeNode node(int id) {
        return nodes.get(id - 1);
    }

    private List<Integer> ids() {
        List<Integer> ids = new ArrayList<>();
        for (int id = 1; id <= nodes.size(); id++) {
            ids.add(id);
        }
        return ids;
    }

    private int votesOf(int id) {
        return votes.getOrDefault(id, 1);
    }

    /** A QDevice has one vote with ffsplit and one less than there are members with lms, as Proxmox sets it up. */
    private int deviceVotes() {
        return algorithm.map(name -> name.equals("lms") ? nodes.size() - 1 : 1).orElse(0);
    }

    private int configuredVotes() {
        return ids().stream().mapToInt(this::votesOf).sum() + deviceVotes();
    }

    private boolean connected(int link, int from, int to) {
        return !stopped.contains(from)
                && !stopped.contains(to)
                && cutOffMembers.contains(from) == cutOffMembers.contains(to)
                && cuts.stream().noneMatch(cut -> cut.hits(link, from, to));
    }

    private boolean sees(int from, int to) {
        for (int link = 0; link < links; link++) {
            if (connected(link, from, to)) {
                return true;
            }
        }
        return false;
    }

    private NavigableSet<Integer> partitionOf(int id) {
        NavigableSet<Integer> found = new TreeSet<>(Set.of(id));
        List<Integer> waiting = new ArrayList<>(found);
        while (!waiting.isEmpty()) {
            int at = waiting.removeFirst();
            for (int other : ids()) {
                if (sees(at, other) && found.add(other)) {
                    waiting.add(other);
                }
            }
        }
        return found;
    }

    /** The larger part gets the QDevice's votes; of two that are as large the one with the lowest node. */
    private boolean deviceVotesFor(int id) {
        if (!connectedToDevice(id)) {
            return false;
        }
        NavigableSet<Integer> chosen = ids().stream()
                .filter(this::connectedToDevice)
                .map(this::partitionOf)
                .min(Comparator.<NavigableSet<Integer>>comparingInt(part -> -part.size())
                        .thenComparingInt(NavigableSet::first))
                .orElseThrow();
        return chosen.contains(id);
    }

    private boolean connectedToDevice(int id) {
        return algorithm.isPresent() && !stopped.contains(id) && deviceOf(id) == Device.CONNECTED;
    }

    private Device deviceOf(int id) {
        return device.getOrDefault(id, Device.CONNECTED);
    }

    /** Writes everything anew on every member. */
    void tell() {
        List<NavigableSet<Integer>> now = ids().stream().map(this::partitionOf).toList();
        if (!now.equals(before)) {
            // A ring's number goes up in steps of four.
            sequence += 4;
            before = now;
        }
        String shared = configuration(version);
        for (int id : ids()) {
            PracticeNode node = node(id);
            node.file("/etc/pve/corosync.conf", shared);
            node.file("/etc/corosync/corosync.conf", oldFile.contains(id) ? configuration(version - 1) : shared);
            Count count = count(id);
            node.file("/etc/pve/.members", members(id, count.quorate()));
            if (stopped.contains(id)) {
                node.without("/state/quorum").without("/state/links").without("/state/cmap");
            } else {
                node.file("/state/quorum", count.text());
                node.file("/state/links", linkStates(id));
                node.file("/state/cmap", map(id));
            }
            if (algorithm.isPresent() && deviceOf(id) != Device.STOPPED && !stopped.contains(id)) {
                node.file("/state/qdevice", device(id));
            } else {
                node.without("/state/qdevice");
            }
        }
    }

    private String configuration(int number) {
        StringBuilder text = new StringBuilder("logging {\n  debug: off\n  to_syslog: yes\n}\n\nnodelist {\n");
        for (int id : ids()) {
            text.append("  node {\n    name: %s\n    nodeid: %d\n    quorum_votes: %d\n"
                    .formatted(node(id).name(), id, votesOf(id)));
            for (int link = 0; link < links; link++) {
                text.append("    ring%d_addr: %s\n".formatted(link, address(link, id)));
            }
            text.append("  }\n");
        }
        text.append("}\n\nquorum {\n");
        algorithm.ifPresent(name -> text.append("""
                  device {
                    model: net
                    net {
                      algorithm: %s
                      host: %s
                      tls: on
                    }
                    votes: %d
                  }
                """.formatted(name, DEVICE_HOST, deviceVotes())));
        text.append("  provider: corosync_votequorum\n");
        options.forEach(line -> text.append("  ").append(line).append('\n'));
        text.append("}\n\ntotem {\n  cluster_name: %s\n  config_version: %d\n".formatted(cluster, number));
        for (int link = 0; link < links; link++) {
            text.append("  interface {\n    linknumber: %d\n  }\n".formatted(link));
        }
        return text
                + "  ip_version: ipv4-6\n  link_mode: passive\n  secauth: %s\n  version: 2\n}\n\n"
                        .formatted(secauth ? "on" : "off");
    }

    private static String address(int link, int id) {
        return (link == 0 ? "192.0.2." : "198.51.100.") + (10 + id);
    }

    private String members(int id, boolean quorate) {
        NavigableSet<Integer> online = stopped.contains(id) ? new TreeSet<>(ids()) : partitionOf(id);
        return ids().stream()
                .map(other -> "  \"%s\": { \"id\": %d, \"online\": %d, \"ip\": \"%s\"}"
                        .formatted(node(other).name(), other, online.contains(other) ? 1 : 0, address(0, other)))
                .collect(Collectors.joining(
                        ",\n",
                        "{\n\"nodename\": \"%s\",\n\"version\": 9,\n\"cluster\": { \"name\": \"%s\", \"version\": %d, \"nodes\": %d, \"quorate\": %d },\n\"nodelist\": {\n"
                                .formatted(
                                        node(id).name(),
                                        cluster,
                                        runningVersion(id),
                                        nodes.size(),
                                        quorate && !stopped.contains(id) ? 1 : 0),
                        "\n  }\n}\n"));
    }

    private int runningVersion(int id) {
        return oldConfiguration.contains(id) ? version - 1 : version;
    }

    private boolean option(String name) {
        return options.stream().anyMatch(line -> line.matches(name + ":\\s*1"));
    }

    /** A count of votes, and what corosync-quorumtool says of it. */
    private record Count(boolean quorate, String text) {}

    private Count count(int id) {
        NavigableSet<Integer> members = partitionOf(id);
        boolean deviceVotes = deviceVotesFor(id);
        boolean registered = algorithm.isPresent() && deviceOf(id) != Device.STOPPED;
        boolean twoNodes = option("two_node") && nodes.size() == 2;
        int wanted = expected.getOrDefault(id, configuredVotes());
        int total = members.stream().mapToInt(this::votesOf).sum() + (deviceVotes ? deviceVotes() : 0);
        int needed = twoNodes ? 1 : wanted / 2 + 1;
        boolean tieBroken = option("auto_tie_breaker") && total * 2 == wanted && members.contains(1);
        boolean quorate = total >= needed || tieBroken;
        List<String> flags = new ArrayList<>();
        if (twoNodes) {
            flags.add("2Node");
        }
        if (quorate) {
            flags.add("Quorate");
        }
        if (twoNodes || option("wait_for_all")) {
            flags.add("WaitForAll");
        }
        if (option("last_man_standing")) {
            flags.add("LastManStanding");
        }
        if (option("auto_tie_breaker")) {
            flags.add("AutoTieBreaker");
        }
        if (registered) {
            flags.add("Qdevice");
        }
        StringBuilder text = new StringBuilder("""
                Quorum information
                ------------------
                Date:             Sat Nov 21 23:37:28 2026
                Quorum provider:  corosync_votequorum
                Nodes:            %d
                Node ID:          %d
                Ring ID:          %s
                Quorate:          %s

                Votequorum information
                ----------------------
                Expected votes:   %d
                Highest expected: %d
                Total votes:      %d
                Quorum:           %d %s
                Flags:            %s

                Membership information
                ----------------------
                """.formatted(
                        members.size(),
                        id,
                        ring(members),
                        quorate ? "Yes" : "No",
                        wanted,
                        wanted,
                        total,
                        needed,
                        quorate ? " " : "Activity blocked",
                        flags.stream().map(flag -> flag + " ").collect(Collectors.joining())));
        text.append(algorithm.isPresent() ? "    Nodeid      Votes    Qdevice Name\n" : "    Nodeid      Votes Name\n");
        for (int member : members) {
            text.append("%10d %10d ".formatted(member, votesOf(member)));
            if (algorithm.isPresent()) {
                text.append("%10s ".formatted(cell(member)));
            }
            text.append(node(member).name()).append(member == id ? " (local)\n" : "\n");
        }
        if (algorithm.isPresent()) {
            text.append("%10d %10d            Qdevice".formatted(0, deviceVotes ? deviceVotes() : 0))
                    .append(deviceVotes ? "\n" : " (votes %d)\n".formatted(deviceVotes()));
        }
        return new Count(quorate, text.toString());
    }

    private String cell(int member) {
        if (deviceOf(member) == Device.STOPPED) {
            return "NR";
        }
        return deviceVotesFor(member) ? "A,V,NMW" : "A,NV,NMW";
    }

    private String ring(NavigableSet<Integer> members) {
        return "%x.%x".formatted(members.first(), sequence);
    }

    private String linkStates(int id) {
        StringBuilder text = new StringBuilder("Local node ID %d, transport knet\n".formatted(id));
        for (int link = 0; link < links; link++) {
            text.append("LINK ID %d udp\n\taddr\t= %s\n\tstatus:\n".formatted(link, address(link, id)));
            for (int other : ids()) {
                String state = other == id ? "localhost" : connected(link, id, other) ? "connected" : "disconnected";
                text.append("\t\tnodeid: %10d:\t%s\n".formatted(other, state));
            }
        }
        return text.toString();
    }

    /** The keys in the order in which corosync-cmapctl lists them. */
    private String map(int id) {
        NavigableSet<Integer> members = partitionOf(id);
        TreeSet<String> keys = new TreeSet<>();
        keys.add("totem.cluster_name (str) = " + cluster);
        keys.add("totem.config_version (u64) = " + runningVersion(id));
        keys.add("totem.ip_version (str) = ipv4-6");
        keys.add("totem.link_mode (str) = passive");
        keys.add("totem.secauth (str) = " + (secauth ? "on" : "off"));
        keys.add("totem.version (u32) = 2");
        keys.add("nodelist.local_node_pos (u32) = " + (id - 1));
        for (int link = 0; link < links; link++) {
            keys.add("totem.interface.%d.bindnetaddr (str) = %s".formatted(link, address(link, id)));
        }
        for (int other : ids()) {
            String prefix = "nodelist.node." + (other - 1);
            keys.add("%s.name (str) = %s".formatted(prefix, node(other).name()));
            keys.add("%s.nodeid (u32) = %d".formatted(prefix, other));
            keys.add("%s.quorum_votes (u32) = %d".formatted(prefix, votesOf(other)));
            for (int link = 0; link < links; link++) {
                keys.add("%s.ring%d_addr (str) = %s".formatted(prefix, link, address(link, other)));
            }
            boolean joined = members.contains(other);
            String member = "runtime.members." + other;
            keys.add("%s.config_version (u64) = %d".formatted(member, runningVersion(other)));
            keys.add("%s.status (str) = %s".formatted(member, joined ? "joined" : "left"));
        }
        keys.add("quorum.provider (str) = corosync_votequorum");
        for (String line : options) {
            String[] words = line.split(":\\s*", 2);
            String type = words[1].matches("[01]") ? "u8" : words[1].matches("\\d+") ? "u32" : "str";
            keys.add("quorum.%s (%s) = %s".formatted(words[0], type, words[1]));
        }
        boolean twoNodes = option("two_node") && nodes.size() == 2;
        String votequorum = "runtime.votequorum.";
        keys.add(votequorum + "ev_barrier (u32) = " + expected.getOrDefault(id, configuredVotes() - deviceVotes()));
        keys.add(votequorum + "highest_node_id (u32) = " + members.last());
        keys.add(votequorum + "lowest_node_id (u32) = " + members.first());
        keys.add(votequorum + "this_node_id (u32) = " + id);
        keys.add(votequorum + "two_node (u8) = " + (twoNodes ? 1 : 0));
        if (twoNodes || option("wait_for_all")) {
            keys.add(votequorum + "wait_for_all_status (u8) = 0");
        }
        if (option("auto_tie_breaker")) {
            keys.add(votequorum + "atb_type (u32) = 1");
        }
        algorithm.ifPresent(name -> {
            keys.add("quorum.device.model (str) = net");
            keys.add("quorum.device.net.algorithm (str) = " + name);
            keys.add("quorum.device.net.host (str) = " + DEVICE_HOST);
            keys.add("quorum.device.net.tls (str) = on");
            keys.add("quorum.device.votes (u32) = " + deviceVotes());
            keys.add(votequorum + "qdevice_can_operate (u8) = 1");
            keys.add(votequorum + "qdevice_master_wins (u8) = 0");
        });
        return String.join("\n", keys) + "\n";
    }

    private String device(int id) {
        StringBuilder text = new StringBuilder("""
                Qdevice information
                -------------------
                Model:			Net
                Node ID:		%d
                Configuration version:	%d
                Configured node list:
                """.formatted(id, runningVersion(id)));
        for (int other : ids()) {
            text.append("    %d\tNode ID = %d\n".formatted(other - 1, other));
        }
        return text
                + """
                Membership node list:	%s

                Qdevice-net information
                ----------------------
                Cluster name:		%s
                QNetd host:		%s:5403
                Algorithm:		%s
                Tie-breaker:		Node with lowest node ID
                State:			%s
                """.formatted(
                                partitionOf(id).stream().map(Objects::toString).collect(Collectors.joining(", ")),
                                cluster,
                                DEVICE_HOST,
                                algorithm.orElseThrow().equals("lms") ? "LMS" : "Fifty-Fifty split",
                                connectedToDevice(id) ? "Connected" : "Connect failed");
    }
}
