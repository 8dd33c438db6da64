package holdfast.cli;

import holdfast.fix.Serial;
import holdfast.fix.Share;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** How carefully nodes are changed: the same for {@code fix} and {@code undo}. */
final class FixOptions {

    /** Stands for a name that was not given; no cluster is called so. */
    private static final String ASK = "?";

    @Option(
            names = {"-C", "--check"},
            description = "dry run: show the plan and change nothing")
    boolean check;

    @Option(
            names = {"-D", "--diff"},
            description = "show the difference of each file (always shown before holdfast asks)")
    boolean diff;

    @Option(
            names = {"-y", "--yes"},
            description = "do not ask: for automation")
    boolean yes;

    @Option(
            names = "--serial",
            paramLabel = "N|N%|LIST",
            description =
                    "so many nodes per batch, such as 1,5,20%% (default: all; never two nodes of a cluster at a time, and the first node alone)")
    String serial = "";

    @Option(
            names = "--max-fail",
            paramLabel = "N|N%",
            description = "go on until more than this have failed (default: ${DEFAULT-VALUE})")
    String maxFail = "0";

    @Option(
            names = "--confirm-timeout",
            paramLabel = "SECONDS",
            description =
                    "after so long without a proof the node puts everything back by itself, 15 to 3600 (default: ${DEFAULT-VALUE})")
    int confirmTimeout = 60;

    @Option(
            names = "--ignore-quorum",
            paramLabel = "CLUSTER",
            arity = "0..1",
            fallbackValue = ASK,
            description =
                    "change members of CLUSTER although it is not quorate, or would not be without one; without a name it is asked for (repeatable)")
    List<String> ignoreQuorum = new ArrayList<>();

    /** Mistakes that can be told before anything is contacted. */
    void validate() {
        if (confirmTimeout < 15 || confirmTimeout > 3600) {
            throw new UsageError("--confirm-timeout takes 15 to 3600 seconds, not " + confirmTimeout);
        }
        batches();
        allowed();
        if (!check && !yes && !Boolean.getBoolean("holdfast.stdin.terminal")) {
            throw new UsageError(
                    "nobody can be asked: standard input is not a terminal; use --check to look, or --yes to change without a question");
        }
    }

    Serial batches() {
        return serial.isEmpty() ? Serial.ALL : parsed("--serial", serial, Serial::parse);
    }

    Share allowed() {
        return parsed("--max-fail", maxFail, Share::parse);
    }

    Duration confirm() {
        return Duration.ofSeconds(confirmTimeout);
    }

    /** The clusters whose gate is open; one that was not named is asked for, typed in whole. */
    List<String> openGates(Terminal terminal) {
        List<String> names = new ArrayList<>();
        for (String name : ignoreQuorum) {
            names.add(
                    name.equals(ASK)
                            ? terminal.line(
                                    "Without quorum a cluster can be lost. Type the name of the cluster to go on all the same: ")
                            : name);
        }
        return names;
    }

    private static <T> T parsed(String option, String value, Function<String, T> parser) {
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException e) {
            throw new UsageError("%s: %s".formatted(option, e.getMessage()));
        }
    }
}
