package holdfast.cli;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.report.TokenReport;
import holdfast.run.AccessPoll;
import holdfast.token.Trace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What all nodes' logs say of one token, as one story.
 *
 * @param rows calls and tasks, oldest first
 * @param unread the nodes whose logs could not be read, and why
 * @param cut whether a node had more than is kept
 */
record TokenTraces(List<TokenReport.Traced> rows, Map<String, String> unread, boolean cut) {

    static TokenTraces of(AccessPoll.Result polled, Probe<Trace> probe) {
        List<TokenReport.Traced> rows = new ArrayList<>();
        Map<String, String> unread = new LinkedHashMap<>(polled.unplaced());
        boolean cut = false;
        for (AccessPoll.OfCluster cluster : polled.clusters()) {
            if (cluster.silent().isEmpty()) {
                TokenOptions.unasked(cluster).forEach(node -> unread.put(node, "it is not among the selected nodes"));
            }
            for (Map.Entry<String, Reading<Source>> member : cluster.sources().entrySet()) {
                switch (member.getValue().then(probe::read)) {
                    case Reading.Unknown<Trace>(var why) -> unread.put(member.getKey(), why);
                    case Reading.Known<Trace>(var trace) -> {
                        cut |= trace.cut();
                        trace.calls()
                                .forEach(call -> rows.add(new TokenReport.Traced(
                                        call.at(),
                                        member.getKey(),
                                        call.address(),
                                        call.request(),
                                        Integer.toString(call.status()))));
                        trace.tasks()
                                .forEach(task -> rows.add(new TokenReport.Traced(
                                        task.at(),
                                        member.getKey(),
                                        "",
                                        "task " + task.type() + (task.subject().isEmpty() ? "" : " " + task.subject()),
                                        task.status())));
                    }
                }
            }
        }
        rows.sort(Comparator.comparing(TokenReport.Traced::at));
        return new TokenTraces(rows, unread, cut);
    }
}
