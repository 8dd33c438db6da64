package holdfast.lab.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Network.Ipam;
import com.github.dockerjava.api.model.Volume;
import holdfast.lab.access.HealthyAccess;
import holdfast.lab.access.LargeAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.Transferable;

/**
 * Practice nodes on a network of their own, as a real corosync cluster or each for itself, with a source of time.
 *
 * <p>A node starts as Proxmox's installer leaves it (root may log in with a password, the firewall is off);
 * {@link #harden} brings all of them to where the baseline policy finds nothing to say.
 */
public final class RealCluster implements AutoCloseable {

    private static final String NFT = "holdfast-lab";

    /** What knet's links speak on: 5405 and one more for each further link. */
    private static final String KNET = "udp dport 5405-5412";

    /** A network of the practice nodes: what the engine calls it, and what its addresses begin with. */
    private record Link(String network, String prefix) {
        String address(int member) {
            return prefix + (10 + member);
        }
    }

    private final List<Link> links;
    private final Optional<String> volume;
    private final LabKeys keys;
    private final GenericContainer<?> timeSource;
    private final Optional<GenericContainer<?>> deviceHost;
    private final List<RealNode> nodes;
    private final Release release;

    private RealCluster(
            List<Link> links,
            Optional<String> volume,
            LabKeys keys,
            GenericContainer<?> timeSource,
            Optional<GenericContainer<?>> deviceHost,
            List<RealNode> nodes,
            Release release) {
        this.links = List.copyOf(links);
        this.volume = volume;
        this.keys = keys;
        this.timeSource = timeSource;
        this.deviceHost = deviceHost;
        this.nodes = List.copyOf(nodes);
        this.release = release;
    }

    /** A cluster {@code lab} of nodes {@code pve1}, {@code pve2}, …: booted, quorate and in step with the time. */
    public static RealCluster start(int size, Release release) {
        return of(size, release).start();
    }

    /** Nodes {@code pve1}, {@code pve2}, … that know nothing of each other: booted and in step with the time. */
    public static RealCluster standalone(int size, Release release) {
        return new Builder(size, release, false).start();
    }

    /**
     * A cluster as {@link #start(int, Release)} makes it, that can be asked for more first.
     *
     * @param size how many members, 2 to 5
     */
    public static Builder of(int size, Release release) {
        return new Builder(size, release, true);
    }

    /** Nodes as {@link #standalone(int, Release)} makes them, that can be asked for more first. */
    public static Builder apart(int size, Release release) {
        return new Builder(size, release, false);
    }

    /** What a cluster shall be like. */
    public static final class Builder {
        private final int size;
        private final Release release;
        private final boolean clustered;
        private final Map<String, Integer> votes = new HashMap<>();
        private List<String> quorum = List.of();
        private Optional<String> algorithm = Optional.empty();
        private int links = 1;
        private boolean secauth = true;
        private final List<Bind> readable = new ArrayList<>();

        private Builder(int size, Release release, boolean clustered) {
            this.size = size;
            this.release = release;
            this.clustered = clustered;
        }

        /** So many links, 1 or 2, each on a network and an interface of its own; the first is the nodes' own address. */
        public Builder links(int count) {
            if (count < 1 || count > 2) {
                throw new IllegalArgumentException("1 or 2 links, not " + count);
            }
            links = count;
            return this;
        }

        /** Lines of corosync.conf's quorum section, such as {@code wait_for_all: 1}. */
        public Builder quorum(String... lines) {
            quorum = List.of(lines);
            return this;
        }

        /** A member has so many votes instead of one. */
        public Builder votes(String node, int count) {
            votes.put(node, count);
            return this;
        }

        /**
         * A QDevice on one more container, with the daemons of Debian's corosync-qnetd and corosync-qdevice.
         *
         * @param chosen {@code ffsplit} for one vote, {@code lms} for one less than there are members
         */
        public Builder device(String chosen) {
            algorithm = Optional.of(chosen);
            return this;
        }

