package holdfast.text;

import java.util.regex.Pattern;

/**
 * When a timer of systemd elapses (systemd.time(7), CALENDAR EVENTS). Whether systemd understands it is for
 * {@code systemd-analyze calendar} to say; that it can add no line is said here.
 *
 * @param text such as {@code Mon *-*-* 04:30:00}
 */
public record CalendarEvent(String text) {

    private static final Pattern EVENT = Pattern.compile("[A-Za-z0-9*][A-Za-z0-9*:/.,~_+ -]{0,199}");

    /** @throws IllegalArgumentException for characters that no calendar event has */
    public CalendarEvent {
        if (!EVENT.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no time: daily, 04:30, Mon 04:30, or what systemd.time(7) calls a calendar event"
                            .formatted(Clean.line(text, 80)));
        }
    }
}
