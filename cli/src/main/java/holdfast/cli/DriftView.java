package holdfast.cli;

import holdfast.drift.Difference;
import holdfast.drift.Drift;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is different between two runs, for a person: kind by kind, the worst first. */
final class DriftView {

    private static final int INDENT = 6;
    private static final int SHOWN = 20;
    private static final int NAMES = 8;

    private final Terminal terminal;
    private final PrintStream out;
    private final boolean verbose;

    /** @param verbose whether to show all differences of a kind, however many */
    DriftView(Terminal terminal, boolean verbose) {
        this.terminal = terminal;
        this.out = terminal.out();
        this.verbose = verbose;
    }

    /** Differences that say the same of several nodes are told once. */
    private record Told(Difference difference, List<String> where) {}

    void show(Drift drift) {
        String since = "%s%s of %s"
                .formatted(
                        drift.since().what().isEmpty() ? "run " : drift.since().what() + " ",
                        Clean.line(drift.since().run(), 64),
                        drift.since().at().truncatedTo(ChronoUnit.SECONDS));
        out.println(
                drift.any()
                        ? "  since %s: %s".formatted(since, summary(drift))
                        : "  since %s: nothing has changed".formatted(since));
        drift.remarks()
                .forEach(remark -> ConsoleView.wrap(
                                "note: " + Clean.line(remark, 600), Math.max(40, terminal.columns() - INDENT))
                        .forEach(line -> out.println(" ".repeat(INDENT) + line)));
        for (Difference.Kind kind : Difference.Kind.values()) {
            List<Told> told = told(drift, kind);
            told.stream().limit(verbose ? Integer.MAX_VALUE : SHOWN).forEach(this::line);
            if (!verbose && told.size() > SHOWN) {
                out.println("    and %d more %s: -v shows them".formatted(told.size() - SHOWN, kind.words()));
            }
        }
    }

    private static String summary(Drift drift) {
        StringBuilder text = new StringBuilder();
        for (Difference.Kind kind : Difference.Kind.values()) {
            int count = drift.count(kind);
            if (count > 0) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(count)
                        .append(' ')
                        .append(kind.words());
            }
        }
        return text.toString();
    }

    private static List<Told> told(Drift drift, Difference.Kind kind) {
        Map<String, Told> told = new LinkedHashMap<>();
        drift.differences().stream()
                .filter(difference -> difference.kind() == kind)
                .forEach(difference -> told.computeIfAbsent(
                                difference.check().orElse("") + "\0" + difference.severity() + "\0"
                                        + difference.message(),
                                unused -> new Told(difference, new ArrayList<>()))
                        .where()
                        .add(difference.where()));
        return List.copyOf(told.values());
    }

    private void line(Told told) {
        Difference difference = told.difference();
        String names = Clean.line(
                String.join(
                        ", ",
                        told.where().subList(0, Math.min(NAMES, told.where().size()))),
                300);
        String more = told.where().size() > NAMES
                ? " and %d more".formatted(told.where().size() - NAMES)
                : "";
        out.println("    %s %s  %s%s%s"
                .formatted(
                        sign(difference.kind()),
                        names + more,
                        difference.kind().words(),
                        difference
                                .check()
                                .map(check -> "  " + Clean.line(check, 80))
                                .orElse(""),
                        difference
                                .severity()
                                .map(severity -> "  " + severity.label())
                                .orElse("")));
        ConsoleView.wrap(Clean.line(difference.message(), 2400), Math.max(40, terminal.columns() - INDENT - 2))
                .forEach(text -> out.println(" ".repeat(INDENT + 2) + text));
    }

    private String sign(Difference.Kind kind) {
        return switch (kind) {
            case FAILING, LOST, GONE -> paint("-", "31;1");
            case CHANGED, UNTOLD -> paint("~", "33;1");
            case NEW, FIXED, ACCEPTED, BACK, TOLD -> paint("+", "32");
        };
    }

    private String paint(String text, String code) {
        return terminal.colour() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
