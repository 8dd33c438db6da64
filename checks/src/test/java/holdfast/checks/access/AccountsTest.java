package holdfast.checks.access;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.access.SomeAccess.POLICY;
import static holdfast.checks.access.SomeAccess.in;
import static holdfast.checks.access.SomeAccess.log;
import static holdfast.checks.access.SomeAccess.use;
import static holdfast.checks.access.SomeAccess.wellKept;
import static holdfast.checks.access.SomeAccess.with;

import holdfast.bench.Answers;
import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.check.Check;
import holdfast.check.Severity;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rooms about users, realms and second factors, and what all rooms say of members that are silent or disagree. */
final class AccountsTest {

    static final List<Check<?>> CHECKS = List.of(
            new Consistency(),
            new ExpiredUsers(),
            new IdleUsers(),
            new LockedSecondFactor(),
            new RootDailyUse(),
            new SecondFactor(),
            new SecondFactorRecovery(),
            new SharedAccounts(),
            new UnusedUsers());

    private static final String ADMINISTRATOR = "acl:1:/:alice@pve:Administrator:\n";

    private static SomeAccess alice(String lines) {
        return with("user:alice@pve:1:0::::::\n" + lines).factors("").passwords("alice\n");
    }

    @ParameterizedTest
    @FieldSource("CHECKS")
    void aWellKeptClusterPasses(Check<?> check) {
        bench(check, wellKept().source()).under(POLICY).passes().neverPassesUnread();
    }

    // ------------------------------------------------------------------ users

    @Test
    void anEnabledUserWithoutARightIsTold() {
        bench(new IdleUsers(), alice("group:ops:alice@pve::\n").source())
                .failsAs(Severity.LOW, "enabled users without any right: alice@pve")
                .showing("user.cfg line 1: user alice@pve (@ops) has no privilege anywhere")
                .advising("pveum user modify 'alice@pve' --enable 0");
        bench(new IdleUsers(), alice("acl:1:/vms:alice@pve:NoAccess:\n").source())
                .fails("alice@pve");
        bench(new IdleUsers(), alice("acl:0:/vms/100:alice@pve:PVEVMUser:\n").source())
                .passes();
    }

    @Test
    void aDisabledUserIsNotIdleButKeepsNothing() {
        String left =
                "user:eve@pve:0:0::::::\nuser:fay@pve:1:1577836800::::::\ntoken:eve@pve!ci:0:1::\ngroup:ops:eve@pve,fay@pve::\nacl:1:/vms:eve@pve:PVEVMUser:\n";
        bench(new IdleUsers(), with(left).source()).passes();
        bench(new ExpiredUsers(), with(left).source())
                .failsAs(
                        Severity.LOW,
                        "disabled or expired users that keep rights: eve@pve (disabled), fay@pve (expired on 2020-01-01)")
                .showing("user eve@pve keeps PVEVMUser on /vms (line 5), group ops (line 4), token ci (line 3)")
                .advising("pveum user token remove 'eve@pve' 'ci'")
                .advising("pveum user modify 'fay@pve' --groups ''");
        bench(new ExpiredUsers(), with("user:eve@pve:0:0::::::\n").source()).passes();
    }

    // ------------------------------------------------------------------ the access log

    @Test
    void aUserThatTheLogDoesNotNameIsTold() {
        bench(new UnusedUsers(), wellKept().log(log("alice@pve", "carol@pve")).source())
                .under(POLICY)
                .failsAs(Severity.LOW, "enabled users that nobody used for 5 days, or that are new: bob@pve")
                .showing("user bob@pve: no call of it or its tokens in 10 days of log");
    }

    @Test
    void whoWasNeverThereIsNamedFirst() {
        bench(
                        new UnusedUsers(),
                        wellKept()
                                .log(log().replace("end\n", use("alice@pve", "192.0.2.1", 14) + "end\n"))
                                .source())
                .under(POLICY)
                .fails("bob@pve, carol@pve, alice@pve")
                .showing("user alice@pve: last used on 2026-11-14");
    }

    @Test
    void aUserWhoseTokenWorksIsUsed() {
        bench(
                        new UnusedUsers(),
                        wellKept()
                                .log(log("alice@pve!backup", "bob@pve", "carol@pve"))
                                .source())
                .under(POLICY)
                .passes();
    }

