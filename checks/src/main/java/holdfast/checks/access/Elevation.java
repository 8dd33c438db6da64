package holdfast.checks.access;

import holdfast.access.Permissions.Effective;
import holdfast.access.Permissions.Held;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Group;
import holdfast.access.UserConfig.User;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The ways in which somebody who is no administrator on {@code /} can get more rights by calls of the API that he may
 * make (pve-access-control 9.1, src/PVE/API2; the same since 8.0):
 *
 * <ul>
 *   <li>Who may modify a user ({@code User.Modify} on {@code /access/groups}, or on one of his groups) may make him a
 *       token without privilege separation (User.pm, generate_token). {@code root@pam} is no exception there, as it is
 *       for passwords and second factors.
 *   <li>Who may modify a user and a group puts the one into the other (User.pm, update_user), and with {@code
 *       Realm.AllocateUser} a new user of his own (create_user).
 *   <li>{@code Permissions.Modify} on a path gives any role there to anybody (ACL.pm). {@code Pool.Allocate},
 *       {@code VM.Allocate} and {@code Datastore.Allocate} give only what their holder has himself.
 *   <li>{@code Sys.Modify} on {@code /access} changes any role that does not come with Proxmox VE (Role.pm).
 *   <li>{@code Realm.Allocate} on {@code /access/realm} points a realm at another server, which says who its users are
 *       (Domains.pm).
 * </ul>
 */
final class Elevation {

    private static final String GROUPS = "/access/groups";
    private static final String REALMS = "/access/realm";

    /**
     * One way up.
     *
     * @param privilege what opens it
     * @param path where it is held
     * @param held the roles that give it there
     * @param means what it is good for
     * @param total whether it leads to every right, and not only to those on a path
     */
    record Way(String privilege, String path, List<Held> held, String means, boolean total) {
        Way {
            held = List.copyOf(held);
        }
    }

    /** Without one of these there is no way. */
    private static final Set<String> OPENING =
            Set.of("Permissions.Modify", "Realm.Allocate", "Sys.Modify", "User.Modify");

    private final Access access;
    private final UserConfig config;

    /** Whom an entry gives one of these, wherever, with the members of groups: of thousands of users these are a few. */
    private final Set<Subject> given = new HashSet<>();

    Elevation(Access access) {
        this.access = access;
        this.config = access.config();
        for (Grant grant : config.grants()) {
            boolean opens = config.role(grant.role())
                    .filter(role -> role.privileges().stream().anyMatch(OPENING::contains))
                    .isPresent();
            // A group that has a thousand entries is looked into once.
            if (opens && given.add(grant.subject()) && grant.subject().kind() == Subject.Kind.GROUP) {
                access.permissions().usersBehind(grant.subject()).forEach(user -> given.add(Subject.user(user)));
            }
        }
    }

    /** Whose ways are looked for: users and tokens that exist, without {@code root@pam}. */
    List<Subject> subjects() {
        List<Subject> subjects = new ArrayList<>();
        config.users().keySet().stream()
                .filter(user -> !user.equals(UserConfig.ROOT))
                .forEach(user -> subjects.add(Subject.user(user)));
        config.tokens().values().stream()
                .filter(token -> !token.isExpired(access.now()))
                // Without privilege separation it is its user under another name.
                .filter(token -> token.separated() || token.user().equals(UserConfig.ROOT))
                .forEach(token -> subjects.add(Subject.token(token.id())));
        return subjects;
    }

    /** All ways of one of the {@link #subjects}; none for who is an administrator already. */
    List<Way> of(Subject subject) {
        if (!given.contains(subject) || access.isAdministrative(subject)) {
            return List.of();
        }
        List<Way> ways = new ArrayList<>();
        if (!users(subject, ways)) {
            groups(subject, ways);
        }
        acl(subject, ways);
        held(subject, "/access", "Sys.Modify")
                .ifPresent(roles -> ways.add(new Way(
                        "Sys.Modify",
                        "/access",
                        roles,
                        "it may put every privilege into a role, one of its own among them",
                        true)));
        realms(subject, ways);
        return ways;
    }

    /** Whether it can get every right. */
    boolean isTotal(Subject subject) {
        return of(subject).stream().anyMatch(Way::total);
    }

    /** All users at once. */
    private boolean users(Subject subject, List<Way> ways) {
        Optional<List<Held>> roles = held(subject, GROUPS, "User.Modify");
        roles.ifPresent(held -> ways.add(new Way(
                "User.Modify",
                GROUPS,
                held,
                "it may make a token of any user, root@pam too, without privilege separation, and put any user into any group",
                true)));
        return roles.isPresent();
    }

