package holdfast.fix;

import holdfast.text.Clean;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Explains who holds the lock of a node, since when, and what to do about it. */
final class LockHolder {

    private LockHolder() {}

    /**
     * @param state {@code alive}, {@code dead} or {@code foreign}, as {@code steps.sh} tells it
     * @param output with the holder's lines
     */
    static String explain(String state, String output) {
        Map<String, String> holder = new HashMap<>();
        output.lines().filter(line -> line.startsWith("@holder ")).forEach(line -> {
            String[] pair = line.substring(8).split("=", 2);
            if (pair.length == 2) {
                holder.putIfAbsent(pair[0], Clean.line(pair[1], 200));
            }
        });
        String run = holder.getOrDefault("run", "?");
        String who = "run %s of %s on %s"
                .formatted(run, holder.getOrDefault("operator", "?"), holder.getOrDefault("controller", "?"));
        String since = since(
                holder.getOrDefault("since", ""),
                NodeScript.value(output, "now").orElse(""));
        return switch (state) {
            case "alive" -> "%s holds the lock of this node%s; wait until it has ended".formatted(who, since);
            case "dead" ->
                "%s has left its lock%s: it died in the middle, and so did its timer. Put back what it changed, 'holdfast undo %s' or 'sh %s/%s/rollback' on the node, then try again"
                        .formatted(who, since, run.replaceFirst("-cluster$", ""), NodeScript.BASE, run);
            default -> "%s/lock is not a lock of holdfast: look at it, and remove it".formatted(NodeScript.BASE);
        };
    }

    private static String since(String began, String now) {
        if (!began.matches("\\d{1,12}") || !now.matches("\\d{1,12}")) {
            return "";
        }
        Duration age = Duration.ofSeconds(Math.max(0, Long.parseLong(now) - Long.parseLong(began)));
        return " since %s (%s ago)"
                .formatted(
                        java.time.Instant.ofEpochSecond(Long.parseLong(began)),
                        age.toMinutes() < 2
                                ? age.toSeconds() + " s"
                                : age.toHours() < 2 ? age.toMinutes() + " min" : age.toHours() + " h");
    }
}