    @Test
    void oneThatWasOnlyRefusedIsNot() {
        bench(
                        new UnusedUsers(),
                        wellKept()
                                .log(log("alice@pve", "carol@pve")
                                        .replace(
                                                "end\n",
                                                "use\tbob@pve\t192.0.2.1\t2026-11-21\t5\t5\t08:00:00\t08:01:00\nend\n"))
                                .source())
                .under(POLICY)
                .fails("bob@pve");
    }

    @Test
    void aLogThatDoesNotReachBackFarEnoughSaysNothing() {
        bench(new UnusedUsers(), wellKept().source())
                .skips("the access log reaches back 10 days, and the policy asks for 90 (access.unused_days)");
    }

    @Test
    void aMemberWithoutALogMayBeWhereTheyLogIn() {
        FakeSource one = wellKept().member(1, 2).source();
        FakeSource two = wellKept().member(2, 2).source();
        bench(new UnusedUsers(), one, two).under(POLICY).passesThoughUnread("");
        bench(new UnusedUsers(), one, two.copy().fails("access.log", 44, "/var/log/pveproxy/access.log does not exist"))
                .under(POLICY)
                .cannotTell("the access log of pve2 (/var/log/pveproxy/access.log does not exist) could not be read");
        bench(new UnusedUsers(), one).under(POLICY).skips("pve2 (it was not asked, or did not answer)");
        bench(
                        new UnusedUsers(),
                        wellKept()
                                .log(log("alice@pve").replace("end", "cut\nend"))
                                .source())
                .under(POLICY)
                .cannotTell("the access log has more users and addresses than are counted");
    }

    @Test
    void rootEveryDayIsToldWithItsAddresses() {
        bench(new RootDailyUse(), wellKept().log(log("root@pam")).source())
                .failsAs(Severity.LOW, "root@pam was used on 11 of 11 days of the access log, from 192.0.2.77")
                .showing("2026-11-20: root@pam from 192.0.2.77");
        bench(
                        new RootDailyUse(),
                        wellKept()
                                .log(log("alice@pve")
                                        .replace(
                                                "end\n",
                                                use("root@pam", "192.0.2.9", 20) + use("root@pam!t1", "::1", 21)
                                                        + "end\n"))
                                .source())
                .passes("root@pam was used on 1 of 11 days");
    }

    @Test
    void rootEveryDayOnOneMemberIsToldThoughAnotherIsSilent() {
        FakeSource busy = wellKept().member(1, 2).log(log("root@pam")).source();
        FakeSource silent = wellKept().member(2, 2).source().silent("access.log", "it did not finish within 20 s");
        bench(new RootDailyUse(), busy, silent).fails("root@pam was used on 11 of 11 days");
        bench(new RootDailyUse(), wellKept().member(1, 2).source(), silent)
                .cannotTell("the access log of pve2 (it did not finish within 20 s) could not be read");
    }

    // ------------------------------------------------------------------ shared accounts

    @ParameterizedTest
    @ValueSource(strings = {"admin", "Support", "shared-ops", "test2", "it_team", "guest.1"})
    void aNameThatIsNoPersonsIsTold(String name) {
        bench(
                        new SharedAccounts(),
                        with("user:%s@pam:1:0::::::\n".formatted(name)).source())
                .failsAs(Severity.LOW, "may be shared by several people: %s@pam".formatted(name))
                .showing("its name is not a person's");
    }

    @ParameterizedTest
    @ValueSource(strings = {"testa", "anna.admin", "user3.acme", "adminsson", "backup", "ci", "zabbix", "teamer"})
    void otherNamesAreNot(String name) {
        bench(
                        new SharedAccounts(),
                        with("user:%s@pam:1:0::::::\n".formatted(name)).source())
                .passes();
    }

    @Test
    void anAccountThatNobodyCanLogInToIsNotShared() {
        bench(
                        new SharedAccounts(),
                        with("user:test@pve:1:0::::::\nuser:admin@pam:0:0::::::\n")
                                .source())
                .passes();
    }

    @Test
    void manyAddressesOnOneDayAreTold() {
        StringBuilder uses = new StringBuilder();
        for (int i = 1; i <= 5; i++) {
            uses.append(use("carol@pve", "198.51.100." + i, 20));
        }
        bench(
                        new SharedAccounts(),
                        wellKept()
                                .log(log("bob@pve").replace("end\n", uses + "end\n"))
                                .source())
                .fails("may be shared by several people: carol@pve")
                .showing("5 addresses on 2026-11-20: 198.51.100.1, 198.51.100.2");
        bench(
                        new SharedAccounts(),
                        wellKept()
                                .log(log("bob@pve")
                                        .replace("end\n", uses.toString().replace("100.5", "100.4") + "end\n"))
                                .source())
                .passes();
    }

