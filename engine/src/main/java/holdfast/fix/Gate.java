package holdfast.fix;

import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.proxmox.Membership;
import holdfast.proxmox.Quorum;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether a member of a cluster may be touched now: it is quorate, and the cluster stays quorate should this node be
 * lost. What cannot be told keeps the gate shut.
 */
final class Gate {

    private Gate() {}

    /** What has to be read for it. */
    static List<Shape> shapes() {
        return Stream.of(Membership.PROBE, Quorum.PROBE)
                .flatMap(probe -> probe.shapes())
                .distinct()
                .toList();
    }

    /** The name of the node's cluster; empty when it is standalone, or when that is not known. */
    static Optional<String> cluster(Source source) {
        return Membership.PROBE.read(source) instanceof Reading.Known<Membership>(var membership)
                ? membership.clusterName().filter(name -> membership.clustered())
                : Optional.empty();
    }

    /** Why the node must not be touched now; empty when it may be. */
    static Optional<String> shut(Source source) {
        return switch (Membership.PROBE.read(source)) {
            case Reading.Unknown<Membership>(var why) ->
                Optional.of("it is not known whether this node is in a cluster: " + why);
            case Reading.Known<Membership>(var membership) ->
                membership.clustered() ? ofMember(source, membership) : Optional.empty();
        };
    }

    private static Optional<String> ofMember(Source source, Membership membership) {
        return switch (Quorum.PROBE.read(source)) {
            case Reading.Unknown<Quorum>(var why) ->
                Optional.of("it is not known whether the cluster is quorate: " + why);
            case Reading.Known<Quorum>(var quorum) -> {
                if (!quorum.quorate()) {
                    yield Optional.of("the cluster is not quorate here: %d of %d votes, %d needed"
                            .formatted(quorum.total(), quorum.expected(), quorum.needed()));
                }
                if (membership.members() instanceof Reading.Known<Membership.Members>(var members)
                        && !members.quorate()) {
                    yield Optional.of("corosync is quorate, but /etc/pve is not yet: try again in a moment");
                }
                if (quorum.members().stream().noneMatch(Quorum.Voter::local)) {
                    yield Optional.of("corosync does not tell which vote is this node's own");
                }
                int own = quorum.members().stream()
                        .filter(Quorum.Voter::local)
                        .mapToInt(Quorum.Voter::votes)
                        .sum();
                // two_node counts a lone survivor as quorate (votequorum(5)); its "needed" is 1 then.
                yield quorum.total() - own >= quorum.needed()
                        ? Optional.empty()
                        : Optional.of(
                                "losing this node would cost the cluster its quorum: %d votes would be left of %d, %d are needed"
                                        .formatted(quorum.total() - own, quorum.expected(), quorum.needed()));
            }
        };
    }
}
