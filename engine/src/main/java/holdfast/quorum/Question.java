package holdfast.quorum;

import java.util.Set;

/**
 * What is asked of a cluster.
 *
 * @param without ids of the members that are about to be lost; empty for the plain question
 * @param allPresent whether every configured vote has to be there: for rolling work, so that the next member is not
 *     taken while the one before is still away
 * @param minMargin how many more votes the cluster must be able to lose; asked only without {@code without}
 * @param maxSkewMillis how far the members' clocks may be apart before it is worth a note
 */
public record Question(Set<Integer> without, boolean allPresent, int minMargin, int maxSkewMillis) {
    public Question {
        without = Set.copyOf(without);
    }
}
