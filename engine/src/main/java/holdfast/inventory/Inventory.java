package holdfast.inventory;

import holdfast.inventory.Draft.DraftGroup;
import holdfast.inventory.Draft.DraftHost;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.yaml.TextFile;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Scalar;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The hosts that the user may want to look at, in the order in which the sources name them. */
public final class Inventory {

    /**
     * A group: what it holds directly, and its children.
     *
     * @param hosts names, in inventory order
     * @param children names, in the order of the sources
     */
    public record Group(String name, List<String> hosts, List<String> children) {
        public Group {
            hosts = List.copyOf(hosts);
            children = List.copyOf(children);
        }
    }

    private final Map<String, Host> hosts;
    private final Map<String, Group> groups;
    private final List<String> notices;

    private Inventory(Map<String, Host> hosts, Map<String, Group> groups, List<String> notices) {
        this.hosts = hosts;
        this.groups = groups;
        this.notices = List.copyOf(notices);
    }

    /**
     * Reads everything that {@code -i}, {@code -e} and {@code --policy} name.
     *
     * @param sources files, directories, programs, or lists such as {@code pve1,pve2,}; later ones win
     * @param extraVars {@code key=value}, a map, or {@code @FILE}; they win over every other variable
     * @param policyFiles merged over the profile that they name, later ones over earlier ones
     * @throws holdfast.problem.ProblemsException with every mistake that was found
     */
    public static Inventory load(List<String> sources, List<String> extraVars, List<Path> policyFiles) {
        Problems problems = new Problems();
        Policies policies = Policies.read(policyFiles, problems);
        Draft draft = new Draft(problems);
        Sources reader = new Sources(draft, policies);
        reader.read(sources);
        reader.checkPolicies();
        Inventory inventory = build(draft, reader.extra(extraVars), policies);
        if (sources.isEmpty()) {
            problems.add(Where.in("--inventory"), "no inventory is given: -i names a file, a directory or a list");
        } else if (inventory.hosts.isEmpty() && problems.isEmpty()) {
            problems.add(
                    Where.in(String.join(" ", sources)), "the inventory is empty: name at least one host under hosts:");
        }
        problems.throwIfAny();
        return inventory;
    }

    /** As {@link #load(List, List, List)}, with the baseline policy. */
    public static Inventory load(List<String> sources) {
        return load(sources, List.of(), List.of());
    }

    private static Inventory build(Draft draft, Map<String, Value> extra, Policies policies) {
        List<String> precedence = draft.byPrecedence();
        Path home = Path.of(System.getProperty("user.home", "/"));
        Map<String, Host> hosts = new LinkedHashMap<>();
        Set<String> ignored = new TreeSet<>();
        draft.hosts.forEach((name, host) -> {
            Set<String> ancestors = draft.ancestors(host);
            List<String> groups =
                    precedence.stream().filter(ancestors::contains).toList();
            Map<String, Value> vars = merged(draft, groups, host, extra);
            vars.keySet().stream().filter(Variables::isIgnored).forEach(ignored::add);
            Value holdfast = vars.getOrDefault(Variables.HOLDFAST, new Scalar(host.where, "", Kind.NULL));
            Policy policy = policies.merge(holdfast, draft.problems);
            Access access = Variables.read(vars, home, draft.problems);
            hosts.put(name, new Host(name, groups, vars, access, policy, host.where));
        });
        Map<String, Group> groups = new LinkedHashMap<>();
        draft.groups.forEach((name, group) -> groups.put(
                name,
                new Group(
                        name,
                        draft.hosts.keySet().stream()
                                .filter(group.hosts::contains)
                                .toList(),
                        List.copyOf(group.children))));
        draft.hosts.keySet().stream()
                .filter(draft.groups::containsKey)
                .forEach(name -> draft.notices.add(name + " is the name of a host and of a group"));
        draft.notices.addAll(Notices.ignored(ignored));
        return new Inventory(hosts, groups, List.copyOf(draft.notices));
    }

