package holdfast.fix;

import java.util.List;

/**
 * What a fix is going to do to a fleet; shown, and applied as it was shown.
 *
 * @param targets nodes in inventory order, then clusters
 * @param refusals what is not mended, and why
 */
public record Plan(List<TargetPlan> targets, List<Refusal> refusals) {
    public Plan {
        targets = List.copyOf(targets);
        refusals = List.copyOf(refusals);
    }

    /** The targets with something to do. */
    public List<TargetPlan> changing() {
        return targets.stream().filter(TargetPlan::changes).toList();
    }
}
