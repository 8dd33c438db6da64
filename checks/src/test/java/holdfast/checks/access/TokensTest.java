package holdfast.checks.access;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.access.SomeAccess.genuine;
import static holdfast.checks.access.SomeAccess.in;
import static holdfast.checks.access.SomeAccess.wellKept;
import static holdfast.checks.access.SomeAccess.with;

import holdfast.bench.CheckBench;
import holdfast.check.Check;
import holdfast.check.Severity;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The rooms about API tokens. */
final class TokensTest {

    static final List<Check<?>> CHECKS = List.of(
            new ExpiredTokens(),
            new ExpiringTokens(),
            new RootTokens(),
            new TokenExpiry(),
            new TokenOwnership(),
            new TokenPrivilegeSeparation(),
            new TokenRotation(),
            new TokenSecrets());

    private static CheckBench on(Check<?> check, String tokens) {
        return bench(check, with("user:ci@pve:1:0::::::\n" + tokens).secrets("").source());
    }

    @ParameterizedTest
    @FieldSource("CHECKS")
    void aWellKeptClusterPasses(Check<?> check) {
        bench(check, wellKept().source()).passes().neverPassesUnread();
    }

    @ParameterizedTest
    @FieldSource("CHECKS")
    void aFreshNodePasses(Check<?> check) {
        bench(check, SomeAccess.fresh().source()).passes();
    }

    // ------------------------------------------------------------------ tokens of root@pam

    @Test
    void aTokenOfRootWithoutPrivilegeSeparationIsCritical() {
        bench(new RootTokens(), genuine("pve9").source())
                .failsAs(
                        Severity.CRITICAL,
                        "API tokens of root@pam: root@pam!auto (without privilege separation), root@pam!mon")
                .showing("user.cfg line 7: token root@pam!auto, privsep 0: it may everything, it never expires")
                .advising("pveum user token remove 'root@pam' 'auto'");
    }

    @Test
    void aSeparatedTokenOfRootIsLess() {
        bench(new RootTokens(), with("token:root@pam!mon:0:1::\n").source())
                .failsAs(Severity.MEDIUM, "root@pam!mon")
                .refusesToMend("what uses a token of root@pam stops as soon as it is removed");
    }

    @Test
    void anExpiredTokenOfRootIsToldElsewhere() {
        bench(new RootTokens(), with("token:root@pam!mon:1700000000:0::\n").source())
                .passes("root@pam has no API token that can be used");
        bench(new ExpiredTokens(), with("token:root@pam!mon:1700000000:0::\n").source())
                .fails("root@pam!mon");
    }

    // ------------------------------------------------------------------ privilege separation

    @Test
    void aTokenWithoutPrivilegeSeparationGetsTheEntriesOfItsUserProposed() {
        on(new TokenPrivilegeSeparation(), "token:ci@pve!run:0:0::\nacl:0:/vms/100:ci@pve:PVEVMUser:\n")
                .failsAs(Severity.HIGH, "tokens without privilege separation may all that their users may: ci@pve!run")
                .showing("user.cfg line 2: token ci@pve!run, privsep 0; its user has PVEVMUser on /vms/100 for ci@pve")
                .advising("pveum acl modify '/vms/100' --tokens 'ci@pve!run' --roles 'PVEVMUser' --propagate 0")
                .advising("pveum user token modify 'ci@pve' 'run' --privsep 1");
    }

    @Test
    void ofAnAdministratorItIsCritical() {
        on(new TokenPrivilegeSeparation(), "token:ci@pve!run:0:0::\ngroup:ops:ci@pve::\nacl:1:/:@ops:Administrator:\n")
                .failsAs(Severity.CRITICAL, "ci@pve!run (its user is an administrator)");
    }

    // ------------------------------------------------------------------ expiry

    @Test
    void aTokenThatNeverExpiresIsTold() {
        on(new TokenExpiry(), "token:ci@pve!run:0:1::\n")
                .failsAs(Severity.MEDIUM, "tokens that never expire, or later than in 365 days: ci@pve!run")
                .advising("pveum user token modify 'ci@pve' 'run' --expire \"$(date -d '+365 days' +%s)\"");
    }

