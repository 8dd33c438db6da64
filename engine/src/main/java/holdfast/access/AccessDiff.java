package holdfast.access;

import holdfast.access.AccessList.AclEntry;
import holdfast.access.AccessList.GroupEntry;
import holdfast.access.AccessList.RoleEntry;
import holdfast.access.AccessList.TokenEntry;
import holdfast.access.AccessList.UserEntry;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Group;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What a cluster has more, less or otherwise than a list says. {@link AccessExport} names what is not compared.
 *
 * <p>{@code root@pam} cannot be removed: where the list does not name it, nothing is said of it. Its rights come from no
 * entry and are no difference. A built-in role is compared where the list names it or a line changes it.
 */
public final class AccessDiff {

    /** How the cluster differs. */
    public enum Kind {
        /** The cluster has it, the list does not. */
        MORE,
        /** The list has it, the cluster does not. */
        LESS,
        /** Both have it, and it is not the same. */
        OTHERWISE;

        /** In lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What differs. */
    public enum What {
        USER,
        GROUP,
        /** A user in a group. */
        MEMBER,
        TOKEN,
        ROLE,
        ACL;

        /** In lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * One difference.
     *
     * @param id what is meant: an id or name; {@code alice@pve in @ops}; {@code PVEAdmin on /vms for @ops}
     * @param expected what the list says; empty where it says nothing
     * @param actual what the cluster has; empty where it has nothing
     * @param line of {@code user.cfg}; 0 where there is none
     * @param administrative whether it gives a privilege with which one can give oneself the others, or a way to one
     */
    public record Difference(
            Kind kind, What what, String id, String expected, String actual, int line, boolean administrative) {}

    private final AccessList list;
    private final UserConfig config;
    private final Permissions permissions;
    private final List<Difference> found = new ArrayList<>();

    private AccessDiff(AccessList list, UserConfig config) {
        this.list = list;
        this.config = config;
        this.permissions = new Permissions(config);
    }

    /** All differences: users, groups and their members, tokens, roles, ACL entries; the cluster's first in each. */
    public static List<Difference> of(AccessList list, UserConfig config) {
        AccessDiff diff = new AccessDiff(list, config);
        diff.users();
        diff.groups();
        diff.tokens();
        diff.roles();
        diff.acl();
        return List.copyOf(diff.found);
    }

    private void more(What what, String id, String actual, int line, boolean administrative) {
        found.add(new Difference(Kind.MORE, what, id, "", actual, line, administrative));
    }

    private void less(What what, String id, String expected, boolean administrative) {
        found.add(new Difference(Kind.LESS, what, id, expected, "", 0, administrative));
    }

    private void otherwise(What what, String id, String expected, String actual, int line, boolean administrative) {
        if (!expected.equals(actual)) {
            found.add(new Difference(Kind.OTHERWISE, what, id, expected, actual, line, administrative));
        }
    }

    /** By what tells them apart; of two entries for one thing the later counts, as in user.cfg. */
    private static <K, E> Map<K, E> by(List<E> entries, Function<E, K> key) {
        Map<K, E> map = new LinkedHashMap<>();
        entries.forEach(entry -> map.put(key.apply(entry), entry));
        return map;
    }

    private boolean isAdministrator(Subject subject) {
        return Privileges.areAdministrative(
                permissions.at(subject, "/").privileges().keySet());
    }

    private boolean isAdministrative(String role) {
        return config.role(role)
                .filter(known -> Privileges.areAdministrative(known.privileges()))
                .isPresent();
    }

    // ------------------------------------------------------------------ users

    private void users() {
        Map<String, UserEntry> wanted = by(list.users(), UserEntry::id);
        for (User user : config.users().values()) {
            UserEntry entry = wanted.get(user.id());
            String actual = state(user.enabled(), AccessExport.lastDay(user.expires()));
            boolean administrator = isAdministrator(Subject.user(user.id()));
            if (entry != null) {
                otherwise(
                        What.USER,
                        user.id(),
                        state(entry.enabled(), entry.expires()),
                        actual,
                        user.line(),
                        administrator);
            } else if (!user.id().equals(UserConfig.ROOT)) {
                more(What.USER, user.id(), actual, user.line(), administrator);
            }
        }
        wanted.values().stream()
                .filter(entry -> config.user(entry.id()).isEmpty())
                .forEach(entry -> less(What.USER, entry.id(), state(entry.enabled(), entry.expires()), false));
    }

    private static String state(boolean enabled, Optional<LocalDate> expires) {
        return (enabled ? "enabled, " : "disabled, ") + until(expires);
    }

    private static String until(Optional<LocalDate> expires) {
        return expires.map(day -> "expires " + day).orElse("never expires");
    }

    // ------------------------------------------------------------------ groups

