package holdfast.checks.access;

import holdfast.access.AccessList;
import holdfast.access.AccessList.AclEntry;
import holdfast.access.AclPaths;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import java.util.List;
import java.util.Optional;

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

    /** Why its rights cannot be put in place: there are none, or pveum would refuse one. */
    static Optional<String> obstacle(UserConfig config, AccessList list, Subject subject) {
        List<AclEntry> entries = of(list, subject);
        return entries.stream().allMatch(entry -> entry.role().equals(Privileges.NO_ACCESS))
                ? Optional.of("the access list gives nothing to %s".formatted(subject))
                : entries.stream()
                        .flatMap(entry -> obstacle(config, entry).stream())
                        .findFirst();
    }

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
