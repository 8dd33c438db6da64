package holdfast.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.access.UserConfig.Dropped;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class UserConfigTest {

    private static UserConfig parse(String... lines) {
        return UserConfig.parse(String.join("\n", lines), Privileges.PVE_9);
    }

    private static List<String> dropped(UserConfig config) {
        return config.dropped().stream().map(Dropped::why).toList();
    }

    /** As find_acl_tree_node() of the genuine AccessControl.pm keeps it. */
    @Test
    void anEntryOnAPathWithAZeroCountsFurtherUp() {
        UserConfig config = UserConfig.parse(
                "user:a@pve:1:0::::::\nacl:1:/pool/0:a@pve:PVEPoolAdmin:\nacl:1:/0:a@pve:PVEAuditor:\nacl:1:/vms/100:a@pve:PVEVMUser:",
                Privileges.PVE_8);
        assertThat(config.grants()).extracting(UserConfig.Grant::path).containsExactly("/pool", "/", "/vms/100");
        assertThat(new Permissions(config)
                        .at(Subject.user("a@pve"), "/pool/prod")
                        .has("Pool.Allocate"))
                .isTrue();
    }

    @Test
    void theGenuineFileIsReadAsTheGenuineListSays() throws IOException {
        UserConfig config = UserConfig.parse(PermissionsTest.recorded("pve8/user-cfg.txt"), Privileges.PVE_8);
        JsonNode users =
                JsonMapper.builder().build().readTree(PermissionsTest.recorded("pve8/pveum-user-list-full.txt"));
        assertThat(users.size()).isEqualTo(config.users().size());
        for (JsonNode row : users) {
            UserConfig.User user = config.user(row.get("userid").asString()).orElseThrow();
            assertThat(user.enabled()).isEqualTo(row.get("enable").asInt() == 1);
            assertThat(user.expires()).isEqualTo(row.get("expire").asLong());
            assertThat(String.join(
                            ",",
                            config.groupsOf(user.id()).stream()
                                    .map(UserConfig.Group::name)
                                    .toList()))
                    .isEqualTo(row.get("groups").asString());
            assertThat(config.tokensOf(user.id()))
                    .hasSize(row.get("tokens").isNull() ? 0 : row.get("tokens").size());
        }
        JsonNode acl = JsonMapper.builder().build().readTree(PermissionsTest.recorded("pve8/pveum-acl-list.txt"));
        assertThat(acl.valueStream()
                        .map(row -> "%s %s %s %s %s"
                                .formatted(
                                        row.get("path").asString(),
                                        row.get("type").asString(),
                                        row.get("ugid").asString(),
                                        row.get("roleid").asString(),
                                        row.get("propagate").asInt()))
                        .toList())
                .containsExactlyInAnyOrderElementsOf(config.grants().stream()
                        .map(grant -> "%s %s %s %s %s"
                                .formatted(
                                        grant.path(),
                                        grant.subject().kind().label(),
                                        grant.subject().id(),
                                        grant.role(),
                                        grant.propagate() ? 1 : 0))
                        .toList());
        assertThat(config.dropped()).isEmpty();
    }

    @Test
    void aFreshNodeHasRootAndTheBuiltInRoles() {
        UserConfig config = UserConfig.empty(Privileges.PVE_9);
        assertThat(config.users().keySet()).containsExactly("root@pam");
        assertThat(config.user("root@pam").orElseThrow().isActive(1)).isTrue();
        assertThat(config.roles()).hasSize(17);
    }

    @Test
    void whatProxmoxDropsIsDroppedAndTold() {
        UserConfig config = parse(
                "# a comment",
                "user:nobody:1:0::::::",
                "user:a@pve:1:soon::::::",
                "token:ghost@pve!t1:0:1::",
                "group:bad name:x@pve::",
                "role:Old:VM.Audit,VM.Monitor:",
                "acl:1:/vms:a b:PVEAuditor:",
                "acl:1:/vms:ghost@pve!t1:PVEAuditor:",
                "acl:1:/v m:@ops:PVEAuditor:",
                "acl:1:/vms:@ops:Nothing:",
                "pool:p/q/r/s:::::",
                "pool:one::100,x:9bad!:",
                "pool:two::100::");
        assertThat(dropped(config))
                .containsExactly(
                        "a line that is none of user, token, group, pool, role, acl",
                        "user 'nobody': not a user's name",
                        "user 'a@pve': its expiry is not a number",
                        "token 'ghost@pve!t1': its user does not exist",
                        "group 'bad name': not a group's name",
                        "role 'Old': this release knows no privilege 'VM.Monitor'",
                        "acl on /vms: 'a' is no user, group or token",
                        "acl on /vms: 'b' is no user, group or token",
                        "acl on /vms: there is no token 'ghost@pve!t1'",
                        "acl: '/v m' is not a path",
                        "acl on /vms: there is no role 'Nothing'",
                        "pool 'p/q/r/s': not a pool's name",
                        "pool 'one': 'x' is not a guest's number",
                        "pool 'one': '9bad!' is not a storage's name",
                        "pool 'two': guest 100 is in another pool already");
        assertThat(config.role("Old").orElseThrow().privileges()).containsExactly("VM.Audit");
        assertThat(config.role("Old").orElseThrow().unknown()).containsExactly("VM.Monitor");
    }

    @Test
    void entriesOfUsersAndGroupsThatDoNotExistStay() {
        UserConfig config = parse("acl:1:/vms:ghost@pve,@gone:PVEAuditor:");
        assertThat(config.grants()).hasSize(2).noneMatch(grant -> config.exists(grant.subject()));
    }

    @Test
    void aNestedPoolHasItsParents() {
        UserConfig config = parse("pool:a/b/c::100:nfs1:");
        assertThat(config.pools().keySet()).containsExactly("a", "a/b", "a/b/c");
        assertThat(config.poolOf(100).orElseThrow().path()).isEqualTo("/pool/a/b/c");
    }

    @Test
    void textIsDecodedAndPathsHaveOneSpelling() {
        UserConfig config = parse(
                "user:a@pve:1:0:J%C3%B6rg:::50%25 %3A here::",
                "acl:1://vms//100/:a@pve:PVEAuditor:", "acl::/:a@pve:PVEAuditor:");
        assertThat(config.user("a@pve").orElseThrow().firstName()).isEqualTo("Jörg");
        assertThat(config.user("a@pve").orElseThrow().comment()).isEqualTo("50% : here");
        assertThat(config.grants()).extracting(UserConfig.Grant::path).containsExactly("/vms/100", "/");
        assertThat(config.grants()).extracting(UserConfig.Grant::propagate).containsExactly(true, false);
    }

    @Test
    void theLastOfTwoEntriesCounts() {
        UserConfig config = parse("user:a@pve:1:0::::::", "acl:1:/:a@pve:PVEAuditor:", "acl:0:/:a@pve:PVEAuditor:");
        assertThat(config.grants()).singleElement().matches(grant -> !grant.propagate() && grant.line() == 3);
    }

    @Test
    void aLineForABuiltInRoleAddsToIt() {
        UserConfig config = parse("role:PVEAuditor:Sys.Modify:");
        assertThat(config.role("PVEAuditor").orElseThrow().privileges()).contains("Sys.Modify", "VM.Audit");
        assertThat(config.role("PVEAuditor").orElseThrow().builtIn()).isTrue();
    }

    @Property
    void whateverTheFileHoldsItIsReadOrDropped(@ForAll List<String> lines) {
        assertThatCode(() -> UserConfig.parse(String.join("\n", lines), Privileges.PVE_8))
                .doesNotThrowAnyException();
        assertThatCode(() -> Realm.parse(String.join("\n", lines))).doesNotThrowAnyException();
        assertThatCode(() -> TokenNote.of(String.join(" ", lines))).doesNotThrowAnyException();
    }

    @Test
    void aFewLinesThatMeanMillionsOfEntriesAreRefused() {
        StringBuilder text = new StringBuilder();
        StringBuilder roles = new StringBuilder();
        StringBuilder subjects = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            text.append("role:r").append(i).append(":VM.Audit:\n");
            roles.append("r").append(i).append(',');
            subjects.append("u").append(i).append("@pve,");
        }
        text.append("acl:1:/:").append(subjects).append(':').append(roles).append(":\n");
        assertThatThrownBy(() -> UserConfig.parse(text.toString(), Privileges.PVE_8))
                .hasMessage("user.cfg has more than 200000 ACL entries");
    }

    @Property
    void aTruncatedFileIsNoException(@ForAll long seed) {
        String text = new SlowAccess(seed).userConfig();
        for (int end = 0; end < text.length(); end += 7) {
            UserConfig.parse(text.substring(0, end), Privileges.PVE_8);
        }
    }

    @Test
    void realmsHaveTheirTypeAndModeAndRequiredFactor() throws IOException {
        var realms = Realm.parse(PermissionsTest.recorded("pve8/domains-cfg.txt"));
        assertThat(new TreeSet<>(realms.keySet())).containsExactly("ldap1", "pam", "pve");
        assertThat(realms.get("pve"))
                .satisfies(realm -> assertThat(realm.requiredFactor()).hasValue("oath"));
        assertThat(realms.get("ldap1")).satisfies(realm -> {
            assertThat(realm.isDirectory()).isTrue();
            assertThat(realm.mode()).isEqualTo("ldap");
            assertThat(realm.flag("verify")).isFalse();
        });
        assertThat(Realm.parse("").keySet()).containsExactly("pam", "pve");
    }

    @Test
    void aTokensCommentTellsItsOwnerAndAge() {
        TokenNote note = TokenNote.of(
                "Backups, owner=ops@example.com purpose=\"nightly backups\" created=2026-01-02 rotated=never");
        assertThat(note.owner()).hasValue("ops@example.com");
        assertThat(note.purpose()).hasValue("nightly backups");
        assertThat(note.secretSince()).hasValue(java.time.LocalDate.of(2026, 1, 2));
        assertThat(TokenNote.of(note.comment())).isEqualTo(note);
        assertThat(TokenNote.of("the owner= of it").owner()).isEmpty();
    }
}
