package holdfast.schedule;

import holdfast.template.Templates;
import holdfast.text.Clean;
import holdfast.text.Printable;
import holdfast.text.Shell;
import holdfast.text.UnitArgument;
import java.nio.file.Path;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The texts that make a schedule: systemd's units and a line of cron. */
public final class Units {

    private static final String SERVICE = "schedule/scan.service";
    private static final String TIMER = "schedule/scan.timer";

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
            List<UnitArgument> arguments,
            long deadlineSeconds,
            boolean named,
            Word user,
            boolean agent,
            Word agentSocket,
            List<Word> credentials,
            List<Word> encryptedCredentials,
            List<Word> writable) {}

    /** The values of the timer's template. */
    record Timer(Word name, Rhythm.Kind rhythm, Word day, int hour, int minute, long delaySeconds) {}

    /**
     * The service, hardened as far as Java allows.
     *
     * @throws IllegalArgumentException for an argument that a unit cannot hold
     */
    public String service(Schedule schedule) {
        return templates.render(
                SERVICE,
                new Service(
                        new Word(schedule.name()),
                        word(schedule.program()),
                        schedule.arguments().stream().map(UnitArgument::new).toList(),
                        schedule.deadline().toSeconds(),
                        schedule.user().isPresent(),
                        new Word(schedule.user().map(user -> user.text()).orElse("-")),
                        schedule.agentSocket().isPresent(),
                        schedule.agentSocket().map(Units::word).orElse(new Word("-")),
                        credentials(schedule, false),
                        credentials(schedule, true),
                        schedule.writable().stream().map(Units::word).toList()));
    }

    /** The timer. */
    public String timer(Schedule schedule) {
        Word name = new Word(schedule.name());
        long delay = schedule.delay().toSeconds();
        Word monday = new Word("Mon");
        return templates.render(
                TIMER,
                switch (schedule.rhythm()) {
                    case Rhythm.Hourly(int minute) -> new Timer(name, Rhythm.Kind.HOURLY, monday, 0, minute, delay);
                    case Rhythm.Daily(int hour, int minute) ->
                        new Timer(name, Rhythm.Kind.DAILY, monday, hour, minute, delay);
                    case Rhythm.Weekly(var day, int hour, int minute) ->
                        new Timer(
                                name,
                                Rhythm.Kind.WEEKLY,
                                new Word(day.getDisplayName(TextStyle.SHORT, Locale.ENGLISH)),
                                hour,
                                minute,
                                delay);
                    case Rhythm.Monthly(int hour, int minute) ->
                        new Timer(name, Rhythm.Kind.MONTHLY, monday, hour, minute, delay);
                });
    }

    /**
     * A line of a user's crontab(5), where a percent sign stands for a line break unless it is escaped. Cron knows no
     * credentials, no deadline and no delay: flock(1) keeps two runs apart, timeout(1) ends one.
     *
     * @throws IllegalArgumentException for an argument that a line of cron cannot hold
     */
    public String cron(Schedule schedule) {
        schedule.arguments().stream()
                .filter(argument -> argument.contains("\\%"))
                .findFirst()
                .ifPresent(argument -> {
                    throw new IllegalArgumentException(
                            "cron cannot hold a backslash before a percent sign: " + Clean.line(argument, 200));
                });
        String command = Stream.concat(
                        Stream.of(
                                "flock",
                                "-n",
                                "$HOME/.holdfast-%s.lock".formatted(schedule.name()),
                                "timeout",
                                Long.toString(schedule.deadline().toSeconds()),
                                schedule.program().toString()),
                        schedule.arguments().stream().map(argument -> Shell.quote(new UnitArgument(argument).value())))
                .collect(Collectors.joining(" "));
        return "%s %s\n".formatted(schedule.rhythm().cron(), command.replace("%", "\\%"));
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
