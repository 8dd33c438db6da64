package holdfast.schedule;

import holdfast.text.Labelled;
import java.time.DayOfWeek;
import java.util.Locale;

/** How often a scan runs. */
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

    private static void within(String what, int value, int most) {
        if (value < 0 || value > most) {
            throw new IllegalArgumentException("%s %d is not from 0 to %d".formatted(what, value, most));
        }
    }

    /** The kind alone, as the timer's template asks for it. */
    enum Kind implements Labelled {
        HOURLY,
        DAILY,
        WEEKLY,
        MONTHLY;

        @Override
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The five fields of crontab(5). */
    default String cron() {
        return switch (this) {
            case Hourly(int minute) -> "%d * * * *".formatted(minute);
            case Daily(int hour, int minute) -> "%d %d * * *".formatted(minute, hour);
            case Weekly(DayOfWeek day, int hour, int minute) ->
                "%d %d * * %d".formatted(minute, hour, day.getValue() % 7);
            case Monthly(int hour, int minute) -> "%d %d 1 * *".formatted(minute, hour);
        };
    }
}