        /** A directory of this machine that the nodes can read, there. */
        public Builder readable(Path here, Path there) {
            readable.add(new Bind(here.toString(), new Volume(there.toString()), AccessMode.ro));
            return this;
        }

        /** The members talk in the clear: {@code secauth: off}. */
        public Builder secauthOff() {
            secauth = false;
            return this;
        }

        /** Starts it: every member booted, quorate, in step with the time, and connected to the QDevice if there is one. */
        public RealCluster start() {
            return RealCluster.start(this);
        }

        private String corosyncConf(List<Link> networks) {
            StringBuilder conf = new StringBuilder("logging {\n  debug: off\n  to_syslog: yes\n}\n\nnodelist {\n");
            for (int i = 1; i <= size; i++) {
                conf.append("  node {\n    name: pve%d\n    nodeid: %d\n    quorum_votes: %d\n"
                        .formatted(i, i, votes.getOrDefault("pve" + i, 1)));
                for (int link = 0; link < networks.size(); link++) {
                    conf.append("    ring%d_addr: %s\n"
                            .formatted(link, networks.get(link).address(i)));
                }
                conf.append("  }\n");
            }
            conf.append("}\n\nquorum {\n");
            algorithm.ifPresent(name -> conf.append("""
                      device {
                        model: net
                        net {
                          algorithm: %s
                          host: %s
                          tls: off
                        }
                        votes: %d
                      }
                    """.formatted(
                            name, deviceAddress(networks.getFirst().prefix()), name.equals("lms") ? size - 1 : 1)));
            conf.append("  provider: corosync_votequorum\n");
            quorum.forEach(line -> conf.append("  ").append(line).append('\n'));
            conf.append("}\n\ntotem {\n  cluster_name: lab\n  config_version: %d\n".formatted(size));
            for (int link = 0; link < networks.size(); link++) {
                conf.append("  interface {\n    linknumber: %d\n  }\n".formatted(link));
            }
            return conf
                    + "  ip_version: ipv4-6\n  link_mode: passive\n  secauth: %s\n  version: 2\n}\n\n"
                            .formatted(secauth ? "on" : "off");
        }
    }

    private static String deviceAddress(String prefix) {
        return prefix + 249;
    }

