package holdfast.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a template before FreeMarker does, and lets pass only the little that a reviewer can take in at a glance:
 * {@code if}, {@code elseif}, {@code else}, {@code list}, {@code sep}, and expressions of variables, comparisons and
 * three questions. What is not known is refused, so that nothing that FreeMarker may learn is let in.
 *
 * @param uses every variable that is used, with its place
 * @param mistakes what is refused
 */
record Strict(List<Use> uses, List<Mistake> mistakes) {

    /** A variable at a place, that is not the variable of a list around it. */
    record Use(String name, int line, int column) {}

    /** What is refused, and where. */
    record Mistake(int line, int column, String message) {}

    private static final Pattern START = Pattern.compile("<#--|</?[#@]|[$#]\\{");
    private static final Pattern LIST =
            Pattern.compile("<#list\\s+([a-z][A-Za-z0-9]*)\\s+as\\s+([a-z][A-Za-z0-9]*)\\s*>");
    private static final Pattern CONDITION = Pattern.compile("<#(?:if|elseif)\\s([^<>{}]*)>");
    private static final Pattern BARE = Pattern.compile("<#(?:else|sep)\\s*>");
    private static final Pattern CLOSING = Pattern.compile("</#(if|list|sep)\\s*>");
    private static final Pattern INTERPOLATION = Pattern.compile("\\$\\{([^<>{}]*)\\}");
    private static final Pattern NAME = Pattern.compile("</?[#@][A-Za-z_.]*");
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:(?<name>[a-z][A-Za-z0-9]*)|\\?(?<question>[A-Za-z_]+)|(?<number>\\d{1,9})|(?<text>\"[A-Za-z0-9 _:/-]*\")"
                    + "|(?<not>!(?!=))|(?<operator>==|!=|&&|\\|\\|)|(?<open>\\()|(?<close>\\)))\\s*");
    /** Not a variable's name. */
    private static final String IF = "<#if>";

    private static final Set<String> QUESTIONS = Set.of("has_content", "size", "c");
    private static final Set<String> COMPARISONS = Set.of("gt", "lt", "gte", "lte");
    private static final Set<String> NOT_VARIABLES = Set.of("true", "false", "in", "as", "using");

    static Strict read(String source) {
        return new Reader(source).read();
    }

    /** One pass over one template. */
    private static final class Reader {

        private final String source;
        private final List<Use> uses = new ArrayList<>();
        private final List<Mistake> mistakes = new ArrayList<>();
        /** The blocks around a place, the innermost first: a list by its variable, an if as {@link #IF}. */
        private final Deque<String> blocks = new ArrayDeque<>();

        Reader(String source) {
            this.source = source;
        }

        Strict read() {
            Matcher start = START.matcher(source);
            int from = 0;
            while (start.find(from)) {
                from = piece(start.start(), start.group());
            }
            return new Strict(List.copyOf(uses), List.copyOf(mistakes));
        }

        /** Where to go on. */
        private int piece(int at, String start) {
            if (start.equals("<#--")) {
                int end = source.indexOf("-->", at);
                // FreeMarker tells of a comment without an end.
                return end < 0 ? source.length() : end + 3;
            }
            Matcher list = at(LIST, at);
            if (list.lookingAt()) {
                use(list.group(1), list.start(1));
                blocks.push(list.group(2));
                return list.end();
            }
            Matcher condition = at(CONDITION, at);
            if (condition.lookingAt()) {
                if (condition.group().startsWith("<#if")) {
                    blocks.push(IF);
                }
                expression(condition.group(1), condition.start(1));
                return condition.end();
            }
            Matcher bare = at(BARE, at);
            if (bare.lookingAt()) {
                if (bare.group().startsWith("<#else") && !IF.equals(blocks.peekFirst())) {
                    // FreeMarker takes it for what an empty list shows, and the list's variable is not there then.
                    mistake(at, "<#else> belongs to an <#if> here; ask <#if xs?has_content> for an empty list");
                }
                return bare.end();
            }
            Matcher closing = at(CLOSING, at);
            if (closing.lookingAt()) {
                if (!closing.group(1).equals("sep")) {
                    blocks.pollFirst();
                }
                return closing.end();
            }
            Matcher interpolation = at(INTERPOLATION, at);
            if (interpolation.lookingAt()) {
                expression(interpolation.group(1), interpolation.start(1));
                return interpolation.end();
            }
            Matcher name = at(NAME, at);
            if (name.lookingAt()) {
                mistake(
                        at,
                        "%s> is not allowed here: a template has only <#if x>, <#elseif x>, <#else>, <#list xs as x> and"
                                        .formatted(name.group())
                                + " <#sep>");
                return name.end();
            }
            mistake(at, "only ${variable} is understood here");
            return at + start.length();
        }

        private Matcher at(Pattern pattern, int from) {
            return pattern.matcher(source).region(from, source.length());
        }

        private void expression(String text, int at) {
            Matcher token = TOKEN.matcher(text);
            boolean afterValue = false;
            int from = 0;
            while (from < text.length()) {
                if (!token.region(from, text.length()).lookingAt()) {
                    refused(text, at + from);
                    return;
                }
                String question = token.group("question");
                String name = token.group("name");
                if (question != null) {
                    if (!QUESTIONS.contains(question)) {
                        mistake(
                                at + token.start("question") - 1,
                                "?%s is not allowed: a template has only ?has_content, ?size and ?c"
                                        .formatted(question));
                        return;
                    }
                    afterValue = true;
                } else if (name != null && COMPARISONS.contains(name)) {
                    afterValue = false;
                } else if (name != null) {
                    if (!NOT_VARIABLES.contains(name)) {
                        use(name, at + token.start("name"));
                    }
                    afterValue = true;
                } else if ((token.group("not") != null || token.group("open") != null) && afterValue) {
                    // A default would hide a missing value, and there is nothing to call.
                    refused(text, at + from);
                    return;
                } else {
                    afterValue = token.group("number") != null
                            || token.group("text") != null
                            || token.group("close") != null;
                }
                from = token.end();
            }
        }

        private void refused(String text, int at) {
            mistake(
                    at,
                    "\"%s\" is more than a template may say: variables, == != && || ! gt lt, numbers and \"words\""
                            .formatted(text.strip()));
        }

        private void use(String name, int at) {
            if (!blocks.contains(name)) {
                int[] place = place(at);
                uses.add(new Use(name, place[0], place[1]));
            }
        }

        private void mistake(int at, String message) {
            int[] place = place(at);
            mistakes.add(new Mistake(place[0], place[1], message));
        }

        private int[] place(int at) {
            int line = 1
                    + (int) source.substring(0, at)
                            .chars()
                            .filter(one -> one == '\n')
                            .count();
            return new int[] {line, at - source.lastIndexOf('\n', at - 1)};
        }
    }
}
