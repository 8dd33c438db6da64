package holdfast.checks.firewall;

import holdfast.change.Edit;
import holdfast.change.EditException;
import holdfast.checks.firewall.FirewallLines.Kind;
import holdfast.checks.firewall.FirewallLines.Line;
import holdfast.checks.firewall.FirewallLines.Section;
import holdfast.policy.Cidr;
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A structured edit of cluster.fw or host.fw. Every rule, comment, blank line and their order stay; a file in which
 * Proxmox's parser and a reader's eye see different things is not edited.
 */
sealed interface FirewallEdit extends Edit {

    /** The set whose members may reach SSH, the API, the consoles and the migration's ports. */
    String MANAGEMENT = "management";

    /** pmxcfs holds no larger file. */
    int LARGEST = 1 << 20;

    /** The file that it is for. */
    Kind kind();

    /** The edited text of a file that was found to be in order. */
    String edited(FirewallLines lines) throws EditException;

    @Override
    default String apply(Optional<String> current) throws EditException {
        String text = current.orElse("");
        FirewallLines lines = inOrder(kind(), text);
        String edited = edited(lines);
        if (bytes(edited) > LARGEST) {
            throw new EditException(
                    "%s would grow beyond 1 MiB, which /etc/pve does not hold: take out what is not needed any more",
                    kind().file);
        }
        return edited;
    }

    /** How long a text is in UTF-8. */
    private static long bytes(String text) {
        return text.codePoints()
                .mapToLong(point -> point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)
                .sum();
    }

    private static FirewallLines inOrder(Kind kind, String text) throws EditException {
        if (bytes(text) > LARGEST) {
            throw new EditException(
                    "%s is larger than 1 MiB: this is no firewall file; look at what wrote it", kind.file);
        }
        FirewallLines lines = FirewallLines.of(kind, text);
        for (Line line : lines.all()) {
            if (line.raw().indexOf('\0') >= 0 || line.raw().indexOf('\uFFFD') >= 0) {
                throw new EditException(
                        "line %d of %s holds bytes that are no UTF-8 text: writing the file would change them; mend that line first",
                        line.number(), kind.file);
            }
            if (line.body() && line.text().startsWith("[")) {
                throw new EditException(
                        "line %d of %s, '%s', looks like the beginning of a section and Proxmox does not take it for one%s: what stands below it has no effect, or another one than it seems to; mend it, and look at what takes effect then",
                        line.number(),
                        kind.file,
                        Clean.line(line.text(), 60),
                        line.text().endsWith("\r") ? ", because of the carriage return at its end" : "");
            }
        }
        return lines;
    }

    /**
     * Makes exactly one line of the options effective. A line of that key stays where it is, with its value
     * replaced; that holds for one which Proxmox ignores, such as {@code enable: yes}, too. Proxmox takes the last
     * of several, so that the others go.
     *
     * @param key in lower case
     * @param value as Proxmox writes it
     */
    record SetOption(Kind kind, String key, String value) implements FirewallEdit {

        @Override
        public String purpose() {
            return "set %s: %s in %s".formatted(key, value, kind.file);
        }

        @Override
        public String edited(FirewallLines lines) {
            Pattern own =
                    Pattern.compile("(?i)" + Pattern.quote(key) + "(?:\\s*[:=].*|\\s+\\S.*|\\s*)", Pattern.DOTALL);
            List<Line> mine = lines.all().stream()
                    .filter(line -> line.body() && line.section() == Section.OPTIONS)
                    .filter(line -> own.matcher(line.text()).matches())
                    .toList();
            if (mine.isEmpty()) {
                return added(lines);
            }
            Line last = mine.get(mine.size() - 1);
            if (mine.size() == 1 && says(last)) {
                return text(lines.all());
            }
            StringBuilder text = new StringBuilder();
            for (Line line : lines.all()) {
                if (line.number() == last.number()) {
                    text.append(replaced(line));
                } else if (!mine.contains(line)) {
                    text.append(line.raw());
                }
            }
            return text.toString();
        }

        private boolean says(Line line) {
            String effective = FirewallFile.parse(kind, "[OPTIONS]\n" + line.text())
                    .options()
                    .get(key);
            return effective != null && effective.equalsIgnoreCase(value);
        }

        /** The line's blanks and end stay; a remark behind the value, which Proxmox does not take, gets a line above. */
        private String replaced(Line line) {
            String end = lineEnd(line);
            String indent = line.raw().substring(0, line.raw().indexOf(line.text()));
            int remark = line.text().indexOf('#');
            return (remark < 0 ? "" : indent + line.text().substring(remark).strip() + (end.isEmpty() ? "\n" : end))
                    + indent
                    + key
                    + ": "
                    + value
                    + end;
        }

        private String added(FirewallLines lines) {
            String option = key + ": " + value;
            int ordinal = lines.all().stream()
                    .filter(line -> line.header() && line.section() == Section.OPTIONS)
                    .mapToInt(Line::ordinal)
                    .max()
                    .orElse(-1);
            if (ordinal >= 0) {
                return insertedAtEnd(lines, line -> line.ordinal() == ordinal, List.of(option));
            }
            // Lines above the first section count for nothing, and must not come to count as options.
            boolean stray = lines.all().stream().anyMatch(line -> line.body() && line.section() == Section.NONE);
            int at = stray ? beforeHeader(lines, Line::header) : 0;
            return inserted(lines, at, List.of("[OPTIONS]", "", option));
        }
    }

