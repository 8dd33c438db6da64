package holdfast.checks.access;

import holdfast.change.Remedy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Why a fix may not be made, one reason for each culprit, and what to do instead. A fix has to mend all of a finding: the check
 * is what proves it.
 */
final class Obstacles {

    private static final int SHOWN = 6;
    private static final int STEPS = 12;

    private final List<String> reasons = new ArrayList<>();
    private final Set<String> steps = new LinkedHashSet<>();

    void add(String reason, String... instead) {
        reasons.add(reason);
        steps.addAll(Arrays.asList(instead));
    }

    boolean isEmpty() {
        return reasons.isEmpty();
    }

    Remedy refused() {
        List<String> why = new ArrayList<>(reasons.stream().limit(SHOWN).toList());
        if (reasons.size() > SHOWN) {
            why.add("and %d more of the kind".formatted(reasons.size() - SHOWN));
        }
        List<String> instead = new ArrayList<>(steps.stream().limit(STEPS).toList());
        instead.add("then scan again: the others can be fixed");
        return Remedy.refused(String.join("; ", why), instead.toArray(String[]::new));
    }
}
