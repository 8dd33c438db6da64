package holdfast.checks.access;

import holdfast.access.AccessList;
import holdfast.access.AccessList.AclEntry;
import holdfast.access.AclPaths;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What an access list gives to somebody, to be put in place before something broader is taken away. */
final class ListedRights {

    private ListedRights() {}

    static List<AclEntry> of(AccessList list, Subject subject) {
        return list.acl().stream()
                .filter(entry -> entry.subject().equals(subject))
                .toList();
    }

    /** Whether the list speaks of it as something that should exist. */
    static boolean knows(AccessList list, Subject subject) {
        return switch (subject.kind()) {
            case USER ->
                subject.id().equals(UserConfig.ROOT)
                        || list.users().stream().anyMatch(user -> user.id().equals(subject.id()));
            case GROUP -> list.groups().stream().anyMatch(group -> group.name().equals(subject.id()));
            case TOKEN -> list.token(subject.id()).isPresent();
        };
    }

    /**
     * Puts its rights in place, with the roles of the list that they are of and that do not exist yet.
     *
     * @return why it cannot be done: there are none, or pveum would refuse one
     */
    static Optional<String> put(Sketch sketch, UserConfig config, AccessList list, Subject subject) {
        List<AclEntry> entries = of(list, subject);
        if (entries.stream().allMatch(entry -> entry.role().equals(Privileges.NO_ACCESS))) {
            return Optional.of("the access list gives nothing to %s".formatted(subject));
        }
        for (String role : entries.stream().map(AclEntry::role).distinct().toList()) {
            Optional<SortedSet<String>> privileges = privileges(list, role);
            if (config.role(role).isEmpty() && privileges.isPresent()) {
                Optional<String> obstacle = obstacle(config, role, privileges.get());
                if (obstacle.isPresent()) {
                    return obstacle;
                }
                sketch.role(role, privileges.get());
            }
        }
        UserConfig withRoles = sketch.after();
        Optional<String> obstacle = entries.stream()
                .flatMap(entry -> obstacle(withRoles, entry).stream())
                .findFirst();
        if (obstacle.isEmpty()) {
            add(sketch, entries);
        }
        return obstacle;
    }

    /** The privileges that the list gives to a role, where it has such a role. */
    static Optional<SortedSet<String>> privileges(AccessList list, String role) {
        return list.roles().stream()
                .filter(entry -> entry.name().equals(role))
                .reduce((earlier, later) -> later)
                .map(entry -> new TreeSet<>(entry.privileges()));
    }

    /** Why pveum would refuse to make a role, or to give it these privileges. */
    static Optional<String> obstacle(UserConfig config, String role, SortedSet<String> privileges) {
        // It makes no role whose name begins as those of Proxmox VE do, and changes none of them.
        if (config.release().isBuiltIn(role) || PROXMOX.matcher(role).lookingAt()) {
            return Optional.of("role %s is named like those that come with Proxmox VE, which pveum does not change"
                    .formatted(role));
        }
        List<String> unknown = privileges.stream()
                .filter(privilege -> !config.release().knows(privilege))
                .toList();
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of("the list gives role %s privileges that this release does not know: %s"
                        .formatted(role, Access.names(unknown)));
    }

    private static final Pattern PROXMOX = Pattern.compile("PVE", Pattern.CASE_INSENSITIVE);

    /** Why pveum would refuse to add an entry. */
    static Optional<String> obstacle(UserConfig config, AclEntry entry) {
        String words =
                "the entry of the access list %s on %s for %s".formatted(entry.role(), entry.path(), entry.subject());
        if (!config.exists(entry.subject())) {
            return Optional.of("%s: there is no such %s"
                    .formatted(words, entry.subject().kind().label()));
        }
        if (config.role(entry.role()).isEmpty()) {
            return Optional.of("%s: there is no such role".formatted(words));
        }
        return AclPaths.isKnown(entry.path())
                ? Optional.empty()
                : Optional.of("%s: Proxmox VE asks for no such path".formatted(words));
    }

    static void add(Sketch sketch, List<AclEntry> entries) {
        entries.forEach(entry -> sketch.add(entry.path(), entry.subject(), entry.role(), entry.propagate()));
    }
}
