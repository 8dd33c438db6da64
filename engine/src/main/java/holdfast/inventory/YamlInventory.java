package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads Ansible's YAML inventory. */
final class YamlInventory {

    private static final List<String> KEYS = List.of("children", "hosts", "vars");

    private final Draft draft;
    private final Problems problems;

    private YamlInventory(Draft draft) {
        this.draft = draft;
        this.problems = draft.problems;
    }

    static void read(Value document, Draft draft) {
        new YamlInventory(draft).document(document);
    }

    private void document(Value document) {
        if (document.isNull()) {
            return;
        }
        if (!(document instanceof Mapping top)) {
            problems.add(document.where(), "an inventory is a map of groups such as all:, not " + document.what());
            return;
        }
        Entry plugin = top.entries().get("plugin");
        if (plugin != null && plugin.value() instanceof Scalar) {
            problems.add(
                    plugin.where(),
                    "this configures an inventory plugin, which only Ansible can run:"
                            + " write its answer down with ansible-inventory --list --yaml");
            return;
        }
        top.entries().forEach((name, entry) -> group(name, entry));
    }

    private void group(String name, Entry entry) {
        if (!draft.group(name, entry.where()) || entry.value().isNull()) {
            return;
        }
        if (!(entry.value() instanceof Mapping group)) {
            problems.add(
                    entry.value().where(),
                    "the group " + name + " is a map with hosts:, children: or vars:, not "
                            + entry.value().what());
            return;
        }
        group.entries().forEach((key, part) -> {
            switch (key) {
                case "vars" -> Draft.lay(draft.find(name).vars, vars(part.value(), "vars of the group " + name));
                case "children" ->
                    members(part.value(), "children").forEach((child, at) -> {
                        draft.child(name, child, at.where());
                        group(child, at);
                    });
                case "hosts" ->
                    members(part.value(), "hosts")
                            .forEach((pattern, at) -> draft.hosts(
                                    pattern, name, vars(at.value(), "variables of the host " + pattern), at.where()));
                default ->
                    problems.add(
                            part.where(),
                            "\"" + key + "\" is not part of a group: it can be hosts, children or vars"
                                    + Problems.didYouMean(key, KEYS)
                                            .map(near -> "; did you mean \"" + near + "\"?")
                                            .orElse("; a group inside a group stands under children:"));
            }
        });
    }

    private Map<String, Entry> members(Value value, String what) {
        if (value.isNull()) {
            return Map.of();
        }
        if (value instanceof Mapping map) {
            return map.entries();
        }
        if (value instanceof Scalar one && one.kind() == Kind.STRING) {
            return Map.of(one.text(), new Entry(one.where(), new Scalar(one.where(), "", Kind.NULL)));
        }
        problems.add(
                value.where(),
                what + " is a map: write each name with a colon and no dash, such as \"pve1:\", not " + value.what());
        return Map.of();
    }

    private Map<String, Value> vars(Value value, String what) {
        return variables(value, what, problems);
    }

    /** A map of variables, which may be left empty. */
    static Map<String, Value> variables(Value value, String what, Problems problems) {
        Map<String, Value> vars = new LinkedHashMap<>();
        if (value instanceof Mapping map) {
            map.entries().forEach((name, entry) -> vars.put(name, entry.value()));
        } else if (!value.isNull()) {
            Where where = value.where();
            problems.add(where, "the " + what + " must be a map of names and values, not " + value.what());
        }
        return vars;
    }
}
