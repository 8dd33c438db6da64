package holdfast.policy;

import java.time.LocalDate;
import java.util.List;

/**
 * A failure that somebody has accepted until a date.
 *
 * @param check a check id or glob
 * @param nodes node names or globs
 * @param reason why it is accepted
 * @param owner who accepted it
 * @param expires the last day on which it holds
 */
public record Waiver(String check, List<String> nodes, String reason, String owner, LocalDate expires) {
    public Waiver {
        nodes = List.copyOf(nodes);
    }
}
