package holdfast.fix;

import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;

/**
 * How many nodes are changed in each batch, as Ansible's {@code serial}: {@code 5}, {@code 20%}, or a list such as
 * {@code 1,5,20%} whose last entry repeats. Within a batch no two nodes of one cluster are changed at the same time.
 *
 * @param steps in order; empty for one batch of all
 */
public record Serial(List<Share> steps) {

    public Serial {
        steps = List.copyOf(steps);
    }

    /** One batch of all nodes. */
    public static final Serial ALL = new Serial(List.of());

    /** @throws IllegalArgumentException with a sentence that names what is wrong */
    public static Serial parse(String text) {
        List<Share> steps = new ArrayList<>();
        for (String step : text.split(",", -1)) {
            Share share = Share.parse(step.strip());
            if (share.of(100) < 1 && !share.percent()) {
                throw new IllegalArgumentException(
                        "a batch has at least one node, not '%s'".formatted(Clean.line(step, 40)));
            }
            steps.add(share);
        }
        return new Serial(steps);
    }

    /** Cuts a list into its batches. */
    public <T> List<List<T>> batches(List<T> all) {
        List<List<T>> batches = new ArrayList<>();
        int from = 0;
        while (from < all.size()) {
            int size = steps.isEmpty()
                    ? all.size()
                    : Math.max(
                            1,
                            steps.get(Math.min(batches.size(), steps.size() - 1))
                                    .of(all.size()));
            int to = Math.min(all.size(), from + size);
            batches.add(List.copyOf(all.subList(from, to)));
            from = to;
        }
        return batches;
    }
}
