package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import holdfast.report.QuorumReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code holdfast quorum} against embedded clusters, over real SSH: what a person or a pipeline gets in each state. */
final class QuorumCommandTest {

    private static Invocation quorum(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "quorum",
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString(),
                "--timeout",
                "2"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    private static void golden(String name, PracticeCluster cluster, String... more) {
        Invocation said = quorum(cluster, more);
        assertThat(said.err()).isEmpty();
        GoldenTest.compare("quorum-" + name, said.code(), said.out().replaceAll("\\d+\\.\\d s\\b", "<time>"));
    }

    /** The only cluster of a JSON answer. */
    private static JsonNode json(PracticeCluster cluster, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(more));
        words.addAll(List.of("--format", "json"));
        Invocation said = quorum(cluster, words.toArray(String[]::new));
        try (InputStream schema =
                Objects.requireNonNull(QuorumReport.class.getResourceAsStream(QuorumReport.SCHEMA_RESOURCE))) {
            assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                            .getSchema(schema)
                            .validate(said.out(), InputFormat.JSON))
                    .isEmpty();
        }
        assertThat(said.json().get("clusters")).hasSize(1);
        return said.json().get("clusters").get(0);
    }

    private static String reason(PracticeCluster cluster, int code, String... more) {
        Invocation said = quorum(cluster, more);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return said.out().lines().map(String::strip).reduce("", (one, other) -> one + " " + other);
    }

    // ------------------------------------------------------------------ what a person sees

    @Test
    void aHealthyClusterMayBeTouched() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            golden("healthy", cluster);
            golden("without-one", cluster, "--without", "pve1");
            golden("without-two", cluster, "--without", "pve2,pve3");
            golden("plan", cluster, "--plan");
        }
    }

    @Test
    void twoMembersSpareNone() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            golden("two", cluster, "--plan");
            cluster.quorum("two_node: 1");
            golden("two-node", cluster, "--plan");
        }
        try (PracticeCluster cluster = PracticeCluster.start(2).device("ffsplit")) {
            golden("device", cluster, "--plan");
            cluster.cutOffFromDevice(cluster.node(2));
            golden("device-deaf", cluster, "--without", "pve1");
            cluster.stopDeviceHost();
            golden("device-gone", cluster);
        }
    }

    @Test
    void aSplitIsToldFromBothSides() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(5)) {
            cluster.partition(cluster.node(4), cluster.node(5));
            golden("split", cluster);
        }
    }

    // ------------------------------------------------------------------ what decides

    @Test
    void degradedButQuorateIsAGo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(5)) {
            cluster.stopCorosync(cluster.node(5));
            assertThat(reason(cluster, 0))
                    .contains("GO", "4 of 5 votes present, 3 needed, 1 more may go", "pve5 is missing");
            // Rolling work wants the first one back before the next.
            assertThat(reason(cluster, 1, "--without", "pve4", "--all-present")).contains("pve5 is missing");
            assertThat(reason(cluster, 0, "--without", "pve4")).contains("3 of 5 votes would be left, 3 are needed");
            assertThat(reason(cluster, 0, "--without", "pve5")).contains("nothing is lost");
            assertThat(reason(cluster, 1, "--without", "pve4,pve3")).contains("2 of 5 votes would be left");
        }
    }

    @Test
    void withoutQuorumItIsANoGo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.stopCorosync(cluster.node(2), cluster.node(3));
            assertThat(reason(cluster, 1)).contains("not quorate: 1 of 3 votes, 2 needed");
            assertThat(json(cluster).get("votes").get("margin").asInt()).isEqualTo(-1);
        }
    }

    @Test
    void aQuorumThatSomebodyForcedIsNone() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.stopCorosync(cluster.node(2), cluster.node(3));
            cluster.lowerExpected(cluster.node(1), 1);
            assertThat(reason(cluster, 1)).contains("somebody ran 'pvecm expected'");
        }
    }

    @Test
    void aHungEtcPveIsToldInTimeAndMayBeTakenOut() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            PracticeNode hung = cluster.node(3).hangClusterFiles();
            long start = System.nanoTime();
            assertThat(reason(cluster, 1)).contains("pve3: /etc/pve does not answer");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
            assertThat(reason(cluster, 0, "--without", "pve3")).contains("2 of 3 votes would be left");
            assertThat(reason(cluster, 1, "--without", "pve1")).contains("pve3: /etc/pve does not answer");
            hung.resumeClusterFiles();
            assertThat(reason(cluster, 0)).contains("GO");
        }
    }

    @Test
    void tooFewAnswersAreNoAnswer() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.node(2).fault(new Fault.HangInAuthentication());
            assertThat(reason(cluster, 0)).contains("pve2  no answer", "corosync counts it in");
            cluster.node(3).fault(new Fault.HangInAuthentication());
            assertThat(reason(cluster, 3)).contains("only pve1 answered, with 1 of 3 votes");
            assertThat(reason(cluster, 3, "--without", "pve2")).contains("CANNOT TELL");
            cluster.node(1).fault(new Fault.HangInAuthentication());
            assertThat(reason(cluster, 3)).contains("does not answer, and no cluster knows it");
        }
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            assertThat(reason(cluster, 3, "-l", "pve1")).contains("not asked: pve2, pve3");
            assertThat(reason(cluster, 3, "--without", "pve9"))
                    .contains("no cluster that answered has a member 'pve9'");
        }
    }

    @Test
    void whereAllThatStayHaveAnsweredNobodyElseDecides() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2).device("ffsplit")) {
            cluster.node(2).fault(new Fault.HangInAuthentication());
            assertThat(reason(cluster, 3)).contains("only pve1 answered");
            assertThat(reason(cluster, 0, "--without", "pve2")).contains("2 of 3 votes would be left");
            assertThat(reason(cluster, 3, "--without", "pve1")).contains("CANNOT TELL");
        }
    }

    @Test
    void whatHighAvailabilityDoesIsNotGuessed() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.nodes().forEach(node -> node.file("/etc/pve/ha/manager_status", "{"));
            JsonNode loss = json(cluster, "--without", "pve1").get("losses").get(0);
            assertThat(loss.get("fenced").isNull()).isTrue();
            assertThat(loss.get("haResources").isNull()).isTrue();
            assertThat(loss.get("guests")).hasSize(3);
            assertThat(reason(cluster, 0, "--without", "pve1"))
                    .contains("its HA resources are not known", "HA could not be read, so fencing is not told");
        }
    }

    @Test
    void aMemberHasManyNames() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            for (String name : List.of("pve2", "PVE2", "pve2.example.com", "192.0.2.12")) {
                assertThat(reason(cluster, 0, "--without", name)).contains("without pve2: 2 of 3 votes");
            }
            for (String name : List.of("192.0.2.99", "pve9.example.com", "2")) {
                assertThat(reason(cluster, 3, "--without", name, "--wait", "1h"))
                        .contains("no cluster that answered has a member '" + name + "'");
            }
            // What cannot be told comes first: a GO for the rest is none.
            assertThat(reason(cluster, 3, "--without", "pve2,pve9").strip()).startsWith("CANNOT TELL");
        }
    }

    @Test
    void aStaleConfigurationIsANoGo() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.runOldConfiguration(cluster.node(3));
            assertThat(reason(cluster, 1)).contains("corosync runs with different versions of its configuration");
            assertThat(reason(cluster, 0, "--without", "pve3")).contains("GO");
        }
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.keepOldConfiguration(cluster.node(3));
            assertThat(reason(cluster, 1)).contains("pve3");
        }
    }

    @Test
    void votesOfTheirOwnAndPillarsCount() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.votes(cluster.node(1), 3);
            assertThat(reason(cluster, 1)).contains("the loss of pve1 (3 votes) alone would cost quorum");
            assertThat(reason(cluster, 0, "--without", "pve2,pve3"))
                    .contains("3 of 5 votes would be left, 3 are needed");
            assertThat(reason(cluster, 1, "--without", "pve1")).contains("2 of 5 votes would be left");
        }
    }

    @Test
    void aDeadLinkIsWorthANoteAndNoMore() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).links(2)) {
            cluster.cutLink(1, cluster.node(2));
            assertThat(reason(cluster, 0)).contains("link 1 is down between pve1 and pve2, pve2 and pve3");
        }
    }

    // ------------------------------------------------------------------ waiting, and mistakes

    @Test
    void waitingEndsWithGo() throws Exception {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.stopCorosync(cluster.node(3));
            Thread back = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(2000);
                    cluster.startCorosync(cluster.node(3));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Invocation said = quorum(cluster, "--without", "pve2", "--wait", "60s");
            back.join();
            assertThat(said.code()).as(said.out() + said.err()).isZero();
            assertThat(said.err()).contains("note: waiting, NO-GO: practice: without pve2: 1 of 3 votes would be left");
        }
    }

    @Test
    void aNameThatOnlyASilentClusterKnowsIsWaitedFor() throws Exception {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.nodes().forEach(node -> node.fault(new Fault.CutOff()));
            Thread back = Thread.ofVirtual().start(() -> {
                try {
                    Thread.sleep(3000);
                    cluster.nodes().forEach(PracticeNode::withoutFaults);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Invocation said = quorum(cluster, "--without", "192.0.2.12", "--wait", "90s");
            back.join();
            assertThat(said.code()).as(said.out() + said.err()).isZero();
            assertThat(said.err()).contains("note: waiting, CANNOT TELL: ");
        }
    }

    @Test
    void waitingEndsWithTheLastAnswer() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            assertThat(quorum(cluster, "--wait", "1s").code()).isEqualTo(1);
        }
    }

    @Test
    void whatIsNoTimeNameOrFormatIsToldBeforeAnythingIsContacted() {
        for (List<String> wrong : List.of(
                List.of("--wait", "10x"),
                List.of("--wait", "0"),
                List.of("--wait", "25h"),
                List.of("--without", "$(id)"),
                List.of("--without", "a,,b"),
                List.of("--without", ","),
                List.of("--without", ""),
                List.of("--without", "pve2,"),
                List.of("--format", "xml"),
                List.of("--forks", "0"))) {
            List<String> words = new ArrayList<>(List.of("quorum", "-i", "192.0.2.1,"));
            words.addAll(wrong);
            Invocation said = Invocation.of(words.toArray(String[]::new));
            assertThat(said.code()).as(wrong + said.err()).isEqualTo(2);
            assertThat(said.out()).isEmpty();
            assertThat(said.err()).startsWith("holdfast: ").contains(wrong.get(0));
        }
    }

    @Test
    void whatMembersSayIsCleanedWhereItIsShown() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            for (PracticeNode node : cluster.nodes()) {
                node.file(
                        "/etc/pve/.vmlist",
                        "{\"version\": 1, \"ids\": {\"100\": {\"node\": \"pve2\", \"type\": \"\\u001b[2Jx\", \"version\": 1}}}");
            }
            Invocation said = quorum(cluster, "--without", "pve2");
            assertThat(said.out().getBytes(StandardCharsets.UTF_8)).doesNotContain(0x1b);
            assertThat(json(cluster, "--without", "pve2").toString()).doesNotContain("\\u001b");
        }
    }

    @Test
    void aCorosyncThatCountsIsNoStandaloneNode() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.stopCorosync(cluster.node(3));
            cluster.node(1).hangClusterFiles().without("/etc/corosync/corosync.conf");
            Invocation said = quorum(cluster, "--without", "pve1");
            assertThat(said.code()).as(said.out() + said.err()).isEqualTo(1);
            assertThat(said.out()).contains("practice").doesNotContain("is in no cluster");
        }
    }

    /** Both sites have a pve3 and neither answers: which of them the cluster of the first site lists is not known. */
    @Test
    void twoSilentNodesAreNotTheSameMember() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            Path inventory = Files.writeString(
                    cluster.directory().resolve("sites.yml"),
                    Files.readString(cluster.inventory()).replaceFirst("    pve3: .*\n", "")
                            + "    pve3.one.example: { ansible_host: 127.0.0.1, ansible_port: 1 }\n"
                            + "    pve3.two.example: { ansible_host: 127.0.0.1, ansible_port: 2 }\n");
            for (String name : List.of("pve3.one.example", "pve3.two.example")) {
                Invocation said = Invocation.of(
                        "quorum",
                        "-i",
                        inventory.toString(),
                        "-F",
                        cluster.sshConfig().toString(),
                        "--timeout",
                        "2",
                        "--without",
                        name);
                assertThat(said.code()).as(said.out() + said.err()).isEqualTo(3);
                assertThat(said.out()).contains("CANNOT TELL");
            }
            Invocation one = Invocation.of(
                    "quorum",
                    "-i",
                    inventory.toString(),
                    "-F",
                    cluster.sshConfig().toString(),
                    "--timeout",
                    "2",
                    "-l",
                    "!pve3.two.example",
                    "--without",
                    "pve3.one.example");
            assertThat(one.code()).as(one.out() + one.err()).isZero();
        }
    }
}
