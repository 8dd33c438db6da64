package holdfast.cli;

import holdfast.fix.Outcome;
import holdfast.journal.Entry.State;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/** What became of each target, and the three lines at the end: what changed, what did not, how to undo. */
final class FixView {

    private final Terminal terminal;
    private final PrintStream out;

    FixView(Terminal terminal, PrintStream out) {
        this.terminal = terminal;
        this.out = out;
    }

    /** @param run the run's id */
    void show(String run, List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            out.println("%s %-12s %s"
                    .formatted(mark(outcome.state()), Clean.line(outcome.plan().target(), 60), words(outcome)));
        }
        out.println();
        out.println("changed:     " + names(outcomes, State.APPLIED));
        out.println("not changed: " + unchanged(outcomes));
        out.println("to undo:     " + undo(run, outcomes));
    }

    private static String names(List<Outcome> outcomes, State state) {
        String names = outcomes.stream()
                .filter(outcome -> outcome.state() == state)
                .map(outcome -> Clean.line(outcome.plan().target(), 60))
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "nothing" : names;
    }

    private static String unchanged(List<Outcome> outcomes) {
        String parts = outcomes.stream()
                .filter(outcome -> outcome.state() != State.APPLIED)
                .collect(Collectors.groupingBy(
                        Outcome::state,
                        java.util.TreeMap::new,
                        Collectors.mapping(
                                outcome -> Clean.line(outcome.plan().target(), 60), Collectors.joining(", "))))
                .entrySet()
                .stream()
                .map(entry -> "%s (%s)".formatted(entry.getValue(), label(entry.getKey())))
                .collect(Collectors.joining("; "));
        return parts.isEmpty() ? "nothing" : parts;
    }

    private static String undo(String run, List<Outcome> outcomes) {
        String command = "holdfast undo " + run;
        if (outcomes.stream().anyMatch(outcome -> outcome.state() == State.UNCONFIRMED)) {
            return command + "   (it asks the nodes that could not be read back, too)";
        }
        return outcomes.stream().anyMatch(outcome -> outcome.state() == State.APPLIED)
                ? command
                : "nothing is left to undo ('holdfast history %s' tells of this run)".formatted(run);
    }

    private static String words(Outcome outcome) {
        // Part of it may come from the node.
        String message = Clean.line(outcome.message());
        return switch (outcome.state()) {
            case APPLIED, UNCHANGED, NOT_TOUCHED -> message;
            case ROLLED_BACK -> "put back as it was: " + message;
            case UNCONFIRMED -> "A PERSON MUST LOOK: " + message;
            case REFUSED -> "not touched: " + message;
        };
    }

    private static String label(State state) {
        return switch (state) {
            case APPLIED -> "changed";
            case UNCHANGED -> "as it should be already";
            case ROLLED_BACK -> "put back";
            case UNCONFIRMED -> "not known, a person must look";
            case REFUSED -> "not begun";
            case NOT_TOUCHED -> "not touched, the run stopped before";
        };
    }

    private String mark(State state) {
        boolean unicode = terminal.unicode();
        return switch (state) {
            case APPLIED -> paint(unicode ? "✓" : "ok", "32");
            case UNCHANGED -> unicode ? "–" : "-";
            case ROLLED_BACK, REFUSED -> paint(unicode ? "✗" : "x", "31");
            case UNCONFIRMED -> paint("!", "31");
            case NOT_TOUCHED -> unicode ? "·" : ".";
        };
    }

    private String paint(String text, String code) {
        return terminal.colour() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
