package holdfast.cli;

import holdfast.access.AccessDiff;
import holdfast.access.AccessMatrix;
import holdfast.access.ClusterAccess;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Function;

/** What the verbs of {@code access} found, for a person. */
final class AccessView {

    /** Less room than this is none for a sentence. */
    private static final int MARGIN = 24;

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

    /** The rows of each cluster, by user and token. */
    void matrix(AccessRun run, List<AccessRun.Matrix> found) {
        unplaced(run);
        for (AccessRun.Matrix cluster : found) {
            head(cluster.cluster());
            List<AccessMatrix.Row> rows = cluster.matrix().rows();
            int paths = column(rows, AccessMatrix.Row::path, 24);
            int roles = column(rows, AccessMatrix.Row::role, 18);
            String before = "";
            for (AccessMatrix.Row row : rows) {
                String who = row.subject().toString();
                if (!who.equals(before)) {
                    boolean off = row.state() != AccessMatrix.State.ACTIVE;
                    out.println("  " + style(off ? "2" : "1", clean(who))
                            + (off ? "  (" + row.state().label() + ")" : ""));
                    before = who;
                }
                String role = pad(clean(row.role()), roles);
                String start = "    " + pad(clean(row.path()), paths) + "  "
                        + (row.administrative() ? style("33", role) : role);
                if (visible(start) + 2 + MARGIN > terminal.columns()) {
                    out.println(start.stripTrailing());
                    start = " ".repeat(6 + paths);
                }
                wrapped(start + "  ", clean(row.how()));
            }
            if (rows.isEmpty() && cluster.cluster().access() instanceof Reading.Known<ClusterAccess>) {
                out.println("  nobody");
            }
            notes(cluster.notes());
        }
    }

    /** The differences of each cluster, under the list that it was compared with. */
    void diff(AccessRun run, List<AccessRun.Compared> found) {
        unplaced(run);
        for (AccessRun.Compared cluster : found) {
            head(cluster.cluster());
            if (cluster.unlisted()) {
                out.println("  the policy has no list for it");
            } else if (cluster.list().isPresent() && cluster.differences().isEmpty()) {
                out.println("  " + style("32", "as the list says"));
            }
            for (AccessDiff.Difference difference : cluster.differences()) {
                String what = difference.what() == AccessDiff.What.ACL
                        ? "ACL"
                        : difference.what().label();
                wrapped(
                        "  " + kind(difference.kind()) + "  " + pad(what, 6) + "  ",
                        clean(difference.id())
                                + (difference.line() > 0 ? " (user.cfg:%d)".formatted(difference.line()) : "")
                                + (difference.administrative() ? " - administrative" : ""));
                side("list:    ", difference.expected());
                side("cluster: ", difference.actual());
            }
            notes(cluster.notes());
        }
    }

    private void side(String whose, String text) {
        if (!text.isEmpty()) {
            wrapped(" ".repeat(21) + whose, clean(text));
        }
    }

    private String kind(AccessDiff.Kind kind) {
        String word = pad(kind.label(), 9);
        return switch (kind) {
            case MORE -> style("31", word);
            case LESS -> style("33", word);
            case OTHERWISE -> style("35", word);
        };
    }

    /** What a result in a file or for a machine does not tell the person who waits for it. */
    void troubles(AccessRun run) {
        PrintStream err = terminal.err();
        run.polled()
                .unplaced()
                .forEach((node, why) -> err.println("holdfast: %s does not answer, and no cluster that did knows it: %s"
                        .formatted(clean(node), clean(why))));
        for (AccessPoll.OfCluster cluster : run.polled().clusters()) {
            if (cluster.access() instanceof Reading.Unknown<ClusterAccess>(var why)) {
                err.println("holdfast: %s could not be judged: %s".formatted(name(cluster), clean(why)));
            }
            if (!cluster.dissenters().isEmpty()) {
                err.println("holdfast: the members of %s disagree: %s have another user.cfg"
                        .formatted(name(cluster), clean(String.join(", ", cluster.dissenters()))));
            }
        }
    }

    private void head(AccessPoll.OfCluster cluster) {
        out.println((cluster.standalone() ? "node " : "cluster ") + style("1", name(cluster)));
        if (cluster.access() instanceof Reading.Unknown<ClusterAccess>(var why)) {
            wrapped("  " + decision(AccessRun.Decision.CANNOT_TELL) + "  ", clean(why));
        }
    }

    private static int column(List<AccessMatrix.Row> rows, Function<AccessMatrix.Row, String> text, int most) {
        return Math.min(
                most,
                rows.stream()
                        .mapToInt(row -> clean(text.apply(row)).length())
                        .max()
                        .orElse(0));
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
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
