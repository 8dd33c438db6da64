package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.text.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Selects hosts with Ansible's patterns: {@code prod:&eu:!canary}, globs, {@code ~regex}, {@code web[0]}. */
final class Patterns {

    private static final Pattern TERM = Pattern.compile("(?:[^\\s:\\[\\]]++|\\[[^\\]]*]|[\\[\\]])+");
    private static final Pattern SUBSCRIPT = Pattern.compile("(.+)\\[(?:(-?\\d{1,6})|(\\d{1,6})[:-](\\d{0,6}))]");

    private final List<String> hosts;
    private final Map<String, List<String>> groups;
    private final Where where;
    private final Problems problems;

    /**
     * @param hosts all names, in inventory order
     * @param groups each group's hosts, its children's included, in inventory order
     */
    Patterns(List<String> hosts, Map<String, List<String>> groups, Where where, Problems problems) {
        this.hosts = hosts;
        this.groups = groups;
        this.where = where;
        this.problems = problems;
    }

    /** The selected names; what matches nothing is told. */
    Set<String> select(String pattern) {
        return select(split(pattern));
    }

    Set<String> select(List<String> terms) {
        Set<String> selected = new LinkedHashSet<>();
        boolean union = false;
        for (String term : terms) {
            if (!term.startsWith("!") && !term.startsWith("&")) {
                union = true;
                selected.addAll(match(term));
            }
        }
        if (!union) {
            selected.addAll(hosts);
        }
        for (String term : terms) {
            if (term.startsWith("&")) {
                selected.retainAll(Set.copyOf(match(term.substring(1))));
            }
        }
        for (String term : terms) {
            if (term.startsWith("!")) {
                match(term.substring(1)).forEach(selected::remove);
            }
        }
        return selected;
    }

    /** Commas and colons part terms; the colons of an IPv6 address and of a subscript do not. */
    static List<String> split(String pattern) {
        List<String> terms = new ArrayList<>();
        for (String part : pattern.split(",", -1)) {
            String trimmed = part.strip();
            String sign = trimmed.startsWith("!") || trimmed.startsWith("&") ? trimmed.substring(0, 1) : "";
            String name = trimmed.substring(sign.length());
            if (Names.isIpv6(name)) {
                terms.add(trimmed);
            } else if (name.startsWith("[")
                    && name.endsWith("]")
                    && Names.isIpv6(name.substring(1, name.length() - 1))) {
                terms.add(sign + name.substring(1, name.length() - 1));
            } else {
                Matcher matcher = TERM.matcher(trimmed);
                while (matcher.find()) {
                    terms.add(matcher.group());
                }
            }
        }
        return terms;
    }

    private List<String> match(String term) {
        if (term.isEmpty()) {
            problems.add(where, "a pattern is empty: a name must follow \"!\" or \"&\"");
            return List.of();
        }
        List<String> matched = members(term);
        Matcher subscript = SUBSCRIPT.matcher(term);
        if (matched.isEmpty() && !term.startsWith("~") && subscript.matches()) {
            List<String> base = members(subscript.group(1));
            if (!base.isEmpty()) {
                matched = slice(base, subscript);
                if (matched.isEmpty()) {
                    problems.add(
                            where,
                            "\"" + Clean.line(term, 80) + "\" lies outside: " + subscript.group(1) + " has "
                                    + base.size()
                                    + (base.size() == 1 ? " host, [0]" : " hosts, [0] to [" + (base.size() - 1) + "]"));
                    return List.of();
                }
            }
        }
        if (matched.isEmpty()) {
            unknown(term);
        }
        return matched;
    }

    private void unknown(String term) {
        if (groups.containsKey(term)) {
            problems.add(where, "the group " + term + " has no hosts");
            return;
        }
        Collection<String> names = new LinkedHashSet<>(groups.keySet());
        names.addAll(hosts);
        problems.add(where, "no host or group matches \"" + Clean.line(term, 80) + "\"" + Problems.hint(term, names));
    }

    private static List<String> slice(List<String> base, Matcher subscript) {
        int size = base.size();
        if (subscript.group(2) != null) {
            int index = Integer.parseInt(subscript.group(2));
            index = index < 0 ? size + index : index;
            return index < 0 || index >= size ? List.of() : List.of(base.get(index));
        }
        int from = Integer.parseInt(subscript.group(3));
        int to = subscript.group(4).isEmpty() ? size - 1 : Math.min(size - 1, Integer.parseInt(subscript.group(4)));
        return from > to ? List.of() : base.subList(from, to + 1);
    }

    private List<String> members(String term) {
        if (term.equals("all") || term.equals("*")) {
            return hosts;
        }
        List<String> group = groups.get(term);
        if (group != null) {
            return group;
        }
        Predicate<String> matches;
        if (term.startsWith("~")) {
            try {
                Pattern regex = Pattern.compile(term.substring(1));
                matches = name -> regex.matcher(name).lookingAt();
            } catch (PatternSyntaxException e) {
                problems.add(
                        where, "\"" + Clean.line(term, 80) + "\" is not a regular expression: " + e.getDescription());
                return hosts;
            }
        } else {
            Pattern glob = glob(term);
            matches = name -> glob.matcher(name).matches();
        }
        Set<String> found = new LinkedHashSet<>();
        groups.forEach((name, members) -> {
            // A glob such as a* means names, and would select everything if it met the group all.
            if (!name.equals(Draft.ALL) && matches.test(name)) {
                found.addAll(members);
            }
        });
        hosts.stream().filter(matches).forEach(found::add);
        return hosts.stream().filter(found::contains).toList();
    }

    /** As Python's fnmatch: {@code *}, {@code ?}, {@code [a-c]}, {@code [!x]}. */
    static Pattern glob(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            int close = c == '[' ? glob.indexOf(']', i + (glob.startsWith("!", i + 1) ? 3 : 2)) : -1;
            if (c == '*') {
                regex.append(".*");
            } else if (c == '?') {
                regex.append('.');
            } else if (close > 0) {
                String set = glob.substring(i + 1, close);
                boolean not = set.startsWith("!");
                regex.append(not ? "[^" : "[")
                        .append((not ? set.substring(1) : set).replaceAll("[\\\\\\[\\]^&]", "\\\\$0"))
                        .append(']');
                i = close;
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        try {
            return Pattern.compile(regex.toString());
        } catch (PatternSyntaxException e) {
            return Pattern.compile(Pattern.quote(glob));
        }
    }
}
