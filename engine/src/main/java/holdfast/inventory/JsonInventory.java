package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Reads what an executable inventory answers to {@code --list}. */
final class JsonInventory {

    private static final String META = "_meta";

    private final Draft draft;
    private final Problems problems;

    private JsonInventory(Draft draft) {
        this.draft = draft;
        this.problems = draft.problems;
    }

    /** @return whether the answer holds the hosts' variables; if not, each host has to be asked for */
    static boolean read(Value document, Draft draft) {
        return new JsonInventory(draft).document(document);
    }

    private boolean document(Value document) {
        if (!(document instanceof Mapping top)) {
            problems.add(document.where(), "the answer to --list is a map of groups, not " + document.what());
            return true;
        }
        top.entries().forEach((name, entry) -> {
            if (!name.equals(META)) {
                group(name, entry);
            }
        });
        Value meta = top.get(META).orElse(null);
        if (meta == null) {
            return false;
        }
        if (!(meta instanceof Mapping map) || !(map.get("hostvars").orElse(null) instanceof Mapping hostvars)) {
            problems.add(meta.where(), "_meta holds a map hostvars");
            return true;
        }
        hostvars.entries().forEach((host, entry) -> {
            Map<String, Value> vars = YamlInventory.variables(entry.value(), "variables of the host " + host, problems);
            // As with Ansible, a host that is in no group is not a host.
            Draft.DraftHost known = draft.hosts.get(host);
            if (known != null) {
                Draft.lay(known.vars, vars);
            }
        });
        return true;
    }

    private void group(String name, Entry entry) {
        if (!draft.group(name, entry.where())) {
            return;
        }
        switch (entry.value()) {
            case Sequence hosts -> hosts(name, hosts);
            case Mapping map ->
                map.entries().forEach((key, part) -> {
                    switch (key) {
                        case "hosts" -> hosts(name, part.value());
                        case "children" ->
                            each(part.value(), "children", (child, value) -> draft.child(name, child, value.where()));
                        case "vars" ->
                            Draft.lay(
                                    draft.find(name).vars,
                                    YamlInventory.variables(part.value(), "vars of the group " + name, problems));
                        default ->
                            problems.add(
                                    part.where(),
                                    "\"" + key + "\" is not part of a group: it can be hosts, children or vars"
                                            + Problems.hint(key, List.of("hosts", "children", "vars")));
                    }
                });
            case Scalar scalar ->
                problems.add(
                        scalar.where(), "the group " + name + " is a map or a list of hosts, not " + scalar.what());
        }
    }

    private void hosts(String group, Value hosts) {
        each(hosts, "hosts", (host, value) -> draft.hosts(host, group, new LinkedHashMap<>(), value.where()));
    }

    private void each(Value list, String what, BiConsumer<String, Value> action) {
        if (!(list instanceof Sequence sequence)) {
            problems.add(list.where(), what + " is a list of names, not " + list.what());
            return;
        }
        for (Value item : sequence.items()) {
            if (item instanceof Scalar scalar && !scalar.isNull()) {
                action.accept(scalar.text(), item);
            } else {
                problems.add(item.where(), what + " is a list of names; this item is " + item.what());
            }
        }
    }
}
