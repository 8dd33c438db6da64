package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.UserConfig.Dropped;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;

/** Proxmox VE leaves out what it does not understand, says so in a log, and forgets it with the next change. */
@CheckInfo(
        title = "Proxmox VE reads every line of user.cfg",
        severity = Severity.LOW,
        tags = {"hygiene"},
        references = {"pve-access-control src/PVE/AccessControl.pm, parse_user_config()"})
public final class DroppedLines implements Check.OfCluster<Access.Facts> {

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
        List<Culprit> lines = access.config().dropped().stream()
                .filter(dropped -> dropped.kind() == Dropped.Kind.OTHER)
                .map(
                        dropped -> culprit(
                                "line %d (%s)".formatted(dropped.line(), dropped.why()),
                                line(dropped.line(), dropped.why()),
                                "what is meant is set anew with pveum; what is not meant goes with the next change, since Proxmox VE writes the file without it"))
                .toList();
        if (lines.isEmpty()) {
            return pass("no line or part of a line is left out");
        }
        return blame("Proxmox VE ignores these parts of user.cfg", lines)
                .expected("users, groups, pools, roles and entries that it takes");
    }
}
