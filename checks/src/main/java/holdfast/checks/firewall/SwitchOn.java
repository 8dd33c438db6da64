package holdfast.checks.firewall;

import static holdfast.change.Remedy.refused;

import holdfast.change.Change;
import holdfast.change.EditException;
import holdfast.change.Remedy;
import holdfast.checks.firewall.FirewallEdit.AddManagement;
import holdfast.checks.firewall.FirewallEdit.Entry;
import holdfast.checks.firewall.FirewallEdit.SetOption;
import holdfast.checks.firewall.FirewallLines.Kind;
import holdfast.checks.firewall.Surroundings.Listener;
import holdfast.policy.Cidr;
import holdfast.policy.InputPolicy;
import holdfast.policy.Policy;
import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import holdfast.text.Clean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Switches the firewall on without cutting anybody off: whoever must have access is let in first, by what is there or
 * by the IP set 'management', and nothing is switched while a rule or a port speaks against it.
 */
final class SwitchOn {

    private static final String CLUSTER_FILE = "/etc/pve/firewall/cluster.fw";

    /** The daemon looks every ten seconds, and it is not the only one that works then. */
    private static final Duration SETTLE = Duration.ofSeconds(30);

    private static final int API = 8006;
    private static final int SSH = 22;

    /** The first and the last of the ports that guests move through outside of SSH. */
    private static final List<Integer> MIGRATION = List.of(60_000, 60_050);

    /** Lets only lines through that speak of the two files: of what else it prints, much is noise. */
    private static final Change.Validate COMPILES =
            new Change.Validate("""
            if complaints=$(pve-firewall compile 2>&1 >/dev/null); then
                printf '%s\\n' "$complaints" | awk '
                    /(cluster|host)\\.fw \\(line [0-9]+\\)/ { wrong = named = 1; print; next }
                    named && /^  / { print; next }
                    { named = 0 }
                    END { exit wrong }'
            else
                printf '%s\\n' "$complaints"
                false
            fi""", "the firewall's files as Proxmox reads them");

    /**
     * The daemon executes itself anew and loads the files within a second or two, instead of the ten that it would
     * wait; its rules stay in force meanwhile. The way back is as much shorter. The other members wait their turn.
     */
    private static final Change.Reload AT_ONCE = new Change.Reload(
            "systemctl try-reload-or-restart pve-firewall", "have pve-firewall read its files at once");

    /** Datagrams that servers wait for; other UDP sockets belong to clients. */
    private static final Map<Integer, String> UDP = Map.of(
            53,
            "DNS",
            67,
            "DHCP",
            69,
            "TFTP",
            123,
            "NTP",
            161,
            "SNMP",
            500,
            "IPsec",
            514,
            "syslog",
            1194,
            "OpenVPN",
            4789,
            "VXLAN",
            51820,
            "WireGuard");

    /** What people know a port by; the program's name says it for others. */
    private static final Map<Integer, String> TCP = Map.of(
            111,
            "portmapper",
            179,
            "BGP",
            2049,
            "NFS",
            3260,
            "iSCSI",
            3300,
            "Ceph",
            5403,
            "QDevice",
            6789,
            "Ceph",
            8007,
            "Proxmox Backup Server",
            9100,
            "node exporter");

    /** Somebody who must have access, and the ports. */
    private record Caller(Cidr network, String what, List<Integer> ports) {}

    private final Enabled.Facts facts;
    private final Policy policy;
    private final Surroundings around;
    private final Membership membership;
    private final FirewallFile cluster;
    private final FirewallFile host;
    private final boolean nftables;

    private SwitchOn(Enabled.Facts facts, Policy policy, Surroundings around, Membership membership) {
        this.facts = facts;
        this.policy = policy;
        this.around = around;
        this.membership = membership;
        this.cluster = facts.cluster().orElse(FirewallFile.empty(Kind.CLUSTER));
        this.host = facts.host().orElse(FirewallFile.empty(Kind.HOST));
        this.nftables = host.number("nftables").orElse(0L) == 1;
    }

    static Remedy remedy(Enabled.Facts facts, Policy policy) {
        if (facts.around() instanceof Reading.Unknown<Surroundings>(var why)) {
            return refused(
                    "who must keep access is not known: " + why,
                    "mend what keeps the node from answering, and scan again");
        }
        if (facts.membership() instanceof Reading.Unknown<Membership>(var why)) {
            return refused(
                    "the cluster's members are not known: " + why,
                    "mend what keeps the node from answering, and scan again");
        }
        return new SwitchOn(facts, policy, value(facts.around()), value(facts.membership())).remedy();
    }

