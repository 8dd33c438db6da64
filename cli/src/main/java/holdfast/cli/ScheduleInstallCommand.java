package holdfast.cli;

import holdfast.schedule.Schedule;
import holdfast.schedule.UnitFile;
import holdfast.schedule.Units;
import holdfast.template.Templates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the units, switches the timer on, and reads back that it waits. */
@Command(
        name = "install",
        description = "Installs a timer of systemd that scans.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Everything is checked first, the scan's arguments as holdfast scan would. When a step fails, what was there",
            "before is put back. Installing again replaces what is there, unless somebody else changed it.",
            "",
            "Exit code: 0 the timer waits for its time, 2 nothing was installed.",
            "",
            "Examples:",
            "  sudo holdfast schedule install --on-calendar 04:30 --credential ssh-key=/root/.ssh/id_ed25519 \\",
            "      -- -i /etc/holdfast/fleet.yml -F /etc/holdfast/ssh_config --private-key %%d/ssh-key",
            "  holdfast schedule install --user-unit --on-calendar hourly -- -i fleet.yml --notify mail=ops@example.com"
        })
final class ScheduleInstallCommand implements Callable<Integer> {

    @Mixin
    private ScheduleOptions options = new ScheduleOptions();

    @Option(names = "--force", description = "replace units of this name that were changed, or are not ours")
    private boolean force;

    private final Terminal terminal;

    ScheduleInstallCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        ScheduleOptions.Planned planned = options.planned(terminal);
        Schedule schedule = planned.schedule();
        Systemd systemd = Systemd.of(options.own);
        List<String> troubles = ScheduleOptions.troubles(planned);
        if (!troubles.isEmpty()) {
            troubles.forEach(trouble -> terminal.err().println("holdfast: " + trouble));
            throw new UsageError("the scan would fail for what is said above; nothing was installed");
        }
        Units units = new Units(new Templates(Units.class.getClassLoader()));
        Map<Path, String> wanted = new LinkedHashMap<>();
        wanted.put(systemd.file(schedule.service()), units.service(schedule));
        wanted.put(systemd.file(schedule.timer()), units.timer(schedule));
        if (options.own) {
            Files.createDirectories(systemd.units());
        }
        if (!Files.isWritable(systemd.units())) {
            throw new UsageError(
                    "%s may not be written to: run this as root, or with --user-unit for a timer of your own"
                            .formatted(systemd.units()));
        }
        systemd.require();
        for (Path file : wanted.keySet()) {
            refuseForeign(file);
        }
        ScheduleOptions.notes(planned).forEach(note -> terminal.err().println("note: " + note));
        Map<Path, Optional<String>> before = new LinkedHashMap<>();
        for (Path file : wanted.keySet()) {
            before.put(file, Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty());
        }
        boolean done = false;
        try {
            wanted.forEach(this::write);
            switchOn(systemd, schedule);
            done = true;
        } finally {
            if (!done) {
                putBack(systemd, schedule, before);
            }
        }
        Map<String, String> timer = systemd.properties(schedule.timer(), "NextElapseUSecRealtime");
        terminal.out()
                .println("%s waits; next run: %s"
                        .formatted(schedule.timer(), timer.getOrDefault("NextElapseUSecRealtime", "")));
        terminal.out()
                .println("try it now: systemctl%s start %s; look at it: %s schedule status%s"
                        .formatted(
                                options.own ? " --user" : "",
                                schedule.service(),
                                System.getProperty("holdfast.program", "holdfast"),
                                options.own ? " --user-unit" : ""));
        if (options.own) {
            terminal.out().println("it runs while you are logged in; also without you after: loginctl enable-linger");
        }
        return 0;
    }

    private void refuseForeign(Path file) throws IOException {
        if (!Files.exists(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            throw new UsageError("%s is not a regular file; remove it first".formatted(file));
        }
        switch (UnitFile.of(Files.readString(file))) {
            case OURS -> {}
            case CHANGED -> {
                if (!force) {
                    throw new UsageError(
                            "%s was changed by somebody: put the change into a drop-in (systemctl edit %s), and replace the file with --force"
                                    .formatted(file, file.getFileName()));
                }
            }
            case FOREIGN -> {
                if (!force) {
                    throw new UsageError(
                            "%s was not written by holdfast: choose another --name, or replace it with --force"
                                    .formatted(file));
                }
            }
        }
    }

    private void write(Path file, String text) {
        terminal.out().println("# " + file);
        terminal.out().println(text);
        new OutputFile("install", file).write(text, true);
    }

    private static void switchOn(Systemd systemd, Schedule schedule) {
        must(systemd.ask("daemon-reload"), "systemd does not read its units anew");
        for (String unit : List.of(schedule.service(), schedule.timer())) {
            Map<String, String> properties = systemd.properties(unit, "LoadState", "LoadError");
            if (!"loaded".equals(properties.get("LoadState"))) {
                throw new UsageError("systemd does not take %s (%s %s); nothing was installed"
                        .formatted(unit, properties.get("LoadState"), properties.get("LoadError")));
            }
        }
        must(systemd.ask("enable", schedule.timer()), "the timer cannot be enabled");
        // A timer that waits already reckons its next time only when it starts.
        must(systemd.ask("restart", schedule.timer()), "the timer does not start");
        Map<String, String> timer = systemd.properties(schedule.timer(), "ActiveState", "NextElapseUSecRealtime");
        if (!"active".equals(timer.get("ActiveState"))
                || timer.getOrDefault("NextElapseUSecRealtime", "").isEmpty()) {
            throw new UsageError("%s does not wait for a next time: it is %s; nothing was installed"
                    .formatted(schedule.timer(), timer.get("ActiveState")));
        }
    }

    private static void must(Systemd.Ran ran, String otherwise) {
        if (!ran.well()) {
            throw new UsageError("%s: %s; nothing was installed".formatted(otherwise, ran.why()));
        }
    }

    /** A failed installation leaves what was there before. */
    private void putBack(Systemd systemd, Schedule schedule, Map<Path, Optional<String>> before) {
        boolean fresh = before.values().stream().allMatch(Optional::isEmpty);
        try {
            if (fresh) {
                systemd.ask("disable", "--now", schedule.timer());
            }
            for (Map.Entry<Path, Optional<String>> file : before.entrySet()) {
                if (file.getValue().isPresent()) {
                    new OutputFile("install", file.getKey())
                            .write(file.getValue().get(), true);
                } else {
                    Files.deleteIfExists(file.getKey());
                }
            }
            systemd.ask("daemon-reload");
            if (!fresh) {
                systemd.ask("restart", schedule.timer());
            }
        } catch (IOException | UsageError e) {
            terminal.err()
                    .println("holdfast: what was there before could not be put back whole: %s; look at %s"
                            .formatted(e.getMessage(), before.keySet()));
        }
    }
}
