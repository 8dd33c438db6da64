package holdfast.cli;

import holdfast.check.Check;
import holdfast.checks.Catalogue;
import holdfast.checks.Pages;
import holdfast.problem.Problems;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the checks, or explains one. */
@Command(
        name = "checks",
        description = "Lists the checks; with an ID explains one: why, what it reads, what mends it.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {"", "Examples:", "  holdfast checks", "  holdfast checks sshd.root-login"})
final class ChecksCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "ID", description = "a check's id")
    @Nullable
    private String id;

    private final Terminal terminal;

    ChecksCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        String wanted = id;
        if (wanted == null) {
            int width = Catalogue.ALL.stream()
                    .mapToInt(check -> check.id().length())
                    .max()
                    .orElse(0);
            for (Check<?> check : Catalogue.ALL) {
                terminal.out()
                        .println("%s%s  %-8s  %-7s  %s"
                                .formatted(
                                        check.id(),
                                        " ".repeat(width - check.id().length()),
                                        check.info().severity().label(),
                                        check instanceof Check.OfCluster ? "cluster" : "node",
                                        check.info().title()));
            }
            return 0;
        }
        Check<?> check = Catalogue.ALL.stream()
                .filter(one -> one.id().equals(wanted))
                .findFirst()
                .orElseThrow(() -> new UsageError("there is no check '%s'%s; 'holdfast checks' lists them"
                        .formatted(
                                wanted,
                                Problems.hint(
                                        wanted,
                                        Catalogue.ALL.stream().map(Check::id).toList()))));
        terminal.out().println(Pages.text(check).stripTrailing());
        return 0;
    }
}