    /** The members of some groups. */
    private void groups(Subject subject, List<Way> ways) {
        List<Group> managed = config.groups().values().stream()
                .filter(group -> access.permissions()
                        .at(subject, GROUPS + "/" + group.name())
                        .has("User.Modify"))
                .toList();
        NavigableSet<String> reachable = new TreeSet<>();
        managed.forEach(group -> group.members().stream()
                .filter(member -> config.user(member).isPresent())
                .forEach(reachable::add));
        for (Group group : managed) {
            String path = GROUPS + "/" + group.name();
            List<Held> held = held(subject, path, "User.Modify").orElse(List.of());
            group.members().stream()
                    .filter(member -> config.user(member).isPresent())
                    .filter(member -> !member.equals(subject.owner()) || subject.kind() == Subject.Kind.TOKEN)
                    .filter(member -> access.isAdministrative(Subject.user(member)))
                    .findFirst()
                    .ifPresent(member -> ways.add(new Way(
                            "User.Modify",
                            path,
                            held,
                            "it may make a token of %s, an administrator in that group, without privilege separation"
                                    .formatted(member),
                            true)));
            if (access.isAdministrative(Subject.group(group.name()))) {
                if (!reachable.isEmpty()) {
                    ways.add(new Way(
                            "User.Modify",
                            path,
                            held,
                            "it may put %s into that group of administrators".formatted(reachable.first()),
                            true));
                } else if (makesUsers(subject)) {
                    ways.add(new Way(
                            "User.Modify",
                            path,
                            held,
                            "it may make a user of its own in that group of administrators",
                            true));
                }
            }
        }
    }

    private boolean makesUsers(Subject subject) {
        return access.files().realms().keySet().stream()
                .anyMatch(realm ->
                        access.permissions().at(subject, REALMS + "/" + realm).has("Realm.AllocateUser"));
    }

    /** Paths where it may give roles and does not have everything yet; the topmost of each branch. */
    private void acl(Subject subject, List<Way> ways) {
        NavigableSet<String> paths =
                new TreeSet<>(config.grants().stream().map(Grant::path).toList());
        String above = "";
        for (String path : paths) {
            if (!above.isEmpty() && path.startsWith(above + "/")) {
                continue;
            }
            Effective effective = access.permissions().at(subject, path);
            List<Held> giving = held(subject, path, "Permissions.Modify").orElse(List.of());
            // What comes through a pool is told of the pool.
            if (giving.stream().allMatch(held -> held.pool().isPresent())) {
                continue;
            }
            boolean overUsers = path.equals("/access") || path.equals(GROUPS);
            if (overUsers
                    || !effective
                            .privileges()
                            .keySet()
                            .containsAll(config.release().all())) {
                ways.add(new Way(
                        "Permissions.Modify",
                        path,
                        giving,
                        overUsers
                                ? "it may give itself User.Modify there, and with it a token of any user"
                                : "it may give itself every role there",
                        overUsers));
                above = path;
            }
        }
    }

    /** Users of realms whose server it can choose; pam and pve ask none. */
    private void realms(Subject subject, List<Way> ways) {
        held(subject, REALMS, "Realm.Allocate").ifPresent(roles -> {
            List<User> users = config.users().values().stream()
                    .filter(user -> !user.id().equals(subject.owner()))
                    .filter(user -> !user.realm().equals("pam") && !user.realm().equals("pve"))
                    .filter(user -> user.isActive(access.now()))
                    .filter(user -> !access.permissions()
                            .listed(Subject.user(user.id()))
                            .isEmpty())
                    .toList();
            if (!users.isEmpty()) {
                ways.add(new Way(
                        "Realm.Allocate",
                        REALMS,
                        roles,
                        "it may point a realm at a server of its own, and log in as %s"
                                .formatted(Access.names(
                                        users.stream().map(User::id).toList())),
                        users.stream().anyMatch(user -> access.isAdministrative(Subject.user(user.id())))));
            }
        });
    }

    /** The roles that give it the privilege at the path; empty where it does not have it. */
    private Optional<List<Held>> held(Subject subject, String path, String privilege) {
        Effective effective = access.permissions().at(subject, path);
        return effective.has(privilege)
                ? Optional.of(effective.roles().values().stream()
                        .filter(held -> config.role(held.role())
                                .filter(role -> role.privileges().contains(privilege))
                                .isPresent())
                        .toList())
                : Optional.empty();
    }
}
