package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which cluster a node belongs to, from {@code /etc/pve/.members} (pmxcfs, may be gone) and from
 * {@code /etc/corosync/corosync.conf} (a plain file, read by corosync itself).
 *
 * @param nodeName the node's own name in the cluster; empty when neither source tells
 * @param corosyncText the text of the local corosync.conf, without secrets; empty on a standalone node
 * @param corosync the same, understood
 * @param members pmxcfs's view, or why there is none
 */
public record Membership(
        String nodeName, Optional<String> corosyncText, Optional<CorosyncConf> corosync, Reading<Members> members) {

    private static final String FILES = Sections.SHELL + ClusterFiles.CONF + """
            conf corosync.conf /etc/corosync/corosync.conf
            section nodename uname -n
            """;

    private static final String FILES_NAME = "cluster.corosync-conf";
    private static final Duration FILES_LIMIT = Duration.ofSeconds(5);

    /** Each file on its own time: a hung pmxcfs must not hide corosync.conf. */
    public static final Probe<Membership> PROBE = Probe.both(
            Probe.command(FILES_NAME, FILES, FILES_LIMIT, output -> Sections.parse(output.stdout())),
            Probe.attempt(Probe.command(
                    "cluster.members",
                    "cat /etc/pve/.members",
                    Duration.ofSeconds(4),
                    output -> Members.parse(output.stdout()))),
            Membership::of);

    /** The same without pmxcfs's view, for what is judged by corosync alone; runs the same command once for both. */
    public static final Probe<Membership> OF_COROSYNC = Probe.command(
            FILES_NAME,
            FILES,
            FILES_LIMIT,
            output -> of(Sections.parse(output.stdout()), Reading.unknown("pmxcfs was not asked")));

    static Membership of(Sections files, Reading<Members> members) {
        String uname = files.section("nodename")
                .map(Sections.Section::text)
                .orElseThrow(() -> new IllegalArgumentException("the node's name was not answered"))
                .strip();
        // Proxmox's node name is uname -n up to the first dot (pve-cluster, PVE::INotify::nodename).
        String shortName = uname.replaceFirst("\\..*", "");
        Optional<String> conf = switch (files.file("corosync.conf")) {
            case Reading.Known<Optional<String>>(var text) -> text;
            case Reading.Unknown<Optional<String>>(var why) -> throw new IllegalArgumentException(why);
        };
        String name = members instanceof Reading.Known<Members>(var known)
                        && !known.nodeName().isEmpty()
                ? known.nodeName()
                : shortName;
        Membership membership = new Membership(name, conf, conf.map(CorosyncConf::parse), members);
        int listed = Math.max(
                membership.memberNames().size(),
                membership.corosync().map(known -> known.nodes().size()).orElse(0));
        if (listed > CorosyncConf.MEMBER_LIMIT) {
            throw new IllegalArgumentException(
                    "it lists %d members, and corosync takes %d at most: that is not believed"
                            .formatted(listed, CorosyncConf.MEMBER_LIMIT));
        }
        return membership;
    }

    /** Whether the node is a member of a cluster. */
    public boolean clustered() {
        return corosync.isPresent()
                || (members instanceof Reading.Known<Members>(var known)
                        && known.clusterName().isPresent());
    }

    /** The cluster's name, where there is a cluster. */
    public Optional<String> clusterName() {
        return corosync.flatMap(
                        conf -> conf.clusterName().isEmpty() ? Optional.empty() : Optional.of(conf.clusterName()))
                .or(() ->
                        members instanceof Reading.Known<Members>(var known) ? known.clusterName() : Optional.empty());
    }

    /** The names of all configured members, this node's among them, in their order; empty when standalone. */
    public List<String> memberNames() {
        Set<String> names = new LinkedHashSet<>();
        corosync.ifPresent(conf -> conf.nodes().forEach(node -> names.add(node.name())));
        if (members instanceof Reading.Known<Members>(var known)) {
            names.addAll(known.nodes().keySet());
        }
        return List.copyOf(names);
    }

    /** The addresses of the other members, as pmxcfs and corosync know them. */
    public Map<String, List<String>> peerAddresses() {
        Map<String, List<String>> peers = new LinkedHashMap<>();
        if (members instanceof Reading.Known<Members>(var known)) {
            known.nodes()
                    .forEach((name, node) -> node.ip()
                            .ifPresent(ip -> peers.computeIfAbsent(name, key -> new ArrayList<>())
                                    .add(ip)));
        }
        corosync.ifPresent(conf -> conf.nodes()
                .forEach(node -> node.addresses().forEach(address -> {
                    List<String> list = peers.computeIfAbsent(node.name(), key -> new ArrayList<>());
                    if (!list.contains(address)) {
                        list.add(address);
                    }
                })));
        peers.remove(nodeName);
        return peers;
    }

    /**
     * {@code /etc/pve/.members} (pve-cluster, src/pmxcfs/status.c).
     *
     * @param nodeName the node's own name
     * @param clusterName empty on a standalone node
     * @param quorate pmxcfs's own view of quorum; false on a standalone node
     * @param nodes by name
     */
    public record Members(
            String nodeName, Optional<String> clusterName, boolean quorate, Map<String, MemberNode> nodes) {

        private static final Pattern NODE_NAME = Pattern.compile("\"nodename\":\\s*\"([^\"]*)\"");
        private static final Pattern CLUSTER =
                Pattern.compile("\"cluster\":\\s*\\{\\s*\"name\":\\s*\"([^\"]*)\"[^{}]{0,200}?\"quorate\":\\s*(\\d)");
        private static final Pattern NODE = Pattern.compile(
                "\"([^\"]+)\":\\s*\\{\\s*\"id\":\\s*(\\d{1,6}),\\s*\"online\":\\s*(\\d)(?:,\\s*\"ip\":\\s*\"([^\"]*)\")?\\s*\\}");

        public Members {
            nodes = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
        }

        /**
         * pmxcfs prints this by hand in one fixed shape, without escapes.
         *
         * @throws IllegalArgumentException when it is not that shape, or cut off
         */
        public static Members parse(String text) {
            Matcher name = NODE_NAME.matcher(text);
            if (!name.find() || !isWhole(text)) {
                throw new IllegalArgumentException("/etc/pve/.members is not what pmxcfs prints");
            }
            Matcher cluster = CLUSTER.matcher(text);
            Map<String, MemberNode> nodes = new LinkedHashMap<>();
            boolean clustered = cluster.find();
            if (text.contains("\"cluster\"") && !clustered) {
                throw new IllegalArgumentException("the cluster line of /etc/pve/.members is not understood");
            }
            Matcher node = NODE.matcher(text);
            while (node.find()) {
                nodes.put(
                        node.group(1),
                        new MemberNode(
                                Integer.parseInt(node.group(2)),
                                node.group(3).equals("1"),
                                Optional.ofNullable(node.group(4)).filter(ip -> !ip.isEmpty())));
            }
            if (clustered && nodes.isEmpty()) {
                throw new IllegalArgumentException("/etc/pve/.members has a cluster without nodes");
            }
            return new Members(
                    name.group(1),
                    clustered ? Optional.of(cluster.group(1)) : Optional.empty(),
                    clustered && cluster.group(2).equals("1"),
                    nodes);
        }

        /** Names hold no braces, so the one that closes the first is the last: a cut-off text has none. */
        private static boolean isWhole(String text) {
            String body = text.strip();
            int depth = 0;
            for (int i = 0; i < body.length(); i++) {
                depth += body.charAt(i) == '{' ? 1 : body.charAt(i) == '}' ? -1 : 0;
                if (depth <= 0) {
                    return depth == 0 && i == body.length() - 1;
                }
            }
            return false;
        }
    }

    /**
     * A line of the node list.
     *
     * @param id corosync's node id
     * @param online stays true for nodes that are gone while corosync is down: trust {@code quorate}
     * @param ip the node's address, missing for one that was never seen
     */
    public record MemberNode(int id, boolean online, Optional<String> ip) {}
}
