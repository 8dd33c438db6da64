package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code inventory discover} over real SSH against embedded clusters. */
final class DiscoverTest {

    @TempDir
    private Path directory = Path.of("");

    private Invocation discover(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "inventory", "discover", "pve1", "-F", cluster.sshConfig().toString(), "--timeout", "3"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    private Path yaml() {
        return directory.resolve("lab.yml");
    }

    private Path keys() {
        return directory.resolve("lab.known_hosts");
    }

    /** The practice cluster's ssh configuration, with other known hosts. */
    private Path trusting(PracticeCluster cluster, Path knownHosts) throws IOException {
        return Files.writeString(
                directory.resolve("config"),
                Files.readString(cluster.sshConfig())
                        .replaceAll("UserKnownHostsFile .*", "UserKnownHostsFile " + knownHosts));
    }

    private static String pinnedBy(PracticeNode node) {
        return node.name() + " " + PublicKeyEntry.toString(node.hostKey()) + "\n";
    }

    @Test
    void whatIsWrittenIsScannedWithTheKeysThatAreWritten() throws Exception {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).as(run.out() + run.err()).isZero();
            assertThat(run.err()).isEmpty();
            assertThat(run.out())
                    .contains("cluster practice, as pve1 knows it", "✓ pve3  192.0.2.13  verified", "wrote " + yaml())
                    .contains("wrote %s: 3 keys".formatted(keys()));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keys())))
                    .isEqualTo("rw-r--r--");
            assertThat(directory).isDirectoryNotContaining("glob:**.tmp");

            Inventory loaded = Inventory.load(List.of(yaml().toString()));
            assertThat(loaded.notices()).isEmpty();
            assertThat(loaded.hosts()).extracting(Host::name).containsExactly("pve1", "pve2", "pve3");
            assertThat(loaded.groups().keySet()).contains("practice");

            Invocation scan = Invocation.of(
                    "scan",
                    "-i",
                    yaml().toString(),
                    "-F",
                    trusting(cluster, keys()).toString(),
                    "--checks",
                    "cluster.quorum");
            assertThat(scan.code()).as(scan.out() + scan.err()).isZero();
            assertThat(cluster.node(2).commands())
                    .as("one visit by the scan, none by discover")
                    .hasSize(1);
            assertThat(cluster.node(1).commands()).as("one visit each").hasSize(2);
        }
    }

    @Test
    void aDirectoryOfInventoriesIsNotDisturbedByTheKeys() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            discover(cluster, "-o", yaml().toString());
            assertThat(Inventory.load(List.of(directory.toString())).hosts()).hasSize(2);
        }
    }

    @Test
    void opensshFindsTheKeysUnderTheNamesThatItLooksUp() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/ssh-keygen")));
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            discover(cluster, "-o", yaml().toString());
            for (PracticeNode node : cluster.nodes()) {
                Process keygen = new ProcessBuilder(
                                "ssh-keygen", "-F", "[127.0.0.1]:" + node.port(), "-f", keys().toString())
                        .redirectErrorStream(true)
                        .start();
                String said = new String(keygen.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(keygen.waitFor(20, TimeUnit.SECONDS)).isTrue();
                assertThat(keygen.exitValue()).as(said).isZero();
                assertThat(said).contains(PublicKeyEntry.toString(node.hostKey()));
            }
        }
    }

    @Test
    void onStandardOutputThereIsOnlyTheInventory() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            Invocation run = discover(cluster, "-u", "ops", "-b");
            assertThat(run.code()).isZero();
            assertThat(run.err()).contains("✓ pve2", "next: -o FILE.yml");
            Files.writeString(yaml(), run.out());
            Inventory loaded = Inventory.load(List.of(yaml().toString()));
            assertThat(loaded.host("pve2").orElseThrow().access().user()).contains("ops");
            assertThat(loaded.host("pve2").orElseThrow().access().become()).contains(true);
            assertThat(discover(cluster, "--quiet").err()).isEmpty();
        }
    }

    @Test
    void aMemberWithAnotherKeyThanTheClusterKnowsIsToldLoudly() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            String wrong = PublicKeyEntry.toString(PracticeNode.newKey().getPublic());
            cluster.node(1).file("/etc/pve/nodes/pve2/ssh_known_hosts", "pve2 " + wrong + "\n");
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out().replaceAll("\\s+", " "))
                    .contains("✗ pve2 192.0.2.12 WRONG HOST KEY")
                    .contains("but the cluster knows SHA256:", "/etc/pve/nodes/pve2/ssh_known_hosts");
            assertThat(keys())
                    .content()
                    .contains("# pve2 presents a key that it should not have")
                    .doesNotContain(PublicKeyEntry.toString(cluster.node(2).hostKey()), wrong);
            assertThat(yaml()).content().contains("# WRONG HOST KEY");
            assertThat(Inventory.load(List.of(yaml().toString())).hosts()).hasSize(3);
        }
    }

    @Test
    void aMemberThatDoesNotAnswerIsInTheInventoryWithoutAKeyInForce() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.node(3).refuse();
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out()).contains("? pve3  192.0.2.13  no answer", "refused");
            assertThat(keys())
                    .content()
                    .contains(
                            "# pve3 did not answer",
                            "\n# [127.0.0.1]:" + cluster.node(3).port())
                    .doesNotContain("\n[127.0.0.1]:" + cluster.node(3).port());
            assertThat(Inventory.load(List.of(yaml().toString())).host("pve3")).isPresent();
        }
    }

    @Test
    void aMemberWhoseKeyNobodyKnowsIsNotVerified() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(1).without("/etc/pve/nodes/pve2/ssh_known_hosts");
            Path own =
                    Files.writeString(directory.resolve("own"), cluster.node(1).knownHostsLine() + "\n");
            Invocation run = Invocation.of(
                    "inventory",
                    "discover",
                    "pve1",
                    "-F",
                    trusting(cluster, own).toString(),
                    "-o",
                    yaml().toString());
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out()).contains("? pve2", "not verified", "which nobody vouches");
            assertThat(keys())
                    .content()
                    .doesNotContain("ssh-ed25519 ".repeat(2))
                    .contains("# pve2 presents keys");
        }
    }

    @Test
    void theMergedFileOfOlderReleasesServes() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            for (PracticeNode node : cluster.nodes()) {
                cluster.node(1).without("/etc/pve/nodes/" + node.name() + "/ssh_known_hosts");
            }
            cluster.node(1)
                    .file(
                            "/etc/pve/priv/known_hosts",
                            "# a comment\nsecret PLANTED-SECRET\n" + pinnedBy(cluster.node(1))
                                    + pinnedBy(cluster.node(2)));
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).as(run.out()).isZero();
            assertThat(run.out() + Files.readString(yaml()) + Files.readString(keys()))
                    .doesNotContain("PLANTED-SECRET");
        }
    }

    @Test
    void aStandaloneNodeIsAnInventoryOfOne() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).as(run.out()).isZero();
            assertThat(run.out()).contains("standalone node, as pve1 knows it");
            Host only = Inventory.load(List.of(yaml().toString())).hosts().get(0);
            assertThat(only.name()).isEqualTo("pve1");
            Invocation scan = Invocation.of(
                    "scan",
                    "-i",
                    yaml().toString(),
                    "-F",
                    trusting(cluster, keys()).toString(),
                    "-t",
                    "sshd");
            assertThat(scan.code()).as(scan.out() + scan.err()).isZero();
        }
    }

    @Test
    void theFirstMemberKeepsTheAddressThatWorks() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            // From here nobody answers at the address that the cluster knows it under.
            cluster.node(2).refuse();
            Files.writeString(
                    cluster.sshConfig(),
                    Files.readString(cluster.sshConfig())
                            .replace(
                                    "Host pve1 192.0.2.11",
                                    "Host 192.0.2.11\n  HostName 127.0.0.1\n  Port %d\nHost pve1"
                                            .formatted(cluster.node(2).port())));
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.out().replaceAll("\\s+", " ")).contains("✓ pve1 pve1 verified", "reached as it was given");
            assertThat(Inventory.load(List.of(yaml().toString()))
                            .host("pve1")
                            .orElseThrow()
                            .access()
                            .host())
                    .contains("pve1");
        }
    }

    @Test
    void hostileNamesReachNoFileAndNoTerminal() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            String evil = "x: {ansible_host: 'evil'} #\u001b]0;pwned\u0007";
            cluster.node(1)
                    .file(
                            "/etc/pve/.members",
                            cluster.node(1)
                                    .read("/etc/pve/.members")
                                    .replace("\"pve2\"", "\"" + evil + "\"")
                                    .replace("\"practice\"", "\"$(id) \u001b[2J\n  all: {}\""));
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out() + run.err() + Files.readString(yaml()) + Files.readString(keys()))
                    .doesNotContain("\u001b", "\u0007");
            assertThat(run.out()).contains("left out");
            assertThat(Inventory.load(List.of(yaml().toString())).hosts())
                    .extracting(Host::name)
                    .containsExactlyInAnyOrder("pve1", "pve2");
        }
    }

    @Test
    void aFirstMemberThatCannotBeReadWritesNothing() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(1).fault(new Fault.RefuseLogins());
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.err()).contains("pve1: authenticate: ", "permission denied");
            assertThat(directory).isEmptyDirectory();

            cluster.node(1).withoutFaults().without("/state/packages");
            Invocation foreign = discover(cluster);
            assertThat(foreign.code()).isEqualTo(3);
            assertThat(foreign.err()).contains("not a Proxmox VE node");
        }
    }

    // ------------------------------------------------------------------ files that exist

    @Test
    void whatExistsIsReplacedOnlyByForce() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            Files.writeString(yaml(), "mine\n");
            Invocation run = discover(cluster, "-o", yaml().toString());
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("lab.yml exists: --force replaces it");
            assertThat(cluster.node(1).commands()).as("nothing was contacted").isEmpty();
            assertThat(yaml()).content().isEqualTo("mine\n");

            Files.delete(yaml());
            Files.writeString(keys(), "mine\n");
            assertThat(discover(cluster, "-o", yaml().toString()).err()).contains("lab.known_hosts exists");
            assertThat(discover(cluster, "-o", yaml().toString(), "--force").code())
                    .isZero();
            assertThat(keys()).content().doesNotContain("mine");
        }
    }

    @Test
    void aKeyThatTheNamedFileRevokesIsNotAddedToIt() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            String before = "@revoked * %s\n"
                    .formatted(PublicKeyEntry.toString(cluster.node(2).hostKey()));
            Path mine = Files.writeString(directory.resolve("mine"), before);
            Invocation run = discover(cluster, "-o", yaml().toString(), "--known-hosts", mine.toString());
            assertThat(run.code()).as(run.out() + run.err()).isEqualTo(1);
            assertThat(run.err())
                    .contains("has revoked the ssh-ed25519 key of [127.0.0.1]:"
                            + cluster.node(2).port());
            assertThat(mine)
                    .content()
                    .startsWith(before)
                    .doesNotContain("\n[127.0.0.1]:" + cluster.node(2).port());
        }
    }

    /** As on a file system without links. */
    @Test
    void whereNoLinkCanBeMadeAFileIsStillWrittenAndNoneReplaced() throws IOException {
        Path elsewhere = Path.of("/dev/shm");
        Assumptions.assumeTrue(
                Files.isWritable(elsewhere) && !Files.getFileStore(elsewhere).equals(Files.getFileStore(directory)));
        Path temporary = Files.createTempFile(elsewhere, "holdfast-test-", ".tmp");
        try {
            Files.writeString(temporary, "new");
            OutputFile.link(temporary, yaml());
            assertThat(yaml()).content().isEqualTo("new");
            Files.writeString(temporary, "newer");
            assertThatThrownBy(() -> OutputFile.link(temporary, yaml())).isInstanceOf(FileAlreadyExistsException.class);
            assertThat(yaml()).content().isEqualTo("new");
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Test
    void aNamedKnownHostsFileIsAddedToAndNeverReplaced() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            String first = PublicKeyEntry.toString(cluster.node(1).hostKey());
            String wrong = PublicKeyEntry.toString(PracticeNode.newKey().getPublic());
            String before = "# caf\u00e9\nelse %s\n[127.0.0.1]:%d %s\n[127.0.0.1]:%d %s"
                    .formatted(
                            first,
                            cluster.node(1).port(),
                            first,
                            cluster.node(2).port(),
                            wrong);
            Path mine = directory.resolve("mine");
            Files.writeString(mine, before, StandardCharsets.ISO_8859_1);
            Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rw-------"));
            Path link = Files.createSymbolicLink(directory.resolve("link"), mine);
            Invocation run = discover(cluster, "-o", yaml().toString(), "--known-hosts", link.toString(), "--force");
            assertThat(run.code()).as("a key in it contradicts").isEqualTo(1);
            assertThat(run.err()).contains("has another ssh-ed25519 key", "ssh-keygen -f " + link + " -R");
            assertThat(run.out()).contains("added to %s: 1 key".formatted(link));
            assertThat(Files.readString(mine, StandardCharsets.ISO_8859_1))
                    .isEqualTo(before
                            + "\n[127.0.0.1]:%d %s pve3\n"
                                    .formatted(
                                            cluster.node(3).port(),
                                            PublicKeyEntry.toString(
                                                    cluster.node(3).hostKey())));
            assertThat(link).isSymbolicLink();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(mine)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void linesThatCannotMeanAnythingAreMistakes() throws IOException {
        refused("Missing required parameter");
        refused("one member, such as root@pve1.example.com", "pve1,pve2");
        refused("is not a host name", "pve1;reboot");
        refused("is not a host name", "pve1 x");
        refused("is not a user name", " x@pve1");
        refused("a port is a number", "pve1:0");
        refused("a port is a number", "pve1:99999");
        refused("[USER@]HOST[:PORT]", "pve1:ssh");
        refused("-u says ops", "root@pve1", "-u", "ops");
        refused(
                "there is no directory",
                "pve1",
                "-o",
                directory.resolve("no/such.yml").toString());
        refused(
                "is not a regular file",
                "pve1",
                "-o",
                Files.createDirectory(directory.resolve("d.yml")).toString());
        refused("is not a regular file", "pve1", "--known-hosts", directory.toString());
        refused("name two files", "pve1", "-o", yaml().toString(), "--known-hosts", directory + "/./lab.yml");
    }

    private static void refused(String message, String... more) {
        List<String> words = new ArrayList<>(List.of("inventory", "discover"));
        words.addAll(List.of(more));
        Invocation run = Invocation.of(words.toArray(String[]::new));
        assertThat(run.err()).contains(message).doesNotContain("Exception");
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }
}
