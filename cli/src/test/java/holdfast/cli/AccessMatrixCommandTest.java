package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code holdfast access matrix} against embedded clusters, over real SSH. */
final class AccessMatrixCommandTest {

    /** On a terminal of 80 columns. */
    private static void golden(String name, PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of("access", "matrix"));
        words.addAll(List.of(more));
        words.addAll(List.of(
                "-i", cluster.inventory().toString(), "-F", cluster.sshConfig().toString(), "--timeout", "2"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Main.run(
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                        false,
                        false,
                        false,
                        true,
                        80),
                words.toArray(String[]::new));
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text.lines()).allMatch(line -> line.length() <= 80);
        GoldenTest.compare("access-matrix" + name, code, text);
    }

    @Test
    void aPersonSeesWhoMayDoWhatAndWhereItComesFrom() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            golden("", cluster);
            golden("-guest", cluster, "--path", "/vms/100");
            golden("-privilege", cluster, "--privilege", "Permissions.Modify", "--path", "/");
            golden("-effective", cluster, "--effective", "--subject", "ci@pve*", "--subject", "@operators");
        }
    }

    @Test
    void aMachineGetsEveryRow() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            JsonNode answer = AccessNodes.json(AccessNodes.access(cluster, "matrix", "--format", "json"));
            JsonNode rows = answer.get("clusters").get(0).get("rows");
            assertThat(rows).hasSize(10);
            assertThat(rows.get(0).get("subject").asString()).isEqualTo("alice@pve");
            Invocation csv = AccessNodes.access(cluster, "matrix", "--format", "csv");
            assertThat(csv.out().lines()).hasSize(11);
            assertThat(csv.out()).contains("\"practice\",\"alice@pve\",\"user\",\"active\",\"/\",\"Administrator\"");
        }
    }

    @Test
    void thePageNeedsNothingButItself() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            Path page = cluster.directory().resolve("access.html");
            Invocation said = AccessNodes.access(cluster, "matrix", "--effective", "-o", page.toString());
            assertThat(said.code()).as(said.err()).isZero();
            assertThat(said.out()).isEmpty();
            String html = Files.readString(page);
            Files.delete(page);
            assertThat(html)
                    .startsWith("<!DOCTYPE html>")
                    .contains("default-src 'none'", "Cluster practice", "ci@pve!deploy")
                    .doesNotContain("http://", "https://", "src=", "url(");
            if (Boolean.getBoolean("page.keep")) {
                Files.writeString(Path.of("target/access.html"), html);
            }
        }
    }

    @Test
    void whatNodesSayStaysText() throws IOException {
        String hostile = """
                user:<script>alert(1)</script>@pve:1:0::::::
                user:=HYPERLINK("x")@pve:1:0::::::
                user:\u001b[2Ja@pve:1:0::::::
                user:\u202eevil@pve:1:0::::::
                user:"><img&src=x>@pve:1:0::::::
                acl:1:/:<script>alert(1)<@pve,=HYPERLINK("x")@pve,\u001b[2Ja@pve,\u202eevil@pve,"><img&src=x>@pve:PVEAuditor:
                nonsense <b>
                """;
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), hostile)) {
            for (String format : List.of("console", "json", "csv", "html")) {
                Invocation said = AccessNodes.access(cluster, "matrix", "--format", format);
                assertThat(said.code()).as(said.err()).isZero();
                assertThat(said.out().codePoints().filter(point -> point == 0x1b || point == 0x202e))
                        .as(format)
                        .isEmpty();
                assertThat(said.out()).as(format).contains("HYPERLINK");
                if (format.equals("html")) {
                    assertThat(said.out()).contains("&lt;img&amp;src=x&gt;@pve").doesNotContain("<img", "<script>a");
                } else if (format.equals("csv")) {
                    assertThat(said.out())
                            .contains("\"'=HYPERLINK(\"\"x\"\")@pve\"")
                            .doesNotContain(",\"=");
                }
            }
        }
    }

    @Test
    void whoIsNotThereIsSaid() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), AccessNodes.USER_CFG)) {
            Invocation said = AccessNodes.access(
                    cluster, "matrix", "--subject", "alise@pve", "--subject", "@admin", "--subject", "*@ldap");
            assertThat(said.code()).isZero();
            assertThat(said.out()).contains("nobody", "there is no alise@pve", "there is no @admin");
            assertThat(said.out()).doesNotContain("no *@ldap");
            assertThat(AccessNodes.access(cluster, "matrix", "--path", "/vms/999", "--path", "/pool/x")
                            .out())
                    .contains("there is no guest 999", "there is no pool x");
        }
    }

    /** About as many as fit into a file of pmxcfs, over SSH, in every form: seconds, and adopted without a difference. */
    @Test
    void tenThousandEntriesAreShownAndAdopted() throws IOException {
        StringBuilder users = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            users.append("user:u%d@pve:1:0::::::\n".formatted(i));
        }
        for (int i = 0; i < 10_000; i++) {
            users.append("acl:1:/vms/%d:u%d@pve:PVEVMUser:\n".formatted(100 + i, i % 2000));
        }
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), users.toString())) {
            Path list = cluster.directory().resolve("access.yml");
            long start = System.nanoTime();
            for (String format : List.of("console", "json", "csv", "html")) {
                Invocation said = AccessNodes.access(cluster, "matrix", "--format", format);
                assertThat(said.code()).as(said.err()).isZero();
                assertThat(said.out()).contains("/vms/10099");
            }
            assertThat(AccessNodes.access(cluster, "export", "-o", list.toString())
                            .code())
                    .isZero();
            Invocation diff = AccessNodes.access(cluster, "diff", "--policy", list.toString());
            assertThat(diff.code()).as(diff.out() + diff.err()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
            Files.delete(list);
        }
    }

    @Test
    void whatCouldNotBeShownIsNotPassedOver() throws IOException {
        try (PracticeCluster fleet = AccessNodes.with(PracticeCluster.fleet(2, 1), AccessNodes.USER_CFG)) {
            fleet.node(3).fault(new Fault.HangInAuthentication());
            Invocation said = AccessNodes.access(fleet, "matrix", "--format", "csv");
            assertThat(said.code()).isEqualTo(3);
            assertThat(said.out()).contains("practice1");
            assertThat(said.err()).contains("holdfast: c2n1 does not answer");
        }
    }

    @Test
    void whatCannotBeAskedIsToldBeforeAnythingIsContacted() {
        for (List<String> wrong : List.of(
                List.of("--format", "xml", "console, json, csv or html"),
                List.of("--path", "/vm/1", "not a path"),
                List.of("--privilege", "VM.Adit", "did you mean VM.Audit?"),
                List.of("--subject", "a b", "--subject"),
                List.of("--subject", "@a b", "--subject"),
                List.of("-o", "/nowhere/x.html", "there is no directory"))) {
            Invocation said = Invocation.of("access", "matrix", "-i", "192.0.2.1,", wrong.get(0), wrong.get(1));
            assertThat(said.code()).as(wrong + said.err()).isEqualTo(2);
            assertThat(said.err()).contains(wrong.get(2));
        }
        assertThat(Invocation.of("access", "matrix", "-i", "192.0.2.1,", "--effective", "--path", "/")
                        .err())
                .contains("leave out --path");
    }
}
