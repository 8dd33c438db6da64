package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessDiff;
import holdfast.access.AccessDiff.Difference;
import holdfast.access.AccessList;
import holdfast.access.UserConfig;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was approved stands in the policy; what has come, gone or changed since then is told. */
@CheckInfo(
        title = "Users, tokens, roles and rights are those of the access list",
        severity = Severity.MEDIUM,
        tags = {"accounts", "acl", "tokens"},
        references = {
            "policy access.lists, as holdfast access export writes it",
            "Proxmox VE Administration Guide, User Management"
        })
public final class ApprovedList implements Check.OfCluster<Access.Facts> {

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
            case Reading.Known<Optional<AccessList>>(var list) ->
                list.isEmpty()
                        ? notApplicable("the policy has no access list for this cluster (access.lists)")
                        : judge(access, list.get());
        };
    }

    private static Verdict judge(Access access, AccessList list) {
        List<Difference> differences = AccessDiff.of(list, access.config());
        if (differences.isEmpty()) {
            return pass(
                    "%s, %s and %s are as the access list has them",
                    count(access.config().users().size(), "user", "users"),
                    count(access.config().tokens().size(), "token", "tokens"),
                    count(access.config().grants().size(), "ACL entry", "ACL entries"));
        }
        return blame(
                        "it differs from the access list",
                        differences.stream()
                                .map(difference -> culpritOf(access.config(), difference))
                                .toList())
                .expected("what the access list says");
    }

    private static Culprit culpritOf(UserConfig config, Difference difference) {
        String what = "%s %s".formatted(difference.what().label(), difference.id());
        String how = switch (difference.kind()) {
            case MORE -> "not in the list (%s)".formatted(difference.actual());
            case LESS -> "missing (%s)".formatted(difference.expected());
            case OTHERWISE -> "%s instead of %s".formatted(difference.actual(), difference.expected());
        };
        List<String> advice = new ArrayList<>();
        undone(config, difference).ifPresent(advice::add);
        advice.add("to see all of it: holdfast access diff; to approve it as it is: holdfast access export");
        return new Culprit(
                "%s %s"
                        .formatted(
                                switch (difference.kind()) {
                                    case MORE -> "+";
                                    case LESS -> "-";
                                    case OTHERWISE -> "~";
                                },
                                what),
                line(difference.line(), "%s: %s".formatted(what, how)),
                advice,
                Optional.of(difference.administrative() ? Severity.HIGH : Severity.MEDIUM));
    }

    /** What takes away what is too much; what is missing may be missing for a reason. */
    private static Optional<String> undone(UserConfig config, Difference difference) {
        if (difference.kind() != AccessDiff.Kind.MORE) {
            return Optional.empty();
        }
        return switch (difference.what()) {
            case USER -> Optional.of(Pveum.modifyUser(difference.id(), "--enable 0"));
            case GROUP -> Optional.of("pveum group delete %s".formatted(Pveum.word(difference.id())));
            case MEMBER -> Optional.empty();
            case TOKEN -> config.token(difference.id()).map(Pveum::removeToken);
            case ROLE -> Optional.of("pveum role delete %s".formatted(Pveum.word(difference.id())));
            case ACL ->
                config.grants().stream()
                        .filter(grant -> "%s on %s for %s"
                                .formatted(grant.role(), grant.path(), grant.subject())
                                .equals(difference.id()))
                        .findFirst()
                        .map(Pveum::deleteAcl);
        };
    }
}
