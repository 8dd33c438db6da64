package holdfast.checks.cluster;

import static holdfast.check.Verdict.fail;
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
import holdfast.proxmox.RunningCorosync;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every link between members that are there works, and each member has as many of them as the policy wants. */
@CheckInfo(
        title = "All corosync links between the members are up",
        severity = Severity.HIGH,
        tags = {"availability"},
        references = {
            "corosync-cfgtool(8), corosync.conf(5)",
            "Proxmox VE Administration Guide, Cluster Manager, Corosync Redundancy",
            "HomeSecExplorer Proxmox Hardening Guide 3.1"
        })
public final class Links implements Check.OfCluster<MemberState> {

    /** A member and its links, towards the members that it sees. */
    private record View(ClusterState.Voice voice, holdfast.proxmox.Links links) {

        List<Integer> peers() {
            return voice.sees().stream().filter(id -> id != links.nodeId()).toList();
        }
    }

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.COUNT_AND_RUNNING;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        List<View> views = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        for (ClusterState.Voice voice : cluster.voices()) {
            switch (voice.state().corosync().then(RunningCorosync::links)) {
                case Reading.Known<holdfast.proxmox.Links>(var links) -> views.add(new View(voice, links));
                case Reading.Unknown<holdfast.proxmox.Links>(var why) ->
                    unread.add("the links of %s could not be read (%s)".formatted(voice.node(), why));
            }
        }
        int wanted = policy.cluster().minLinks();
        return down(cluster, views)
                .or(() -> few(cluster, views, wanted))
                .or(() -> unread.isEmpty() ? Optional.empty() : Optional.of(unknown("%s", String.join("; ", unread))))
                .or(() -> Views.nobody(cluster))
                .or(() -> Views.silent(cluster))
                .or(() -> untold(cluster, views))
                .orElseGet(() -> pass(
                        "every member that was asked reaches all others, by at least %s",
                        links(views.stream()
                                .mapToInt(view -> view.links().links().size())
                                .min()
                                .orElse(0))));
    }

    private static Optional<Verdict> down(ClusterState cluster, List<View> views) {
        List<ClusterState.DeadLink> dead = cluster.deadLinks();
        if (dead.isEmpty()) {
            return Optional.empty();
        }
        String ways = dead.stream()
                .map(one -> "link %d between %s".formatted(one.link(), one.between()))
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
        return Optional.of(fail("down, though both members are there: %s", ways)
                .expected("every link up between all members that are there")
                .actual("down: " + ways)
                .evidence(evidence(cluster, views))
                .advice(
                        "on these members: corosync-cfgtool -s, ip -s link, and a ping to the address of that link",
                        "look at cables, switch ports, VLANs and MTU of that network")
                .remedy(Remedy.refused(
                        "a network cannot be mended from a member, and restarting corosync may fence a node",
                        "look at cables, switch ports, VLANs, MTU and firewalls of that network",
                        "corosync takes the link up again by itself; scan again")));
    }

    private static Optional<Verdict> few(ClusterState cluster, List<View> views, int wanted) {
        List<String> few = views.stream()
                .filter(view -> view.links().links().size() < wanted)
                .map(view -> "%s has %s"
                        .formatted(
                                view.voice().node(), links(view.links().links().size())))
                .toList();
        return few.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        fail("the policy wants %s: %s", links(wanted), String.join(", ", few))
                                .expected(links(wanted) + " on each member")
                                .actual(String.join(", ", few))
                                .evidence(evidence(cluster, views))
                                .advice(
                                        "add ring1_addr of another network to every node in /etc/pve/corosync.conf, as the Administration Guide tells (Corosync Redundancy)")
                                .remedy(
                                        Remedy.refused(
                                                "which network can carry another link, only a person can tell; a wrong corosync.conf stops all members at once",
                                                "add ring1_addr of another network to every node in a copy of /etc/pve/corosync.conf, raise config_version, and move it over the file")));
    }

    /** A member that is there, and of which a link says nothing at all. */
    private static Optional<Verdict> untold(ClusterState cluster, List<View> views) {
        return views.stream()
                .flatMap(view -> view.peers().stream()
                        .filter(id -> view.links().links().stream()
                                .anyMatch(link -> !link.peers().containsKey(id)))
                        .map(id -> "%s does not tell of all its links to %s"
                                .formatted(view.voice().node(), cluster.names().getOrDefault(id, "node " + id))))
                .findFirst()
                .map(why -> unknown("%s", why));
    }

    private static String links(int count) {
        return count == 1 ? "1 link" : count + " links";
    }

    private static List<String> evidence(ClusterState cluster, List<View> views) {
        List<String> lines = new ArrayList<>();
        for (View view : views) {
            for (holdfast.proxmox.Links.Link link : view.links().links()) {
                lines.add("%s: link %d, %s: %s"
                        .formatted(
                                view.voice().node(),
                                link.number(),
                                link.address(),
                                link.peers().entrySet().stream()
                                        .filter(peer ->
                                                peer.getKey() != view.links().nodeId())
                                        .map(peer -> "%s %s"
                                                .formatted(
                                                        cluster.names()
                                                                .getOrDefault(peer.getKey(), "node " + peer.getKey()),
                                                        peer.getValue()))
                                        .collect(Collectors.joining(", "))));
            }
        }
        return lines;
    }
}
