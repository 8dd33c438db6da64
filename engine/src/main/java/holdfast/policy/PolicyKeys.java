package holdfast.policy;

import holdfast.text.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Every key of a policy: the one table from which the reader, the JSON Schema and the reference page are made. */
public final class PolicyKeys {

    /** What values a key takes. */
    public sealed interface Type {
        /** In words: what would be right. */
        String expected();

        /** One of these words; where {@code yes} and {@code no} are among them, YAML's booleans mean them. */
        record Choice(List<String> words) implements Type {
            @Override
            public String expected() {
                return String.join(" | ", words);
            }
        }

        /** True or false. */
        record Flag() implements Type {
            @Override
            public String expected() {
                return "true | false";
            }
        }

        /** A whole number from {@code min} to {@code max}. */
        record Whole(int min, int max) implements Type {
            @Override
            public String expected() {
                return "a whole number from " + min + " to " + max;
            }
        }

        /** A list, each item once. */
        record ListOf(Item item) implements Type {
            @Override
            public String expected() {
                return "a list of " + item.plural;
            }
        }

        /** The list of accepted failures. */
        record Waivers() implements Type {
            @Override
            public String expected() {
                return "a list of maps, each with " + String.join(", ", WAIVER_KEYS);
            }
        }
    }

    /** What a list holds. */
    public enum Item {
        USER("a Linux user name such as ops", "Linux user names", "^[a-z_][a-z0-9_-]{0,31}$"),
        SERVER("a host name or address", "host names or addresses", "^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$"),
        ADDRESS("an IP address", "IP addresses", "^[0-9A-Fa-f.:]+$"),
        NETWORK("a network such as 10.0.0.0/24", "networks such as 10.0.0.0/24", "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$");

        private final String singular;
        private final String plural;
        private final String pattern;

        Item(String singular, String plural, String pattern) {
            this.singular = singular;
            this.plural = plural;
            this.pattern = pattern;
        }

        /** What is wrong with {@code text} as such an item, or empty. */
        Optional<String> wrong(String text) {
            boolean right = switch (this) {
                case USER -> Names.isLinuxUser(text);
                case SERVER -> Names.isHost(text);
                case ADDRESS -> Cidr.address(text).isPresent();
                case NETWORK -> Cidr.parse(text).isPresent();
            };
            if (right) {
                return Optional.empty();
            }
            Optional<Cidr> network = this == NETWORK ? Cidr.enclosing(text) : Optional.empty();
            return Optional.of(network.map(right2 -> text + " has host bits set: write " + right2)
                    .orElseGet(() -> "\"" + text + "\" is not " + singular));
        }
    }

    /**
     * @param path as {@code section.key}
     * @param get the key's value in a merged policy, as text, number, boolean or list of these
     * @param doc what it means, in a sentence or two
     */
    public record Key(String path, Type type, Function<Policy, Object> get, String doc) {
        String section() {
            return path.contains(".") ? path.substring(0, path.indexOf('.')) : "";
        }

        String name() {
            return path.substring(path.indexOf('.') + 1);
        }
    }

    /** The profiles that the program knows. */
    public static final List<String> PROFILES = List.of("baseline", "enhanced");

    static final List<String> WAIVER_KEYS = List.of("check", "nodes", "reason", "owner", "expires");

    private static final Type ROOT_LOGIN = new Type.Choice(List.of("no", "prohibit-password", "yes"));
    private static final Type FLAG = new Type.Flag();
    private static final Type DAYS = new Type.Whole(0, 3650);
    private static final Type MILLISECONDS = new Type.Whole(1, 3_600_000);

