package holdfast.cli;

import holdfast.inventory.Host;
import holdfast.report.AccessReport;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The clusters against the lists of who should have access. */
@Command(
        name = "diff",
        description = {
            "What a cluster has more, less or otherwise than the policy's list of who should have access:",
            "users, groups and their members, tokens, roles, ACL entries."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 equal, 1 something differs, 2 a mistake in the command line, inventory or policy, or",
            "a cluster without a list, 3 cannot tell.",
            "",
            "Examples:",
            "  holdfast access export -i fleet.yml -o access.yml       the list, as things are now",
            "  holdfast access diff -i fleet.yml --policy access.yml",
            "  holdfast access diff -i fleet.yml --policy policy.yml --policy access.yml --format csv"
        })
final class AccessDiffCommand implements Callable<Integer> {

    private static final List<String> FORMATS = List.of("console", "json", "csv");

    private static final String MAKE_ONE =
            "'holdfast access export -i INVENTORY -o access.yml' writes one, '--policy access.yml' uses it";

    @Option(
            names = "--format",
            paramLabel = "console|json|csv",
            description = "what is written (default: as FILE's name ends, or console)")
    private String format = "";

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private AccessOptions options = new AccessOptions();

    private final Terminal terminal;

    AccessDiffCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        String as = result.format(format, FORMATS);
        Optional<OutputFile> file = result.file();
        List<Host> hosts = options.hosts();
        if (hosts.stream().allMatch(host -> host.policy().access().lists().isEmpty())) {
            throw new UsageError("the policy has no list of who should have access: " + MAKE_ONE);
        }
        AccessRun run = options.ask(screen, hosts);
        List<AccessRun.Compared> found = run.diff();
        String text = switch (as) {
            case "json" -> AccessReport.diff(run, found);
            case "csv" -> AccessReport.diffCsv(found);
            default -> ResultOptions.shown(screen, file, shown -> new AccessView(shown).diff(run, found));
        };
        boolean put = result.put(screen, file, text);
        if (as.equals("csv") || file.isPresent()) {
            new AccessView(screen).troubles(run);
        }
        List<AccessRun.Compared> unlisted =
                found.stream().filter(AccessRun.Compared::unlisted).toList();
        if (!unlisted.isEmpty()) {
            screen.err()
                    .println("holdfast: the policy has no list for %s: %s"
                            .formatted(
                                    unlisted.stream()
                                            .map(one -> Clean.line(one.cluster().name(), 100))
                                            .collect(Collectors.joining(", ")),
                                    MAKE_ONE));
            return Main.USAGE;
        }
        if (!put || !run.complete()) {
            return 3;
        }
        return found.stream().allMatch(one -> one.differences().isEmpty()) ? 0 : 1;
    }
}