    /** Ansible's order: what the sources say of groups, then group_vars; what they say of the host, then host_vars. */
    private static Map<String, Value> merged(
            Draft draft, List<String> groups, DraftHost host, Map<String, Value> extra) {
        Map<String, Value> vars = new LinkedHashMap<>();
        List<DraftGroup> layers = groups.stream().map(draft::find).toList();
        layers.forEach(group -> Draft.lay(vars, group.vars));
        layers.forEach(group -> Draft.lay(vars, group.fileVars));
        Draft.lay(vars, host.vars);
        Draft.lay(vars, host.fileVars);
        Draft.lay(vars, extra);
        return vars;
    }

    /** All hosts, in inventory order. */
    public List<Host> hosts() {
        return List.copyOf(hosts.values());
    }

    public Optional<Host> host(String name) {
        return Optional.ofNullable(hosts.get(name));
    }

    /** All groups by name, {@code all} and {@code ungrouped} first. */
    public Map<String, Group> groups() {
        return java.util.Collections.unmodifiableMap(groups);
    }

    /** What the user should know, though it is no mistake: safe to print. */
    public List<String> notices() {
        return notices;
    }

    /**
     * The hosts that a pattern such as {@code prod:&eu:!canary} names, in inventory order.
     *
     * @throws holdfast.problem.ProblemsException when a part of the pattern, or all of it, names nothing
     */
    public List<Host> select(String pattern) {
        Problems problems = new Problems();
        Where where = Where.in("--limit");
        List<String> terms = new ArrayList<>();
        for (String term : Patterns.split(pattern)) {
            if (term.startsWith("@") && term.indexOf('\0') < 0) {
                terms.addAll(fromFile(Path.of(term.substring(1)), problems));
            } else {
                terms.add(term);
            }
        }
        Set<String> selected = new Patterns(List.copyOf(hosts.keySet()), members(), where, problems).select(terms);
        if (problems.isEmpty() && (terms.isEmpty() || selected.isEmpty())) {
            problems.add(where, "the pattern \"" + pattern + "\" selects no host");
        }
        problems.throwIfAny();
        return hosts.values().stream()
                .filter(host -> selected.contains(host.name()))
                .toList();
    }

    private static List<String> fromFile(Path file, Problems problems) {
        return TextFile.read(file, problems).stream()
                .flatMap(String::lines)
                .map(line -> line.replaceFirst("(^|\\s)#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .flatMap(line -> Patterns.split(line).stream())
                .toList();
    }

    /** Each group's hosts, those of its children included, in inventory order. */
    private Map<String, List<String>> members() {
        Map<String, Set<String>> found = new LinkedHashMap<>();
        groups.keySet().forEach(name -> found.put(name, new HashSet<>()));
        hosts.values()
                .forEach(host -> host.groups()
                        .forEach(group -> found.computeIfAbsent(group, g -> new LinkedHashSet<>())
                                .add(host.name())));
        Map<String, List<String>> ordered = new LinkedHashMap<>();
        found.forEach((name, members) -> ordered.put(
                name, hosts.keySet().stream().filter(members::contains).toList()));
        return ordered;
    }

    /** What a report keeps of the policies of these hosts: SHA-256 in hex. */
    public static String policyDigest(List<Host> hosts) {
        Map<String, Policy> policies = new LinkedHashMap<>();
        hosts.forEach(host -> policies.put(host.name(), host.policy()));
        return Policies.digest(policies);
    }

    /** The answer that Ansible expects of a dynamic inventory to {@code --list}; secrets are left out. */
    public String toAnsibleJson() {
        return InventoryView.json(this);
    }

    /** The names of the variables whose values {@link #toAnsibleJson} leaves out. */
    public List<String> withheld() {
        return InventoryView.withheld(this);
    }

    /** The groups and hosts as a tree, as {@code ansible-inventory --graph} draws it. */
    public String graph() {
        return InventoryView.graph(this);
    }
}
