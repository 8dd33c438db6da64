package holdfast.checks.firewall;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The lines of cluster.fw or host.fw, each with the section that Proxmox's parser counts it to (pve-firewall,
 * Firewall.pm: generic_fw_config_parser). Both the reader and the editor of these files stand on it, so that they
 * cannot disagree. The lines put together again are the text, byte for byte.
 */
record FirewallLines(List<Line> all) {

    /** Which of the two files: host.fw has neither aliases, IP sets nor groups. */
    enum Kind {
        CLUSTER("cluster.fw"),
        HOST("host.fw");

        final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    /** What a section holds; a line before any section, or below a header with a wrong name, is in none. */
    enum Section {
        NONE,
        OPTIONS,
        ALIASES,
        IPSET,
        RULES,
        GROUP
    }

    /**
     * One line.
     *
     * @param number counted from 1
     * @param raw with its line end
     * @param text without the blanks around it; a carriage return stays, as it does in Proxmox's parser
     * @param section where it belongs; a header belongs to the section that it opens
     * @param name the set's or group's name in lower case, else empty
     * @param header whether it opens a section
     * @param ordinal counts the sections: a set that is named twice begins anew
     */
    record Line(int number, String raw, String text, Section section, String name, boolean header, int ordinal) {

        /** Whether the parser reads it: neither blank, comment nor header. */
        boolean body() {
            return !header && !quiet();
        }

        boolean comment() {
            return text.startsWith("#");
        }

        boolean quiet() {
            return text.isBlank() || comment();
        }
    }

    private static final Pattern PLAIN = Pattern.compile("(?i)\\[(options|aliases|rules)]");
    private static final Pattern NAMED =
            Pattern.compile("(?i)\\[(ipset|group)\\s+(\\S+)]\\s*(?:#\\s*(.*?)\\s*)?", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]+");
    private static final int LONGEST_GROUP = 18;
    private static final int LONGEST_SET = 64;

    FirewallLines {
        all = List.copyOf(all);
    }

    static FirewallLines of(Kind kind, String text) {
        List<Line> lines = new ArrayList<>();
        Section section = Section.NONE;
        String name = "";
        int ordinal = 0;
        int start = 0;
        for (int number = 1; start < text.length(); number++) {
            int feed = text.indexOf('\n', start);
            String raw = text.substring(start, feed < 0 ? text.length() : feed + 1);
            start += raw.length();
            String trimmed = trim(raw.endsWith("\n") ? raw.substring(0, raw.length() - 1) : raw);
            Optional<Header> header = header(kind, trimmed);
            if (header.isPresent()) {
                section = header.get().section();
                name = header.get().name();
                ordinal++;
            }
            lines.add(new Line(number, raw, trimmed, section, name, header.isPresent(), ordinal));
        }
        return new FirewallLines(lines);
    }

    private record Header(Section section, String name) {}

    private static Optional<Header> header(Kind kind, String text) {
        Matcher plain = PLAIN.matcher(text);
        if (plain.matches()) {
            Section section = Section.valueOf(plain.group(1).toUpperCase(Locale.ROOT));
            return kind == Kind.HOST && section == Section.ALIASES
                    ? Optional.empty()
                    : Optional.of(new Header(section, ""));
        }
        Matcher named = NAMED.matcher(text);
        if (kind == Kind.CLUSTER && named.matches()) {
            Section section = Section.valueOf(named.group(1).toUpperCase(Locale.ROOT));
            String name = named.group(2).toLowerCase(Locale.ROOT);
            boolean good = NAME.matcher(name).matches()
                    && name.length() <= (section == Section.GROUP ? LONGEST_GROUP : LONGEST_SET);
            // Proxmox warns about a bad name and leaves out everything below it.
            return Optional.of(good ? new Header(section, name) : new Header(Section.NONE, ""));
        }
        return Optional.empty();
    }

    /** Horizontal blanks only: Perl's {@code \h} does not take a carriage return away. */
    private static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && (text.charAt(start) == ' ' || text.charAt(start) == '\t')) {
            start++;
        }
        while (end > start && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
            end--;
        }
        return text.substring(start, end);
    }
}