    private static RealCluster start(Builder wanted) {
        Release release = wanted.release;
        int size = wanted.size;
        boolean clustered = wanted.clustered;
        String image = LabEngine.image(release);
        DockerClient client = LabEngine.client();
        String id = "holdfast-lab-" + Long.toHexString(new SecureRandom().nextLong());
        List<Link> links = new ArrayList<>();
        for (int link = 0; link < wanted.links; link++) {
            String network = link == 0 ? id : id + "-link" + link;
            links.add(new Link(network, createNetwork(client, network)));
        }
        Link own = links.getFirst();
        String prefix = own.prefix();
        Optional<String> volume = clustered ? Optional.of(id) : Optional.empty();
        volume.ifPresent(name -> client.createVolumeCmd()
                .withName(name)
                .withLabels(LabEngine.labels())
                .exec());
        LabKeys keys;
        try {
            keys = LabKeys.generate();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        GenericContainer<?> timeSource = timeSource(image, own.network(), prefix + 250);
        Optional<GenericContainer<?>> deviceHost =
                wanted.algorithm.map(ignored -> deviceHost(image, own.network(), deviceAddress(prefix)));
        List<RealNode> nodes = new ArrayList<>();
        byte[] authkey = new byte[256];
        new SecureRandom().nextBytes(authkey);
        for (int i = 1; i <= size; i++) {
            GenericContainer<?> container = container(image, links, "pve" + i, i);
            for (int peer = 1; peer <= size; peer++) {
                if (peer != i) {
                    container.withExtraHost("pve" + peer, own.address(peer));
                }
            }
            put(container, "authorized_keys", keys.publicKey() + "\n");
            put(container, "passwords", "root:" + keys.rootPassword() + "\ncarl:" + keys.carlPassword() + "\n");
            put(container, "timesource", prefix + 250 + "\n");
            if (clustered) {
                container
                        .withCopyToContainer(Transferable.of(authkey, 0400), "/etc/corosync/authkey")
                        .withCopyToContainer(
                                Transferable.of(wanted.corosyncConf(links), 0644), "/etc/corosync/corosync.conf");
                // The first member to come lays it down for all.
                guests(container, size);
            }
            nodes.add(new RealNode("pve" + i, own.address(i), container));
            container.withCreateContainerCmdModifier(command -> {
                HostConfig host = command.getHostConfig();
                if (host != null) {
                    List<Bind> binds = new ArrayList<>(wanted.readable);
                    volume.ifPresent(name ->
                            binds.add(new Bind(name, new Volume("/var/lib/pve-cluster/shared"), AccessMode.rw)));
                    if (!binds.isEmpty()) {
                        host.withBinds(binds);
                    }
                }
            });
        }
        RealCluster cluster = new RealCluster(links, volume, keys, timeSource, deviceHost, nodes, release);
        try {
            timeSource.start();
            deviceHost.ifPresent(host -> {
                host.start();
                cluster.startDeviceHost();
            });
            cluster.onEveryNode(node -> {
                node.start();
                node.awaitReady();
                if (clustered) {
                    node.awaitQuorate();
                }
                if (deviceHost.isPresent()) {
                    node.startDeviceDaemon();
                }
                node.awaitSynchronized();
            });
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Two virtual machines and a container on every member, 100 to 102 on pve1; HA takes care of the first. */
    private static void guests(GenericContainer<?> container, int size) {
        for (int i = 1; i <= size; i++) {
            String folder = "pve/nodes/pve" + i;
            for (int guest = i * 100; guest < i * 100 + 2; guest++) {
                put(
                        container,
                        folder + "/qemu-server/" + guest + ".conf",
                        "boot: order=scsi0\ncores: 2\nmemory: 2048\nname: vm%d\nscsi0: local-lvm:vm-%d-disk-0,size=16G\n"
                                .formatted(guest, guest));
            }
            int guest = i * 100 + 2;
            put(
                    container,
                    folder + "/lxc/" + guest + ".conf",
                    "arch: amd64\ncores: 1\nhostname: ct%d\nmemory: 512\nostype: debian\nrootfs: local-lvm:vm-%d-disk-0,size=4G\n"
                            .formatted(guest, guest));
        }
        put(container, "pve/ha/resources.cfg", "vm: 100\n\tstate started\n\n");
    }

    private static String createNetwork(DockerClient client, String name) {
        DockerException last = null;
        for (int third = 1; third < 250; third++) {
            String prefix = "10.213." + third + ".";
            try {
                client.createNetworkCmd()
                        .withName(name)
                        .withLabels(LabEngine.labels())
                        .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(prefix + "0/24")))
                        .exec();
                return prefix;
            } catch (DockerException e) {
                last = e;
                if (!String.valueOf(e.getMessage()).contains("overlap")) {
                    break;
                }
            }
        }
        throw new IllegalStateException("no network for the practice nodes", last);
    }

    /** A container that is plugged into its second network before it boots. */
    private static final class Plugged extends GenericContainer<Plugged> {
        private final Map<String, String> further;

        Plugged(String image, Map<String, String> further) {
            super(image);
            this.further = Map.copyOf(further);
        }

        @Override
        protected void containerIsCreated(String containerId) {
            further.forEach((network, address) -> LabEngine.client()
                    .connectToNetworkCmd()
                    .withContainerId(containerId)
                    .withNetworkId(network)
                    .withContainerNetwork(
                            new ContainerNetwork().withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address)))
                    .exec());
        }
    }

    private static GenericContainer<?> bare(
            String image, String network, String name, String address, Map<String, String> further) {
        return new Plugged(image, further)
                .withImagePullPolicy(ignored -> false)
                .withNetworkMode(network)
                .withLabels(LabEngine.labels())
                .waitingFor(new AbstractWaitStrategy() {
                    @Override
                    protected void waitUntilReady() {
                        // What ready means depends on the node: see RealNode.
                    }
                })
                .withCreateContainerCmdModifier(
                        command -> command.withHostName(name).withIpv4Address(address));
    }

    private static GenericContainer<?> timeSource(String image, String network, String address) {
        return bare(image, network, "timesource", address, Map.of())
                .withCommand(
                        "/bin/sh",
                        "-c",
                        "printf 'local stratum 3\\nallow all\\n' > /run/time.conf"
                                + " && exec chronyd -d -x -u root -f /run/time.conf");
    }

    /** The package that only this host has lies in the image as a file. */
    private static GenericContainer<?> deviceHost(String image, String network, String address) {
        return bare(image, network, "qnetd", address, Map.of())
                .withCommand(
                        "/bin/sh",
                        "-c",
                        "dpkg -i /usr/share/holdfast-lab/repo/corosync-qnetd_*.deb && touch /run/installed"
                                + " && exec sleep infinity");
    }

    private static GenericContainer<?> container(String image, List<Link> links, String name, int member) {
        Map<String, String> further =
                links.stream().skip(1).collect(Collectors.toMap(Link::network, link -> link.address(member)));
        Link own = links.getFirst();
        return bare(image, own.network(), name, own.address(member), further)
                .withTmpFs(Map.of("/run", "rw", "/run/lock", "rw", "/tmp", "rw,exec,mode=1777"))
                .withCreateContainerCmdModifier(command -> {
                    HostConfig host = command.getHostConfig();
                    if (host != null) {
                        // Not --privileged: that fails where the machine itself has not every capability.
                        host.withCapAdd(
                                        Capability.SYS_ADMIN,
                                        Capability.NET_ADMIN,
                                        Capability.NET_RAW,
                                        Capability.SYS_NICE,
                                        Capability.SYS_TIME,
                                        Capability.SYS_PTRACE,
                                        Capability.IPC_LOCK)
                                .withSecurityOpts(List.of("seccomp=unconfined", "apparmor=unconfined"))
                                .withCgroupnsMode("private")
                                // Corosync fills Docker's 64 MiB in minutes.
                                .withShmSize(256L << 20)
                                .withDevices(new Device("rwm", "/dev/fuse", "/dev/fuse"));
                    }
                });
    }

    private static void put(GenericContainer<?> container, String name, String content) {
        container.withCopyToContainer(Transferable.of(content, 0600), "/etc/holdfast-lab/" + name);
    }

    public List<RealNode> nodes() {
        return nodes;
    }

    /** {@code pve1} is the first. */
    public RealNode node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no node " + name));
    }

    public LabKeys keys() {
        return keys;
    }

    public Release release() {
        return release;
    }

    /** All the nodes' network, as CIDR. */
    public String subnet() {
        return links.getFirst().prefix() + "0/24";
    }

    /** The address that the nodes see this machine under. */
    public String controller() {
        return links.getFirst().prefix() + "1";
    }

    /** Writes a known_hosts file with every node's keys, beside the private key. */
    public Path knownHosts() {
        try {
            return Files.writeString(
                    keys.directory().resolve("known_hosts"),
                    nodes.stream().map(RealNode::knownHosts).collect(Collectors.joining()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A YAML inventory of the nodes under group {@code lab}, for a login user; ops may sudo without a password. */
    public String inventory(String user) {
        StringBuilder yaml = new StringBuilder("all:\n  children:\n    lab:\n      vars:\n");
        yaml.append("        holdfast: { access: { administrators: [%s] } }\n".formatted(HealthyAccess.ADMINISTRATOR));
        yaml.append("        ansible_user: ").append(user).append('\n');
        yaml.append("        ansible_ssh_private_key_file: ")
                .append(keys.privateKey())
                .append('\n');
        yaml.append("        ansible_become: ").append(!user.equals("root")).append('\n');
        yaml.append("      hosts:\n");
        for (RealNode node : nodes) {
            yaml.append("        ")
                    .append(node.name())
                    .append(": { ansible_host: ")
                    .append(node.address())
                    .append(" }\n");
        }
        return yaml.toString();
    }

    /**
     * Brings every node to where the baseline policy is content: no password logins, root by key from the peers only,
     * the firewall on with DROP, the users and tokens of {@link HealthyAccess}. Log in as ops from now on.
     */
    public void harden() {
        String peers = nodes.stream().map(RealNode::address).collect(Collectors.joining(","));
        onEveryNode(node -> node.sshd("00-b-lab.conf", """
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin no
                Match User root Address %s
                    PermitRootLogin prohibit-password
                """.formatted(peers)));
        onEveryClusterOnce(this::enableFirewall);
        access(HealthyAccess.files(Instant.now()));
        onEveryNode(RealNode::awaitFirewall);
    }

    /** On one member of a cluster; on every node where each stands alone. */
    private void onEveryClusterOnce(Consumer<RealNode> work) {
        if (volume.isPresent()) {
            work.accept(nodes.getFirst());
        } else {
            onEveryNode(work);
        }
    }

    private void enableFirewall(RealNode node) {
        node.writeFile(
                "/etc/pve/firewall/cluster.fw",
                "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[IPSET management]\n" + subnet() + "\n");
    }

    /** The users, tokens and rights of a large cluster, with all their faults. */
    public void access(LargeAccess access) {
        access(access.files());
    }

    /** The cluster has this {@code user.cfg}; secrets and second factors stay as they are. */
    public void access(String userCfg) {
        onEveryClusterOnce(node -> node.writeFile("/etc/pve/user.cfg", userCfg));
    }

    /** Files by their paths: those below {@code /etc/pve} once for the cluster, all others on every node. */
    private void access(Map<String, String> files) {
        Map<String, String> shared = new HashMap<>(files);
        shared.keySet().removeIf(path -> !path.startsWith("/etc/pve/"));
        Map<String, String> own = new HashMap<>(files);
        own.keySet().removeAll(shared.keySet());
        onEveryClusterOnce(node -> node.writeFiles(shared));
        onEveryNode(node -> {
            node.writeFiles(own);
            node.sh("chown -R www-data:www-data /var/log/pveproxy");
        });
    }

    /**
     * Creates a token with pveum.
     *
     * @param options of {@code pveum user token add}
     * @return its secret
     */
    public String token(String user, String name, String... options) {
        return nodes.getFirst().token(user, name, options);
    }

    /** Refusals of the API and of writes without quorum take a fraction of a second instead of three and ten. */
    public void shortenDelays() {
        onEveryNode(RealNode::shortenDelays);
    }

    // Faults: what is wrong with the cluster after the call, in one line each.

    /** Cuts the corosync links between these nodes and all others; SSH goes on working everywhere. */
    public void partition(RealNode... island) {
        List<RealNode> inside = List.of(island);
        for (RealNode node : inside) {
            List<String> others = nodes.stream()
                    .filter(other -> !inside.contains(other))
                    .flatMap(other -> links.stream().map(link -> link.address(number(other))))
                    .toList();
            drop(node, "partition", KNET, others);
        }
    }

    /** A node has lost a link, 0 or 1, to all others. */
    public void cutLink(int link, RealNode node) {
        cutLink(link, node, nodes.stream().filter(other -> other != node).toList());
    }

    /** A link, 0 or 1, is gone between two nodes. */
    public void cutLink(int link, RealNode node, RealNode other) {
        cutLink(link, node, List.of(other));
    }

    private void cutLink(int link, RealNode node, List<RealNode> others) {
        Link cut = links.get(link);
        drop(
                node,
                "link" + link,
                KNET,
                others.stream().map(other -> cut.address(number(other))).toList());
        for (RealNode other : others) {
            node.awaitLink(link, number(other), "disconnected");
            other.awaitLink(link, number(node), "disconnected");
        }
    }

    /** Somebody said {@code pvecm expected} on this node, and all that it sees follow. */
    public void lowerExpected(RealNode node, int votes) {
        node.sh("pvecm expected " + votes);
        node.awaitQuorate();
    }

    /** The daemon of the QDevice's host is killed. */
    public void stopDeviceHost() {
        onDeviceHost("kill -9 $(cat /run/corosync-qnetd/corosync-qnetd.pid)");
        onEveryNode(RealNode::awaitDeviceGone);
    }

    /** The QDevice's host listens, anew after {@link #stopDeviceHost}. */
    public void startDeviceHost() {
        onDeviceHost(
                "for i in $(seq 100); do [ -e /run/installed ] && break; sleep 0.1; done; mkdir -p /run/corosync-qnetd;"
                        + " rm -f /run/corosync-qnetd/*; corosync-qnetd -s off");
    }

    private void onDeviceHost(String command) {
        GenericContainer<?> host =
                deviceHost.orElseThrow(() -> new IllegalStateException("this cluster has no QDevice"));
        new RealNode("qnetd", deviceAddress(links.getFirst().prefix()), host).sh(command);
    }

    /** A node does not reach the QDevice's host any more. */
    public void cutOffFromDevice(RealNode node) {
        drop(
                node,
                "device",
                "meta l4proto tcp",
                List.of(deviceAddress(links.getFirst().prefix())));
        node.awaitDeviceGone();
    }

    /**
     * corosync.conf was changed, and a node has missed it: its own file and the daemon that runs are the old ones. Such a
     * daemon ends by itself when the members' circle changes next.
     */
    public void keepOldConfiguration(RealNode node) {
        node.sh("touch /etc/holdfast-lab/misses-corosync-conf");
        RealNode first =
                nodes.stream().filter(other -> other != node).findFirst().orElseThrow();
        String former = first.readFile("/etc/pve/corosync.conf");
        Matcher version = Pattern.compile("config_version: (\\d+)").matcher(former);
        if (!version.find()) {
            throw new IllegalStateException("no version in " + former);
        }
        int next = Integer.parseInt(version.group(1)) + 1;
        first.writeFile("/etc/pve/corosync.conf.new", version.replaceFirst("config_version: " + next));
        first.sh("mv /etc/pve/corosync.conf.new /etc/pve/corosync.conf");
        for (RealNode other : nodes) {
            if (other != node) {
                other.await(
                        "on version " + next, "corosync-cmapctl -g totem.config_version | grep -q ' = " + next + "$'");
            }
        }
    }

    /** corosync.conf was changed and lies on all members; a node's daemon runs with the old one. */
    public void runOldConfiguration(RealNode node) {
        keepOldConfiguration(node);
        node.sh("cat /etc/pve/corosync.conf > /etc/corosync/corosync.conf");
    }

    private int number(RealNode node) {
        return nodes.indexOf(node) + 1;
    }

    /** A table of its own for each fault, so that one does not undo another. */
    private static void drop(RealNode node, String fault, String what, List<String> addresses) {
        String table = NFT + "-" + fault;
        String others = "{ " + String.join(", ", addresses) + " }";
        node.exec("nft delete table ip " + table);
        node.sh("nft -f - <<'NFT'\ntable ip " + table + " {\n"
                + "chain in { type filter hook input priority -300; " + what + " ip saddr " + others + " drop; }\n"
                + "chain out { type filter hook output priority -300; " + what + " ip daddr " + others + " drop; }\n"
                + "}\nNFT");
    }

    /** Undoes every partition, every cut link, and every way to the QDevice's host that was cut. */
    public void heal() {
        for (RealNode node : nodes) {
            node.exec("for t in $(nft list tables ip | sed -n 's/^table ip \\(" + NFT + "[a-z0-9-]*\\)$/\\1/p');"
                    + " do nft delete table ip $t; done");
        }
    }

    /** Does the same on all nodes at once. */
    public void onEveryNode(Consumer<RealNode> work) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (RealNode node : nodes) {
                all.add(threads.submit(() -> work.accept(node)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        onEveryNode(RealNode::close);
        timeSource.stop();
        deviceHost.ifPresent(GenericContainer::stop);
        DockerClient client = LabEngine.client();
        for (Link link : links) {
            LabEngine.quietly(() -> client.removeNetworkCmd(link.network()).exec());
        }
        volume.ifPresent(
                name -> LabEngine.quietly(() -> client.removeVolumeCmd(name).exec()));
        try {
            keys.delete();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
