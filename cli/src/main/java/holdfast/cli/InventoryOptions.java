package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which nodes, and what is right for them: the same for every verb that has to do with nodes. */
final class InventoryOptions {

    @Option(
            names = {"-i", "--inventory"},
            paramLabel = "SOURCE",
            description = "inventory file, directory, program, or a list with a comma: pve1,pve2, (repeatable)")
    List<String> sources = new ArrayList<>();

    @Option(
            names = {"-l", "--limit"},
            paramLabel = "PATTERN",
            description = "only these hosts: names, groups, globs, prod:&eu:!canary, ~regex, @file")
    @Nullable
    String limit;

    @Option(
            names = {"-e", "--extra-vars"},
            paramLabel = "VARS",
            description = "key=value or @FILE; outranks the inventory (repeatable)")
    List<String> extraVars = new ArrayList<>();

    @Option(names = "--policy", paramLabel = "FILE", description = "policy file, merged over the profile it names")
    @Nullable
    Path policy;

    /** The inventory, or all of its mistakes at once. */
    Inventory load() {
        if (sources.isEmpty()) {
            throw new UsageError("no inventory: name one with -i FILE, or nodes with -i pve1,pve2,");
        }
        return Inventory.load(sources, extraVars, Optional.ofNullable(policy));
    }

    List<Host> select(Inventory inventory) {
        return limit == null ? inventory.hosts() : inventory.select(limit);
    }
}