    private static <T> T value(Reading<T> reading) {
        return switch (reading) {
            case Reading.Known<T>(var value) -> value;
            case Reading.Unknown<T>(var why) -> throw new IllegalStateException(why);
        };
    }

    private Remedy remedy() {
        try {
            return steps();
        } catch (Refusal refusal) {
            return refusal.refused;
        }
    }

    /** Ends the search for a plan; it never leaves this class. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Remedy.Refused refused;

        Refusal(String why, String... instead) {
            super(why);
            this.refused = refused(why, instead);
        }
    }

    private Remedy.Steps steps() throws Refusal {
        boolean on = facts.clusterOn();
        boolean hostOff = host.number("enable").orElse(1L) == 0;
        InputPolicy wanted = policy.firewall().inputPolicy();
        boolean tooWeak = Enabled.weaker(facts.configured(), wanted);
        InputPolicy then = tooWeak ? wanted : facts.configured();
        refuseBypass();
        List<Entry> additions = additions(reach(then));

        List<Change> changes = new ArrayList<>();
        // Where the firewall is on already, what is written to cluster.fw is in force within ten seconds.
        boolean live = facts.clusterLive();
        if (!additions.isEmpty()) {
            changes.add(new Change.EditFile(CLUSTER_FILE, new AddManagement(additions), live));
        }
        boolean ignoredEnable = !on && !live && ignoredOption("enable");
        if (ignoredEnable) {
            // The same in words that Proxmox reads, so that the validation does not stumble over what goes anyway.
            changes.add(new Change.EditFile(CLUSTER_FILE, new SetOption(Kind.CLUSTER, "enable", "0"), false));
        }
        if (tooWeak || (!live && ignoredOption("policy_in"))) {
            changes.add(new Change.EditFile(CLUSTER_FILE, new SetOption(Kind.CLUSTER, "policy_in", then.name()), live));
        }
        if (hostOff) {
            changes.add(new Change.EditFile(
                    "/etc/pve/nodes/%s/host.fw".formatted(nodeName()), new SetOption(Kind.HOST, "enable", "1"), true));
        }
        if (!on) {
            changes.add(new Change.EditFile(CLUSTER_FILE, new SetOption(Kind.CLUSTER, "enable", "1"), true));
        }
        tryOut(changes);
        if (!changes.isEmpty()) {
            changes.add(COMPILES);
            if (!nftables) {
                changes.add(AT_ONCE);
            }
        }
        rescue(changes);
        services(changes);
        if (changes.isEmpty() && on && !hostOff && !loaded()) {
            changes.add(reload());
        }
        if (changes.isEmpty()) {
            throw new Refusal(
                    "the files say what the policy wants and the services run, yet the kernel does something else",
                    "journalctl -u pve-firewall -n 50 says what keeps the rules from being loaded");
        }
        Remedy.Steps steps =
                Remedy.steps(changes.toArray(Change[]::new)).guarded().settlingWithin(SETTLE);
        boolean clusterWide = changes.stream()
                .anyMatch(change ->
                        change instanceof Change.EditFile edit && edit.path().equals(CLUSTER_FILE));
        return notes(clusterWide ? steps.needing(Remedy.Need.EVERY_MEMBER) : steps, reach(then), additions);
    }

    /** Should rules cost the cluster its quorum, its files could not be put back: then the rules have to go. */
    private void rescue(List<Change> changes) {
        String active = Stream.of(
                        facts.pveFirewall().equals("active") ? "pve-firewall.service" : "",
                        facts.proxmoxFirewall().equals("active") ? "proxmox-firewall.service" : "")
                .filter(unit -> !unit.isEmpty())
                .collect(Collectors.joining(" "));
        if (!changes.isEmpty() && !active.isEmpty()) {
            changes.add(new Change.Rescue(
                    "systemctl stop " + active,
                    "systemctl start " + active,
                    "take this node's rules away while /etc/pve cannot be written"));
        }
    }

    private boolean ignoredOption(String key) {
        return cluster.ignored().stream()
                .anyMatch(line -> line.toLowerCase(Locale.ROOT).matches("line \\d+: " + key + "\\b.*"));
    }

