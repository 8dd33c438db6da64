package holdfast.token;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.access.AccessLog;
import holdfast.access.Permissions;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RotationTest {

    private static final LocalDate MONDAY = LocalDate.of(2026, 11, 16);

    private static UserConfig config(String... lines) {
        return UserConfig.parse(String.join("\n", lines), Privileges.PVE_8);
    }

    private static Token token(UserConfig config, String id) {
        return config.token(id).orElseThrow();
    }

    @Test
    void theSuccessorTakesTheNextNumberThatIsFree() {
        UserConfig config =
                config("user:ci@pve:1:0::::::", "token:ci@pve!deploy:0:1::", "token:ci@pve!deploy-r2:0:1::");
        assertThat(Rotation.successor(config, token(config, "ci@pve!deploy")).id())
                .isEqualTo("ci@pve!deploy-r3");
        assertThat(Rotation.successor(config, token(config, "ci@pve!deploy-r2")).id())
                .isEqualTo("ci@pve!deploy-r3");
    }

    @Test
    void aBegunRotationIsFoundByTheSuccessorsComment() {
        UserConfig config = config(
                "user:ci@pve:1:0::::::",
                "token:ci@pve!deploy:0:1:owner=ops purpose=deploy created=2026-01-01:",
                "token:ci@pve!deploy-r2:0:1:owner=ops rotated=2026-11-01 replaces=deploy:");
        Token old = token(config, "ci@pve!deploy");
        assertThat(Rotation.begun(config, old)).hasValue(token(config, "ci@pve!deploy-r2"));
        TokenNote note = Rotation.note(old, Optional.empty(), Optional.empty(), MONDAY);
        assertThat(note.comment())
                .isEqualTo("owner=ops purpose=deploy created=2026-01-01 rotated=2026-11-16 replaces=deploy");
        assertThat(Rotation.finished(note).comment())
                .isEqualTo("owner=ops purpose=deploy created=2026-01-01 rotated=2026-11-16");
    }

    @Test
    void aCommentInFreeWordsBecomesThePurpose() {
        UserConfig config = config("user:ci@pve:1:0::::::", "token:ci@pve!x1:0:1:for the nightly build:");
        assertThat(Rotation.note(token(config, "ci@pve!x1"), Optional.of("ops"), Optional.empty(), MONDAY)
                        .comment())
                .isEqualTo("owner=ops purpose=\"for the nightly build\" rotated=2026-11-16 replaces=x1");
    }

    private static AccessLog.Use use(String who, LocalDate day, int calls, int refused, String first, String last) {
        return new AccessLog.Use(who, "192.0.2.9", day, calls, refused, first, last);
    }

    private static Rotation.Readiness readiness(AccessLog.Use... uses) {
        UserConfig config = config("user:ci@pve:1:0::::::", "token:ci@pve!old:0:1::", "token:ci@pve!new:0:1::");
        return Rotation.readiness(
                new AccessLog(List.of(uses), new TreeSet<>(List.of(MONDAY)), false),
                token(config, "ci@pve!old"),
                token(config, "ci@pve!new"),
                Set.of("192.0.2.11"));
    }

    @Test
    void theOldOneGoesOnlyWhenTheNewOneIsUsedAndTheOldOneNoMore() {
        assertThat(readiness(use("ci@pve!old", MONDAY, 5, 0, "01:00:00", "09:00:00"))
                        .ready())
                .isFalse();
        assertThat(readiness(use("ci@pve!new", MONDAY, 5, 5, "01:00:00", "09:00:00"))
                        .ready())
                .as("refused calls are no use")
                .isFalse();
        assertThat(readiness(
                                use("ci@pve!old", MONDAY, 5, 0, "01:00:00", "09:00:00"),
                                use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "10:00:00"))
                        .ready())
                .isTrue();
        Rotation.Readiness both = readiness(
                use("ci@pve!old", MONDAY, 5, 0, "01:00:00", "11:00:00"),
                use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "10:00:00"));
        assertThat(both.ready()).isFalse();
        assertThat(both.because()).contains("so is ci@pve!old still, from 192.0.2.9");
        assertThat(readiness(
                                use("ci@pve!old", MONDAY.plusDays(1), 1, 0, "00:00:01", "00:00:01"),
                                use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "10:00:00"))
                        .ready())
                .isFalse();
    }

    @Test
    void aLogThatWasNotCountedToItsEndRevokesNothing() {
        UserConfig config = config("user:ci@pve:1:0::::::", "token:ci@pve!old:0:1::", "token:ci@pve!new:0:1::");
        Rotation.Readiness readiness = Rotation.readiness(
                new AccessLog(
                        List.of(use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "10:00:00")),
                        new TreeSet<>(List.of(MONDAY)),
                        true),
                token(config, "ci@pve!old"),
                token(config, "ci@pve!new"),
                Set.of());
        assertThat(readiness.ready()).isFalse();
        assertThat(readiness.because()).contains("whether ci@pve!old is still used is not known");
    }

    @Test
    void everyAddressOfTheOldOneHasToHaveUsedTheNewOne() {
        AccessLog.Use hourly = new AccessLog.Use("ci@pve!old", "192.0.2.7", MONDAY, 1, 0, "09:00:00", "09:00:00");
        Rotation.Readiness early = readiness(hourly, use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "09:40:00"));
        assertThat(early.ready()).isFalse();
        assertThat(early.because()).contains("but not from 192.0.2.7, from where ci@pve!old was used");
        assertThat(readiness(
                                hourly,
                                use("ci@pve!new", MONDAY, 5, 0, "09:30:00", "09:40:00"),
                                new AccessLog.Use("ci@pve!new", "192.0.2.7", MONDAY, 1, 0, "10:00:00", "10:00:00"))
                        .ready())
                .isTrue();
    }

    @Test
    void aWordThatAnOlderTokenLeftBehindBeginsNoRotation() {
        UserConfig config = config(
                "user:ci@pve:1:0::::::",
                "token:ci@pve!deploy:0:1:created=2026-11-10:",
                "token:ci@pve!deploy-r2:0:1:rotated=2026-11-01 replaces=deploy:");
        assertThat(Rotation.begun(config, token(config, "ci@pve!deploy"))).isEmpty();
    }

    @Test
    void aSuccessorIsGivenWhatItsPredecessorHasThoughTheUserLacksIt() {
        Permissions permissions = new Permissions(
                config("user:ci@pve:1:0::::::", "token:ci@pve!deploy:0:1::", "acl:1:/vms:ci@pve!deploy:PVEVMAdmin:"));
        Subject next = Subject.token("ci@pve!deploy-r2");
        List<UserConfig.Grant> grants = List.of(TokenRequest.grant("/vms", next, "PVEVMAdmin", true));
        assertThat(new TokenRequest(next, 0, true, TokenNote.of("replaces=deploy"), grants).against(permissions, 1000))
                .isEmpty();
        assertThat(new TokenRequest(next, 0, true, TokenNote.of("owner=ops"), grants).against(permissions, 1000))
                .hasSize(1);
    }

    @Test
    void theCallsThatProvedTheNewOneAreNoUseOfIt() {
        for (String own : List.of("127.0.0.1", "::1", "192.0.2.11")) {
            assertThat(readiness(new AccessLog.Use("ci@pve!new", own, MONDAY, 2, 1, "09:30:00", "10:00:00"))
                            .ready())
                    .as(own)
                    .isFalse();
        }
    }

    @Test
    void aTokenWhoseUserLacksTheRoleIsNotMade() {
        Permissions permissions = new Permissions(config("user:ci@pve:1:0::::::", "acl:1:/:ci@pve:PVEAuditor:"));
        Subject token = Subject.token("ci@pve!t1");
        TokenRequest auditor = new TokenRequest(
                token, 0, true, TokenNote.of("owner=a"), List.of(TokenRequest.grant("/", token, "PVEAuditor", true)));
        assertThat(auditor.against(permissions, 1000)).isEmpty();
        TokenRequest more = new TokenRequest(
                token, 0, true, TokenNote.of("owner=a"), List.of(TokenRequest.grant("/", token, "PVEVMUser", true)));
        assertThat(more.against(permissions, 1000))
                .singleElement()
                .asString()
                .contains("ci@pve lacks on /: VM.Backup")
                .contains("LC_ALL=C.UTF-8 pveum acl modify '/' --users 'ci@pve' --roles 'PVEVMUser' --propagate 1");
        TokenRequest past = new TokenRequest(token, 31536000, true, TokenNote.of(""), List.of());
        assertThat(past.against(permissions, 1800000000L))
                .containsExactly("it would expire on 1971-01-01, which is over");
        TokenRequest nobody = new TokenRequest(Subject.token("x@pve!t1"), 0, true, TokenNote.of(""), List.of());
        assertThat(nobody.against(permissions, 1000)).singleElement().asString().startsWith("there is no user x@pve");
    }

    @Test
    void aForbiddenCallIsOneWhosePrivilegeTheTokenLacks() {
        Permissions permissions = new Permissions(config(
                "user:ci@pve:1:0::::::",
                "token:ci@pve!none:0:1::",
                "token:ci@pve!audit:0:1::",
                "token:ci@pve!all:0:0::",
                "acl:1:/:ci@pve:Administrator:",
                "acl:1:/:ci@pve!audit:PVEAuditor:"));
        assertThat(ApiCall.forbidden(permissions, Subject.token("ci@pve!none"), "pve1")
                        .orElseThrow()
                        .path())
                .isEqualTo("/cluster/status");
        assertThat(ApiCall.forbidden(permissions, Subject.token("ci@pve!audit"), "pve1")
                        .orElseThrow()
                        .path())
                .isEqualTo("/nodes/pve1/syslog");
        assertThat(ApiCall.forbidden(permissions, Subject.token("ci@pve!all"), "pve1"))
                .isEmpty();
    }
}
