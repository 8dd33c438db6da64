package holdfast.access;

import holdfast.access.Permissions.Effective;
import holdfast.access.Permissions.Held;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import holdfast.probe.Reading;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Who may do what where: a row for each role that a user or token has at a path, with the entries that it comes from.
 * Groups have no rows: their members do.
 *
 * @param rows by user, each user's tokens after it, by path and role
 * @param cut whether there are more than are kept
 */
public record AccessMatrix(List<Row> rows, boolean cut) {

    /** More rows than this are nobody's to read; a question narrows them. */
    public static final int ROWS = 50_000;

    /** Each takes up to ten microseconds: the time that a hostile user.cfg can cost is bounded by it. */
    private static final int LOOKUPS = 500_000;

    /** The same for what has been looked up already. */
    private static final int ROUNDS = 50_000_000;

    /** Whether what somebody is given counts now. */
    public enum State {
        ACTIVE(""),
        DISABLED("disabled"),
        EXPIRED("expired"),
        USER_DISABLED("its user is disabled"),
        USER_EXPIRED("its user has expired"),
        MISSING("no such user");

        private final String label;

        State(String label) {
            this.label = label;
        }

        /** In words; empty for what counts. */
        public String label() {
            return label;
        }
    }

    /**
     * A role that somebody has at a path.
     *
     * @param subject a user or token
     * @param state whether it counts now
     * @param propagate whether it also counts below the path
     * @param from the path of the entry that gives it; empty for what {@code root@pam} has by itself
     * @param lines the entries' lines in {@code user.cfg}
     * @param groups the groups through which it comes
     * @param pool the pool through which it comes
     * @param limit why it is not the role's whole: a token that may what its user may, or that both may
     * @param privileges what it gives here
     */
    public record Row(
            Subject subject,
            State state,
            String path,
            String role,
            boolean propagate,
            String from,
            List<Integer> lines,
            List<String> groups,
            Optional<String> pool,
            String limit,
            SortedSet<String> privileges) {
        public Row {
            lines = List.copyOf(lines);
            groups = List.copyOf(groups);
        }

        /** Where it comes from, such as {@code acl line 14 on / for @admins}. */
        public String how() {
            StringBuilder words = new StringBuilder();
            if (lines.isEmpty()) {
                words.append("root@pam has it by itself");
            } else {
                words.append(lines.size() == 1 ? "acl line " : "acl lines ");
                words.append(String.join(
                        ", ", lines.stream().limit(5).map(String::valueOf).toList()));
                words.append(lines.size() > 5 ? ", …" : "");
                words.append(from.equals(path) ? "" : " on " + from);
                words.append(groups.isEmpty() ? "" : " for @" + String.join(", @", groups));
                pool.ifPresent(name -> words.append(", through pool ").append(name));
                words.append(propagate || pool.isPresent() ? "" : ", not below");
            }
            return words.append(limit.isEmpty() ? "" : "; " + limit).toString();
        }

        /** Whether it gives a privilege with which one can give oneself the others. */
        public boolean administrative() {
            return Privileges.areAdministrative(privileges);
        }
    }

    /**
     * What is asked for.
     *
     * @param subjects whose rows
     * @param paths at these paths, wherever the rights come from; empty for the paths of the entries themselves
     * @param privilege only roles that give it
     */
    public record Query(Predicate<Subject> subjects, List<String> paths, Optional<String> privilege) {
        public Query {
            paths = List.copyOf(paths);
        }
    }

    public AccessMatrix {
        rows = List.copyOf(rows);
    }

    /**
     * The rows of a cluster.
     *
     * @param now seconds since 1970
     */
    public static AccessMatrix of(UserConfig config, Query query, long now) {
        return new Rows(config, query, now).all();
    }

    /** The guests and storages of a cluster: what {@code --effective} asks for. */
    public static List<String> objects(AccessFiles files) {
        SortedSet<Integer> guests = new TreeSet<>();
        SortedSet<String> storages = new TreeSet<>();
        if (files.guests() instanceof Reading.Known<List<holdfast.proxmox.Guest>>(var known)) {
            known.forEach(guest -> guests.add(guest.id()));
        }
        if (files.storages() instanceof Reading.Known<SortedSet<String>>(var known)) {
            storages.addAll(known);
        }
        List<String> paths = new ArrayList<>();
        guests.forEach(guest -> paths.add("/vms/" + guest));
        storages.forEach(storage -> paths.add("/storage/" + storage));
        return paths;
    }

    private static final class Rows {
        private final UserConfig config;
        private final Permissions permissions;
        private final Query query;
        private final long now;
        private final Map<Subject, SortedSet<String>> paths = new HashMap<>();
        private final Map<String, List<String>> groupsOf = new HashMap<>();
        private final List<Row> rows = new ArrayList<>();
        private final Set<String> special = new HashSet<>();
        private final Map<String, String> places = new HashMap<>();
        private int lookups;
        private int rounds;
        private boolean cut;

        Rows(UserConfig config, Query query, long now) {
            this.config = config;
            this.permissions = new Permissions(config);
            this.query = query;
            this.now = now;
        }

