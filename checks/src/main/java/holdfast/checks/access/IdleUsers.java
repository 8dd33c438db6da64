package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.Subject;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.stream.Collectors;

/** An account that may nothing still logs in, and sees who and what there is. */
@CheckInfo(
        title = "Every enabled user has a right",
        severity = Severity.LOW,
        tags = {"accounts", "hygiene"},
        references = {
            "Proxmox VE Administration Guide, User Management, Users",
            "pve-access-control src/PVE/AccessControl.pm, roles(); src/PVE/RPCEnvironment.pm, permissions()"
        })
public final class IdleUsers implements Check.OfCluster<Access.Facts> {

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
        return Access.judgeEverywhere(members, access -> judge(access));
    }

    private static Verdict judge(Access access) {
        List<Culprit> idle = access.config().users().values().stream()
                .filter(user -> user.isActive(access.now()))
                .filter(user ->
                        access.permissions().listed(Subject.user(user.id())).isEmpty())
                .map(user -> culprit(
                        user.id(),
                        line(
                                user.line(),
                                "user %s%s has no privilege anywhere"
                                        .formatted(
                                                user.id(),
                                                access.config().groupsOf(user.id()).stream()
                                                        .map(group -> "@" + group.name())
                                                        .collect(Collectors.joining(", ", " (", ")"))
                                                        .replace(" ()", ""))),
                        Pveum.modifyUser(user.id(), "--enable 0"),
                        "or, when nobody needs it: " + Pveum.user("delete", user.id())))
                .toList();
        if (idle.isEmpty()) {
            return pass("every user that can log in has a right");
        }
        return blame("enabled users without any right", idle).expected("users that have something to do");
    }
}
