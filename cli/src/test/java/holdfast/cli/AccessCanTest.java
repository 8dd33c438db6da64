package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code holdfast access can} against embedded clusters, over real SSH. */
final class AccessCanTest {

    private static String said(PracticeCluster cluster, int code, String subject, String privilege, String path) {
        Invocation said = AccessNodes.access(cluster, "can", subject, privilege, path);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return said.out().lines().map(String::strip).reduce("", (one, other) -> one + " " + other);
    }

    @Test
    void theAnswerNamesTheEntriesItFollowsFrom() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            assertThat(said(cluster, 0, "alice@pve", "Sys.Modify", "/nodes/pve1"))
                    .contains("ALLOWED", "Administrator on / by acl line 16 for @admins");
            assertThat(said(cluster, 0, "bob@pve", "VM.PowerMgmt", "//vms/100/"))
                    .contains("through pool web");
            assertThat(said(cluster, 1, "bob@pve", "VM.PowerMgmt", "/vms/200")).contains("DENIED", "NoAccess");
            assertThat(said(cluster, 1, "carol@pve", "VM.PowerMgmt", "/vms/100"))
                    .contains("disabled");
            assertThat(said(cluster, 0, "ci@pve!deploy", "VM.Backup", "/vms/100"))
                    .contains("privilege separation");
            assertThat(said(cluster, 1, "ci@pve!deploy", "VM.Backup", "/vms/101"))
                    .contains("the token lacks");
            assertThat(said(cluster, 1, "eve@pve", "VM.Audit", "/vms/999"))
                    .contains("there is no user eve@pve", "there is no guest 999");
            assertThat(said(cluster, 1, "alice@pve", "VM.Replicate", "/vms/100"))
                    .as("a privilege of Proxmox VE 9 on 8")
                    .contains("this release of Proxmox VE knows no privilege VM.Replicate");
        }
    }

    @Test
    void aMachineGetsTheSameAnswer() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            JsonNode answer = AccessNodes.json(
                    AccessNodes.access(cluster, "can", "alice@pve", "Sys.Modify", "/", "--format", "json"));
            assertThat(answer.get("decision").asString()).isEqualTo("allowed");
            assertThat(answer.get("complete").asBoolean()).isTrue();
            JsonNode practice = answer.get("clusters").get(0);
            assertThat(practice.get("members")).hasSize(2);
            assertThat(practice.get("reasons")).hasSize(1);
        }
    }

    @Test
    void oneMemberSpeaksForItsCluster() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(3), AccessNodes.USER_CFG)) {
            cluster.node(2).fault(new Fault.HangInAuthentication());
            cluster.node(3).hangClusterFiles();
            assertThat(said(cluster, 0, "alice@pve", "Sys.Modify", "/"))
                    .contains("ALLOWED", "pve2 could not tell", "pve3 could not tell");
            cluster.node(1).fault(new Fault.HangInAuthentication());
            assertThat(said(cluster, 3, "alice@pve", "Sys.Modify", "/")).contains("CANNOT TELL");
        }
    }

    @Test
    void whereMembersDisagreeNothingIsSure() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(3), AccessNodes.USER_CFG)) {
            cluster.node(3).file("/etc/pve/user.cfg", "user:root@pam:1:0::::::\n");
            assertThat(said(cluster, 3, "alice@pve", "Sys.Modify", "/"))
                    .contains("CANNOT TELL", "it depends on the member", "pve3 has another user.cfg than pve1, pve2");
            cluster.node(3).file("/etc/pve/user.cfg", AccessNodes.USER_CFG).file("/etc/pve/domains.cfg", "pve: x\n");
            assertThat(said(cluster, 0, "alice@pve", "Sys.Modify", "/"))
                    .as("rights do not depend on realms")
                    .contains("pve3 has another domains.cfg");
        }
    }

    @Test
    void everyClusterAndEveryStandaloneNodeAnswersForItself() throws IOException {
        try (PracticeCluster fleet = AccessNodes.with(PracticeCluster.fleet(2, 1, 2), AccessNodes.USER_CFG)) {
            fleet.node(3).file("/etc/pve/user.cfg", "user:root@pam:1:0::::::\n");
            String answer = said(fleet, 1, "alice@pve", "Sys.Modify", "/");
            assertThat(answer).contains("practice1", "c2n1", "practice3", "there is no user alice@pve");
            assertThat(answer.split("ALLOWED", -1)).hasSize(3);
            // A node that nobody knows may be a cluster of its own.
            fleet.node(3).fault(new Fault.HangInAuthentication());
            assertThat(said(fleet, 3, "alice@pve", "Sys.Modify", "/"))
                    .contains("c2n1 does not answer, and no cluster that did knows it");
        }
    }

    /** Both sites have a pve2 and neither answers: one of them is a cluster's that nobody has heard of. */
    @Test
    void twoSilentNodesAreNotTheSameMember() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            String one = "    pve2.one.example: { ansible_host: 127.0.0.1, ansible_port: 1 }\n";
            String two = "    pve2.two.example: { ansible_host: 127.0.0.2, ansible_port: 2 }\n";
            String rest = Files.readString(cluster.inventory()).replaceFirst("    pve2: .*\n", "");
            Files.writeString(cluster.inventory(), rest + one);
            assertThat(said(cluster, 0, "alice@pve", "Sys.Modify", "/")).contains("pve2.one.example could not tell");
            Files.writeString(cluster.inventory(), rest + one + two);
            assertThat(said(cluster, 3, "alice@pve", "Sys.Modify", "/"))
                    .contains("pve2.one.example does not answer", "pve2.two.example does not answer");
        }
    }

    @Test
    void whatCannotBeAskedIsToldBeforeAnythingIsContacted() {
        for (List<String> wrong : List.of(
                List.of("alice", "VM.Audit", "/", "neither a user"),
                List.of("@admins", "VM.Audit", "/", "is a group"),
                List.of("alice@pve", "VM.PowerMgt", "/", "did you mean VM.PowerMgmt?"),
                List.of("alice@pve", "vm.audit", "/", "did you mean VM.Audit?"),
                List.of("alice@pve", "VM.Audit", "vms/100", "not a path"),
                List.of("alice@pve", "VM.Audit", "/vm/100", "not a path"),
                List.of("alice@pve", "VM.Audit", "/vms/web", "not a path"),
                List.of("alice@pve", "VM.Audit", "/vms/$(id)", "not a path"),
                List.of("alice@pve", "VM.Audit", "", "not a path"),
                List.of("a\u001b[2J@", "VM.Audit", "/", "neither a user"))) {
            Invocation said =
                    Invocation.of("access", "can", wrong.get(0), wrong.get(1), wrong.get(2), "-i", "192.0.2.1,");
            assertThat(said.code()).as(wrong + said.err()).isEqualTo(2);
            assertThat(said.err()).contains(wrong.get(3));
            assertThat(said.err().getBytes(StandardCharsets.UTF_8)).doesNotContain(0x1b);
        }
        assertThat(Invocation.of("access").code()).isEqualTo(2);
        assertThat(Invocation.of("access", "can", "alice@pve").code()).isEqualTo(2);
        assertThat(Invocation.of("access", "can", "a@pve", "VM.Audit", "/", "-i", "x,", "--format", "csv")
                        .code())
                .isEqualTo(2);
    }

    @Test
    void everyHelpHasAnExample() {
        for (String verb : List.of("can", "matrix", "export", "diff")) {
            Invocation said = Invocation.of("access", verb, "--help");
            assertThat(said.code()).isZero();
            assertThat(said.out()).contains("Exit code: 0", "Examples:", "  holdfast access " + verb + " ");
        }
        assertThat(Invocation.of("access", "--help").out()).contains("matrix", "can", "export", "diff", "Examples:");
        assertThat(Invocation.of("completion", "bash").out()).contains("--effective", "--privilege");
        assertThat(Invocation.of("completion", "fish").out()).contains("-a matrix", "-l effective");
    }
}
