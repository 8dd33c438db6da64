package holdfast.checks.access;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.access.SomeAccess.POLICY;
import static holdfast.checks.access.SomeAccess.genuine;
import static holdfast.checks.access.SomeAccess.wellKept;
import static holdfast.checks.access.SomeAccess.with;

import holdfast.bench.CheckBench;
import holdfast.check.Check;
import holdfast.check.Severity;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** The rooms about who may do what: administrators, ACLs, roles, tenants. */
final class RightsTest {

    static final List<Check<?>> CHECKS = List.of(
            new Administrators(),
            new DroppedLines(),
            new GuestGrants(),
            new IneffectiveNoAccess(),
            new OrphanedAcls(),
            new SelfElevation(),
            new UnknownPrivileges(),
            new UnusedRoles());

    private static final String PEOPLE = """
            user:alice@pve:1:0::::::
            user:bob@pve:1:0::::::
            user:carol@corp:1:0::::::
            token:bob@pve!ci:0:1::
            """;

    private static CheckBench on(Check<?> check, String lines) {
        return bench(check, with(PEOPLE + lines).source());
    }

    @ParameterizedTest
    @FieldSource("CHECKS")
    void aWellKeptClusterPasses(Check<?> check) {
        bench(check, wellKept().source()).under(POLICY).passes().neverPassesUnread();
    }

    @ParameterizedTest
    @FieldSource("CHECKS")
    void aFreshNodePasses(Check<?> check) {
        bench(check, SomeAccess.fresh().source()).passes();
    }

    // ------------------------------------------------------------------ administrators

    @Test
    void administratorsThatThePolicyDoesNotNameAreTold() {
        on(
                        new Administrators(),
                        "group:ops:alice@pve::\nacl:1:/:@ops,carol@corp:Administrator:\nacl:0:/:bob@pve,bob@pve!ci:Administrator:\n")
                .failsAs(
                        Severity.HIGH,
                        "administrators on / that the policy does not name: @ops (alice@pve), bob@pve, carol@corp, bob@pve!ci")
                .showing("@ops: Administrator on / by acl line 6 for @ops")
                .advising("pveum acl delete '/' --groups 'ops' --roles 'Administrator'")
                .advising("pveum acl delete '/' --tokens 'bob@pve!ci' --roles 'Administrator'")
                .advising("access: { administrators: ['@ops'] }");
    }

    @Test
    void aListedGroupStandsForItsMembers() {
        on(new Administrators(), "group:ops:alice@pve::\nacl:1:/:@ops:Administrator:\n")
                .under("access: { administrators: ['@ops'] }")
                .passes("2 administrators on /");
    }

    @Test
    void aGroupWhoseMembersAreAllListedIsFine() {
        on(new Administrators(), "group:ops:alice@pve::\nacl:1:/:@ops:Administrator:\n")
                .under("access: { administrators: [alice@pve] }")
                .passes();
        on(new Administrators(), "group:ops:alice@pve,bob@pve::\nacl:1:/:@ops:Administrator:\n")
                .under("access: { administrators: [alice@pve] }")
                .fails("@ops (alice@pve, bob@pve)");
    }

    @Test
    void aTokenIsListedItselfOrNotAtAll() {
        on(new Administrators(), "acl:1:/:bob@pve,bob@pve!ci:Administrator:\ntoken:bob@pve!all:0:0::\n")
                .under("access: { administrators: [bob@pve] }")
                .fails("the policy does not name: bob@pve!all, bob@pve!ci")
                .showing("bob@pve!all: Administrator on / by acl line 5, as its user has (no privilege separation)")
                .advising("pveum user token modify 'bob@pve' 'all' --privsep 1");
    }

    @Test
    void whatATokenHasBeenGivenCountsThoughItsUserLacksIt() {
        on(new Administrators(), "acl:1:/:bob@pve!ci:Administrator:\n")
                .fails("bob@pve!ci (without effect while bob@pve may not)");
    }

    @ParameterizedTest
    @CsvSource({"Permissions.Modify", "Sys.Modify", "Realm.Allocate"})
    void oneSuchPrivilegeIsEnough(String privilege) {
        on(new Administrators(), "role:Odd:VM.Audit,%s:\nacl:0:/:alice@pve:Odd:\n".formatted(privilege))
                .fails("alice@pve")
                .showing("alice@pve: Odd on / by acl line 6");
    }

