package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;

import holdfast.access.Subject;
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
import java.util.stream.Collectors;

/** Some privileges let their holder get all the others, though their names do not say so; see {@link Elevation}. */
@CheckInfo(
        title = "No delegated administrator can raise his own rights",
        severity = Severity.HIGH,
        tags = {"accounts", "acl"},
        references = {
            "pve-access-control src/PVE/API2/User.pm, ACL.pm, Role.pm, Domains.pm: what each call asks for",
            "pve-access-control src/PVE/RPCEnvironment.pm, exec_api2_perm_check()",
            "Proxmox VE Administration Guide, User Management, Privileges"
        })
public final class SelfElevation implements Check.OfCluster<Access.Facts> {

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
        return Access.judgeEverywhere(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        List<Culprit> culprits = new ArrayList<>();
        Elevation elevation = new Elevation(access);
        for (Subject subject : elevation.subjects()) {
            List<Elevation.Way> ways = access.isListed(subject, policy) ? List.of() : elevation.of(subject);
            if (!ways.isEmpty()) {
                culprits.add(culpritOf(subject, ways));
            }
        }
        if (culprits.isEmpty()) {
            return pass("nobody but the administrators can raise his own rights");
        }
        return blame("can raise their own rights", culprits)
                .expected("rights that do not lead to others, or a place among access.administrators");
    }

    private static Culprit culpritOf(Subject subject, List<Elevation.Way> ways) {
        List<String> advice = new ArrayList<>();
        for (Elevation.Way way : ways) {
            way.held().stream().flatMap(held -> held.grants().stream()).forEach(grant -> {
                advice.add("first give %s what it needs, by a role without %s or further down"
                        .formatted(grant.subject(), way.privilege()));
                advice.add(Pveum.deleteAcl(grant));
            });
        }
        if (ways.stream().anyMatch(way -> way.privilege().equals("User.Modify"))) {
            advice.add(
                    "who looks after some users needs a group with them, and without administrators: pveum acl modify /access/groups/GROUP --groups HELPDESK --roles PVEUserAdmin");
        }
        advice.add("or, where it is right, name it in the policy: access: { administrators: [%s] }"
                .formatted(Pveum.word(subject.toString())));
        return new Culprit(
                subject.toString(),
                "%s: %s"
                        .formatted(
                                subject,
                                ways.stream()
                                        .map(way -> "%s on %s (%s): %s"
                                                .formatted(
                                                        way.privilege(),
                                                        way.path(),
                                                        way.held().stream()
                                                                .map(held -> "%s on %s"
                                                                        .formatted(held.role(), held.source()))
                                                                .collect(Collectors.joining("; ")),
                                                        way.means()))
                                        .collect(Collectors.joining(". "))),
                advice,
                Optional.empty());
    }
}
