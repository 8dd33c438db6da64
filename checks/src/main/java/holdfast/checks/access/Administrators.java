package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.names;

import holdfast.access.AccessList;
import holdfast.access.Permissions.Held;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Group;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
        Map<Subject, Culprit> culprits = culprits(access, policy);
        if (culprits.isEmpty()) {
            long administrators = access.config().users().keySet().stream()
                    .filter(user -> access.isAdministrative(Subject.user(user)))
                    .count();
            return pass(
                    "%s on /, root@pam and whom the policy names",
                    count(administrators, "administrator", "administrators"));
        }
        return blame("administrators on / that the policy does not name", List.copyOf(culprits.values()))
                .expected(
                        policy.access().administrators().isEmpty()
                                ? "root@pam alone: the policy's access.administrators is empty"
                                : "root@pam, %s".formatted(names(policy.access().administrators())))
                .remedy(remedy(access, policy, culprits.keySet()));
    }

    private static Map<Subject, Culprit> culprits(Access access, Policy policy) {
        UserConfig config = access.config();
        Map<Subject, Culprit> culprits = new LinkedHashMap<>();
        Set<String> throughGroups = new TreeSet<>();
        for (Group group : config.groups().values()) {
            Subject subject = Subject.group(group.name());
            if (access.isAdministrative(subject) && !isListed(access, group, policy)) {
                throughGroups.addAll(group.members());
                culprits.put(
                        subject,
                        culpritOf(
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
                culprits.put(subject, culpritOf(access, subject, "", remark(access, user)));
            }
        }
        for (Token token : config.tokens().values()) {
            Subject subject = Subject.token(token.id());
            // What it has been given counts, though its user may lack it today.
            if (!giving(access, subject).isEmpty() && !access.isListed(subject, policy)) {
                culprits.put(subject, culpritOf(access, subject, "", remark(access, token)));
            }
        }
        return culprits;
    }

    // ------------------------------------------------------------------ the fix

    private static Remedy remedy(Access access, Policy policy, Set<Subject> culprits) {
        return switch (access.list(policy)) {
            case Reading.Unknown<Optional<AccessList>>(var why) ->
                Remedy.refused(
                        "what they need instead stands in the access list, and " + why,
                        "scan again, or mend it by hand as advised");
            case Reading.Known<Optional<AccessList>>(var list) ->
                list.map(known -> narrowed(access, policy, known, culprits))
                        .orElseGet(() -> Remedy.refused(
                                "what they need instead stands in no access list",
                                "name whom it is right for in the policy: access: { administrators: [...] }",
                                "write down for the others what they need: holdfast access export, and narrower entries in place of those on /",
                                "or mend it by hand, as advised"));
        };
    }

    /** First what the list gives them, then what is too much goes. */
    private static Remedy narrowed(Access access, Policy policy, AccessList list, Set<Subject> culprits) {
        Sketch sketch = new Sketch(access.config());
        Obstacles obstacles = new Obstacles();
        for (Subject subject : culprits) {
            narrow(access, sketch, list, subject)
                    .ifPresent(why -> obstacles.add(
                            why,
                            "say in the access list what %1$s needs, or name it in access.administrators: acl: [{ path: PATH, subject: '%1$s', role: ROLE }]"
                                    .formatted(Clean.line(subject.toString()))));
        }
        if (!obstacles.isEmpty()) {
            return obstacles.refused();
        }
        Access after = access.with(sketch.after());
        for (Subject left : culprits(after, policy).keySet()) {
            obstacles.add(
                    "%s would be an administrator all the same, by %s"
                            .formatted(
                                    left,
                                    giving(after, left).stream()
                                            .map(Held::source)
                                            .distinct()
                                            .collect(Collectors.joining("; "))),
                    left.kind() == Subject.Kind.USER ? leave(after, left) : "mend it by hand, as advised");
        }
        subjects(access)
                .filter(subject -> access.isListed(subject, policy)
                        && access.isAdministrative(subject)
                        && !after.isAdministrative(subject))
                .forEach(subject -> obstacles.add(
                        "%s, whom the policy names, would be no administrator any more".formatted(subject),
                        Stream.concat(
                                        Stream.of("give %s the role itself: %s"
                                                .formatted(
                                                        subject,
                                                        Pveum.addAcl("/", subject, Privileges.ADMINISTRATOR, true))),
                                        culprits.stream()
                                                .filter(group -> group.kind() == Subject.Kind.GROUP)
                                                .flatMap(group -> unnamed(access, policy, group)))
                                .toArray(String[]::new)));
        if (!after.hasAdministrator()) {
            obstacles.add(
                    "nobody who can log in would be an administrator any more",
                    Pveum.modifyUser(UserConfig.ROOT, "--enable 1 --expire 0"));
        }
        if (!obstacles.isEmpty()) {
            return obstacles.refused();
        }
        return sketch.remedy(
                access,
                List.of("%s: what the access list gives is put there first, then the right to everything goes"
                        .formatted(
                                names(culprits.stream().map(Subject::toString).toList()))));
    }

    private static Stream<Subject> subjects(Access access) {
        return Stream.concat(
                access.config().users().keySet().stream().map(Subject::user),
                Stream.concat(
                        access.config().groups().keySet().stream().map(Subject::group),
                        access.config().tokens().keySet().stream().map(Subject::token)));
    }

    /**
     * What the list gives in place of everything, and then the end of that.
     *
     * @return why it cannot be done
     */
    private static Optional<String> narrow(Access access, Sketch sketch, AccessList list, Subject subject) {
        UserConfig config = access.config();
        if (!ListedRights.knows(list, subject)) {
            return Optional.of("the access list does not know %s".formatted(subject));
        }
        Optional<String> obstacle = ListedRights.of(list, subject).stream()
                .filter(entry -> entry.path().equals("/") && isAdministrative(config, entry.role()))
                .map(entry -> "the access list gives %s to %s on /, and access.administrators does not name it"
                        .formatted(entry.role(), subject))
                .findFirst()
                .or(() -> config.token(subject.id())
                        .map(token -> TokenPrivilegeSeparation.separate(sketch, config, list, token))
                        .orElseGet(() -> ListedRights.put(sketch, config, list, subject)));
        if (obstacle.isEmpty()) {
            config.grants().stream()
                    .filter(grant -> grant.subject().equals(subject)
                            && grant.path().equals("/")
                            && isAdministrative(config, grant.role()))
                    .forEach(sketch::remove);
        }
        return obstacle;
    }

    private static boolean isAdministrative(UserConfig config, String role) {
        return config.role(role)
                .filter(known -> Privileges.areAdministrative(known.privileges()))
                .isPresent();
    }

    /** How whoever the policy does not name leaves a group that others need. */
    private static Stream<String> unnamed(Access access, Policy policy, Subject group) {
        return access.permissions().usersBehind(group).stream()
                .filter(member -> !policy.access().administrators().contains(member))
                .map(member -> stay(access, member, Set.of(group.id())));
    }

    /** How a user leaves all groups that make him an administrator. */
    private static String leave(Access access, Subject user) {
        return stay(
                access,
                user.id(),
                access.config().groupsOf(user.id()).stream()
                        .map(Group::name)
                        .filter(group -> access.isAdministrative(Subject.group(group)))
                        .collect(Collectors.toSet()));
    }

    private static String stay(Access access, String user, Set<String> without) {
        return Pveum.modifyUser(
                user,
                "--groups %s"
                        .formatted(Pveum.word(access.config().groupsOf(user).stream()
                                .map(Group::name)
                                .filter(group -> !without.contains(group))
                                .collect(Collectors.joining(",")))));
    }

    // ------------------------------------------------------------------ who it is

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
                .filter(held -> isAdministrative(access.config(), held.role()))
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
