package holdfast.report;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reference of a check, taken apart: who demands it, and where that is written.
 *
 * @param kind what sort of source it is
 * @param name of the source, such as {@code CIS Debian Linux 12 Benchmark}; of manual pages and the like their
 *     common name
 * @param section where in the source, such as {@code 5.1.20} or {@code User Management, API Tokens}; empty where the
 *     whole source is meant
 */
public record Framework(Kind kind, String name, String section) {

    /** What sort of source a reference leads to, the most formal first. */
    public enum Kind {
        /** A catalogue of numbered demands: a benchmark, a hardening guide, a standard. */
        CONTROLS,
        /** A vendor's guide, by chapter. */
        GUIDE,
        /** Manual pages, as {@code sshd_config(5)}; all under one name. */
        MANUAL,
        /** The program's own source: what it really does; all under one name. */
        SOURCE,
        /** A key of holdfast's policy: what the team itself decided; all under one name. */
        POLICY,
        /** Anything else; all under one name. */
        OTHER;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A number of a section: digits, and more after dots. */
    private static final String NUMBER = "\\d+(?:\\.\\d+)*";

    /** {@code CIS Debian Linux 12 Benchmark 5.1.20}: the number that ends it. */
    private static final Pattern NUMBERED = Pattern.compile("(\\S.*?\\S) (" + NUMBER + ")");

    /** {@code W3C Web Authentication Level 2, 5.1.2: the RP ID is …}: a number after the comma. */
    private static final Pattern NUMBER_FIRST = Pattern.compile("(\\S[^,]*), (" + NUMBER + "(?:: .*)?)");

    private static final Pattern MANUAL_PAGE = Pattern.compile("[A-Za-z0-9_.:+-]+\\(\\d[a-z]*\\).*");

    /** A Debian source package of Proxmox VE, before a path or a remark. */
    private static final Pattern PACKAGE = Pattern.compile("(?:pve|proxmox|libpve|qemu)-[a-z0-9-]+[ :].*");

    private static final Pattern KEY = Pattern.compile("policy (\\S.*)");

    private static final Pattern CHAPTER =
            Pattern.compile("(\\S[^,]*?(?:Guide|Manual|Handbook|Documentation)), (\\S.*)");

    private static final Pattern BOOK = Pattern.compile("\\S.*(?:Guide|Manual|Handbook|Documentation)");

    /** Takes a reference apart; whatever it is, it has a name. */
    public static Framework of(String reference) {
        String text = reference.strip();
        if (text.indexOf('\n') >= 0 || text.isEmpty()) {
            return new Framework(Kind.OTHER, "Other sources", text);
        }
        if (MANUAL_PAGE.matcher(text).matches()) {
            return new Framework(Kind.MANUAL, "Manual pages", text);
        }
        if (PACKAGE.matcher(text).matches()) {
            return new Framework(Kind.SOURCE, "Proxmox VE's source", text);
        }
        Matcher key = KEY.matcher(text);
        if (key.matches()) {
            return new Framework(Kind.POLICY, "The policy", key.group(1));
        }
        Matcher number = NUMBER_FIRST.matcher(text);
        if (number.matches()) {
            return new Framework(Kind.CONTROLS, number.group(1), number.group(2));
        }
        Matcher chapter = CHAPTER.matcher(text);
        if (chapter.matches()) {
            return new Framework(Kind.GUIDE, chapter.group(1), chapter.group(2));
        }
        Matcher numbered = NUMBERED.matcher(text);
        // "Debian 12" is a name; a section of one number stands behind a word that makes it one.
        if (numbered.matches()
                && (numbered.group(2).contains(".")
                        || BOOK.matcher(numbered.group(1)).matches()
                        || numbered.group(1).endsWith("Benchmark"))) {
            return new Framework(Kind.CONTROLS, numbered.group(1), numbered.group(2));
        }
        return BOOK.matcher(text).matches()
                ? new Framework(Kind.GUIDE, text, "")
                : new Framework(Kind.OTHER, "Other sources", text);
    }

    /** Compares sections as a person reads them: 5.2 before 5.10, numbers before words. */
    public static int compareSections(String one, String other) {
        String[] left = one.split("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\d)", -1);
        String[] right = other.split("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\d)", -1);
        for (int i = 0; i < Math.min(left.length, right.length); i++) {
            int order = part(left[i], right[i]);
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(left.length, right.length);
    }

    private static int part(String one, String other) {
        boolean digits = number(one);
        if (digits != number(other)) {
            return digits ? -1 : 1;
        }
        if (!digits) {
            return one.compareTo(other);
        }
        String left = one.replaceFirst("^0+(?=.)", "");
        String right = other.replaceFirst("^0+(?=.)", "");
        return left.length() != right.length() ? Integer.compare(left.length(), right.length()) : left.compareTo(right);
    }

    private static boolean number(String part) {
        return !part.isEmpty() && part.chars().allMatch(digit -> digit >= '0' && digit <= '9');
    }
}