    private String nodeName() throws Refusal {
        if (!membership.nodeName().matches("[A-Za-z0-9]([A-Za-z0-9-]{0,61})")) {
            throw new Refusal(
                    "'%s' is no name that Proxmox gives to a node, and its host.fw is found by that name"
                            .formatted(Clean.line(membership.nodeName(), 60)),
                    "pvesh set /nodes/localhost/firewall/options --enable 1");
        }
        return membership.nodeName();
    }

    /** A rule of somebody else in INPUT that lets all in makes Proxmox's chains, which come behind it, worthless. */
    private void refuseBypass() throws Refusal {
        if (nftables) {
            return;
        }
        List<Reading<Kernel>> families =
                Stream.concat(Stream.of(facts.ipv4()), facts.ipv6().stream()).toList();
        for (Reading<Kernel> reading : families) {
            switch (reading) {
                case Reading.Unknown<Kernel>(var why) ->
                    throw new Refusal(
                            "the rules in the kernel could not be read: " + why, "iptables-save says what is wrong");
                case Reading.Known<Kernel>(var kernel) -> {
                    if (kernel.bypass().isPresent()) {
                        throw new Refusal(
                                "a rule that is not Proxmox's lets everything in before its own are asked: "
                                        + kernel.bypass().get(),
                                "find out who adds it (iptables-legacy -S INPUT), and take it out there");
                    }
                }
            }
        }
    }

    private Reach reach(InputPolicy then) {
        // proxmox-firewall before 1.2.0 forgets the local network where the set 'management' is defined.
        return new Reach(cluster, host, nftables ? Optional.empty() : localNetwork(), nftables, then);
    }

    private Optional<Cidr> localNetwork() {
        return Optional.ofNullable(cluster.aliases().get("local_network"))
                .or(() -> ownAddress().flatMap(around::localNetwork));
    }

    /** The node's address as Proxmox sees it: pmxcfs knows the members', else the name is resolved. */
    private Optional<Cidr> ownAddress() {
        return members()
                .flatMap(members -> Optional.ofNullable(members.nodes().get(membership.nodeName())))
                .flatMap(Membership.MemberNode::ip)
                .flatMap(Cidr::enclosing)
                .or(around::self);
    }

    private Optional<Membership.Members> members() {
        return membership.members() instanceof Reading.Known<Membership.Members>(var members)
                ? Optional.of(members)
                : Optional.empty();
    }

    /** Everybody who must keep access, and by which doors. */
    private List<Caller> callers() throws Refusal {
        List<Integer> ssh = around.sshPorts();
        if (ssh.isEmpty()) {
            throw new Refusal(
                    "no SSH server was seen to wait for connections, so that nobody can say which port must stay open",
                    "ss -ltnp shows what waits");
        }
        List<Integer> people = doors(ssh.contains(SSH) ? List.of(SSH) : ssh, List.of(API));
        List<Integer> nodes = nftables ? people : doors(people, MIGRATION);
        List<Caller> callers = new ArrayList<>();
        policy.firewall().adminNetworks().forEach(network -> callers.add(new Caller(network, "admin network", people)));
        around.clusterNetworks()
                .forEach(network -> callers.add(new Caller(network, "network of migration or replication", nodes)));
        if (membership.clustered()) {
            memberAddresses().forEach((address, name) -> callers.add(new Caller(address, "member " + name, nodes)));
        }
        if (nftables) {
            localNetwork().ifPresent(network -> callers.add(new Caller(network, "the node's own network", people)));
        }
        around.client()
                .ifPresent(client -> callers.add(new Caller(
                        client,
                        "where holdfast came from",
                        doors(people, around.clientPort().stream().toList()))));
        return callers;
    }

