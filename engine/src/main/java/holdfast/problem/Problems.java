package holdfast.problem;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Collects mistakes, each once, so that all of them are told together. */
public final class Problems {

    private static final int LIMIT = 1000;

    private final Set<Problem> found = new LinkedHashSet<>();

    public void add(Where where, String message) {
        if (found.size() < LIMIT) {
            found.add(new Problem(where, message));
        }
    }

    public void addAll(Problems others) {
        others.found.forEach(problem -> add(problem.where(), problem.message()));
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    public int size() {
        return found.size();
    }

    public List<Problem> list() {
        return List.copyOf(found);
    }

    /** @throws ProblemsException with everything that was collected, if anything was */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ProblemsException(list());
        }
    }

    /** The candidate that {@code word} is most likely a misspelling of. */
    public static Optional<String> didYouMean(String word, Collection<String> candidates) {
        if (word.length() > 100) {
            return Optional.empty();
        }
        String wanted = word.toLowerCase(Locale.ROOT);
        int allowed = Math.max(1, word.length() / 3);
        Optional<String> best = Optional.empty();
        for (String candidate : candidates) {
            if (Math.abs(candidate.length() - word.length()) > allowed) {
                continue;
            }
            int distance = distance(wanted, candidate.toLowerCase(Locale.ROOT));
            if (distance <= allowed && (best.isEmpty() || distance < allowed)) {
                best = Optional.of(candidate);
                allowed = distance;
            }
        }
        return best;
    }

    /** {@code ; did you mean "x"?}, or nothing. */
    public static String hint(String word, Collection<String> candidates) {
        return didYouMean(word, candidates)
                .map(near -> "; did you mean \"" + near + "\"?")
                .orElse("");
    }

    /** Optimal string alignment: insert, delete, replace, swap neighbours. */
    private static int distance(String a, String b) {
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            rows.add(row);
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    row[j] = i + j;
                    continue;
                }
                int[] above = rows.get(i - 1);
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], rows.get(i - 2)[j - 2] + 1);
                }
            }
        }
        return rows.getLast()[b.length()];
    }
}
