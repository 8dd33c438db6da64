package holdfast.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The promises are Proxmox VE's: what the genuine programs said of the same user.cfg, and a second, slow model. */
final class PermissionsTest {

    static String recorded(String file) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(PermissionsTest.class.getResourceAsStream("/access/" + file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static UserConfig config(String release) throws IOException {
        return UserConfig.parse(
                recorded(release + "/user-cfg.txt"), release.equals("pve8") ? Privileges.PVE_8 : Privileges.PVE_9);
    }

    @ParameterizedTest
    @CsvSource({
        "pve8, pveum-user-permissions-alice, alice@pve",
        "pve8, pveum-user-permissions-root, root@pam",
        "pve8, pveum-user-permissions-carol, carol@pve",
        "pve8, pveum-token-permissions-mon, root@pam!mon",
        "pve8, pveum-token-permissions-auto, root@pam!auto",
        "pve8, pveum-token-permissions-ci, alice@pve!ci",
        "pve9, pveum-user-permissions-alice, alice@pve",
        "pve9, pveum-user-permissions-root, root@pam",
        "pve9, pveum-user-permissions-carol, carol@pve",
        "pve9, pveum-token-permissions-mon, root@pam!mon",
        "pve9, pveum-token-permissions-auto, root@pam!auto",
        "pve9, pveum-token-permissions-ci, alice@pve!ci"
    })
    void whatThePveumOfTheGenuineNodeListed(String release, String file, String subject) throws IOException {
        Permissions permissions = new Permissions(config(release));
        JsonNode listed = JsonMapper.builder().build().readTree(recorded(release + "/" + file + ".txt"));
        SortedMap<String, SortedMap<String, Boolean>> wanted = new TreeMap<>();
        for (Map.Entry<String, JsonNode> path : listed.properties()) {
            SortedMap<String, Boolean> privileges = new TreeMap<>();
            path.getValue()
                    .properties()
                    .forEach(one -> privileges.put(one.getKey(), one.getValue().asInt() == 1));
            wanted.put(path.getKey(), privileges);
        }
        assertThat(permissions.listed(Subject.parse(subject).orElseThrow())).isEqualTo(wanted);
    }

    @ParameterizedTest
    @CsvSource({"pve8", "pve9"})
    void theRolesOfTheReleaseAreTheGenuineOnes(String release) throws IOException {
        UserConfig config = config(release);
        JsonNode listed = JsonMapper.builder().build().readTree(recorded(release + "/pveum-role-list.txt"));
        assertThat(listed.size()).isEqualTo(config.roles().size());
        for (JsonNode role : listed) {
            UserConfig.Role ours = config.role(role.get("roleid").asString()).orElseThrow();
            assertThat(String.join(",", ours.privileges()))
                    .as(ours.name())
                    .isEqualTo(role.get("privs").asString());
            assertThat(ours.builtIn())
                    .as(ours.name())
                    .isEqualTo(role.get("special").asInt() == 1);
        }
    }

    @Property(tries = 4000)
    void aSecondModelAgreesOnEveryPath(@ForAll long seed) {
        SlowAccess slow = new SlowAccess(seed);
        Permissions permissions = new Permissions(UserConfig.parse(slow.userConfig(), Privileges.PVE_8));
        for (String who : SlowAccess.subjects()) {
            for (String path : SlowAccess.paths()) {
                assertThat(permissions
                                .at(Subject.parse(who).orElseThrow(), path)
                                .privileges())
                        .as("%s on %s with%n%s", who, path, slow.userConfig())
                        .isEqualTo(slow.privileges(who, path));
            }
        }
    }

    @Property(tries = 1000)
    void anAnswerSaysWhatThePrivilegesSay(@ForAll long seed) {
        SlowAccess slow = new SlowAccess(seed);
        Permissions permissions = new Permissions(UserConfig.parse(slow.userConfig(), Privileges.PVE_8));
        for (String who : SlowAccess.subjects()) {
            for (String path : SlowAccess.paths()) {
                for (String privilege : java.util.List.of("VM.Audit", "VM.Console", "Permissions.Modify")) {
                    Answer answer = Answer.of(permissions, Subject.parse(who).orElseThrow(), privilege, path, 1000);
                    assertThat(answer.allowed())
                            .as("%s %s on %s with%n%s", who, privilege, path, slow.userConfig())
                            .isEqualTo(slow.privileges(who, path).containsKey(privilege));
                    assertThat(answer.reasons()).isNotEmpty();
                }
            }
        }
    }

    private static Permissions of(String... lines) {
        return new Permissions(UserConfig.parse(String.join("\n", lines), Privileges.PVE_9));
    }

    @Test
    void theEntryThatGrantsIsNamedWithItsLine() {
        Permissions permissions = of(
                "user:ci@pve:1:0::::::",
                "token:ci@pve!ansible:0:0::",
                "group:ops:ci@pve::",
                "acl:1:/:@ops:Administrator:");
        Answer answer = Answer.of(permissions, Subject.token("ci@pve!ansible"), "Sys.Modify", "/nodes/pve1", 0);
        assertThat(answer.allowed()).isTrue();
        assertThat(answer.reasons())
                .containsExactly(
                        "the token has no privilege separation: it may do all that ci@pve may",
                        "ci@pve: Administrator on / by acl line 4 for @ops");
    }

    @Test
    void aTokenWhoseUserHasNothingHasNothing() {
        Permissions permissions =
                of("user:svc@pve:1:0::::::", "token:svc@pve!t1:0:1::", "acl:1:/vms:svc@pve!t1:PVEVMAdmin:");
        Answer answer = Answer.of(permissions, Subject.token("svc@pve!t1"), "VM.PowerMgmt", "/vms/100", 0);
        assertThat(answer.allowed()).isFalse();
        assertThat(answer.because()).isEqualTo("its user svc@pve lacks VM.PowerMgmt on /vms/100");
        assertThat(answer.reasons()).contains("its user svc@pve: no role counts on /vms/100");
    }

    @Test
    void disabledAndExpiredSubjectsMayNothing() {
        Permissions permissions = of(
                "user:a@pve:0:0::::::",
                "user:b@pve:1:500::::::",
                "user:c@pve:1:0::::::",
                "token:c@pve!old:500:0::",
                "acl:1:/:a@pve,b@pve,c@pve:Administrator:");
        assertThat(Answer.of(permissions, Subject.user("a@pve"), "Sys.Audit", "/", 1000)
                        .because())
                .isEqualTo("the user a@pve is disabled");
        assertThat(Answer.of(permissions, Subject.user("b@pve"), "Sys.Audit", "/", 1000)
                        .because())
                .isEqualTo("the user b@pve expired on 1970-01-01");
        assertThat(Answer.of(permissions, Subject.token("c@pve!old"), "Sys.Audit", "/", 1000)
                        .because())
                .isEqualTo("the token expired on 1970-01-01");
        assertThat(Answer.of(permissions, Subject.user("b@pve"), "Sys.Audit", "/", 500)
                        .allowed())
                .as("the second itself still counts: expire < now")
                .isTrue();
    }

    @Test
    void aDeeperGrantDefeatsNoAccess() {
        Permissions permissions =
                of("user:a@pve:1:0::::::", "acl:1:/vms:a@pve:NoAccess:", "acl:1:/vms/100:a@pve:PVEVMUser:");
        assertThat(permissions.at(Subject.user("a@pve"), "/vms/100").has("VM.Console"))
                .isTrue();
        Answer answer = Answer.of(permissions, Subject.user("a@pve"), "VM.Console", "/vms/101", 0);
        assertThat(answer.allowed()).isFalse();
        assertThat(answer.reasons()).contains("a@pve: NoAccess on /vms by acl line 2 leaves nothing");
    }

    @Test
    void anEntryThatIsReplacedIsNamed() {
        Permissions permissions = of(
                "user:a@pve:1:0::::::",
                "group:ops:a@pve::",
                "acl:1:/vms:@ops:PVEVMAdmin:",
                "acl:1:/vms:a@pve:PVEAuditor:");
        assertThat(Answer.of(permissions, Subject.user("a@pve"), "VM.Allocate", "/vms/100", 0)
                        .reasons())
                .anyMatch(reason -> reason.contains("PVEVMAdmin on /vms for @ops by acl line 3 would give it"));
    }
}
