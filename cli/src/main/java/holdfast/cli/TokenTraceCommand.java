package holdfast.cli;

import holdfast.access.Subject;
import holdfast.probe.Probe;
import holdfast.report.TokenReport;
import holdfast.run.AccessPoll;
import holdfast.token.Trace;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a token did lately. */
@Command(
        name = "trace",
        description = {
            "What a token, or a user with its tokens, did lately, on all nodes: calls of the API and tasks, from which addresses,",
            "and what was refused. For the one who contains an incident."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "The logs stay where they are; the last 2,000 lines of each node that name it are read. Proxmox VE",
            "keeps about a week of the access log. Calls with a wrong secret leave no name there.",
            "",
            "Exit code: 0, 2 a mistake (nothing was contacted), 3 the log of a node could not be read.",
            "",
            "Examples:",
            "  holdfast token trace 'ci@pve!deploy' -i fleet.yml -l prod",
            "  holdfast token trace 'ci@pve!deploy' -i fleet.yml -l prod --format json"
        })
final class TokenTraceCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "TOKEN|USER", description = "such as 'ci@pve!deploy' or alice@pve")
    private String id = "";

    @Option(
            names = "--last",
            paramLabel = "N",
            description = "show the last N calls and tasks (default: ${DEFAULT-VALUE})")
    private int last = 30;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Mixin
    private TokenOptions options = new TokenOptions();

    private final Terminal terminal;

    TokenTraceCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject who = Subject.parse(id)
                .filter(subject -> subject.kind() != Subject.Kind.GROUP)
                .orElseThrow(() -> new UsageError(
                        "'%s' is neither a token such as 'ci@pve!deploy' nor a user such as alice@pve".formatted(id)));
        if (last < 1 || last > 100_000) {
            throw new UsageError("--last takes 1 to 100000, not " + last);
        }
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        Probe<Trace> probe = Trace.probe(who);
        return options.run(terminal, way -> {
            AccessPoll.Result polled = way.ask(List.of(probe));
            TokenTraces traces = TokenTraces.of(polled, probe);
            if (format.equals("json")) {
                way.screen().out().print(TokenReport.trace(who, traces.rows(), traces.unread()));
            } else {
                new TokenView(way.screen()).trace(who, traces, last);
            }
            return traces.unread().isEmpty() ? 0 : 3;
        });
    }
}
