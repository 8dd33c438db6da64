package holdfast.inventory;

import holdfast.yaml.Value;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The inventory as Ansible writes it. */
final class InventoryView {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9]\\d{0,100})");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?\\d{1,50}\\.\\d{0,50}([eE][-+]?\\d{1,3})?");
    private static final int MAX_LINES = 100_000;

    private InventoryView() {}

    static String json(Inventory inventory) {
        Map<String, Object> hostvars = new LinkedHashMap<>();
        inventory.hosts().forEach(host -> hostvars.put(host.name(), plain(host.vars(), new TreeSet<>())));
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("_meta", Map.of("hostvars", hostvars));
        inventory.groups().forEach((name, group) -> {
            Map<String, Object> parts = new LinkedHashMap<>();
            // A group without any of its keys would be taken for a host (ansible, plugins/inventory/script.py).
            if (!group.hosts().isEmpty() || group.children().isEmpty()) {
                parts.put("hosts", group.hosts());
            }
            if (!group.children().isEmpty()) {
                parts.put("children", group.children());
            }
            root.put(name, parts);
        });
        return MAPPER.writeValueAsString(root) + "\n";
    }

    static List<String> withheld(Inventory inventory) {
        Set<String> names = new TreeSet<>();
        inventory.hosts().forEach(host -> plain(host.vars(), names));
        return List.copyOf(names);
    }

    private static Map<String, Object> plain(Map<String, Value> vars, Set<String> withheld) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        vars.forEach((name, value) -> {
            // The policy's keys are known, and none of them is a secret.
            if (name.equals(Variables.HOLDFAST)) {
                map.put(name, plain(value, null));
            } else {
                put(map, name, value, withheld);
            }
        });
        return map;
    }

    private static void put(
            Map<String, @Nullable Object> map, String name, Value value, @Nullable Set<String> withheld) {
        boolean encrypted = value instanceof Scalar scalar && scalar.kind() == Kind.VAULT;
        if (withheld != null && (encrypted || Variables.isSecret(name))) {
            withheld.add(name);
        } else {
            map.put(name, plain(value, withheld));
        }
    }

    private static @Nullable Object plain(Value value, @Nullable Set<String> withheld) {
        return switch (value) {
            case Mapping map -> {
                Map<String, @Nullable Object> fields = new LinkedHashMap<>();
                map.entries().forEach((String name, Entry entry) -> put(fields, name, entry.value(), withheld));
                yield fields;
            }
            case Sequence list -> {
                List<@Nullable Object> items = new ArrayList<>();
                list.items().forEach(item -> items.add(plain(item, withheld)));
                yield items;
            }
            case Scalar scalar -> plain(scalar);
        };
    }

    private static @Nullable Object plain(Scalar scalar) {
        String text = scalar.text();
        return switch (scalar.kind()) {
            case STRING, UNSAFE -> text;
            case VAULT, NULL -> null;
            case BOOL -> List.of("true", "yes", "on", "y").contains(text.toLowerCase(Locale.ROOT));
            case INT -> INTEGER.matcher(text).matches() ? new BigInteger(text) : text;
            case FLOAT -> DECIMAL.matcher(text).matches() ? new BigDecimal(text) : text;
        };
    }

    static String graph(Inventory inventory) {
        List<String> lines = new ArrayList<>();
        draw(inventory, Draft.ALL, 0, lines);
        return String.join("\n", lines) + "\n";
    }

    private static void draw(Inventory inventory, String name, int depth, List<String> lines) {
        Inventory.Group group = inventory.groups().get(name);
        if (group == null || lines.size() >= MAX_LINES) {
            return;
        }
        lines.add(branch(depth) + "@" + name + ":");
        group.children().forEach(child -> draw(inventory, child, depth + 1, lines));
        if (!name.equals(Draft.ALL)) {
            group.hosts().forEach(host -> lines.add(branch(depth + 1) + host));
        }
    }

    private static String branch(int depth) {
        return depth == 0 ? "" : "  |".repeat(depth) + "--";
    }
}
