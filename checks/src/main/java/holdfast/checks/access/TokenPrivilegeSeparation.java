package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessList;
import holdfast.access.AclPaths;
import holdfast.access.Permissions;
import holdfast.access.Privileges;
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
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Without privilege separation a token may whatever its user may, now and later. */
@CheckInfo(
        title = "Every API token has privilege separation",
        severity = Severity.HIGH,
        tags = {"tokens"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "pve-access-control src/PVE/RPCEnvironment.pm, permissions()"
        })
public final class TokenPrivilegeSeparation implements Check.OfCluster<Access.Facts> {

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
        List<Token> tokens =
                access.liveTokens().stream().filter(token -> !token.separated()).toList();
        if (tokens.isEmpty()) {
            return pass(
                    "each of %s has privilege separation",
                    count(access.liveTokens().size(), "token", "tokens"));
        }
        return blame(
                        "tokens without privilege separation may all that their users may",
                        tokens.stream().map(token -> culpritOf(access, token)).toList())
                .expected("privsep 1, and ACL entries for the token itself")
                .remedy(remedy(access, policy, tokens));
    }

    // ------------------------------------------------------------------ the fix

    /** How many rights that go are named in a note. */
    private static final int NAMED = 3;

    private static Remedy remedy(Access access, Policy policy, List<Token> tokens) {
        return switch (access.list(policy)) {
            case Reading.Unknown<Optional<AccessList>>(var why) ->
                Remedy.refused(
                        "what a token needs stands in the access list, and " + why,
                        "scan again, or mend it by hand as advised");
            case Reading.Known<Optional<AccessList>>(var list) ->
                access.isTooMuch(tokens.size())
                        ? Remedy.refused(
                                "what they may is more than is looked through",
                                "look at user.cfg: somebody has blown it up",
                                "or mend it by hand, as advised")
                        : list.map(known -> asListed(access, known, tokens)).orElseGet(() -> asUsed(access, tokens));
        };
    }

    /** An entry of a token without privilege separation has no effect, so that putting it there breaks nothing. */
    private static Remedy asListed(Access access, AccessList list, List<Token> tokens) {
        Sketch sketch = new Sketch(access.config());
        Obstacles obstacles = new Obstacles();
        for (Token token : tokens) {
            separate(sketch, access.config(), list, token).ifPresent(why -> obstacles.add(why, toList(token)));
        }
        if (!obstacles.isEmpty()) {
            return obstacles.refused();
        }
        Permissions after = new Permissions(sketch.after());
        return sketch.remedy(
                access,
                tokens.stream().map(token -> narrowed(access, after, token)).toList());
    }

    /**
     * Gives a token what the list has for it, and then no more than that.
     *
     * @return why it cannot be done
     */
    static Optional<String> separate(Sketch sketch, UserConfig config, AccessList list, Token token) {
        if (list.token(token.id()).filter(entry -> !entry.separated()).isPresent()) {
            return Optional.of("the access list says that %s has no privilege separation".formatted(token.id()));
        }
        Optional<String> obstacle = ListedRights.put(sketch, config, list, Subject.token(token.id()));
        if (obstacle.isEmpty() && !token.separated()) {
            sketch.separate(token);
        }
        return obstacle;
    }

    private static String toList(Token token) {
        return "say in the access list what it needs, on the narrowest path: tokens: [{ id: '%1$s', privilege_separation: true }], acl: [{ path: PATH, subject: '%1$s', role: ROLE }]"
                .formatted(Clean.line(token.id()));
    }

    private static String narrowed(Access access, Permissions after, Token token) {
        Subject subject = Subject.token(token.id());
        List<String> lost = new ArrayList<>();
        for (String place : access.places()) {
            Set<String> privileges = new TreeSet<>(
                    access.permissions().at(subject, place).privileges().keySet());
            privileges.removeAll(after.at(subject, place).privileges().keySet());
            if (!privileges.isEmpty()) {
                lost.add("%s (%s%s)"
                        .formatted(
                                place,
                                privileges.stream().limit(NAMED).collect(Collectors.joining(", ")),
                                privileges.size() > NAMED ? " and %d more".formatted(privileges.size() - NAMED) : ""));
            }
        }
        return lost.isEmpty()
                ? "%s keeps all that it may, by entries of its own".formatted(token.id())
                : "%s keeps what the access list gives it, and loses rights on %s: %s%s"
                        .formatted(
                                token.id(),
                                count(lost.size(), "path", "paths"),
                                lost.stream().limit(NAMED).collect(Collectors.joining("; ")),
                                lost.size() > NAMED ? "; and more" : "");
    }

    /** Without a list: what its user has now, so that it may afterwards exactly what it may now. */
    private static Remedy asUsed(Access access, List<Token> tokens) {
        Sketch sketch = new Sketch(access.config());
        Obstacles obstacles = new Obstacles();
        List<String> notes = new ArrayList<>();
        for (Token token : tokens) {
            if (access.isAdministrative(Subject.user(token.user()))) {
                obstacles.add(
                        "%s is a token of %s, who may everything: a copy of that would be an administrator's entry for a token, and what it needs stands in no access list"
                                .formatted(token.id(), token.user()),
                        toList(token));
                continue;
            }
            List<Grant> grants = grantsOf(access, token);
            Optional<Grant> odd = grants.stream()
                    .filter(grant -> !AclPaths.isKnown(grant.path()))
                    .findFirst();
            if (odd.isPresent()) {
                obstacles.add(
                        "%s has %s, which Proxmox VE asks for nowhere and pveum adds to nobody"
                                .formatted(token.user(), odd.get().words()),
                        "remove it first: holdfast fix --checks access.orphaned-acls");
                continue;
            }
            // A user's entry and one of a group of his on the same path may differ in whether they count below.
            Map<List<String>, Boolean> below = new LinkedHashMap<>();
            grants.forEach(
                    grant -> below.merge(List.of(grant.path(), grant.role()), grant.propagate(), Boolean::logicalOr));
            below.forEach(
                    (place, propagate) -> sketch.add(place.get(0), Subject.token(token.id()), place.get(1), propagate));
            sketch.separate(token);
            notes.add(
                    grants.isEmpty()
                            ? "%s may nothing, as before: %s has no ACL entry".formatted(token.id(), token.user())
                            : "%s gets copies of what %s has (%s), and may what it may now; the next step is to narrow them"
                                    .formatted(token.id(), token.user(), count(grants.size(), "entry", "entries")));
        }
        Permissions after = new Permissions(sketch.after());
        for (Token token : obstacles.isEmpty() ? tokens : List.<Token>of()) {
            Subject subject = Subject.token(token.id());
            SortedSet<String> places = access.places();
            places.addAll(after.listedPaths());
            places.stream()
                    .filter(place -> !access.permissions()
                            .at(subject, place)
                            .privileges()
                            .equals(after.at(subject, place).privileges()))
                    .findFirst()
                    .ifPresent(place -> obstacles.add(
                            "with privilege separation and what %s has, %s would lose rights on %s: an entry of its own there, without effect so far, would count"
                                    .formatted(token.user(), token.id(), place),
                            "look what it has: pveum acl list",
                            "take its own entry away, or give it what it needs there, and then: "
                                    + Pveum.modifyToken(token, "--privsep 1")));
        }
        return obstacles.isEmpty() ? sketch.remedy(access, notes) : obstacles.refused();
    }

    /** What its user has, himself and by his groups. Denials need no copy: a token never has what its user has not. */
    private static List<Grant> grantsOf(Access access, Token token) {
        Set<Subject> voices = new HashSet<>();
        voices.add(Subject.user(token.user()));
        access.config().groupsOf(token.user()).forEach(group -> voices.add(Subject.group(group.name())));
        return access.config().grants().stream()
                .filter(grant -> voices.contains(grant.subject()))
                .filter(grant -> !grant.role().equals(Privileges.NO_ACCESS))
                .toList();
    }

    // ------------------------------------------------------------------ words

    private static Culprit culpritOf(Access access, Token token) {
        Subject user = Subject.user(token.user());
        boolean administrative = access.isAdministrative(user);
        List<String> steps = new ArrayList<>();
        List<Grant> grants = grantsOf(access, token);
        grants.forEach(grant ->
                steps.add(Pveum.addAcl(grant.path(), Subject.token(token.id()), grant.role(), grant.propagate())));
        if (grants.isEmpty()) {
            steps.add(
                    "give the token what it needs, on the narrowest path: pveum acl modify PATH --tokens %s --roles ROLE"
                            .formatted(Pveum.word(token.id())));
        }
        steps.add(Pveum.modifyToken(token, "--privsep 1"));
        return new Culprit(
                token.id() + (administrative ? " (its user is an administrator)" : ""),
                line(
                        token.line(),
                        "token %s, privsep 0; %s"
                                .formatted(
                                        token.id(),
                                        grants.isEmpty()
                                                ? user.id().equals(UserConfig.ROOT)
                                                        ? "root@pam may everything"
                                                        : token.user() + " has no ACL entry"
                                                : "its user has "
                                                        + grants.stream()
                                                                .limit(5)
                                                                .map(grant -> "%s (line %d)"
                                                                        .formatted(grant.words(), grant.line()))
                                                                .collect(Collectors.joining("; ")))),
                steps,
                Optional.of(administrative ? Severity.CRITICAL : Severity.HIGH));
    }
}
