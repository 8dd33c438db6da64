package holdfast.run;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A finished run: what the views and reports are made from.
 *
 * @param id unique, sorts by time
 * @param command the verb
 * @param startedAt when it began
 * @param finishedAt when it ended
 * @param context who ran it, from where, on what
 * @param checks the selected checks' ids, in the catalogue's order
 * @param nodes in inventory order
 * @param clusters in the order of their first members
 * @param waivers what became of each waiver of the policies
 * @param discovery the inventory against the clusters' own member lists; only where that was asked for
 */
public record Run(
        String id,
        String command,
        Instant startedAt,
        Instant finishedAt,
        Context context,
        List<String> checks,
        List<NodeResult> nodes,
        List<ClusterResult> clusters,
        List<WaiverReview> waivers,
        Optional<Comparison> discovery) {

    /** A run without waivers that did not compare the inventory with the clusters. */
    public Run(
            String id,
            String command,
            Instant startedAt,
            Instant finishedAt,
            Context context,
            List<String> checks,
            List<NodeResult> nodes,
            List<ClusterResult> clusters) {
        this(id, command, startedAt, finishedAt, context, checks, nodes, clusters, List.of(), Optional.empty());
    }

    public Run {
        // As reports have it: what comes out of a store is what went in.
        startedAt = startedAt.truncatedTo(ChronoUnit.MILLIS);
        finishedAt = finishedAt.truncatedTo(ChronoUnit.MILLIS);
        checks = List.copyOf(checks);
        nodes = List.copyOf(nodes);
        clusters = List.copyOf(clusters);
        waivers = List.copyOf(waivers);
    }

    /** The same with what became of the policies' waivers. */
    public Run withWaivers(List<WaiverReview> reviewed) {
        return new Run(id, command, startedAt, finishedAt, context, checks, nodes, clusters, reviewed, discovery);
    }

    /** The same with a comparison of the inventory with the clusters. */
    public Run withDiscovery(Comparison found) {
        return new Run(
                id, command, startedAt, finishedAt, context, checks, nodes, clusters, waivers, Optional.of(found));
    }

    /**
     * @param version of holdfast
     * @param operator the local user
     * @param controller this machine's name
     * @param inventory the sources as they were given
     * @param policyDigest SHA-256 of the merged policies
     * @param limit the host pattern; empty for all
     * @param series what runs of the same kind share: the runs that a trend and {@code --since last} compare
     */
    public record Context(
            String version,
            String operator,
            String controller,
            List<String> inventory,
            String policyDigest,
            String limit,
            String series) {
        public Context {
            inventory = List.copyOf(inventory);
        }
    }

    /** Every finding of nodes and clusters. */
    public Stream<Finding> findings() {
        return Stream.concat(
                nodes.stream().flatMap(node -> node.findings().stream()),
                clusters.stream().flatMap(cluster -> cluster.findings().stream()));
    }

    /** How many findings came out how. */
    public Counts counts() {
        return Counts.of(this);
    }

    public long count(Finding.Status status) {
        return findings().filter(finding -> finding.status() == status).count();
    }

    public long count(NodeResult.State state) {
        return nodes.stream().filter(node -> node.state() == state).count();
    }

    /**
     * Contract 2: 3 before 1 before 0; 4 and 5 belong to fixes. A difference between inventory and clusters is a 1
     * whatever {@code failOn} is: it has no severity. So is a failure whose waiver has expired: somebody promised.
     */
    public int exitCode(Severity failOn) {
        if (isUntold()) {
            return 3;
        }
        boolean failed = findings()
                .anyMatch(finding -> finding.status() == Finding.Status.FAIL
                        && (finding.severity().compareTo(failOn) >= 0 || finding.waiverExpired()));
        return failed || discovery.filter(Comparison::differs).isPresent() ? 1 : 0;
    }

    /**
     * The same where drift is a failure, and what fails as before is none, unless somebody promised that it would not.
     * What could not be told is not known to be as it was.
     */
    public int exitCodeByDrift(boolean drifted) {
        return isUntold()
                ? 3
                : drifted
                                || findings().anyMatch(Finding::waiverExpired)
                                || discovery.filter(Comparison::differs).isPresent()
                        ? 1
                        : 0;
    }

    private boolean isUntold() {
        return nodes.stream().anyMatch(node -> node.state() != NodeResult.State.OK)
                || findings().anyMatch(finding -> finding.status() == Finding.Status.UNKNOWN)
                || discovery.filter(found -> !found.untold().isEmpty()).isPresent();
    }
}
