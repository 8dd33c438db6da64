package holdfast.checks.firewall;

import holdfast.checks.firewall.FirewallFile.Entry;
import holdfast.checks.firewall.FirewallFile.Rule;
import holdfast.policy.Cidr;
import holdfast.policy.InputPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who may open a TCP connection to a node once its firewall is on, by what cluster.fw and host.fw say, in the order
 * in which the rules stand in PVEFW-HOST-IN (pve-firewall, Firewall.pm: enable_host_firewall): host.fw's rules,
 * cluster.fw's, the IP set 'management' with the node's own network, the input policy. The nftables back end asks
 * the set before the rules, and does not let it to the migration's ports.
 *
 * <p>Where a rule may or may not match, what is said is the worse of the two: an ACCEPT does not count, a DROP does.
 *
 * @param cluster cluster.fw as it will be
 * @param host host.fw
 * @param localNetwork what Proxmox adds to the set by itself; empty where that is not known for sure
 * @param nftables which back end
 * @param policy what happens to what no rule names
 */
record Reach(
        FirewallFile cluster, FirewallFile host, Optional<Cidr> localNetwork, boolean nftables, InputPolicy policy) {

    /** What becomes of a connection. */
    sealed interface Answer {

        /** It is let in. */
        record Let() implements Answer {}

        /**
         * Something written by hand keeps it out, or may do so.
         *
         * @param by which line, where, and what it says
         * @param surely whether it does so for all of the source
         */
        record Kept(String by, boolean surely) implements Answer {}

        /** Nothing names it, and the input policy keeps it out. */
        record Unnamed() implements Answer {}
    }

    /** How far a rule fits, least first, so that the least of several conditions is the rule's. */
    private enum Fit {
        NOT,
        MAYBE,
        WHOLLY;

        Fit and(Fit other) {
            return compareTo(other) < 0 ? this : other;
        }
    }

    private static final String BLACKLIST = "blacklist";

    /** Whether the set 'management' opens this port to its members. */
    boolean managed(int port) {
        return port == 22
                || port == 8006
                || port == 3128
                || (5900 <= port && port <= 5999)
                || (!nftables && 60_000 <= port && port <= 60_050);
    }

    /** What becomes of connections from all addresses of {@code source} to this TCP port. */
    Answer tcp(Cidr source, int port) {
        for (Entry entry : cluster.sets().getOrDefault(BLACKLIST, List.of())) {
            if (!entry.excluded() && entry.network().filter(source::overlaps).isPresent()) {
                return new Answer.Kept(
                        "line %d of cluster.fw (%s in the IP set '%s')"
                                .formatted(entry.line(), entry.text(), BLACKLIST),
                        entry.network().orElseThrow().covers(source));
            }
        }
        if (nftables && managed(port) && inSet(FirewallEdit.MANAGEMENT, source) == Fit.WHOLLY) {
            return new Answer.Let();
        }
        for (Rule rule :
                Stream.concat(host.rules().stream(), cluster.rules().stream()).toList()) {
            Optional<Answer> answer = decide(rule, Fit.WHOLLY, source, port);
            if (answer.isPresent()) {
                return answer.get();
            }
        }
        if (managed(port)) {
            if (inSet(FirewallEdit.MANAGEMENT, source) == Fit.WHOLLY) {
                return new Answer.Let();
            }
            Optional<Entry> exclusion = FirewallFile.exclusion(management(), source);
            if (exclusion.isPresent() && policy != InputPolicy.ACCEPT) {
                return new Answer.Kept(
                        "line %d of cluster.fw (%s in the IP set '%s')"
                                .formatted(
                                        exclusion.get().line(), exclusion.get().text(), FirewallEdit.MANAGEMENT),
                        exclusion.get().network().orElseThrow().covers(source));
            }
        }
        return policy == InputPolicy.ACCEPT ? new Answer.Let() : new Answer.Unnamed();
    }

    /** Whether a rule lets anybody at all to this port: such a service was thought of. */
    boolean thoughtOf(String protocol, int port) {
        return policy == InputPolicy.ACCEPT
                || Stream.of(host.rules(), cluster.rules())
                        .flatMap(List::stream)
                        .anyMatch(rule -> rule.type().equals("group")
                                ? cluster.groups().getOrDefault(rule.action(), List.of()).stream()
                                        .anyMatch(inner -> accepts(inner, protocol, port))
                                : accepts(rule, protocol, port));
    }

    private static boolean accepts(Rule rule, String protocol, int port) {
        return rule.type().equals("in")
                && rule.action().equals("ACCEPT")
                && !rule.broken()
                && (protocol.equals("tcp")
                        ? traffic(rule, port) != Fit.NOT
                        : rule.macro().isPresent()
                                ? Macros.udp(rule.macro().get(), port)
                                : (rule.parameter("proto").map(protocol::equals).orElse(true)
                                        && rule.parameter("dport")
                                                        .map(ports -> ports(ports, port))
                                                        .orElse(Fit.WHOLLY)
                                                != Fit.NOT));
    }

    private Optional<Answer> decide(Rule rule, Fit sofar, Cidr source, int port) {
        if (rule.type().equals("group")) {
            Fit through = sofar.and(rule.parameter("iface").isPresent() ? Fit.MAYBE : Fit.WHOLLY);
            for (Rule inner : cluster.groups().getOrDefault(rule.action(), List.of())) {
                if (!inner.type().equals("group")) {
                    Optional<Answer> answer = decide(inner, through, source, port);
                    if (answer.isPresent()) {
                        return answer;
                    }
                }
            }
            return Optional.empty();
        }
        if (!rule.type().equals("in")) {
            return Optional.empty();
        }
        Fit fit = sofar.and(conditions(rule, source)).and(traffic(rule, port));
        return switch (rule.action()) {
            case "ACCEPT" -> fit == Fit.WHOLLY ? Optional.of(new Answer.Let()) : Optional.empty();
            case "DROP", "REJECT" ->
                fit == Fit.NOT ? Optional.empty() : Optional.of(new Answer.Kept(rule.where(), fit == Fit.WHOLLY));
            // Proxmox leaves a rule with an unknown action out.
            default -> Optional.empty();
        };
    }

    private Fit conditions(Rule rule, Cidr source) {
        Fit fit = rule.broken() ? Fit.MAYBE : Fit.WHOLLY;
        for (String condition : List.of("iface", "dest", "sport", "icmp-type")) {
            if (rule.parameter(condition).isPresent()) {
                fit = fit.and(Fit.MAYBE);
            }
        }
        return fit.and(rule.parameter("source").map(from -> from(from, source)).orElse(Fit.WHOLLY));
    }

    private Fit from(String reference, Cidr source) {
        if (reference.startsWith("+")) {
            return cluster.setName(reference).map(name -> inSet(name, source)).orElse(Fit.MAYBE);
        }
        Optional<Cidr> alias = cluster.alias(reference);
        if (alias.isPresent()) {
            return fit(List.of(alias.get()), source);
        }
        List<Cidr> networks = new ArrayList<>();
        for (String item : reference.split(",", -1)) {
            String[] ends = item.split("-", -1);
            Optional<List<Cidr>> read = ends.length == 2
                    ? Cidr.range(ends[0], ends[1])
                    : Cidr.parse(item).map(List::of);
            if (read.isEmpty()) {
                return Fit.MAYBE;
            }
            networks.addAll(read.get());
        }
        return fit(networks, source);
    }

    private static Fit fit(List<Cidr> networks, Cidr source) {
        return networks.stream().anyMatch(network -> network.covers(source))
                ? Fit.WHOLLY
                : networks.stream().anyMatch(network -> network.overlaps(source)) ? Fit.MAYBE : Fit.NOT;
    }

    private Fit inSet(String name, Cidr source) {
        List<Entry> entries = name.equals(FirewallEdit.MANAGEMENT)
                ? management()
                : cluster.sets().getOrDefault(name, List.of());
        Fit fit = fit(
                entries.stream()
                        .filter(entry -> !entry.excluded())
                        .flatMap(entry -> entry.network().stream())
                        .toList(),
                source);
        return FirewallFile.exclusion(entries, source).isPresent() ? fit.and(Fit.MAYBE) : fit;
    }

    /** The set as the kernel gets it: Proxmox puts the node's own network in. */
    private List<Entry> management() {
        List<Entry> entries = new ArrayList<>(cluster.sets().getOrDefault(FirewallEdit.MANAGEMENT, List.of()));
        localNetwork.ifPresent(network -> entries.add(new Entry(0, network.shortest(), false, Optional.of(network))));
        return entries;
    }

    /** Whether a rule speaks of this TCP port. */
    private static Fit traffic(Rule rule, int port) {
        Map<String, String> parameters = rule.parameters();
        if (rule.macro().isPresent()) {
            Fit fit = Macros.tcp(rule.macro().get())
                    .map(ports -> ports.stream().anyMatch(span -> span.contains(port)) ? Fit.WHOLLY : Fit.NOT)
                    .orElse(Fit.MAYBE);
            // A macro has its own; Proxmox refuses others beside it.
            return parameters.containsKey("dport") || parameters.containsKey("proto") ? fit.and(Fit.MAYBE) : fit;
        }
        String protocol = parameters.getOrDefault("proto", "");
        return switch (protocol) {
            // Proxmox leaves a rule with a port and no protocol out.
            case "" -> parameters.containsKey("dport") ? Fit.MAYBE : Fit.WHOLLY;
            case "tcp", "6" ->
                parameters.containsKey("dport") ? ports(parameters.getOrDefault("dport", ""), port) : Fit.WHOLLY;
            case "udp", "icmp", "icmpv6", "ipv6-icmp", "igmp", "gre", "esp", "ah", "ospf", "sctp", "udplite", "dccp" ->
                Fit.NOT;
            default -> Fit.MAYBE;
        };
    }

    private static Fit ports(String list, int port) {
        Fit fit = Fit.NOT;
        for (String item : list.split(",", -1)) {
            if (item.matches("\\d{5,}") && (item.length() > 5 || Integer.parseInt(item) > 65_535)) {
                // No port: Proxmox leaves the whole rule out.
                return Fit.MAYBE;
            } else if (item.matches("\\d{1,5}")) {
                fit = Integer.parseInt(item) == port ? Fit.WHOLLY : fit;
            } else if (item.matches("\\d{1,5}:\\d{1,5}")) {
                String[] ends = item.split(":");
                fit = new Macros.Ports(Integer.parseInt(ends[0]), Integer.parseInt(ends[1])).contains(port)
                        ? Fit.WHOLLY
                        : fit;
            } else if (item.equals("ssh")) {
                fit = port == 22 ? Fit.WHOLLY : fit;
            } else if (port != 22 && port != 8006 && fit == Fit.NOT) {
                // A name of /etc/services; none of them is 8006, and ssh is 22.
                fit = Fit.MAYBE;
            }
        }
        return fit;
    }
}
