package holdfast.lab.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Device;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Network.Ipam;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
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

    private final String network;
    private final String subnet;
    private final Optional<String> volume;
    private final LabKeys keys;
    private final GenericContainer<?> timeSource;
    private final List<RealNode> nodes;
    private final Release release;

    private RealCluster(
            String network,
            String subnet,
            Optional<String> volume,
            LabKeys keys,
            GenericContainer<?> timeSource,
            List<RealNode> nodes,
            Release release) {
        this.network = network;
        this.subnet = subnet;
        this.volume = volume;
        this.keys = keys;
        this.timeSource = timeSource;
        this.nodes = List.copyOf(nodes);
        this.release = release;
    }

    /** A cluster {@code lab} of nodes {@code pve1}, {@code pve2}, …: booted, quorate and in step with the time. */
    public static RealCluster start(int size, Release release) {
        return start(size, release, true);
    }

    /** Nodes {@code pve1}, {@code pve2}, … that know nothing of each other: booted and in step with the time. */
    public static RealCluster standalone(int size, Release release) {
        return start(size, release, false);
    }

    private static RealCluster start(int size, Release release, boolean clustered) {
        String image = LabEngine.image(release);
        DockerClient client = LabEngine.client();
        String id = "holdfast-lab-" + Long.toHexString(new SecureRandom().nextLong());
        String prefix = createNetwork(client, id);
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
        GenericContainer<?> timeSource = timeSource(image, id, prefix + 250);
        List<RealNode> nodes = new ArrayList<>();
        byte[] authkey = new byte[256];
        new SecureRandom().nextBytes(authkey);
        for (int i = 1; i <= size; i++) {
            GenericContainer<?> container = container(image, id, "pve" + i, prefix + (10 + i));
            for (int peer = 1; peer <= size; peer++) {
                if (peer != i) {
                    container.withExtraHost("pve" + peer, prefix + (10 + peer));
                }
            }
            put(container, "authorized_keys", keys.publicKey() + "\n");
            put(container, "passwords", "root:" + keys.rootPassword() + "\ncarl:" + keys.carlPassword() + "\n");
            put(container, "timesource", prefix + 250 + "\n");
            if (clustered) {
                container
                        .withCopyToContainer(Transferable.of(authkey, 0400), "/etc/corosync/authkey")
                        .withCopyToContainer(
                                Transferable.of(corosyncConf(size, prefix), 0644), "/etc/corosync/corosync.conf");
            }
            nodes.add(new RealNode("pve" + i, prefix + (10 + i), container));
            container.withCreateContainerCmdModifier(command -> {
                HostConfig host = command.getHostConfig();
                if (host != null) {
                    volume.ifPresent(name ->
                            host.withBinds(new Bind(name, new Volume("/var/lib/pve-cluster/shared"), AccessMode.rw)));
                }
            });
        }
        RealCluster cluster = new RealCluster(id, prefix + "0/24", volume, keys, timeSource, nodes, release);
        try {
            timeSource.start();
            cluster.onEveryNode(node -> {
                node.start();
                node.awaitReady();
                if (clustered) {
                    node.awaitQuorate();
                }
                node.awaitSynchronized();
            });
            return cluster;
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
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

    private static GenericContainer<?> bare(String image, String network, String name, String address) {
        return new GenericContainer<>(image)
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
        return bare(image, network, "timesource", address)
                .withCommand(
                        "/bin/sh",
                        "-c",
                        "printf 'local stratum 3\\nallow all\\n' > /run/time.conf"
                                + " && exec chronyd -d -x -u root -f /run/time.conf");
    }

    private static GenericContainer<?> container(String image, String network, String name, String address) {
        return bare(image, network, name, address)
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

    private static String corosyncConf(int size, String prefix) {
        StringBuilder conf = new StringBuilder("logging {\n  debug: off\n  to_syslog: yes\n}\n\nnodelist {\n");
        for (int i = 1; i <= size; i++) {
            conf.append("  node {\n    name: pve%d\n    nodeid: %d\n    quorum_votes: 1\n    ring0_addr: %s%d\n  }\n"
                    .formatted(i, i, prefix, 10 + i));
        }
        return conf + "}\n\nquorum {\n  provider: corosync_votequorum\n}\n\ntotem {\n  cluster_name: lab\n"
                + "  config_version: " + size + "\n  interface {\n    linknumber: 0\n  }\n  ip_version: ipv4-6\n"
                + "  link_mode: passive\n  secauth: on\n  version: 2\n}\n\n";
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
        return subnet;
    }

    /** The address that the nodes see this machine under. */
    public String controller() {
        return subnet.substring(0, subnet.lastIndexOf('.') + 1) + "1";
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
     * the firewall on with DROP. Log in as ops from now on.
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
        if (volume.isPresent()) {
            enableFirewall(nodes.getFirst());
        } else {
            onEveryNode(this::enableFirewall);
        }
        onEveryNode(RealNode::awaitFirewall);
    }

    private void enableFirewall(RealNode node) {
        node.writeFile(
                "/etc/pve/firewall/cluster.fw",
                "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[IPSET management]\n" + subnet + "\n");
    }

    /** Cuts the corosync links between these nodes and all others; SSH goes on working everywhere. */
    public void partition(RealNode... island) {
        List<RealNode> inside = List.of(island);
        for (RealNode node : inside) {
            String others = nodes.stream()
                    .filter(other -> !inside.contains(other))
                    .map(RealNode::address)
                    .collect(Collectors.joining(", "));
            node.sh("nft -f - <<'NFT'\ntable ip holdfast-lab {\n"
                    + "chain in { type filter hook input priority -300; udp dport 5405-5412 ip saddr { " + others
                    + " } drop; }\n"
                    + "chain out { type filter hook output priority -300; udp dport 5405-5412 ip daddr { " + others
                    + " } drop; }\n"
                    + "}\nNFT");
        }
    }

    /** Undoes every {@link #partition}. */
    public void heal() {
        for (RealNode node : nodes) {
            node.exec("nft delete table ip holdfast-lab");
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
        DockerClient client = LabEngine.client();
        LabEngine.quietly(() -> client.removeNetworkCmd(network).exec());
        volume.ifPresent(
                name -> LabEngine.quietly(() -> client.removeVolumeCmd(name).exec()));
        try {
            keys.delete();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
