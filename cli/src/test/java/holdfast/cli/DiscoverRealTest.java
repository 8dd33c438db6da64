package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.inventory.Inventory;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import holdfast.node.ssh.KnownKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Discovery of a cluster with real sshd and RSA keys that are pinned as Proxmox VE pins them. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiscoverRealTest {

    private RealCluster cluster;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    /** Only the first member is known beforehand, as on a first day. */
    private Path config(Path directory) throws IOException {
        Path known = Files.writeString(directory.resolve("mine"), node(1).knownHosts());
        return Files.writeString(
                directory.resolve("config"),
                "Host *\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent none\n"
                        .formatted(known));
    }

    private Invocation discover(Path directory, String login, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(
                "inventory",
                "discover",
                login + "@" + node(1).address(),
                "-F",
                config(directory).toString(),
                "--private-key",
                cluster.keys().privateKey().toString(),
                "-o",
                directory.resolve("lab.yml").toString(),
                "--timeout",
                "5",
                "--force"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    private static int ssh(Path keys, Path identity, String login) throws Exception {
        Process ssh = new ProcessBuilder(
                        "ssh",
                        "-F",
                        "none",
                        "-o",
                        "StrictHostKeyChecking=yes",
                        "-o",
                        "UserKnownHostsFile=" + keys,
                        "-o",
                        "GlobalKnownHostsFile=/dev/null",
                        "-o",
                        "BatchMode=yes",
                        "-o",
                        "ConnectTimeout=10",
                        "-o",
                        "IdentitiesOnly=yes",
                        "-i",
                        identity.toString(),
                        login,
                        "true")
                .redirectErrorStream(true)
                .start();
        ssh.getOutputStream().close();
        String said = new String(ssh.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(ssh.waitFor(30, TimeUnit.SECONDS)).as(said).isTrue();
        return ssh.exitValue();
    }

    @Test
    void rootFindsTheClusterAndSshLogsInStrictly(@TempDir Path directory) throws Exception {
        Invocation run = discover(directory, "root");
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        Path keys = directory.resolve("lab.known_hosts");
        KnownKeys known = KnownKeys.read(keys);
        assertThat(known.keysOf(node(1).address()))
                .as("of the first member all, by its own word")
                .extracting(key -> key.type())
                .containsExactlyInAnyOrder("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256");
        assertThat(known.keysOf(node(2).address()))
                .as("of the others what Proxmox VE pins")
                .extracting(key -> key.type())
                .containsExactly("ssh-rsa");
        for (RealNode node : cluster.nodes()) {
            assertThat(ssh(keys, cluster.keys().privateKey(), "root@" + node.address()))
                    .as(node.name())
                    .isZero();
        }
        assertThat(Inventory.load(List.of(directory.resolve("lab.yml").toString()))
                        .host("pve2")
                        .orElseThrow()
                        .access()
                        .host())
                .contains(node(2).address());
        assertThat(node(2).exec("journalctl -u ssh --no-pager | grep -c 'Accepted.*" + cluster.controller() + "'")
                        .out()
                        .strip())
                .as("discovery did not log in there, only ssh did")
                .isEqualTo("1");
    }

    @Test
    void opsFindsItWithSudoAndTheScanWorksWithTheKeys(@TempDir Path directory) throws Exception {
        Path own = directory.resolve("own_known_hosts");
        Invocation run = discover(directory, "ops", "-b", "--known-hosts", own.toString());
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        Path config = Files.writeString(
                directory.resolve("scan_config"),
                "Host *\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent none\n"
                        .formatted(own));
        Invocation scan = Invocation.of(
                "scan",
                "-i",
                directory.resolve("lab.yml").toString(),
                "-F",
                config.toString(),
                "--private-key",
                cluster.keys().privateKey().toString(),
                "--checks",
                "cluster.quorum",
                "--discover",
                "--format",
                "json");
        assertThat(scan.code()).as(scan.out() + scan.err()).isZero();
        assertThat(scan.json().get("discovery").get("clusters").asInt()).isEqualTo(1);
        assertThat(run.out() + run.err() + Files.readString(directory.resolve("lab.yml")))
                .doesNotContain("PLANTED-SECRET", "PRIVATE KEY");
    }

    @Test
    void aChangedKeyAndAStoppedMemberAreTold(@TempDir Path directory) throws Exception {
        String rsa = "/etc/ssh/ssh_host_rsa_key";
        try {
            node(2).sh(
                            "cp -p %1$s %1$s.kept; cp -p %1$s.pub %1$s.pub.kept; rm %1$s %1$s.pub; ssh-keygen -q -t rsa -b 2048 -N '' -f %1$s; systemctl restart ssh"
                                    .formatted(rsa));
            Invocation changed = discover(directory, "root");
            assertThat(changed.code()).as(changed.out()).isEqualTo(1);
            assertThat(changed.out()).contains("✗ pve2", "WRONG HOST KEY", "✓ pve3");
            Path keys = directory.resolve("lab.known_hosts");
            assertThat(KnownKeys.read(keys).keysOf(node(2).address())).isEmpty();
            assertThat(ssh(keys, cluster.keys().privateKey(), "root@" + node(2).address()))
                    .as("ssh refuses what was not verified")
                    .isEqualTo(255);

            node(3).sh("systemctl stop ssh");
            Invocation both = discover(directory, "root");
            assertThat(both.code()).as("3 wins").isEqualTo(3);
            assertThat(both.out()).contains("✗ pve2", "? pve3", "refused");
            assertThat(keys).content().contains("\n# " + node(3).address() + " ssh-rsa ");
            assertThat(KnownKeys.read(keys).keysOf(node(3).address())).isEmpty();
            assertThat(Inventory.load(List.of(directory.resolve("lab.yml").toString()))
                            .hosts())
                    .hasSize(3);
        } finally {
            node(2).sh("mv %1$s.kept %1$s; mv %1$s.pub.kept %1$s.pub; systemctl restart ssh".formatted(rsa));
            node(3).sh("systemctl start ssh");
        }
        assertThat(discover(directory, "root").code()).isZero();
    }

    @Test
    void aHungClusterFileSystemIsNotWaitedForAndNothingIsVerifiedOfOthers(@TempDir Path directory) throws Exception {
        try {
            // ops logs in by its own home; root's keys lie in the file system that hangs.
            node(1).hangClusterFiles();
            Invocation run = discover(directory, "ops", "-b");
            assertThat(run.code()).as(run.out() + run.err()).isEqualTo(3);
            assertThat(run.out()).contains(".members could not be read", "? pve2");
            assertThat(KnownKeys.read(directory.resolve("lab.known_hosts")).keysOf(node(2).address()))
                    .isEmpty();
        } finally {
            node(1).resumeClusterFiles();
        }
    }
}
