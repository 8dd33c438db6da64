package holdfast.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Scans by the clock. */
@Command(
        name = "schedule",
        description = "Scans by the clock: a timer of systemd, a line of cron, or a CronJob of Kubernetes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            SchedulePrintCommand.class,
            ScheduleInstallCommand.class,
            ScheduleStatusCommand.class,
            ScheduleRemoveCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  holdfast schedule print -- -i /etc/holdfast/fleet.yml --since approved",
            "  sudo holdfast schedule install --on-calendar 04:30 --credential ssh-key=/root/.ssh/id_ed25519 \\",
            "      -- -i /etc/holdfast/fleet.yml -F /etc/holdfast/ssh_config --private-key %%d/ssh-key",
            "  holdfast schedule status",
            "  sudo holdfast schedule remove"
        })
final class ScheduleCommand implements Runnable {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new ParameterException(spec.commandLine(), "print, install, status or remove?");
    }
}
