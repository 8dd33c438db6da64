package holdfast.checks.cluster;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The cluster is quorate with all of its votes, every member sees it so, and it can lose as many votes as the policy wants. */
@CheckInfo(
        title = "The cluster is quorate, with votes to spare",
        severity = Severity.CRITICAL,
        tags = {"change-gate"},
        references = {
            "corosync-quorumtool(8), votequorum(5)",
            "Proxmox VE Administration Guide, Cluster Manager, Quorum"
        })
public final class Quorum implements Check.OfCluster<Quorum.Facts> {

    /**
     * @param count corosync's word, or why there is none
     * @param membership what is configured, and pmxcfs's view
     */
    record Facts(Reading<holdfast.proxmox.Quorum> count, Membership membership) {}

    private record View(String node, holdfast.proxmox.Quorum count, Membership membership) {}

    @Override
    public Probe<Facts> probe(Policy policy) {
        return Probe.both(Probe.attempt(holdfast.proxmox.Quorum.PROBE), Membership.PROBE, Facts::new);
    }

    @Override
    public Verdict judge(List<Member<Facts>> members, Policy policy) {
        if (!policy.cluster().requireQuorum()) {
            return notApplicable("the policy does not ask for quorum");
        }
        List<View> views = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        List<String> evidence = new ArrayList<>();
        for (Member<Facts> member : members) {
            switch (member.reading()) {
                case Reading.Unknown<Facts>(var why) -> {
                    silent.add(member.node());
                    evidence.add("%s: could not be asked: %s".formatted(member.node(), why));
                }
                case Reading.Known<Facts>(var facts) -> {
                    switch (facts.count()) {
                        case Reading.Unknown<holdfast.proxmox.Quorum>(var why) -> {
                            silent.add(member.node());
                            evidence.add("%s: %s".formatted(member.node(), why));
                        }
                        case Reading.Known<holdfast.proxmox.Quorum>(var count) -> {
                            views.add(new View(member.node(), count, facts.membership()));
                            evidence.add(words(member.node(), count, facts.membership()));
                        }
                    }
                }
            }
        }
        if (views.isEmpty()) {
            return unknown("no member could tell: %s", String.join("; ", evidence));
        }
        List<View> lost = views.stream().filter(view -> !view.count().quorate()).toList();
        if (!lost.isEmpty()) {
            holdfast.proxmox.Quorum count = lost.get(0).count();
            return fail(
                            "%s: %d of %d votes are present where %d are needed; /etc/pve is read-only there",
                            lost.size() == views.size()
                                    ? "the cluster has no quorum"
                                    : "%s has no quorum while others have".formatted(names(lost)),
                            count.total(),
                            count.expected(),
                            count.needed())
                    .expected("quorate on every member")
                    .actual("not quorate on " + names(lost))
                    .evidence(evidence)
                    .advice(
                            "bring back the missing members, or repair their links: corosync-cfgtool -s",
                            "never 'pvecm expected' while the other side may be alive: that splits the cluster")
                    .remedy(refused(
                            "%d more votes are needed%s"
                                    .formatted(
                                            Math.max(1, count.needed() - count.total()),
                                            absent(lost.get(0)).isEmpty()
                                                    ? ""
                                                    : ", and " + String.join(", ", absent(lost.get(0)))
                                                            + " can give them"),
                            "bring back the missing members: systemctl status corosync pve-cluster on each",
                            "or repair their links: corosync-cfgtool -s"));
        }
        return split(views, evidence)
                .or(() -> lowered(views, evidence))
                .or(() -> pmxcfs(views, evidence))
                .or(() -> missing(views, silent, evidence))
                .or(() -> margin(views, policy, evidence))
                .or(() -> unasked(views, silent))
                .orElseGet(() -> pass("quorate, %s", votes(views.get(0).count())));
    }

    /** Nothing is wrong so far, but a member that could not be asked may see it otherwise. */
    private static Optional<Verdict> unasked(List<View> views, List<String> silent) {
        if (!silent.isEmpty()) {
            return Optional.of(unknown(
                    "quorate for the others, but %s could not be asked: %s",
                    String.join(", ", silent), votes(views.get(0).count())));
        }
        for (View view : views) {
            if (view.membership().members() instanceof Reading.Unknown<Membership.Members>(var why)) {
                return Optional.of(
                        unknown("corosync is quorate, but pmxcfs on %s could not be asked: %s", view.node(), why));
            }
        }
        return Optional.empty();
    }

    /** Two partitions that both believe to be the cluster. */
    private static Optional<Verdict> split(List<View> views, List<String> evidence) {
        List<String> rings =
                views.stream().map(view -> view.count().ringId()).distinct().toList();
        return rings.size() > 1
                ? Optional.of(fail(
                                "the members see different clusters (rings %s): it is split, or was changing just now",
                                String.join(", ", rings))
                        .expected("one ring")
                        .actual("%d rings".formatted(rings.size()))
                        .evidence(evidence)
                        .advice("scan again; if it stays so, look at the links: corosync-cfgtool -s on each member")
                        .remedy(refused(
                                "the links between %s have to come back".formatted(names(views)),
                                "scan again in some seconds",
                                "look at the links on each member: corosync-cfgtool -s")))
                : Optional.empty();
    }

