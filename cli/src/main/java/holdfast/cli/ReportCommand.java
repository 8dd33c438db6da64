package holdfast.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Reports of stored runs. */
@Command(
        name = "report",
        description = "Shows or converts a stored run, or compares two.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ReportShowCommand.class, ReportDiffCommand.class},
        footer = {
            "",
            "Examples:",
            "  holdfast report show last",
            "  holdfast report show last --format html -o fleet.html",
            "  holdfast report diff approved last"
        })
final class ReportCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new ParameterException(spec.commandLine(), "show or diff?");
    }
}