    @Test
    void anAdministratorThatMayNotLogInIsToldAsSuch() {
        bench(
                        new Administrators(),
                        with("user:old@pve:0:0::::::\nuser:gone@pve:1:1577836800::::::\nacl:1:/:old@pve,gone@pve:Administrator:\n")
                                .source())
                .fails("gone@pve (expired), old@pve (disabled)");
    }

    @Test
    void aGroupOfNobodyThatWaitsIsTold() {
        on(new Administrators(), "group:ops:::\nacl:1:/:@ops:Administrator:\n").fails("@ops (it has no members)");
    }

    @Test
    void aGroupInTheNameOfAnEscapeSequenceDoesNotMoveTheCursor() {
        bench(
                        new Administrators(),
                        with("user:x\u001b[31m@pve:1:0::::::\nacl:1:/:x\u001b[31m@pve:Administrator:\n")
                                .source())
                .fails("x\\x1b[31m@pve");
    }

    // ------------------------------------------------------------------ self-elevation

    @Test
    void aUserManagerOfAllUsersCanBecomeRoot() {
        on(new SelfElevation(), "acl:1:/access:alice@pve:PVEUserAdmin:\n")
                .failsAs(Severity.HIGH, "can raise their own rights: alice@pve")
                .showing(
                        "alice@pve: User.Modify on /access/groups (PVEUserAdmin on /access by acl line 5): it may make a token of any user, root@pam too")
                .advising("pveum acl delete '/access' --users 'alice@pve' --roles 'PVEUserAdmin'");
    }

    @Test
    void theGenuineGroupWithPveAdminCanToo() {
        bench(new SelfElevation(), genuine("pve9").source())
                .fails("can raise their own rights: alice@pve")
                .showing("PVEAdmin on / by acl line 15 for @ops");
    }

    @Test
    void whoThePolicyNamesAsAnAdministratorMay() {
        on(new SelfElevation(), "acl:1:/access:alice@pve:PVEUserAdmin:\n")
                .under("access: { administrators: [alice@pve] }")
                .passes();
    }

    @Test
    void whoIsOneAlreadyRaisesNothing() {
        on(new SelfElevation(), "acl:1:/:alice@pve:Administrator:\n").passes();
    }

    @Test
    void aHelpdeskForAGroupOfPlainUsersIsFine() {
        on(new SelfElevation(), "group:staff:bob@pve::\nacl:1:/access/groups/staff:alice@pve:PVEUserAdmin:\n")
                .passes();
    }

    @Test
    void aHelpdeskForAGroupWithAnAdministratorIsNot() {
        on(
                        new SelfElevation(),
                        "group:staff:bob@pve::\nacl:1:/access/groups/staff:alice@pve:PVEUserAdmin:\nacl:1:/:bob@pve:Administrator:\n")
                .fails("alice@pve")
                .showing("it may make a token of bob@pve, an administrator in that group");
    }

    @Test
    void whoManagesAnEmptyGroupOfAdministratorsPutsAUserIntoIt() {
        String empty = "group:ops:::\nacl:1:/:@ops:Administrator:\nacl:1:/access/groups/ops:alice@pve:PVEUserAdmin:\n";
        on(new SelfElevation(), empty).passes();
        on(new SelfElevation(), empty + "acl:1:/access/realm/pve:alice@pve:PVEUserAdmin:\n")
                .fails("alice@pve")
                .showing("it may make a user of its own in that group of administrators");
        on(new SelfElevation(), empty + "group:staff:bob@pve::\nacl:1:/access/groups/staff:alice@pve:PVEUserAdmin:\n")
                .showing("it may put bob@pve into that group of administrators");
    }

    @Test
    void permissionsModifyGivesWhatOneLacks() {
        on(new SelfElevation(), "role:Grant:Permissions.Modify,VM.Audit:\nacl:1:/vms:alice@pve:Grant:\n")
                .fails("alice@pve")
                .showing(
                        "Permissions.Modify on /vms (Grant on /vms by acl line 6): it may give itself every role there");
    }

