package holdfast.access;

import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Pool;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a user or token may do at a path, exactly as Proxmox VE finds it out, with the entries that it comes from
 * (pve-access-control: {@code roles()} in AccessControl.pm, {@code permissions()} in RPCEnvironment.pm).
 *
 * <p>From the root down, an entry for the token itself, else for the user, else for the user's groups together, replaces
 * everything that came from above. {@code NoAccess} among what is left leaves nothing. What is granted on the pool of a
 * guest or storage is added. A token with privilege separation has what both it and its user have.
 *
 * <p>Not for use by several threads at once.
 */
public final class Permissions {

    private final UserConfig config;
    private final Map<String, Map<Subject, List<Grant>>> byPath = new HashMap<>();
    private final Map<String, List<Subject>> groupsOf = new HashMap<>();
    private final Map<String, List<Pool>> poolsOf = new HashMap<>();

    public Permissions(UserConfig config) {
        this.config = config;
        for (Grant grant : config.grants()) {
            byPath.computeIfAbsent(grant.path(), path -> new LinkedHashMap<>())
                    .computeIfAbsent(grant.subject(), subject -> new ArrayList<>())
                    .add(grant);
        }
        config.groups()
                .values()
                .forEach(group -> group.members()
                        .forEach(member -> groupsOf.computeIfAbsent(member, user -> new ArrayList<>())
                                .add(Subject.group(group.name()))));
        config.pools().values().forEach(pool -> {
            pool.guests().forEach(guest -> inPool("/vms/" + guest, pool));
            pool.storages().forEach(storage -> inPool("/storage/" + storage, pool));
        });
    }

    private void inPool(String path, Pool pool) {
        poolsOf.computeIfAbsent(path, p -> new ArrayList<>()).add(pool);
    }

    /** What it is computed from. */
    public UserConfig config() {
        return config;
    }

    /**
     * A role that a subject has at a path.
     *
     * @param role its name
     * @param propagate whether it also counts below; never for one that comes from a pool
     * @param grants the entries that it comes from; empty for what {@code root@pam} has by itself
     * @param pool the pool through which it comes
     */
    public record Held(String role, boolean propagate, List<Grant> grants, Optional<String> pool) {
        public Held {
            grants = List.copyOf(grants);
        }

        /** {@code by acl line 14}, with the group or pool that it comes through. */
        public String source() {
            if (grants.isEmpty()) {
                return "/, which root@pam has by itself";
            }
            Grant first = grants.get(0);
            return "%s by acl line %d%s%s"
                    .formatted(
                            first.path(),
                            first.line(),
                            first.subject().kind() == Subject.Kind.GROUP ? " for " + first.subject() : "",
                            pool.map(name -> ", through pool " + name).orElse(""));
        }
    }

    /**
     * What a subject has at a path.
     *
     * @param roles the roles that count there, by name; for a token with privilege separation its own
     * @param privileges privileges, and whether each is also had below
     */
    public record Effective(SortedMap<String, Held> roles, SortedMap<String, Boolean> privileges) {
        public Effective {
            roles = Collections.unmodifiableSortedMap(new TreeMap<>(roles));
            privileges = Collections.unmodifiableSortedMap(new TreeMap<>(privileges));
        }

        public boolean has(String privilege) {
            return privileges.containsKey(privilege);
        }
    }

    /**
     * What a user or token may do at a path, whether or not it is enabled.
     *
     * @param subject a user or token; a group has what its members get from it alone
     * @param path normalised, such as {@code /vms/100}
     */
    public Effective at(Subject subject, String path) {
        if (subject.kind() == Subject.Kind.TOKEN) {
            Token token = config.tokens().get(subject.id());
            if (token == null) {
                return new Effective(new TreeMap<>(), new TreeMap<>());
            }
            Effective owner = at(Subject.user(token.user()), path);
            if (!token.separated()) {
                return owner;
            }
            Effective own = computed(subject, path);
            return token.user().equals(UserConfig.ROOT) ? own : both(own, owner);
        }
        return subject.equals(Subject.user(UserConfig.ROOT)) ? everything() : computed(subject, path);
    }

    private Effective everything() {
        SortedMap<String, Held> roles = new TreeMap<>();
        roles.put(Privileges.ADMINISTRATOR, new Held(Privileges.ADMINISTRATOR, true, List.of(), Optional.empty()));
        return effective(roles);
    }

    private static Effective both(Effective token, Effective user) {
        SortedMap<String, Boolean> privileges = new TreeMap<>();
        token.privileges().forEach((privilege, below) -> {
            Boolean users = user.privileges().get(privilege);
            if (users != null) {
                privileges.put(privilege, below && users);
            }
        });
        return new Effective(token.roles(), privileges);
    }

