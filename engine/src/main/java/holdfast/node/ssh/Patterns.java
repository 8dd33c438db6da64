package holdfast.node.ssh;

import java.util.List;
import java.util.Locale;

/** OpenSSH's patterns: {@code *}, {@code ?}, and lists where {@code !} excludes. */
final class Patterns {

    private Patterns() {}

    /** Whether a text matches one pattern, in linear space and without backtracking blow-up. */
    static boolean matches(String text, String pattern) {
        int at = 0;
        int p = 0;
        int star = -1;
        int retry = 0;
        while (at < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                retry = at;
            } else if (p < pattern.length() && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(at))) {
                p++;
                at++;
            } else if (star >= 0) {
                p = star + 1;
                at = ++retry;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /** Whether some pattern of the list matches and no negated one does. */
    static boolean matchesList(String text, List<String> patterns) {
        boolean found = false;
        for (String pattern : patterns) {
            boolean negated = pattern.startsWith("!");
            if (matches(text, negated ? pattern.substring(1) : pattern)) {
                if (negated) {
                    return false;
                }
                found = true;
            }
        }
        return found;
    }

    /** A comma list over host names, which have no case. */
    static boolean matchesHost(String host, String commaList) {
        return matchesList(
                host.toLowerCase(Locale.ROOT),
                List.of(commaList.toLowerCase(Locale.ROOT).split(",", -1)));
    }

    static boolean isPattern(String text) {
        return text.indexOf('*') >= 0 || text.indexOf('?') >= 0 || text.startsWith("!");
    }
}
