package holdfast.run;

import holdfast.check.Severity;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How many findings of a run came out how.
 *
 * @param nodes how many were selected
 * @param unreachable how many of them could not be reached
 * @param byStatus findings of nodes and clusters; every status is there
 * @param bySeverity failures that nobody has accepted; every severity is there
 * @param expired failures whose waiver has expired; they count as failures too
 */
public record Counts(
        int nodes,
        int unreachable,
        Map<Finding.Status, Integer> byStatus,
        Map<Severity, Integer> bySeverity,
        int expired) {

    public Counts {
        byStatus = complete(byStatus, Finding.Status.class);
        bySeverity = complete(bySeverity, Severity.class);
    }

    static Counts of(Run run) {
        Map<Finding.Status, Integer> byStatus = new EnumMap<>(Finding.Status.class);
        Map<Severity, Integer> bySeverity = new EnumMap<>(Severity.class);
        List<Finding> findings = run.findings().toList();
        for (Finding finding : findings) {
            byStatus.merge(finding.status(), 1, Integer::sum);
            if (finding.status() == Finding.Status.FAIL) {
                bySeverity.merge(finding.severity(), 1, Integer::sum);
            }
        }
        return new Counts(
                run.nodes().size(),
                Math.toIntExact(run.count(NodeResult.State.UNREACHABLE)),
                byStatus,
                bySeverity,
                Math.toIntExact(findings.stream().filter(Finding::waiverExpired).count()));
    }

    /** How many came out so. */
    public int of(Finding.Status status) {
        return byStatus.getOrDefault(status, 0);
    }

    /** How many failures nobody has accepted, of this severity. */
    public int of(Severity severity) {
        return bySeverity.getOrDefault(severity, 0);
    }

    /** How many fail, accepted or not. */
    public int beforeWaivers() {
        return of(Finding.Status.FAIL) + of(Finding.Status.WAIVED);
    }

    /** Passes among what passes or fails, accepted or not, from 0 to 1; 1 where nothing could be told. */
    public double passShare() {
        int told = of(Finding.Status.PASS) + beforeWaivers();
        return told == 0 ? 1 : (double) of(Finding.Status.PASS) / told;
    }

    private static <K extends Enum<K>> Map<K, Integer> complete(Map<K, Integer> counts, Class<K> type) {
        Map<K, Integer> all = new EnumMap<>(type);
        for (K key : type.getEnumConstants()) {
            all.put(key, counts.getOrDefault(key, 0));
        }
        return Collections.unmodifiableMap(all);
    }
}
