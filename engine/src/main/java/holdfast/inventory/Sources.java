package holdfast.inventory;

import holdfast.inventory.Draft.DraftGroup;
import holdfast.inventory.Draft.DraftHost;
import holdfast.policy.Policies;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.yaml.Json;
import holdfast.yaml.TextFile;
import holdfast.yaml.Value;
import holdfast.yaml.Yaml;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Finds and reads what {@code -i} names, and the {@code group_vars} and {@code host_vars} beside it. */
final class Sources {

    private static final Pattern IGNORED = Pattern.compile(
            "\\..*|group_vars|host_vars|vars_plugins|.*(~|\\.(orig|cfg|retry|bak|pyc|pyo|swp|rpm|md|txt|rst|known_hosts|py\\.lock))");
    private static final Pattern YAML_START = Pattern.compile("---.*|\\{.*|[\"']?[\\w.-]+[\"']?:(\\s.*)?");
    private static final int MAX_FILES = 1000;

    private final Draft draft;
    private final Problems problems;
    private final Policies policies;
    private final Set<Path> directories = new LinkedHashSet<>();
    private final List<String> encrypted = new ArrayList<>();

    Sources(Draft draft, Policies policies) {
        this.draft = draft;
        this.problems = draft.problems;
        this.policies = policies;
    }

    void read(List<String> sources) {
        for (String source : sources) {
            Optional<Path> path = path(source);
            if (path.isPresent() && Files.isDirectory(path.get())) {
                directories.add(path.get());
                directory(path.get(), 0);
            } else if (path.isPresent() && Files.exists(path.get())) {
                directories.add(Optional.ofNullable(path.get().getParent()).orElse(Path.of("")));
                file(path.get());
            } else if (source.contains(",")) {
                hostList(source);
            } else {
                problems.add(
                        Where.in(source),
                        "no such inventory file or directory; for a list of hosts write \"" + source + ",\"");
            }
        }
        draft.close();
        directories.forEach(this::variableFiles);
        if (!encrypted.isEmpty()) {
            draft.notices.add("encrypted with ansible-vault and not read: " + String.join(", ", encrypted));
        }
    }

    private static Optional<Path> path(String source) {
        return source.indexOf('\0') >= 0 || source.isEmpty() ? Optional.empty() : Optional.of(Path.of(source));
    }

    private void hostList(String source) {
        int at = 0;
        for (String item : source.split(",", -1)) {
            if (!item.isBlank()) {
                Where where = new Where("--inventory", 1, at + 1);
                // As ssh takes it: the user may stand before the host.
                String host = item.strip();
                int user = host.lastIndexOf('@');
                Map<String, Value> vars = user > 0
                        ? Map.of("ansible_user", new Value.Scalar(where, host.substring(0, user), Value.Kind.STRING))
                        : Map.of();
                draft.hosts(host.substring(user > 0 ? user + 1 : 0), Draft.UNGROUPED, vars, where);
            }
            at += item.length() + 1;
        }
    }

    private void directory(Path directory, int depth) {
        if (depth > 8) {
            problems.add(Where.in(directory.toString()), "directories nested too deeply");
            return;
        }
        for (Path entry : list(directory)) {
            if (IGNORED.matcher(name(entry)).matches()) {
                continue;
            }
            if (name(entry).endsWith(".ini")) {
                // INVENTORY_IGNORE_EXTS: beside an inventory, a .ini is an inventory program's settings.
                draft.notices.add(entry + " is not read: in a directory Ansible ignores .ini files, call it "
                        + name(entry).replaceFirst("\\.ini$", ""));
                continue;
            }
            if (Files.isDirectory(entry)) {
                directory(entry, depth + 1);
            } else {
                file(entry);
            }
        }
    }

