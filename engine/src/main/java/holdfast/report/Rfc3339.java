package holdfast.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as reports write them: RFC 3339, UTC, to the millisecond. */
final class Rfc3339 {

    private Rfc3339() {}

    static String of(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
