package holdfast.cli;

import holdfast.drift.Drift;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which earlier run a scan is compared with, and what that means for its exit code. */
final class SinceOptions {

    @Option(
            names = "--since",
            paramLabel = "RUN",
            description =
                    "tell what is different from an earlier run: last, approved, a run's id or the beginning of it, or a JSON report")
    @Nullable
    String since;

    @Option(
            names = "--fail-on-drift",
            paramLabel = "worse|any",
            arity = "0..1",
            fallbackValue = "worse",
            description =
                    "the exit code is 1 for what is worse than in the run of --since (any: for what is better too), and no longer for what fails as it did then")
    @Nullable
    String failOn;

    /** Mistakes that can be told before anything is contacted. */
    void validate() {
        if (failOn == null) {
            return;
        }
        if (!failOn.equals("worse") && !failOn.equals("any")) {
            throw new UsageError("--fail-on-drift takes worse or any, not '%s'".formatted(failOn));
        }
        if (since == null) {
            throw new UsageError("--fail-on-drift: since when? Add --since last, --since approved or --since RUN");
        }
    }

    /** Whether drift, and no longer each failure, decides. */
    boolean decides() {
        return failOn != null;
    }

    /** Whether this drift is a failure. */
    boolean fails(Optional<Drift> drift) {
        return drift.filter(found -> "any".equals(failOn) ? found.any() : found.worse())
                .isPresent();
    }
}