    /** Quorate only because somebody told corosync to expect less. */
    private static Optional<Verdict> lowered(List<View> views, List<String> evidence) {
        for (View view : views) {
            int configured =
                    view.membership().corosync().map(conf -> conf.votes()).orElse(0);
            if (configured > view.count().expected()) {
                return Optional.of(fail(
                                "corosync expects %d votes where %d are configured: somebody ran 'pvecm expected', and this quorum may be a split brain",
                                view.count().expected(), configured)
                        .expected("%d expected votes".formatted(configured))
                        .actual("%d".formatted(view.count().expected()))
                        .evidence(evidence)
                        .advice("when all members are back: pvecm expected %d".formatted(configured))
                        .remedy(refused(
                                "%d votes are configured, and only when all of them are back may they count again"
                                        .formatted(configured),
                                "make sure that no other part of the cluster is alive",
                                "bring back the missing members%s"
                                        .formatted(
                                                absent(view).isEmpty() ? "" : ": " + String.join(", ", absent(view))),
                                "corosync counts them anew as they join; scan again")));
            }
        }
        return Optional.empty();
    }

    /** corosync is quorate some seconds before pmxcfs is; if it stays so, /etc/pve cannot be written. */
    private static Optional<Verdict> pmxcfs(List<View> views, List<String> evidence) {
        return views.stream()
                .filter(view -> view.membership().members() instanceof Reading.Known<Membership.Members>(var members)
                        && !members.quorate())
                .findFirst()
                .map(view -> fail(
                                "corosync is quorate, but pmxcfs on %s does not say so: /etc/pve is read-only there",
                                view.node())
                        .expected("quorate in /etc/pve/.members")
                        .actual("\"quorate\": 0")
                        .evidence(evidence)
                        .advice("scan again in some seconds; then: systemctl status pve-cluster on that node")
                        .remedy(refused(
                                "the votes are there, only pmxcfs on %s has to see them".formatted(view.node()),
                                "scan again in some seconds",
                                "systemctl status pve-cluster on that node")));
    }

    private static Optional<Verdict> missing(List<View> views, List<String> silent, List<String> evidence) {
        holdfast.proxmox.Quorum count = views.get(0).count();
        if (count.total() >= count.expected()) {
            return Optional.empty();
        }
        List<String> absent = absent(views.get(0));
        return Optional.of(fail(
                        "quorate, but only %d of %d votes are present%s",
                        count.total(),
                        count.expected(),
                        absent.isEmpty() ? "" : ": " + String.join(", ", absent) + " is missing")
                .expected("%d votes".formatted(count.expected()))
                .actual("%d votes%s"
                        .formatted(count.total(), silent.isEmpty() ? "" : "; not asked: " + String.join(", ", silent)))
                .evidence(evidence)
                .severity(Severity.HIGH)
                .advice("on the missing member: systemctl status corosync pve-cluster; corosync-cfgtool -s")
                .remedy(refused(
                        "%d votes are missing%s"
                                .formatted(
                                        count.expected() - count.total(),
                                        absent.isEmpty() ? "" : ", those of " + String.join(", ", absent)),
                        "switch the missing member on, or repair it: systemctl status corosync pve-cluster there",
                        "one that is gone for good is removed: pvecm delnode NAME, on another member")));
    }

    /** The configured members without a vote in this node's view. */
    private static List<String> absent(View view) {
        return view.membership().corosync().stream()
                .flatMap(conf -> conf.nodes().stream())
                .filter(node -> view.count().members().stream().noneMatch(voter -> voter.id() == node.id()))
                .map(node -> node.name())
                .toList();
    }

    /** Votes come from members; a number that is lowered by hand makes two clusters of one. */
    private static Remedy refused(String missing, String... instead) {
        return Remedy.refused("quorum is never made by force, and 'pvecm expected' is not a fix: " + missing, instead);
    }

    private static Optional<Verdict> margin(List<View> views, Policy policy, List<String> evidence) {
        holdfast.proxmox.Quorum count = views.get(0).count();
        return count.margin() < policy.cluster().minMargin()
                ? Optional.of(fail(
                                "quorate, but it may lose only %d votes, and the policy wants %d: %s",
                                count.margin(), policy.cluster().minMargin(), votes(count))
                        .expected("a margin of %d votes"
                                .formatted(policy.cluster().minMargin()))
                        .actual("%d".formatted(count.margin()))
                        .evidence(evidence)
                        .severity(Severity.MEDIUM)
                        .advice("two nodes need a third vote: pvecm qdevice setup ADDRESS, or a third member")
                        .remedy(refused(
                                "%d more votes to spare need another voter"
                                        .formatted(policy.cluster().minMargin() - count.margin()),
                                "a QDevice on a machine outside: pvecm qdevice setup ADDRESS",
                                "or another member: pvecm add on it")))
                : Optional.empty();
    }

    private static String votes(holdfast.proxmox.Quorum count) {
        return "%d of %d votes, %d needed, may lose %d%s"
                .formatted(
                        count.total(),
                        count.expected(),
                        count.needed(),
                        count.margin(),
                        count.device() ? ", QDevice included" : "");
    }

    private static String names(List<View> views) {
        return views.stream().map(View::node).collect(Collectors.joining(", "));
    }

    private static String words(String node, holdfast.proxmox.Quorum count, Membership membership) {
        return "%s: %s, %s, ring %s, pmxcfs %s"
                .formatted(
                        node,
                        count.quorate() ? "quorate" : "not quorate",
                        votes(count),
                        count.ringId(),
                        switch (membership.members()) {
                            case Reading.Known<Membership.Members>(var members) ->
                                members.quorate() ? "quorate" : "not quorate";
                            case Reading.Unknown<Membership.Members>(var why) -> why;
                        });
    }
}
