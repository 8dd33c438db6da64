package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.text.Names;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The hosts and groups that the sources have named so far; a later source is laid over the earlier ones. */
final class Draft {

    static final String ALL = "all";
    static final String UNGROUPED = "ungrouped";

    private static final int MAX_HOSTS = 50_000;
    private static final int MAX_PATTERN = 1000;
    private static final int MAX_GROUPS = 3_000;
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}");
    private static final Pattern BRACKETED = Pattern.compile("\\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)](?::(\\d+))?");
    private static final Pattern WITH_PORT = Pattern.compile("([^:]*(?:\\[[^\\]]*][^:\\[]*)*):(\\d+)");

    /** A host as the sources describe it. */
    static final class DraftHost {
        final Where where;
        final Map<String, Value> vars = new LinkedHashMap<>();
        final Map<String, Value> fileVars = new LinkedHashMap<>();
        final Set<String> groups = new LinkedHashSet<>();

        DraftHost(Where where) {
            this.where = where;
        }
    }

    /** A group as the sources describe it. */
    static final class DraftGroup {
        final Where where;
        final Map<String, Value> vars = new LinkedHashMap<>();
        final Map<String, Value> fileVars = new LinkedHashMap<>();
        final Set<String> hosts = new LinkedHashSet<>();
        final Set<String> children = new LinkedHashSet<>();
        final Set<String> parents = new LinkedHashSet<>();

        DraftGroup(Where where) {
            this.where = where;
        }
    }

    final Map<String, DraftHost> hosts = new LinkedHashMap<>();
    final Map<String, DraftGroup> groups = new LinkedHashMap<>();
    final Set<String> notices = new LinkedHashSet<>();
    final Problems problems;

    Draft(Problems problems) {
        this.problems = problems;
        groups.put(ALL, new DraftGroup(Where.in(ALL)));
        groups.put(UNGROUPED, new DraftGroup(Where.in(UNGROUPED)));
        find(ALL).children.add(UNGROUPED);
        find(UNGROUPED).parents.add(ALL);
    }

    /** Whether there is such a group now; a bad name is told and not taken. */
    boolean group(String name, Where where) {
        if (groups.containsKey(name)) {
            return true;
        }
        if (!GROUP.matcher(name).matches()) {
            problems.add(
                    where,
                    "\"" + Clean.line(name, 80)
                            + "\" cannot be a group's name: letters, digits, \"_\", \".\" and \"-\", not \"-\" first");
            return false;
        }
        if (groups.size() >= MAX_GROUPS) {
            problems.add(where, "more than " + MAX_GROUPS + " groups");
            return false;
        }
        groups.put(name, new DraftGroup(where));
        return true;
    }

    /**
     * Adds the hosts of a pattern such as {@code pve[1:3].example.com:2222} to a group and lays
     * {@code vars} over theirs.
     *
     * @return their names
     */
    List<String> hosts(String pattern, String group, Map<String, Value> vars, Where where) {
        if (pattern.length() > MAX_PATTERN) {
            problems.add(where, "a host's name is longer than " + MAX_PATTERN + " characters");
            return List.of();
        }
        String names = pattern;
        Optional<Value> port = Optional.empty();
        Matcher bracketed = BRACKETED.matcher(pattern);
        Matcher withPort = WITH_PORT.matcher(pattern);
        if (bracketed.matches() && Names.isIpv6(bracketed.group(1))) {
            names = bracketed.group(1);
            port = Optional.ofNullable(bracketed.group(2)).map(text -> new Scalar(where, text, Kind.INT));
        } else if (!Names.isIpv6(pattern) && withPort.matches()) {
            names = withPort.group(1);
            port = Optional.of(new Scalar(where, withPort.group(2), Kind.INT));
        }
        List<String> expanded = HostRange.expand(names, where, problems);
        List<String> added = new ArrayList<>();
        for (String name : expanded) {
            if (!Names.isHost(name)) {
                problems.add(
                        where,
                        "\"" + Clean.line(name, 80) + "\" must be " + HOST_RULE + "; a range is written pve[01:16]");
                break;
            }
            if (!hosts.containsKey(name) && hosts.size() >= MAX_HOSTS) {
                problems.add(where, "more than " + MAX_HOSTS + " hosts");
                break;
            }
            DraftHost host = hosts.computeIfAbsent(name, n -> new DraftHost(where));
            host.groups.add(group);
            find(group).hosts.add(name);
            port.ifPresent(value -> host.vars.put("ansible_port", value));
            lay(host.vars, vars);
            added.add(name);
        }
        return added;
    }

    static final String HOST_RULE =
            "a host name or an IP address (letters, digits, \".\", \"_\" and \"-\", not \"-\" first)";

    /** Makes {@code child} a child of {@code parent}, unless that would close a circle. */
    void child(String parent, String child, Where where) {
        if (child.equals(ALL)) {
            problems.add(where, "the group all holds every group and cannot be a child of " + parent);
            return;
        }
        if (!group(parent, where) || !group(child, where)) {
            return;
        }
        List<String> circle = path(child, parent);
        if (!circle.isEmpty()) {
            problems.add(
                    where,
                    "the groups go round in a circle: " + parent + " → " + String.join(" → ", circle)
                            + "; remove one of these children");
            return;
        }
        find(parent).children.add(child);
        find(child).parents.add(parent);
    }

    /** From {@code from} down to {@code to} along children, both included; empty when there is no way. */
    private List<String> path(String from, String to) {
        Map<String, String> above = new HashMap<>();
        Deque<String> open = new ArrayDeque<>(List.of(from));
        above.put(from, "");
        while (!open.isEmpty()) {
            String at = open.pop();
            if (at.equals(to)) {
                Deque<String> way = new ArrayDeque<>();
                for (String step = at; !step.isEmpty(); step = above.getOrDefault(step, "")) {
                    way.push(step);
                }
                return List.copyOf(way);
            }
            for (String child : find(at).children) {
                if (above.putIfAbsent(child, at) == null) {
                    open.push(child);
                }
            }
        }
        return List.of();
    }

    DraftGroup find(String group) {
        return Objects.requireNonNull(groups.get(group), group);
    }

    /** What the last source left open: every host is in a group, every group is under {@code all}. */
    void close() {
        groups.forEach((name, group) -> {
            if (!name.equals(ALL) && group.parents.isEmpty()) {
                group.parents.add(ALL);
                find(ALL).children.add(name);
            }
        });
        DraftGroup ungrouped = find(UNGROUPED);
        hosts.forEach((name, host) -> {
            boolean grouped = host.groups.stream().anyMatch(group -> !group.equals(ALL) && !group.equals(UNGROUPED));
            if (grouped) {
                host.groups.remove(UNGROUPED);
                ungrouped.hosts.remove(name);
            } else {
                host.groups.add(UNGROUPED);
                ungrouped.hosts.add(name);
            }
        });
    }

    /** Lays variables over others: the later wins, except that {@code holdfast} maps merge. */
    static void lay(Map<String, Value> vars, Map<String, Value> over) {
        over.forEach((name, value) -> {
            Value below = vars.get(name);
            vars.put(
                    name,
                    name.equals(Variables.HOLDFAST) && below instanceof Mapping lower && value instanceof Mapping upper
                            ? lower.merge(upper)
                            : value);
        });
    }

    /** The groups, in the order in which their variables are laid over each other: depth, priority, name. */
    List<String> byPrecedence() {
        Map<String, Integer> depths = new HashMap<>();
        groups.keySet().forEach(name -> depth(name, depths));
        return groups.keySet().stream()
                .sorted(Comparator.comparing((String name) -> depths.getOrDefault(name, 0))
                        .thenComparingInt(name -> priority(find(name)))
                        .thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private int depth(String name, Map<String, Integer> known) {
        Integer done = known.get(name);
        if (done != null) {
            return done;
        }
        int depth = 0;
        for (String parent : find(name).parents) {
            depth = Math.max(depth, depth(parent, known) + 1);
        }
        known.put(name, depth);
        return depth;
    }

    private int priority(DraftGroup group) {
        Value value = group.vars.get("ansible_group_priority");
        if (value == null) {
            return 1;
        }
        if (value instanceof Scalar scalar && scalar.text().matches("-?\\d{1,9}")) {
            return Integer.parseInt(scalar.text());
        }
        problems.add(value.where(), "ansible_group_priority must be a whole number");
        return 1;
    }

    /** Every group that a host is in, its groups' parents included. */
    Set<String> ancestors(DraftHost host) {
        Set<String> found = new LinkedHashSet<>();
        Deque<String> open = new ArrayDeque<>(host.groups);
        while (!open.isEmpty()) {
            String group = open.pop();
            if (found.add(group)) {
                open.addAll(find(group).parents);
            }
        }
        found.add(ALL);
        return found;
    }
}
