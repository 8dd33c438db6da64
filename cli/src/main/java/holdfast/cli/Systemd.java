package holdfast.cli;

import holdfast.schedule.Schedule;
import holdfast.text.Clean;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A service manager of this machine, asked through its own commands, each with a deadline.
 *
 * @param user whether it is the user's own, and not the system's
 * @param units where an administrator's units are
 */
record Systemd(boolean user, Path units) {

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int LIMIT = 64 * 1024;

    /**
     * The system's, or the user's own; tests set the properties {@code holdfast.units} and {@code holdfast.systemctl}.
     *
     * @throws UsageError when the user has no home
     */
    static Systemd of(boolean user) {
        String chosen = System.getProperty("holdfast.units", "");
        if (!chosen.isEmpty()) {
            return new Systemd(user, Path.of(chosen));
        }
        if (!user) {
            return new Systemd(false, Path.of("/etc/systemd/system"));
        }
        String configuration = System.getenv().getOrDefault("XDG_CONFIG_HOME", "");
        String home = System.getProperty("user.home", "");
        if (configuration.isEmpty() && !home.startsWith("/")) {
            throw new UsageError("--user-unit: there is no home directory for the units");
        }
        return new Systemd(
                true,
                (configuration.startsWith("/") ? Path.of(configuration) : Path.of(home, ".config"))
                        .resolve("systemd/user"));
    }

    /** How a command ended, and what it said. */
    record Ran(int exit, String said) {
        boolean well() {
            return exit == 0;
        }

        /** The last line, for a message. */
        String why() {
            return said.isBlank()
                    ? "exit code " + exit
                    : Clean.line(
                            said.strip().lines().reduce((one, later) -> later).orElse(""), 300);
        }
    }

    /**
     * Asks systemctl.
     *
     * @throws UsageError when it is not there or does not answer in time
     */
    Ran ask(String... words) {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("holdfast.systemctl", "systemctl"));
        if (user) {
            command.add("--user");
        }
        command.add("--no-pager");
        command.addAll(Arrays.asList(words));
        return run(command, DEADLINE);
    }

    /**
     * Runs a program of this machine.
     *
     * @throws UsageError when it is not there or does not end in time
     */
    static Ran run(List<String> command, Duration deadline) {
        String shown = String.join(" ", command);
        try {
            Path said = Files.createTempFile("holdfast-", ".said");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(said.toFile());
                builder.environment().put("LC_ALL", "C");
                Process process = builder.start();
                try {
                    if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                        throw new UsageError("'%s' did not answer within %d s: is this machine's systemd well?"
                                .formatted(shown, deadline.toSeconds()));
                    }
                } finally {
                    process.destroyForcibly();
                }
                byte[] bytes = Files.newInputStream(said).readNBytes(LIMIT);
                return new Ran(process.exitValue(), new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UsageError("interrupted while '%s' ran".formatted(shown));
        } catch (IOException e) {
            throw new UsageError("'%s' cannot be run: %s".formatted(command.getFirst(), e.getMessage()));
        }
    }

    /** @throws UsageError when this service manager does not run */
    void require() {
        Ran ran = ask("show", "--property=Version");
        if (!ran.well()) {
            throw new UsageError(
                    user
                            ? "your own systemd does not answer (%s): log in anew, or ask for lingering with: loginctl enable-linger"
                                    .formatted(ran.why())
                            : "systemd does not answer (%s); where it does not run: holdfast schedule print --format cron"
                                    .formatted(ran.why()));
        }
    }

    /** The properties of a unit that were asked for, empty ones too. */
    Map<String, String> properties(String unit, String... names) {
        Ran ran = ask("show", "--timestamp=utc", "--property=" + String.join(",", names), unit);
        Map<String, String> properties = new LinkedHashMap<>();
        Arrays.stream(names).forEach(name -> properties.put(name, ""));
        if (ran.well()) {
            ran.said()
                    .lines()
                    .filter(line -> line.indexOf('=') > 0)
                    .forEach(line -> properties.put(
                            line.substring(0, line.indexOf('=')),
                            Clean.line(line.substring(line.indexOf('=') + 1), 300)));
        }
        return properties;
    }

    /** A unit's file among the administrator's. */
    Path file(String unit) {
        return units.resolve(unit);
    }

    /** The names of the schedules that have a timer here. */
    List<String> schedules() {
        if (!Files.isDirectory(units)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(units)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("holdfast-[a-z0-9][a-z0-9-]{0,40}\\.timer"))
                    .map(name -> name.substring("holdfast-".length(), name.length() - ".timer".length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UsageError("%s cannot be listed: %s".formatted(units, e.getMessage()));
        }
    }

    /** The account of a user, as this machine's lists of accounts have it. */
    static Optional<FileReader> account(String name) {
        Ran number = run(List.of("id", "-u", name), DEADLINE);
        Ran groups = run(List.of("id", "-G", name), DEADLINE);
        if (!number.well() || !groups.well()) {
            return Optional.empty();
        }
        Set<Integer> numbers = Arrays.stream(groups.said().strip().split("\\s+"))
                .map(Integer::valueOf)
                .collect(Collectors.toSet());
        return Optional.of(new FileReader(
                "the user " + name, Integer.parseInt(number.said().strip()), numbers));
    }

    /** Where the state of a schedule's runs is. */
    Path state() {
        return user ? StateDirectory.path() : Schedule.OWN_STATE;
    }
}
