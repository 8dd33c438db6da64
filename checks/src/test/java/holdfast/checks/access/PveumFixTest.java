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
import org.junit.jupiter.params.provider.CsvSource;
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

    @Test
    void oneThatIsInUseIsRemovedWhereTheRunWasToldTo() {
        String list = "access: { lists: [ { tokens: [ { id: 'ci@pve!run', in_use: true } ] } ] }";
        bench(new ExpiredTokens(), with(EXPIRED).source())
                .under(list)
                .revokingInUse()
                .mendedBy(steps -> {
                    assertThat(steps.changes()).hasSize(1);
                    assertThat(steps.notes())
                            .contains("--revoke was given: ci@pve!run goes, though the access list marks it as in_use");
                });
        bench(new ExpiredTokens(), with(EXPIRED).source())
                .revokingInUse()
                .mendedBy(steps -> assertThat(steps.notes()).noneMatch(note -> note.contains("--revoke")));
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

    // ------------------------------------------------------------------ privilege separation

    private static final String OPEN = """
            user:ci@pve:1:0::::::
            token:ci@pve!run:0:0::
            group:builders:ci@pve::
            acl:1:/pool/prod:ci@pve:PVEVMUser:
            acl:0:/storage:@builders:PVEDatastoreUser:
            acl:1:/storage/local:@builders:NoAccess:
            """;

    private List<String> calls(List<Change.Run> runs, String userCfg) {
        return runs.stream()
                .flatMap(run -> calls(run.command(), userCfg).lines())
                .toList();
    }

    private List<String> undone(List<Change.Run> runs, String userCfg) {
        return runs.reversed().stream()
                .flatMap(run -> calls(run.undo(), userCfg).lines())
                .toList();
    }

    @Test
    void aTokenIsSeparatedAfterItHasWhatTheListGivesIt() {
        CheckBench bench = bench(new TokenPrivilegeSeparation(), with(OPEN).source())
                .under(
                        "access: { lists: [ { tokens: [ { id: 'ci@pve!run' } ], acl: [ { path: /vms/100, subject: 'ci@pve!run', role: PVEVMUser, propagate: false } ] } ] }");
        List<Change.Run> runs = runs(bench);
        assertThat(calls(runs, OPEN))
                .containsExactly(
                        "pveum [acl] [modify] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] [--propagate] [0] C",
                        "pveum [user] [token] [modify] [ci@pve] [run] [--privsep] [1] C");
        String after = OPEN.replace(":0:0:", ":0:1:") + "acl:0:/vms/100:ci@pve!run:PVEVMUser:\n";
        assertThat(undone(runs, after))
                .containsExactly(
                        "pveum [user] [token] [modify] [ci@pve] [run] [--privsep] [0] C",
                        "pveum [acl] [delete] [/vms/100] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C");
        assertThat(undone(runs, "user:ci@pve:1:0::::::\n")).isEmpty();
        bench.mendedBy(
                steps -> assertThat(steps.notes())
                        .containsExactly(
                                "ci@pve!run keeps what the access list gives it, and loses rights on 2 paths: /pool/prod (VM.Audit, VM.Backup, VM.Config.CDROM and 7 more); /storage (Datastore.AllocateSpace, Datastore.Audit)"));
    }

    @Test
    void withoutAListATokenGetsWhatItsUserHasAndMayExactlyWhatItCould() {
        List<Change.Run> runs =
                runs(bench(new TokenPrivilegeSeparation(), with(OPEN).source()));
        assertThat(calls(runs, OPEN))
                .containsExactly(
                        "pveum [acl] [modify] [/pool/prod] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C",
                        "pveum [acl] [modify] [/storage] [--tokens] [ci@pve!run] [--roles] [PVEDatastoreUser] [--propagate] [0] C",
                        "pveum [user] [token] [modify] [ci@pve] [run] [--privsep] [1] C");
        bench(new TokenPrivilegeSeparation(), with(OPEN).source())
                .mendedBy(
                        steps -> assertThat(steps.notes())
                                .containsExactly(
                                        "ci@pve!run gets copies of what ci@pve has (2 entries), and may what it may now; the next step is to narrow them"));
        // Done twice it changes nothing.
        assertThat(calls(runs.get(2).command(), OPEN.replace(":0:0:", ":0:1:"))).isEmpty();
    }

    @Test
    void aTokenIsNotSeparatedWhereItWouldLoseSomething() {
        bench(
                        new TokenPrivilegeSeparation(),
                        with(OPEN + "acl:1:/pool/prod/web:ci@pve!run:PVEAuditor:\n")
                                .source())
                .refusesToMend("ci@pve!run would lose rights on /pool/prod/web");
        bench(
                        new TokenPrivilegeSeparation(),
                        with(OPEN + "acl:1:/pools/x:@builders:PVEAuditor:\n").source())
                .refusesToMend("which Proxmox VE asks for nowhere");
    }

    @Test
    void theTokenOfAnAdministratorIsSeparatedByAListAlone() {
        String cfg = "token:root@pam!run:0:0::\n";
        bench(new TokenPrivilegeSeparation(), with(cfg).source())
                .refusesToMend("a copy of that would be an administrator's entry for a token");
        assertThat(calls(
                        runs(
                                bench(new TokenPrivilegeSeparation(), with(cfg).source())
                                        .under(
                                                "access: { lists: [ { tokens: [ { id: 'root@pam!run' } ], acl: [ { path: /nodes, subject: 'root@pam!run', role: PVEAuditor } ] } ] }")),
                        cfg))
                .containsExactly(
                        "pveum [acl] [modify] [/nodes] [--tokens] [root@pam!run] [--roles] [PVEAuditor] C",
                        "pveum [user] [token] [modify] [root@pam] [run] [--privsep] [1] C");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    { tokens: [ { id: 'ci@pve!run' } ] } | gives nothing to ci@pve!run
                    { tokens: [ { id: 'ci@pve!run', privilege_separation: false } ] } | has no privilege separation
                    { acl: [ { path: /vms, subject: 'ci@pve!run', role: NoAccess } ] } | gives nothing to ci@pve!run
                    { acl: [ { path: /vms, subject: 'ci@pve!run', role: Deploy } ] } | there is no such role
                    """)
    void aListThatDoesNotSayWhatATokenNeedsSeparatesNothing(String list, String why) {
        bench(new TokenPrivilegeSeparation(), with(OPEN).source())
                .under("access: { lists: [ %s ] }".formatted(list))
                .refusesToMend(why);
    }

    // ------------------------------------------------------------------ administrators

    private static final String RULED = """
            user:mallory@pve:1:0::::::
            user:ci@pve:1:0::::::
            token:ci@pve!run:0:1::
            group:ops:mallory@pve::
            acl:1:/:mallory@pve,ci@pve!run:Administrator:
            acl:1:/:mallory@pve:PVEAuditor:
            """;

    private static final String NARROW = """
            access: { lists: [ {
              users: [ { id: mallory@pve }, { id: ci@pve } ], tokens: [ { id: 'ci@pve!run' } ],
              acl: [
                { path: /vms, subject: mallory@pve, role: PVEVMAdmin },
                { path: /pool/prod, subject: 'ci@pve!run', role: PVEVMUser } ] } ] }
            """;

    @Test
    void administratorsGetWhatTheListGivesThemBeforeTheRightToEverythingGoes() {
        List<Change.Run> runs =
                runs(bench(new Administrators(), with(RULED).source()).under(NARROW));
        assertThat(calls(runs, RULED))
                .containsExactly(
                        "pveum [acl] [modify] [/vms] [--users] [mallory@pve] [--roles] [PVEVMAdmin] C",
                        "pveum [acl] [modify] [/pool/prod] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C",
                        "pveum [acl] [delete] [/] [--users] [mallory@pve] [--roles] [Administrator] C",
                        "pveum [acl] [delete] [/] [--tokens] [ci@pve!run] [--roles] [Administrator] C");
        assertThat(undone(runs, RULED).subList(0, 2))
                .containsExactly(
                        "pveum [acl] [modify] [/] [--tokens] [ci@pve!run] [--roles] [Administrator] C",
                        "pveum [acl] [modify] [/] [--users] [mallory@pve] [--roles] [Administrator] C");
    }

    @Test
    void anAdministratorsTokenWithoutSeparationIsNarrowedAndSeparated() {
        String cfg = "user:ci@pve:1:0::::::\ntoken:ci@pve!run:0:0::\nacl:1:/:ci@pve:Administrator:\n";
        assertThat(calls(
                        runs(
                                bench(new Administrators(), with(cfg).source())
                                        .under(
                                                "access: { administrators: [ci@pve], lists: [ { tokens: [ { id: 'ci@pve!run' } ], acl: [ { path: /vms, subject: 'ci@pve!run', role: PVEVMUser } ] } ] }")),
                        cfg))
                .containsExactly(
                        "pveum [acl] [modify] [/vms] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C",
                        "pveum [user] [token] [modify] [ci@pve] [run] [--privsep] [1] C");
    }

    @Test
    void nobodyLosesARightOfWhomTheListDoesNotSayWhatHeNeeds() {
        bench(new Administrators(), with(RULED).source()).refusesToMend("stands in no access list");
        bench(new Administrators(), with(RULED).source())
                .under("access: { lists: [ { users: [ { id: mallory@pve } ] } ] }")
                .refusesToMend(
                        "the access list gives nothing to mallory@pve; the access list does not know ci@pve!run");
        bench(new Administrators(), with(RULED).source())
                .under(NARROW.replace(
                        "/vms, subject: mallory@pve, role: PVEVMAdmin", "/, subject: mallory@pve, role: Administrator"))
                .refusesToMend(
                        "the access list gives Administrator to mallory@pve on /, and access.administrators does not name it");
    }

    @Test
    void whoStaysAnAdministratorThroughAGroupIsToldApart() {
        // His own entry on / hides the group's: without it that one would count.
        bench(
                        new Administrators(),
                        with(RULED
                                        + "user:anna@pve:1:0::::::\ngroup:ops:mallory@pve,anna@pve::\nacl:1:/:@ops:Administrator:\n")
                                .source())
                .under(NARROW.replace("access: {", "access: { administrators: [anna@pve],")
                        .replace(
                                "acl: [",
                                "groups: [ { name: ops } ], acl: [ { path: /vms, subject: '@ops', role: PVEVMUser },"))
                .refusesToMend("anna@pve, whom the policy names, would be no administrator any more");
    }

    @Test
    void theLastWhoCanLogInStaysAnAdministrator() {
        bench(new Administrators(), with(RULED + "user:root@pam:0:0::::::\n").source())
                .under(NARROW)
                .refusesToMend("nobody who can log in would be an administrator any more");
    }

    // ------------------------------------------------------------------ the access list

    private static final String CHANGED = """
            user:ci@pve:1:0::::::
            role:Restart:VM.Audit,VM.PowerMgmt,VM.Allocate:
            acl:1:/vms:ci@pve:Restart:
            acl:1:/storage:ci@pve:PVEDatastoreAdmin:
            """;

    private static final String APPROVED = """
            access: { lists: [ { users: [ { id: ci@pve } ],
              roles: [ { name: Restart, privileges: [VM.Audit, VM.PowerMgmt] }, { name: Look, privileges: [VM.Audit] } ],
              acl: [ { path: /vms, subject: ci@pve, role: Restart, propagate: false },
                     { path: /pool/prod, subject: ci@pve, role: Look } ] } ] }
            """;

    @Test
    void rolesAndEntriesBecomeThoseOfTheListWhatIsTooMuchLast() {
        CheckBench bench = bench(new ApprovedList(), with(CHANGED).source()).under(APPROVED);
        List<Change.Run> runs = runs(bench);
        assertThat(calls(runs, CHANGED))
                .containsExactlyInAnyOrder(
                        "pveum [role] [modify] [Restart] [--privs] [VM.Audit,VM.PowerMgmt] C",
                        "pveum [role] [add] [Look] [--privs] [VM.Audit] C",
                        "pveum [acl] [modify] [/vms] [--users] [ci@pve] [--roles] [Restart] [--propagate] [0] C",
                        "pveum [acl] [modify] [/pool/prod] [--users] [ci@pve] [--roles] [Look] C",
                        "pveum [acl] [delete] [/storage] [--users] [ci@pve] [--roles] [PVEDatastoreAdmin] C");
        assertThat(runs.getLast().purpose()).isEqualTo("remove the entry PVEDatastoreAdmin on /storage for ci@pve");
        assertThat(undone(runs, CHANGED + "role:Look:VM.Audit:\n"))
                .containsExactlyInAnyOrder(
                        "pveum [acl] [modify] [/storage] [--users] [ci@pve] [--roles] [PVEDatastoreAdmin] C",
                        "pveum [acl] [delete] [/pool/prod] [--users] [ci@pve] [--roles] [Look] C",
                        "pveum [acl] [modify] [/vms] [--users] [ci@pve] [--roles] [Restart] C",
                        "pveum [role] [delete] [Look] C",
                        "pveum [role] [modify] [Restart] [--privs] [VM.Allocate,VM.Audit,VM.PowerMgmt] C")
                .startsWith("pveum [acl] [modify] [/storage] [--users] [ci@pve] [--roles] [PVEDatastoreAdmin] C");
        bench.mendedBy(steps -> assertThat(steps.notes())
                .contains("PVEDatastoreAdmin on /storage for ci@pve goes: the list knows ci@pve without it"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    user:new@pve:1:0:::::: | user new@pve is for a person: not in the list
                    group:ops:ci@pve:: | group ops is for a person: not in the list
                    token:ci@pve!xy:0:1:: | token ci@pve!xy is for a person: not in the list
                    role:Other:VM.Audit: | role Other is for a person: not in the list
                    user:ci@pve:0:0:::::: | user ci@pve is for a person: disabled, never expires instead of
                    acl:1:/vms:gone@pve:PVEVMUser: | pveum takes away no entry of what does not exist
                    """)
    void whatAPersonHasToDecideIsNotDecided(String line, String why) {
        bench(new ApprovedList(), with(CHANGED + line + "\n").source())
                .under(APPROVED)
                .refusesToMend(why);
    }

    @Test
    void aTokenGetsTheSeparationThatTheListSaysButNoOtherExpiry() {
        String cfg = "user:ci@pve:1:0::::::\ntoken:ci@pve!run:0:0::\n";
        String list =
                "access: { lists: [ { users: [ { id: ci@pve } ], tokens: [ { id: 'ci@pve!run' } ], acl: [ { path: /vms, subject: 'ci@pve!run', role: PVEVMUser } ] } ] }";
        assertThat(calls(runs(bench(new ApprovedList(), with(cfg).source()).under(list)), cfg))
                .containsExactly(
                        "pveum [acl] [modify] [/vms] [--tokens] [ci@pve!run] [--roles] [PVEVMUser] C",
                        "pveum [user] [token] [modify] [ci@pve] [run] [--privsep] [1] C");
        bench(new ApprovedList(), with(cfg.replace("run:0:", "run:1893456000:")).source())
                .under(list)
                .refusesToMend("token ci@pve!run is for a person: privilege separation, expires 2030-01-01 instead of");
    }

    @Test
    void anEmptyListTakesNothingAway() {
        bench(
                        new ApprovedList(),
                        with("user:ci@pve:1:0::::::\nacl:1:/vms:ci@pve:PVEVMUser:\n")
                                .source())
                .under("access: { lists: [ { users: [ { id: ci@pve } ] } ] }")
                .refusesToMend(
                        "PVEVMUser on /vms for ci@pve is not in the list, and stays: the list has no entry at all");
    }

    @Test
    void aListDoesNotTakeTheRightsOfWhomThePolicyNames() {
        bench(
                        new ApprovedList(),
                        with("user:ci@pve:1:0::::::\nacl:1:/:ci@pve:Administrator:\n")
                                .source())
                .under(
                        "access: { administrators: [ci@pve], lists: [ { users: [ { id: ci@pve } ], acl: [ { path: /vms, subject: ci@pve, role: PVEVMUser } ] } ] }")
                .refusesToMend("ci@pve, whom access.administrators names, would be no administrator any more");
    }

    @Test
    void aRoleThatProxmoxWouldRefuseIsNotTried() {
        bench(new ApprovedList(), with("user:ci@pve:1:0::::::\n").source())
                .under(
                        "access: { lists: [ { users: [ { id: ci@pve } ], roles: [ { name: pveOurs, privileges: [VM.Audit] } ] } ] }")
                .refusesToMend("role pveOurs is named like those that come with Proxmox VE");
        bench(new ApprovedList(), with("user:ci@pve:1:0::::::\n").source())
                .under(
                        "access: { lists: [ { users: [ { id: ci@pve } ], roles: [ { name: Old, privileges: [VM.Config] } ] } ] }")
                .refusesToMend("the list gives role Old privileges that this release does not know: VM.Config");
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