    @Test
    void whatComesThroughAPoolIsToldOnceOfThePool() {
        on(
                        new SelfElevation(),
                        "role:Grant:Permissions.Modify:\npool:p1::100::\nacl:1:/pool/p1:alice@pve:Grant:\nacl:1:/vms/100:alice@pve:PVEVMUser:\n")
                .fails("alice@pve")
                .showing(
                        "alice@pve: Permissions.Modify on /pool/p1 (Grant on /pool/p1 by acl line 7): it may give itself every role there")
                .notShowing("/vms/100");
    }

    @Test
    void anAdministratorOfAPoolLacksNothingThere() {
        on(new SelfElevation(), "pool:t1::::\nacl:1:/pool/t1:alice@pve:Administrator:\n")
                .passes();
    }

    @Test
    void anAdministratorOfAccessHasEverything() {
        on(new SelfElevation(), "acl:0:/access:alice@pve:Administrator:\n")
                .fails("alice@pve")
                .showing("it may give itself User.Modify there")
                .showing("Sys.Modify on /access");
    }

    @Test
    void whoChoosesTheServerOfARealmIsEverybodyInIt() {
        String realm = "role:Realms:Realm.Allocate:\nacl:1:/access/realm:alice@pve:Realms:\n";
        on(new SelfElevation(), realm).passes();
        on(new SelfElevation(), realm + "acl:1:/:carol@corp:PVEAuditor:\n")
                .fails("alice@pve")
                .showing("it may point a realm at a server of its own, and log in as carol@corp");
    }

    @Test
    void aTokenCanRaiseItselfToo() {
        on(new SelfElevation(), "acl:1:/access:bob@pve,bob@pve!ci:PVEUserAdmin:\n")
                .fails("bob@pve, bob@pve!ci");
    }

    @Test
    void poolAllocateGivesOnlyWhatOneHas() {
        on(new SelfElevation(), "pool:t1::::\nacl:1:/pool/t1:alice@pve:PVEPoolAdmin,PVEVMAdmin:\n")
                .passes();
    }

    // ------------------------------------------------------------------ orphans and dropped lines

    @Test
    void entriesForNobodyAreTold() {
        on(
                        new OrphanedAcls(),
                        "group:ops:alice@pve,ghost@pve::\nacl:1:/vms:gone@pve,@none:PVEVMUser:\nacl:1:/vms:bob@pve!none:PVEVMUser:\n")
                .failsAs(
                        Severity.LOW,
                        "rights that wait for what does not exist: PVEVMUser on /vms for gone@pve, PVEVMUser on /vms for @none, ghost@pve in @ops, acl on /vms: there is no token 'bob@pve!none'")
                .showing("user.cfg line 6: PVEVMUser on /vms for gone@pve: there is no user gone@pve")
                .advising("pveum user add 'gone@pve' --enable 0 && pveum user delete 'gone@pve'")
                .advising("pveum group add 'none' && pveum group delete 'none'");
    }

    @ParameterizedTest
    @CsvSource({
        "/vms/999, there is no guest 999",
        "/pool/none, there is no pool none",
        "/pool/prod/none, there is no pool prod/none",
        "/storage/none, there is no storage none",
        "/access/groups/none, there is no group none",
        "/access/realm/none, there is no realm none",
        "/access/realms/pve, Proxmox VE asks for no such path",
        "/pools/prod, Proxmox VE asks for no such path"
    })
    void entriesOnWhatIsGoneAreTold(String path, String why) {
        on(new OrphanedAcls(), "pool:prod::::\nacl:1:%s:alice@pve:PVEVMUser:\n".formatted(path))
                .fails("PVEVMUser on %s for alice@pve".formatted(path))
                .showing(why)
                .advising("pveum acl delete '%s' --users 'alice@pve' --roles 'PVEVMUser'".formatted(path));
    }

    @ParameterizedTest
    @CsvSource({
        "/",
        "/vms",
        "/vms/100",
        "/pool",
        "/pool/prod",
        "/storage/local",
        "/access/groups",
        "/access/groups/ops",
        "/access/realm/pam",
        "/nodes/pve1",
        "/sdn/zones/localnetwork",
        "/mapping/pci"
    })
    void entriesOnWhatIsThereAreNot(String path) {
        on(new OrphanedAcls(), "group:ops:::\npool:prod::::\nacl:1:%s:alice@pve:PVEVMUser:\n".formatted(path))
                .passes("1 ACL entry, and what each speaks of exists");
    }

