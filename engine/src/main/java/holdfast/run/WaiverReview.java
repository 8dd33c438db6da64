package holdfast.run;

import holdfast.policy.Waiver;
import holdfast.problem.Problems;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What became of a waiver in a run.
 *
 * @param waiver as the policy has it
 * @param state whether it is of use
 * @param findings how many failures it accepts, or would accept had it not expired
 * @param message one sentence
 */
public record WaiverReview(Waiver waiver, State state, int findings, String message) {

    /** Whether a waiver is of use. */
    public enum State {
        /** It accepts a failure. */
        USED,
        /** Its last day has passed. */
        EXPIRED,
        /** What it names was asked and does not fail. */
        UNNEEDED,
        /** No check, or no node or cluster, has such a name. */
        UNMATCHED,
        /** What it names was not selected or could not be told. */
        UNTOLD;

        /** As reports spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Whether somebody has to do something about it. */
    public boolean needsAttention() {
        return state == State.EXPIRED || state == State.UNNEEDED || state == State.UNMATCHED;
    }

    /**
     * What became of each waiver.
     *
     * @param assignments the selected nodes with their policies
     * @param nodes what came out of them
     * @param clusters what came out of their clusters
     * @param known every check's id and every host's name, selected or not
     * @param today the day that expiries are compared with, UTC
     */
    public static List<WaiverReview> of(
            List<Scan.Assignment> assignments,
            List<NodeResult> nodes,
            List<ClusterResult> clusters,
            Known known,
            LocalDate today) {
        Map<Waiver, Set<String>> where = new LinkedHashMap<>();
        for (Scan.Assignment assignment : assignments) {
            for (Waiver waiver : assignment.policy().waivers()) {
                where.computeIfAbsent(waiver, unused -> new LinkedHashSet<>())
                        .add(assignment.target().name());
            }
        }
        List<WaiverReview> reviews = new ArrayList<>();
        where.forEach((waiver, holders) -> reviews.add(of(waiver, holders, nodes, clusters, known, today)));
        return List.copyOf(reviews);
    }

    /**
     * Every name that a waiver may mean.
     *
     * @param checks every check's id
     * @param hosts the whole inventory's hosts
     */
    public record Known(Collection<String> checks, Collection<String> hosts) {}

    private static WaiverReview of(
            Waiver waiver,
            Set<String> holders,
            List<NodeResult> nodes,
            List<ClusterResult> clusters,
            Known known,
            LocalDate today) {
        List<Finding> findings = new ArrayList<>();
        for (NodeResult node : nodes) {
            if (holders.contains(node.name()) && waiver.names(List.of(node.name()))) {
                findings.addAll(node.findings());
            }
        }
        for (ClusterResult cluster : clusters) {
            if (cluster.members().stream().anyMatch(holders::contains)
                    && waiver.namesCluster(cluster.name(), cluster.members())) {
                findings.addAll(cluster.findings());
            }
        }
        findings.removeIf(finding -> !waiver.isAbout(finding.check()));
        int failing = Math.toIntExact(findings.stream().filter(Finding::failing).count());
        boolean untold =
                findings.isEmpty() || findings.stream().anyMatch(finding -> finding.status() == Finding.Status.UNKNOWN);
        boolean replaced = failing > 0
                && findings.stream()
                        .filter(Finding::failing)
                        .allMatch(finding -> finding.status() == Finding.Status.WAIVED);
        if (waiver.expiredOn(today) && replaced) {
            return new WaiverReview(
                    waiver,
                    State.UNNEEDED,
                    0,
                    "expired after %s, and another waiver accepts the same: remove it".formatted(waiver.expires()));
        }
        if (waiver.expiredOn(today) && !findings.isEmpty()) {
            return new WaiverReview(
                    waiver,
                    State.EXPIRED,
                    failing,
                    "expired after %s; %s"
                            .formatted(
                                    waiver.expires(),
                                    failing > 0
                                            ? "%d of what it accepted still %s: mend it, or have %s renew it"
                                                    .formatted(failing, failing == 1 ? "fails" : "fail", waiver.owner())
                                            : untold
                                                    ? "what it accepted could not be told"
                                                    : "nothing that it accepted fails any more: remove it"));
        }
        if (failing > 0) {
            return new WaiverReview(
                    waiver,
                    State.USED,
                    failing,
                    "accepts %d %s until %s"
                            .formatted(failing, failing == 1 ? "failure" : "failures", waiver.expires()));
        }
        if (none(known.checks(), waiver::isAbout)) {
            return new WaiverReview(
                    waiver,
                    State.UNMATCHED,
                    0,
                    "matches nothing: there is no check '%s'%s"
                            .formatted(waiver.check(), Problems.hint(waiver.check(), known.checks())));
        }
        boolean noSuchNode = none(known.hosts(), host -> waiver.names(List.of(host)))
                && clusters.stream().noneMatch(cluster -> waiver.names(List.of(cluster.name())));
        // A cluster that was not selected has a name that nobody knows.
        if (noSuchNode && holders.containsAll(known.hosts()) && nodes.stream().allMatch(WaiverReview::read)) {
            return new WaiverReview(
                    waiver,
                    State.UNMATCHED,
                    0,
                    "matches nothing: no node or cluster is called %s%s"
                            .formatted(
                                    String.join(" or ", waiver.nodes()),
                                    waiver.nodes().size() == 1
                                            ? Problems.hint(waiver.nodes().get(0), known.hosts())
                                            : ""));
        }
        return untold
                ? new WaiverReview(waiver, State.UNTOLD, 0, "what it accepts was not asked, or could not be told")
                : new WaiverReview(
                        waiver, State.UNNEEDED, 0, "matches no failure: what it accepted does not fail (any more)");
    }

    private static boolean read(NodeResult node) {
        return node.state() == NodeResult.State.OK;
    }

    private static boolean none(Collection<String> names, Predicate<String> wanted) {
        return names.stream().noneMatch(wanted);
    }
}
