package holdfast.checks.firewall;

import holdfast.policy.Cidr;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What has to be known before a firewall is switched on: who must still get in, and by which doors.
 *
 * @param client the address that this run comes from, as the node sees it; empty where the node is this machine
 * @param clientPort the node's port that it came in by
 * @param listeners what others can connect to
 * @param clusterNetworks the networks that datacenter.cfg names for migration and replication
 * @param insecureMigration whether guests move outside of SSH
 * @param self the node's own address as its name resolves
 * @param routes the networks of the routing tables in their order, default routes left out
 * @param names what the names in corosync.conf resolve to
 * @param unitFiles the units' UnitFileState: {@code enabled}, {@code masked}, empty when there is no such unit
 */
record Surroundings(
        Optional<Cidr> client,
        Optional<Integer> clientPort,
        List<Listener> listeners,
        List<Cidr> clusterNetworks,
        boolean insecureMigration,
        Optional<Cidr> self,
        List<Cidr> routes,
        Map<String, Cidr> names,
        Map<String, String> unitFiles) {

    /**
     * A socket that waits on an address which others can reach.
     *
     * @param protocol {@code tcp} or {@code udp}
     * @param program empty where the kernel itself waits
     */
    record Listener(String protocol, int port, String program) {
        @Override
        public String toString() {
            return "%s %d%s".formatted(protocol, port, program.isEmpty() ? "" : " (" + program + ")");
        }
    }

    /** Prints the sections; files and C programs only. datacenter.cfg may hold a proxy's password: two lines of it. */
    static final String SHELL = """
            section connection echo "${SSH_CONNECTION:-}"
            section listeners ss -H -ltnp
            section datagrams ss -H -lunp
            section routes cat /proc/net/route
            contents routes6 /proc/net/ipv6_route
            me=$(uname -n)
            section self getent ahosts "${me%%.*}"
            networks() { [ ! -e /etc/pve/datacenter.cfg ] || sed -n -E '/^(migration|replication):/p' /etc/pve/datacenter.cfg; }
            section networks networks
            names() {
                [ -e /etc/corosync/corosync.conf ] || return 0
                for name in $(awk '$1 ~ /^(ring|link)[0-7]_addr:$/ && $2 ~ /^[A-Za-z0-9._-]+$/ && $2 ~ /[^0-9.]/ { print $2 }' /etc/corosync/corosync.conf); do
                    getent ahosts "$name" | awk -v name="$name" 'NR == 1 { print name, $1 }'
                done
            }
            section names names
            """;

    private static final Pattern LOCAL = Pattern.compile("^(.*):(\\d{1,5})$");
    private static final Pattern PROGRAM = Pattern.compile("users:\\(\\(\"([^\"]*)\"");
    private static final Pattern INSECURE = Pattern.compile("(?m)^migration:(.*type=|\\s*)insecure\\b");
    private static final Pattern NETWORK = Pattern.compile("[:,\\s]network=([0-9a-fA-F.:/]+)");

    Surroundings {
        listeners = List.copyOf(listeners);
        clusterNetworks = List.copyOf(clusterNetworks);
        routes = List.copyOf(routes);
        names = Map.copyOf(names);
        unitFiles = Map.copyOf(unitFiles);
    }

    static Reading<Surroundings> parse(Sections sections) {
        return sections.text("connection")
                .then(connection -> sections.text("listeners")
                        .then(sockets -> sections.text("datagrams")
                                .then(datagrams -> sections.text("routes")
                                        .then(routes -> sections.file("routes6")
                                                .then(routes6 -> sections.text("networks")
                                                        .then(networks -> Reading.known(new Surroundings(
                                                                word(connection, 0)
                                                                        .flatMap(Surroundings::address),
                                                                word(connection, 3)
                                                                        .filter(port -> port.matches("\\d{1,5}"))
                                                                        .map(Integer::parseInt),
                                                                listeners(sockets, datagrams),
                                                                networks(networks),
                                                                INSECURE.matcher(networks)
                                                                        .find(),
                                                                sections.section("self")
                                                                        .flatMap(section -> word(section.text(), 0))
                                                                        .flatMap(Surroundings::address),
                                                                routes(routes, routes6.orElse("")),
                                                                names(sections),
                                                                unitFiles(sections)))))))));
    }

    private static Optional<String> word(String text, int index) {
        String[] words = text.strip().split("\\s+");
        return words.length > index && !words[index].isEmpty() ? Optional.of(words[index]) : Optional.empty();
    }

    /** A zone names an interface of one host: it means nothing to a rule. */
    private static Optional<Cidr> address(String text) {
        return Cidr.enclosing(text.replaceFirst("%.*", "")).filter(address -> !address.isLoopback());
    }

    private static List<Listener> listeners(String sockets, String datagrams) {
        List<Listener> listeners = new ArrayList<>();
        sockets.lines().forEach(line -> add(listeners, "tcp", line));
        datagrams.lines().forEach(line -> add(listeners, "udp", line));
        return listeners;
    }

    private static void add(List<Listener> listeners, String protocol, String line) {
        String[] words = line.strip().split("\\s+");
        Matcher local = LOCAL.matcher(words.length > 3 ? words[3] : "");
        if (local.matches() && reachable(local.group(1))) {
            Matcher program = PROGRAM.matcher(line);
            Listener listener =
                    new Listener(protocol, Integer.parseInt(local.group(2)), program.find() ? program.group(1) : "");
            if (!listeners.contains(listener)) {
                listeners.add(listener);
            }
        }
    }

    private static boolean reachable(String address) {
        String bare = address.replaceAll("%.*|[\\[\\]]", "");
        return bare.equals("*")
                || Cidr.enclosing(bare).map(found -> !found.isLoopback()).orElse(false);
    }

    private static List<Cidr> networks(String text) {
        List<Cidr> networks = new ArrayList<>();
        Matcher network = NETWORK.matcher(text);
        while (network.find()) {
            Cidr.enclosing(network.group(1))
                    .filter(found -> !networks.contains(found))
                    .ifPresent(networks::add);
        }
        return networks;
    }

    /** /proc/net/route in the machine's byte order, /proc/net/ipv6_route in the network's (PVE::ProcFSTools). */
    private static List<Cidr> routes(String ipv4, String ipv6) {
        List<Cidr> routes = new ArrayList<>();
        ipv4.lines().skip(1).forEach(line -> {
            String[] words = line.strip().split("\\s+");
            if (words.length > 7 && words[1].matches("[0-9A-Fa-f]{8}") && words[7].matches("[0-9A-Fa-f]{8}")) {
                int mask = Integer.reverseBytes(Integer.parseUnsignedInt(words[7], 16));
                int prefix = Integer.bitCount(mask);
                // The masks that Proxmox takes for a local network: /8 to /32.
                if (prefix >= 8 && Integer.numberOfTrailingZeros(mask) == 32 - prefix) {
                    int network = Integer.reverseBytes(Integer.parseUnsignedInt(words[1], 16));
                    Cidr.enclosing("%d.%d.%d.%d/%d"
                                    .formatted(
                                            network >>> 24,
                                            network >>> 16 & 255,
                                            network >>> 8 & 255,
                                            network & 255,
                                            prefix))
                            .ifPresent(routes::add);
                }
            }
        });
        ipv6.lines().forEach(line -> {
            String[] words = line.strip().split("\\s+");
            if (words.length > 1 && words[0].matches("[0-9A-Fa-f]{32}") && words[1].matches("[0-9A-Fa-f]{2}")) {
                int prefix = Integer.parseInt(words[1], 16);
                if (prefix > 0) {
                    Cidr.enclosing(words[0].replaceAll("(.{4})(?!$)", "$1:") + "/" + prefix)
                            .ifPresent(routes::add);
                }
            }
        });
        return routes;
    }

    private static Map<String, Cidr> names(Sections sections) {
        Map<String, Cidr> names = new HashMap<>();
        sections.section("names").map(Sections.Section::text).orElse("").lines().forEach(line -> {
            String[] words = line.strip().split("\\s+");
            if (words.length == 2) {
                address(words[1]).ifPresent(address -> names.put(words[0], address));
            }
        });
        return names;
    }

    private static Map<String, String> unitFiles(Sections sections) {
        Map<String, String> states = new HashMap<>();
        for (String block :
                sections.section("units").map(Sections.Section::text).orElse("").split("\n\n")) {
            Optional<String> id = value(block, "Id=");
            id.ifPresent(name -> states.put(
                    name.replaceFirst("\\.service$", ""),
                    value(block, "UnitFileState=").orElse("")));
        }
        return states;
    }

    private static Optional<String> value(String block, String key) {
        return block.lines()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(key.length()).strip())
                .findFirst();
    }

    /** The ports that an SSH server waits on, ours among them. */
    List<Integer> sshPorts() {
        TreeSet<Integer> ports = new TreeSet<>();
        clientPort.ifPresent(ports::add);
        listeners.stream()
                .filter(listener -> listener.protocol().equals("tcp"))
                .filter(listener ->
                        listener.program().equals("sshd") || listener.program().equals("dropbear"))
                .forEach(listener -> ports.add(listener.port()));
        return List.copyOf(ports);
    }

    /**
     * The network that pve-firewall takes for the local one: the first route that leads to the node's address
     * (Firewall.pm: local_network).
     */
    Optional<Cidr> localNetwork(Cidr node) {
        return routes.stream().filter(route -> route.covers(node)).findFirst();
    }
}
