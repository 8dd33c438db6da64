package holdfast.fix;

import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.quorum.Deliberation;
import holdfast.quorum.MemberState;
import java.util.List;
import java.util.Optional;

/**
 * Whether a member of a cluster may be touched now, by the same rules as {@code holdfast quorum --without} it: it is
 * quorate, nothing is wrong with how it sees the cluster, and the others keep quorum should it be lost. It is asked
 * alone, just before it is changed: corosync's count is the whole partition's. What cannot be told keeps the gate shut.
 */
final class Gate {

    private Gate() {}

    /** What has to be read for it. */
    static List<Shape> shapes() {
        return MemberState.PROBE.shapes().distinct().toList();
    }

    /** The name of the node's cluster; empty when it is standalone, or when that is not known. */
    static Optional<String> cluster(Source source) {
        return MemberState.PROBE.read(source) instanceof Reading.Known<MemberState>(var state)
                ? state.membership()
                        .clusterName()
                        .filter(name -> state.membership().clustered())
                : Optional.empty();
    }

    /**
     * Why the node must not be touched now; empty when it may be.
     *
     * @param costsNoVote whether nothing on the node itself is changed, so that the cluster need not survive its loss
     */
    static Optional<String> shut(Source source, boolean costsNoVote) {
        return switch (MemberState.PROBE.read(source)) {
            case Reading.Unknown<MemberState>(var why) ->
                Optional.of("it is not known whether this node is in a cluster: " + why);
            case Reading.Known<MemberState>(var state) ->
                !state.clustered()
                        ? Optional.empty()
                        : costsNoVote ? Deliberation.againstWriting(state) : Deliberation.against(state);
        };
    }
}