    @Test
    void theLastAllowedDayIsAllowed() {
        on(new TokenExpiry(), "token:ci@pve!run:%d:1::\n".formatted(in(365))).passes();
        on(new TokenExpiry(), "token:ci@pve!run:%d:1::\n".formatted(in(366))).fails("ci@pve!run (2027-11-23)");
        on(new TokenExpiry(), "token:ci@pve!run:%d:1::\n".formatted(in(91)))
                .under("access: { token_max_days: 90 }")
                .fails("later than in 90 days");
    }

    @Test
    void anExpiryBeyondAllDatesIsShownAsSuch() {
        on(new TokenExpiry(), "token:ci@pve!run:99999999999999999:1::\n").fails("a day after the year 9999");
    }

    @Test
    void aTokenIsToldBeforeItExpires() {
        on(new ExpiringTokens(), "token:ci@pve!run:%d:1::\n".formatted(in(13)))
                .failsAs(Severity.LOW, "tokens expire soon: ci@pve!run on 2026-12-05")
                .advising("pveum user token remove 'ci@pve' 'run'");
        on(new ExpiringTokens(), "token:ci@pve!run:%d:1::\n".formatted(in(14))).passes("within 14 days");
    }

    @Test
    void anExpiredTokenIsNotAboutToExpire() {
        on(new ExpiringTokens(), "token:ci@pve!run:%d:1::\n".formatted(in(-1))).passes();
        on(new TokenExpiry(), "token:ci@pve!run:%d:1::\n".formatted(in(-1))).passes();
    }

    @Test
    void aTokenThatWasBornExpiredIsTold() {
        on(new ExpiredTokens(), "token:ci@pve!run:31536000:1::\n")
                .failsAs(Severity.LOW, "expired tokens are still there: ci@pve!run (it was never of use)")
                .showing("token ci@pve!run expired on 1971-01-01: somebody took --expire for a length of time")
                .advising("pveum user token remove 'ci@pve' 'run'");
    }

    // ------------------------------------------------------------------ rotation

    @Test
    void aSecretThatIsTooOldIsTold() {
        on(new TokenRotation(), "token:ci@pve!run:0:1:created=2025-01-01:\n")
                .failsAs(Severity.MEDIUM, "tokens with secrets older than 365 days: ci@pve!run")
                .showing("token ci@pve!run has its secret since 2025-01-01, 690 days");
    }

    @Test
    void theYoungestDateCounts() {
        on(new TokenRotation(), "token:ci@pve!run:0:1:created=2025-01-01 rotated=2026-11-01:\n")
                .passes();
        on(new TokenRotation(), "token:ci@pve!run:0:1:created=2025-01-01:\n")
                .under("access: { lists: [ { tokens: [ { id: 'ci@pve!run', rotated: 2026-11-01 } ] } ] }")
                .passes();
    }

    @Test
    void aTokenWithoutADateIsNeverAPass() {
        on(new TokenRotation(), "token:ci@pve!run:0:1:for the build:\n")
                .failsAs(Severity.LOW, "nobody knows how old the secrets of these tokens are: ci@pve!run")
                .advising("--comment 'for the build created=YYYY-MM-DD'");
        on(new TokenRotation(), "token:ci@pve!run:0:1:rotated=2030-01-01:\n")
                .failsAs(Severity.LOW, "nobody knows")
                .showing("its date 2030-01-01 has not come yet");
    }

    @Test
    void anOldSecretOutweighsOneOfUnknownAge() {
        on(new TokenRotation(), "token:ci@pve!old:0:1:created=2025-01-01:\ntoken:ci@pve!who:0:1::\n")
                .failsAs(Severity.MEDIUM, "older than 365 days: ci@pve!old")
                .showing("token ci@pve!who: no date");
    }

