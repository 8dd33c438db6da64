package holdfast.cli;

import holdfast.run.AccessPoll;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.util.List;

/** What the verbs of {@code access} found, for a person. */
final class AccessView {

    private final Terminal terminal;
    private final PrintStream out;

    AccessView(Terminal terminal) {
        this.terminal = terminal;
        this.out = terminal.out();
    }

    /** One answer for each cluster: the decision, what it follows from, what is worth knowing. */
    void answers(AccessRun run, List<AccessRun.Answered> answers) {
        unplaced(run);
        for (AccessRun.Answered answer : answers) {
            String word = answer.decision().label();
            String head = "%s%s%s  "
                    .formatted(decision(answer.decision()), " ".repeat(13 - word.length()), name(answer.cluster()));
            wrapped(head, clean(answer.because()));
            answer.reasons().forEach(reason -> wrapped(indent() + "- ", clean(reason)));
            notes(answer.notes());
        }
    }

    /** The nodes of which nobody knows whether there is a whole cluster behind them. */
    void unplaced(AccessRun run) {
        run.polled()
                .unplaced()
                .forEach((node, why) -> wrapped(
                        decision(AccessRun.Decision.CANNOT_TELL) + "  ",
                        clean(node) + " does not answer, and no cluster that did knows it: " + clean(why)));
    }

    private void notes(List<String> notes) {
        notes.forEach(note -> wrapped(indent() + style("33", "! "), clean(note)));
    }

    private static String indent() {
        return " ".repeat(13);
    }

    static String name(AccessPoll.OfCluster cluster) {
        return clean(cluster.name());
    }

    private String decision(AccessRun.Decision decision) {
        return switch (decision) {
            case ALLOWED -> style("1;32", decision.label());
            case DENIED -> style("1;31", decision.label());
            case CANNOT_TELL -> style("1;33", decision.label());
        };
    }

    /** At most as wide as the terminal; words that are wider stay whole. */
    void wrapped(String head, String text) {
        int start = visible(head);
        int width = Math.max(30, terminal.columns() - start);
        StringBuilder line = new StringBuilder();
        String before = head;
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                out.println(before + line);
                before = " ".repeat(start);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        out.println(before + line);
    }

    private static int visible(String text) {
        return text.replaceAll("\u001b\\[[0-9;]*m", "").length();
    }

    static String clean(String text) {
        return Clean.line(text, 600);
    }

    String style(String code, String text) {
        return terminal.colour() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
