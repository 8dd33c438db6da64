package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.line;

import holdfast.access.UserConfig.Role;
import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A privilege that the release does not know is left out: the role gives less than its author meant. */
@CheckInfo(
        title = "Roles hold only privileges that the release knows",
        severity = Severity.MEDIUM,
        tags = {"acl", "upgrade"},
        references = {
            "pve-access-control src/PVE/AccessControl.pm, create_roles(); its changelog of 9.0.2",
            "Proxmox VE Administration Guide, User Management, Privileges"
        })
public final class UnknownPrivileges implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES;
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access));
    }

    private static Verdict judge(Access access) {
        List<Role> roles = access.config().roles().values().stream()
                .filter(role -> !role.unknown().isEmpty())
                .toList();
        if (roles.isEmpty()) {
            return pass("every privilege of every role is known here");
        }
        return blame(
                        "roles with privileges that this release does not know",
                        roles.stream().map(UnknownPrivileges::culpritOf).toList())
                .expected("privileges of the installed libpve-access-control")
                .remedy(remedy(access, roles));
    }

    private static Remedy remedy(Access access, List<Role> roles) {
        if (PveumFix.haveDifferentReleases(access)) {
            return Remedy.refused(
                    "the members have different releases of libpve-access-control, and another one may know the privilege",
                    "upgrade all members first");
        }
        List<Change> changes = new ArrayList<>();
        roles.stream().filter(role -> !role.builtIn()).forEach(role -> changes.add(PveumFix.writeRole(role)));
        if (changes.isEmpty()) {
            // The roles that come with Proxmox VE are never written.
            changes.add(PveumFix.writeAnew("without lines for roles that come with it"));
        }
        return PveumFix.remedy(
                access,
                PveumFix.odd(roles.stream().map(Role::name).toList()),
                changes,
                "nobody gains or loses a right: the privileges that go had no effect; what takes their place is for you to add",
                "an undo does not bring them back: pveum takes no privilege that it does not know");
    }

    private static Culprit culpritOf(Role role) {
        String unknown = String.join(", ", role.unknown());
        List<String> advice = new ArrayList<>();
        if (role.unknown().contains("VM.Monitor")) {
            advice.add(
                    "Proxmox VE 9 has Sys.Audit for the monitor and VM.GuestAgent.* for the guest agent in the place of VM.Monitor: add those that %s needs"
                            .formatted(role.name()));
        }
        advice.add(
                role.builtIn()
                        ? "the role %s comes with Proxmox VE and cannot be changed: its line goes with the next change of users or rights"
                                .formatted(role.name())
                        : "pveum role modify %s --privs %s"
                                .formatted(Pveum.word(role.name()), Pveum.word(String.join(",", role.privileges()))));
        return new Culprit(
                "%s (%s)".formatted(role.name(), unknown),
                line(
                        role.line(),
                        "role %s: %s is not known; it gives %s"
                                .formatted(
                                        role.name(),
                                        unknown,
                                        role.privileges().isEmpty()
                                                ? "nothing"
                                                : String.join(", ", role.privileges()))),
                advice,
                Optional.empty());
    }
}
