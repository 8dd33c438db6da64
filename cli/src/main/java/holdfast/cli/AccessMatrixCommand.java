package holdfast.cli;

import holdfast.access.Subject;
import holdfast.inventory.Host;
import holdfast.report.AccessPage;
import holdfast.report.AccessReport;
import holdfast.run.AccessRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Who may do what where, as a table. */
@Command(
        name = "matrix",
        description = {
            "Who may do what, and where: every role that a user or token has at a path, and the entry it",
            "comes from. Groups are shown through their members."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Without --path or --effective the paths are those of the ACL entries; what an entry gives counts",
            "below its path, too, unless the row says otherwise.",
            "",
            "Exit code: 0 shown, 2 a mistake in the command line, inventory or policy (nothing was contacted),",
            "3 a cluster or a part of the rows could not be shown.",
            "",
            "Examples:",
            "  holdfast access matrix -i fleet.yml -l prod",
            "  holdfast access matrix -i fleet.yml --path /vms/100                  who may touch guest 100?",
            "  holdfast access matrix -i fleet.yml --privilege Permissions.Modify   who may give rights away?",
            "  holdfast access matrix -i fleet.yml --effective -o access.html"
        })
final class AccessMatrixCommand implements Callable<Integer> {

    private static final List<String> FORMATS = List.of("console", "json", "csv", "html");

    @Option(
            names = "--subject",
            paramLabel = "SUBJECT",
            description = "only this user or token, a glob such as '*@ldap', or @group for its members (repeatable)")
    private List<String> subjects = new ArrayList<>();

    @Option(
            names = "--path",
            paramLabel = "PATH",
            description = "what everybody may at this path, wherever the right comes from (repeatable)")
    private List<String> paths = new ArrayList<>();

    @Option(names = "--privilege", paramLabel = "PRIVILEGE", description = "only roles that give this privilege")
    @Nullable
    private String privilege;

    @Option(names = "--effective", description = "what everybody may with every guest and storage")
    private boolean effective;

    @Option(
            names = "--format",
            paramLabel = "console|json|csv|html",
            description = "what is written (default: as FILE's name ends, or console)")
    private String format = "";

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private AccessOptions options = new AccessOptions();

    private final Terminal terminal;

    AccessMatrixCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        String as = result.format(format, FORMATS);
        AccessRun.Wanted wanted = wanted();
        Optional<OutputFile> file = result.file();
        List<Host> hosts = options.hosts();
        AccessRun run = options.ask(screen, hosts);
        List<AccessRun.Matrix> found = run.matrix(wanted);
        String text = switch (as) {
            case "json" -> AccessReport.matrix(run, wanted, found);
            case "csv" -> AccessReport.matrixCsv(found);
            case "html" -> AccessPage.of(run, found, Version.number());
            default -> ResultOptions.shown(screen, file, shown -> new AccessView(shown).matrix(run, found));
        };
        boolean put = result.put(screen, file, text);
        if (as.equals("csv") || file.isPresent()) {
            new AccessView(screen).troubles(run);
        }
        boolean whole =
                run.complete() && found.stream().noneMatch(one -> one.matrix().cut());
        return put && whole ? 0 : 3;
    }

    private AccessRun.Wanted wanted() {
        if (effective && !paths.isEmpty()) {
            throw new UsageError("--effective is for every guest and storage: leave out --path");
        }
        for (String subject : subjects) {
            if (subject.startsWith("@")
                    ? !Subject.isGroup(subject.substring(1))
                    : !subject.matches("[^\\s:/]{1,200}")) {
                throw new UsageError(
                        "--subject takes a user, a token, a glob or a @group, not '%s'".formatted(subject));
            }
        }
        return new AccessRun.Wanted(
                subjects,
                paths.stream().map(AccessCanCommand::path).distinct().toList(),
                Optional.ofNullable(privilege).map(AccessCanCommand::privilege),
                effective);
    }
}
