package holdfast.cli;

import holdfast.journal.RecordedRun;
import holdfast.store.StoredRun;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run in the list: from its journal, from the store, or from both; never from neither.
 *
 * @param id the run's id
 * @param recorded what its journal tells
 * @param stored what the store tells
 */
record HistoryEntry(String id, Optional<RecordedRun.Summary> recorded, Optional<StoredRun> stored) {

    /** Both lists in one, oldest first. */
    static List<HistoryEntry> of(List<RecordedRun.Summary> recorded, List<StoredRun> stored) {
        Map<String, StoredRun> byId = new HashMap<>();
        stored.forEach(run -> byId.put(run.id(), run));
        List<HistoryEntry> all = new ArrayList<>();
        for (RecordedRun.Summary run : recorded) {
            all.add(new HistoryEntry(run.id(), Optional.of(run), Optional.ofNullable(byId.remove(run.id()))));
        }
        byId.values().forEach(run -> all.add(new HistoryEntry(run.id(), Optional.empty(), Optional.of(run))));
        all.sort(Comparator.comparing(HistoryEntry::startedAt).thenComparing(HistoryEntry::id));
        return List.copyOf(all);
    }

    Instant startedAt() {
        return recorded.map(run -> run.started().at())
                .or(() -> stored.map(StoredRun::startedAt))
                .orElse(Instant.EPOCH);
    }

    String command() {
        return recorded.map(run -> run.started().command())
                .or(() -> stored.map(StoredRun::command))
                .orElse("");
    }

    String operator() {
        return recorded.map(run -> run.started().operator())
                .or(() -> stored.map(StoredRun::operator))
                .orElse("");
    }

    boolean check() {
        return recorded.map(run -> run.started().check()).orElse(false);
    }
}