        AccessMatrix all() {
            Map<String, List<Token>> tokens = new TreeMap<>();
            config.users().keySet().forEach(user -> tokens.put(user, new ArrayList<>()));
            config.pools().values().forEach(pool -> {
                pool.guests().forEach(guest -> special.add("/vms/" + guest));
                pool.storages().forEach(storage -> special.add("/storage/" + storage));
            });
            for (Grant grant : config.grants()) {
                special.add(grant.path());
                paths.computeIfAbsent(grant.subject(), subject -> new TreeSet<>())
                        .add(grant.path());
                if (grant.subject().kind() == Subject.Kind.USER) {
                    tokens.computeIfAbsent(grant.subject().id(), user -> new ArrayList<>());
                }
            }
            config.groups()
                    .values()
                    .forEach(group -> group.members().forEach(member -> {
                        groupsOf.computeIfAbsent(member, user -> new ArrayList<>())
                                .add(group.name());
                        tokens.computeIfAbsent(member, user -> new ArrayList<>());
                    }));
            config.tokens()
                    .values()
                    .forEach(token -> tokens.computeIfAbsent(token.user(), user -> new ArrayList<>())
                            .add(token));
            tokens.forEach((user, its) -> {
                subject(Subject.user(user), user(user), "");
                its.forEach(token -> subject(
                        Subject.token(token.id()),
                        token(token),
                        token.separated()
                                ? token.user().equals(UserConfig.ROOT) ? "" : "at most what %s may".formatted(user)
                                : "all that %s may".formatted(user)));
            });
            return new AccessMatrix(rows, cut);
        }

        private State user(String id) {
            Optional<User> user = config.user(id);
            return user.isEmpty()
                    ? State.MISSING
                    : !user.get().enabled() ? State.DISABLED : user.get().isExpired(now) ? State.EXPIRED : State.ACTIVE;
        }

        private State token(Token token) {
            return switch (user(token.user())) {
                case DISABLED -> State.USER_DISABLED;
                case EXPIRED -> State.USER_EXPIRED;
                default -> token.isExpired(now) ? State.EXPIRED : State.ACTIVE;
            };
        }

        private void subject(Subject subject, State state, String limit) {
            if (cut || !query.subjects().test(subject)) {
                return;
            }
            Map<String, Effective> known = new HashMap<>();
            for (String path : query.paths().isEmpty() ? own(subject) : query.paths()) {
                String place = place(path);
                Effective effective = known.get(place);
                if (effective == null) {
                    lookups++;
                    effective = permissions.at(subject, path);
                    known.put(place, effective);
                }
                if (lookups > LOOKUPS || ++rounds > ROUNDS) {
                    cut = true;
                    return;
                }
                for (Held held : effective.roles().values()) {
                    row(subject, state, limit, path, effective, held);
                }
                if (cut) {
                    return;
                }
            }
        }

        /**
         * The same for all paths where the same entries count: those in one folder that neither an entry nor a pool
         * speaks of.
         */
        private String place(String path) {
            return places.computeIfAbsent(
                    path,
                    key -> key.equals("/") || special.contains(key)
                            ? key
                            : key.substring(0, key.lastIndexOf('/')) + "/*");
        }

        /** The paths at which an entry speaks for it. */
        private SortedSet<String> own(Subject subject) {
            Subject voice = subject.kind() == Subject.Kind.TOKEN
                            && config.token(subject.id())
                                    .filter(token -> !token.separated())
                                    .isPresent()
                    ? Subject.user(subject.owner())
                    : subject;
            if (voice.equals(Subject.user(UserConfig.ROOT))) {
                return new TreeSet<>(List.of("/"));
            }
            SortedSet<String> own = new TreeSet<>(paths.getOrDefault(voice, Collections.emptySortedSet()));
            if (voice.kind() == Subject.Kind.USER) {
                groupsOf.getOrDefault(voice.id(), List.of())
                        .forEach(group ->
                                own.addAll(paths.getOrDefault(Subject.group(group), Collections.emptySortedSet())));
            }
            return own;
        }

        private void row(Subject subject, State state, String limit, String path, Effective effective, Held held) {
            SortedSet<String> whole =
                    config.role(held.role()).map(Role::privileges).orElseGet(TreeSet::new);
            SortedSet<String> here = whole;
            String reason = limit;
            if (!effective.privileges().keySet().containsAll(whole)) {
                here = new TreeSet<>(whole);
                here.retainAll(effective.privileges().keySet());
                reason = "%s: %d of %d privileges".formatted(limit, here.size(), whole.size());
            }
            if (query.privilege().isPresent()
                    && !here.contains(query.privilege().get())) {
                return;
            }
            if (rows.size() >= ROWS) {
                cut = true;
                return;
            }
            rows.add(new Row(
                    subject,
                    state,
                    path,
                    held.role(),
                    held.propagate(),
                    held.grants().isEmpty() ? "" : held.grants().get(0).path(),
                    held.grants().stream().map(Grant::line).distinct().toList(),
                    held.grants().stream()
                            .map(Grant::subject)
                            .filter(voice -> voice.kind() == Subject.Kind.GROUP)
                            .map(Subject::id)
                            .distinct()
                            .toList(),
                    held.pool(),
                    reason,
                    Collections.unmodifiableSortedSet(here)));
        }
    }
}
