package holdfast.run;

import holdfast.node.Phase;
import holdfast.proxmox.NodeFacts;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One node after a run.
 *
 * @param name in the inventory
 * @param address that was reached, or that was tried
 * @param cluster the name of its cluster; empty when standalone or not known
 * @param state how far the visit came
 * @param error why it went no further
 * @param facts what the node is; empty when it was not read
 * @param durationMillis from the start of the visit to its end
 * @param findings in the catalogue's order
 * @param changes what a fix planned or did; empty after a scan
 */
public record NodeResult(
        String name,
        String address,
        Optional<String> cluster,
        State state,
        Optional<Trouble> error,
        Optional<NodeFacts> facts,
        long durationMillis,
        List<Finding> findings,
        List<AppliedChange> changes) {

    public NodeResult {
        findings = List.copyOf(findings);
        changes = List.copyOf(changes);
    }

    /** The same with what a fix planned or did. */
    public NodeResult withChanges(List<AppliedChange> made) {
        return new NodeResult(name, address, cluster, state, error, facts, durationMillis, findings, made);
    }

    /** How far the visit came. */
    public enum State {
        OK,
        UNREACHABLE,
        ERROR;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What stopped a visit, and in which phase. */
    public record Trouble(Phase phase, String message) {}
}
