package holdfast.checks.sshd;

import static holdfast.bench.CheckBench.bench;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.CheckBench;
import holdfast.change.Change;
import holdfast.change.FixRisk;
import holdfast.change.Remedy;
import holdfast.check.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RootLoginTest {

    private static final String MAIN = "/etc/ssh/sshd_config";
    private static final String DROP_IN = "/etc/ssh/sshd_config.d/";

    private static final String PEERS_ONLY = """
            # Written by holdfast for the check sshd.root-login.
            PermitRootLogin no
            # Proxmox VE needs root between members: migration, replication and shells. A Match block ends with its file.
            Match Address 10.0.0.12
                PermitRootLogin prohibit-password
            """;

    private static CheckBench on(SshdNode node) {
        return bench(new RootLogin(), node.source());
    }

    private static SshdNode node() {
        return new SshdNode();
    }

    /** What the installer writes: the first line of its file that speaks of root's login. */
    private static SshdNode installed() {
        return node().says("permitrootlogin", "yes")
                .says("passwordauthentication", "yes")
                .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                .line(MAIN, 33, "PermitRootLogin yes")
                .end(MAIN);
    }

    // ------------------------------------------------------------------ pass

    @Test
    void aStandaloneNodeWhereRootMayNotLogInPasses() {
        on(node()).passes("root login is at most no").neverPassesUnread();
    }

    @Test
    void membersMayReachEachOtherByKey() {
        on(node().clustered().says("root", SshdNode.PEER, "permitrootlogin", "without-password"))
                .passes("cluster members reach each other")
                .neverPassesUnread();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "without-password", "forced-commands-only"})
    void keyOnlyPassesWhereThePolicyAllowsKeys(String value) {
        on(node().says("permitrootlogin", value))
                .under("sshd: { root_login: prohibit-password }")
                .passes();
    }

    @Test
    void rootWithAPasswordIsFineWhereThePolicyWantsIt() {
        on(installed()).under("sshd: { root_login: yes }").passes("at most yes");
    }

    // ------------------------------------------------------------------ fail, and which line wins

    @Test
    void proxmoxsOwnLineIsNamedWithItsPlace() {
        on(installed())
                .failsAs(
                        Severity.HIGH,
                        "root may log in with a password from anywhere: PermitRootLogin yes, /etc/ssh/sshd_config:33; no drop-in overrides it")
                .showing("sshd -T -C user=root,addr=192.0.2.7: permitrootlogin yes");
    }

    @Test
    void theFixOfAStandaloneNodeClosesTheDoorForEverybody() {
        on(installed()).fails("").offers(DROP_IN + "00-holdfast-root-login.conf", """
                # Written by holdfast for the check sshd.root-login.
                PermitRootLogin no
                """);
    }

    @Test
    void theFixOfAMemberLeavesThePeersTheirKeys() {
        on(installed().clustered()).fails("").offers(DROP_IN + "00-holdfast-root-login.conf", PEERS_ONLY);
    }

    @Test
    void yesWithoutPasswordsIsOnlyAKey() {
        on(node().says("permitrootlogin", "yes").line(MAIN, 33, "PermitRootLogin yes"))
                .failsAs(Severity.MEDIUM, "root may log in with a key from anywhere");
    }

    @Test
    void passwordsOfPamThroughKeyboardInteractiveCount() {
        on(node().says("permitrootlogin", "yes").says("kbdinteractiveauthentication", "yes"))
                .failsAs(Severity.HIGH, "root may log in with a password");
    }

    @Test
    void keyboardInteractiveWithoutPamAsksForNoPassword() {
        on(node().says("permitrootlogin", "yes")
                        .says("kbdinteractiveauthentication", "yes")
                        .says("usepam", "no"))
                .failsAs(Severity.MEDIUM, "root may log in with a key");
    }

    @Test
    void aPasswordThatNeedsAKeyTooIsNoPasswordLogin() {
        on(installed().says("authenticationmethods", "publickey,password"))
                .failsAs(Severity.MEDIUM, "root may log in with a key");
    }

    @Test
    void anAlternativeThatIsAPasswordAloneIsOne() {
        on(installed().says("authenticationmethods", "publickey password"))
                .failsAs(Severity.HIGH, "root may log in with a password");
    }

    @Test
    void theFirstDropInWinsAndIsNamed() {
        on(node().says("permitrootlogin", "without-password")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(DROP_IN + "50-cloud-init.conf", 1, "PermitRootLogin prohibit-password")
                        .end(DROP_IN + "50-cloud-init.conf")
                        .line(DROP_IN + "99-hardening.conf", 1, "PermitRootLogin no")
                        .end(DROP_IN + "99-hardening.conf")
                        .line(MAIN, 33, "PermitRootLogin yes")
                        .end(MAIN))
                .fails("PermitRootLogin prohibit-password, /etc/ssh/sshd_config.d/50-cloud-init.conf:1");
    }

    @Test
    void aMissingIncludeIsTold() {
        on(installed().line(MAIN, 40, "PermitRootLogin no")).fails("; no drop-in overrides it");
        on(node().says("permitrootlogin", "yes")
                        .line(MAIN, 3, "PermitRootLogin yes")
                        .end(MAIN))
                .fails("the Include of sshd_config.d is missing, so drop-ins have no effect");
    }

    @Test
    void aLateIncludeIsTold() {
        on(node().says("permitrootlogin", "yes")
                        .line(MAIN, 3, "PermitRootLogin yes")
                        .line(MAIN, 90, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(DROP_IN + "00-a.conf", 1, "PermitRootLogin no")
                        .end(DROP_IN + "00-a.conf")
                        .end(MAIN))
                .fails("the Include in line 90 comes later, so drop-ins cannot override it");
    }

    @Test
    void aDefaultThatNoFileSetsIsCalledSo() {
        on(node().says("permitrootlogin", "without-password"))
                .fails("PermitRootLogin without-password is sshd's default or a start option: no file sets it");
    }

    @Test
    void aMatchBlockThatOpensTheDoorForOneNetworkIsNamed() {
        on(node().matched("10.9.0.1")
                        .says("root", "10.9.0.1", "permitrootlogin", "yes")
                        .says("root", "10.9.0.1", "passwordauthentication", "yes")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(DROP_IN + "50-office.conf", 1, "Match Address 10.9.0.0/16")
                        .line(DROP_IN + "50-office.conf", 2, "    PermitRootLogin yes")
                        .end(DROP_IN + "50-office.conf")
                        .line(MAIN, 33, "PermitRootLogin no")
                        .end(MAIN))
                .failsAs(
                        Severity.HIGH,
                        "root may log in with a password from 10.9.0.1 (named by a Match block): PermitRootLogin yes, "
                                + "/etc/ssh/sshd_config.d/50-office.conf:2 (under Match Address 10.9.0.0/16)");
    }

    @Test
    void aMatchBlockEndsWithItsFile() {
        on(node().says("permitrootlogin", "without-password")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(DROP_IN + "50-office.conf", 1, "Match Address 10.9.0.0/16")
                        .end(DROP_IN + "50-office.conf")
                        .line(MAIN, 33, "PermitRootLogin prohibit-password")
                        .end(MAIN)
                        .matched("10.9.0.1"))
                .fails("PermitRootLogin prohibit-password, /etc/ssh/sshd_config:33; no drop-in");
    }

    @Test
    void aMatchBlockForAnotherUserDoesNotWinForRoot() {
        on(node().says("permitrootlogin", "yes")
                        .matchedUser("backup")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(MAIN, 33, "PermitRootLogin yes")
                        .line(MAIN, 40, "Match User backup")
                        .line(MAIN, 41, "    PermitRootLogin yes")
                        .end(MAIN))
                .fails("PermitRootLogin yes, /etc/ssh/sshd_config:33; no drop-in overrides it");
    }

    // ------------------------------------------------------------------ members that are cut off

    @Test
    void aMemberThatCannotBeReachedByItsPeersFails() {
        on(node().clustered().line(MAIN, 5, "PermitRootLogin no").end(MAIN))
                .fails("root cannot log in from the cluster member 10.0.0.12: migration, replication and shells")
                .offers(DROP_IN + "00-holdfast-root-login.conf", PEERS_ONLY);
    }

    @Test
    void forcedCommandsCutThePeersOff() {
        on(node().clustered().says("root", SshdNode.PEER, "permitrootlogin", "forced-commands-only"))
                .fails("root cannot log in from the cluster member 10.0.0.12");
    }

    @Test
    void anAllowListWithoutRootCutsThePeersOffAndIsNamed() {
        on(node().clustered().says("permitrootlogin", "without-password").says("allowusers", "ops backup"))
                .under("sshd: { root_login: prohibit-password }")
                .fails("AllowUsers, DenyUsers, AllowGroups or DenyGroups keep root out");
    }

    @Test
    void anAllowListWithRootFromThePeersLetsThemIn() {
        on(node().clustered().says("permitrootlogin", "without-password").says("allowusers", "ops root@10.0.0.0/24"))
                .under("sshd: { root_login: prohibit-password }")
                .passes("cluster members reach each other");
    }

    @Test
    void aDeniedRootCutsThePeersOff() {
        on(node().clustered().says("permitrootlogin", "without-password").says("denyusers", "root"))
                .under("sshd: { root_login: prohibit-password }")
                .fails("root cannot log in from the cluster member");
    }

    @Test
    void withoutKeysThePeersAreCutOffAndTheCauseIsNamed() {
        on(node().clustered().says("permitrootlogin", "without-password").says("pubkeyauthentication", "no"))
                .under("sshd: { root_login: prohibit-password }")
                .fails("PubkeyAuthentication is no");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void peersThatAreNotKnownAreNotAPass() {
        on(node().peersUnknown()).cannotTell("the addresses of the other cluster members are not known");
    }

    @Test
    void filesThatTheDaemonHasNotReadAreNotAPass() {
        on(node().changedSecondsAfterStart(600))
                .cannotTell("/etc/ssh/sshd_config was changed 600 s after sshd last read its files");
    }

    @Test
    void filesThatWereReadByAReloadPass() {
        on(node().changedSecondsAfterStart(600).reloadedSecondsAfterStart(700)).passes();
    }

    @Test
    void aSystemdThatDoesNotAnswerLeavesItOpenWhatTheDaemonHasRead() {
        on(node().systemdFails("Failed to connect to bus: Connection refused"))
                .cannotTell("systemd does not tell when sshd last read its files");
        on(node().systemdFails("System has not been booted with systemd as init system (PID 1). Can't operate."))
                .passes();
    }

    @Test
    void aConfigurationThatSshdRefusesIsNotAPass() {
        bench(
                        new RootLogin(),
                        node().source()
                                .fails(
                                        "sshd.effective",
                                        1,
                                        "/etc/ssh/sshd_config: line 9: Bad configuration option: Foo"))
                .cannotTell("line 9: Bad configuration option: Foo");
    }

    @Test
    void anAnswerThatDoesNotSpeakOfRootIsNotAPass() {
        on(node().silentAbout("permitrootlogin")).cannotTell("says nothing of permitrootlogin");
        on(node().silentAbout("pubkeyauthentication")).cannotTell("says nothing of pubkeyauthentication");
    }

    @Test
    void aValueOfALaterSshdIsNotAPass() {
        on(node().says("permitrootlogin", "only-on-tuesdays")).cannotTell("unknown value only-on-tuesdays");
    }

    // ------------------------------------------------------------------ the fix

    private static CheckBench by(String user, boolean key, SshdNode node) {
        return bench(new RootLogin(), node.source().login(user, key));
    }

    private static RootLogin.DropIn dropIn(Remedy.Steps steps) {
        return (RootLogin.DropIn) ((Change.WriteFile) steps.changes().get(0)).model();
    }

    @Test
    void theFixIsOneDropInValidatedJudgedAndReloadedUnderTheGuard() {
        on(installed()).mendedBy(steps -> {
            assertThat(steps.changes())
                    .extracting(change -> change.getClass().getSimpleName())
                    .containsExactly("WriteFile", "Validate", "Reload");
            assertThat(steps.risk()).isEqualTo(FixRisk.GUARDED);
            assertThat(steps.needs()).containsExactly(Remedy.Need.BREAK_GLASS);
            assertThat(steps.judgedBeforeReload()).isTrue();
        });
    }

    @Test
    void theMainFileIsLeftAlone() {
        on(installed()).mendedBy(steps -> assertThat(steps.changes()).noneMatch(Change.EditFile.class::isInstance));
    }

    @Test
    void aMissingIncludeIsPutBack() {
        on(node().says("permitrootlogin", "yes")
                        .says("passwordauthentication", "yes")
                        .line(MAIN, 33, "PermitRootLogin yes")
                        .end(MAIN))
                .mendedBy(steps -> {
                    assertThat(steps.changes()).anyMatch(Change.EditFile.class::isInstance);
                    assertThat(steps.notes()).anyMatch(note -> note.contains("every other file"));
                });
    }

    @Test
    void anIncludeThatComesTooLateIsMoved() {
        on(node().says("permitrootlogin", "yes")
                        .says("passwordauthentication", "yes")
                        .line(MAIN, 3, "PermitRootLogin yes")
                        .line(MAIN, 40, "Include /etc/ssh/sshd_config.d/*.conf")
                        .end(MAIN))
                .mendedBy(steps -> assertThat(steps.changes()).anyMatch(Change.EditFile.class::isInstance));
    }

    @Test
    void anEarlierFileThatWinsIsNamedAndNotFought() {
        on(node().says("permitrootlogin", "yes")
                        .says("passwordauthentication", "yes")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(DROP_IN + "00-corporate.conf", 4, "PermitRootLogin yes")
                        .end(DROP_IN + "00-corporate.conf")
                        .end(MAIN))
                .refusesToMend("in /etc/ssh/sshd_config.d/00-corporate.conf:4 is read before anything");
    }

    @Test
    void aLaterMatchBlockIsOverruledAndNamed() {
        on(office()).mendedBy(steps -> {
            assertThat(dropIn(steps).overrulesLaterBlocks()).isTrue();
            assertThat(steps.notes()).anyMatch(note -> note.contains("Match Address 10.9.0.0/16"));
        });
    }

    @Test
    void aLaterMatchBlockIsNotOverruledByASofterPolicy() {
        on(office())
                .under("sshd: { root_login: prohibit-password }")
                .refusesToMend("stands in the block 'Match Address 10.9.0.0/16'");
    }

    private static SshdNode office() {
        return node().matched("10.9.0.1")
                .says("root", "10.9.0.1", "permitrootlogin", "yes")
                .says("root", "10.9.0.1", "passwordauthentication", "yes")
                .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                .line(DROP_IN + "50-office.conf", 1, "Match Address 10.9.0.0/16")
                .line(DROP_IN + "50-office.conf", 2, "PermitRootLogin yes")
                .end(DROP_IN + "50-office.conf")
                .end(MAIN);
    }

    @Test
    void rootDoesNotLockItselfOut() {
        by("root", true, installed()).refusesToMend("this run logs in as root from " + SshdNode.CLIENT);
    }

    @Test
    void rootByKeyMayShutPasswordsOut() {
        by("root", true, installed())
                .under("sshd: { root_login: prohibit-password }")
                .mendedBy(steps ->
                        assertThat(dropIn(steps).rootLogin()).isEqualTo(holdfast.policy.RootLogin.PROHIBIT_PASSWORD));
    }

    @Test
    void rootByPasswordDoesNotShutPasswordsOut() {
        by("root", false, installed())
                .under("sshd: { root_login: prohibit-password }")
                .refusesToMend("logs in as root with a password");
    }

    @Test
    void membersThatAreNotKnownAreNotShutOut() {
        on(installed().clustered().peersUnknown())
                .refusesToMend("the addresses of the other cluster members are not known");
    }

    @Test
    void aPolicyThatWouldBreakTheClusterIsNotDone() {
        on(installed().clustered())
                .under("sshd: { root_login_from_peers: no }")
                .refusesToMend("the policy shuts root out between cluster members");
    }

    @Test
    void whatSomebodyClosedOnPurposeIsNotOpenedForPeers() {
        on(node().clustered().says("root", SshdNode.PEER, "allowusers", "ops"))
                .refusesToMend("AllowUsers, DenyUsers, AllowGroups or DenyGroups keep root out");
    }

    @Test
    void peersThatPermitRootLoginShutsOutAreLetIn() {
        on(node().clustered()
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line(MAIN, 33, "PermitRootLogin no")
                        .end(MAIN))
                .mendedBy(steps -> assertThat(dropIn(steps).peers()).hasSize(1));
    }
}
