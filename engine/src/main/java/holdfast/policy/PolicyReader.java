package holdfast.policy;

import holdfast.access.AccessList;
import holdfast.access.Subject;
import holdfast.access.Tenant;
import holdfast.policy.PolicyKeys.Item;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads one layer of a policy into settings by path, and tells every mistake in it. */
final class PolicyReader {

    /** A value that has passed its key's rules. */
    record Setting(Object value, Where where) {}

    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9]\\d{0,8})");
    private static final Pattern CHECK = Pattern.compile("[a-z0-9.*?-]{1,80}");
    private static final Pattern NODE = Pattern.compile("[A-Za-z0-9_*?][A-Za-z0-9_.:*?-]{0,252}");
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

    private final String prefix;
    private final Problems problems;

    private PolicyReader(String prefix, Problems problems) {
        this.prefix = prefix;
        this.problems = problems;
    }

    /** @param prefix how the keys are called in messages: empty, or {@code holdfast.} */
    static Map<String, Setting> read(Value layer, String prefix, Problems problems) {
        return new PolicyReader(prefix, problems).layer(layer);
    }

    private Map<String, Setting> layer(Value layer) {
        Map<String, Setting> settings = new LinkedHashMap<>();
        if (layer.isNull()) {
            return settings;
        }
        if (!(layer instanceof Mapping top)) {
            problems.add(
                    layer.where(),
                    (prefix.isEmpty() ? "a policy" : "holdfast") + " is a map of keys such as sshd:, not "
                            + layer.what());
            return settings;
        }
        Set<String> known = PolicyKeys.all().stream()
                .map(key -> key.section().isEmpty() ? key.name() : key.section())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        top.entries().forEach((name, entry) -> {
            if (!known.contains(name)) {
                unknown(entry, "", name, known);
            } else {
                key(name)
                        .ifPresentOrElse(
                                key -> setting(key, entry, settings), () -> section(name, entry.value(), settings));
            }
        });
        return settings;
    }

    private void section(String section, Value value, Map<String, Setting> settings) {
        if (value.isNull()) {
            return;
        }
        List<String> names = PolicyKeys.all().stream()
                .filter(key -> key.section().equals(section))
                .map(PolicyKeys.Key::name)
                .toList();
        if (!(value instanceof Mapping map)) {
            problems.add(
                    value.where(),
                    prefix + section + " is a map with " + String.join(", ", names) + ", not " + value.what());
            return;
        }
        map.entries()
                .forEach((name, entry) -> key(section + "." + name)
                        .ifPresentOrElse(
                                key -> setting(key, entry, settings),
                                () -> unknown(entry, section + ".", name, names)));
    }

    private static Optional<PolicyKeys.Key> key(String path) {
        return PolicyKeys.all().stream().filter(key -> key.path().equals(path)).findFirst();
    }

    private void unknown(Entry entry, String section, String name, java.util.Collection<String> names) {
        String near = Problems.didYouMean(name, names)
                .map(right -> "did you mean " + right + "?")
                .or(() -> PolicyKeys.all().stream()
                        .filter(key -> key.name().equals(name))
                        .findFirst()
                        .map(key -> "did you mean " + prefix + key.path() + "?"))
                .orElseGet(() -> "it can be " + String.join(", ", names));
        problems.add(entry.where(), "unknown key " + prefix + section + name + "; " + near);
    }

    private void setting(PolicyKeys.Key key, Entry entry, Map<String, Setting> settings) {
        Value value = entry.value();
        read(key.path(), key.type(), value)
                .ifPresent(right -> settings.put(key.path(), new Setting(right, value.where())));
    }

    /** A value that is right; what is wrong with it is told otherwise. */
    private Optional<Object> read(String path, PolicyKeys.Type type, Value value) {
        Optional<Object> read = switch (type) {
            case PolicyKeys.Type.Choice(List<String> words) ->
                choice(words, value).map(word -> word);
            case PolicyKeys.Type.Flag() -> flag(value).map(flag -> flag);
            case PolicyKeys.Type.Whole(int min, int max) ->
                whole(value, min, max).map(number -> number);
            case PolicyKeys.Type.One(Item item) ->
                value instanceof Scalar scalar
                                && scalar.kind() != Kind.VAULT
                                && item.wrong(scalar.text()).isEmpty()
                        ? Optional.of(scalar.text())
                        : Optional.empty();
            case PolicyKeys.Type.ListOf(Item item) -> list(path, type, item, value);
            case PolicyKeys.Type.Maps maps -> maps(path, maps, value);
            case PolicyKeys.Type.Waivers() -> waivers(value);
        };
        if (read.isEmpty() && (value instanceof Scalar || !(isList(type) && value instanceof Sequence))) {
            problems.add(value.where(), prefix + path + " must be " + type.expected() + ", not " + shown(value));
        }
        return read;
    }

    private static boolean isList(PolicyKeys.Type type) {
        return type instanceof PolicyKeys.Type.ListOf
                || type instanceof PolicyKeys.Type.Maps
                || type instanceof PolicyKeys.Type.Waivers;
    }

    /** Each map as a map of its fields that are right; empty when {@code value} is no list. */
    private Optional<Object> maps(String path, PolicyKeys.Type.Maps type, Value value) {
        if (!(value instanceof Sequence sequence)) {
            return Optional.empty();
        }
        List<Map<String, Object>> all = new ArrayList<>();
        List<String> names = type.fields().stream().map(PolicyKeys.Field::name).toList();
        for (Value element : sequence.items()) {
            if (!(element instanceof Mapping map)) {
                problems.add(
                        element.where(),
                        prefix + path + ": " + type.one() + " is a map with " + String.join(", ", names) + ", not "
                                + shown(element));
                continue;
            }
            int before = problems.size();
            map.entries().forEach((name, entry) -> {
                if (!names.contains(name)) {
                    unknown(entry, path + ".", name, names);
                }
            });
            Map<String, Object> fields = new LinkedHashMap<>();
            for (PolicyKeys.Field field : type.fields()) {
                Optional<Value> given = map.get(field.name()).filter(item -> !item.isNull());
                if (given.isPresent()) {
                    read(path + "." + field.name(), field.type(), given.get())
                            .ifPresent(right -> fields.put(field.name(), right));
                } else if (field.required()) {
                    problems.add(map.where(), prefix + path + ": " + type.one() + " here lacks " + field.name());
                }
            }
            if (problems.size() == before) {
                all.add(fields);
            }
        }
        return Optional.of(List.copyOf(all));
    }

    private static String shown(Value value) {
        return value instanceof Scalar scalar && scalar.kind() != Kind.VAULT && !scalar.isNull()
                ? "\"" + Clean.line(scalar.text(), 80) + "\""
                : value.what();
    }

    private static Optional<String> choice(List<String> words, Value value) {
        if (words.contains("yes")) {
            Optional<Boolean> flag = flag(value);
            if (flag.isPresent()) {
                return Optional.of(flag.get() ? "yes" : "no");
            }
        }
        return value instanceof Scalar scalar && words.contains(scalar.text())
                ? Optional.of(scalar.text())
                : Optional.empty();
    }

    private static Optional<Boolean> flag(Value value) {
        return value instanceof Scalar scalar && scalar.kind() != Kind.VAULT
                ? switch (scalar.text().toLowerCase(Locale.ROOT)) {
                    case "true", "yes", "on" -> Optional.of(true);
                    case "false", "no", "off" -> Optional.of(false);
                    default -> Optional.empty();
                }
                : Optional.empty();
    }

    private static Optional<Integer> whole(Value value, int min, int max) {
        return value instanceof Scalar scalar && NUMBER.matcher(scalar.text()).matches()
                ? Optional.of(Integer.parseInt(scalar.text())).filter(number -> number >= min && number <= max)
                : Optional.empty();
    }

    /** Empty when {@code value} is no list; a wrong item is told here. */
    private Optional<Object> list(String path, PolicyKeys.Type type, Item item, Value value) {
        if (!(value instanceof Sequence sequence)) {
            return Optional.empty();
        }
        Set<String> items = new LinkedHashSet<>();
        for (Value element : sequence.items()) {
            if (!(element instanceof Scalar scalar) || scalar.kind() == Kind.VAULT || scalar.isNull()) {
                problems.add(
                        element.where(),
                        prefix + path + " must be " + type.expected() + "; this item is " + element.what());
                continue;
            }
            Optional<String> wrong = item.wrong(scalar.text());
            if (wrong.isPresent()) {
                problems.add(scalar.where(), prefix + path + ": " + Clean.line(wrong.get(), 300));
            } else if (!items.add(scalar.text())) {
                problems.add(scalar.where(), prefix + path + ": " + scalar.text() + " stands here twice");
            }
        }
        return Optional.of(List.copyOf(items));
    }

    private Optional<Object> waivers(Value value) {
        if (!(value instanceof Sequence sequence)) {
            return Optional.empty();
        }
        List<Waiver> waivers = new ArrayList<>();
        for (Value element : sequence.items()) {
            if (element instanceof Mapping map) {
                waiver(map).ifPresent(waivers::add);
            } else {
                problems.add(
                        element.where(),
                        prefix + "waivers: a waiver is a map with " + String.join(", ", PolicyKeys.WAIVER_KEYS));
            }
        }
        return Optional.of(List.copyOf(waivers));
    }

    private Optional<Waiver> waiver(Mapping map) {
        int before = problems.size();
        map.entries().forEach((name, entry) -> {
            if (!PolicyKeys.WAIVER_KEYS.contains(name)) {
                unknown(entry, "waivers.", name, PolicyKeys.WAIVER_KEYS);
            }
        });
        List<String> missing = PolicyKeys.WAIVER_KEYS.stream()
                .filter(name -> map.get(name).filter(value -> !value.isNull()).isEmpty())
                .toList();
        if (!missing.isEmpty()) {
            problems.add(
                    map.where(),
                    prefix + "waivers: this waiver lacks " + String.join(", ", missing) + "; all of "
                            + String.join(", ", PolicyKeys.WAIVER_KEYS) + " are required");
            return Optional.empty();
        }
        String check = text(map, "check", CHECK, "a check id or glob such as certificate.*");
        String reason = text(map, "reason", null, "a sentence on one line");
        String owner = text(map, "owner", null, "who accepted it, on one line");
        String expires = text(map, "expires", DATE, "a date such as 2026-12-31");
        List<String> nodes = nodes(map);
        if (problems.size() > before) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Waiver(check, nodes, reason, owner, LocalDate.parse(expires)));
        } catch (DateTimeException e) {
            problems.add(where(map, "expires"), prefix + "waivers.expires: there is no day " + expires);
            return Optional.empty();
        }
    }

    private List<String> nodes(Mapping map) {
        Value value = map.get("nodes").orElse(map);
        List<String> nodes = new ArrayList<>();
        List<Value> items = value instanceof Sequence sequence ? sequence.items() : List.of(value);
        for (Value item : items) {
            if (item instanceof Scalar scalar && NODE.matcher(scalar.text()).matches()) {
                nodes.add(scalar.text());
            } else {
                problems.add(item.where(), prefix + "waivers.nodes must be node names or globs, not " + shown(item));
            }
        }
        if (items.isEmpty()) {
            problems.add(value.where(), prefix + "waivers.nodes is empty: name the nodes, or write [\"*\"]");
        }
        return nodes;
    }

    private String text(Mapping map, String name, @org.jspecify.annotations.Nullable Pattern pattern, String expected) {
        Value value = map.get(name).orElse(map);
        if (value instanceof Scalar scalar
                && scalar.kind() != Kind.VAULT
                && !scalar.text().isBlank()
                && scalar.text().equals(Clean.line(scalar.text()))
                && (pattern == null || pattern.matcher(scalar.text()).matches())) {
            return scalar.text();
        }
        problems.add(value.where(), prefix + "waivers." + name + " must be " + expected + ", not " + shown(value));
        return "";
    }

    private static Where where(Mapping map, String name) {
        return map.get(name).map(Value::where).orElse(map.where());
    }

    /** The policy of settings that hold every key. */
    static Policy policy(Map<String, Setting> s) {
        return new Policy(
                text(s, "profile"),
                new Policy.Sshd(
                        rootLogin(text(s, "sshd.root_login")),
                        rootLogin(text(s, "sshd.root_login_from_peers")),
                        flag(s, "sshd.password_authentication"),
                        texts(s, "sshd.break_glass")),
                new Policy.Time(
                        texts(s, "time.servers"), number(s, "time.max_offset_ms"), number(s, "time.max_skew_ms")),
                new Policy.Pveproxy(number(s, "pveproxy.port"), texts(s, "pveproxy.addresses")),
                new Policy.Firewall(
                        flag(s, "firewall.enabled"),
                        InputPolicy.valueOf(text(s, "firewall.input_policy")),
                        texts(s, "firewall.admin_networks").stream()
                                .map(Cidr::parse)
                                .flatMap(Optional::stream)
                                .toList()),
                new Policy.Certificates(
                        number(s, "certificates.warn_days"),
                        number(s, "certificates.fail_days"),
                        flag(s, "certificates.require_trusted")),
                new Policy.Cluster(
                        flag(s, "cluster.require_quorum"),
                        number(s, "cluster.min_margin"),
                        number(s, "cluster.min_links")),
                access(s),
                list(s, "waivers").stream().map(Waiver.class::cast).toList());
    }

    private static Policy.Access access(Map<String, Setting> s) {
        return new Policy.Access(
                texts(s, "access.administrators"),
                number(s, "access.token_max_days"),
                number(s, "access.token_warn_days"),
                number(s, "access.token_rotation_days"),
                SecondFactorRule.valueOf(text(s, "access.second_factor").toUpperCase(Locale.ROOT)),
                texts(s, "access.without_second_factor"),
                texts(s, "access.enforced_realms"),
                number(s, "access.min_recovery_keys"),
                number(s, "access.root_days"),
                number(s, "access.unused_days"),
                list(s, "access.tenants").stream()
                        .map(Fields::of)
                        .map(PolicyReader::tenant)
                        .toList(),
                list(s, "access.lists").stream()
                        .map(Fields::of)
                        .map(PolicyReader::accessList)
                        .toList(),
                // Consent to one run, which no file gives.
                /* revokeInUse= */ false);
    }

    private static Tenant tenant(Fields tenant) {
        return new Tenant(
                tenant.text("name"),
                tenant.texts("members").stream()
                        .map(Subject::parse)
                        .flatMap(Optional::stream)
                        .toList(),
                tenant.texts("pools"),
                tenant.texts("storages"),
                tenant.texts("paths"));
    }

    private static AccessList accessList(Fields list) {
        return new AccessList(
                list.maybe("cluster"),
                list.maps("users")
                        .map(user -> new AccessList.UserEntry(
                                user.text("id"), user.flag("enabled", true), user.day("expires")))
                        .toList(),
                list.maps("groups")
                        .map(group -> new AccessList.GroupEntry(group.text("name"), group.texts("members")))
                        .toList(),
                list.maps("tokens")
                        .map(token -> new AccessList.TokenEntry(
                                token.text("id"),
                                token.maybe("owner"),
                                token.maybe("purpose"),
                                token.texts("scope"),
                                token.day("created"),
                                token.day("rotated"),
                                token.day("expires"),
                                token.flag("privilege_separation", true),
                                token.flag("in_use", false)))
                        .toList(),
                list.maps("roles")
                        .map(role -> new AccessList.RoleEntry(role.text("name"), role.texts("privileges")))
                        .toList(),
                list.maps("acl")
                        .map(acl -> new AccessList.AclEntry(
                                acl.text("path"),
                                Subject.parse(acl.text("subject")).orElseThrow(),
                                acl.text("role"),
                                acl.flag("propagate", true)))
                        .toList());
    }

    /** A map that has passed its fields' rules. */
    private record Fields(Map<?, ?> map) {
        static Fields of(Object item) {
            return new Fields((Map<?, ?>) item);
        }

        String text(String name) {
            return (String) Objects.requireNonNull(map.get(name), name);
        }

        Optional<String> maybe(String name) {
            return Optional.ofNullable((String) map.get(name));
        }

        Optional<LocalDate> day(String name) {
            return maybe(name).map(LocalDate::parse);
        }

        boolean flag(String name, boolean without) {
            Object value = map.get(name);
            return value == null ? without : (Boolean) value;
        }

        List<String> texts(String name) {
            return map.get(name) instanceof List<?> list
                    ? list.stream().map(String.class::cast).toList()
                    : List.of();
        }

        Stream<Fields> maps(String name) {
            return map.get(name) instanceof List<?> list ? list.stream().map(Fields::of) : Stream.empty();
        }
    }

    private static RootLogin rootLogin(String label) {
        return RootLogin.valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private static Object get(Map<String, Setting> settings, String path) {
        return Objects.requireNonNull(settings.get(path), path).value();
    }

    private static String text(Map<String, Setting> settings, String path) {
        return (String) get(settings, path);
    }

    private static boolean flag(Map<String, Setting> settings, String path) {
        return (Boolean) get(settings, path);
    }

    private static int number(Map<String, Setting> settings, String path) {
        return (Integer) get(settings, path);
    }

    private static List<?> list(Map<String, Setting> settings, String path) {
        return (List<?>) get(settings, path);
    }

    private static List<String> texts(Map<String, Setting> settings, String path) {
        return list(settings, path).stream().map(String.class::cast).toList();
    }
}
