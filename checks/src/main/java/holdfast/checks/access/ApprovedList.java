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
import holdfast.access.AccessList.AclEntry;
import holdfast.access.AclPaths;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

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
                        : judge(access, policy, list.get());
        };
    }

    private static Verdict judge(Access access, Policy policy, AccessList list) {
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
                .expected("what the access list says")
                .remedy(remedy(access, policy, list, differences));
    }

    // ------------------------------------------------------------------ the fix

    /**
     * Roles and entries as the list has them. What was made or deleted, who is in which group, and what a user or token is by
     * itself, is for a person: none of it comes back as it was.
     */
    private static Remedy remedy(Access access, Policy policy, AccessList list, List<Difference> differences) {
        UserConfig config = access.config();
        Sketch sketch = new Sketch(config);
        Obstacles obstacles = new Obstacles();
        for (Difference difference : differences) {
            if (difference.what() != AccessDiff.What.ACL) {
                Optional<Token> open = config.token(difference.id()).filter(token -> !token.separated());
                if (difference.what() == AccessDiff.What.ROLE && difference.kind() != AccessDiff.Kind.MORE) {
                    role(config, list, difference.id(), sketch, obstacles);
                } else if (difference.what() == AccessDiff.What.TOKEN
                        && difference.kind() == AccessDiff.Kind.OTHERWISE
                        && open.isPresent()
                        && !ListedRights.of(list, Subject.token(difference.id()))
                                .isEmpty()) {
                    sketch.separate(open.get());
                } else {
                    obstacles.add(
                            "%s %s is for a person: %s"
                                    .formatted(difference.what().label(), difference.id(), how(difference)),
                            undone(config, difference)
                                    .orElse("make it so, or approve it as it is: holdfast access export"));
                }
            }
        }
        // An entry may be of a role that comes into being by this very fix.
        UserConfig withRoles = sketch.after();
        Map<Place, AclEntry> wanted = new LinkedHashMap<>();
        list.acl().forEach(entry -> wanted.put(new Place(entry.path(), entry.subject(), entry.role()), entry));
        Set<AclEntry> there = new HashSet<>();
        config.grants()
                .forEach(grant ->
                        there.add(new AclEntry(grant.path(), grant.subject(), grant.role(), grant.propagate())));
        wanted.values().stream()
                .filter(entry -> !there.contains(entry))
                .forEach(entry -> ListedRights.obstacle(withRoles, entry)
                        .ifPresentOrElse(
                                why -> obstacles.add(why, "make it, or take the entry out of the list"),
                                () -> ListedRights.add(sketch, List.of(entry))));
        List<Grant> tooMuch = config.grants().stream()
                .filter(grant -> !wanted.containsKey(new Place(grant.path(), grant.subject(), grant.role())))
                .toList();
        for (Grant grant : tooMuch) {
            keeping(config, list, grant)
                    .ifPresentOrElse(
                            why -> obstacles.add(
                                    "%s is not in the list, and stays: %s".formatted(grant.words(), why),
                                    Pveum.deleteAcl(grant)),
                            () -> sketch.remove(grant));
        }
        Access after = access.with(sketch.after());
        if (!tooMuch.isEmpty() && !after.hasAdministrator()) {
            obstacles.add(
                    "nobody who can log in would be an administrator any more",
                    Pveum.modifyUser(UserConfig.ROOT, "--enable 1 --expire 0"));
        }
        config.users().keySet().stream()
                .map(Subject::user)
                .filter(user ->
                        access.isListed(user, policy) && access.isAdministrative(user) && !after.isAdministrative(user))
                .forEach(user -> obstacles.add(
                        "%s, whom access.administrators names, would be no administrator any more: the access list gives it to nobody"
                                .formatted(user),
                        "say in the access list what makes %s an administrator".formatted(user)));
        if (obstacles.isEmpty()) {
            AccessDiff.of(list, sketch.after())
                    .forEach(left -> obstacles.add(
                            "%s %s is for a person: %s".formatted(left.what().label(), left.id(), how(left)),
                            "make it so, or approve it as it is: holdfast access export"));
        }
        if (!obstacles.isEmpty()) {
            return obstacles.refused();
        }
        List<String> notes = new ArrayList<>();
        notes.add("first what the list has and the cluster has not, then what is too much goes");
        tooMuch.forEach(
                grant -> notes.add("%s goes: the list knows %s without it".formatted(grant.words(), grant.subject())));
        return sketch.remedy(access, notes);
    }

    private record Place(String path, Subject subject, String role) {}

    private static void role(UserConfig config, AccessList list, String name, Sketch sketch, Obstacles obstacles) {
        // Without one in the list it is one of Proxmox VE's own that a line of user.cfg changes.
        SortedSet<String> privileges = ListedRights.privileges(list, name).orElseGet(TreeSet::new);
        ListedRights.obstacle(config, name, privileges)
                .ifPresentOrElse(
                        why -> obstacles.add(why, "look where user.cfg speaks of it, or change it in the list"),
                        () -> sketch.role(name, privileges));
    }

    /** Why an entry that the list has not is not taken away. */
    private static Optional<String> keeping(UserConfig config, AccessList list, Grant grant) {
        if (list.acl().isEmpty()) {
            return Optional.of("the list has no entry at all");
        }
        if (!config.exists(grant.subject())) {
            return Optional.of("pveum takes away no entry of what does not exist; see access.orphaned-acls");
        }
        if (!ListedRights.knows(list, grant.subject())) {
            return Optional.of("the list does not know %s".formatted(grant.subject()));
        }
        return AclPaths.isKnown(grant.path())
                ? Optional.empty()
                : Optional.of(
                        "Proxmox VE asks for no such path, and an undo could not put it back; see access.orphaned-acls");
    }

    // ------------------------------------------------------------------ words

    private static String how(Difference difference) {
        return switch (difference.kind()) {
            case MORE -> "not in the list (%s)".formatted(difference.actual());
            case LESS -> "missing (%s)".formatted(difference.expected());
            case OTHERWISE -> "%s instead of %s".formatted(difference.actual(), difference.expected());
        };
    }

    private static Culprit culpritOf(UserConfig config, Difference difference) {
        String what = "%s %s".formatted(difference.what().label(), difference.id());
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
                line(difference.line(), "%s: %s".formatted(what, how(difference))),
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
