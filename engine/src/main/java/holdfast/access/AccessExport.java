package holdfast.access;

import holdfast.access.AccessList.AclEntry;
import holdfast.access.AccessList.GroupEntry;
import holdfast.access.AccessList.RoleEntry;
import holdfast.access.AccessList.TokenEntry;
import holdfast.access.AccessList.UserEntry;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A cluster's present state as the list that a policy has: {@link AccessDiff} finds no difference to it.
 *
 * <p>Not in the list, and so never a difference: names, e-mail addresses and comments but for a token's
 * {@link TokenNote}; what is in a pool; realms, passwords and second factors; the time of day of an expiry; what Proxmox
 * VE itself leaves out of the file; built-in roles that no line changes.
 */
public final class AccessExport {

    /** The longest text on a line that a policy takes. */
    private static final int LINE = 500;

    private AccessExport() {}

    /**
     * @param cluster what the list says that it is for
     * @param config what the cluster has
     */
    public static AccessList of(Optional<String> cluster, UserConfig config) {
        Map<String, SortedSet<String>> scopes = new HashMap<>();
        for (Grant grant : config.grants()) {
            if (grant.subject().kind() == Subject.Kind.TOKEN) {
                scopes.computeIfAbsent(grant.subject().id(), id -> new TreeSet<>())
                        .add(grant.path());
            }
        }
        return new AccessList(
                cluster,
                config.users().values().stream()
                        .map(user -> new UserEntry(user.id(), user.enabled(), lastDay(user.expires())))
                        .toList(),
                config.groups().values().stream()
                        .map(group -> new GroupEntry(group.name(), List.copyOf(group.members())))
                        .toList(),
                config.tokens().values().stream()
                        .map(token -> token(token, scopes.getOrDefault(token.id(), new TreeSet<>())))
                        .toList(),
                config.roles().values().stream()
                        .filter(role -> isOwn(config, role))
                        .map(role -> new RoleEntry(role.name(), List.copyOf(role.privileges())))
                        .toList(),
                config.grants().stream()
                        .map(grant -> new AclEntry(grant.path(), grant.subject(), grant.role(), grant.propagate()))
                        .toList());
    }

    /**
     * The same, with what a former list says of the tokens that are still there and the cluster does not tell: owner,
     * purpose, days, whether it is in use. Its scope is kept, too: it says what a token is meant for.
     */
    public static AccessList of(Optional<String> cluster, UserConfig config, AccessList former) {
        AccessList now = of(cluster, config);
        return new AccessList(
                now.cluster(),
                now.users(),
                now.groups(),
                now.tokens().stream()
                        .map(token -> former.token(token.id())
                                .map(before -> new TokenEntry(
                                        token.id(),
                                        before.owner().or(token::owner),
                                        before.purpose().or(token::purpose),
                                        before.scope().isEmpty() ? token.scope() : before.scope(),
                                        token.created().or(before::created),
                                        token.rotated().or(before::rotated),
                                        token.expires(),
                                        token.separated(),
                                        before.inUse()))
                                .orElse(token))
                        .toList(),
                now.roles(),
                now.acl());
    }

    private static TokenEntry token(Token token, SortedSet<String> scope) {
        TokenNote note = token.note();
        return new TokenEntry(
                token.id(),
                note.owner().flatMap(AccessExport::line),
                note.purpose().flatMap(AccessExport::line),
                new ArrayList<>(scope),
                note.created().filter(AccessExport::isDay),
                note.rotated().filter(AccessExport::isDay),
                lastDay(token.expires()),
                token.separated(),
                false);
    }

    /** Whether a role is the cluster's own, or one that a line of {@code user.cfg} has changed. */
    static boolean isOwn(UserConfig config, Role role) {
        return !role.builtIn()
                || !Objects.equals(config.release().builtInRoles().get(role.name()), role.privileges());
    }

    /**
     * The day, UTC, in which an expiry lies, as a list has it. A time after the year 9999 is its last day: a list cannot
     * say more.
     *
     * @param expires seconds since 1970, 0 for never
     */
    public static Optional<LocalDate> lastDay(long expires) {
        if (expires == 0) {
            return Optional.empty();
        }
        LocalDate day = LocalDate.ofInstant(
                Instant.ofEpochSecond(Math.min(expires, Instant.MAX.getEpochSecond())), ZoneOffset.UTC);
        return Optional.of(isDay(day) ? day : LocalDate.of(9999, 12, 31));
    }

    private static boolean isDay(LocalDate day) {
        return day.getYear() > 0 && day.getYear() <= 9999;
    }

    private static Optional<String> line(String text) {
        String line = Clean.line(text, LINE).strip();
        return line.isEmpty() ? Optional.empty() : Optional.of(line);
    }
}
