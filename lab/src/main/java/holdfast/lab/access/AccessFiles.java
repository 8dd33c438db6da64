package holdfast.lab.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Collects users, tokens, groups, pools, roles and rights, and writes the files that Proxmox VE would have written of
 * them: {@code user.cfg} in its order and percent-encoding, {@code priv/token.cfg}, {@code priv/shadow.cfg},
 * {@code priv/tfa.cfg}, and the lines of pveproxy's access log. Every secret contains {@link #SECRET}.
 */
final class AccessFiles {

    /** In every planted secret, so that a test can look for it wherever it must not be. */
    static final String SECRET = "PLANTED-SECRET";

    /** As pveproxy writes it: the month is a number. */
    private static final DateTimeFormatter LOGGED =
            DateTimeFormatter.ofPattern("dd/MM/uuuu:HH:mm:ss xx").withZone(ZoneOffset.UTC);

    private record User(boolean enabled, long expires, String first, String last, String email, String comment) {}

    private record Token(long expires, boolean separated, String comment) {}

    private record Pool(String comment, List<Integer> guests, List<String> storages) {}

    private record Logged(Instant at, String line) {}

    private final SortedMap<String, User> users = new TreeMap<>();
    private final SortedMap<String, SortedMap<String, Token>> tokens = new TreeMap<>();
    private final SortedMap<String, String> secrets = new TreeMap<>();
    private final SortedMap<String, SortedSet<String>> groups = new TreeMap<>();
    private final SortedMap<String, Pool> pools = new TreeMap<>();
    private final SortedMap<String, String> roles = new TreeMap<>();
    /** By path, then by subject: the roles. All of them propagate. */
    private final Map<String, SortedMap<String, SortedSet<String>>> rights = new HashMap<>();

    private final SortedMap<String, String> factors = new TreeMap<>();
    private final List<Logged> log = new ArrayList<>();

    void user(String id, boolean enabled, long expires, String first, String last, String email, String comment) {
        users.put(id, new User(enabled, expires, first, last, email, comment));
    }

    int userCount() {
        return users.size();
    }

    boolean hasUser(String id) {
        return users.containsKey(id);
    }

    /** A token with its secret. */
    void token(String user, String name, long expires, boolean separated, String comment) {
        tokenWithoutSecret(user, name, expires, separated, comment);
        secret(user + "!" + name);
    }

    void tokenWithoutSecret(String user, String name, long expires, boolean separated, String comment) {
        tokens.computeIfAbsent(user, key -> new TreeMap<>()).put(name, new Token(expires, separated, comment));
    }

    void secret(String token) {
        secrets.put(token, SECRET + "-token-" + token.replaceAll("[^a-z0-9]+", "-"));
    }

    int tokenCount() {
        return tokens.values().stream().mapToInt(Map::size).sum();
    }

    void group(String id, String... members) {
        groups.computeIfAbsent(id, key -> new TreeSet<>()).addAll(Arrays.asList(members));
    }

    void pool(String id, String comment, List<Integer> guests, List<String> storages) {
        pools.put(id, new Pool(comment, guests, storages));
    }

    void role(String id, String... privileges) {
        roles.put(id, Arrays.stream(privileges).sorted().collect(Collectors.joining(",")));
    }

    /** A right that goes on further down, for one role and whoever is named. */
    void right(String path, String role, String... subjects) {
        SortedMap<String, SortedSet<String>> here = rights.computeIfAbsent(path, key -> new TreeMap<>());
        for (String subject : subjects) {
            here.computeIfAbsent(subject, key -> new TreeSet<>()).add(role);
        }
    }

    /** A user's second factors, as an object of {@code tfa.cfg}. */
    void factors(String user, String json) {
        factors.put(user, json);
    }

    /** The entry of a TOTP application, with a planted seed. */
    static String totp(String user, long created, boolean enabled) {
        return "{\"id\":\"%s\",\"description\":\"phone\",\"created\":%d%s,\"entry\":\"otpauth://totp/%s?secret=%s-totp-%s&issuer=practice\"}"
                .formatted(
                        identifier(user),
                        created,
                        enabled ? "" : ",\"enable\":false",
                        user,
                        SECRET,
                        user.replaceAll("[^a-z0-9]+", "-"));
    }

