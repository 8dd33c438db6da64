package holdfast.lab.embedded;

import holdfast.lab.access.HealthyAccess;
import holdfast.lab.access.LargeAccess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyEncryptionContext;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;

/**
 * Embedded nodes that answer as one healthy cluster, until a caller puts faults into them; with the key,
 * known_hosts, ssh configuration and inventory that a client needs.
 */
public final class PracticeCluster implements AutoCloseable {

    private final Path directory;
    private final List<PracticeNode> nodes;
    private final Map<String, Authority> authorities;
    private final List<Corosync> corosync;

    private PracticeCluster(
            Path directory, List<PracticeNode> nodes, Map<String, Authority> authorities, List<Corosync> corosync) {
        this.directory = directory;
        this.nodes = List.copyOf(nodes);
        this.authorities = Map.copyOf(authorities);
        this.corosync = List.copyOf(corosync);
    }

    /**
     * Starts {@code size} healthy nodes, {@code pve1} and so on.
     *
     * @param size 1 to 32; one node is standalone
     */
    public static PracticeCluster start(int size) throws IOException {
        return start(List.of(new Healthy.Group("practice", "pve", size)));
    }

    /**
     * Starts several healthy clusters side by side, each with its own CA.
     *
     * @param sizes how many nodes each has, 1 to 99; one is standalone. The third node of the second cluster,
     *     {@code practice2}, is {@code c2n3}
     */
    public static PracticeCluster fleet(int... sizes) throws IOException {
        List<Healthy.Group> groups = new ArrayList<>();
        for (int size : sizes) {
            int number = groups.size() + 1;
            groups.add(new Healthy.Group("practice" + number, "c" + number + "n", size));
        }
        return start(groups);
    }

    private static PracticeCluster start(List<Healthy.Group> groups) throws IOException {
        Path directory = newDirectory();
        KeyPair login = PracticeNode.newKey();
        List<PracticeNode> nodes = new ArrayList<>();
        Map<String, Authority> authorities = new HashMap<>();
        List<Corosync> corosync = new ArrayList<>();
        Instant started = Instant.now();
        for (Healthy.Group group : groups) {
            Authority authority = new Authority(group.cluster());
            List<PracticeNode> members = new ArrayList<>();
            for (int i = 1; i <= group.size(); i++) {
                String name = group.node(i);
                PracticeNode node = PracticeNode.start(name, directory.resolve(name), login.getPublic());
                members.add(node);
                authorities.put(name, authority);
                Healthy.furnish(node, i, group, authority, started);
            }
            for (PracticeNode node : members) {
                // The folder that members share, as far as anything here writes to it.
                node.file(
                        "/state/peers",
                        members.stream()
                                .filter(other -> other != node)
                                .map(other -> other.root() + "\n")
                                .collect(Collectors.joining()));
                // What Proxmox VE pins. The genuine one pins an RSA key, which takes too long to make for a fleet.
                if (members.size() > 1) {
                    members.forEach(other -> node.file(
                            "/etc/pve/nodes/" + other.name() + "/ssh_known_hosts",
                            other.name() + " " + PublicKeyEntry.toString(other.hostKey()) + "\n"));
                }
                node.file("/etc/ssh/ssh_host_ed25519_key.pub", PublicKeyEntry.toString(node.hostKey()) + " root\n");
            }
            nodes.addAll(members);
            if (group.size() > 1) {
                Corosync own = new Corosync(group.cluster(), members);
                own.heal();
                corosync.add(own);
            }
        }
        PracticeCluster cluster = new PracticeCluster(directory, nodes, authorities, corosync);
        cluster.writeClientFiles(login);
        return cluster;
    }

