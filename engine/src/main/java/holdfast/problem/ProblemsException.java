package holdfast.problem;

import java.util.List;
import java.util.stream.Collectors;

/** What a person wrote cannot be used; carries every mistake that was found. */
public final class ProblemsException extends RuntimeException {

    private static final int SHOWN = 30;

    private final transient List<Problem> problems;

    public ProblemsException(List<Problem> problems) {
        super(problems.stream().limit(SHOWN).map(Problem::toString).collect(Collectors.joining("\n"))
                + (problems.size() > SHOWN ? "\n… and " + (problems.size() - SHOWN) + " more" : ""));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
