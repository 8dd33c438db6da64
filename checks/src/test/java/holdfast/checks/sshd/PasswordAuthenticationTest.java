package holdfast.checks.sshd;

import static holdfast.bench.CheckBench.bench;

import holdfast.bench.CheckBench;
import org.junit.jupiter.api.Test;

final class PasswordAuthenticationTest {

    private static final String MAIN = "/etc/ssh/sshd_config";

    private static CheckBench on(SshdNode node) {
        return bench(new PasswordAuthentication(), node.source());
    }

    private static SshdNode node() {
        return new SshdNode();
    }

    @Test
    void aNodeThatAsksForNoPasswordPasses() {
        on(node()).passes("no password opens SSH, from any of 3 addresses").neverPassesUnread();
    }

    @Test
    void thePolicyMayAllowPasswords() {
        on(node().says("passwordauthentication", "yes"))
                .under("sshd: { password_authentication: yes }")
                .passes("the policy allows passwords");
    }

    @Test
    void debiansDefaultFails() {
        on(node().says("passwordauthentication", "yes")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .end(MAIN))
                .fails(
                        "any user may log in with a password from anywhere: PasswordAuthentication yes is sshd's default")
                .offers("/etc/ssh/sshd_config.d/00-holdfast-password-authentication.conf", """
                        # Written by holdfast for the check sshd.password-authentication.
                        PasswordAuthentication no
                        KbdInteractiveAuthentication no
                        """);
    }

    @Test
    void theLineThatWinsIsNamed() {
        on(node().says("passwordauthentication", "yes")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line("/etc/ssh/sshd_config.d/50-cloud-init.conf", 1, "PasswordAuthentication yes")
                        .end("/etc/ssh/sshd_config.d/50-cloud-init.conf")
                        .line(MAIN, 57, "PasswordAuthentication no")
                        .end(MAIN))
                .fails("PasswordAuthentication yes, /etc/ssh/sshd_config.d/50-cloud-init.conf:1");
    }

    @Test
    void pamsPasswordsThroughKeyboardInteractiveCount() {
        on(node().says("kbdinteractiveauthentication", "yes").line(MAIN, 62, "ChallengeResponseAuthentication yes"))
                .fails("ChallengeResponseAuthentication yes, /etc/ssh/sshd_config:62");
    }

    @Test
    void keyboardInteractiveWithoutPamAsksForNoPassword() {
        on(node().says("kbdinteractiveauthentication", "yes").says("usepam", "no"))
                .passes();
    }

    @Test
    void aPasswordThatNeedsAKeyTooPasses() {
        on(node().says("passwordauthentication", "yes").says("authenticationmethods", "publickey,password"))
                .passes();
    }

    @Test
    void keyboardInteractiveByItsDeviceIsAPasswordToo() {
        on(node().says("kbdinteractiveauthentication", "yes")
                        .says("authenticationmethods", "publickey keyboard-interactive:pam"))
                .fails("any user may log in with a password");
    }

    @Test
    void twoPasswordsInARowAreStillOnlyPasswords() {
        on(node().says("passwordauthentication", "yes")
                        .says("kbdinteractiveauthentication", "yes")
                        .says("authenticationmethods", "password,keyboard-interactive"))
                .fails("any user may log in with a password");
    }

    @Test
    void oneUserWhoMayIsNamed() {
        on(node().matchedUser("backup")
                        .says("backup", SshdNode.CLIENT, "passwordauthentication", "yes")
                        .line(MAIN, 60, "Match User backup")
                        .line(MAIN, 61, "    PasswordAuthentication yes")
                        .end(MAIN))
                .fails("backup may log in with a password from 192.0.2.7 (where holdfast comes from): "
                        + "PasswordAuthentication yes, /etc/ssh/sshd_config:61 (under Match User backup)");
    }

    @Test
    void oneNetworkThatMayIsNamed() {
        on(node().matched("10.9.0.1").says("nobody", "10.9.0.1", "passwordauthentication", "yes"))
                .fails("any user may log in with a password from 10.9.0.1 (named by a Match block)");
    }

    @Test
    void rootsPasswordIsOfNoUseWhileRootNeedsAKey() {
        on(node().says("root", SshdNode.CLIENT, "passwordauthentication", "yes")
                        .says("root", SshdNode.CLIENT, "permitrootlogin", "without-password"))
                .passes();
        on(node().says("root", SshdNode.CLIENT, "passwordauthentication", "yes")
                        .says("root", SshdNode.CLIENT, "permitrootlogin", "yes"))
                .fails("root may log in with a password from 192.0.2.7");
    }

    @Test
    void filesThatTheDaemonHasNotReadAreNotAPass() {
        on(node().changedSecondsAfterStart(60)).cannotTell("run 'systemctl reload ssh' and scan again");
    }

    @Test
    void anAnswerThatDoesNotSpeakOfItIsNotAPass() {
        on(node().silentAbout("passwordauthentication")).cannotTell("says nothing of passwordauthentication");
        on(node().silentAbout("kbdinteractiveauthentication"))
                .cannotTell("says nothing of kbdinteractiveauthentication");
    }

    @Test
    void anSshdThatIsNotThereIsNotAPass() {
        bench(new PasswordAuthentication(), node().source().fails("sshd.effective", 127, "sshd is not installed"))
                .cannotTell("sshd is not installed");
    }

    @Test
    void aLoginWithAPasswordDoesNotShutPasswordsOut() {
        bench(
                        new PasswordAuthentication(),
                        node().says("passwordauthentication", "yes")
                                .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                                .end(MAIN)
                                .source()
                                .login("ops", false))
                .refusesToMend("this run logs in with a password");
    }

    @Test
    void anEarlierFileThatLetsPasswordsInIsNamedAndNotFought() {
        on(node().says("passwordauthentication", "yes")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .line("/etc/ssh/sshd_config.d/00-a.conf", 1, "PasswordAuthentication yes")
                        .end("/etc/ssh/sshd_config.d/00-a.conf")
                        .end(MAIN))
                .refusesToMend("/etc/ssh/sshd_config.d/00-a.conf:1");
    }

    @Test
    void whoeverNeedsAKeyAndACodeIsNotShutOut() {
        on(node().says("passwordauthentication", "yes")
                        .matchedUser("carl")
                        .says("carl", SshdNode.CLIENT, "authenticationmethods", "publickey,keyboard-interactive")
                        .line(MAIN, 12, "Include /etc/ssh/sshd_config.d/*.conf")
                        .end(MAIN))
                .refusesToMend("AuthenticationMethods publickey,keyboard-interactive asks carl");
    }
}
