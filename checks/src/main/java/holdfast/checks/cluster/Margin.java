package holdfast.checks.cluster;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;

import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import holdfast.quorum.Votes.Pillar;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The cluster can lose as many votes as the policy wants, and whichever single voter it is that fails. */
@CheckInfo(
        title = "The cluster survives the next failure",
        severity = Severity.MEDIUM,
        tags = {"availability"},
        references = {
            "votequorum(5)",
            "Proxmox VE Administration Guide, Cluster Manager, Corosync External Vote Support"
        })
public final class Margin implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.COUNT_AND_RUNNING;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        Optional<ClusterState.Voice> spokesman = cluster.spokesman();
        if (spokesman.isEmpty()) {
            return Views.nobody(cluster).orElseThrow();
        }
        ClusterState.Voice voice = spokesman.get();
        int wanted = policy.cluster().minMargin();
        int margin = cluster.margin(voice, Set.of());
        String sum = Views.votes(voice.count());
        return few(cluster, voice, margin, wanted, sum)
                .or(() -> wanted > 0 ? pillars(cluster, sum) : Optional.empty())
                .or(() -> Views.silent(cluster))
                .or(() -> Views.unsettled(cluster))
                .orElseGet(() -> pass("%s: %s may go", sum, margin == 0 ? "none" : "%d more".formatted(margin)));
    }

    private static Optional<Verdict> few(
            ClusterState cluster, ClusterState.Voice voice, int margin, int wanted, String sum) {
        if (margin >= wanted && voice.count().quorate()) {
            return Optional.empty();
        }
        return Optional.of((voice.count().quorate()
                        ? fail(
                                "quorate, but it may lose only %d votes, and the policy wants %d: %s",
                                Math.max(0, margin), wanted, sum)
                        : fail("there is no quorum, so nothing may go: %s", sum))
                .expected("a margin of %d votes".formatted(wanted))
                .actual("%d".formatted(margin))
                .evidence(Views.evidence(cluster))
                .advice(
                        "bring back the votes that are missing, see cluster.votes",
                        "two nodes need a third vote: pvecm qdevice setup ADDRESS, or a third member")
                .remedy(Views.refused(
                        "%d more votes to spare need another voter".formatted(Math.max(1, wanted - margin)),
                        "bring back the votes that are missing, see cluster.votes",
                        "a QDevice on a machine outside: pvecm qdevice setup ADDRESS",
                        "or another member: pvecm add on it")));
    }

    /** Enough votes to spare, but some voter has more of them than that. */
    private static Optional<Verdict> pillars(ClusterState cluster, String sum) {
        if (!(cluster.votes() instanceof Reading.Known<holdfast.quorum.Votes>(var votes))
                || votes.pillars().isEmpty()) {
            return Optional.empty();
        }
        List<Pillar> pillars = votes.pillars();
        String names = pillars.stream().map(Pillar::label).collect(Collectors.joining(" or "));
        return Optional.of(fail(
                        "%s, but the loss of %s alone would cost quorum: %s",
                        sum, names, pillars.get(0).because())
                .expected("quorum survives the loss of any single voter")
                .actual("it does not survive the loss of " + names)
                .evidence(Views.evidence(cluster))
                .advice(
                        "bring back the votes that are missing, see cluster.votes",
                        "give every member the same number of votes (quorum_votes in /etc/pve/corosync.conf)")
                .remedy(Views.refused(
                        "which voter may have how many votes, only a person can tell",
                        "bring back the votes that are missing, see cluster.votes",
                        "or even out quorum_votes in /etc/pve/corosync.conf, as the Administration Guide tells")));
    }
}
