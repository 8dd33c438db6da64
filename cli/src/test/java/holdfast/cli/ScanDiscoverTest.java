package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scan --discover}: the inventory against what embedded clusters say of their members. */
final class ScanDiscoverTest {

    @TempDir
    private Path directory = Path.of("");

    private Invocation scan(PracticeCluster cluster, Path inventory, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "scan",
                "-i",
                inventory.toString(),
                "-F",
                cluster.sshConfig().toString(),
                "--checks",
                "sshd.root-login",
                "--timeout",
                "3"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    private Path inventory(PracticeCluster cluster, String without) throws IOException {
        return Files.writeString(
                directory.resolve("hosts.yml"),
                String.join(
                                "\n",
                                Files.readString(cluster.inventory())
                                        .lines()
                                        .filter(line -> !line.contains(without))
                                        .toList())
                        + "\n");
    }

    @Test
    void anInventoryThatIsWholeSaysSo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            Invocation run = scan(cluster, cluster.inventory(), "--discover");
            assertThat(run.out()).contains("discovery: the inventory has every member of 1 cluster");
            assertThat(run.code()).as(run.out()).isZero();
            Invocation some = scan(cluster, cluster.inventory(), "--discover", "-l", "pve1");
            assertThat(some.code()).as("the whole inventory counts, not -l").isZero();
            Invocation without = scan(cluster, cluster.inventory(), "--format", "json");
            assertThat(without.json().has("discovery")).isFalse();
        }
    }

    @Test
    void aMemberThatIsNotInTheInventoryIsReported() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            Path two = inventory(cluster, "pve3");
            Invocation run = scan(cluster, two, "--discover");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out())
                    .contains(
                            "discovery: inventory and member lists of 1 cluster differ", "✗ pve3  not in the inventory")
                    .contains("a member of cluster practice at 192.0.2.13, says pve1, pve2");
            Invocation report = ScanTest.valid(scan(cluster, two, "--discover", "--format", "json"));
            var missing = report.json().get("discovery").get("notInInventory");
            assertThat(missing).hasSize(1);
            assertThat(missing.get(0).get("member").asString()).isEqualTo("pve3");
            assertThat(scan(cluster, two).code())
                    .as("only where it was asked for")
                    .isZero();
            assertThat(scan(cluster, two, "--discover", "--fail-on", "critical").code())
                    .isEqualTo(1);
        }
    }

    @Test
    void hostsThatTheirClusterDoesNotKnowAreReported() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(4)) {
            for (int i = 1; i <= 3; i++) {
                // pvecm delnode pve4, which was switched off then.
                cluster.node(i)
                        .file(
                                "/etc/corosync/corosync.conf",
                                cluster.node(i)
                                        .read("/etc/corosync/corosync.conf")
                                        .replaceFirst("(?s)  node \\{\\s+name: pve4.*?\\}\\n", "")
                                        .replace("config_version: 4", "config_version: 5"))
                        .file(
                                "/etc/pve/.members",
                                cluster.node(i).read("/etc/pve/.members").replaceFirst(",\\n  \"pve4\".*", "\n"));
            }
            cluster.node(3)
                    .without("/etc/corosync/corosync.conf")
                    .file("/etc/pve/.members", "{\n\"nodename\": \"pve3\",\n\"version\": 0\n}\n");
            Invocation run = ScanTest.valid(scan(cluster, cluster.inventory(), "--discover", "--format", "json"));
            assertThat(run.json()
                            .get("discovery")
                            .get("notInCluster")
                            .valueStream()
                            .map(node -> node.get("node").asString() + " "
                                    + node.get("reason").asString()))
                    .contains("pve4 removed", "pve3 standalone");
            assertThat(run.code()).isEqualTo(1);
        }
    }

    @Test
    void aHostThatIsNeitherReachableNorListedIsReportedAndThreeWins() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            Path more = Files.writeString(
                    directory.resolve("hosts.yml"),
                    Files.readString(cluster.inventory()) + "    pve9: { ansible_host: 127.0.0.1, ansible_port: 1 }\n");
            Invocation run = scan(cluster, more, "--discover");
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out()).contains("✗ pve9  in no cluster's list");
        }
    }

    @Test
    void whatCannotBeToldIsNoAgreement() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(2).file("/etc/corosync/corosync.conf", "totem {\n");
            Invocation run = scan(cluster, cluster.inventory(), "--discover");
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.out()).contains("? pve2  its cluster could not be told");
        }
    }

    @Test
    void hostileNamesStayOnTheirLine() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            cluster.node(1)
                    .file(
                            "/etc/pve/.members",
                            cluster.node(1)
                                    .read("/etc/pve/.members")
                                    .replace("\"pve2\"", "\"x\u001b]0;pwned\u0007\"")
                                    .replace("192.0.2.12", "\u001b[2J"));
            Invocation run = scan(cluster, cluster.inventory(), "--discover");
            assertThat(run.out() + run.err()).doesNotContain("\u001b", "\u0007");
            Invocation report = scan(cluster, cluster.inventory(), "--discover", "--format", "json");
            assertThat(report.out()).doesNotContain("\\u001b", "\\u001B", "\u0007");
        }
    }
}
