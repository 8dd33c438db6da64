package holdfast.check;

import java.util.Locale;

/** How much a failed check matters, least first, so that {@code compareTo} ranks them. */
public enum Severity {
    LOW,
    MEDIUM,
    HIGH,
    CRITICAL;

    /** As it is written in options and reports: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
