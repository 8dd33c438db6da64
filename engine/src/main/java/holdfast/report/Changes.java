package holdfast.report;

import holdfast.drift.Difference;
import holdfast.drift.Drift;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What became of each finding and each subject since an earlier run. */
final class Changes {

    private record Place(boolean cluster, String subject, String check) {}

    private final Map<Place, Difference.Kind> kinds = new HashMap<>();

    Changes(Optional<Drift> drift) {
        drift.ifPresent(known -> known.differences()
                .forEach(difference -> kinds.putIfAbsent(
                        new Place(
                                difference.cluster(),
                                difference.subject(),
                                difference.check().orElse("")),
                        difference.kind())));
    }

    /** What became of a check's finding; empty where it is as it was, or where there is nothing to compare with. */
    Optional<Difference.Kind> of(Subject subject, String check) {
        return Optional.ofNullable(kinds.get(new Place(subject.cluster(), subject.name(), check)));
    }

    /** What became of a whole node or cluster, such as that it is new. */
    Optional<Difference.Kind> of(Subject subject) {
        return of(subject, "");
    }
}
