package holdfast.access;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.access.AccessDiff.Difference;
import holdfast.access.AccessDiff.Kind;
import holdfast.access.AccessDiff.What;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.policy.PolicyKeys;
import holdfast.problem.Problems;
import holdfast.yaml.Yaml;
import holdfast.yaml.YamlWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** A list is the state that it was made from, and nothing else. */
final class AccessDiffTest {

    private static final String STATE = """
            user:root@pam:1:0::::::
            user:alice@pve:1:0:Alice:Ops:alice@example.com:::
            user:carol@pve:0:1893499200:::::left:
            user:ci@pve:1:0::::::
            token:ci@pve!deploy:1893456000:1:owner=ops purpose="nightly = deploy" created=2026-10-01:
            token:alice@pve!laptop:0:0::
            group:admins:alice@pve:Administrators:
            group:operators:alice@pve,gone@pve::
            pool:web::100,101:local:
            role:Backup:VM.Backup,Datastore.AllocateSpace:
            acl:1:/:@admins:Administrator:
            acl:1:/pool/web:@operators:PVEVMUser:
            acl:0:/vms/100:ci@pve!deploy:Backup:
            acl:1:/nodes:@operators:NoAccess:
            """;

    private static UserConfig config(String text) {
        return UserConfig.parse(text, Privileges.PVE_8);
    }

    private static AccessList list(String text) {
        return AccessExport.of(Optional.of("lab"), config(text));
    }

    private static List<Difference> changed(String from, String to) {
        assertThat(STATE).contains(from);
        return AccessDiff.of(list(STATE), config(STATE.replace(from, to)));
    }

    /** The list as a policy has it when it was written into a file and read again. */
    private static AccessList adopted(AccessList list) {
        String yaml = YamlWriter.write(Map.of("access", Map.of("lists", List.of(PolicyKeys.plain(list)))));
        Problems problems = new Problems();
        Policy policy = Policies.of(Yaml.read("access.yml", yaml, problems).orElseThrow(), problems)
                .base();
        assertThat(problems.list()).as(yaml).isEmpty();
        return policy.access().lists().get(0);
    }

    // ------------------------------------------------------------------ nothing differs from itself

    @Property(tries = 600)
    void anExportThatWasAdoptedIsNoDifference(@ForAll("files") String file) {
        for (Privileges release : List.of(Privileges.PVE_8, Privileges.PVE_9)) {
            UserConfig config = UserConfig.parse(file, release);
            AccessList list = AccessExport.of(Optional.of("lab"), config);
            assertThat(adopted(list)).isEqualTo(list);
            assertThat(AccessDiff.of(adopted(list), config)).isEmpty();
        }
    }

    /** Every line that changes what a cluster has, of those that are compared, is a difference in both directions. */
    @Property(tries = 600)
    void whatIsNotTheSameDiffers(@ForAll("files") String one, @ForAll("files") String other) {
        UserConfig first = config(one);
        UserConfig second = config(other);
        Assume.that(!same(first, second));
        assertThat(AccessDiff.of(AccessExport.of(Optional.empty(), first), second))
                .isNotEmpty();
    }

    /** Whether nothing that is compared differs, found out another way: by the lists' own equality. */
    private static boolean same(UserConfig one, UserConfig other) {
        return comparable(AccessExport.of(Optional.empty(), one))
                .equals(comparable(AccessExport.of(Optional.empty(), other)));
    }

    private static List<Object> comparable(AccessList list) {
        return List.of(
                list.users(),
                list.groups(),
                list.tokens().stream()
                        .map(token -> List.of(token.id(), token.expires(), token.separated()))
                        .toList(),
                list.roles(),
                new java.util.HashSet<>(list.acl()));
    }

    @Provide
    Arbitrary<String> files() {
        return UserFiles.any();
    }

    // ------------------------------------------------------------------ what a single change is called

    @Test
    void theStateItselfDoesNotDiffer() {
        assertThat(AccessDiff.of(list(STATE), config(STATE))).isEmpty();
    }

    @Test
    void oneLineMoreIsOneDifferenceMore() {
        assertThat(changed("user:ci@pve:1:0::::::\n", "user:ci@pve:1:0::::::\nuser:eve@pve:1:0::::::\n"))
                .containsExactly(
                        new Difference(Kind.MORE, What.USER, "eve@pve", "", "enabled, never expires", 5, false));
        assertThat(changed("acl:1:/:@admins:", "acl:1:/:@admins,carol@pve:"))
                .containsExactly(new Difference(
                        Kind.MORE, What.ACL, "Administrator on / for carol@pve", "", "counts below, too", 11, true));
        assertThat(changed("group:admins:alice@pve:", "group:admins:alice@pve,ci@pve:"))
                .containsExactly(new Difference(Kind.MORE, What.MEMBER, "ci@pve in @admins", "", "a member", 7, true));
        assertThat(changed("token:alice@pve!laptop:0:0::", "token:alice@pve!laptop:0:0::\ntoken:ci@pve!second:0:1::"))
                .containsExactly(new Difference(
                        Kind.MORE, What.TOKEN, "ci@pve!second", "", "privilege separation, never expires", 7, false));
        assertThat(changed("role:Backup:", "role:Own:Sys.Modify:\nrole:Backup:"))
                .containsExactly(new Difference(Kind.MORE, What.ROLE, "Own", "", "Sys.Modify", 10, true));
        assertThat(changed("group:admins:", "group:new::\ngroup:admins:"))
                .containsExactly(new Difference(Kind.MORE, What.GROUP, "new", "", "no members", 7, false));
    }

