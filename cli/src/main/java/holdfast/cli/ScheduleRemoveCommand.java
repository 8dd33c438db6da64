package holdfast.cli;

import holdfast.schedule.Schedule;
import holdfast.schedule.UnitFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes a timer away, and says what stays. */
@Command(
        name = "remove",
        description = "Stops a timer and removes its units.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "A scan that runs is ended; it changes nothing, so nothing is left half done. The history, the credentials and",
            "drop-ins stay.",
            "",
            "Exit code: 0 it is gone, 2 it is not.",
            "",
            "Example:",
            "  sudo holdfast schedule remove nightly"
        })
final class ScheduleRemoveCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "which (default: scan)")
    private String name = "scan";

    @Option(names = "--user-unit", description = "one of your own service manager instead of the system's")
    private boolean own;

    @Option(names = "--force", description = "also remove units that were changed, or are not ours")
    private boolean force;

    private final Terminal terminal;

    ScheduleRemoveCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Systemd systemd = Systemd.of(own);
        ScheduleStatusCommand.checked(systemd, name);
        String timer = Schedule.timer(name);
        String service = Schedule.service(name);
        List<Path> files = new ArrayList<>();
        for (String unit : List.of(timer, service)) {
            Path file = systemd.file(unit);
            if (!Files.exists(file)) {
                continue;
            }
            UnitFile state = UnitFile.of(Files.readString(file));
            if (state != UnitFile.OURS && !force) {
                throw new UsageError("%s %s; nothing was removed: --force removes it all the same"
                        .formatted(
                                file,
                                state == UnitFile.CHANGED ? "was changed by somebody" : "was not written by holdfast"));
            }
            files.add(file);
        }
        if (!Files.isWritable(systemd.units())) {
            throw new UsageError("%s may not be written to: run this as root%s"
                    .formatted(systemd.units(), own ? "" : ", or with --user-unit for a timer of your own"));
        }
        systemd.require();
        String dropIns = systemd.properties(service, "DropInPaths").getOrDefault("DropInPaths", "");
        must(systemd.ask("disable", "--now", timer), "the timer cannot be stopped");
        must(systemd.ask("stop", service), "the scan that runs cannot be stopped");
        // When it ran last is kept in a file of its own; no service's state goes with it.
        systemd.ask("clean", "--what=state", timer);
        for (Path file : files) {
            Files.deleteIfExists(file);
            terminal.out().println("removed " + file);
        }
        must(systemd.ask("daemon-reload"), "the units are gone, but systemd does not read its units anew");
        // There is nothing to reset where nothing failed.
        systemd.ask("reset-failed", service);
        if (!"not-found".equals(systemd.properties(timer, "LoadState").get("LoadState"))) {
            throw new UsageError("systemd still knows %s: see systemctl status %s".formatted(timer, timer));
        }
        terminal.out()
                .println("what stays: the history and the reports in %s, and the files of its credentials"
                        .formatted(systemd.state()));
        if (!dropIns.isEmpty()) {
            terminal.out().println("what stays too: the drop-ins " + dropIns);
        }
        return 0;
    }

    private static void must(Systemd.Ran ran, String otherwise) {
        if (!ran.well()) {
            throw new UsageError("%s: %s".formatted(otherwise, ran.why()));
        }
    }
}
