package holdfast.access;

import holdfast.text.Clean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code /etc/pve/user.cfg} as Proxmox VE understands it (pve-access-control, AccessControl.pm,
 * {@code parse_user_config}): in order, a later line over an earlier one, and without what Proxmox VE drops.
 *
 * @param release whose privileges and built-in roles it is read with
 * @param users by id; {@code root@pam} is always there, enabled when no line speaks of it
 * @param tokens by full id
 * @param groups by name
 * @param pools by name; a nested pool's parents are always there
 * @param roles built-in ones and the file's own
 * @param grants the entries of the ACL that count, in the order of the file
 * @param dropped what Proxmox VE leaves out, and why
 */
public record UserConfig(
        Privileges release,
        SortedMap<String, User> users,
        SortedMap<String, Token> tokens,
        SortedMap<String, Group> groups,
        SortedMap<String, Pool> pools,
        SortedMap<String, Role> roles,
        List<Grant> grants,
        List<Dropped> dropped) {

    /** The user that may everything, always. */
    public static final String ROOT = "root@pam";

    /**
     * A user.
     *
     * @param expires seconds since 1970, 0 for never
     * @param oldKeys whether the record itself holds keys of a second factor, as Proxmox VE before 7 wrote them
     * @param line where it stands; 0 for {@code root@pam} without a line
     */
    public record User(
            String id,
            boolean enabled,
            long expires,
            String firstName,
            String lastName,
            String email,
            String comment,
            boolean oldKeys,
            int line) {

        public boolean isExpired(long now) {
            return expires != 0 && expires < now;
        }

        /** Enabled and not expired: it may log in, and its tokens count. */
        public boolean isActive(long now) {
            return enabled && !isExpired(now);
        }

        public String realm() {
            return id.substring(id.lastIndexOf('@') + 1);
        }
    }

    /**
     * An API token.
     *
     * @param user its owner
     * @param name its own name
     * @param expires seconds since 1970, 0 for never
     * @param separated whether it has only what it is given itself ({@code privsep})
     */
    public record Token(String user, String name, long expires, boolean separated, String comment, int line) {

        /** {@code user@realm!name}. */
        public String id() {
            return user + "!" + name;
        }

        public boolean isExpired(long now) {
            return expires != 0 && expires < now;
        }

        public TokenNote note() {
            return TokenNote.of(comment);
        }
    }

    /** @param members users' ids; one may be of a user that does not exist */
    public record Group(String name, SortedSet<String> members, String comment, int line) {
        public Group {
            members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
        }
    }

    /**
     * @param guests numbers of the guests in it itself, not in the pools below it
     * @param line 0 for the parent of a nested pool that has no line of its own
     */
    public record Pool(String name, SortedSet<Integer> guests, SortedSet<String> storages, String comment, int line) {
        public Pool {
            guests = Collections.unmodifiableSortedSet(new TreeSet<>(guests));
            storages = Collections.unmodifiableSortedSet(new TreeSet<>(storages));
        }

        /** The path of its ACL. */
        public String path() {
            return "/pool/" + name;
        }
    }

    /**
     * @param privileges those that the release knows
     * @param unknown those that it does not know, which Proxmox VE drops
     * @param builtIn whether it comes with Proxmox VE
     * @param line 0 for a built-in one that no line adds to
     */
    public record Role(
            String name, SortedSet<String> privileges, SortedSet<String> unknown, boolean builtIn, int line) {
        public Role {
            privileges = Collections.unmodifiableSortedSet(new TreeSet<>(privileges));
            unknown = Collections.unmodifiableSortedSet(new TreeSet<>(unknown));
        }
    }

    /**
     * One role for one subject at one path.
     *
     * @param path normalised: no slash at its end
     * @param propagate whether it also counts below the path
     * @param line where it stands
     */
    public record Grant(String path, Subject subject, String role, boolean propagate, int line) {

        /** As plans and reports show it. */
        public String words() {
            return "%s on %s for %s%s".formatted(role, path, subject, propagate ? "" : " (not below)");
        }
    }

    /**
     * What Proxmox VE leaves out of a line.
     *
     * @param why in words, cleaned and cut
     * @param kind what it was about
     */
    public record Dropped(int line, String why, Kind kind) {

        /** What was left out. */
        public enum Kind {
            /** An ACL's entry for a token that does not exist. */
            ENTRY_OF_NO_TOKEN,
            /** A role's privilege that the release does not know. */
            PRIVILEGE,
            /** Anything else. */
            OTHER
        }
    }

    public UserConfig {
        users = Collections.unmodifiableSortedMap(new TreeMap<>(users));
        tokens = Collections.unmodifiableSortedMap(new TreeMap<>(tokens));
        groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
        pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
        roles = Collections.unmodifiableSortedMap(new TreeMap<>(roles));
        grants = List.copyOf(grants);
        dropped = List.copyOf(dropped);
    }

    /** A fresh node has no such file: only {@code root@pam} and the built-in roles. */
    public static UserConfig empty(Privileges release) {
        return parse("", release);
    }

    /** @throws IllegalArgumentException when it has more ACL entries than any cluster needs */
    public static UserConfig parse(String text, Privileges release) {
        Parser parser = new Parser(release);
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            parser.line(line.strip(), number);
        }
        return parser.done();
    }

    public Optional<User> user(String id) {
        return Optional.ofNullable(users.get(id));
    }

    public Optional<Token> token(String id) {
        return Optional.ofNullable(tokens.get(id));
    }

    public Optional<Role> role(String name) {
        return Optional.ofNullable(roles.get(name));
    }

    /** The pool that a guest is in; Proxmox VE lets it be in one. */
    public Optional<Pool> poolOf(int guest) {
        return pools.values().stream()
                .filter(pool -> pool.guests().contains(guest))
                .findFirst();
    }

    /** The groups that a user is in. */
    public List<Group> groupsOf(String user) {
        return groups.values().stream()
                .filter(group -> group.members().contains(user))
                .toList();
    }

    /** The tokens of a user. */
    public List<Token> tokensOf(String user) {
        return tokens.values().stream()
                .filter(token -> token.user().equals(user))
                .toList();
    }

    /** Whether the user, group or token that an entry speaks of exists. */
    public boolean exists(Subject subject) {
        return switch (subject.kind()) {
            case USER -> users.containsKey(subject.id());
            case GROUP -> groups.containsKey(subject.id());
            case TOKEN -> tokens.containsKey(subject.id());
        };
    }

    /** The lists of user.cfg: commas, semicolons, blanks; or NUL characters alone where there is one. */
    static List<String> list(String text) {
        String[] items =
                text.indexOf('\0') >= 0 ? text.split("\0") : text.strip().split("[,;\\s]+");
        return Arrays.stream(items).filter(item -> !item.isEmpty()).toList();
    }

    /**
     * An ACL's path in its one spelling, or empty where it is none (AccessControl.pm, {@code normalize_path}).
     */
    public static Optional<String> path(String text) {
        if (text.isEmpty() || text.equals("0")) {
            return Optional.empty();
        }
        String path = text.replaceAll("/+", "/").replaceAll("/$", "");
        if (path.isEmpty()) {
            return Optional.of("/");
        }
        if (!path.startsWith("/")) {
            path = "/" + path;
        }
        return PATH.matcher(path).matches() ? Optional.of(path) : Optional.empty();
    }

    private static final Pattern PATH = Pattern.compile("[A-Za-z0-9.\\-_/]{1,1000}");
    private static final int MOST_GRANTS = 200_000;
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final Pattern GUEST = Pattern.compile("\\d{1,9}");
    private static final Pattern POOL = Pattern.compile("[A-Za-z0-9.\\-_]+(/[A-Za-z0-9.\\-_]+){0,2}");
    private static final Pattern STORAGE = Pattern.compile("[A-Za-z][A-Za-z0-9\\-_.]*[A-Za-z0-9]");

    /** Percent-encoded UTF-8; a plus sign is one. Malformed escapes stay as they are. */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            int high = i + 2 < raw.length && raw[i] == '%' ? Character.digit(raw[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(raw[i + 2], 16) : -1;
            if (low >= 0) {
                bytes.write(high * 16 + low);
                i += 2;
            } else {
                bytes.write(raw[i]);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** What has been read so far; a line changes it as it changes Proxmox VE's own tree. */
    private static final class Parser {
        private final Privileges release;
        private final Map<String, User> users = new LinkedHashMap<>();
        private final Map<String, Token> tokens = new LinkedHashMap<>();
        private final Map<String, Group> groups = new LinkedHashMap<>();
        private final Map<String, Pool> pools = new LinkedHashMap<>();
        private final Map<Integer, String> poolOfGuest = new LinkedHashMap<>();
        private final Map<String, Role> roles = new LinkedHashMap<>();
        private final Map<List<Object>, Grant> grants = new LinkedHashMap<>();
        private final List<Dropped> dropped = new ArrayList<>();
        private int number;

        Parser(Privileges release) {
            this.release = release;
            release.builtInRoles()
                    .forEach((name, privileges) ->
                            roles.put(name, new Role(name, privileges, Collections.emptySortedSet(), true, 0)));
            users.put(ROOT, new User(ROOT, true, 0, "", "", "", "", false, 0));
        }

        UserConfig done() {
            return new UserConfig(
                    release,
                    new TreeMap<>(users),
                    new TreeMap<>(tokens),
                    new TreeMap<>(groups),
                    new TreeMap<>(pools),
                    new TreeMap<>(roles),
                    List.copyOf(grants.values()),
                    dropped);
        }

        void line(String line, int at) {
            number = at;
            if (line.isEmpty()) {
                return;
            }
            String[] fields = Arrays.stream(line.split(":")).map(String::strip).toArray(String[]::new);
            switch (fields.length == 0 ? "" : fields[0]) {
                case "user" -> user(fields);
                case "token" -> token(fields);
                case "group" -> group(fields);
                case "pool" -> pool(fields);
                case "role" -> role(fields);
                case "acl" -> acl(fields);
                // Not the text itself: in a file that is broken it may be anything.
                default -> drop("a line that is none of user, token, group, pool, role, acl");
            }
        }

        private void drop(String why) {
            drop(why, Dropped.Kind.OTHER);
        }

        private void drop(String why, Dropped.Kind kind) {
            dropped.add(new Dropped(number, Clean.line(why, 200), kind));
        }

        private static String field(String[] fields, int index) {
            return index < fields.length ? fields[index] : "";
        }

        private static boolean truth(String field) {
            return !field.isEmpty() && !field.equals("0");
        }

        /** Empty where it is no number; one that is beyond all times is the last time there is. */
        private static Optional<Long> epoch(String field) {
            if (!truth(field)) {
                return Optional.of(0L);
            }
            if (!NUMBER.matcher(field).matches()) {
                return Optional.empty();
            }
            return Optional.of(field.length() > 15 ? 999_999_999_999_999L : Long.parseLong(field));
        }

        private void user(String[] fields) {
            String id = field(fields, 1);
            Optional<Long> expires = epoch(field(fields, 3));
            if (!Subject.isUser(id)) {
                drop("user '%s': not a user's name".formatted(id));
            } else if (expires.isEmpty()) {
                drop("user '%s': its expiry is not a number".formatted(id));
            } else {
                String keys = field(fields, 8);
                users.put(
                        id,
                        new User(
                                id,
                                truth(field(fields, 2)),
                                expires.get(),
                                decode(field(fields, 4)),
                                decode(field(fields, 5)),
                                field(fields, 6),
                                decode(field(fields, 7)),
                                !keys.isEmpty() && !keys.startsWith("x"),
                                number));
                // A second line of a user replaces the first with everything that hangs on it.
                tokens.values().removeIf(token -> token.user().equals(id));
            }
        }

        private void token(String[] fields) {
            String id = field(fields, 1);
            Optional<Long> expires = epoch(field(fields, 2));
            if (!Subject.isToken(id)) {
                drop("token '%s': not a token's id".formatted(id));
                return;
            }
            Subject token = Subject.token(id);
            if (expires.isEmpty()) {
                drop("token '%s': its expiry is not a number".formatted(id));
            } else if (!users.containsKey(token.owner())) {
                drop("token '%s': its user does not exist".formatted(id));
            } else {
                tokens.put(
                        id,
                        new Token(
                                token.owner(),
                                token.tokenName(),
                                expires.get(),
                                truth(field(fields, 3)),
                                decode(field(fields, 4)),
                                number));
            }
        }

        private void group(String[] fields) {
            String name = field(fields, 1);
            if (!Subject.isGroup(name)) {
                drop("group '%s': not a group's name".formatted(name));
                return;
            }
            Group before = groups.get(name);
            SortedSet<String> members = new TreeSet<>(before == null ? new TreeSet<>() : before.members());
            for (String member : list(field(fields, 2))) {
                if (Subject.isUser(member)) {
                    members.add(member);
                } else {
                    drop("group '%s': '%s' is not a user's name".formatted(name, member));
                }
            }
            String comment = decode(field(fields, 3));
            groups.put(
                    name,
                    new Group(name, members, comment.isEmpty() && before != null ? before.comment() : comment, number));
        }

        private void pool(String[] fields) {
            String name = field(fields, 1);
            if (!POOL.matcher(name).matches()) {
                drop("pool '%s': not a pool's name".formatted(name));
                return;
            }
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                String parent = name.substring(0, slash);
                pools.putIfAbsent(parent, new Pool(parent, new TreeSet<>(), new TreeSet<>(), "", 0));
            }
            Pool before = pools.get(name);
            SortedSet<Integer> guests = new TreeSet<>(before == null ? new TreeSet<>() : before.guests());
            SortedSet<String> storages = new TreeSet<>(before == null ? new TreeSet<>() : before.storages());
            for (String text : list(field(fields, 3))) {
                if (!GUEST.matcher(text).matches()) {
                    drop("pool '%s': '%s' is not a guest's number".formatted(name, text));
                } else {
                    int guest = Integer.parseInt(text);
                    if (poolOfGuest.putIfAbsent(guest, name) == null) {
                        guests.add(guest);
                    } else {
                        drop("pool '%s': guest %d is in another pool already".formatted(name, guest));
                    }
                }
            }
            for (String storage : list(field(fields, 4))) {
                if (STORAGE.matcher(storage).matches()) {
                    storages.add(storage);
                } else {
                    drop("pool '%s': '%s' is not a storage's name".formatted(name, storage));
                }
            }
            String comment = decode(field(fields, 2));
            pools.put(
                    name,
                    new Pool(
                            name,
                            guests,
                            storages,
                            comment.isEmpty() && before != null ? before.comment() : comment,
                            number));
        }

        /** A line for a built-in role adds to it: Proxmox VE does not look whether it is one. */
        private void role(String[] fields) {
            String name = field(fields, 1);
            if (!Subject.isGroup(name)) {
                drop("role '%s': not a role's name".formatted(name));
                return;
            }
            Role before = roles.get(name);
            SortedSet<String> privileges = new TreeSet<>(before == null ? new TreeSet<>() : before.privileges());
            SortedSet<String> unknown = new TreeSet<>(before == null ? new TreeSet<>() : before.unknown());
            for (String privilege : list(field(fields, 2))) {
                if (release.knows(privilege)) {
                    privileges.add(privilege);
                } else {
                    unknown.add(Clean.line(privilege, 100));
                    drop(
                            "role '%s': this release knows no privilege '%s'".formatted(name, privilege),
                            Dropped.Kind.PRIVILEGE);
                }
            }
            roles.put(name, new Role(name, privileges, unknown, release.isBuiltIn(name), number));
        }

        /**
         * Where Proxmox VE keeps the entries of a path: {@code find_acl_tree_node} skips a part that is {@code 0}, so what
         * is given on {@code /pool/0} counts on all pools.
         */
        private static String node(String path) {
            return Arrays.stream(path.split("/", -1))
                    .filter(part -> !part.isEmpty() && !part.equals("0"))
                    .collect(Collectors.joining("/", "/", ""));
        }

        private void acl(String[] fields) {
            boolean propagate = truth(field(fields, 1));
            Optional<String> path = path(field(fields, 2)).map(Parser::node);
            if (path.isEmpty()) {
                drop("acl: '%s' is not a path".formatted(field(fields, 2)));
                return;
            }
            for (String role : list(field(fields, 4))) {
                if (!roles.containsKey(role)) {
                    drop("acl on %s: there is no role '%s'".formatted(path.get(), role));
                    continue;
                }
                for (String item : list(field(fields, 3))) {
                    Optional<Subject> subject = Subject.parse(item);
                    if (subject.isEmpty()) {
                        drop("acl on %s: '%s' is no user, group or token".formatted(path.get(), item));
                    } else if (subject.get().kind() == Subject.Kind.TOKEN && !tokens.containsKey(item)) {
                        drop(
                                "acl on %s: there is no token '%s'".formatted(path.get(), item),
                                Dropped.Kind.ENTRY_OF_NO_TOKEN);
                    } else {
                        // One line can name thousands of subjects and as many roles: a file of 1 MiB, millions.
                        if (grants.size() >= MOST_GRANTS) {
                            throw new IllegalArgumentException(
                                    "user.cfg has more than %d ACL entries".formatted(MOST_GRANTS));
                        }
                        Grant grant = new Grant(path.get(), subject.get(), role, propagate, number);
                        grants.put(List.of(path.get(), subject.get(), role), grant);
                    }
                }
            }
        }
    }
}