    // ------------------------------------------------------------------ second factors

    @Test
    void aFreshNodeLacksASecondFactorOfRoot() {
        bench(new SecondFactor(), SomeAccess.fresh().source())
                .failsAs(Severity.HIGH, "log in with a password alone: root@pam")
                .showing("user root@pam, an administrator: no second factor")
                .advising("access: { without_second_factor: [root@pam] }");
        bench(new SecondFactor(), SomeAccess.fresh().source())
                .under("access: { without_second_factor: [root@pam] }")
                .passes();
        bench(new SecondFactor(), SomeAccess.fresh().source())
                .under("access: { second_factor: nobody }")
                .skips("the policy asks nobody");
    }

    @Test
    void anAdministratorWithAPasswordAloneIsTold() {
        bench(new SecondFactor(), alice(ADMINISTRATOR).source())
                .under("access: { without_second_factor: [root@pam] }")
                .fails("log in with a password alone: alice@pve")
                .advising("pveum user modify 'alice@pve' --enable 0");
    }

    @Test
    void whoCanMakeHimselfAnAdministratorIsOne() {
        bench(
                        new SecondFactor(),
                        alice("acl:1:/access:alice@pve:PVEUserAdmin:\n").source())
                .under("access: { without_second_factor: [root@pam] }")
                .fails("alice@pve");
    }

    @Test
    void othersAreAskedOnlyWhereEverybodyIs() {
        bench(new SecondFactor(), alice("acl:1:/vms:alice@pve:PVEVMUser:\n").source())
                .under("access: { without_second_factor: [root@pam] }")
                .passes();
        bench(new SecondFactor(), alice("acl:1:/vms:alice@pve:PVEVMUser:\n").source())
                .under("access: { without_second_factor: [root@pam], second_factor: everybody }")
                .fails("alice@pve");
    }

    @Test
    void keysInTheUsersOwnRecordCountWhereTheRealmAsksForThem() {
        SomeAccess old = with("user:alice@pve:1:0:::::old:\n" + ADMINISTRATOR)
                .factors("")
                .passwords("alice\n");
        bench(new SecondFactor(), old.source())
                .under("access: { without_second_factor: [root@pam] }")
                .fails("log in with a password alone: alice@pve");
        bench(new SecondFactor(), old.realms("pve: pve\n\ttfa type=oath\n").source())
                .under("access: { without_second_factor: [root@pam] }")
                .passes();
    }

    @Test
    void whoCannotLogInNeedsNone() {
        String policy = "access: { without_second_factor: [root@pam], second_factor: everybody }";
        bench(new SecondFactor(), alice("").passwords("").source())
                .under(policy)
                .passes();
        bench(
                        new SecondFactor(),
                        with("user:eve@pam:0:0::::::\nuser:fay@nowhere:1:0::::::\n")
                                .source())
                .under(policy)
                .passes();
        bench(
                        new SecondFactor(),
                        alice("").realms("pve: pve\n\ttfa type=oath\n").source())
                .under(policy)
                .passes();
    }

    @Test
    void aProviderOfOpenIdAsksByItself() {
        bench(
                        new SecondFactor(),
                        with("user:dan@sso:1:0::::::\nacl:1:/:dan@sso:Administrator:\n")
                                .realms("openid: sso\n\tissuer-url https://sso.example.org\n")
                                .source())
                .under("access: { without_second_factor: [root@pam] }")
                .passes("dan@sso logs in by OpenID, where the provider has to ask for it");
    }

    @Test
    void aSwitchedOffOrUsedUpFactorIsNone() {
        String off = "lock\talice@pve\t0\t0\nfactor\talice@pve\ttotp\t0\t0\t1\nfactor\talice@pve\trecovery\t1\t0\t0\n";
        bench(new SecondFactor(), alice(ADMINISTRATOR).factors(off).source())
                .under("access: { without_second_factor: [root@pam] }")
                .fails("alice@pve")
                .showing("its second factors are switched off or used up");
    }

    @Test
    void withoutThePasswordsNobodyKnowsWhoCanLogIn() {
        bench(new SecondFactor(), alice(ADMINISTRATOR).unread("passwords").source())
                .under("access: { without_second_factor: [root@pam] }")
                .cannotTell("whether alice@pve can log in with a password could not be read");
        for (Check<?> check : List.of(new SecondFactor(), new SecondFactorRecovery(), new LockedSecondFactor())) {
            bench(check, wellKept().unread("factors").source()).cannotTell("factors: cat: Input/output error");
        }
    }