    private static final List<Key> ALL = List.of(
            new Key(
                    "profile",
                    new Type.Choice(PROFILES),
                    Policy::profile,
                    "The built-in profile that everything else is merged over."),
            new Key(
                    "sshd.root_login",
                    ROOT_LOGIN,
                    p -> p.sshd().rootLogin().label(),
                    "The most that root may do over SSH from anywhere but the other members of its cluster."),
            new Key(
                    "sshd.root_login_from_peers",
                    ROOT_LOGIN,
                    p -> p.sshd().rootLoginFromPeers().label(),
                    "How root may come in from the other members of its cluster."
                            + " Proxmox VE needs at least prohibit-password: migration, replication and shells use it."),
            new Key(
                    "sshd.password_authentication",
                    FLAG,
                    p -> p.sshd().passwordAuthentication(),
                    "Whether anybody may log in with a password; keyboard-interactive through PAM counts as one."),
            new Key(
                    "sshd.break_glass",
                    new Type.ListOf(Item.USER),
                    p -> p.sshd().breakGlass(),
                    "Users that must be able to log in by key and become root. A fix that can cut off access proves it, before where sshd is concerned, and after."
                            + " An empty list means the user that holdfast logs in as."),
            new Key(
                    "time.servers",
                    new Type.ListOf(Item.SERVER),
                    p -> p.time().servers(),
                    "Time servers that fixes write; an empty list leaves the node's own."),
            new Key(
                    "time.max_offset_ms",
                    MILLISECONDS,
                    p -> p.time().maxOffsetMs(),
                    "How far a node's clock may be from its time source, in milliseconds."),
            new Key(
                    "time.max_skew_ms",
                    MILLISECONDS,
                    p -> p.time().maxSkewMs(),
                    "How far the clocks of a cluster's members may be apart, in milliseconds."),
            new Key(
                    "pveproxy.port",
                    new Type.Whole(1, 65535),
                    p -> p.pveproxy().port(),
                    "The TCP port of the API and web interface."),
            new Key(
                    "pveproxy.addresses",
                    new Type.ListOf(Item.ADDRESS),
                    p -> p.pveproxy().addresses(),
                    "The addresses that pveproxy may listen on; an empty list means all, or the node's own LISTEN_IP."),
            new Key(
                    "firewall.enabled",
                    FLAG,
                    p -> p.firewall().enabled(),
                    "Whether the firewall is to be on, for the datacenter and on each node."),
            new Key(
                    "firewall.input_policy",
                    new Type.Choice(List.of("ACCEPT", "REJECT", "DROP")),
                    p -> p.firewall().inputPolicy().name(),
                    "What happens to incoming packets that no rule names; with DROP, REJECT is right too."),
            new Key(
                    "firewall.admin_networks",
                    new Type.ListOf(Item.NETWORK),
                    p -> p.firewall().adminNetworks().stream()
                            .map(Cidr::toString)
                            .toList(),
                    "The networks that administrators come from."),
            new Key(
                    "certificates.warn_days",
                    DAYS,
                    p -> p.certificates().warnDays(),
                    "A certificate with fewer days left is a finding of low severity."),
            new Key(
                    "certificates.fail_days",
                    DAYS,
                    p -> p.certificates().failDays(),
                    "A certificate with fewer days left is a finding of the check's own severity;"
                            + " at most warn_days."),
            new Key(
                    "certificates.require_trusted",
                    FLAG,
                    p -> p.certificates().requireTrusted(),
                    "Whether the certificate on the API's port must come from another CA than the cluster's own."),
            new Key(
                    "cluster.require_quorum",
                    FLAG,
                    p -> p.cluster().requireQuorum(),
                    "Whether a cluster must be quorate."),
            new Key(
                    "cluster.min_margin",
                    new Type.Whole(0, 31),
                    p -> p.cluster().minMargin(),
                    "How many more votes a cluster must be able to lose."),
            new Key(
                    "cluster.min_links",
                    new Type.Whole(1, 8),
                    p -> p.cluster().minLinks(),
                    "How many corosync links each member must have. Two networks are better than one."),
            new Key(
                    "waivers",
                    new Type.Waivers(),
                    p -> p.waivers().stream().map(PolicyKeys::plain).toList(),
                    "Failures that somebody has accepted until a date; the real verdict stays visible."));

    private PolicyKeys() {}

    /** All keys, in the order of the reference. */
    public static List<Key> all() {
        return ALL;
    }

