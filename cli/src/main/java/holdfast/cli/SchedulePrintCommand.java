package holdfast.cli;

import holdfast.problem.Problems;
import holdfast.schedule.Schedule;
import holdfast.schedule.Units;
import holdfast.template.Templates;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what would be installed, or what to hand to cron or Kubernetes. */
@Command(
        name = "print",
        description =
                "Prints the units of systemd that would be installed, a line for cron, or a CronJob of Kubernetes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "The arguments behind -- are checked as holdfast scan would; notes on standard error tell what the service's",
            "user could not read. Nothing is written.",
            "",
            "Examples:",
            "  holdfast schedule print -- -i /etc/holdfast/fleet.yml --since approved",
            "  holdfast schedule print --format cron --on-calendar 'Mon 04:30' -- -i fleet.yml --report html=fleet.html",
            "  holdfast schedule print --format kubernetes --image registry.example.com/holdfast:1 -- -i fleet.yml"
        })
final class SchedulePrintCommand implements Callable<Integer> {

    private static final List<String> FORMATS = List.of("systemd", "cron", "kubernetes");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "systemd, cron or kubernetes (default: ${DEFAULT-VALUE})")
    private String format = "systemd";

    @Mixin
    private ScheduleOptions options = new ScheduleOptions();

    @Mixin
    private CronJobOptions cronJob = new CronJobOptions();

    private final Terminal terminal;

    SchedulePrintCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (!FORMATS.contains(format)) {
            throw new UsageError("--format takes systemd, cron or kubernetes, not '%s'%s"
                    .formatted(format, Problems.hint(format, FORMATS)));
        }
        ScheduleOptions.Planned planned = options.planned(terminal);
        Schedule schedule = planned.schedule();
        Units units = new Units(new Templates(Units.class.getClassLoader()));
        try {
            switch (format) {
                case "cron" -> terminal.out().print(units.cron(schedule));
                case "kubernetes" -> terminal.out().print(cronJob.yaml(planned));
                default -> {
                    Systemd systemd = Systemd.of(options.own);
                    ScheduleOptions.troubles(planned).forEach(this::note);
                    ScheduleOptions.notes(planned).forEach(this::note);
                    terminal.out().println("# " + systemd.file(schedule.service()));
                    terminal.out().println(units.service(schedule));
                    terminal.out().println("# " + systemd.file(schedule.timer()));
                    terminal.out().print(units.timer(schedule));
                }
            }
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()));
        }
        return 0;
    }

    private void note(String text) {
        terminal.err().println("note: " + text);
    }
}