    private static List<Integer> doors(List<Integer> some, List<Integer> more) {
        Set<Integer> all = new LinkedHashSet<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    /** All members' addresses, this node's among them, so that every member proposes the same. */
    private Map<Cidr, String> memberAddresses() throws Refusal {
        Membership.Members known = members()
                .orElseThrow(() -> new Refusal(
                        "the addresses of the cluster's members are not known: /etc/pve/.members could not be read",
                        "mend pve-cluster on this node, and scan again"));
        Map<String, List<String>> addresses = new LinkedHashMap<>();
        known.nodes()
                .forEach((name, node) -> node.ip()
                        .ifPresent(ip -> addresses
                                .computeIfAbsent(name, key -> new ArrayList<>())
                                .add(ip)));
        membership
                .corosync()
                .ifPresent(conf -> conf.nodes()
                        .forEach(node -> addresses
                                .computeIfAbsent(node.name(), key -> new ArrayList<>())
                                .addAll(node.addresses())));
        Map<Cidr, String> networks = new LinkedHashMap<>();
        for (String name : membership.memberNames()) {
            List<Cidr> own = addresses.getOrDefault(name, List.of()).stream()
                    .flatMap(text ->
                            Cidr.enclosing(text)
                                    .or(() -> Optional.ofNullable(around.names().get(text)))
                                    .stream())
                    .toList();
            if (own.isEmpty()) {
                throw new Refusal(
                        "no address of the cluster member %s is known, and it would be shut out"
                                .formatted(Clean.line(name, 60)),
                        "see that its name in /etc/corosync/corosync.conf resolves on this node");
            }
            own.forEach(address -> networks.putIfAbsent(address, name));
        }
        return networks;
    }

    /** Who is missing from what lets people in today; refuses where an addition would not help. */
    private List<Entry> additions(Reach reach) throws Refusal {
        Map<Cidr, String> missing = new LinkedHashMap<>();
        for (Caller caller : callers()) {
            for (int port : caller.ports()) {
                switch (reach.tcp(caller.network(), port)) {
                    case Reach.Answer.Let() -> {}
                    case Reach.Answer.Kept(var by, var surely) ->
                        throw new Refusal(
                                "%s %s %s (%s) from port %d once the firewall is on; holdfast does not reorder people's rules"
                                        .formatted(
                                                Clean.line(by),
                                                surely ? "keeps" : "may keep",
                                                caller.network().shortest(),
                                                Clean.line(caller.what(), 80),
                                                port),
                                "narrow or move that line, or put above it: " + rule(caller.network(), port));
                    case Reach.Answer.Unnamed() -> {
                        if (!reach.managed(port)) {
                            throw new Refusal(
                                    "%s (%s) would lose port %d, which sshd waits on: the IP set 'management' opens 22 only, and no rule allows it"
                                            .formatted(
                                                    caller.network().shortest(), Clean.line(caller.what(), 80), port),
                                    "add to [RULES] of cluster.fw: " + rule(caller.network(), port));
                        }
                        missing.putIfAbsent(caller.network(), caller.what());
                    }
                }
            }
        }
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<Cidr, String> one : missing.entrySet()) {
            if (one.getKey().prefix() == 0) {
                throw new Refusal(
                        "an IP set cannot hold %s (%s)".formatted(one.getKey().shortest(), one.getValue()),
                        "name the networks that are meant in firewall.admin_networks");
            }
            boolean covered = missing.keySet().stream()
                    .anyMatch(other -> other.covers(one.getKey()) && !other.equals(one.getKey()));
            if (!covered) {
                entries.add(new Entry(one.getKey(), one.getValue()));
            }
        }
        return entries;
    }

    private static String rule(Cidr source, int port) {
        return "IN ACCEPT -source %s -p tcp -dport %d".formatted(source.shortest(), port);
    }

    /** An edit that cannot be made is a refusal now, not a failure in the middle. */
    private void tryOut(List<Change> changes) throws Refusal {
        Map<String, Optional<String>> texts = new LinkedHashMap<>();
        for (Change change : changes) {
            if (change instanceof Change.EditFile(var path, var edit, var live)) {
                Optional<String> before = texts.computeIfAbsent(
                        path, key -> path.equals(CLUSTER_FILE) ? facts.clusterText() : facts.hostText());
                try {
                    texts.put(path, Optional.of(edit.apply(before)));
                } catch (EditException e) {
                    throw new Refusal(e.why(), "then scan again");
                }
            }
        }
    }

    private void services(List<Change> changes) throws Refusal {
        start(changes, "pve-firewall", facts.pveFirewall());
        if (nftables) {
            start(changes, "proxmox-firewall", facts.proxmoxFirewall());
        }
    }

    private void start(List<Change> changes, String unit, String active) throws Refusal {
        if (active.equals("active")) {
            return;
        }
        String file = around.unitFiles().getOrDefault(unit, "");
        if (file.isEmpty()) {
            throw new Refusal("there is no service %s on this node".formatted(unit), "apt install " + unit);
        }
        boolean masked = file.startsWith("masked");
        String runtime = file.endsWith("-runtime") ? " --runtime" : "";
        String undo = masked
                ? "systemctl disable --now %1$s; systemctl mask%2$s %1$s".formatted(unit, runtime)
                : file.startsWith("enabled") ? "systemctl stop " + unit : "systemctl disable --now " + unit;
        changes.add(new Change.Run(
                (masked ? "systemctl unmask%s %s && ".formatted(runtime, unit) : "") + "systemctl enable --now " + unit,
                "start %s, now and at every boot".formatted(unit),
                undo,
                List.of(),
                Duration.ofSeconds(60)));
    }