    private void groups() {
        Map<String, GroupEntry> wanted = by(list.groups(), GroupEntry::name);
        for (Group group : config.groups().values()) {
            boolean administrative = isAdministrator(Subject.group(group.name()));
            GroupEntry entry = wanted.get(group.name());
            if (entry == null) {
                more(What.GROUP, group.name(), members(group.members()), group.line(), administrative);
                continue;
            }
            Set<String> expected = new LinkedHashSet<>(entry.members());
            group.members().stream()
                    .filter(member -> !expected.contains(member))
                    .forEach(member ->
                            more(What.MEMBER, in(member, group.name()), "a member", group.line(), administrative));
            expected.stream()
                    .filter(member -> !group.members().contains(member))
                    .forEach(member -> less(What.MEMBER, in(member, group.name()), "a member", false));
        }
        wanted.values().stream()
                .filter(entry -> !config.groups().containsKey(entry.name()))
                .forEach(entry -> less(What.GROUP, entry.name(), members(entry.members()), false));
    }

    private static String in(String member, String group) {
        return member + " in @" + group;
    }

    private static String members(java.util.Collection<String> members) {
        return members.isEmpty() ? "no members" : "members " + String.join(", ", members);
    }

    // ------------------------------------------------------------------ tokens

    private void tokens() {
        Map<String, TokenEntry> wanted = by(list.tokens(), TokenEntry::id);
        for (Token token : config.tokens().values()) {
            TokenEntry entry = wanted.get(token.id());
            String actual = tokenState(token.separated(), AccessExport.lastDay(token.expires()));
            boolean administrator = isAdministrator(Subject.token(token.id()));
            if (entry == null) {
                more(What.TOKEN, token.id(), actual, token.line(), administrator);
            } else {
                otherwise(
                        What.TOKEN,
                        token.id(),
                        tokenState(entry.separated(), entry.expires()),
                        actual,
                        token.line(),
                        administrator);
            }
        }
        wanted.values().stream()
                .filter(entry -> config.token(entry.id()).isEmpty())
                .forEach(entry -> less(What.TOKEN, entry.id(), tokenState(entry.separated(), entry.expires()), false));
    }

    private static String tokenState(boolean separated, Optional<LocalDate> expires) {
        return (separated ? "privilege separation, " : "all that its user may, ") + until(expires);
    }

    // ------------------------------------------------------------------ roles

    private void roles() {
        Map<String, RoleEntry> wanted = by(list.roles(), RoleEntry::name);
        for (Role role : config.roles().values()) {
            RoleEntry entry = wanted.get(role.name());
            SortedSet<String> plain = config.release().builtInRoles().get(role.name());
            SortedSet<String> expected = entry == null ? plain : new TreeSet<>(entry.privileges());
            if (expected != null) {
                otherwise(
                        What.ROLE,
                        role.name(),
                        privileges(expected),
                        privileges(role.privileges()),
                        role.line(),
                        role.privileges().stream()
                                .anyMatch(privilege -> Privileges.ADMINISTRATIVE.contains(privilege)
                                        && !expected.contains(privilege)));
            } else {
                more(
                        What.ROLE,
                        role.name(),
                        privileges(role.privileges()),
                        role.line(),
                        Privileges.areAdministrative(role.privileges()));
            }
        }
        wanted.values().stream()
                .filter(entry -> config.role(entry.name()).isEmpty())
                .forEach(entry -> less(What.ROLE, entry.name(), privileges(new TreeSet<>(entry.privileges())), false));
    }

    private static String privileges(SortedSet<String> privileges) {
        return privileges.isEmpty() ? "no privileges" : String.join(", ", privileges);
    }

    // ------------------------------------------------------------------ acl

    private record Key(String path, Subject subject, String role) {
        String words() {
            return "%s on %s for %s".formatted(role, path, subject);
        }
    }

    private void acl() {
        Map<Key, AclEntry> wanted = by(list.acl(), entry -> new Key(entry.path(), entry.subject(), entry.role()));
        Map<Key, Grant> there = by(config.grants(), grant -> new Key(grant.path(), grant.subject(), grant.role()));
        there.forEach((key, grant) -> {
            AclEntry entry = wanted.get(key);
            if (entry == null) {
                more(What.ACL, key.words(), below(grant.propagate()), grant.line(), isAdministrative(grant.role()));
            } else {
                otherwise(
                        What.ACL,
                        key.words(),
                        below(entry.propagate()),
                        below(grant.propagate()),
                        grant.line(),
                        grant.propagate() && isAdministrative(grant.role()));
            }
        });
        wanted.forEach((key, entry) -> {
            if (!there.containsKey(key)) {
                less(What.ACL, key.words(), below(entry.propagate()), freed(key));
            }
        });
    }

    private static String below(boolean propagate) {
        return propagate ? "counts below, too" : "not below";
    }

    /**
     * An entry that is gone may have kept others from counting, as NoAccess does: then something that is administrative
     * counts at its path now.
     */
    private boolean freed(Key key) {
        return !isAdministrative(key.role())
                && voices(key.subject()).stream()
                        .anyMatch(subject -> Privileges.areAdministrative(
                                permissions.at(subject, key.path()).privileges().keySet()));
    }

    private List<Subject> voices(Subject subject) {
        return subject.kind() == Subject.Kind.GROUP
                ? permissions.usersBehind(subject).stream().map(Subject::user).toList()
                : List.of(subject);
    }
}
