package holdfast.cli;

import holdfast.check.Severity;
import holdfast.journal.Entry;
import holdfast.journal.RecordedRun;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.store.StoredRun;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Recorded runs as JSON; cleaned as on the screen, since it may be printed to one. */
final class HistoryJson {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private HistoryJson() {}

    /** An array with an object for each run. */
    static String list(List<HistoryEntry> runs) {
        ArrayNode array = MAPPER.createArrayNode();
        runs.forEach(run -> {
            ObjectNode json = array.addObject();
            run.recorded()
                    .ifPresentOrElse(
                            recorded -> summary(json, recorded),
                            () -> run.stored().ifPresent(stored -> unrecorded(json, stored)));
            run.stored().ifPresent(stored -> stored(json, stored));
        });
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(array) + "\n";
    }

    /** A run that has no journal here: the fields of the list. */
    static String one(StoredRun run) {
        ObjectNode json = MAPPER.createObjectNode();
        unrecorded(json, run);
        stored(json, run);
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    /** The fields of the list on one line, with a line feed. */
    static String line(StoredRun run) {
        ObjectNode json = MAPPER.createObjectNode();
        unrecorded(json, run);
        stored(json, run);
        return MAPPER.writeValueAsString(json) + "\n";
    }

    private static void unrecorded(ObjectNode json, StoredRun run) {
        json.put("id", line(run.id()));
        json.put("command", line(run.command()));
        json.put("check", false);
        json.put("startedAt", time(run.startedAt()));
        json.put("operator", line(run.operator()));
        json.putNull("nodes");
        json.putNull("outcome");
    }

    private static void stored(ObjectNode json, StoredRun run) {
        json.put("finishedAt", time(run.finishedAt()));
        json.put("controller", line(run.controller()));
        json.put("sequence", run.sequence());
        json.put("series", line(run.series()));
        json.put("limit", line(run.limit()));
        json.put("digest", line(run.digest()));
        json.put("journal", run.journal().map(HistoryJson::line).orElse(null));
        if (run.counts().isPresent()) {
            Counts counts = run.counts().get();
            ObjectNode summary = json.putObject("summary");
            summary.put("nodes", counts.nodes());
            summary.put("unreachable", counts.unreachable());
            for (Finding.Status status : Finding.Status.values()) {
                summary.put(status.label(), counts.of(status));
            }
            summary.put("failBeforeWaivers", counts.beforeWaivers());
            summary.put("waiverExpired", counts.expired());
            ObjectNode severities = summary.putObject("bySeverity");
            for (Severity severity : Severity.values()) {
                severities.put(severity.label(), counts.of(severity));
            }
        } else {
            json.putNull("summary");
        }
        if (run.approval().isPresent()) {
            ObjectNode approval = json.putObject("approval");
            approval.put("who", line(run.approval().get().who()));
            approval.put("why", line(run.approval().get().why()));
            approval.put("at", time(run.approval().get().at()));
        } else {
            json.putNull("approval");
        }
    }

    /** One run: the fields of the list, and everything else. */
    static String one(RecordedRun run, Optional<StoredRun> stored) {
        ObjectNode json = MAPPER.createObjectNode();
        Entry.Started started = run.started();
        summary(json, run.summary());
        json.put("finishedAt", run.ended().map(ended -> time(ended.at())).orElse(null));
        json.put("exitCode", run.ended().map(Entry.Ended::exitCode).orElse(null));
        json.put("torn", run.torn());
        json.put("version", line(started.version()));
        json.put("controller", line(started.controller()));
        strings(json.putArray("arguments"), started.arguments());
        strings(json.putArray("inventory"), started.inventory());
        json.put("limit", line(started.limit()));
        strings(json.putArray("checks"), started.checks());
        json.put("undoes", started.undoes().map(HistoryJson::line).orElse(null));
        stored.ifPresent(known -> stored(json.putObject("stored"), known));
        json.put("undo", run.canBeUndone() ? "holdfast undo " + line(run.id()) : null);
        ArrayNode targets = json.putArray("targets");
        run.targets().forEach(target -> target(targets.addObject(), run, target));
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static void summary(ObjectNode json, RecordedRun.Summary run) {
        json.put("id", line(run.id()));
        json.put("command", line(run.started().command()));
        json.put("check", run.started().check());
        json.put("startedAt", time(run.started().at()));
        json.put("operator", line(run.started().operator()));
        strings(json.putArray("nodes"), run.started().nodes());
        json.put("outcome", run.outcome().label());
    }

    private static void target(ObjectNode json, RecordedRun run, String target) {
        Optional<Entry.Finished> finished = run.finished(target);
        json.put("target", line(target));
        json.put("state", finished.map(end -> end.state().label()).orElse(null));
        json.put("message", finished.map(end -> line(end.message())).orElse(null));
        ArrayNode steps = json.putArray("steps");
        run.steps(target)
                .forEach(step -> steps.addObject()
                        .put("at", time(step.at()))
                        .put("step", line(step.step()))
                        .put("message", line(step.message())));
        Entry.Planned plan = run.planned().get(target);
        if (plan == null) {
            return;
        }
        json.put("node", line(plan.node()));
        strings(json.putArray("members"), plan.members());
        strings(json.putArray("checks"), plan.checks());
        json.put("guarded", plan.guarded());
        ArrayNode files = json.putArray("files");
        plan.files()
                .forEach(file -> files.addObject()
                        .put("path", line(file.path()))
                        .put("action", HistoryView.action(file))
                        .put("diff", Clean.block(file.diff())));
        ArrayNode commands = json.putArray("commands");
        plan.commands()
                .forEach(command -> commands.addObject()
                        .put("command", Clean.block(command.command()))
                        .put("purpose", line(command.purpose()))
                        .put("undo", Clean.block(command.undo())));
        purposes(json.putArray("validations"), plan.validations());
        purposes(json.putArray("reloads"), plan.reloads());
    }

    private static void purposes(ArrayNode array, List<Entry.Purpose> purposes) {
        purposes.forEach(one ->
                array.addObject().put("command", Clean.block(one.command())).put("purpose", line(one.purpose())));
    }

    private static void strings(ArrayNode array, List<String> values) {
        values.forEach(value -> array.add(line(value)));
    }

    private static String line(String text) {
        return Clean.line(text);
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
