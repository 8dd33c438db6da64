package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.journal.Entry;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which nodes, and what is right for them: the same for every verb that has to do with nodes. */
final class InventoryOptions {

    private static final Pattern FAILED = Pattern.compile("@([0-9A-Za-z][0-9A-Za-z-]{0,63})\\.failed");

    @Option(
            names = {"-i", "--inventory"},
            paramLabel = "SOURCE",
            description = "inventory file, directory, program, or a list with a comma: pve1,pve2, (repeatable)")
    List<String> sources = new ArrayList<>();

    @Option(
            names = {"-l", "--limit"},
            paramLabel = "PATTERN",
            description =
                    "only these hosts: names, groups, globs, prod:&eu:!canary, ~regex, @file, or @RUN.failed for what a fix left undone")
    @Nullable
    String limit;

    @Option(
            names = {"-e", "--extra-vars"},
            paramLabel = "VARS",
            description = "key=value or @FILE; outranks the inventory (repeatable)")
    List<String> extraVars = new ArrayList<>();

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "policy file, merged over the profile it names (repeatable: a later one over an earlier one)")
    List<Path> policies = new ArrayList<>();

    /** Takes over what decides what is right, where the command line leaves it open. */
    void unlessGiven(InventoryOptions other) {
        policies = policies.isEmpty() ? other.policies : policies;
        extraVars = extraVars.isEmpty() ? other.extraVars : extraVars;
    }

    /** The inventory, or all of its mistakes at once. */
    Inventory load() {
        if (sources.isEmpty()) {
            throw new UsageError("no inventory: name one with -i FILE, or nodes with -i pve1,pve2,");
        }
        return Inventory.load(sources, extraVars, policies);
    }

    List<Host> select(Inventory inventory) {
        return limit == null ? inventory.hosts() : inventory.select(withoutRuns(limit));
    }

    /** {@code @RUN.failed} is the nodes that a run left undone, unless there is such a file: then it is Ansible's. */
    private static String withoutRuns(String limit) {
        Matcher run = FAILED.matcher(limit);
        if (!run.matches() || Files.exists(Path.of(limit.substring(1)))) {
            return limit;
        }
        try {
            List<String> left = left(StateDirectory.runs().read(run.group(1)));
            if (left.isEmpty()) {
                throw new UsageError("--limit: run %s left nothing undone".formatted(run.group(1)));
            }
            return String.join(",", left);
        } catch (JournalException e) {
            throw new UsageError("--limit: there is no file %s, and %s".formatted(limit.substring(1), e.why()));
        }
    }

    /** The nodes that are needed to bring a run to its end; a cluster's change is proved on all of its members. */
    static List<String> left(RecordedRun run) {
        List<String> failed = run.failedNodes();
        List<String> members = run.planned().values().stream()
                .filter(planned -> failed.contains(planned.node()))
                .filter(planned -> run.stateOf(planned.target())
                        .filter(state -> state == Entry.State.APPLIED || state == Entry.State.UNCHANGED)
                        .isEmpty())
                .flatMap(planned -> planned.members().stream())
                .toList();
        return Stream.concat(failed.stream(), members.stream()).distinct().toList();
    }
}
