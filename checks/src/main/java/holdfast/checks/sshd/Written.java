package holdfast.checks.sshd;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The lines of sshd's files that matter, in reading order: they explain a verdict, they do not make one.
 *
 * @param main the file that sshd begins with
 * @param lines every setting with the Match block it stands in
 * @param include where the main file reads its drop-ins; empty when it does not
 */
record Written(String main, List<Line> lines, Optional<Line> include) {

    Written {
        lines = List.copyOf(lines);
    }

    /**
     * One setting.
     *
     * @param match the criteria of the Match block it stands in; empty for the global part
     */
    record Line(String file, int number, String keyword, String value, String match) {
        String place() {
            return file + ":" + number;
        }
    }

    static Written parse(String text) {
        List<Line> lines = new ArrayList<>();
        Optional<Line> include = Optional.empty();
        // A Match block ends with the file it stands in; an Include inside one inherits its condition.
        Deque<String> files = new ArrayDeque<>();
        Deque<String> matches = new ArrayDeque<>();
        String match = "";
        String main = "";
        for (String row : text.split("\n", -1)) {
            String[] columns = row.split("\t", 3);
            if (columns.length < 3 || !columns[1].matches("\\d{1,7}")) {
                continue;
            }
            String file = columns[0];
            main = main.isEmpty() ? file : main;
            if (files.isEmpty() || !files.peek().equals(file)) {
                if (!files.isEmpty()) {
                    matches.push(match);
                }
                files.push(file);
            }
            if (columns[1].equals("0")) {
                files.pop();
                match = matches.isEmpty() ? "" : matches.pop();
                continue;
            }
            String setting = columns[2].strip();
            String[] words = setting.split("[\\s=]+", 2);
            String keyword = words[0].toLowerCase(Locale.ROOT);
            String value = words.length > 1
                    ? words[1].replaceFirst("\\s+#.*$", "").replace("\"", "").strip()
                    : "";
            Line line = new Line(file, Integer.parseInt(columns[1]), keyword, value, match);
            if (keyword.equals("match")) {
                match = value;
            } else if (keyword.equals("include")) {
                if (files.size() == 1 && include.isEmpty() && value.contains("sshd_config.d")) {
                    include = Optional.of(line);
                }
            } else {
                lines.add(line);
            }
        }
        return new Written(main, lines, include);
    }

    /**
     * The line that made a setting what it is for a caller: the first in a Match block that applies to them, else
     * the first in the global part (sshd_config(5): the first obtained value is used; Match overrides it).
     *
     * @param effective the value that sshd reported; a line with another value cannot have won
     */
    Optional<Line> winner(String keyword, String effective, Sshd.Caller caller) {
        List<String> keywords = keyword.equals("kbdinteractiveauthentication")
                ? List.of(keyword, "challengeresponseauthentication")
                : List.of(keyword);
        List<Line> candidates = lines.stream()
                .filter(line -> keywords.contains(line.keyword()))
                .filter(line -> same(line.value(), effective))
                .toList();
        return candidates.stream()
                .filter(line -> !line.match().isEmpty() && mayApply(line.match(), caller))
                .findFirst()
                .or(() -> candidates.stream()
                        .filter(line -> line.match().isEmpty())
                        .findFirst());
    }

    /** In words: the winning line with its place, and why no drop-in comes before it. */
    String explain(String keyword, Sshd.Caller caller) {
        String effective = caller.setting(keyword);
        return winner(keyword, effective, caller)
                .map(line -> {
                    String block = line.match().isEmpty() ? "" : " (under Match " + line.match() + ")";
                    return "%s %s, %s%s%s"
                            .formatted(spelled(line.keyword()), line.value(), line.place(), block, dropIns(line));
                })
                .orElseGet(() -> "%s %s is sshd's default or a start option: no file sets it"
                        .formatted(spelled(keyword), effective));
    }

    private String dropIns(Line winner) {
        if (winner.file().contains("sshd_config.d") || !winner.match().isEmpty()) {
            return "";
        }
        if (include.isEmpty()) {
            return "; the Include of sshd_config.d is missing, so drop-ins have no effect";
        }
        return include.get().number() > winner.number()
                ? "; the Include in line %d comes later, so drop-ins cannot override it"
                        .formatted(include.get().number())
                : "; no drop-in overrides it";
    }

    private static boolean same(String written, String effective) {
        String value = written.toLowerCase(Locale.ROOT);
        return value.equals(effective.toLowerCase(Locale.ROOT))
                || (value.equals("prohibit-password") && effective.equals("without-password"))
                || (value.equals("without-password") && effective.equals("prohibit-password"));
    }

    /** False only where a criterion surely does not hold; groups and the like are left open. */
    private static boolean mayApply(String match, Sshd.Caller caller) {
        List<String> words = Globs.words(match).toList();
        for (int i = 0; i + 1 < words.size(); i += 2) {
            boolean holds = switch (words.get(i).toLowerCase(Locale.ROOT)) {
                case "user" -> Globs.list(words.get(i + 1), caller.user(), false);
                case "address", "host" -> Globs.list(words.get(i + 1), caller.address(), true);
                default -> true;
            };
            if (!holds) {
                return false;
            }
        }
        return true;
    }

    /** The spelling of sshd_config(5). */
    private static String spelled(String keyword) {
        return switch (keyword) {
            case "permitrootlogin" -> "PermitRootLogin";
            case "passwordauthentication" -> "PasswordAuthentication";
            case "kbdinteractiveauthentication" -> "KbdInteractiveAuthentication";
            case "challengeresponseauthentication" -> "ChallengeResponseAuthentication";
            default -> keyword;
        };
    }
}
