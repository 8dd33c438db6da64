package holdfast.node.ssh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One setting of an ssh configuration file, taken apart as OpenSSH does. */
record SshConfigLine(String keyword, List<String> words, String rest, Path file, int number) {

    SshConfigLine {
        words = List.copyOf(words);
    }

    /** Null for a blank line or a comment. */
    static @Nullable SshConfigLine parse(String text, Path file, int number) throws SshConfigException {
        int at = skipBlanks(text, 0);
        if (at == text.length() || text.charAt(at) == '#') {
            return null;
        }
        int end;
        String keyword;
        if (text.charAt(at) == '"') {
            end = text.indexOf('"', at + 1);
            if (end < 0) {
                throw new SshConfigException("%s:%d: a quotation mark is not closed".formatted(file, number));
            }
            keyword = text.substring(at + 1, end++);
        } else {
            end = at;
            while (end < text.length() && !isBlank(text.charAt(end)) && text.charAt(end) != '=') {
                end++;
            }
            keyword = text.substring(at, end);
        }
        at = skipBlanks(text, end);
        if (at < text.length() && text.charAt(at) == '=') {
            at = skipBlanks(text, at + 1);
        }
        String rest = text.substring(at).stripTrailing();
        return new SshConfigLine(
                keyword.toLowerCase(Locale.ROOT), split(rest, file, number, isRaw(keyword)), rest, file, number);
    }

    /** The line's place, for messages. */
    String where() {
        return file + ":" + number;
    }

    /** The first word. */
    String value() throws SshConfigException {
        if (words.isEmpty() || words.get(0).isEmpty()) {
            throw mistake("needs a value");
        }
        return words.get(0);
    }

    SshConfigException mistake(String problem) {
        return new SshConfigException("%s: %s %s".formatted(where(), keyword, problem));
    }

    /** Keywords whose value is a command and may hold unbalanced quotation marks. */
    private static boolean isRaw(String keyword) {
        return switch (keyword.toLowerCase(Locale.ROOT)) {
            case "proxycommand", "localcommand", "remotecommand", "knownhostscommand" -> true;
            default -> false;
        };
    }

    private static List<String> split(String rest, Path file, int number, boolean raw) throws SshConfigException {
        if (raw) {
            return rest.isEmpty() ? List.of() : List.of(rest);
        }
        List<String> words = new ArrayList<>();
        int at = 0;
        while (true) {
            at = skipBlanks(rest, at);
            if (at == rest.length() || rest.charAt(at) == '#') {
                return words;
            }
            StringBuilder word = new StringBuilder();
            char quote = 0;
            for (; at < rest.length(); at++) {
                char c = rest.charAt(at);
                char next = at + 1 < rest.length() ? rest.charAt(at + 1) : 0;
                if (c == '\\' && (next == '\'' || next == '"' || next == '\\' || (quote == 0 && next == ' '))) {
                    word.append(next);
                    at++;
                } else if (quote == 0 && isBlank(c)) {
                    break;
                } else if (quote == 0 && (c == '"' || c == '\'')) {
                    quote = c;
                } else if (quote != 0 && c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            }
            if (quote != 0) {
                throw new SshConfigException("%s:%d: a quotation mark is not closed".formatted(file, number));
            }
            words.add(word.toString());
        }
    }

    private static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f';
    }
}
