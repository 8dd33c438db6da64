package holdfast.policy;

import holdfast.access.AccessList;
import holdfast.access.Subject;
import holdfast.access.Tenant;
import holdfast.access.UserConfig;
import holdfast.text.Clean;
import holdfast.text.Names;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

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

        /** One text. */
        record One(Item item) implements Type {
            @Override
            public String expected() {
                return item.singular;
            }
        }

        /**
         * A list of maps.
         *
         * @param one what a map stands for, with its article
         * @param fields what it can hold, in the order of the reference
         */
        record Maps(String one, List<Field> fields) implements Type {
            public Maps {
                fields = List.copyOf(fields);
            }

            @Override
            public String expected() {
                return "a list of maps with " + fields.stream().map(Field::name).collect(Collectors.joining(", "));
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

    /**
     * What a map of a list can hold.
     *
     * @param required whether it has to be there
     */
    public record Field(String name, Type type, boolean required, String doc) {}

    /** What a list or a text holds. */
    public enum Item {
        USER("a Linux user name such as ops", "Linux user names", "^[a-z_][a-z0-9_-]{0,31}$"),
        SERVER("a host name or address", "host names or addresses", "^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$"),
        ADDRESS("an IP address", "IP addresses", "^[0-9A-Fa-f.:]+$"),
        NETWORK("a network such as 10.0.0.0/24", "networks such as 10.0.0.0/24", "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$"),
        SUBJECT(
                "a user, group or token such as alice@pve, @ops or ci@pve!deploy",
                "users, groups and tokens such as alice@pve, @ops, ci@pve!deploy",
                "^(@[A-Za-z0-9._-]+|[^\\s:/]+@[A-Za-z][A-Za-z0-9._-]+(![A-Za-z][A-Za-z0-9._-]+)?)$"),
        USER_ID("a user such as alice@pve", "users such as alice@pve", "^[^\\s:/]+@[A-Za-z][A-Za-z0-9._-]+$"),
        TOKEN_ID(
                "a token such as ci@pve!deploy",
                "tokens such as ci@pve!deploy",
                "^[^\\s:/]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+$"),
        REALM("a realm such as pam", "realms such as pam", "^[A-Za-z][A-Za-z0-9._-]+$"),
        NAME("a name of letters, digits, . _ -", "names of letters, digits, . _ -", "^[A-Za-z0-9._-]+$"),
        POOL(
                "a pool such as prod or prod/web",
                "pools such as prod or prod/web",
                "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}$"),
        PATH("an ACL path such as /vms/100", "ACL paths such as /vms/100", "^/[A-Za-z0-9._/-]*$"),
        CLUSTER(
                "a cluster's name or the SHA-256 of its CA",
                "clusters' names or the SHA-256 of their CAs",
                "^[A-Za-z0-9][A-Za-z0-9:._-]{0,94}$"),
        LINE("a text on one line", "texts on one line each", "^[^\\n\\r]{1,500}$"),
        DAY("a day such as 2026-12-31", "days such as 2026-12-31", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");

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
                case SUBJECT -> Subject.parse(text).isPresent();
                case USER_ID -> Subject.isUser(text);
                case TOKEN_ID -> Subject.isToken(text);
                case REALM -> Subject.isRealm(text);
                case PATH -> UserConfig.path(text).filter(text::equals).isPresent();
                case DAY -> isDay(text);
                case LINE -> !text.isBlank() && text.length() <= 500 && text.equals(Clean.line(text));
                case NAME, POOL, CLUSTER -> text.length() <= 200 && text.matches(pattern);
            };
            if (right) {
                return Optional.empty();
            }
            Optional<Cidr> network = this == NETWORK ? Cidr.enclosing(text) : Optional.empty();
            return Optional.of(network.map(right2 -> text + " has host bits set: write " + right2)
                    .orElseGet(() -> "\"" + text + "\" is not " + singular));
        }
    }

    private static boolean isDay(String text) {
        try {
            return text.length() == 10 && LocalDate.parse(text).getYear() > 0;
        } catch (DateTimeException e) {
            return false;
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

    private static Field required(String name, Item item, String doc) {
        return new Field(name, new Type.One(item), true, doc);
    }

    private static Field optional(String name, Item item, String doc) {
        return new Field(name, new Type.One(item), false, doc);
    }

    private static Field several(String name, Item item, String doc) {
        return new Field(name, new Type.ListOf(item), false, doc);
    }

    private static Field flag(String name, String doc) {
        return new Field(name, FLAG, false, doc);
    }

    private static final Type TENANTS = new Type.Maps(
            "a tenant",
            List.of(
                    required("name", Item.LINE, "what reports call it"),
                    new Field("members", new Type.ListOf(Item.SUBJECT), true, "its groups, users and tokens"),
                    several("pools", Item.POOL, "pools with all that is in them"),
                    several("storages", Item.NAME, "storages that it may use"),
                    several("paths", Item.PATH, "further ACL paths, with all below them")));

    private static final Type LISTS = new Type.Maps(
            "an access list",
            List.of(
                    optional(
                            "cluster",
                            Item.CLUSTER,
                            "the cluster's name or the SHA-256 of its CA, or a standalone node's name; without it the list is for every cluster"),
                    new Field(
                            "users",
                            new Type.Maps(
                                    "a user",
                                    List.of(
                                            required("id", Item.USER_ID, "its id"),
                                            flag("enabled", "whether it may log in; true without it"),
                                            optional("expires", Item.DAY, "the last day on which it may"))),
                            false,
                            "all users"),
                    new Field(
                            "groups",
                            new Type.Maps(
                                    "a group",
                                    List.of(
                                            required("name", Item.NAME, "its name"),
                                            several("members", Item.USER_ID, "the users in it"))),
                            false,
                            "all groups"),
                    new Field(
                            "tokens",
                            new Type.Maps(
                                    "a token",
                                    List.of(
                                            required("id", Item.TOKEN_ID, "its full id"),
                                            optional("owner", Item.LINE, "who answers for it"),
                                            optional("purpose", Item.LINE, "what it is for"),
                                            several("scope", Item.PATH, "the paths that it is meant for"),
                                            optional("created", Item.DAY, "when it was first made"),
                                            optional("rotated", Item.DAY, "when it got the secret that it has"),
                                            optional("expires", Item.DAY, "the last day on which it may be used"),
                                            flag("privilege_separation", "true without it"),
                                            flag(
                                                    "in_use",
                                                    "something depends on it: no fix removes it without --revoke"))),
                            false,
                            "all API tokens"),
                    new Field(
                            "roles",
                            new Type.Maps(
                                    "a role",
                                    List.of(
                                            required("name", Item.NAME, "its name"),
                                            several("privileges", Item.NAME, "what it holds"))),
                            false,
                            "the roles that do not come with Proxmox VE"),
                    new Field(
                            "acl",
                            new Type.Maps(
                                    "an ACL entry",
                                    List.of(
                                            required("path", Item.PATH, "where it holds"),
                                            required("subject", Item.SUBJECT, "for whom"),
                                            required("role", Item.NAME, "what it gives"),
                                            flag("propagate", "whether it counts below the path; true without it"))),
                            false,
                            "all ACL entries")));

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
                    "access.administrators",
                    new Type.ListOf(Item.SUBJECT),
                    p -> p.access().administrators(),
                    "Who may hold administrative rights on /, beside root@pam: the role Administrator, or any with"
                            + " Permissions.Modify, Sys.Modify or Realm.Allocate. A group stands for its members."),
            new Key(
                    "access.token_max_days",
                    DAYS,
                    p -> p.access().tokenMaxDays(),
                    "How many days ahead a token's expiry may lie; a token without expiry is a finding always."),
            new Key(
                    "access.token_warn_days",
                    DAYS,
                    p -> p.access().tokenWarnDays(),
                    "A token that expires within so many days should be rotated now."),
            new Key(
                    "access.token_rotation_days",
                    DAYS,
                    p -> p.access().tokenRotationDays(),
                    "How many days a token's secret may be old. Proxmox VE does not keep its age: it comes from the"
                            + " access list, or from created= and rotated= in the token's comment."),
            new Key(
                    "access.second_factor",
                    new Type.Choice(List.of("nobody", "administrators", "everybody")),
                    p -> p.access().secondFactor().label(),
                    "Who must have a second factor, of those who can log in with a password."),
            new Key(
                    "access.without_second_factor",
                    new Type.ListOf(Item.USER_ID),
                    p -> p.access().withoutSecondFactor(),
                    "Users that need none, such as a root@pam that is kept for emergencies."),
            new Key(
                    "access.enforced_realms",
                    new Type.ListOf(Item.REALM),
                    p -> p.access().enforcedRealms(),
                    "Realms that must demand a second factor of everybody. Such a realm takes TOTP or recovery keys,"
                            + " or Yubico's, and refuses WebAuthn."),
            new Key(
                    "access.min_recovery_keys",
                    new Type.Whole(0, 10),
                    p -> p.access().minRecoveryKeys(),
                    "How many recovery keys an administrator with a second factor must have left."),
            new Key(
                    "access.root_days",
                    DAYS,
                    p -> p.access().rootDays(),
                    "On how many days of the access log root@pam may have been used; Proxmox VE keeps about a week."),
            new Key(
                    "access.unused_days",
                    DAYS,
                    p -> p.access().unusedDays(),
                    "A user that the access log does not name for so many days counts as unused; where the log does not"
                            + " reach back as far, nothing is said."),
            new Key(
                    "access.tenants",
                    TENANTS,
                    p -> p.access().tenants().stream().map(PolicyKeys::plain).toList(),
                    "Who shares the cluster, and what is theirs: a right that reaches further is a finding."),
            new Key(
                    "access.lists",
                    LISTS,
                    p -> p.access().lists().stream().map(PolicyKeys::plain).toList(),
                    "Who should have access; holdfast access export writes it."),
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

    /** The map that a policy has for a tenant. */
    public static Map<String, Object> plain(Tenant tenant) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", tenant.name());
        map.put("members", tenant.members().stream().map(Subject::toString).toList());
        map.put("pools", tenant.pools());
        map.put("storages", tenant.storages());
        map.put("paths", tenant.paths());
        return map;
    }

    /** The map that a policy has for an access list: what is not there, or as it is without being said, is left out. */
    public static Map<String, Object> plain(AccessList list) {
        Map<String, Object> map = new LinkedHashMap<>();
        list.cluster().ifPresent(cluster -> map.put("cluster", cluster));
        map.put(
                "users",
                list.users().stream()
                        .map(user -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("id", user.id());
                            if (!user.enabled()) {
                                entry.put("enabled", false);
                            }
                            user.expires().ifPresent(day -> entry.put("expires", day.toString()));
                            return entry;
                        })
                        .toList());
        map.put(
                "groups",
                list.groups().stream()
                        .map(group -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("name", group.name());
                            entry.put("members", group.members());
                            return entry;
                        })
                        .toList());
        map.put(
                "tokens",
                list.tokens().stream()
                        .map(token -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("id", token.id());
                            token.owner().ifPresent(owner -> entry.put("owner", owner));
                            token.purpose().ifPresent(purpose -> entry.put("purpose", purpose));
                            if (!token.scope().isEmpty()) {
                                entry.put("scope", token.scope());
                            }
                            token.created().ifPresent(day -> entry.put("created", day.toString()));
                            token.rotated().ifPresent(day -> entry.put("rotated", day.toString()));
                            token.expires().ifPresent(day -> entry.put("expires", day.toString()));
                            if (!token.separated()) {
                                entry.put("privilege_separation", false);
                            }
                            if (token.inUse()) {
                                entry.put("in_use", true);
                            }
                            return entry;
                        })
                        .toList());
        map.put(
                "roles",
                list.roles().stream()
                        .map(role -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("name", role.name());
                            entry.put("privileges", role.privileges());
                            return entry;
                        })
                        .toList());
        map.put(
                "acl",
                list.acl().stream()
                        .map(acl -> {
                            Map<String, Object> entry = new LinkedHashMap<>();
                            entry.put("path", acl.path());
                            entry.put("subject", acl.subject().toString());
                            entry.put("role", acl.role());
                            if (!acl.propagate()) {
                                entry.put("propagate", false);
                            }
                            return entry;
                        })
                        .toList());
        return map;
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
            case Type.One(Item item) -> {
                schema.put("type", "string");
                schema.put("pattern", item.pattern);
            }
            case Type.Maps(String one, List<Field> fields) -> {
                Map<String, Object> properties = new LinkedHashMap<>();
                for (Field field : fields) {
                    Map<String, Object> property = new LinkedHashMap<>();
                    property.put("description", field.doc());
                    property.putAll(schema(field.type()));
                    properties.put(field.name(), property);
                }
                Map<String, Object> items = new LinkedHashMap<>();
                items.put("type", "object");
                items.put("additionalProperties", false);
                items.put(
                        "required",
                        fields.stream().filter(Field::required).map(Field::name).toList());
                items.put("properties", properties);
                schema.put("type", "array");
                schema.put("items", items);
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

    private static void table(StringBuilder page, String path, Type.Maps maps) {
        page.append("\nWhat %s of `%s` holds:\n\n| Key | Values | Meaning |\n| --- | --- | --- |\n"
                .formatted(maps.one(), path));
        for (Field field : maps.fields()) {
            page.append("| `%s`%s | %s | %s |\n"
                    .formatted(
                            field.name(),
                            field.required() ? " (required)" : "",
                            field.type().expected().replace("|", "\\|"),
                            field.doc()));
        }
        for (Field field : maps.fields()) {
            if (field.type() instanceof Type.Maps inner) {
                table(page, path + "." + field.name(), inner);
            }
        }
    }

    /** The reference page: one table with every key. */
    public static String markdown() {
        Policy baseline = Policies.builtIn().base();
        Policy enhanced = Policies.builtIn("enhanced").base();
        StringBuilder page = new StringBuilder("""
                # Policy keys

                Generated from the code (`PolicyKeys`): do not edit. A policy is the profile, with the files given by
                `--policy` merged over it, a later one over an earlier one, then the `holdfast:` maps of the inventory, from
                the group `all` to the host.
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
        for (Key key : ALL) {
            if (key.type() instanceof Type.Maps maps) {
                table(page, key.path(), maps);
            }
        }
        page.append("""

                A waiver has all five keys:

                | Key | Meaning |
                | --- | --- |
                | `check` | a check id, or a glob such as `certificate.*` |
                | `nodes` | node names or globs, at least one; a cluster's finding is meant by the cluster's name, or by all of its members |
                | `reason` | why the failure is accepted |
                | `owner` | who accepted it |
                | `expires` | the last day on which it holds, as `2026-12-31` |
                """);
        return page.toString();
    }
}
