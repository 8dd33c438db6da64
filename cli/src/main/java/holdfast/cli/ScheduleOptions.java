package holdfast.cli;

import holdfast.schedule.Rhythm;
import holdfast.schedule.Schedule;
import holdfast.text.UserName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is scheduled, when, and as whom. */
final class ScheduleOptions {

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(s|m|min|h|d)?");
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    /** An inventory that is a directory is looked into so far. */
    private static final int DEEP = 6;

    private static final int MANY = 5000;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "tells it from other schedules; the units are holdfast-NAME (default: ${DEFAULT-VALUE})")
    String name = "scan";

    @Option(
            names = "--on-calendar",
            paramLabel = "WHEN",
            description =
                    "hourly, daily, weekly, monthly, HH:MM, 'Mon HH:MM', or any calendar event of systemd.time(7) (default: ${DEFAULT-VALUE})")
    private String when = "daily";

    @Option(
            names = "--randomized-delay",
            paramLabel = "TIME",
            description = "begin up to so much later, such as 90s, 30m, 2h (default: ${DEFAULT-VALUE})")
    private String delay = "30m";

    @Option(
            names = "--time-limit",
            paramLabel = "TIME",
            description = "end a scan that takes longer (default: ${DEFAULT-VALUE})")
    private String limit = "2h";

    @Option(
            names = "--user",
            paramLabel = "USER",
            description = "scan as this user (default: one that exists only while the scan runs)")
    @Nullable
    private String user;

    @Option(names = "--user-unit", description = "a unit of your own service manager instead of the system's")
    boolean own;

    @Option(
            names = "--credential",
            paramLabel = "NAME=FILE",
            description =
                    "hand FILE to the scan as a credential: %%d/NAME in its arguments; holdfast.passphrase opens its key, holdfast.sudo-password answers -K, pgpass is for PostgreSQL (repeatable)")
    private List<String> credentials = new ArrayList<>();

    @Option(
            names = "--encrypted-credential",
            paramLabel = "NAME=FILE",
            description = "the same for a file that systemd-creds encrypt made (repeatable)")
    private List<String> encrypted = new ArrayList<>();

    @Option(names = "--agent-socket", paramLabel = "PATH", description = "an ssh agent that has the keys")
    @Nullable
    private Path agent;

    @Option(
            names = "--program",
            paramLabel = "FILE",
            description = "holdfast's launcher (default: the one that this was started with)")
    @Nullable
    private Path program;

    @Parameters(paramLabel = "SCAN-ARGUMENTS", description = "behind --: the arguments of holdfast scan")
    private List<String> arguments = new ArrayList<>();

    /**
     * A schedule, and what it scans.
     *
     * @param keys the private keys that the inventory names
     */
    record Planned(Schedule schedule, ScanArguments scan, List<Path> keys) {
        Planned {
            keys = List.copyOf(keys);
        }
    }

    /**
     * What was asked for, all mistakes in it told before anything is written.
     *
     * @throws UsageError for a mistake
     */
    Planned planned(Terminal terminal) {
        try {
            Rhythm rhythm = rhythm();
            List<Schedule.Credential> given = Stream.concat(
                            credentials.stream().map(text -> credential("--credential", text, false)),
                            encrypted.stream().map(text -> credential("--encrypted-credential", text, true)))
                    .toList();
            if (given.stream().map(Schedule.Credential::id).distinct().count() < given.size()) {
                throw new UsageError("two credentials have the same name");
            }
            if (own && user != null) {
                throw new UsageError("--user-unit runs as you: leave out --user");
            }
            ScanArguments scan = ScanArguments.of(terminal, arguments);
            List<Path> keys = scan.check(terminal, given);
            return new Planned(
                    new Schedule(
                            name,
                            program(),
                            javaHome(),
                            scan.forUnit(),
                            rhythm,
                            duration("--randomized-delay", delay),
                            duration("--time-limit", limit),
                            own
                                    ? new Schedule.Runner.Self()
                                    : user == null
                                            ? new Schedule.Runner.Dynamic()
                                            : new Schedule.Runner.Named(new UserName(user)),
                            given,
                            Optional.ofNullable(agent),
                            stateDirectories(scan),
                            writable(scan)),
                    scan,
                    keys);
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()));
        }
    }

    private Rhythm rhythm() {
        Rhythm rhythm = Rhythm.of(when);
        if (rhythm instanceof Rhythm.Other(var event)) {
            Systemd.Ran ran = Systemd.run(List.of("systemd-analyze", "calendar", event.text()), DEADLINE);
            if (!ran.well()) {
                throw new UsageError("--on-calendar '%s': %s".formatted(event.text(), ran.why()));
            }
        }
        return rhythm;
    }

    private static Schedule.Credential credential(String option, String text, boolean encrypted) {
        int equals = text.indexOf('=');
        if (equals <= 0 || equals == text.length() - 1) {
            throw new UsageError(
                    "%s takes NAME=FILE, such as ssh-key=/etc/holdfast/id_ed25519, not '%s'".formatted(option, text));
        }
        try {
            return new Schedule.Credential(
                    text.substring(0, equals),
                    Path.of(text.substring(equals + 1)).toAbsolutePath().normalize(),
                    encrypted);
        } catch (InvalidPathException e) {
            throw new UsageError("%s: that is no path".formatted(option));
        }
    }

    private static Duration duration(String option, String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new UsageError("%s takes a time such as 90s, 30m or 2h, not '%s'".formatted(option, text));
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        return switch (unit == null ? "s" : unit) {
            case "m", "min" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofSeconds(number);
        };
    }

    private Path program() {
        String started = System.getProperty("holdfast.program", "");
        if (program == null && started.isEmpty()) {
            throw new UsageError("which program shall be started? Name holdfast's launcher with --program FILE");
        }
        Path file =
                (program == null ? Path.of(started) : program).toAbsolutePath().normalize();
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            throw new UsageError("%s is no program: name holdfast's launcher with --program FILE".formatted(file));
        }
        return file;
    }

    /** Where it was found may be the business of this session's environment. */
    private static Optional<Path> javaHome() {
        return Optional.ofNullable(System.getProperty("java.home"))
                .map(Path::of)
                .filter(home -> Files.isExecutable(home.resolve("bin/javac")));
    }

    private static List<Path> stateDirectories(ScanArguments scan) {
        Set<Path> directories = new LinkedHashSet<>();
        directories.add(Schedule.STATE.relativize(Schedule.OWN_STATE));
        written(scan)
                .filter(directory -> directory.startsWith(Schedule.OWN_STATE))
                .map(Schedule.STATE::relativize)
                .forEach(directories::add);
        return List.copyOf(directories);
    }

    private static List<Path> writable(ScanArguments scan) {
        return written(scan)
                .filter(directory -> !directory.startsWith(Schedule.OWN_STATE))
                .distinct()
                .toList();
    }

    private static Stream<Path> written(ScanArguments scan) {
        return scan.files().stream()
                .filter(file -> file.use() == ScanArguments.FileUse.REPORT || file.use() == ScanArguments.FileUse.STORE)
                .map(file -> Optional.ofNullable(file.file().getParent()).orElse(Path.of("/")));
    }

    // ------------------------------------------------------------------ whether it can work

    /** What will keep the service from doing its work, as far as this machine's files tell. */
    static List<String> troubles(Planned planned) {
        Schedule schedule = planned.schedule();
        List<String> troubles = new ArrayList<>();
        Optional<FileReader> reader = switch (schedule.runner()) {
            case Schedule.Runner.Dynamic ignored ->
                Optional.of(FileReader.nobody("the user that exists only while the scan runs"));
            case Schedule.Runner.Named(UserName named) -> Systemd.account(named.text());
            case Schedule.Runner.Self ignored -> Systemd.account(System.getProperty("user.name", "?"));
        };
        if (reader.isEmpty()) {
            return List.of("there is no such user: make one, such as with: adduser --system --group holdfast");
        }
        boolean system = !(schedule.runner() instanceof Schedule.Runner.Self);
        FileReader who = reader.get();
        who.reading(schedule.program()).ifPresent(troubles::add);
        schedule.javaHome()
                .flatMap(home -> who.reading(home.resolve("bin/java")))
                .ifPresent(troubles::add);
        for (ScanArguments.Word.Named file : planned.scan().files()) {
            switch (file.use()) {
                case CONFIGURATION -> readable(who, file.file(), troubles);
                case SECRET ->
                    who.reading(file.file())
                            .map(why -> why + ", or hand it over with --credential NAME=" + file.file()
                                    + " and name it %d/NAME")
                            .ifPresent(troubles::add);
                case REPORT, STORE -> {
                    Path directory =
                            Optional.ofNullable(file.file().getParent()).orElse(Path.of("/"));
                    if (system && (directory.startsWith("/tmp") || directory.startsWith("/var/tmp"))) {
                        troubles.add("%s: the service has a /tmp of its own, and nobody would find it there"
                                .formatted(file.file()));
                    } else if (!system || !directory.startsWith(Schedule.OWN_STATE)) {
                        who.writingIn(directory)
                                .map(why -> system
                                        ? why
                                                + "; write to %s, or scan as a --user who can"
                                                        .formatted(Schedule.OWN_STATE)
                                        : why)
                                .ifPresent(troubles::add);
                    }
                }
            }
        }
        planned.keys()
                .forEach(key -> who.reading(key)
                        .map(why -> why + "; the inventory names this key")
                        .ifPresent(troubles::add));
        for (Schedule.Credential credential : schedule.credentials()) {
            if (!Files.exists(credential.file())) {
                troubles.add("the credential %s: there is no file %s".formatted(credential.id(), credential.file()));
            }
        }
        return troubles;
    }

    private static void readable(FileReader who, Path file, List<String> troubles) {
        Optional<String> why = who.reading(file);
        why.ifPresent(troubles::add);
        if (why.isPresent() || !Files.isDirectory(file)) {
            return;
        }
        try (Stream<Path> files = Files.walk(file, DEEP)) {
            files.limit(MANY)
                    .filter(one -> !one.equals(file))
                    .flatMap(one -> who.reading(one).stream())
                    .limit(3)
                    .forEach(troubles::add);
        } catch (IOException | java.io.UncheckedIOException e) {
            troubles.add("%s cannot be looked through: %s".formatted(file, e.getMessage()));
        }
    }

    /** What should be known, and keeps nothing from working. */
    static List<String> notes(Planned planned) {
        Schedule schedule = planned.schedule();
        ScanArguments scan = planned.scan();
        List<String> notes = new ArrayList<>();
        boolean system = !(schedule.runner() instanceof Schedule.Runner.Self);
        if (system && scan.words().stream().anyMatch(ScheduleOptions::isMail)) {
            notes.add(
                    "--notify mail=: a hardened service may not become another group, as sendmail of Postfix, Exim and dma does; that of msmtp-mta works, and so does a webhook");
        }
        if (schedule.runner() instanceof Schedule.Runner.Dynamic
                && !scan.hasConfiguration()
                && !Files.isReadable(Path.of("/etc/ssh/ssh_known_hosts"))) {
            notes.add(
                    "the scan's user has no ~/.ssh: put the nodes' host keys into /etc/ssh/ssh_known_hosts, or name an ssh configuration with -F that names a UserKnownHostsFile");
        }
        if (system && scan.has("approved") && !scan.has("--store")) {
            notes.add(
                    "the service has a history of its own in %s, and compares with what is approved there; who approves has to be the service's user: scan as a --user of its own, or share a history with --store (docs/schedule.md)"
                            .formatted(Schedule.OWN_STATE));
        }
        return notes;
    }

    private static boolean isMail(ScanArguments.Word word) {
        return word instanceof ScanArguments.Word.Text(String text) && text.startsWith("mail=");
    }
}
