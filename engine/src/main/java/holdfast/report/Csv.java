package holdfast.report;

import holdfast.text.Clean;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Comma-separated values (RFC 4180), safe for programs that take a cell for a formula: one that would begin like a
 * formula gets an apostrophe before it (OWASP, CSV Injection).
 */
final class Csv {

    /** What spreadsheets begin a formula with, in both widths. */
    private static final String FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20";

    private static final int LONGEST = 4000;

    private final StringBuilder text = new StringBuilder();

    /** Adds a line; every cell is quoted and cleaned. */
    Csv line(List<String> cells) {
        text.append(cells.stream().map(Csv::cell).collect(Collectors.joining(",")))
                .append("\r\n");
        return this;
    }

    private static String cell(String value) {
        String clean = Clean.line(value, LONGEST);
        String bare = clean.strip();
        boolean formula = !bare.isEmpty() && FORMULA.indexOf(bare.charAt(0)) >= 0;
        return '"' + (formula ? "'" : "") + clean.replace("\"", "\"\"") + '"';
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
