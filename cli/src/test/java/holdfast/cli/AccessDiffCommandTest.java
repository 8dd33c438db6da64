package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code holdfast access export} and {@code diff} against embedded clusters, over real SSH. */
final class AccessDiffCommandTest {

    @TempDir
    Path files;

    private Path adopt(PracticeCluster cluster, String name) {
        Path list = files.resolve(name);
        Invocation said = AccessNodes.access(cluster, "export", "-o", list.toString());
        assertThat(said.code()).as(said.out() + said.err()).isZero();
        assertThat(said.err()).contains("wrote " + list);
        return list;
    }

    @Test
    void adoptingIsOneCommandAndThenNothingDiffers() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            for (String name : List.of("access.yml", "access.json")) {
                Path list = adopt(cluster, name);
                Invocation said = AccessNodes.access(cluster, "diff", "--policy", list.toString());
                assertThat(said.code()).as(said.out() + said.err()).isZero();
                assertThat(said.out()).contains("cluster practice", "as the list says");
            }
            String yaml = Files.readString(files.resolve("access.yml"));
            GoldenTest.compare("access-export", 0, yaml.replaceAll("found it at \\S+", "found it at <time>."));
        }
    }

    @Test
    void everyDifferenceIsCalledByItsName() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            Path list = adopt(cluster, "access.yml");
            AccessNodes.with(
                    cluster,
                    AccessNodes.USER_CFG
                            .replace("user:carol@pve:0:", "user:carol@pve:1:")
                            .replace("token:ci@pve!deploy:1893456000:1", "token:ci@pve!deploy:0:0")
                            .replace("group:admins:alice@pve:", "group:admins:alice@pve,bob@pve:")
                            .replace("acl:1:/storage:bob@pve:Backup:\n", "acl:1:/access:bob@pve:PVEUserAdmin:\n")
                            .replace("VM.Backup,", "VM.Backup,Sys.Modify,"));
            Invocation said = AccessNodes.access(cluster, "diff", "--policy", list.toString());
            GoldenTest.compare("access-diff", said.code(), said.out());
            JsonNode answer = AccessNodes.json(
                    AccessNodes.access(cluster, "diff", "--policy", list.toString(), "--format", "json"));
            assertThat(answer.get("clusters").get(0).get("differences")).hasSize(6);
            Invocation csv = AccessNodes.access(cluster, "diff", "--policy", list.toString(), "--format", "csv");
            assertThat(csv.code()).isEqualTo(1);
            assertThat(csv.out().lines()).hasSize(7);
        }
    }

    @Test
    void theListMayStandInAFileOfItsOwn() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), AccessNodes.USER_CFG)) {
            Path list = adopt(cluster, "access.yml");
            Path policy = Files.writeString(
                    files.resolve("policy.yml"), "access: { root_days: 3 }\ntime: { max_skew_ms: 7 }\n");
            Invocation said =
                    AccessNodes.access(cluster, "diff", "--policy", policy.toString(), "--policy", list.toString());
            assertThat(said.code()).as(said.err()).isZero();
            Path broken = Files.writeString(files.resolve("broken.yml"), "access: { root_dayz: 3 }\n");
            Path other = Files.writeString(files.resolve("other.yml"), "tyme: {}\n");
            Invocation wrong =
                    AccessNodes.access(cluster, "diff", "--policy", broken.toString(), "--policy", other.toString());
            assertThat(wrong.code()).isEqualTo(2);
            assertThat(wrong.err())
                    .contains("broken.yml:1:", "did you mean root_days?", "other.yml:1:", "did you mean time?");
        }
    }

    /** The second export takes over what people say of the tokens, also against a comment. */
    @Test
    void whatAListSaysOfItsTokensIsKept() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), AccessNodes.USER_CFG)) {
            Path list = adopt(cluster, "access.yml");
            Files.writeString(
                    list,
                    Files.readString(list)
                            .replace(
                                    "alice@pve!laptop,",
                                    "alice@pve!laptop, owner: alice, in_use: true, rotated: 2026-11-01, scope: [/vms],")
                            .replace("purpose: \"nightly deploy\"", "purpose: other"));
            Invocation again = AccessNodes.access(cluster, "export", "--policy", list.toString());
            assertThat(again.code()).as(again.err()).isZero();
            assertThat(again.out())
                    .contains(
                            "- { id: alice@pve!laptop, owner: alice, scope: [/vms], rotated: 2026-11-01, privilege_separation: false, in_use: true }",
                            "purpose: other");
        }
    }

    @Test
    void withoutAListItSaysHowToMakeOne() throws IOException {
        Invocation none = Invocation.of("access", "diff", "-i", "192.0.2.1,");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("no list", "holdfast access export -i INVENTORY -o access.yml");
        try (PracticeCluster fleet = AccessNodes.with(PracticeCluster.fleet(1, 1), AccessNodes.USER_CFG)) {
            Path list = files.resolve("one.yml");
            assertThat(AccessNodes.access(fleet, "export", "-l", "c1n1", "-o", list.toString())
                            .code())
                    .isZero();
            Invocation said = AccessNodes.access(fleet, "diff", "--policy", list.toString());
            assertThat(said.code()).isEqualTo(2);
            assertThat(said.err()).contains("the policy has no list for c2n1");
            assertThat(said.out()).contains("as the list says", "the policy has no list for it");
        }
    }

    @Test
    void whatIsNotKnownIsNeitherEqualNorExported() throws IOException {
        try (PracticeCluster fleet = AccessNodes.with(PracticeCluster.fleet(3, 1), AccessNodes.USER_CFG)) {
            Path list = adopt(fleet, "access.yml");
            fleet.node(4).fault(new Fault.HangInAuthentication());
            Invocation said = AccessNodes.access(fleet, "diff", "--policy", list.toString());
            assertThat(said.code()).isEqualTo(3);
            assertThat(said.out()).contains("as the list says", "c2n1 does not answer");
            fleet.node(3).file("/etc/pve/user.cfg", "");
            Invocation export = AccessNodes.access(fleet, "export");
            assertThat(export.code()).isEqualTo(3);
            assertThat(export.out()).isEmpty();
            assertThat(export.err())
                    .contains("its members disagree", "c1n3 has another user.cfg", "nothing was written");
            assertThat(AccessNodes.access(fleet, "diff", "--policy", list.toString())
                            .code())
                    .isEqualTo(3);
        }
    }

    @Test
    void twoClustersOfOneNameAreToldApartByTheirAuthorities() throws IOException {
        try (PracticeCluster one = AccessNodes.with(PracticeCluster.start(1), AccessNodes.USER_CFG);
                PracticeCluster two = AccessNodes.with(PracticeCluster.start(1), "user:eve@pve:1:0::::::\n")) {
            Path inventory = Files.writeString(
                    files.resolve("both.yml"),
                    Files.readString(one.inventory())
                            + Files.readString(two.inventory())
                                    .replaceFirst("(?s)^.*?  hosts:\n", "")
                                    .replace("pve1:", "other:"));
            Path config = Files.writeString(
                    files.resolve("ssh_config"),
                    Files.readString(one.sshConfig()).replaceFirst("(?s)Host \\*.*", "")
                            + Files.readString(two.sshConfig())
                                    .replaceFirst("Host pve1[^\n]*", "Host other")
                                    .replaceFirst("(?s)Host \\*.*", "")
                            + "Host *\n    User root\n    IdentitiesOnly yes\n    IdentityAgent none\n    GlobalKnownHostsFile /dev/null\n"
                            + "    UserKnownHostsFile %s %s\n    IdentityFile %s\n    IdentityFile %s\n"
                                    .formatted(
                                            one.directory().resolve("known_hosts"),
                                            two.directory().resolve("known_hosts"),
                                            one.directory().resolve("id_ed25519"),
                                            two.directory().resolve("id_ed25519")));
            Path list = files.resolve("access.yml");
            Invocation said = Invocation.of(
                    "access", "export", "-i", inventory.toString(), "-F", config.toString(), "-o", list.toString());
            assertThat(said.code()).as(said.out() + said.err()).isZero();
            assertThat(Files.readString(list).lines().filter(line -> line.matches("    - cluster: \"?[0-9a-f]{64}\"?")))
                    .hasSize(2);
            Invocation diff = Invocation.of(
                    "access", "diff", "-i", inventory.toString(), "-F", config.toString(), "--policy", list.toString());
            assertThat(diff.code()).as(diff.out() + diff.err()).isZero();
        }
    }

    @Test
    void noSecretAndNoNameOfAPersonIsExported() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), AccessNodes.USER_CFG)) {
            cluster.share("/etc/pve/priv/token.cfg", "ci@pve!deploy 00000000-1111-2222-3333-444444444444\n");
            Invocation said = AccessNodes.access(cluster, "export");
            assertThat(said.code()).as(said.err()).isZero();
            assertThat(said.out())
                    .contains("alice@pve")
                    .doesNotContain("44444444", "Alice", "alice@example.com", "spring");
        }
    }

    /** A line can name many subjects and roles at once, so a list may be longer than what it was made from. */
    @Test
    void whatNoPolicyCanHoldIsNotWritten() throws IOException {
        StringBuilder users = new StringBuilder();
        String all = IntStream.range(0, 400)
                .mapToObj(user -> "a-rather-long-name-%d@pve".formatted(user))
                .peek(user -> users.append("user:%s:1:0::::::\n".formatted(user)))
                .collect(Collectors.joining(","));
        for (int i = 0; i < 60; i++) {
            users.append("acl:1:/vms/%d:%s:PVEVMUser:\n".formatted(100 + i, all));
        }
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(1), users.toString())) {
            Path list = files.resolve("access.yml");
            Invocation said = AccessNodes.access(cluster, "export", "-o", list.toString());
            assertThat(said.code()).isEqualTo(3);
            assertThat(said.err()).contains("nothing was written", "export one cluster at a time");
            assertThat(list).doesNotExist();
        }
    }

    @Test
    void aFileIsNotReplacedUnasked() throws IOException {
        Path there = Files.writeString(files.resolve("access.yml"), "mine");
        Invocation said = Invocation.of("access", "export", "-i", "192.0.2.1,", "-o", there.toString());
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err()).contains("--force replaces it");
        Invocation json = Invocation.of(
                "access",
                "export",
                "-i",
                "192.0.2.1,",
                "--format",
                "yaml",
                "-o",
                files.resolve("a.json").toString());
        assertThat(json.code()).isEqualTo(2);
        assertThat(json.err()).contains("is read as JSON");
    }
}