    @Test
    void theOnlyAdministratorWithAFactorNeedsRecoveryKeys() {
        String totp =
                "lock\talice@pve\t0\t0\nfactor\talice@pve\ttotp\t1\t0\t1\nfactor\talice@pve\trecovery\t1\t0\t%d\n";
        bench(
                        new SecondFactorRecovery(),
                        alice(ADMINISTRATOR).factors(totp.formatted(2)).source())
                .failsAs(
                        Severity.MEDIUM,
                        "the only administrator with a second factor has too few recovery keys left: alice@pve (2 recovery keys)")
                .showing("user alice@pve: totp, recovery; 2 recovery keys are left")
                .advising("pveum user tfa delete 'alice@pve'");
        bench(
                        new SecondFactorRecovery(),
                        alice(ADMINISTRATOR).factors(totp.formatted(3)).source())
                .passes("alice@pve has 3 recovery keys left");
        bench(
                        new SecondFactorRecovery(),
                        alice(ADMINISTRATOR).factors(totp.formatted(0)).source())
                .under("access: { without_second_factor: [root@pam] }")
                .passes("2 administrators can help each other");
        bench(new SecondFactorRecovery(), SomeAccess.fresh().source()).skips("no administrator has a second factor");
    }

    @Test
    void aLockedSecondFactorIsTold() {
        bench(
                        new LockedSecondFactor(),
                        alice("user:bob@pve:1:0::::::\nuser:eve@pve:1:0::::::\n")
                                .factors(
                                        "lock\talice@pve\t1\t0\nlock\tbob@pve\t0\t%d\nlock\teve@pve\t0\t%d\nlock\tgone@pve\t1\t0\n"
                                                .formatted(in(1), in(-1)))
                                .source())
                .failsAs(Severity.MEDIUM, "second factors are locked of: alice@pve, bob@pve")
                .showing("user alice@pve: TOTP is refused until a recovery key was used")
                .showing("user bob@pve: every second factor is refused until 2026-11-23T00:00:00Z")
                .advising("pveum user tfa unlock 'bob@pve'");
    }

    // ------------------------------------------------------------------ realms

    @Test
    void aRealmThatMustDemandASecondFactorIsTold() {
        String policy = "access: { enforced_realms: [pve] }";
        bench(new RealmSecondFactor(), alice("").source()).skips("the policy names no realm");
        bench(new RealmSecondFactor(), alice("").source())
                .under(policy)
                .failsAs(Severity.MEDIUM, "WebAuthn is refused there, and who has no TOTP is locked out): pve")
                .showing("realm pve has no tfa; without TOTP, and locked out once it demands it: alice@pve")
                .advising("first each of these sets up TOTP: alice@pve")
                .advising("pveum realm modify 'pve' --tfa type=oath");
        bench(
                        new RealmSecondFactor(),
                        alice("").realms("pve: pve\n\ttfa type=oath\n").source())
                .under(policy)
                .passes("pve demands oath")
                .neverPassesUnread();
        bench(new RealmSecondFactor(), alice("").source())
                .under("access: { enforced_realms: [corp] }")
                .skips("there is no realm corp");
    }

    @ParameterizedTest
    @CsvSource({
        "'', corp (clear text)",
        "mode ldaps, corp (not verified)",
        "secure 1, corp (not verified)",
        "mode ldap+starttls, corp (not verified)",
        "verify 1, corp (clear text)"
    })
    void aDirectoryWithoutVerifiedTlsIsTold(String option, String culprit) {
        bench(
                        new RealmEncryption(),
                        alice("")
                                .realms("ldap: corp\n\tserver1 ldap.example.org\n"
                                        + (option.isEmpty() ? "" : "\t" + option + "\n"))
                                .source())
                .failsAs(
                        Severity.HIGH,
                        "realms whose passwords can be read or whose answers can be forged on the way: " + culprit)
                .advising("pveum realm modify 'corp' --mode ")
                .advising("openssl s_client -connect 'ldap.example.org:636'");
    }

    @Test
    void aDirectoryOverVerifiedTlsPasses() {
        bench(
                        new RealmEncryption(),
                        alice("")
                                .realms("ad: corp\n\tserver1 ad.example.org\n\tmode ldaps\n\tverify 1\n")
                                .source())
                .passes("corp: ldaps, verified")
                .neverPassesUnread();
        bench(new RealmEncryption(), alice("").source()).skips("no realm asks a directory server");
    }

    // ------------------------------------------------------------------ WebAuthn