    private List<Path> list(Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            List<Path> found = StreamSupport.stream(entries.spliterator(), false)
                    .limit(MAX_FILES + 1)
                    .sorted()
                    .collect(Collectors.toList());
            if (found.size() > MAX_FILES) {
                problems.add(Where.in(directory.toString()), "more than " + MAX_FILES + " files");
                return List.of();
            }
            return found;
        } catch (IOException e) {
            problems.add(Where.in(directory.toString()), "cannot be listed: " + e.getMessage());
            return List.of();
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    private void file(Path file) {
        String name = file.toString();
        if (name.endsWith(".toml")) {
            problems.add(Where.in(name), "TOML inventories are not read: write YAML or INI");
            return;
        }
        if (Files.isExecutable(file) && InventoryProgram.isProgram(file)) {
            InventoryProgram.read(file, draft);
            return;
        }
        Optional<String> read = TextFile.read(file, problems);
        if (read.isEmpty()) {
            return;
        }
        String text = read.get();
        if (text.startsWith("$ANSIBLE_VAULT")) {
            problems.add(Where.in(name), "encrypted with ansible-vault, which is not opened here");
        } else if (text.startsWith("#!")) {
            problems.add(new Where(name, 1, 1), "this is a program, but not executable: chmod +x it");
        } else if (name.endsWith(".json")) {
            Json.read(name, text, problems).ifPresent(value -> YamlInventory.read(value, draft));
        } else if (isYaml(name, text)) {
            Yaml.read(name, text, problems).ifPresent(value -> YamlInventory.read(value, draft));
        } else {
            IniInventory.read(name, text, draft);
        }
    }

    private static boolean isYaml(String name, String text) {
        if (name.endsWith(".yml") || name.endsWith(".yaml")) {
            return true;
        }
        return !name.endsWith(".ini")
                && text.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#") && !line.startsWith(";"))
                        .findFirst()
                        .filter(line -> YAML_START.matcher(line).matches())
                        .isPresent();
    }

    private void variableFiles(Path directory) {
        Path groupVars = directory.resolve("group_vars");
        Path hostVars = directory.resolve("host_vars");
        if (Files.isDirectory(groupVars)) {
            for (Map.Entry<String, DraftGroup> group : draft.groups.entrySet()) {
                Draft.lay(group.getValue().fileVars, variables(groupVars, group.getKey()));
            }
            strangers(groupVars, draft.groups.keySet(), "group");
        }
        if (Files.isDirectory(hostVars)) {
            for (Map.Entry<String, DraftHost> host : draft.hosts.entrySet()) {
                Draft.lay(host.getValue().fileVars, variables(hostVars, host.getKey()));
            }
            strangers(hostVars, draft.hosts.keySet(), "host");
        }
    }

    /** A misspelt file name silently means nothing: say so. */
    private void strangers(Path directory, Set<String> known, String what) {
        for (Path entry : list(directory)) {
            String name = name(entry);
            String stem = name.replaceFirst("\\.(yml|yaml|json)$", "");
            if (!IGNORED.matcher(name).matches() && !known.contains(stem) && !known.contains(name)) {
                draft.notices.add(Clean.line(entry.toString()) + " belongs to no " + what + " of this inventory"
                        + Clean.line(Problems.hint(stem, known)));
            }
        }
    }

    private Map<String, Value> variables(Path directory, String name) {
        Map<String, Value> vars = new LinkedHashMap<>();
        for (String extension : List.of("", ".yml", ".yaml", ".json")) {
            Path path = directory.resolve(name + extension);
            if (Files.isDirectory(path)) {
                variableDirectory(path, vars, 0);
                break;
            }
            if (Files.exists(path)) {
                variableFile(path, vars);
                break;
            }
        }
        return vars;
    }

    private void variableDirectory(Path directory, Map<String, Value> vars, int depth) {
        if (depth > 8) {
            problems.add(Where.in(directory.toString()), "directories nested too deeply");
            return;
        }
        for (Path entry : list(directory)) {
            String name = name(entry);
            if (name.startsWith(".") || name.endsWith("~")) {
                continue;
            }
            if (Files.isDirectory(entry)) {
                variableDirectory(entry, vars, depth + 1);
            } else if (name.indexOf('.') < 0 || name.matches(".*\\.(yml|yaml|json)")) {
                variableFile(entry, vars);
            }
        }
    }

    private void variableFile(Path file, Map<String, Value> vars) {
        Optional<String> text = TextFile.read(file, problems);
        if (text.isPresent() && text.get().startsWith("$ANSIBLE_VAULT")) {
            encrypted.add(Clean.line(file.toString()));
            return;
        }
        text.flatMap(body -> file.toString().endsWith(".json")
                        ? Json.read(file.toString(), body, problems)
                        : Yaml.read(file.toString(), body, problems))
                .ifPresent(value -> Draft.lay(vars, YamlInventory.variables(value, "variables", problems)));
    }

    /** The variables of {@code -e}: {@code key=value …}, a YAML or JSON map, or {@code @FILE}. */
    Map<String, Value> extra(List<String> extraVars) {
        Map<String, Value> vars = new LinkedHashMap<>();
        for (String extra : extraVars) {
            Where where = new Where("--extra-vars", 1, 1);
            if (extra.startsWith("@") && path(extra.substring(1)).isPresent()) {
                variableFile(Path.of(extra.substring(1)), vars);
            } else if (extra.startsWith("{") || extra.startsWith("[")) {
                Yaml.read(where, extra, problems)
                        .ifPresent(
                                value -> Draft.lay(vars, YamlInventory.variables(value, "extra variables", problems)));
            } else {
                pairs(extra, where, vars);
            }
        }
        check(vars);
        return vars;
    }

    private void pairs(String extra, Where where, Map<String, Value> vars) {
        try {
            for (Words.Word word : Words.split(extra)) {
                int equals = word.text().indexOf('=');
                if (equals < 1) {
                    problems.add(
                            where.right(word.column()),
                            "\"" + Clean.line(word.text(), 80) + "\" is not key=value, {map} or @file");
                } else {
                    Draft.lay(
                            vars,
                            Map.of(
                                    word.text().substring(0, equals),
                                    IniInventory.value(
                                            where.right(word.column() + equals + 1),
                                            word.text().substring(equals + 1))));
                }
            }
        } catch (IllegalArgumentException e) {
            problems.add(where, String.valueOf(e.getMessage()));
        }
    }

    /** Tells what is wrong in each {@code holdfast} map, even where another one hides it. */
    void checkPolicies() {
        draft.groups.values().forEach(group -> {
            check(group.vars);
            check(group.fileVars);
        });
        draft.hosts.values().forEach(host -> {
            check(host.vars);
            check(host.fileVars);
        });
    }

    private void check(Map<String, Value> vars) {
        Value holdfast = vars.get(Variables.HOLDFAST);
        if (holdfast != null) {
            policies.check(holdfast, problems);
        }
    }
}
