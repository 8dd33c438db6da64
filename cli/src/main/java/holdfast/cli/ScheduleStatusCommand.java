package holdfast.cli;

import holdfast.schedule.Schedule;
import holdfast.schedule.UnitFile;
import holdfast.text.Clean;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether the timers wait, and how the last runs went. */
@Command(
        name = "status",
        description = "Shows the installed timers: the next run, and how the last one went.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 each timer waits and no last run failed (findings are no failure), 1 not so, 2 there is no such",
            "schedule.",
            "",
            "Examples:",
            "  holdfast schedule status",
            "  holdfast schedule status nightly"
        })
final class ScheduleStatusCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "only this schedule (default: all)")
    @Nullable
    private String name;

    @Option(names = "--user-unit", description = "those of your own service manager instead of the system's")
    private boolean own;

    private final Terminal terminal;

    ScheduleStatusCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Systemd systemd = Systemd.of(own);
        List<String> names = name == null ? systemd.schedules() : List.of(checked(systemd, name));
        if (names.isEmpty()) {
            terminal.out()
                    .println(
                            "nothing is scheduled in %s; install a timer with: holdfast schedule install -- -i INVENTORY"
                                    .formatted(systemd.units()));
            return 0;
        }
        systemd.require();
        boolean well = true;
        for (String one : names) {
            well &= show(systemd, one);
        }
        return well ? 0 : 1;
    }

    /** @throws UsageError when there is no such schedule */
    static String checked(Systemd systemd, String name) {
        try {
            Schedule.valid(name);
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()));
        }
        if (!Files.exists(systemd.file(Schedule.timer(name))) && !Files.exists(systemd.file(Schedule.service(name)))) {
            throw new UsageError("there is no schedule '%s' in %s%s"
                    .formatted(
                            name,
                            systemd.units(),
                            systemd.schedules().isEmpty()
                                    ? ""
                                    : "; there is " + String.join(", ", systemd.schedules())));
        }
        return name;
    }

    private boolean show(Systemd systemd, String one) throws IOException {
        String timerUnit = Schedule.timer(one);
        String serviceUnit = Schedule.service(one);
        Map<String, String> timer = systemd.properties(
                timerUnit, "ActiveState", "UnitFileState", "NextElapseUSecRealtime", "LastTriggerUSec", "DropInPaths");
        Map<String, String> service = systemd.properties(
                serviceUnit,
                "ActiveState",
                "Result",
                "ExecMainStatus",
                "ExecMainStartTimestamp",
                "ExecMainExitTimestamp",
                "DropInPaths");
        boolean waits = "active".equals(timer.get("ActiveState"));
        boolean enabled = "enabled".equals(timer.get("UnitFileState"));
        boolean failed = "failed".equals(service.get("ActiveState"));
        PrintStream out = terminal.out();
        out.println("%s: %s".formatted(one, scanned(systemd.file(serviceUnit))));
        out.println("  timer       %s, %s".formatted(timer.get("ActiveState"), timer.get("UnitFileState")));
        out.println("  next run    %s".formatted(orElse(timer.get("NextElapseUSecRealtime"), "none")));
        out.println("  last run    " + last(service));
        for (String unit : List.of(serviceUnit, timerUnit)) {
            Path file = systemd.file(unit);
            String text = Files.exists(file) ? Files.readString(file) : "";
            switch (UnitFile.of(text)) {
                case OURS -> {}
                case CHANGED -> out.println("  changed     %s is not as holdfast wrote it".formatted(file));
                case FOREIGN ->
                    out.println("  foreign     %s was not written by holdfast, or is not there".formatted(file));
            }
        }
        for (Map<String, String> unit : List.of(service, timer)) {
            String paths = unit.getOrDefault("DropInPaths", "");
            if (!paths.isEmpty()) {
                out.println("  drop-ins    " + paths);
            }
        }
        out.println("  history     %s; what the last run said: journalctl%s -u %s"
                .formatted(systemd.state().resolve("history.db"), own ? " --user" : "", serviceUnit));
        if (!enabled) {
            out.println("  to do       the timer is not enabled: systemctl%s enable --now %s"
                    .formatted(own ? " --user" : "", timerUnit));
        }
        return waits && enabled && !failed;
    }

    private static String last(Map<String, String> service) {
        String began = service.getOrDefault("ExecMainStartTimestamp", "");
        if ("activating".equals(service.get("ActiveState"))) {
            return "runs since " + orElse(began, "now");
        }
        String ended = service.getOrDefault("ExecMainExitTimestamp", "");
        if (ended.isEmpty()) {
            return "none since this machine started";
        }
        String code = service.getOrDefault("ExecMainStatus", "");
        return "%s to %s: %s".formatted(began, ended, meaning(service.getOrDefault("Result", ""), code));
    }

    /** Contract: 0 clean, 1 findings, 2 a mistake, 3 something could not be told. */
    private static String meaning(String result, String code) {
        if (result.equals("timeout")) {
            return "failed, it took longer than its --time-limit";
        }
        return switch (code) {
            case "0" -> result.equals("success") ? "all is as the policy wants it (exit code 0)" : "failed: " + result;
            case "1" -> "finished, with findings (exit code 1)";
            case "2" -> "failed, a mistake in its arguments or files (exit code 2)";
            case "3" -> "failed, something could not be told, stored or delivered (exit code 3)";
            default -> "failed: %s, exit code %s".formatted(result, code);
        };
    }

    /** The arguments, as the unit has them. */
    private static String scanned(Path file) throws IOException {
        if (!Files.exists(file)) {
            return "there is no " + file;
        }
        return Files.readString(file)
                .lines()
                .filter(line -> line.startsWith("ExecStart="))
                .map(line -> Clean.line(line.substring("ExecStart=".length()), 500))
                .findFirst()
                .orElse("no command");
    }

    private static String orElse(@Nullable String text, String otherwise) {
        return text == null || text.isEmpty() ? otherwise : text;
    }
}