    private boolean loaded() {
        if (nftables) {
            return facts.nftables() instanceof Reading.Known<Boolean>(var there) && there;
        }
        return Stream.concat(Stream.of(facts.ipv4()), facts.ipv6().stream())
                .allMatch(reading ->
                        reading instanceof Reading.Known<Kernel>(var kernel) && kernel.hooked() && kernel.hostChain());
    }

    /** The service runs without having loaded its rules. Stopping it takes them out again. */
    private Change reload() {
        return nftables
                ? new Change.Run(
                        "nft list chain inet proxmox-firewall input >/dev/null 2>&1 || systemctl restart proxmox-firewall",
                        "start proxmox-firewall anew, so that it loads its rules",
                        "systemctl stop proxmox-firewall",
                        List.of(),
                        Duration.ofSeconds(60))
                : new Change.Run(
                        """
                        loaded() { "$1" -t filter | grep -qx -e '-A PVEFW-INPUT -j PVEFW-HOST-IN'; }
                        { loaded iptables-save && loaded ip6tables-save; } || systemctl reload-or-restart pve-firewall""",
                        "have pve-firewall load its rules",
                        "systemctl stop pve-firewall",
                        List.of(),
                        Duration.ofSeconds(60));
    }

    private Remedy.Steps notes(Remedy.Steps steps, Reach reach, List<Entry> additions) {
        Remedy.Steps noted = steps.noting(
                "A connection that is open now survives only if the kernel has kept track of it; every new one has to be allowed.");
        if (!facts.clusterOn()) {
            noted = noted.noting(
                    "Guests that have a firewall of their own, and a network card with firewall=1, get it at the same moment.");
        }
        String out = cluster.options().getOrDefault("policy_out", "ACCEPT");
        if (!out.equalsIgnoreCase("ACCEPT")) {
            noted = noted.noting(
                    "cluster.fw says policy_out: %s: what the nodes themselves ask for (names, time, updates, storage) ends too, unless a rule allows it.",
                    out.toUpperCase(Locale.ROOT));
        }
        if (policy.firewall().adminNetworks().isEmpty()) {
            noted = noted.noting(
                    "The policy names no firewall.admin_networks: beside the rules that are there, %s in.",
                    additions.isEmpty()
                            ? "only the node's own network is let"
                            : "only the node's own network and what is added are let");
        }
        Optional<Entry> client = additions.stream()
                .filter(entry -> around.client().filter(entry.network()::equals).isPresent())
                .filter(entry -> entry.why().equals("where holdfast came from"))
                .findFirst();
        if (client.isPresent()) {
            noted = noted.noting(
                    "%s, where this run comes from, belongs to no admin network and stays in the IP set 'management' until somebody takes it out.",
                    client.get().network().shortest());
        }
        List<String> closed = around.listeners().stream()
                .filter(listener -> waits(listener, reach))
                .map(SwitchOn::words)
                .distinct()
                .toList();
        if (!closed.isEmpty()) {
            noted = noted.noting(
                    "No rule lets anybody in to %s%s: they will answer to this node alone until there is one.",
                    Clean.line(closed.stream().limit(12).collect(Collectors.joining(", "))),
                    closed.size() > 12 ? " and %d more".formatted(closed.size() - 12) : "");
        }
        if (nftables && around.insecureMigration()) {
            noted = noted.noting(
                    "Guests move unencrypted here, and with nftables the ports 60000 to 60050 need a rule of their own.");
        }
        return noted;
    }

    private boolean waits(Listener listener, Reach reach) {
        int port = listener.port();
        boolean known = listener.protocol().equals("tcp")
                ? !reach.managed(port) && !around.sshPorts().contains(port)
                : listener.protocol().equals("udp") && UDP.containsKey(port);
        return known && !reach.thoughtOf(listener.protocol(), port);
    }

    private static String words(Listener listener) {
        String name = (listener.protocol().equals("tcp") ? TCP : UDP).getOrDefault(listener.port(), listener.program());
        return new Listener(listener.protocol(), listener.port(), name).toString();
    }
}