    @Test
    void aListForOneClusterNeedsToKnowWhichThisIs() {
        bench(
                        new TokenRotation(),
                        with("user:ci@pve:1:0::::::\ntoken:ci@pve!run:0:1:created=2026-11-01:\n")
                                .source()
                                .fails("proxmox.certificates", 45, "/etc/pve is not mounted"))
                .under("access: { lists: [ { cluster: other } ] }")
                .cannotTell("which access list is this cluster's cannot be told: /etc/pve is not mounted");
        bench(
                        new TokenRotation(),
                        with("user:ci@pve:1:0::::::\ntoken:ci@pve!run:0:1::\n")
                                .source()
                                .fails("proxmox.certificates", 45, "/etc/pve is not mounted"))
                .under(
                        "access: { lists: [ { cluster: pve1, tokens: [ { id: 'ci@pve!run', created: 2026-11-01 } ] } ] }")
                .passesThoughUnread("1 token has a secret of at most 365 days");
    }

    // ------------------------------------------------------------------ owner and purpose

    @Test
    void aTokenWithoutOwnerOrPurposeIsTold() {
        on(new TokenOwnership(), "token:ci@pve!run:0:1:full token:\ntoken:ci@pve!two:0:1:owner=ops:\n")
                .failsAs(Severity.LOW, "tokens without a known owner or purpose: ci@pve!run, ci@pve!two")
                .showing("token ci@pve!run has no owner and purpose; its comment is 'full token'")
                .showing("token ci@pve!two has no purpose")
                .advising("--comment 'full token owner=NAME purpose=\"WHAT FOR\"'");
    }

    @Test
    void theAccessListAndTheCommentAddUp() {
        on(new TokenOwnership(), "token:ci@pve!run:0:1:owner=ops:\n")
                .under("access: { lists: [ { tokens: [ { id: 'ci@pve!run', purpose: builds } ] } ] }")
                .passes();
    }

    // ------------------------------------------------------------------ secrets

    @Test
    void orphansOfBothKindsAreTold() {
        bench(
                        new TokenSecrets(),
                        with("user:ci@pve:1:0::::::\ntoken:ci@pve!run:0:1::\n")
                                .secrets("ci@pve!old\ngone@pve!x1\n")
                                .source())
                .failsAs(
                        Severity.MEDIUM,
                        "user.cfg and token.cfg disagree about: ci@pve!run (no secret), ci@pve!old (a secret alone), gone@pve!x1")
                .showing("user.cfg line 2: token ci@pve!run has no secret in token.cfg")
                .showing("token.cfg: a secret for gone@pve!x1, which user.cfg does not have, nor its user")
                .advising("pveum user token add 'ci@pve' 'old' >/dev/null && pveum user token remove 'ci@pve' 'old'");
    }

    @Test
    void secretsThatCannotBeReadAreNotAPass() {
        bench(new TokenSecrets(), wellKept().unread("secrets").source())
                .cannotTell("which tokens have a secret could not be read: secrets: cat: Input/output error");
    }

    // ------------------------------------------------------------------ hostile names, many names

    @Test
    void manyAreCounted() {
        StringBuilder tokens = new StringBuilder();
        IntStream.range(10, 40).forEach(i -> tokens.append("token:ci@pve!t%d:0:1::\n".formatted(i)));
        on(new TokenExpiry(), tokens.toString())
                .fails("ci@pve!t10, ci@pve!t11, ci@pve!t12")
                .fails("ci@pve!t19 and 20 more")
                .showing("ci@pve!t39")
                .advising("and 18 more of the kind");
    }

    @Test
    void aNameWithControlCharactersIsShownAndQuoted() {
        bench(
                        new TokenExpiry(),
                        with("user:e\u001b[2J'$(id)@pve:1:0::::::\ntoken:e\u001b[2J'$(id)@pve!run:0:1::\n")
                                .source())
                .fails("e\\x1b[2J'$(id)@pve!run")
                .advising("pveum user token modify 'e\\x1b[2J'\\''$(id)@pve' 'run'");
    }
}
