package holdfast.cli;

import holdfast.discovery.Comparison.Candidate;
import holdfast.discovery.Comparison.Inside;
import holdfast.discovery.Comparison.NotAsked;
import holdfast.discovery.Comparison.Outside;
import holdfast.discovery.Comparison.Silent;
import holdfast.discovery.Comparison.Standing;
import holdfast.discovery.Comparison.Unclear;
import holdfast.inventory.Host;
import holdfast.probe.Reading;
import holdfast.proxmox.CorosyncConf;
import holdfast.proxmox.Membership;
import holdfast.proxmox.NodeFacts;
import holdfast.run.ClusterResult;
import holdfast.run.NodeResult;
import holdfast.run.Scan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The whole inventory after a scan of some of it, as it is compared with the clusters' member lists. */
final class Candidates {

    private Candidates() {}

    /** Each host with what the scan found out of its membership; hosts that were not selected are among them. */
    static List<Candidate> of(List<Host> inventory, Scan.Result result) {
        Map<String, NodeResult> nodes = new HashMap<>();
        result.nodes().forEach(node -> nodes.put(node.name(), node));
        Map<String, Scan.Seen> seen = new HashMap<>();
        result.seen().forEach(node -> seen.put(node.assignment().target().name(), node));
        Map<String, ClusterResult> clusters = new HashMap<>();
        result.clusters().forEach(cluster -> cluster.members().forEach(name -> clusters.put(name, cluster)));
        return inventory.stream()
                .map(host -> {
                    List<String> addresses = new ArrayList<>();
                    host.access().host().ifPresent(addresses::add);
                    NodeResult node = nodes.get(host.name());
                    if (node != null && node.state() == NodeResult.State.OK) {
                        addresses.add(node.address().replaceFirst(":\\d+$", "").replaceAll("[\\[\\]]", ""));
                    }
                    return new Candidate(
                            host.name(),
                            addresses,
                            host.groups(),
                            standing(
                                    Optional.ofNullable(node),
                                    Optional.ofNullable(seen.get(host.name())),
                                    Optional.ofNullable(clusters.get(host.name()))));
                })
                .toList();
    }

    private static Standing standing(
            Optional<NodeResult> node, Optional<Scan.Seen> seen, Optional<ClusterResult> cluster) {
        if (node.isEmpty() || seen.isEmpty()) {
            return new NotAsked();
        }
        if (node.get().state() != NodeResult.State.OK) {
            return new Silent();
        }
        return switch (seen.get().membership()) {
            case Reading.Unknown<Membership>(var why) -> new Unclear(why);
            case Reading.Known<Membership>(var membership) -> {
                if (!membership.clustered()) {
                    boolean proxmox =
                            node.get().facts().map(NodeFacts::isProxmox).orElse(true);
                    // Without corosync.conf there is no cluster, whatever pmxcfs would say.
                    yield new Outside(proxmox);
                }
                String name = membership.clusterName().orElse("");
                Optional<String> id = cluster.flatMap(ClusterResult::id);
                yield new Inside(
                        id.orElse("name:" + name),
                        name,
                        id,
                        membership.nodeName(),
                        membership.corosync().map(CorosyncConf::configVersion).orElse(0L),
                        members(membership));
            }
        };
    }

    private static Map<String, List<String>> members(Membership membership) {
        Map<String, List<String>> members = new LinkedHashMap<>();
        Map<String, List<String>> addresses = membership.peerAddresses();
        membership.memberNames().forEach(name -> members.put(name, addresses.getOrDefault(name, List.of())));
        return members;
    }
}
