package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.line;
import static holdfast.checks.access.Access.names;

import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Group;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
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

/** One switch brings back everything that is left to them, their tokens included. */
@CheckInfo(
        title = "Disabled and expired users keep no rights",
        severity = Severity.LOW,
        tags = {"accounts", "hygiene"},
        references = {
            "Proxmox VE Administration Guide, User Management, Users",
            "pve-access-control src/PVE/AccessControl.pm, check_user_enabled()"
        })
public final class ExpiredUsers implements Check.OfCluster<Access.Facts> {

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
        UserConfig config = access.config();
        List<Culprit> culprits = new ArrayList<>();
        for (User user : config.users().values()) {
            if (!user.isActive(access.now()) && !user.id().equals(UserConfig.ROOT)) {
                List<Grant> grants = config.grants().stream()
                        .filter(grant -> grant.subject().equals(Subject.user(user.id())))
                        .toList();
                List<Group> groups = config.groupsOf(user.id());
                List<Token> tokens = config.tokensOf(user.id());
                if (!grants.isEmpty() || !groups.isEmpty() || !tokens.isEmpty()) {
                    culprits.add(culpritOf(user, grants, groups, tokens));
                }
            }
        }
        if (culprits.isEmpty()) {
            return pass("no disabled or expired user has entries, groups or tokens");
        }
        return blame("disabled or expired users that keep rights", culprits)
                .expected("no ACL entries, groups or tokens of users that may not log in");
    }

    private static Culprit culpritOf(User user, List<Grant> grants, List<Group> groups, List<Token> tokens) {
        List<String> left = new ArrayList<>();
        List<String> advice = new ArrayList<>();
        for (Grant grant : grants) {
            left.add("%s on %s (line %d)".formatted(grant.role(), grant.path(), grant.line()));
            advice.add(Pveum.deleteAcl(grant));
        }
        for (Group group : groups) {
            left.add("group %s (line %d)".formatted(group.name(), group.line()));
        }
        if (!groups.isEmpty()) {
            advice.add(Pveum.modifyUser(user.id(), "--groups ''"));
        }
        for (Token token : tokens) {
            left.add("token %s (line %d)".formatted(token.name(), token.line()));
            advice.add(Pveum.removeToken(token));
        }
        advice.add("or, when it will never come back: " + Pveum.user("delete", user.id()));
        return new Culprit(
                "%s (%s)".formatted(user.id(), user.enabled() ? "expired on " + day(user.expires()) : "disabled"),
                line(user.line(), "user %s keeps %s".formatted(user.id(), names(left))),
                advice,
                Optional.empty());
    }
}
