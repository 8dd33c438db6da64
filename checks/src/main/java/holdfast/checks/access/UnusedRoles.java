package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessList;
import holdfast.access.UserConfig.Grant;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A role that no entry uses is what somebody finds, and gives, without knowing why it was made. */
@CheckInfo(
        title = "Every role of one's own is used",
        severity = Severity.LOW,
        tags = {"acl", "hygiene"},
        references = {"Proxmox VE Administration Guide, User Management, Roles"})
public final class UnusedRoles implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.withList(policy);
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        return switch (access.list(policy)) {
            case Reading.Unknown<Optional<AccessList>>(var why) -> unknown("%s", why);
            case Reading.Known<Optional<AccessList>>(var list) -> judge(access, list);
        };
    }

    private static Verdict judge(Access access, Optional<AccessList> list) {
        Set<String> used = access.config().grants().stream().map(Grant::role).collect(Collectors.toSet());
        list.ifPresent(known -> known.roles().forEach(role -> used.add(role.name())));
        List<Culprit> roles = access.config().roles().values().stream()
                .filter(role -> !role.builtIn() && !used.contains(role.name()))
                .map(role -> culprit(
                        role.name(),
                        line(role.line(), "role %s: no ACL entry names it".formatted(role.name())),
                        "pveum role delete %s".formatted(Pveum.word(role.name()))))
                .toList();
        if (roles.isEmpty()) {
            return pass("every role that does not come with Proxmox VE is used, or in the access list");
        }
        return blame("roles that no ACL entry uses", roles).expected("roles that somebody has");
    }
}
