package holdfast.schedule;

import holdfast.template.Templates;
import holdfast.text.CalendarEvent;
import holdfast.text.Clean;
import holdfast.text.Printable;
import holdfast.text.Shell;
import holdfast.text.UnitArgument;
import holdfast.text.UserName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The texts that make a schedule: systemd's units and a line of cron. */
public final class Units {

    private static final String SERVICE = "schedule/scan.service";
    private static final String TIMER = "schedule/scan.timer";

    private static final Word NONE = new Word("-");

    private final Templates templates;

    /** @param templates those of the program; a user's own do not replace these */
    public Units(Templates templates) {
        this.templates = templates;
    }

    /** A text that was validated when its schedule was made. */
    private record Word(String text) implements Printable {}

    /** The values of the service's template. */
    record Service(
            Word name,
            Word program,
            boolean java,
            Word javaHome,
            List<UnitArgument> arguments,
            long deadlineSeconds,
            boolean system,
            boolean named,
            Word user,
            boolean agent,
            Word agentSocket,
            boolean postgresql,
            List<Word> credentials,
            List<Word> encryptedCredentials,
            List<Word> stateDirectories,
            List<Word> writable) {}

    /** The values of the timer's template. */
    record Timer(Word name, CalendarEvent event, long delaySeconds) {}

    /** The service, hardened as far as Java allows; sealed. */
    public String service(Schedule schedule) {
        Optional<UserName> named = schedule.runner() instanceof Schedule.Runner.Named(UserName user)
                ? Optional.of(user)
                : Optional.empty();
        return UnitFile.sealed(templates.render(
                SERVICE,
                new Service(
                        new Word(schedule.name()),
                        word(schedule.program()),
                        schedule.javaHome().isPresent(),
                        schedule.javaHome().map(Units::word).orElse(NONE),
                        schedule.arguments(),
                        schedule.deadline().toSeconds(),
                        !(schedule.runner() instanceof Schedule.Runner.Self),
                        named.isPresent(),
                        named.map(user -> new Word(user.text())).orElse(NONE),
                        schedule.agentSocket().isPresent(),
                        schedule.agentSocket().map(Units::word).orElse(NONE),
                        schedule.credentials().stream()
                                .anyMatch(credential -> credential.id().equals("pgpass")),
                        credentials(schedule, false),
                        credentials(schedule, true),
                        schedule.stateDirectories().stream().map(Units::word).toList(),
                        schedule.writable().stream().map(Units::word).toList())));
    }

    /** The timer; sealed. */
    public String timer(Schedule schedule) {
        return UnitFile.sealed(templates.render(
                TIMER,
                new Timer(
                        new Word(schedule.name()),
                        schedule.rhythm().event(),
                        schedule.delay().toSeconds())));
    }

    /**
     * Lines for a user's crontab(5), where a percent sign stands for a line break unless it is escaped. flock(1) keeps two
     * runs apart and timeout(1) ends one; the delay is drawn anew for each run, from od(1), since /bin/sh has no random
     * numbers. Output is dropped and errors are left to cron, which mails them.
     *
     * @throws IllegalArgumentException for what cron cannot do: times of systemd's own, credentials, some arguments
     */
    public String cron(Schedule schedule) {
        String when = schedule.rhythm()
                .cron()
                .orElseThrow(() -> new IllegalArgumentException(
                        "cron has no '%s': take hourly, daily, weekly, monthly, HH:MM or DAY HH:MM"
                                .formatted(schedule.rhythm().event().text())));
        if (!schedule.credentials().isEmpty()
                || schedule.arguments().stream()
                        .anyMatch(argument -> argument.credential().isPresent())) {
            throw new IllegalArgumentException(
                    "cron knows no credentials: use systemd's timer, or keys in files that only the crontab's user can read");
        }
        schedule.arguments().stream()
                .map(UnitArgument::before)
                .filter(argument -> argument.contains("\\%"))
                .findFirst()
                .ifPresent(argument -> {
                    throw new IllegalArgumentException(
                            "cron cannot hold a backslash before a percent sign: " + Clean.line(argument, 200));
                });
        long delay = schedule.delay().toSeconds();
        List<String> words = new ArrayList<>();
        if (delay > 0) {
            words.add("sleep $(( $(od -An -N2 -tu2 /dev/urandom) * %d / 65536 ));".formatted(delay));
        }
        schedule.javaHome().ifPresent(home -> words.add("JAVA_HOME=" + home));
        schedule.agentSocket().ifPresent(socket -> words.add("SSH_AUTH_SOCK=" + socket));
        words.addAll(List.of(
                "flock",
                "-n",
                "\"$HOME/.holdfast-%s.lock\"".formatted(schedule.name()),
                "timeout",
                Long.toString(schedule.deadline().toSeconds()),
                schedule.program().toString(),
                "scan"));
        schedule.arguments().forEach(argument -> words.add(shell(argument.before())));
        words.add(">/dev/null");
        return """
                # Written by holdfast schedule print: a line for the crontab of the user that scans (crontab -e).
                # It begins up to %d s late; while one run goes on, the next one is left out; it is ended after %d s.
                # Exit code 1 is a finding, 2 and 3 are failures of the scan; cron tells nobody: give the scan --notify.
                %s %s
                """.formatted(
                        delay,
                        schedule.deadline().toSeconds(),
                        when,
                        String.join(" ", words).replace("%", "\\%"));
    }

    private static String shell(String argument) {
        return argument.matches("[A-Za-z0-9_./:@,+=-]+") ? argument : Shell.quote(argument);
    }

    private static List<Word> credentials(Schedule schedule, boolean encrypted) {
        return schedule.credentials().stream()
                .filter(credential -> credential.encrypted() == encrypted)
                .map(credential -> new Word("%s:%s".formatted(credential.id(), credential.file())))
                .toList();
    }

    private static Word word(Path path) {
        return new Word(path.toString());
    }
}
