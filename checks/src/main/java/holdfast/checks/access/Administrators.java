package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.names;

import holdfast.access.Permissions.Held;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whoever has Permissions.Modify, Sys.Modify or Realm.Allocate on {@code /} has everything as soon as he wants it. */
@CheckInfo(
        title = "Only named administrators can give themselves every right",
        severity = Severity.HIGH,
        tags = {"accounts", "acl"},
        references = {
            "Proxmox VE Administration Guide, User Management, Permission Management",
            "policy access.administrators",
            "pve-access-control src/PVE/AccessControl.pm, roles(); src/PVE/RPCEnvironment.pm, permissions()"
        })
public final class Administrators implements Check.OfCluster<Access.Facts> {

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
        return Access.judge(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        UserConfig config = access.config();
        List<Culprit> culprits = new ArrayList<>();
        Set<String> throughGroups = new TreeSet<>();
        for (Group group : config.groups().values()) {
            Subject subject = Subject.group(group.name());
            if (access.isAdministrative(subject) && !isListed(access, group, policy)) {
                throughGroups.addAll(group.members());
                culprits.add(culpritOf(
                        access,
                        subject,
                        group.members().isEmpty()
                                ? " (it has no members)"
                                : " (%s)".formatted(names(List.copyOf(group.members()))),
                        ""));
            }
        }
        for (User user : config.users().values()) {
            Subject subject = Subject.user(user.id());
            if (access.isAdministrative(subject)
                    && !access.isListed(subject, policy)
                    && !(throughGroups.contains(user.id()) && hasItFromGroups(access, subject))) {
                culprits.add(culpritOf(access, subject, "", remark(access, user)));
            }
        }
        for (Token token : config.tokens().values()) {
            Subject subject = Subject.token(token.id());
            // What it has been given counts, though its user may lack it today.
            if (!giving(access, subject).isEmpty() && !access.isListed(subject, policy)) {
                culprits.add(culpritOf(access, subject, "", remark(access, token)));
            }
        }
        if (culprits.isEmpty()) {
            long administrators = config.users().keySet().stream()
                    .filter(user -> access.isAdministrative(Subject.user(user)))
                    .count();
            return pass(
                    "%s on /, root@pam and whom the policy names",
                    count(administrators, "administrator", "administrators"));
        }
        return blame("administrators on / that the policy does not name", culprits)
                .expected(
                        policy.access().administrators().isEmpty()
                                ? "root@pam alone: the policy's access.administrators is empty"
                                : "root@pam, %s".formatted(names(policy.access().administrators())));
    }

    /** Named itself, or all who are in it are. */
    private static boolean isListed(Access access, Group group, Policy policy) {
        return access.isListed(Subject.group(group.name()), policy)
                || (!group.members().isEmpty()
                        && group.members().stream().allMatch(member -> access.isListed(Subject.user(member), policy)));
    }

    private static boolean hasItFromGroups(Access access, Subject user) {
        return giving(access, user).stream()
                .flatMap(held -> held.grants().stream())
                .allMatch(grant -> grant.subject().kind() == Subject.Kind.GROUP);
    }

    private static List<Held> giving(Access access, Subject subject) {
        return access.permissions().at(subject, "/").roles().values().stream()
                .filter(held -> access.config()
                        .role(held.role())
                        .filter(role -> Privileges.areAdministrative(role.privileges()))
                        .isPresent())
                .toList();
    }

    private static String remark(Access access, User user) {
        return !user.enabled() ? " (disabled)" : user.isExpired(access.now()) ? " (expired)" : "";
    }

    private static String remark(Access access, Token token) {
        return token.isExpired(access.now())
                ? " (expired)"
                : access.isAdministrative(Subject.token(token.id()))
                        ? ""
                        : " (without effect while %s may not)".formatted(token.user());
    }

    private static Culprit culpritOf(Access access, Subject subject, String who, String remark) {
        List<Held> giving = giving(access, subject);
        List<String> advice = new ArrayList<>();
        giving.stream().flatMap(held -> held.grants().stream()).forEach(grant -> advice.add(Pveum.deleteAcl(grant)));
        access.config()
                .token(subject.id())
                .filter(token -> !token.separated())
                .ifPresent(token -> advice.add(0, Pveum.modifyToken(token, "--privsep 1")));
        advice.add("or, where it is right, name it in the policy: access: { administrators: [%s] }"
                .formatted(Pveum.word(subject.toString())));
        return new Culprit(
                subject + who + remark,
                "%s: %s%s"
                        .formatted(
                                subject,
                                giving.stream()
                                        .map(held -> "%s on %s".formatted(held.role(), held.source()))
                                        .collect(Collectors.joining("; ")),
                                access.config()
                                                .token(subject.id())
                                                .filter(token -> !token.separated())
                                                .isPresent()
                                        ? ", as its user has (no privilege separation)"
                                        : ""),
                advice,
                Optional.empty());
    }
}