    private Effective computed(Subject subject, String path) {
        SortedMap<String, Held> roles = walk(subject, path);
        // NoAccess on the guest itself outweighs its pool; NoAccess on the pool outweighs the guest.
        if (!roles.containsKey(Privileges.NO_ACCESS)) {
            SortedMap<String, Held> pooled = new TreeMap<>();
            for (Pool pool : poolsOf.getOrDefault(path, List.of())) {
                walk(subject, pool.path())
                        .forEach((role, held) -> pooled.putIfAbsent(
                                role, new Held(role, false, held.grants(), Optional.of(pool.name()))));
            }
            Held denied = pooled.get(Privileges.NO_ACCESS);
            if (denied != null) {
                roles = new TreeMap<>(Map.of(Privileges.NO_ACCESS, denied));
            } else {
                for (Map.Entry<String, Held> entry : pooled.entrySet()) {
                    roles.putIfAbsent(entry.getKey(), entry.getValue());
                }
            }
        }
        return effective(roles);
    }

    private Effective effective(SortedMap<String, Held> roles) {
        SortedMap<String, Boolean> privileges = new TreeMap<>();
        roles.values().forEach(held -> {
            Role role = config.roles().get(held.role());
            if (role != null) {
                role.privileges()
                        .forEach(privilege -> privileges.merge(privilege, held.propagate(), Boolean::logicalOr));
            }
        });
        return new Effective(roles, privileges);
    }

    /** The path's own entries, and those above it that nothing below replaces; without pools. */
    private SortedMap<String, Held> walk(Subject subject, String path) {
        SortedMap<String, Held> roles = new TreeMap<>();
        for (String level : levels(path)) {
            Map<Subject, List<Grant>> entries = byPath.get(level);
            if (entries != null) {
                SortedMap<String, Held> found = entries(subject, entries, level.equals(path));
                if (!found.isEmpty()) {
                    roles = found;
                }
            }
        }
        Held denied = roles.get(Privileges.NO_ACCESS);
        return denied == null ? roles : new TreeMap<>(Map.of(Privileges.NO_ACCESS, denied));
    }

    private SortedMap<String, Held> entries(Subject subject, Map<Subject, List<Grant>> entries, boolean last) {
        SortedMap<String, Held> own = counting(entries.getOrDefault(subject, List.of()), last);
        if (!own.isEmpty() || subject.kind() != Subject.Kind.USER) {
            return own;
        }
        List<Grant> ofGroups = groupsOf.getOrDefault(subject.id(), List.of()).stream()
                .flatMap(group -> entries.getOrDefault(group, List.of()).stream())
                .toList();
        return counting(ofGroups, last);
    }

    private static SortedMap<String, Held> counting(List<Grant> grants, boolean last) {
        SortedMap<String, Held> roles = new TreeMap<>();
        for (Grant grant : grants) {
            if (last || grant.propagate()) {
                roles.merge(
                        grant.role(),
                        new Held(grant.role(), grant.propagate(), List.of(grant), Optional.empty()),
                        (one, other) -> new Held(
                                one.role(),
                                // Of several groups, which of them says whether it counts below is left to chance.
                                one.propagate() || other.propagate(),
                                plus(one.grants(), other.grants()),
                                Optional.empty()));
            }
        }
        return roles;
    }

    private static List<Grant> plus(List<Grant> some, List<Grant> more) {
        List<Grant> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }

    /** {@code /}, {@code /vms}, {@code /vms/100}. */
    static List<String> levels(String path) {
        List<String> levels = new ArrayList<>();
        levels.add("/");
        for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
            levels.add(path.substring(0, slash));
        }
        if (path.length() > 1) {
            levels.add(path);
        }
        return levels;
    }

    /**
     * The paths that {@code pveum user permissions} lists: the top ones, those with an ACL, and what is in a pool
     * (RPCEnvironment.pm, {@code get_effective_permissions}).
     */
    public SortedSet<String> listedPaths() {
        SortedSet<String> paths =
                new TreeSet<>(List.of("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"));
        config.grants().forEach(grant -> paths.addAll(levels(grant.path())));
        paths.addAll(poolsOf.keySet());
        return paths;
    }

    /** What {@code pveum user permissions} prints: privileges by path, paths without any left out. */
    public SortedMap<String, SortedMap<String, Boolean>> listed(Subject subject) {
        SortedMap<String, SortedMap<String, Boolean>> all = new TreeMap<>();
        for (String path : listedPaths()) {
            SortedMap<String, Boolean> privileges = at(subject, path).privileges();
            if (!privileges.isEmpty()) {
                all.put(path, privileges);
            }
        }
        return all;
    }

    /** The users that a group or token or user stands for: members, owner, itself. */
    public SortedSet<String> usersBehind(Subject subject) {
        return switch (subject.kind()) {
            case USER, TOKEN -> new TreeSet<>(List.of(subject.owner()));
            case GROUP ->
                Optional.ofNullable(config.groups().get(subject.id()))
                        .<SortedSet<String>>map(group -> new TreeSet<>(group.members()))
                        .orElseGet(TreeSet::new);
        };
    }
}
