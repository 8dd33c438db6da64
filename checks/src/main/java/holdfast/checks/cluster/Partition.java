package holdfast.checks.cluster;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.List;
import java.util.Optional;

/** All members see the same membership: nobody is cut off, and there is one cluster, not two. */
@CheckInfo(
        title = "All members see the same cluster",
        severity = Severity.CRITICAL,
        tags = {"change-gate"},
        references = {
            "corosync_overview(8), corosync-quorumtool(8)",
            "Proxmox VE Administration Guide, Cluster Manager, Quorum"
        })
public final class Partition implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.COUNT;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        return Views.nobody(cluster)
                .or(() -> split(cluster))
                .or(() -> Views.silent(cluster))
                .or(() -> unseen(cluster))
                .or(() -> alone(cluster))
                .orElseGet(() -> {
                    ClusterState.Voice first = cluster.voices().get(0);
                    return cluster.names().size() == 1
                            ? pass("%s is the only member", first.node())
                            : pass(
                                    "%s see the same %d members (ring %s)",
                                    Views.names(cluster.voices()),
                                    first.sees().size(),
                                    first.count().ringId());
                });
    }

    private static Optional<Verdict> split(ClusterState cluster) {
        List<ClusterState.Partition> partitions = cluster.partitions();
        if (partitions.size() < 2) {
            return Optional.empty();
        }
        List<String> views = partitions.stream().map(cluster::words).toList();
        return Optional.of(fail(
                        "the members see different clusters: %s; it is split, or was changing just now",
                        String.join("; ", views))
                .expected("one membership, the same for all")
                .actual("%d of them".formatted(partitions.size()))
                .evidence(Views.evidence(cluster))
                .advice(
                        "scan again; if it stays so, look at the links on each member: corosync-cfgtool -s",
                        "never 'pvecm expected' while the other side may be alive: that makes two clusters of one")
                .remedy(Views.refused(
                        "the links between %s have to come back".formatted(Views.names(cluster.voices())),
                        "scan again in some seconds",
                        "look at the links on each member: corosync-cfgtool -s")));
    }

    /** Down, or alive and cut off: from here both look the same. */
    private static Optional<Verdict> unseen(ClusterState cluster) {
        if (cluster.names().isEmpty()) {
            return Optional.of(unknown("no member's corosync.conf tells who the members are"));
        }
        List<String> unseen = cluster.unseen();
        return unseen.isEmpty()
                ? Optional.empty()
                : Optional.of(unknown(
                        "%s %s not seen by the others and was not asked: down, or a partition of its own",
                        String.join(", ", unseen), unseen.size() == 1 ? "is" : "are"));
    }

    private static Optional<Verdict> alone(ClusterState cluster) {
        return cluster.voices().size() == 1 && cluster.names().size() > 1
                ? Optional.of(
                        notApplicable("only one member of this cluster was scanned: there is nothing to compare with"))
                : Optional.empty();
    }
}
