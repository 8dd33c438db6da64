package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Unfolds {@code pve[01:16].example.com}, {@code [a:c]} and {@code [01:10:2]} as Ansible does. */
final class HostRange {

    /** The most hosts that one pattern may stand for. */
    static final int MAX_HOSTS = 10_000;

    private static final Pattern RANGE = Pattern.compile("\\[([^\\[\\]:]*):([^\\[\\]:]*)(?::([^\\[\\]:]*))?]");
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private HostRange() {}

    static boolean isRange(String pattern) {
        return RANGE.matcher(pattern).find();
    }

    /** The names, in order; empty with a problem added when a range makes no sense. */
    static List<String> expand(String pattern, Where where, Problems problems) {
        List<String> names = List.of("");
        Matcher matcher = RANGE.matcher(pattern);
        int end = 0;
        while (matcher.find()) {
            List<String> items = new ArrayList<>();
            String wrong = items(matcher, items);
            if (wrong.isEmpty() && (long) names.size() * items.size() > MAX_HOSTS) {
                wrong = "stands for more than " + MAX_HOSTS + " hosts";
            }
            if (!wrong.isEmpty()) {
                problems.add(where.right(matcher.start()), "the range " + matcher.group() + " " + wrong);
                return List.of();
            }
            names = join(names, pattern.substring(end, matcher.start()), items);
            end = matcher.end();
        }
        return join(names, pattern.substring(end), List.of(""));
    }

    private static List<String> join(List<String> heads, String middle, List<String> tails) {
        List<String> joined = new ArrayList<>(heads.size() * tails.size());
        heads.forEach(head -> tails.forEach(tail -> joined.add(head + middle + tail)));
        return joined;
    }

    /** Fills in the items and says what is wrong, or nothing. */
    private static String items(Matcher matcher, List<String> items) {
        String first = matcher.group(1).isEmpty() ? "0" : matcher.group(1);
        String last = matcher.group(2);
        String step = matcher.group(3) == null ? "1" : matcher.group(3);
        if (last.isEmpty()) {
            return "has no end: write [01:16]";
        }
        if (!step.matches("[1-9]\\d{0,8}")) {
            return "needs a step of 1 or more: write [01:16:2]";
        }
        boolean letters = first.length() == 1 && LETTERS.contains(first);
        boolean numbers = first.matches("\\d{1,9}");
        if ((letters && !(last.length() == 1 && LETTERS.contains(last)))
                || (numbers && !last.matches("\\d{1,9}"))
                || !(letters || numbers)) {
            return "must go from a number to a number or from a letter to a letter: [01:16] or [a:f]";
        }
        if (numbers && first.length() > 1 && first.startsWith("0") && first.length() != last.length()) {
            return "starts with zeros, so both ends must be equally long: [01:16]";
        }
        int from = letters ? LETTERS.indexOf(first) : Integer.parseInt(first);
        int to = letters ? LETTERS.indexOf(last) : Integer.parseInt(last);
        if (from > to) {
            return "ends before it begins";
        }
        int by = Integer.parseInt(step);
        if ((to - from) / by >= MAX_HOSTS) {
            return "stands for more than " + MAX_HOSTS + " hosts";
        }
        for (long at = from; at <= to; at += by) {
            String number = Long.toString(at);
            items.add(
                    letters
                            ? String.valueOf(LETTERS.charAt((int) at))
                            : first.startsWith("0") && first.length() > 1
                                    ? "0".repeat(first.length() - number.length()) + number
                                    : number);
        }
        return "";
    }
}
