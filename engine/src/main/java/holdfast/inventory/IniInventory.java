package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Yaml;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads Ansible's INI inventory. */
final class IniInventory {

    private static final Pattern SECTION = Pattern.compile("\\[([^:\\]\\s]+)(?::(\\w+))?]\\s*(?:#.*)?");
    private static final Pattern LITERAL = Pattern.compile(
            "(?<int>[-+]?(?:0|[1-9][0-9_]*))|(?<float>[-+]?(?:\\d+\\.\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)|(?<bool>True|False)|(?<null>None)");

    private final String file;
    private final Draft draft;
    private final Problems problems;
    /** What may stand before the group that it names. */
    private final List<Runnable> later = new ArrayList<>();

    private IniInventory(String file, Draft draft) {
        this.file = file;
        this.draft = draft;
        this.problems = draft.problems;
    }

    static void read(String file, String text, Draft draft) {
        new IniInventory(file, draft).lines(text);
    }

    private void lines(String text) {
        String group = Draft.UNGROUPED;
        String state = "hosts";
        Map<String, Map<String, Where>> listed = new HashMap<>();
        Map<String, Where> wanted = new LinkedHashMap<>();
        String[] lines = text.split("\\r?\\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            Where where = new Where(file, i + 1, lines[i].indexOf(line) + 1);
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            Matcher section = SECTION.matcher(line);
            if (section.matches()) {
                group = section.group(1);
                state = section.group(2) == null ? "hosts" : section.group(2);
                switch (state) {
                    case "hosts", "children" -> {
                        if (!draft.group(group, where.right(1))) {
                            state = "skip";
                        }
                    }
                    case "vars" -> wanted.putIfAbsent(group, where.right(1));
                    default -> {
                        problems.add(
                                where,
                                "[" + group + ":" + state + "] is not a section: it can be [" + group + "], [" + group
                                        + ":children] or [" + group + ":vars]"
                                        + Problems.hint(state, List.of("hosts", "children", "vars")));
                        state = "skip";
                    }
                }
                continue;
            }
            if (line.startsWith("[") && line.endsWith("]") && !HostRange.isRange(line)) {
                problems.add(where, "\"" + Clean.line(line, 80) + "\" is not a section: write [group] or [group:vars]");
                state = "skip";
                continue;
            }
            switch (state) {
                case "hosts" -> host(line, group, where, listed.computeIfAbsent(group, g -> new HashMap<>()));
                case "children" -> child(line, group, where, wanted);
                case "vars" -> {
                    String target = group;
                    later.add(() -> variable(line, target, where));
                }
                default -> {}
            }
        }
        wanted.forEach((name, where) -> {
            if (!draft.groups.containsKey(name)) {
                problems.add(
                        where,
                        "there is no group " + Clean.line(name, 80) + Problems.hint(name, draft.groups.keySet())
                                + "; a group begins with [" + Clean.line(name, 80) + "]");
            }
        });
        later.forEach(Runnable::run);
    }

    private void child(String line, String group, Where where, Map<String, Where> wanted) {
        List<Words.Word> words = words(line, where);
        if (words.size() != 1) {
            if (!words.isEmpty()) {
                problems.add(where, "under [" + group + ":children] each line is the name of one group");
            }
            return;
        }
        String child = words.getFirst().text();
        wanted.putIfAbsent(child, where);
        later.add(() -> {
            if (draft.groups.containsKey(child)) {
                draft.child(group, child, where);
            }
        });
    }

    private void host(String line, String group, Where where, Map<String, Where> listed) {
        List<Words.Word> words = words(line, where);
        if (words.isEmpty()) {
            return;
        }
        Map<String, Value> vars = new LinkedHashMap<>();
        for (Words.Word word : words.subList(1, words.size())) {
            int equals = word.text().indexOf('=');
            if (equals < 1) {
                problems.add(
                        where.right(word.column()),
                        "after the host's name comes key=value, not \"" + Clean.line(word.text(), 80) + "\"");
            } else {
                vars.put(
                        word.text().substring(0, equals),
                        value(
                                where.right(word.column() + equals + 1),
                                word.text().substring(equals + 1)));
            }
        }
        String pattern = words.getFirst().text();
        boolean range = HostRange.isRange(pattern);
        for (String name : draft.hosts(pattern, group, vars, where)) {
            // One line for a range and one for what is special about a member of it is the custom.
            Where earlier = listed.putIfAbsent((range ? "range " : "") + name, where);
            if (earlier != null) {
                problems.add(
                        where,
                        "the host " + name + " stands in the group " + group + " twice: first on line "
                                + earlier.line());
                break;
            }
        }
    }

    private List<Words.Word> words(String line, Where where) {
        try {
            return Words.split(line);
        } catch (IllegalArgumentException e) {
            problems.add(where, String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    private void variable(String line, String group, Where where) {
        int equals = line.indexOf('=');
        if (equals < 1) {
            problems.add(where, "under [" + group + ":vars] each line is key=value");
            return;
        }
        if (!draft.groups.containsKey(group)) {
            return;
        }
        String raw = line.substring(equals + 1);
        int column = equals + 1 + raw.indexOf(raw.strip());
        Draft.lay(
                draft.find(group).vars,
                Map.of(line.substring(0, equals).strip(), value(where.right(column), raw.strip())));
    }

    /** Ansible takes a value for a Python literal if it is one, and for text otherwise. */
    static Value value(Where where, String text) {
        Optional<String> quoted = quoted(text);
        if (quoted.isPresent()) {
            return new Scalar(where, quoted.get(), Kind.STRING);
        }
        int comment = text.indexOf('#');
        Matcher literal =
                LITERAL.matcher(comment < 0 ? text : text.substring(0, comment).strip());
        if (literal.matches()) {
            String plain = literal.group();
            return literal.group("int") != null
                    ? new Scalar(where, plain.replace("_", ""), Kind.INT)
                    : literal.group("float") != null
                            ? new Scalar(where, plain, Kind.FLOAT)
                            : literal.group("bool") != null
                                    ? new Scalar(where, plain.toLowerCase(Locale.ROOT), Kind.BOOL)
                                    : new Scalar(where, "", Kind.NULL);
        }
        if (text.startsWith("{") || text.startsWith("[")) {
            return Yaml.read(where, text, new Problems())
                    .filter(value -> !(value instanceof Scalar))
                    .orElseGet(() -> new Scalar(where, text, Kind.STRING));
        }
        return new Scalar(where, text, Kind.STRING);
    }

    /** The inside of a quoted text that fills the value, but for a comment. */
    private static Optional<String> quoted(String text) {
        char quote = text.isEmpty() ? ' ' : text.charAt(0);
        if (quote != '\'' && quote != '"') {
            return Optional.empty();
        }
        int end = 1;
        while (end < text.length() && text.charAt(end) != quote) {
            end += text.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= text.length()) {
            return Optional.empty();
        }
        String rest = text.substring(end + 1).strip();
        return rest.isEmpty() || rest.startsWith("#")
                ? Optional.of(unescape(text.substring(1, end)))
                : Optional.empty();
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\' || i + 1 == text.length()) {
                out.append(c);
                continue;
            }
            char next = text.charAt(++i);
            switch (next) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case '0' -> out.append('\0');
                case '\\', '\'', '"' -> out.append(next);
                default -> out.append('\\').append(next);
            }
        }
        return out.toString();
    }
}
