package holdfast.checks.access;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.access.SomeAccess.in;
import static holdfast.checks.access.SomeAccess.with;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.CheckBench;
import holdfast.change.Change;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the rooms would do, run by a shell with a pveum that only says what it was asked for. */
final class PveumFixTest {

    private static final String PVEUM = """
            #!/bin/sh
            [ "$*" = "user token add ci@pve run --privsep 1 --expire 1577836800 --comment nightly 'builds'" ] && echo secret
            printf 'pveum' >>"$CALLS"
            for word; do printf ' [%s]' "$word" >>"$CALLS"; done
            printf ' %s\\n' "${LC_ALL-}" >>"$CALLS"
            """;

    @TempDir
    Path directory;

    private static List<Change.Run> runs(CheckBench bench) {
        List<Change.Run> runs = new ArrayList<>();
        bench.mendedBy(steps -> steps.changes().forEach(change -> {
            assertThat(change).isInstanceOf(Change.Run.class);
            runs.add((Change.Run) change);
        }));
        return runs;
    }

    /** What it calls, and nothing else that it prints. */
    private String calls(String command, String userCfg) {
        try {
            Path cfg = Files.writeString(directory.resolve("user.cfg"), userCfg);
            Path calls = Files.writeString(directory.resolve("calls"), "");
            Path pveum = Files.writeString(directory.resolve("pveum"), PVEUM);
            assertThat(pveum.toFile().setExecutable(true)).isTrue();
            ProcessBuilder shell = new ProcessBuilder(
                            "/bin/sh", "-c", command.replace("/etc/pve/user.cfg", cfg.toString()))
                    .redirectErrorStream(true);
            shell.environment().put("CALLS", calls.toString());
            shell.environment().put("PATH", directory + ":/usr/bin:/bin");
            shell.environment().put("LC_ALL", "C");
            Process process = shell.start();
            String said;
            try (InputStream out = process.getInputStream()) {
                said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            }
            assertThat(process.waitFor()).as(said).isZero();
            assertThat(said).isEmpty();
            return Files.readString(calls);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    // ------------------------------------------------------------------ expired tokens

    private static final String EXPIRED = """
            user:ci@pve:1:0::::::
            token:ci@pve!run:1577836800:1:nightly 'builds':
            acl:0:/vms/100:ci@pve!run:PVEVMUser,PVEAuditor:
            """;

    @Test
    void anExpiredTokenGoesWithItsEntries() {
        Change.Run run =
                runs(bench(new ExpiredTokens(), with(EXPIRED).source())).get(0);
        assertThat(run.purpose()).isEqualTo("remove the expired token ci@pve!run");
        assertThat(calls(run.command(), EXPIRED)).isEqualTo("""
                pveum [acl] [delete] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C
                pveum [acl] [delete] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEAuditor] C
                pveum [user] [token] [remove] [ci@pve] [run] C
                """);
    }

    @Test
    void oneThatIsGoneOrWasGivenAnotherDateIsLeftAlone() {
        Change.Run run =
                runs(bench(new ExpiredTokens(), with(EXPIRED).source())).get(0);
        assertThat(calls(run.command(), "user:ci@pve:1:0::::::\n")).isEmpty();
        assertThat(calls(run.command(), EXPIRED.replace("1577836800", "0"))).isEmpty();
        assertThat(calls(run.command(), "")).isEmpty();
    }

    @Test
    void anUndoMakesItAgainAndTellsNobodyItsSecret() {
        Change.Run run =
                runs(bench(new ExpiredTokens(), with(EXPIRED).source())).get(0);
        assertThat(calls(run.undo(), "user:ci@pve:1:0::::::\n")).isEqualTo("""
                pveum [user] [token] [add] [ci@pve] [run] [--privsep] [1] [--expire] [1577836800] [--comment] [nightly 'builds'] C.UTF-8
                pveum [acl] [modify] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] [--propagate] [0] C
                pveum [acl] [modify] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEAuditor] [--propagate] [0] C
                """);
        assertThat(calls(run.undo(), EXPIRED)).doesNotContain("[add]").contains("[acl] [modify]");
        assertThat(calls(run.undo(), "user:other@pve:1:0::::::\n")).isEmpty();
    }

    @Test
    void oneThatIsInUseIsNotRemoved() {
        bench(new ExpiredTokens(), with(EXPIRED).source())
                .under("access: { lists: [ { tokens: [ { id: 'ci@pve!run', in_use: true } ] } ] }")
                .refusesToMend("the access list marks ci@pve!run as in_use");
        bench(new ExpiredTokens(), with(EXPIRED).source().fails("proxmox.certificates", 1, "it broke"))
                .under("access: { lists: [ { cluster: other } ] }")
                .refusesToMend("which access list is this cluster's cannot be told: it broke");
    }

    // ------------------------------------------------------------------ expiry

    @Test
    void anExpiryIsSetOnTheLastDayThatIsAllowedAndTakenBack() {
        String cfg = "user:ci@pve:1:0::::::\ntoken: ci@pve!run : 0 :1::\n";
        Change.Run run = runs(bench(new TokenExpiry(), with(cfg).source())).get(0);
        String set = cfg.replace(" 0 ", Long.toString(in(365)));
        assertThat(run.purpose()).isEqualTo("let the token ci@pve!run expire on 2027-11-22");
        assertThat(calls(run.command(), cfg))
                .isEqualTo("pveum [user] [token] [modify] [ci@pve] [run] [--expire] [%d] C\n".formatted(in(365)));
        assertThat(calls(run.command(), set)).isEmpty();
        assertThat(calls(run.undo(), set)).isEqualTo("pveum [user] [token] [modify] [ci@pve] [run] [--expire] [0] C\n");
        assertThat(calls(run.undo(), cfg)).isEmpty();
        bench(new TokenExpiry(), with(set).source()).passes();
    }

    @Test
    void noTokenIsMadeToExpireAtOnce() {
        bench(new TokenExpiry(), with("token:root@pam!run:0:1::\n").source())
                .under("access: { token_max_days: 0 }")
                .refusesToMend("every token would end at once");
    }

    // ------------------------------------------------------------------ orphans

    @Test
    void entriesOfNobodyGoWithAUserThatIsMadeAndDeleted() {
        String cfg = "acl:1:/vms:gone@pve,@none:PVEVMUser:\nacl:1:/storage:gone@pve:PVEAuditor:\n";
        List<Change.Run> runs = runs(bench(new OrphanedAcls(), with(cfg).source()));
        assertThat(runs).hasSize(2);
        assertThat(calls(runs.get(0).command(), cfg)).isEqualTo("""
                pveum [user] [add] [gone@pve] [--enable] [0] C
                pveum [user] [delete] [gone@pve] C
                """);
        assertThat(calls(runs.get(1).command(), cfg)).isEqualTo("""
                pveum [group] [add] [none] C
                pveum [group] [delete] [none] C
                """);
    }

    @Test
    void aUserWhoHasComeMeanwhileIsNotDeleted() {
        String cfg = "acl:1:/vms:gone@pve,@none:PVEVMUser:\n";
        for (Change.Run run : runs(bench(new OrphanedAcls(), with(cfg).source()))) {
            assertThat(calls(run.command(), cfg + "user:gone@pve:1:0::::::\ngroup:none:::\n"))
                    .isEmpty();
        }
    }

    @Test
    void anEntryOnAGuestThatIsGoneComesBackWithAnUndo() {
        String cfg = "user:ci@pve:1:0::::::\nacl:0:/vms/999:ci@pve:PVEVMUser:\n";
        Change.Run run = runs(bench(new OrphanedAcls(), with(cfg).source())).get(0);
        assertThat(calls(run.command(), cfg))
                .isEqualTo("pveum [acl] [delete] [/vms/999] [--users] [ci@pve] [--roles] [PVEVMUser] C\n");
        assertThat(calls(run.undo(), cfg))
                .isEqualTo(
                        "pveum [acl] [modify] [/vms/999] [--users] [ci@pve] [--roles] [PVEVMUser] [--propagate] [0] C\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/pools/x1", "/access/realms/pve"})
    void anEntryThatPveumWouldNotAddIsNotPromisedBack(String path) {
        String cfg = "user:ci@pve:1:0::::::\nacl:1:%s:ci@pve:PVEVMUser:\n".formatted(path);
        assertThat(runs(bench(new OrphanedAcls(), with(cfg).source())).get(0).undo())
                .isEmpty();
    }

    @Test
    void entriesForTokensThatDoNotExistGoWithAnyWrite() {
        String cfg = "user:ci@pve:1:0::::::\nacl:1:/vms:ci@pve!none:PVEVMUser:\n";
        assertThat(calls(
                        runs(bench(new OrphanedAcls(), with(cfg).source()))
                                .get(0)
                                .command(),
                        cfg))
                .isEqualTo("pveum [user] [modify] [root@pam] C\n");
    }

    // ------------------------------------------------------------------ roles

    @Test
    void aRoleIsWrittenWithThePrivilegesThatItHas() {
        String cfg = "role:Console:VM.Console,VM.Audit,VM.Monitor:\nrole:Old:VM.Monitor:\n";
        List<Change.Run> runs = runs(bench(new UnknownPrivileges(), with(cfg).source()));
        assertThat(calls(runs.get(0).command(), cfg))
                .isEqualTo("pveum [role] [modify] [Console] [--privs] [VM.Audit,VM.Console] C\n");
        assertThat(calls(runs.get(1).command(), cfg)).isEqualTo("pveum [role] [modify] [Old] C\n");
        assertThat(calls(runs.get(0).command(), "")).isEmpty();
    }

    @Test
    void notWhileAnotherMemberMayKnowThePrivilege() {
        String cfg = "role:Old:VM.Monitor:\n";
        bench(
                        new UnknownPrivileges(),
                        with(cfg).member(1, 2).source(),
                        with(cfg).version("8.2.2").member(2, 2).source())
                .refusesToMend("the members have different releases");
    }

    // ------------------------------------------------------------------ what is refused, and what is said

    @ParameterizedTest
    @ValueSource(strings = {"a&b@pve", "-x@pve", "a$(id)@pve", "a'b@pve", "a\u001b[2J@pve", "a\\b@pve", "\u00fc@pve"})
    void aNameThatNoCommandShouldHoldIsLeftToAPerson(String user) {
        bench(
                        new TokenExpiry(),
                        with("user:%1$s:1:0::::::\ntoken:%1$s!run:0:1::\n".formatted(user))
                                .source())
                .refusesToMend("a name or comment with characters that holdfast puts into no command");
        bench(
                        new OrphanedAcls(),
                        with("acl:1:/vms:%s:PVEVMUser:\n".formatted(user)).source())
                .refusesToMend("a name or comment with characters that holdfast puts into no command");
    }

    @Test
    void aCommentInAnyLanguageIsGivenBackAsItWas() {
        String cfg = "user:ci@pve:1:0::::::\ntoken:ci@pve!run:1577836800:0:%C3%BCber%3A alles:\n";
        Change.Run run = runs(bench(new ExpiredTokens(), with(cfg).source())).get(0);
        assertThat(run.undo()).contains("LC_ALL=C.UTF-8 pveum user token add 'ci@pve' 'run' --privsep 0");
        assertThat(run.undo()).contains("--comment 'über: alles'");
    }

    @Test
    void whatElseProxmoxLeavesOutIsSaidBefore() {
        bench(new TokenExpiry(), with("token:root@pam!run:0:1::\n# a comment\n").source())
                .mendedBy(
                        steps -> assertThat(steps.notes())
                                .contains(
                                        "Proxmox VE writes user.cfg anew without the 1 part that it does not understand: see access.dropped-lines and access.unknown-privileges"));
    }

    @Test
    void nothingIsDoneWhileMembersDisagree() {
        String cfg = "token:root@pam!run:0:1::\n";
        bench(
                        new TokenExpiry(),
                        with(cfg).member(1, 2).source(),
                        with(cfg + "user:new@pve:1:0::::::\n").member(2, 2).source())
                .refusesToMend("the members of the cluster do not show the same files");
    }

    @Test
    void aDirectoryIsNotSwitchedToTlsUnseen() {
        bench(
                        new RealmEncryption(),
                        with("").realms("ldap: corp\n\tserver1 ldap.example.org\n")
                                .source())
                .refusesToMend("would lock out everybody in the realm at once");
    }
}
