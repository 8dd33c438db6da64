package holdfast.store;

import holdfast.run.Counts;
import java.time.Instant;
import java.util.Optional;

/**
 * A run of the history, without its findings.
 *
 * @param sequence its place in the chain, from 1
 * @param id the run's id
 * @param command the verb
 * @param startedAt when it began
 * @param finishedAt when it ended
 * @param operator who ran it
 * @param controller the machine that it ran on
 * @param series what runs of the same kind share; empty where it has none
 * @param limit the host pattern; empty for all
 * @param counts how many findings came out how; empty for a run without a report, such as one of {@code token}
 * @param digest SHA-256 of all that is stored of it, and of what was stored before it
 * @param journal the digest of its journal's last line, where it has one
 * @param approval the last approval of this very run
 */
public record StoredRun(
        long sequence,
        String id,
        String command,
        Instant startedAt,
        Instant finishedAt,
        String operator,
        String controller,
        String series,
        String limit,
        Optional<Counts> counts,
        String digest,
        Optional<String> journal,
        Optional<Approval> approval) {}
