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
import holdfast.proxmox.Quorum;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every configured vote is there on every member, the QDevice's too, and nobody made corosync expect fewer. */
@CheckInfo(
        title = "All configured votes are present",
        severity = Severity.HIGH,
        tags = {"change-gate"},
        references = {
            "votequorum(5), corosync-quorumtool(8), corosync-qdevice(8)",
            "Proxmox VE Administration Guide, Cluster Manager, Quorum; Corosync External Vote Support"
        })
public final class Votes implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.COUNT_AND_RUNNING;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        return Views.nobody(cluster)
                .or(() -> lowered(cluster))
                .or(() -> missing(cluster))
                .or(() -> Views.silent(cluster))
                .or(() -> Views.unsettled(cluster))
                .orElseGet(() -> {
                    Quorum count = cluster.voices().get(0).count();
                    return pass(
                            "%d of %d votes are present%s",
                            count.total(), count.expected(), count.device() ? ", the QDevice's among them" : "");
                });
    }

    /** Quorate only because somebody told corosync to expect less. */
    private static Optional<Verdict> lowered(ClusterState cluster) {
        List<ClusterState.Voice> lowered = cluster.lowered();
        if (lowered.isEmpty()) {
            return Optional.empty();
        }
        ClusterState.Voice first = lowered.get(0);
        int configured = first.wanted();
        String absent = String.join(", ", first.absent());
        return Optional.of(fail(
                        "corosync on %s expects %d votes where %d are configured: somebody ran 'pvecm expected', and this quorum may be one half of a split",
                        Views.names(lowered), first.count().expected(), configured)
                .expected("%d expected votes".formatted(configured))
                .actual("%d".formatted(first.count().expected()))
                .evidence(Views.evidence(cluster))
                .severity(Severity.CRITICAL)
                .advice(
                        "make sure that no other part of the cluster is alive, and bring back the missing members",
                        "when all members are back: pvecm expected %d".formatted(configured))
                .remedy(Views.refused(
                        "%d votes are configured, and only when all of them are back may they count again"
                                .formatted(configured),
                        "make sure that no other part of the cluster is alive",
                        "bring back the missing members%s".formatted(absent.isEmpty() ? "" : ": " + absent),
                        "corosync counts them anew as they join; scan again")));
    }

    private static Optional<Verdict> missing(ClusterState cluster) {
        List<ClusterState.Voice> incomplete = cluster.incomplete();
        if (incomplete.isEmpty()) {
            return Optional.empty();
        }
        ClusterState.Voice first = cluster.spokesman()
                .filter(voice ->
                        incomplete.stream().anyMatch(other -> other.node().equals(voice.node())))
                .orElse(incomplete.get(0));
        List<String> absent = first.absent();
        List<ClusterState.Voice> without = cluster.voices().stream()
                .filter(ClusterState.Voice::lacksDevice)
                .toList();
        List<String> why = new ArrayList<>();
        List<String> instead = new ArrayList<>();
        if (!absent.isEmpty()) {
            why.add("%s %s missing".formatted(String.join(", ", absent), absent.size() == 1 ? "is" : "are"));
            instead.add(
                    "switch the missing member on, or repair it: systemctl status corosync pve-cluster there, corosync-cfgtool -s");
            instead.add("one that is gone for good is removed: pvecm delnode NAME, on another member");
        }
        if (!without.isEmpty()) {
            why.add("the QDevice's %s not counted on %s"
                    .formatted(
                            first.conf()
                                    .flatMap(conf -> conf.device())
                                    .filter(device -> device.votes() > 1)
                                    .map(device -> device.votes() + " votes are")
                                    .orElse("vote is"),
                            without.stream()
                                    .map(voice -> voice.node() + cell(voice))
                                    .collect(Collectors.joining(", "))));
            instead.add("on %s: systemctl status corosync-qdevice; corosync-qdevice-tool -sv"
                    .formatted(Views.names(without)));
            instead.add("on the QDevice's host: systemctl status corosync-qnetd; corosync-qnetd-tool -l");
        }
        if (why.isEmpty()) {
            why.add("all members are there, with fewer votes than are configured");
            instead.add("compare the votes of each member with corosync.conf: corosync-quorumtool -s");
        }
        boolean everywhere = incomplete.size() == cluster.voices().size();
        return Optional.of(fail(
                        "%s %d of %d votes %s: %s",
                        everywhere
                                ? "only"
                                : Views.names(incomplete) + (incomplete.size() == 1 ? " counts" : " count") + " only",
                        first.count().total(),
                        first.wanted(),
                        everywhere ? "are present" : "as present",
                        String.join("; ", why))
                .expected("%d votes".formatted(first.wanted()))
                .actual("%d votes".formatted(first.count().total()))
                .evidence(Views.evidence(cluster))
                .advice(instead.toArray(String[]::new))
                .remedy(Views.refused(
                        "%d of the votes have to come back: %s"
                                .formatted(first.wanted() - first.count().total(), String.join("; ", why)),
                        instead.toArray(String[]::new))));
    }

    /** What votequorum says of the member's own QDevice client, such as {@code NR}: not registered. */
    private static String cell(ClusterState.Voice voice) {
        return voice.count().members().stream()
                .filter(Quorum.Voter::local)
                .flatMap(row -> row.device().stream())
                .map(cell -> " (%s)"
                        .formatted(
                                switch (cell.split(",", 2)[0]) {
                                    case "NR" -> "its client is not registered";
                                    case "NA" -> "its client is not alive";
                                    default -> "its client gets no vote";
                                }))
                .findFirst()
                .orElse("");
    }
}