    @Test
    void withoutTheListOfGuestsAnEntryOnOneIsNotAPass() {
        String entry = "user:alice@pve:1:0::::::\nacl:1:/vms/999:alice@pve:PVEVMUser:\n";
        bench(new OrphanedAcls(), with(entry).unread("guests").source())
                .cannotTell("which guests exist could not be read: guests: cat: Input/output error");
        bench(
                        new OrphanedAcls(),
                        with(entry.replace("vms/999", "storage/x1"))
                                .unread("storages")
                                .source())
                .cannotTell("which storages exist could not be read");
        bench(new OrphanedAcls(), with("").unread("guests").source()).passesThoughUnread("0 ACL entries");
    }

    @Test
    void whatProxmoxIgnoresIsToldOnce() {
        String broken =
                "# a comment\nacl:1:/vms:alice@pve:NoSuchRole:\nrole:Old:VM.Monitor:\nacl:1:/vms:bob@pve!none:PVEVMUser:\n";
        on(new DroppedLines(), broken)
                .failsAs(
                        Severity.LOW,
                        "Proxmox VE ignores these parts of user.cfg: line 5 (a line that is none of user, token, group, pool, role, acl), line 6 (acl on /vms: there is no role 'NoSuchRole')")
                .showing("user.cfg line 6");
        on(new DroppedLines(), "role:Old:VM.Monitor:\nacl:1:/vms:bob@pve!none:PVEVMUser:\n")
                .passes();
    }

    // ------------------------------------------------------------------ guests one by one

    @Test
    void theSameRoleOnOneGuestAfterTheOtherIsAPool() {
        on(
                        new GuestGrants(),
                        "acl:1:/vms/100:alice@pve:PVEVMUser:\nacl:1:/vms/101:alice@pve:PVEVMUser:\nacl:1:/vms/102:alice@pve:PVEVMUser:\n")
                .failsAs(
                        Severity.LOW, "the same role on one guest after the other: alice@pve has PVEVMUser on 3 guests")
                .showing("/vms/100 (line 5), /vms/101 (line 6), /vms/102 (line 7)")
                .advising(
                        "pveum pool add POOL; pveum pool modify POOL --vms 100,101,102; pveum acl modify /pool/POOL --users 'alice@pve' --roles 'PVEVMUser'")
                .advising("pveum acl delete '/vms/101' --users 'alice@pve' --roles 'PVEVMUser'");
    }

    @Test
    void twoGuestsOrThreeDenialsAreNone() {
        on(
                        new GuestGrants(),
                        "acl:1:/vms/100:alice@pve:PVEVMUser:\nacl:1:/vms/101:alice@pve:PVEVMUser:\nacl:1:/vms/102:alice@pve:PVEVMAdmin:\n")
                .passes();
        on(
                        new GuestGrants(),
                        "acl:1:/vms/100:bob@pve:NoAccess:\nacl:1:/vms/101:bob@pve:NoAccess:\nacl:1:/vms/102:bob@pve:NoAccess:\n")
                .passes();
    }

    // ------------------------------------------------------------------ roles

    @Test
    void aPrivilegeThatWentWithAReleaseIsTold() {
        on(new UnknownPrivileges(), "role:Console:VM.Console,VM.Monitor:\nacl:1:/vms:alice@pve:Console:\n")
                .failsAs(Severity.MEDIUM, "roles with privileges that this release does not know: Console (VM.Monitor)")
                .showing("user.cfg line 5: role Console: VM.Monitor is not known; it gives VM.Console")
                .advising("VM.GuestAgent.*")
                .advising("pveum role modify 'Console' --privs 'VM.Console'");
        bench(
                        new UnknownPrivileges(),
                        with("role:Console:VM.Console,VM.Monitor:\n")
                                .version("8.2.2")
                                .source())
                .passes();
    }

    @Test
    void aRoleThatNobodyHasIsTold() {
        on(new UnusedRoles(), "role:Idle:VM.Audit:\n")
                .failsAs(Severity.LOW, "roles that no ACL entry uses: Idle")
                .advising("pveum role delete 'Idle'");
        on(new UnusedRoles(), "role:Idle:VM.Audit:\n")
                .under("access: { lists: [ { roles: [ { name: Idle, privileges: [VM.Audit] } ] } ] }")
                .passes();
    }