    /** Recovery keys, of which so many are left. */
    static String recovery(String user, long created, int left) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            keys.add(i < left ? "\"%s-recovery-%d\"".formatted(SECRET, i) : "null");
        }
        return "{\"secret\":\"%s-recovery-%s\",\"entries\":[%s],\"created\":%d}"
                .formatted(SECRET, user.replaceAll("[^a-z0-9]+", "-"), String.join(",", keys), created);
    }

    private static String identifier(String user) {
        return "%08x-0000-4000-8000-%012x".formatted(user.hashCode(), user.length());
    }

    /** A line of pveproxy's access log; {@code -} where nobody was known. */
    void logged(Instant at, String address, String who, String request, int status, String length) {
        log.add(new Logged(
                at,
                "::ffff:%s - %s [%s] \"%s HTTP/1.1\" %d %s"
                        .formatted(address, who, LOGGED.format(at), request, status, length)));
    }

    String accessLog() {
        return log.stream()
                .sorted(Comparator.comparing(Logged::at).thenComparing(Logged::line))
                .map(line -> line.line() + "\n")
                .collect(Collectors.joining());
    }

    String userCfg() {
        StringBuilder text = new StringBuilder();
        users.forEach((id, user) -> {
            text.append("user:%s:%d:%d:%s:%s:%s:%s:%s:\n"
                    .formatted(
                            id,
                            user.enabled ? 1 : 0,
                            user.expires,
                            encoded(user.first),
                            encoded(user.last),
                            user.email,
                            encoded(user.comment),
                            factors.containsKey(id) ? "x" : ""));
            tokens.getOrDefault(id, new TreeMap<>())
                    .forEach((name, token) -> text.append("token:%s!%s:%d:%d:%s:\n"
                            .formatted(id, name, token.expires, token.separated ? 1 : 0, encoded(token.comment))));
        });
        text.append('\n');
        groups.forEach((id, members) -> text.append("group:%s:%s::\n".formatted(id, String.join(",", members))));
        text.append('\n');
        pools.forEach((id, pool) -> text.append("pool:%s:%s:%s:%s:\n"
                .formatted(
                        id,
                        encoded(pool.comment),
                        pool.guests.stream().map(String::valueOf).sorted().collect(Collectors.joining(",")),
                        pool.storages.stream().sorted().collect(Collectors.joining(",")))));
        text.append('\n');
        roles.forEach((id, privileges) -> text.append("role:%s:%s:\n".formatted(id, privileges)));
        text.append('\n');
        rights.keySet().stream()
                .sorted(Comparator.comparing(AccessFiles::walked))
                .forEach(path -> lines(path)
                        .forEach((roles, subjects) ->
                                text.append("acl:1:%s:%s:%s:\n".formatted(path, String.join(",", subjects), roles))));
        return text.toString();
    }

    /** One line for all who have the same roles on a path. */
    private SortedMap<String, SortedSet<String>> lines(String path) {
        SortedMap<String, SortedSet<String>> byRoles = new TreeMap<>();
        rights.getOrDefault(path, new TreeMap<>())
                .forEach((subject, roles) -> byRoles.computeIfAbsent(String.join(",", roles), key -> new TreeSet<>())
                        .add(subject));
        return byRoles;
    }

    /** Sorts as a walk over the tree of paths goes: a path before what is below it, neighbours by name. */
    private static String walked(String path) {
        return path.equals("/") ? "" : path.replace('/', '\0');
    }

    /** As Proxmox VE keeps free text: UTF-8, with a percent sign and two digits for colons and what is not ASCII. */
    static String encoded(String text) {
        StringBuilder out = new StringBuilder();
        for (byte one : text.getBytes(UTF_8)) {
            if (one >= 0x20 && one < 0x7f && one != ':' && one != '%') {
                out.append((char) one);
            } else {
                out.append("%%%02X".formatted(one));
            }
        }
        return out.toString();
    }

    String tokenCfg() {
        return secrets.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
                .collect(Collectors.joining());
    }

    /** Only users of realm pve have a password here, and only those that somebody logs in as. */
    String shadowCfg() {
        return users.keySet().stream()
                .filter(id -> id.endsWith("@pve") && !id.startsWith("svc-"))
                .map(id -> id.substring(0, id.indexOf('@')))
                .map(name -> "%s:$5$planted$%s-shadow-%s:\n".formatted(name, SECRET, name))
                .collect(Collectors.joining());
    }

    String tfaCfg() {
        return factors.entrySet().stream()
                .map(entry -> "\"%s\":%s".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(",", "{\"users\":{", "}}\n"));
    }
}
