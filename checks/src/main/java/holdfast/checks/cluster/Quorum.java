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
import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The cluster is quorate: every member's corosync says so, and pmxcfs has heard of it. */
@CheckInfo(
        title = "The cluster is quorate",
        severity = Severity.CRITICAL,
        tags = {"change-gate"},
        references = {
            "corosync-quorumtool(8), votequorum(5)",
            "Proxmox VE Administration Guide, Cluster Manager, Quorum"
        })
public final class Quorum implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.COUNT_AND_FILES;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        if (!policy.cluster().requireQuorum()) {
            return notApplicable("the policy does not ask for quorum");
        }
        ClusterState cluster = Views.of(members);
        List<String> evidence = evidence(cluster);
        return Views.nobody(cluster)
                .or(() -> lost(cluster, evidence))
                .or(() -> pmxcfs(cluster, evidence))
                .or(() -> Views.silent(cluster))
                .or(() -> unasked(cluster))
                .orElseGet(() ->
                        pass("quorate, %s", Views.votes(cluster.voices().get(0).count())));
    }

    private static Optional<Verdict> lost(ClusterState cluster, List<String> evidence) {
        List<ClusterState.Voice> lost = cluster.voices().stream()
                .filter(voice -> !voice.count().quorate())
                .toList();
        if (lost.isEmpty()) {
            return Optional.empty();
        }
        ClusterState.Voice first = lost.get(0);
        holdfast.proxmox.Quorum count = first.count();
        String absent = String.join(", ", first.absent());
        return Optional.of(fail(
                        "%s: %d of %d votes are present where %d are needed%s; /etc/pve is read-only there",
                        lost.size() == cluster.voices().size()
                                ? "the cluster has no quorum"
                                : "%s has no quorum while others have".formatted(Views.names(lost)),
                        count.total(),
                        count.expected(),
                        count.needed(),
                        // Enough votes and no quorum: not all members have been seen since the start.
                        count.total() >= count.needed() && count.flags().contains("WaitForAll")
                                ? ", and wait_for_all wants to see every member once"
                                : "")
                .expected("quorate on every member")
                .actual("not quorate on " + Views.names(lost))
                .evidence(evidence)
                .advice(
                        "bring back the missing members, or repair their links: corosync-cfgtool -s",
                        "never 'pvecm expected' while the other side may be alive: that splits the cluster")
                .remedy(Views.refused(
                        "%d more votes are needed%s"
                                .formatted(
                                        Math.max(1, count.needed() - count.total()),
                                        absent.isEmpty() ? "" : ", and %s can give them".formatted(absent)),
                        "bring back the missing members: systemctl status corosync pve-cluster on each",
                        "or repair their links: corosync-cfgtool -s")));
    }

    /** corosync is quorate some seconds before pmxcfs is; if it stays so, /etc/pve cannot be written. */
    private static Optional<Verdict> pmxcfs(ClusterState cluster, List<String> evidence) {
        return cluster.voices().stream()
                .filter(voice ->
                        voice.state().membership().members() instanceof Reading.Known<Membership.Members>(var members)
                                && !members.quorate())
                .findFirst()
                .map(voice -> fail(
                                "corosync is quorate, but pmxcfs on %s does not say so: /etc/pve is read-only there",
                                voice.node())
                        .expected("quorate in /etc/pve/.members")
                        .actual("\"quorate\": 0")
                        .evidence(evidence)
                        .advice("scan again in some seconds; then: systemctl status pve-cluster on that node")
                        .remedy(Views.refused(
                                "the votes are there, only pmxcfs on %s has to see them".formatted(voice.node()),
                                "scan again in some seconds",
                                "systemctl status pve-cluster on that node")));
    }

    /** Nothing is wrong so far, but a pmxcfs that does not answer may see it otherwise. */
    private static Optional<Verdict> unasked(ClusterState cluster) {
        for (ClusterState.Voice voice : cluster.voices()) {
            if (voice.state().membership().members() instanceof Reading.Unknown<Membership.Members>(var why)) {
                return Optional.of(
                        unknown("corosync is quorate, but pmxcfs on %s could not be asked: %s", voice.node(), why));
            }
        }
        return Optional.empty();
    }

    private static List<String> evidence(ClusterState cluster) {
        List<String> lines = new ArrayList<>(Views.evidence(cluster));
        for (ClusterState.Voice voice : cluster.voices()) {
            lines.add("%s: pmxcfs: %s"
                    .formatted(
                            voice.node(),
                            switch (voice.state().membership().members()) {
                                case Reading.Known<Membership.Members>(var known) ->
                                    known.quorate() ? "quorate" : "not quorate";
                                case Reading.Unknown<Membership.Members>(var why) -> why;
                            }));
        }
        return lines;
    }
}
