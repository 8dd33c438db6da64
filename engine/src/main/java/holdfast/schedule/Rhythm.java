package holdfast.schedule;

import holdfast.text.CalendarEvent;
import java.time.DayOfWeek;
import java.time.format.TextStyle;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How often a scan runs, by the clock of the machine that it runs on. */
public sealed interface Rhythm {

    /** Every hour at this minute. */
    record Hourly(int minute) implements Rhythm {
        public Hourly {
            within("minute", minute, 59);
        }
    }

    /** Every day at this time of the controller's zone. */
    record Daily(int hour, int minute) implements Rhythm {
        public Daily {
            within("hour", hour, 23);
            within("minute", minute, 59);
        }
    }

    /** Once a week. */
    record Weekly(DayOfWeek day, int hour, int minute) implements Rhythm {
        public Weekly {
            within("hour", hour, 23);
            within("minute", minute, 59);
        }
    }

    /** On the first of each month. */
    record Monthly(int hour, int minute) implements Rhythm {
        public Monthly {
            within("hour", hour, 23);
            within("minute", minute, 59);
        }
    }

    /** Any other that systemd understands; crontab(5) cannot say it. */
    record Other(CalendarEvent event) implements Rhythm {}

    private static void within(String what, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException("%s %d is not from 0 to %d".formatted(what, value, most));
        }
    }

    /**
     * What somebody wrote: {@code hourly}, {@code daily}, {@code weekly} and {@code monthly} as systemd.time(7) has them,
     * {@code 04:30} for every day, {@code Mon 04:30} for every week, or another calendar event.
     *
     * @throws IllegalArgumentException for what cannot be a time
     */
    static Rhythm of(String text) {
        String stripped = text.strip();
        switch (stripped.toLowerCase(Locale.ROOT)) {
            case "hourly" -> {
                return new Hourly(0);
            }
            case "daily", "midnight" -> {
                return new Daily(0, 0);
            }
            case "weekly" -> {
                return new Weekly(DayOfWeek.MONDAY, 0, 0);
            }
            case "monthly" -> {
                return new Monthly(0, 0);
            }
            default -> {
                // A time of the day, or an expression.
            }
        }
        Matcher time = Patterns.TIME.matcher(stripped);
        if (!time.matches()) {
            return new Other(new CalendarEvent(stripped));
        }
        int hour = Integer.parseInt(time.group("hour"));
        int minute = Integer.parseInt(time.group("minute"));
        String day = time.group("day");
        return day == null ? new Daily(hour, minute) : new Weekly(Patterns.day(day), hour, minute);
    }

    /** What {@link #of} reads. */
    final class Patterns {
        private static final Pattern TIME = Pattern.compile(
                "(?:(?<day>mon|tue|wed|thu|fri|sat|sun)(?:[a-z]{3,6})? +)?(?:\\*-\\*-\\* +)?"
                        + "(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2})(?::00)?",
                Pattern.CASE_INSENSITIVE);

        private Patterns() {}

        private static DayOfWeek day(String begin) {
            for (DayOfWeek day : DayOfWeek.values()) {
                if (day.name().startsWith(begin.toUpperCase(Locale.ROOT))) {
                    return day;
                }
            }
            throw new IllegalArgumentException("no day begins with " + begin);
        }
    }

    /** As a timer of systemd has it. */
    default CalendarEvent event() {
        return switch (this) {
            case Hourly(int minute) -> new CalendarEvent("*-*-* *:%02d:00".formatted(minute));
            case Daily(int hour, int minute) -> new CalendarEvent("*-*-* %02d:%02d:00".formatted(hour, minute));
            case Weekly(DayOfWeek day, int hour, int minute) ->
                new CalendarEvent("%s *-*-* %02d:%02d:00"
                        .formatted(day.getDisplayName(TextStyle.SHORT, Locale.ENGLISH), hour, minute));
            case Monthly(int hour, int minute) -> new CalendarEvent("*-*-01 %02d:%02d:00".formatted(hour, minute));
            case Other(CalendarEvent event) -> event;
        };
    }

    /** The five fields of crontab(5); empty where they cannot say it. */
    default Optional<String> cron() {
        return switch (this) {
            case Hourly(int minute) -> Optional.of("%d * * * *".formatted(minute));
            case Daily(int hour, int minute) -> Optional.of("%d %d * * *".formatted(minute, hour));
            case Weekly(DayOfWeek day, int hour, int minute) ->
                Optional.of("%d %d * * %d".formatted(minute, hour, day.getValue() % 7));
            case Monthly(int hour, int minute) -> Optional.of("%d %d 1 * *".formatted(minute, hour));
            case Other ignored -> Optional.empty();
        };
    }
}