    private static Map<String, Object> plain(Waiver waiver) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("check", waiver.check());
        map.put("nodes", waiver.nodes());
        map.put("reason", waiver.reason());
        map.put("owner", waiver.owner());
        map.put("expires", waiver.expires().toString());
        return map;
    }

    /** The JSON Schema of a policy file and of a {@code holdfast:} map, as maps and lists. */
    public static Map<String, Object> jsonSchema() {
        Policy baseline = Policies.builtIn().base();
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Key key : ALL) {
            Map<String, Object> schema = new LinkedHashMap<>();
            schema.put("description", key.doc());
            schema.putAll(schema(key.type()));
            schema.put("default", key.get().apply(baseline));
            if (key.section().isEmpty()) {
                properties.put(key.name(), schema);
            } else {
                section(properties, key.section()).put(key.name(), schema);
            }
        }
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", "holdfast policy");
        root.put("description", "A policy file, or a holdfast: map of the inventory. Every key is optional.");
        root.put("type", "object");
        root.put("additionalProperties", false);
        root.put("properties", properties);
        return root;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Map<String, Object> properties, String name) {
        Map<String, Object> section = (Map<String, Object>) properties.computeIfAbsent(name, n -> {
            Map<String, Object> created = new LinkedHashMap<>();
            created.put("type", List.of("object", "null"));
            created.put("additionalProperties", false);
            created.put("properties", new LinkedHashMap<String, Object>());
            return created;
        });
        return (Map<String, Object>) section.getOrDefault("properties", Map.of());
    }

    private static Map<String, Object> schema(Type type) {
        Map<String, Object> schema = new LinkedHashMap<>();
        switch (type) {
            case Type.Choice(List<String> words) -> {
                List<Object> allowed = new ArrayList<>(words);
                if (words.contains("yes")) {
                    allowed.add(false);
                    allowed.add(true);
                }
                schema.put("enum", allowed);
            }
            case Type.Flag() -> schema.put("enum", List.of(true, false, "yes", "no"));
            case Type.Whole(int min, int max) -> {
                schema.put("type", "integer");
                schema.put("minimum", min);
                schema.put("maximum", max);
            }
            case Type.ListOf(Item item) -> {
                schema.put("type", "array");
                schema.put("uniqueItems", true);
                Map<String, Object> items = new LinkedHashMap<>();
                items.put("type", "string");
                items.put("pattern", item.pattern);
                schema.put("items", items);
            }
            case Type.Waivers() -> {
                Map<String, Object> text = new LinkedHashMap<>();
                text.put("type", "string");
                text.put("minLength", 1);
                Map<String, Object> nodes = new LinkedHashMap<>();
                nodes.put("type", "array");
                nodes.put("minItems", 1);
                nodes.put("items", text);
                Map<String, Object> date = new LinkedHashMap<>();
                date.put("type", "string");
                date.put("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
                Map<String, Object> properties = new LinkedHashMap<>();
                for (String key : WAIVER_KEYS) {
                    properties.put(key, key.equals("nodes") ? nodes : key.equals("expires") ? date : text);
                }
                Map<String, Object> waiver = new LinkedHashMap<>();
                waiver.put("type", "object");
                waiver.put("additionalProperties", false);
                waiver.put("required", WAIVER_KEYS);
                waiver.put("properties", properties);
                schema.put("type", "array");
                schema.put("items", waiver);
            }
        }
        return schema;
    }

    /** The reference page: one table with every key. */
    public static String markdown() {
        Policy baseline = Policies.builtIn().base();
        Policy enhanced = Policies.builtIn("enhanced").base();
        StringBuilder page = new StringBuilder("""
                # Policy keys

                Generated from the code (`PolicyKeys`): do not edit. A policy is the profile, with the file given by
                `--policy` merged over it, then the `holdfast:` maps of the inventory, from the group `all` to the host.
                Maps merge key by key; a list replaces the one below it. A JSON Schema for editors is in
                `inventories/schema/policy.schema.json`, an example in `inventories/policy-example.yml`.

                | Key | Values | `baseline` | `enhanced` | Meaning |
                | --- | --- | --- | --- | --- |
                """);
        for (Key key : ALL) {
            page.append("| `%s` | %s | `%s` | `%s` | %s |\n"
                    .formatted(
                            key.path(),
                            key.type().expected().replace("|", "\\|"),
                            key.get().apply(baseline),
                            key.get().apply(enhanced),
                            key.doc()));
        }
        page.append("""

                A waiver has all five keys:

                | Key | Meaning |
                | --- | --- |
                | `check` | a check id, or a glob such as `certificate.*` |
                | `nodes` | node names or globs, at least one |
                | `reason` | why the failure is accepted |
                | `owner` | who accepted it |
                | `expires` | the last day on which it holds, as `2026-12-31` |
                """);
        return page.toString();
    }
}
