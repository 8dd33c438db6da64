package holdfast.report;

import holdfast.drift.Drift;
import holdfast.run.Run;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a report is made from; every format is made from the same.
 *
 * @param run the run that is reported, fresh or out of the store
 * @param drift what is different from an earlier run; empty where there is none to compare with
 * @param trend the runs of the series up to this one, oldest first, this one last; may be empty
 * @param checks what is known of the run's checks, by id, in the catalogue's order; a check of another version of
 *     holdfast may be missing
 */
public record Reported(Run run, Optional<Drift> drift, List<TrendPoint> trend, Map<String, CheckPage> checks) {

    public Reported {
        trend = List.copyOf(trend);
        checks = new LinkedHashMap<>(checks);
    }
}