    // ------------------------------------------------------------------ NoAccess

    @Test
    void aDeeperGrantDefeatsNoAccess() {
        on(new IneffectiveNoAccess(), "acl:1:/vms:alice@pve:NoAccess:\nacl:1:/vms/100:alice@pve:PVEVMUser:\n")
                .failsAs(Severity.MEDIUM, "defeats: NoAccess on /vms for alice@pve (alice@pve on /vms/100)")
                .showing("alice@pve may do something on /vms/100: PVEVMUser on /vms/100 by acl line 6")
                .showing("user.cfg line 5: NoAccess on /vms for alice@pve");
    }

    @Test
    void anEntryForTheUserDefeatsOneForItsGroup() {
        on(
                        new IneffectiveNoAccess(),
                        "group:ops:alice@pve,bob@pve::\nacl:1:/vms:@ops:NoAccess:\nacl:1:/vms:alice@pve:PVEVMUser:\n")
                .fails("NoAccess on /vms for @ops (alice@pve on /vms)")
                .showing("PVEVMUser on /vms by acl line 7");
    }

    @Test
    void aPoolDoesNotDefeatNoAccess() {
        on(
                        new IneffectiveNoAccess(),
                        "pool:p1::100::\nacl:1:/vms/100:alice@pve:NoAccess:\nacl:1:/pool/p1:alice@pve:PVEVMUser:\n")
                .passes("1 NoAccess entry holds");
    }

    @Test
    void oneThatDoesNotCountBelowLeavesNothingBelow() {
        on(new IneffectiveNoAccess(), "acl:0:/vms:alice@pve:NoAccess:\nacl:1:/vms/100:alice@pve:PVEVMUser:\n")
                .passes();
    }

    // ------------------------------------------------------------------ tenants

    private static final String TENANTS =
            "access: { tenants: [ { name: Red, members: ['@red'], pools: [red], storages: [nfs-red], paths: [/sdn/zones/red] } ] }";

    private static final String RED = """
            user:ann@pve:1:0::::::
            token:ann@pve!ci:0:1::
            group:red:ann@pve::
            pool:red::100:nfs-pool:
            pool:red/web::101::
            acl:1:/pool/red:@red,ann@pve!ci:PVEVMAdmin:
            acl:1:/storage/nfs-red:@red:PVEDatastoreUser:
            acl:1:/sdn/zones/red:@red:PVESDNUser:
            """;

    private static SomeAccess red(String lines) {
        return with(RED + lines).guests(100, 101, 102).storages("local\nnfs-red\nnfs-pool\n");
    }

    @Test
    void aTenantOnItsOwnPoolsStoragesAndPathsPasses() {
        bench(new TenantIsolation(), red("").source())
                .under(TENANTS)
                .passes("2 users and tokens of 1 tenant: no right reaches outside")
                .neverPassesUnread();
    }

    @Test
    void withoutTenantsThereIsNothingToAsk() {
        bench(new TenantIsolation(), red("").source()).skips("the policy names no tenants");
    }

    @ParameterizedTest
    @CsvSource({
        "acl:1:/vms:ann@pve:PVEVMUser:, 'ann@pve of Red (PVEVMUser on /vms)', '/vms, /vms/102'",
        "acl:0:/vms/102:@red:PVEAuditor:, 'ann@pve of Red (PVEAuditor on /vms/102)', /vms/102",
        "acl:1:/:@red:PVEAuditor:, 'ann@pve of Red (PVEAuditor on /)', /access",
        "acl:0:/storage/local:@red:PVEDatastoreUser:, ann@pve of Red, /storage/local",
        "acl:0:/access/realm/pve:@red:PVEUserAdmin:, ann@pve of Red, /access/realm/pve"
    })
    void aRightThatReachesOutsideIsTold(String entry, String culprit, String place) {
        bench(new TenantIsolation(), red(entry + "\n").source())
                .under(TENANTS)
                .failsAs(Severity.HIGH, "rights of tenants that reach outside: " + culprit)
                .showing(place)
                .advising("pveum acl delete");
    }