    @Test
    void whatIsGoneIsLess() {
        assertThat(changed("acl:0:/vms/100:ci@pve!deploy:Backup:\n", ""))
                .containsExactly(new Difference(
                        Kind.LESS, What.ACL, "Backup on /vms/100 for ci@pve!deploy", "not below", "", 0, false));
        assertThat(changed("gone@pve", ""))
                .containsExactly(
                        new Difference(Kind.LESS, What.MEMBER, "gone@pve in @operators", "a member", "", 0, false));
        assertThat(changed("user:carol@pve:0:1893499200:::::left:\n", ""))
                .containsExactly(new Difference(
                        Kind.LESS, What.USER, "carol@pve", "disabled, expires 2030-01-01", "", 0, false));
        assertThat(changed("role:Backup:", "role:Other:"))
                .extracting(Difference::what)
                .containsExactlyInAnyOrder(What.ROLE, What.ROLE, What.ACL);
    }

    @Test
    void whatKeptAdministratorsOutIsMissedAsSuch() {
        for (String subject : List.of("alice@pve", "@operators")) {
            String state = STATE.replace("/nodes:@operators", "/nodes/pve1:" + subject);
            String without = state.replace("acl:1:/nodes/pve1:%s:NoAccess:\n".formatted(subject), "");
            assertThat(AccessDiff.of(list(state), config(without)))
                    .singleElement()
                    .satisfies(one -> {
                        assertThat(one.kind()).isEqualTo(Kind.LESS);
                        assertThat(one.administrative()).isTrue();
                    });
        }
    }

    @Test
    void whatChangedIsOtherwise() {
        assertThat(changed("user:carol@pve:0:", "user:carol@pve:1:"))
                .containsExactly(new Difference(
                        Kind.OTHERWISE,
                        What.USER,
                        "carol@pve",
                        "disabled, expires 2030-01-01",
                        "enabled, expires 2030-01-01",
                        3,
                        false));
        assertThat(changed("token:ci@pve!deploy:1893456000:1", "token:ci@pve!deploy:0:0"))
                .containsExactly(new Difference(
                        Kind.OTHERWISE,
                        What.TOKEN,
                        "ci@pve!deploy",
                        "privilege separation, expires 2030-01-01",
                        "all that its user may, never expires",
                        5,
                        false));
        assertThat(changed("acl:0:/vms/100", "acl:1:/vms/100"))
                .containsExactly(new Difference(
                        Kind.OTHERWISE,
                        What.ACL,
                        "Backup on /vms/100 for ci@pve!deploy",
                        "not below",
                        "counts below, too",
                        13,
                        false));
        assertThat(changed("role:Backup:VM.Backup,", "role:Backup:VM.Backup,Permissions.Modify,"))
                .containsExactly(new Difference(
                        Kind.OTHERWISE,
                        What.ROLE,
                        "Backup",
                        "Datastore.AllocateSpace, VM.Backup",
                        "Datastore.AllocateSpace, Permissions.Modify, VM.Backup",
                        10,
                        true));
    }

    @Test
    void aBuiltInRoleCountsWhereALineChangesIt() {
        assertThat(changed("role:Backup:", "role:PVEAuditor:Sys.Modify:\nrole:Backup:"))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.kind()).isEqualTo(Kind.OTHERWISE);
                    assertThat(one.id()).isEqualTo("PVEAuditor");
                    assertThat(one.administrative()).isTrue();
                });
        assertThat(changed("role:Backup:", "role:PVEAuditor:Sys.Audit:\nrole:Backup:"))
                .as("a line that adds what is there already")
                .isEmpty();
    }

    @Test
    void rootIsThereWithoutALine() {
        assertThat(changed("user:root@pam:1:0::::::\n", "")).isEmpty();
        assertThat(changed("user:root@pam:1:", "user:root@pam:0:")).hasSize(1);
        AccessList silent = new AccessList(Optional.empty(), List.of(), List.of(), List.of(), List.of(), List.of());
        assertThat(AccessDiff.of(silent, config("user:root@pam:0:0::::::"))).isEmpty();
    }

    @Test
    void theTimeOfDayOfAnExpiryIsNotCompared() {
        assertThat(changed("carol@pve:0:1893499200", "carol@pve:0:1893456000")).isEmpty();
        assertThat(changed("carol@pve:0:1893499200", "carol@pve:0:1893455999")).hasSize(1);
    }

    @Test
    void tenThousandEntriesAreComparedAtOnce() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            lines.add("user:u%d@pve:1:0::::::".formatted(i));
        }
        for (int i = 0; i < 10_000; i++) {
            lines.add("acl:1:/vms/%d:u%d@pve:PVEVMUser:".formatted(100 + i, i % 2000));
        }
        UserConfig config = config(String.join("\n", lines));
        long start = System.nanoTime();
        assertThat(AccessDiff.of(list(""), config)).hasSize(12_000);
        assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(5000);
    }
}
