package holdfast.checks.firewall;

import holdfast.checks.firewall.FirewallLines.Kind;
import holdfast.checks.firewall.FirewallLines.Line;
import holdfast.policy.Cidr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * cluster.fw or host.fw as Proxmox's own parser takes them (pve-firewall, Firewall.pm): a value outside the
 * pattern is warned about and ignored, so that {@code enable: yes} means nothing.
 *
 * @param kind which of the two
 * @param options the accepted options, keys in lower case
 * @param ignored the lines of the options that the parser would skip, with their numbers
 * @param aliases by their names in lower case
 * @param sets the IP sets by their names in lower case; a set that is named twice is the last one
 * @param rules the rules of the file, in order
 * @param groups the security groups' rules by the groups' names in lower case
 */
record FirewallFile(
        Kind kind,
        Map<String, String> options,
        List<String> ignored,
        Map<String, Cidr> aliases,
        Map<String, List<Entry>> sets,
        List<Rule> rules,
        Map<String, List<Rule>> groups) {

    /**
     * A line of an IP set.
     *
     * @param line its number
     * @param text as it stands there
     * @param excluded whether it takes its network out of the set: {@code !10.0.0.5}
     * @param network empty for an entry that Proxmox leaves out: no network, no such alias, a prefix of zero
     */
    record Entry(int line, String text, boolean excluded, Optional<Cidr> network) {}

    /**
     * A rule that is switched on.
     *
     * @param file the file's name
     * @param line its number
     * @param text as it stands there
     * @param type {@code in}, {@code out}, {@code forward} or {@code group}
     * @param action {@code ACCEPT}, {@code DROP} or {@code REJECT}; a group's name
     * @param macro its name, empty without
     * @param parameters the others by {@code iface}, {@code proto}, {@code dport}, {@code sport}, {@code source},
     *     {@code dest}, {@code icmp-type}
     * @param broken whether it names an alias or set that is not defined above it: Proxmox leaves it out
     */
    record Rule(
            String file,
            int line,
            String text,
            String type,
            String action,
            Optional<String> macro,
            Map<String, String> parameters,
            boolean broken) {
        Rule {
            parameters = Map.copyOf(parameters);
        }

        Optional<String> parameter(String name) {
            return Optional.ofNullable(parameters.get(name));
        }

        String where() {
            return "line %d of %s (%s)".formatted(line, file, text);
        }
    }

    private static final Pattern OPTION = Pattern.compile("^([A-Za-z_]+):\\s*(.*?)\\s*$");
    private static final Pattern COMMENT = Pattern.compile("\\s*#.*$", Pattern.DOTALL);
    private static final Pattern ALIAS = Pattern.compile("^(\\S+)\\s(\\S+)$");
    private static final Pattern ENTRY = Pattern.compile("^(!)?\\s*(\\S+)\\s*$");
    private static final Pattern NAME = Pattern.compile("^(?:(dc|guest)/)?([A-Za-z][A-Za-z0-9_-]+)$");
    private static final Pattern SET = Pattern.compile("^\\+(?:(guest|dc|sdn)/)?([A-Za-z][A-Za-z0-9_-]+)$");
    private static final Pattern HEAD = Pattern.compile("^(\\S+)\\s+(\\S+)\\s*");
    private static final Pattern MACRO = Pattern.compile("^(\\S+)\\((ACCEPT|DROP|REJECT)\\)$");
    private static final Pattern INTERFACE = Pattern.compile("^-i (\\S+)\\s*");
    private static final Pattern PARAMETER = Pattern.compile("^(?:(-p|--?proto)|--?(dport|sport|source|dest|icmp-type)"
            + "|--?(log)(?= (?:emerg|alert|crit|err|warning|notice|info|debug|nolog)\\b)) (\\S+)\\s*");

    FirewallFile {
        options = Map.copyOf(options);
        ignored = List.copyOf(ignored);
        aliases = Map.copyOf(aliases);
        sets = Map.copyOf(sets);
        rules = List.copyOf(rules);
        groups = Map.copyOf(groups);
    }

    /** A file that does not exist: all defaults. */
    static FirewallFile empty(Kind kind) {
        return new FirewallFile(kind, Map.of(), List.of(), Map.of(), Map.of(), List.of(), Map.of());
    }

    static FirewallFile parse(Kind kind, String text) {
        return new Reader(kind).read(FirewallLines.of(kind, text));
    }

    /** What is gathered while the lines are read: a name means what is defined above the line. */
    private static final class Reader {
        private final Kind kind;
        private final Map<String, String> options = new HashMap<>();
        private final List<String> ignored = new ArrayList<>();
        private final Map<String, Cidr> aliases = new HashMap<>();
        private final Map<String, List<Entry>> sets = new HashMap<>();
        private final List<Rule> rules = new ArrayList<>();
        private final Map<String, List<Rule>> groups = new HashMap<>();

        Reader(Kind kind) {
            this.kind = kind;
        }

        FirewallFile read(FirewallLines lines) {
            for (Line line : lines.all()) {
                if (line.header()) {
                    switch (line.section()) {
                        case IPSET -> sets.put(line.name(), new ArrayList<>());
                        case GROUP -> groups.put(line.name(), new ArrayList<>());
                        case NONE, OPTIONS, ALIASES, RULES -> {}
                    }
                } else if (line.body()) {
                    switch (line.section()) {
                        case NONE -> {}
                        case OPTIONS -> option(line);
                        case ALIASES -> alias(line);
                        case IPSET -> add(sets, line, this::entry);
                        case RULES -> rule(line).ifPresent(rules::add);
                        case GROUP -> add(groups, line, this::rule);
                    }
                }
            }
            return new FirewallFile(kind, options, ignored, aliases, frozen(sets), rules, frozen(groups));
        }

        private static <T> void add(Map<String, List<T>> to, Line line, Function<Line, Optional<T>> read) {
            read.apply(line)
                    .ifPresent(item -> to.computeIfAbsent(line.name(), key -> new ArrayList<>())
                            .add(item));
        }

        private static <T> Map<String, List<T>> frozen(Map<String, List<T>> lists) {
            Map<String, List<T>> copies = new HashMap<>();
            lists.forEach((name, list) -> copies.put(name, List.copyOf(list)));
            return copies;
        }

        private void option(Line line) {
            Matcher option = OPTION.matcher(line.text());
            String key = option.matches() ? option.group(1).toLowerCase(Locale.ROOT) : "";
            if (option.matches() && accepted(kind, key, option.group(2))) {
                options.put(key, option.group(2));
            } else {
                ignored.add("line %d: %s".formatted(line.number(), line.text().strip()));
            }
        }

        private void alias(Line line) {
            Matcher alias = ALIAS.matcher(COMMENT.matcher(line.text()).replaceFirst(""));
            if (alias.matches()) {
                Cidr.enclosing(alias.group(2))
                        .ifPresent(network -> aliases.put(alias.group(1).toLowerCase(Locale.ROOT), network));
            }
        }

        private Optional<Entry> entry(Line line) {
            Matcher entry = ENTRY.matcher(COMMENT.matcher(line.text()).replaceFirst(""));
            return entry.matches()
                    ? Optional.of(new Entry(
                            line.number(),
                            line.text().strip(),
                            entry.group(1) != null,
                            named(entry.group(2))
                                    .or(() -> Cidr.enclosing(entry.group(2)))
                                    .filter(network -> network.prefix() > 0)))
                    : Optional.empty();
        }

        private Optional<Cidr> named(String text) {
            Matcher name = NAME.matcher(text);
            return name.matches()
                    ? Optional.ofNullable(aliases.get(name.group(2).toLowerCase(Locale.ROOT)))
                    : Optional.empty();
        }

        /** parse_fw_rule: one blank between a parameter and its value, and anything left over is an error. */
        private Optional<Rule> rule(Line line) {
            String rest = COMMENT.matcher(line.text()).replaceFirst("");
            Matcher head = HEAD.matcher(rest);
            if (rest.startsWith("|") || !head.find()) {
                return Optional.empty();
            }
            String type = head.group(1).toLowerCase(Locale.ROOT);
            String action = head.group(2);
            rest = rest.substring(head.end());
            Optional<String> macro = Optional.empty();
            Matcher call = MACRO.matcher(action);
            if (!type.equals("group") && call.matches()) {
                macro = Optional.of(call.group(1));
                action = call.group(2);
            }
            Map<String, String> parameters = new HashMap<>();
            while (!rest.isEmpty()) {
                Matcher iface = INTERFACE.matcher(rest);
                Matcher parameter = PARAMETER.matcher(rest);
                if (iface.find()) {
                    parameters.put("iface", iface.group(1));
                    rest = rest.substring(iface.end());
                } else if (!type.equals("group") && parameter.find()) {
                    String name = parameter.group(1) != null
                            ? "proto"
                            : parameter.group(2) != null ? parameter.group(2) : parameter.group(3);
                    parameters.put(name, parameter.group(4));
                    rest = rest.substring(parameter.end());
                } else {
                    return Optional.empty();
                }
            }
            return Optional.of(new Rule(
                    kind.file,
                    line.number(),
                    line.text().strip(),
                    type,
                    action,
                    macro,
                    parameters,
                    missing(parameters.get("source")) || missing(parameters.get("dest"))));
        }

        /** Whether a reference leads nowhere; host.fw's lead into cluster.fw, so the one who has both decides. */
        private boolean missing(@Nullable String reference) {
            if (kind == Kind.HOST || reference == null) {
                return false;
            }
            Matcher set = SET.matcher(reference);
            if (set.matches()) {
                return !sets.containsKey(set.group(2));
            }
            Matcher name = NAME.matcher(reference);
            return name.matches() && !aliases.containsKey(name.group(2).toLowerCase(Locale.ROOT));
        }
    }

    private static boolean accepted(Kind kind, String key, String value) {
        return switch (key) {
            case "enable" -> value.matches(kind == Kind.CLUSTER ? "\\d{1,12}" : "[01]");
            case "nftables" -> value.matches("[01]");
            case "policy_in", "policy_out" -> value.toUpperCase(Locale.ROOT).matches("ACCEPT|DROP|REJECT");
            // The other options do not bear on whether the firewall is on.
            default -> true;
        };
    }

    Optional<Long> number(String key) {
        return Optional.ofNullable(options.get(key)).map(Long::parseLong);
    }

    /**
     * The entry that keeps all or a part of a network out of a set; none when a narrower one lets it in again,
     * since the narrowest that fits decides (ipset(8), nomatch).
     */
    static Optional<Entry> exclusion(List<Entry> set, Cidr network) {
        return set.stream()
                .filter(Entry::excluded)
                .filter(entry -> entry.network().filter(network::overlaps).isPresent())
                .filter(entry -> set.stream()
                        .filter(other -> !other.excluded())
                        .flatMap(other -> other.network().stream())
                        .noneMatch(other -> other.covers(network)
                                && other.prefix()
                                        > entry.network().orElseThrow().prefix()))
                .findFirst();
    }

    /** The network behind an alias such as {@code admins} or {@code dc/admins}. */
    Optional<Cidr> alias(String reference) {
        Matcher name = NAME.matcher(reference);
        return name.matches()
                ? Optional.ofNullable(aliases.get(name.group(2).toLowerCase(Locale.ROOT)))
                : Optional.empty();
    }

    /** The name of the set behind {@code +admins} or {@code +dc/admins}, where there is one here. */
    Optional<String> setName(String reference) {
        Matcher set = SET.matcher(reference);
        return set.matches() && !"sdn".equals(set.group(1)) && sets.containsKey(set.group(2))
                ? Optional.of(set.group(2))
                : Optional.empty();
    }
}
