package holdfast.cli;

import holdfast.journal.Entry;
import holdfast.journal.RecordedRun;
import holdfast.report.TrendPoint;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.store.StoredRun;
import holdfast.text.Clean;
import holdfast.text.Shell;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    void list(List<HistoryEntry> runs) {
        List<List<String>> rows = runs.stream()
                .map(run -> List.of(
                        clean(run.id()),
                        time(run.startedAt()),
                        clean(run.command()) + (run.check() ? " --check" : ""),
                        run.recorded()
                                .map(recorded -> recorded.outcome().label())
                                .orElse("-"),
                        clean(run.operator()),
                        run.recorded()
                                .map(recorded -> shortened(recorded.started().nodes()))
                                .or(() -> run.stored()
                                        .flatMap(StoredRun::counts)
                                        .map(counts -> counts.nodes() == 1 ? "1 node" : counts.nodes() + " nodes"))
                                .orElse("-"),
                        run.stored()
                                .flatMap(StoredRun::counts)
                                .map(HistoryView::counts)
                                .orElse(""),
                        run.stored().flatMap(StoredRun::approval).isPresent() ? "approved" : ""))
                .toList();
        int[] widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int column = 0; column < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        });
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                if (widths[column] > 0) {
                    line.append(row.get(column))
                            .append(" ".repeat(widths[column] - row.get(column).length() + 2));
                }
            }
            say(line.toString().stripTrailing());
        }
        say("next: holdfast history " + clean(runs.getLast().id()));
    }

    /** How each series went, for those with at least two runs, above the list. */
    void trends(Map<String, List<TrendPoint>> series) {
        boolean any = false;
        for (Map.Entry<String, List<TrendPoint>> one : series.entrySet()) {
            List<TrendPoint> all = one.getValue();
            int most = Math.max(10, terminal.columns() - 40);
            List<TrendPoint> points = all.subList(Math.max(0, all.size() - most), all.size());
            if (points.size() < 2) {
                continue;
            }
            any = true;
            String name = one.getKey().isEmpty() ? "runs without a series" : "series " + clean(one.getKey());
            say("%s: %d runs, %s to %s"
                    .formatted(
                            name,
                            points.size(),
                            time(points.getFirst().at()).substring(0, 10),
                            time(points.getLast().at()).substring(0, 10)));
            List<Double> failures = points.stream()
                    .map(point -> (double) point.counts().of(Finding.Status.FAIL))
                    .toList();
            List<Double> shares =
                    points.stream().map(point -> point.counts().passShare()).toList();
            say("  fail   %s  %.0f %s %.0f"
                    .formatted(
                            Sparkline.of(failures, 0, Collections.max(failures), terminal.unicode()),
                            failures.getFirst(),
                            arrow(),
                            failures.getLast()));
            say(String.format(
                    Locale.ROOT,
                    "  pass   %s  %.1f %% %s %.1f %%",
                    Sparkline.of(shares, Collections.min(shares), 1, terminal.unicode()),
                    100 * shares.getFirst(),
                    arrow(),
                    100 * shares.getLast()));
        }
        if (any) {
            say("");
        }
    }

    private String arrow() {
        return terminal.unicode() ? "→" : "->";
    }

    /** A run that has no journal here: it changed nothing, or ran elsewhere. */
    void one(StoredRun run) {
        field("run", run.id());
        field("started", "%s by %s on %s".formatted(time(run.startedAt()), run.operator(), run.controller()));
        field("ended", time(run.finishedAt()));
        field("command", "holdfast " + run.command());
        if (!run.limit().isEmpty()) {
            field("limit", run.limit());
        }
        stored(run);
    }

    /** What the store knows of a run, and how to see it. */
    void stored(StoredRun run) {
        if (!run.series().isEmpty()) {
            field("series", run.series());
        }
        run.counts()
                .ifPresent(counts -> field(
                        "findings",
                        "%s; %d of %d nodes unreachable"
                                .formatted(counts(counts), counts.unreachable(), counts.nodes())));
        run.approval()
                .ifPresent(approval -> field(
                        "approved", "%s by %s: %s".formatted(time(approval.at()), approval.who(), approval.why())));
        field("digest", run.digest());
        if (run.counts().isPresent()) {
            say("report: holdfast report show " + clean(run.id()));
        }
    }

    private static String counts(Counts counts) {
        StringBuilder text = new StringBuilder(
                "%d pass, %d fail".formatted(counts.of(Finding.Status.PASS), counts.of(Finding.Status.FAIL)));
        if (counts.of(Finding.Status.UNKNOWN) > 0) {
            text.append(", %d unknown".formatted(counts.of(Finding.Status.UNKNOWN)));
        }
        if (counts.of(Finding.Status.WAIVED) > 0) {
            text.append(", %d waived".formatted(counts.of(Finding.Status.WAIVED)));
        }
        return text.toString();
    }

    /** Everything about one. */
    void one(RecordedRun run, Optional<StoredRun> stored) {
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
        stored.ifPresent(this::stored);
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
