package holdfast.access;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * Who should have access to a cluster: what {@code access export} writes, a policy carries, and {@code access diff}
 * compares with.
 *
 * @param cluster the cluster's name or the fingerprint of its CA, or a standalone node's name; empty where the list is
 *     for every cluster that has this policy
 * @param users all but {@code root@pam}, which cannot be removed; it may be named all the same
 * @param roles those that do not come with Proxmox VE
 * @param acl all entries
 */
public record AccessList(
        Optional<String> cluster,
        List<UserEntry> users,
        List<GroupEntry> groups,
        List<TokenEntry> tokens,
        List<RoleEntry> roles,
        List<AclEntry> acl) {

    /** @param expires the last day, UTC; empty for never */
    public record UserEntry(String id, boolean enabled, Optional<LocalDate> expires) {}

    public record GroupEntry(String name, List<String> members) {
        public GroupEntry {
            members = List.copyOf(members);
        }
    }

    /**
     * @param owner who answers for it
     * @param purpose what it is for
     * @param scope the paths that it is meant for
     * @param created the day on which it was first made
     * @param rotated the day on which it got its present secret
     * @param expires the last day, UTC; empty for never
     * @param separated whether it has privilege separation
     * @param inUse whether something depends on it: no fix removes it without being told to
     */
    public record TokenEntry(
            String id,
            Optional<String> owner,
            Optional<String> purpose,
            List<String> scope,
            Optional<LocalDate> created,
            Optional<LocalDate> rotated,
            Optional<LocalDate> expires,
            boolean separated,
            boolean inUse) {
        public TokenEntry {
            scope = List.copyOf(scope);
        }
    }

    public record RoleEntry(String name, List<String> privileges) {
        public RoleEntry {
            privileges = List.copyOf(privileges);
        }
    }

    public record AclEntry(String path, Subject subject, String role, boolean propagate) {}

    public AccessList {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
        tokens = List.copyOf(tokens);
        roles = List.copyOf(roles);
        acl = List.copyOf(acl);
    }

    /** What the list says of a token. */
    public Optional<TokenEntry> token(String id) {
        return tokens.stream().filter(token -> token.id().equals(id)).findFirst();
    }
}
