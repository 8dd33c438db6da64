package holdfast.cli;

import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.fix.PlannedFile;
import holdfast.fix.TargetPlan;
import holdfast.journal.Entry.State;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.NodeResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Puts what was planned and done into the results that reports are made from. */
final class Changes {

    private Changes() {}

    static List<NodeResult> onNodes(List<NodeResult> nodes, Plan plan, List<Outcome> outcomes) {
        return nodes.stream()
                .map(node -> node.withChanges(plan.targets().stream()
                        .filter(target ->
                                target.cluster().isEmpty() && target.target().equals(node.name()))
                        .flatMap(target -> of(target, outcomes).stream())
                        .toList()))
                .toList();
    }

    static List<ClusterResult> onClusters(List<ClusterResult> clusters, Plan plan, List<Outcome> outcomes) {
        return clusters.stream()
                .map(cluster -> cluster.withChanges(plan.targets().stream()
                        .filter(target -> target.cluster().isPresent()
                                && cluster.members()
                                        .contains(target.executor().target().name()))
                        .flatMap(target -> of(target, outcomes).stream())
                        .toList()))
                .toList();
    }

    static List<AppliedChange> of(TargetPlan target, List<Outcome> outcomes) {
        Optional<Outcome> outcome =
                outcomes.stream().filter(one -> one.plan().equals(target)).findFirst();
        String checks = target.checks().stream()
                .map(check -> check.check().id())
                .distinct()
                .collect(Collectors.joining(","));
        AppliedChange.State state = outcome.map(one -> state(one.state())).orElse(AppliedChange.State.PLANNED);
        String message = outcome.map(Outcome::message).orElse("");
        List<AppliedChange> changes = new ArrayList<>();
        for (PlannedFile file : target.files()) {
            if (!file.keptOnNode()) {
                changes.add(new AppliedChange(
                        checks,
                        file.named(),
                        file.before().isEmpty() ? "write" : file.after().isEmpty() ? "remove" : "edit",
                        String.join("\n", file.diff()),
                        file.changes() ? state : AppliedChange.State.UNCHANGED,
                        message));
            }
        }
        target.commands()
                .forEach(command ->
                        changes.add(new AppliedChange(checks, command.command().strip(), "run", "", state, message)));
        target.reloads()
                .forEach(reload ->
                        changes.add(new AppliedChange(checks, reload.command(), "reload", "", state, message)));
        return changes;
    }

    private static AppliedChange.State state(State state) {
        return switch (state) {
            case APPLIED -> AppliedChange.State.APPLIED;
            case UNCHANGED -> AppliedChange.State.UNCHANGED;
            case ROLLED_BACK -> AppliedChange.State.ROLLED_BACK;
            case UNCONFIRMED, REFUSED -> AppliedChange.State.FAILED;
            case NOT_TOUCHED -> AppliedChange.State.PLANNED;
        };
    }
}