    @Test
    void aTokenReachesAsFarAsItAndItsUserDo() {
        bench(
                        new TenantIsolation(),
                        red("acl:1:/vms/102:ann@pve!ci:PVEVMUser:\n").source())
                .under(TENANTS)
                .passes();
        bench(
                        new TenantIsolation(),
                        red("acl:1:/vms/102:ann@pve,ann@pve!ci:PVEVMUser:\n").source())
                .under(TENANTS)
                .fails("ann@pve of Red (PVEVMUser on /vms/102), ann@pve!ci of Red (PVEVMUser on /vms/102)");
    }

    @Test
    void aGuestThatLeavesThePoolIsOutside() {
        bench(
                        new TenantIsolation(),
                        with(RED.replace("pool:red::100:", "pool:red:::") + "acl:1:/vms/100:ann@pve:PVEVMUser:\n")
                                .source())
                .under(TENANTS)
                .fails("PVEVMUser on /vms/100");
    }

    @Test
    void whatGuestsThereAreMustBeKnown() {
        bench(new TenantIsolation(), red("").unread("guests").source())
                .under(TENANTS)
                .cannotTell("which guests exist could not be read");
        bench(
                        new TenantIsolation(),
                        red("acl:1:/vms:ann@pve:PVEVMUser:\n").unread("guests").source())
                .under(TENANTS)
                .fails("PVEVMUser on /vms");
    }

    @Test
    void anAdministratorAmongTheTenantsReachesEverything() {
        bench(new TenantIsolation(), red("").source())
                .under("access: { tenants: [ { name: Red, members: [root@pam] } ] }")
                .fails("root@pam of Red (everything)");
    }

    // ------------------------------------------------------------------ the approved list

    private static final String LIST = """
            access:
              lists:
                - users: [ { id: alice@pve }, { id: bob@pve }, { id: carol@corp }, { id: dan@pve } ]
                  groups: []
                  tokens: [ { id: 'bob@pve!ci' } ]
                  acl: [ { path: /vms, subject: alice@pve, role: PVEVMUser } ]
            """;

    @Test
    void whatIsAsItWasApprovedPasses() {
        on(new ApprovedList(), "user:dan@pve:1:0::::::\nacl:1:/vms:alice@pve:PVEVMUser:\n")
                .under(LIST)
                .passes("5 users, 1 token and 1 ACL entry are as the access list has them")
                .neverPassesUnread();
        on(new ApprovedList(), "").skips("the policy has no access list for this cluster");
    }

    @Test
    void whatCameWentOrChangedIsTold() {
        on(
                        new ApprovedList(),
                        "user:eve@pve:1:0::::::\ntoken:bob@pve!new:0:1::\nacl:0:/vms:alice@pve:PVEVMUser:\nacl:1:/vms/100:bob@pve:PVEVMUser:\n")
                .under(LIST)
                .failsAs(
                        Severity.MEDIUM,
                        "it differs from the access list: + user eve@pve, - user dan@pve, + token bob@pve!new, ~ acl PVEVMUser on /vms for alice@pve, + acl PVEVMUser on /vms/100 for bob@pve")
                .showing("user.cfg line 5: user eve@pve: not in the list (enabled, never expires)")
                .showing("user.cfg line 7: acl PVEVMUser on /vms for alice@pve: not below instead of counts below, too")
                .advising("pveum user modify 'eve@pve' --enable 0")
                .advising("pveum user token remove 'bob@pve' 'new'")
                .advising("pveum acl delete '/vms/100' --users 'bob@pve' --roles 'PVEVMUser'");
    }

    @Test
    void anAdministratorThatNobodyApprovedIsWorse() {
        on(new ApprovedList(), "acl:1:/:bob@pve:Administrator:\n")
                .under(LIST)
                .failsAs(Severity.HIGH, "+ acl Administrator on / for bob@pve");
    }

    // ------------------------------------------------------------------ a file without measure

    @Test
    void aFileThatWouldTakeMinutesIsNotLookedThrough() {
        StringBuilder users = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            users.append("user:u%d@pve:1:0::::::\nacl:1:/mapping/m%d:u%d@pve:PVEMappingUser:\n".formatted(i, i, i));
        }
        for (Check<?> check : List.of(new SelfElevation(), new IneffectiveNoAccess(), new IdleUsers())) {
            bench(check, with(users.toString()).source())
                    .cannotTell("5001 users and tokens and 5014 paths are more than is looked through");
        }
        bench(new UnusedRoles(), with(users.toString()).source()).passesThoughUnread("");
    }
}