    /** Short, since people type it. */
    private static Path newDirectory() throws IOException {
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        for (int attempt = 0; attempt < 100; attempt++) {
            Path candidate = parent.resolve(
                    "practice-%04x".formatted(ThreadLocalRandom.current().nextInt(1 << 16)));
            try {
                return Files.createDirectory(
                        candidate, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                // Somebody else's: try another name.
            }
        }
        throw new IOException("no free directory name below " + parent);
    }

    public List<PracticeNode> nodes() {
        return nodes;
    }

    public PracticeNode node(int number) {
        return nodes.get(number - 1);
    }

    /** A node certificate of this cluster's CA. */
    public String certificate(String node, Duration left) {
        return Optional.ofNullable(authorities.get(node)).orElseThrow().issue(node, left);
    }

    /**
     * Lets a node serve Proxmox VE's API on loopback, with TLS and a certificate of the cluster's CA for the node's name and
     * for 127.0.0.1: tokens, tickets, permissions, tasks and the access log as on a practice node of its own. It needs this
     * machine's perl.
     *
     * @return the port
     */
    public int api(PracticeNode node) throws IOException {
        Authority authority = Optional.ofNullable(authorities.get(node.name())).orElseThrow();
        return node.serveApi(authority.identity(node.name(), Duration.ofDays(700)));
    }

    /** The inventory that names the nodes, and nobody to log in as. */
    public Path inventory() {
        return directory.resolve("inventory.yml");
    }

    /** The ssh configuration with the key and the known hosts; it logs in as root, {@code -u} as somebody else. */
    public Path sshConfig() {
        return directory.resolve("ssh_config");
    }

    /** Where the client's files are; removed on close. */
    public Path directory() {
        return directory;
    }

    /** As the node names end with it. */
    private static int number(PracticeNode node) {
        return Integer.parseInt(node.name().replaceFirst(".*\\D", ""));
    }

    private void writeClientFiles(KeyPair login) throws IOException {
        Path key = directory.resolve("id_ed25519");
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (OutputStream out = Files.newOutputStream(key)) {
            OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(
                    login, "holdfast practice key", (OpenSSHKeyEncryptionContext) null, out);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
        StringBuilder hosts =
                new StringBuilder("all:\n  vars:\n    holdfast: { access: { administrators: [%s] } }\n  hosts:\n"
                        .formatted(HealthyAccess.ADMINISTRATOR));
        StringBuilder known = new StringBuilder();
        StringBuilder ways = new StringBuilder();
        Set<String> taken = new HashSet<>();
        for (PracticeNode node : nodes) {
            // By its name, and by the address that the members know it under, where that is not another cluster's, too.
            String address = "192.0.2." + (10 + number(node));
            ways.append("Host ").append(node.name());
            if (taken.add(address)) {
                ways.append(' ').append(address);
            }
            ways.append("\n    HostName 127.0.0.1\n    Port ")
                    .append(node.port())
                    .append('\n');
            hosts.append("    ")
                    .append(node.name())
                    .append(": { ansible_host: 127.0.0.1, ansible_port: ")
                    .append(node.port())
                    .append(" }\n");
            known.append(node.knownHostsLine()).append('\n');
        }
        Files.writeString(inventory(), hosts.toString());
        Files.writeString(directory.resolve("known_hosts"), known.toString());
        Files.writeString(sshConfig(), ways + """
                Host *
                    User root
                    IdentityFile %s
                    IdentitiesOnly yes
                    IdentityAgent none
                    UserKnownHostsFile %s
                    GlobalKnownHostsFile /dev/null
                """.formatted(key, directory.resolve("known_hosts")));
    }

    private Corosync of(PracticeNode node) {
        return corosync.stream()
                .filter(cluster -> cluster.has(node))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(node.name() + " is in no cluster"));
    }

    /** Every member has so many links, 1 or 2; the second is 198.51.100.0/24. */
    public PracticeCluster links(int count) {
        corosync.forEach(cluster -> cluster.links(count));
        return this;
    }

    /** Lines of corosync.conf's quorum section, such as {@code wait_for_all: 1}, in force. */
    public PracticeCluster quorum(String... lines) {
        corosync.forEach(cluster -> cluster.options(List.of(lines)));
        return this;
    }

    /** A member has so many votes instead of one. */
    public PracticeCluster votes(PracticeNode node, int count) {
        of(node).votes(node, count);
        return this;
    }

    /**
     * A QDevice is configured, and every member is connected to it.
     *
     * @param algorithm {@code ffsplit} for one vote, {@code lms} for one less than there are members
     */
    public PracticeCluster device(String algorithm) {
        corosync.forEach(cluster -> cluster.device(algorithm));
        return this;
    }

    /** The members talk in the clear: {@code secauth: off}. */
    public PracticeCluster secauthOff() {
        corosync.forEach(cluster -> cluster.secauth(false));
        return this;
    }

    /** Cuts the links between these members and all others; SSH goes on working everywhere. */
    public PracticeCluster partition(PracticeNode... island) {
        of(island[0]).partition(List.of(island));
        return this;
    }

    /** Undoes every fault of corosync, its links and its QDevice. */
    public PracticeCluster heal() {
        corosync.forEach(Corosync::heal);
        return this;
    }

    /** corosync does not run on these members. */
    public PracticeCluster stopCorosync(PracticeNode... members) {
        for (PracticeNode node : members) {
            of(node).stop(node);
        }
        return this;
    }

    /** corosync runs on a member again. */
    public PracticeCluster startCorosync(PracticeNode node) {
        of(node).start(node);
        return this;
    }

    /** A member has lost a link, 0 or 1, to all others. */
    public PracticeCluster cutLink(int link, PracticeNode node) {
        of(node).cutLink(link, node, Optional.empty());
        return this;
    }

    /** A link, 0 or 1, is gone between two members. */
    public PracticeCluster cutLink(int link, PracticeNode node, PracticeNode other) {
        of(node).cutLink(link, node, Optional.of(other));
        return this;
    }

    /** Somebody said {@code pvecm expected} on this member, and all that it sees follow. */
    public PracticeCluster lowerExpected(PracticeNode node, int votes) {
        of(node).lowerExpected(node, votes);
        return this;
    }

    /** Members that do not reach the QDevice's host. */
    public PracticeCluster cutOffFromDevice(PracticeNode... members) {
        of(members[0]).cutDevice(List.of(members));
        return this;
    }

    /** No member reaches the QDevice's host any more. */
    public PracticeCluster stopDeviceHost() {
        corosync.forEach(Corosync::cutDeviceFromAll);
        return this;
    }

    /** The daemon that asks the QDevice does not run on a member. */
    public PracticeCluster stopDeviceDaemon(PracticeNode node) {
        of(node).stopDevice(node);
        return this;
    }

    /** corosync.conf was changed, and a member has kept the old one: in its own file, and in the daemon that runs. */
    public PracticeCluster keepOldConfiguration(PracticeNode node) {
        of(node).keepOldConfiguration(node);
        return this;
    }

    /** corosync.conf was changed and lies on all members; a member's daemon runs with the old one. */
    public PracticeCluster runOldConfiguration(PracticeNode node) {
        of(node).runOldConfiguration(node);
        return this;
    }

    /** Writes a file of {@code /etc/pve} on every node, as pmxcfs would. */
    public PracticeCluster share(String path, String content) {
        nodes.forEach(node -> node.file(path, content));
        return this;
    }

    /** The users, tokens and rights of a large cluster, with all their faults, on every node. */
    public PracticeCluster access(LargeAccess access) {
        access.files().forEach(this::share);
        return this;
    }

    /** The faults of the demo: one kind per node, as they are met in the field. */
    public PracticeCluster withDemoFaults() {
        // What the installer leaves behind, and what joining a cluster writes again.
        node(1).file("/etc/ssh/sshd_config", """
                Include sshd_config.d/*.conf
                PermitRootLogin yes
                KbdInteractiveAuthentication no
                UsePAM yes
                """).without("/etc/ssh/sshd_config.d/00-root.conf");
        if (nodes.size() > 1) {
            // Switched on, and nothing in force; and a certificate that nobody renewed.
            node(2).file("/state/pve-firewall", "inactive");
            String soon = certificate("pve2", Duration.ofDays(5));
            node(2).file("/etc/pve/local/pve-ssl.pem", soon).file("/state/served.pem", soon);
        }
        if (nodes.size() > 2) {
            // A clock without a source; and a renewed certificate that was never loaded.
            node(3).file(
                            "/state/chrony-tracking",
                            "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n");
            node(3).file("/state/served.pem", certificate("pve3", Duration.ofDays(40)));
        }
        return this;
    }

    /** A time of now for answers that tell one. */
    static String seconds(Instant instant) {
        return "%d.000000000".formatted(instant.getEpochSecond());
    }

    @Override
    public void close() {
        nodes.forEach(PracticeNode::close);
        for (String file : List.of("id_ed25519", "inventory.yml", "known_hosts", "ssh_config")) {
            try {
                Files.deleteIfExists(directory.resolve(file));
            } catch (IOException e) {
                // Below the system's temporary directory: not worth failing for.
            }
        }
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // As above.
        }
    }
}