    /**
     * A network that must be able to reach a node.
     *
     * @param why for the remark behind it, such as {@code admin network}
     */
    record Entry(Cidr network, String why) {
        String line() {
            return network.shortest() + " # holdfast: "
                    + Clean.line(why, 80).replace("#", "").strip();
        }
    }

    /**
     * Puts networks into the IP set {@value #MANAGEMENT} of cluster.fw. What a network of the set covers already
     * is not added.
     */
    record AddManagement(List<Entry> entries) implements FirewallEdit {

        public AddManagement {
            entries = List.copyOf(entries);
        }

        @Override
        public Kind kind() {
            return Kind.CLUSTER;
        }

        @Override
        public String purpose() {
            return "let %s into the IP set '%s'"
                    .formatted(
                            entries.stream()
                                    .map(entry ->
                                            "%s (%s)".formatted(entry.network().shortest(), entry.why()))
                                    .collect(Collectors.joining(", ")),
                            MANAGEMENT);
        }

        @Override
        public String edited(FirewallLines lines) throws EditException {
            List<FirewallFile.Entry> there =
                    FirewallFile.parse(kind(), text(lines.all())).sets().getOrDefault(MANAGEMENT, List.of());
            List<String> missing = new ArrayList<>();
            List<Cidr> covered = new ArrayList<>();
            for (Entry entry : entries) {
                if (entry.network().prefix() == 0) {
                    throw new EditException(
                            "an IP set cannot hold %s: name the networks that are meant",
                            entry.network().shortest());
                }
                Optional<FirewallFile.Entry> kept = FirewallFile.exclusion(there, entry.network());
                if (kept.isPresent()) {
                    throw new EditException(
                            "line %d of cluster.fw, '%s', keeps %s out of the IP set '%s' on purpose: take that line out, or the network out of what must have access",
                            kept.get().line(),
                            Clean.line(kept.get().text(), 60),
                            entry.network().shortest(),
                            MANAGEMENT);
                }
                boolean wider = entries.stream()
                        .anyMatch(other -> other.network().covers(entry.network())
                                && !other.network().equals(entry.network()));
                if (!wider
                        && covered.stream().noneMatch(entry.network()::equals)
                        && there.stream()
                                .filter(other -> !other.excluded())
                                .flatMap(other -> other.network().stream())
                                .noneMatch(network -> network.covers(entry.network()))) {
                    covered.add(entry.network());
                    missing.add(entry.line());
                }
            }
            if (missing.isEmpty()) {
                return text(lines.all());
            }
            // A set that is named twice begins anew: only the last one counts.
            int ordinal = lines.all().stream()
                    .filter(line -> line.header()
                            && line.section() == Section.IPSET
                            && line.name().equals(MANAGEMENT))
                    .mapToInt(Line::ordinal)
                    .max()
                    .orElse(-1);
            if (ordinal >= 0) {
                return insertedAtEnd(lines, line -> line.ordinal() == ordinal, missing);
            }
            List<String> section = new ArrayList<>(List.of("[IPSET %s]".formatted(MANAGEMENT), ""));
            section.addAll(missing);
            // Where Proxmox writes its sets: above the rules, which may name them.
            return inserted(
                    lines,
                    beforeHeader(
                            lines,
                            line -> line.header()
                                    && (line.section() == Section.RULES || line.section() == Section.GROUP)),
                    section);
        }
    }

    private static String text(List<Line> lines) {
        return lines.stream().map(Line::raw).collect(Collectors.joining());
    }

    private static String lineEnd(Line line) {
        return line.raw().endsWith("\r\n") ? "\r\n" : line.raw().endsWith("\n") ? "\n" : "";
    }

    /** The position of the first such header, above the remarks that belong to it; the end where there is none. */
    private static int beforeHeader(FirewallLines lines, Predicate<Line> wanted) {
        List<Line> all = lines.all();
        for (int i = 0; i < all.size(); i++) {
            if (wanted.test(all.get(i))) {
                int at = i;
                while (at > 0 && all.get(at - 1).comment()) {
                    at--;
                }
                return at;
            }
        }
        return all.size();
    }

    /** Lines of their own behind the last line of a section that means something. */
    private static String insertedAtEnd(FirewallLines lines, Predicate<Line> section, List<String> added) {
        int at = 0;
        for (int i = 0; i < lines.all().size(); i++) {
            Line line = lines.all().get(i);
            if (section.test(line) && !line.quiet()) {
                at = i + 1;
            }
        }
        StringBuilder text = new StringBuilder(ended(text(lines.all().subList(0, at))));
        if (lines.all().get(at - 1).header()) {
            text.append('\n');
        }
        added.forEach(line -> text.append(line).append('\n'));
        return text.append(text(lines.all().subList(at, lines.all().size()))).toString();
    }

    /** A section of its own, a blank line around it. */
    private static String inserted(FirewallLines lines, int at, List<String> section) {
        String before = ended(text(lines.all().subList(0, at)));
        String after = text(lines.all().subList(at, lines.all().size()));
        boolean gap = at > 0 && !lines.all().get(at - 1).text().isBlank();
        return before + (gap ? "\n" : "") + String.join("\n", section) + "\n"
                + (after.isEmpty() || lines.all().get(at).text().isBlank() ? "" : "\n") + after;
    }

    private static String ended(String text) {
        return text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
    }
}
