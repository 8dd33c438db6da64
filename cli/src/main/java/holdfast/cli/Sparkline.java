package holdfast.cli;

import java.util.List;

/** A row of numbers as a row of bars, one character each. */
final class Sparkline {

    private static final String BARS = "▁▂▃▄▅▆▇█";
    private static final String ASCII = "_.:-=+*#";

    private Sparkline() {}

    /**
     * @param lowest what the lowest bar stands for
     * @param highest what the highest bar stands for; where it is not above the lowest, all bars are the lowest
     */
    static String of(List<Double> values, double lowest, double highest, boolean unicode) {
        String bars = unicode ? BARS : ASCII;
        StringBuilder line = new StringBuilder();
        for (double value : values) {
            double share = highest > lowest ? (value - lowest) / (highest - lowest) : 0;
            int bar = (int) Math.round(share * (bars.length() - 1));
            line.append(bars.charAt(Math.max(0, Math.min(bars.length() - 1, bar))));
        }
        return line.toString();
    }
}
