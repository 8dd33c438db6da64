package holdfast.cli;

import holdfast.journal.Entry;
import holdfast.journal.RecordedRun;
import holdfast.text.Clean;
import holdfast.text.Shell;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Recorded runs as a person reads them. Everything that a journal says is cleaned: it quotes nodes. */
final class HistoryView {

    private static final int SHOWN = 3;

    private final Terminal terminal;

    HistoryView(Terminal terminal) {
        this.terminal = terminal;
    }

    /** A line for each, in the order in which they are given. */
    void list(List<RecordedRun.Summary> runs) {
        List<List<String>> rows = runs.stream()
                .map(run -> List.of(
                        clean(run.id()),
                        time(run.started().at()),
                        clean(run.started().command()) + (run.started().check() ? " --check" : ""),
                        run.outcome().label(),
                        clean(run.started().operator()),
                        shortened(run.started().nodes())))
                .toList();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int at = column;
                int width = rows.stream()
                        .mapToInt(other -> other.get(at).length())
                        .max()
                        .orElse(0);
                line.append(row.get(column))
                        .append(" ".repeat(width - row.get(column).length() + 2));
            }
            say(line.toString().stripTrailing());
        }
        say("next: holdfast history " + clean(runs.getLast().id()));
    }

    /** Everything about one. */
    void one(RecordedRun run) {
        Entry.Started started = run.started();
        field("run", run.id() + (started.check() ? " (a dry run: nothing was changed)" : ""));
        field("outcome", run.outcome().label());
        field(
                "started",
                "%s by %s on %s, holdfast %s"
                        .formatted(time(started.at()), started.operator(), started.controller(), started.version()));
        field(
                "ended",
                run.ended()
                        .map(ended -> "%s, exit code %d".formatted(time(ended.at()), ended.exitCode()))
                        .orElse("no end is recorded: it was cut off, or is still under way"));
        if (run.torn()) {
            field("journal", "its last line is torn: the controller stopped while it wrote it");
        }
        field("command", "holdfast " + command(started.arguments()));
        field("inventory", String.join(", ", started.inventory()));
        if (!started.limit().isEmpty()) {
            field("limit", started.limit());
        }
        field("checks", String.join(", ", started.checks()));
        field("nodes", String.join(", ", started.nodes()));
        started.undoes().ifPresent(undone -> field("undoes", undone));
        run.targets().forEach(target -> target(run, target));
        say("");
        if (run.targets().isEmpty()) {
            say("no changes are recorded");
        }
        say(run.canBeUndone() ? "next: holdfast undo " + clean(run.id()) : "there is nothing to undo");
    }

    private void target(RecordedRun run, String target) {
        say("");
        Optional<Entry.Finished> finished = run.finished(target);
        say(clean(target) + ": "
                + finished.map(end ->
                                end.state().label() + (end.message().isEmpty() ? "" : ", " + clean(end.message())))
                        .orElse(run.started().check() ? "planned" : "cut off, what became of it is not recorded"));
        Optional.ofNullable(run.planned().get(target)).ifPresent(plan -> plan(target, plan));
        for (Entry.Step step : run.steps(target)) {
            detail(time(step.at()), step.step() + (step.message().isEmpty() ? "" : ": " + step.message()));
        }
    }

    private void plan(String target, Entry.Planned plan) {
        if (!plan.node().equals(target)) {
            detail("on", plan.node());
            detail("members", String.join(", ", plan.members()));
        }
        detail("mends", String.join(", ", plan.checks()));
        if (plan.guarded()) {
            detail("guarded", "it can cut off access");
        }
        for (Entry.FileChange file : plan.files()) {
            detail(action(file), file.path() + (file.keptOnNode() ? " (its content stays on the node)" : ""));
            Clean.block(file.diff()).lines().forEach(line -> say("            " + line));
        }
        for (Entry.CommandChange command : plan.commands()) {
            detail("run", command.purpose());
            command(command.command());
        }
        for (Entry.Purpose validation : plan.validations()) {
            detail("validate", validation.purpose());
            command(validation.command());
        }
        for (Entry.Purpose reload : plan.reloads()) {
            detail("reload", reload.purpose());
            command(reload.command());
        }
    }

    static String action(Entry.FileChange file) {
        return !file.existed() ? "create" : file.exists() ? "change" : "remove";
    }

    private void command(String text) {
        Clean.block(text).lines().forEach(line -> say("            # " + line));
    }

    private void field(String name, String text) {
        say("%-9s  %s".formatted(name, clean(text)));
    }

    private void detail(String name, String text) {
        say("  %-8s  %s".formatted(name, clean(text)));
    }

    private void say(String line) {
        terminal.out().println(line);
    }

    private static String command(List<String> arguments) {
        return arguments.stream()
                .map(HistoryView::clean)
                .map(word -> word.matches("[A-Za-z0-9_./:@,+=-]+") ? word : Shell.quote(word))
                .collect(Collectors.joining(" "));
    }

    private static String shortened(List<String> nodes) {
        String first = nodes.stream().limit(SHOWN).map(HistoryView::clean).collect(Collectors.joining(", "));
        return nodes.size() > SHOWN ? first + " and %d more".formatted(nodes.size() - SHOWN) : first;
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String clean(String text) {
        return Clean.line(text);
    }
}