    private static CheckBench webauthn(String setting, String... names) {
        String pem = Pem.certificate("CN=pve1", "CN=CA", FakeSource.NOW.plus(Duration.ofDays(90)), names);
        return bench(
                new Webauthn(),
                alice("")
                        .webauthn(setting)
                        .certificates(Answers.section("local", "nodes/pve1")
                                + Answers.section("acme", "", 1)
                                + Answers.section("pve-ssl.pem", pem)
                                + Answers.absent("pveproxy-ssl.pem")
                                + Answers.absent("pve-root-ca.pem")
                                + Answers.section("pveproxy-ssl.key", "", 1))
                        .source());
    }

    @Test
    void withoutKeysAndSettingThereIsNothingToAsk() {
        webauthn("", "pve1.example.org").skips("nobody has a WebAuthn key");
        bench(
                        new Webauthn(),
                        alice("")
                                .factors("factor\talice@pve\twebauthn\t1\t0\t1\n")
                                .source())
                .failsAs(
                        Severity.MEDIUM,
                        "datacenter.cfg has no webauthn setting, so the keys of alice@pve cannot be used");
    }

    @ParameterizedTest
    @CsvSource({
        "'id=pve1.example.org,origin=https://pve1.example.org:8006,rp=Lab', pve1.example.org",
        "'id=example.org,origin=https://pve1.example.org:8006', pve1.example.org",
        "'id=example.org,origin=https://pve1.example.org:8006', *.example.org",
        "id=example.org, pve1.example.org",
        "id=Example.org, PVE1.example.org"
    })
    void aNameThatTheCertificateIsForPasses(String setting, String name) {
        webauthn(setting, name).passes("among the names that the members' certificates are for");
    }

    @ParameterizedTest
    @CsvSource({
        "'id=pve.example.org,origin=https://pve.example.org:8006', no member serves a certificate for pve.example.org",
        "'id=other.org,origin=https://pve1.example.org:8006', 'the id of webauthn, other.org, is neither'",
        "id=example.net, no member serves a certificate for example.net or a name below it",
        "id=192.0.2.10, browsers take no address",
        "'id=example.org,origin=http://pve1.example.org', the origin of webauthn is not an https address",
        "rp=Lab, the id of webauthn is not a host's name"
    })
    void onesThatDoNotFitAreTold(String setting, String why) {
        webauthn(setting, "pve1.example.org").failsAs(Severity.MEDIUM, why).advising("pvesh set /cluster/options");
    }

    // ------------------------------------------------------------------ members

    @Test
    void membersThatDisagreeAreTold() {
        FakeSource one = wellKept().member(1, 3).source();
        FakeSource two = wellKept().member(2, 3).source();
        FakeSource three =
                wellKept().and("user:eve@pve:1:0::::::\n").member(3, 3).source();
        bench(new Consistency(), one, two, three)
                .failsAs(Severity.HIGH, "pve3 shows another user.cfg than pve1, pve2")
                .showing("pve3: datacenter.cfg absent, domains.cfg absent, user.cfg ");
        bench(new Consistency(), one, two)
                .passesThoughUnread("2 members show the same user.cfg, domains.cfg and datacenter.cfg");
        bench(new IdleUsers(), one, two, three)
                .passesThoughUnread("pve3 shows another user.cfg: see access.consistency");
        bench(new IdleUsers(), three, one.copy().silent("access.files", "it did not answer"))
                .fails("eve@pve")
                .showing("pve2 could not be asked (it did not answer)");
    }

    @Test
    void oneQuorateMembersWordIsEnough() {
        FakeSource one = wellKept().member(1, 2).source();
        FakeSource silent = wellKept().member(2, 2).source().silent("access.files", "it did not answer");
        bench(new IdleUsers(), one, silent)
                .passesThoughUnread(
                        "pve2 could not be asked (it did not answer), and /etc/pve is the same on all quorate members");
        bench(new Consistency(), one, silent).cannotTell("the others agree, but pve2 could not be asked");
        bench(new IdleUsers(), silent).cannotTell("no member could tell: pve1: it did not answer");
    }

    @Test
    void theWordOfAMemberWithoutQuorumMayBeOld() {
        bench(new IdleUsers(), wellKept().member(1, 2, false).source())
                .cannotTell("it may be out of date: pve1 has no quorum");
        bench(new IdleUsers(), alice("").member(1, 2, false).source()).fails("alice@pve");
        bench(new RealmEncryption(), wellKept().member(1, 2, false).source()).cannotTell("pve1 has no quorum");
    }
}
