package holdfast.checks.sshd;

import holdfast.probe.Sections;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether the running daemon has read its files since they were last written: {@code sshd -T} reads the files,
 * the daemon obeys what it read at its start or last reload.
 */
final class Loaded {

    private static final Pattern START = Pattern.compile("(?m)^ExecMainStartTimestampMonotonic=(\\d+)$");
    private static final Pattern RELOAD = Pattern.compile("start_time=\\[@(\\d+)");
    private static final Pattern FILE = Pattern.compile("(?m)^(\\d{1,12}) (/.*)$");

    private Loaded() {}

    /** A sentence when a file is newer than what the daemon read; empty when it is not, or when systemd does not know. */
    static Optional<String> trouble(Sections sections) {
        Optional<Sections.Section> loaded = sections.section("loaded");
        if (loaded.isEmpty() || !loaded.get().ok()) {
            // Only a machine without systemd has nothing to say; one that does not answer leaves it open.
            return loaded.map(Sections.Section::text)
                            .filter(text -> text.contains("not been booted with systemd") || text.contains("not found"))
                            .isPresent()
                    ? Optional.empty()
                    : Optional.of("systemd does not tell when sshd last read its files");
        }
        String unit = loaded.get().text();
        Matcher start = START.matcher(unit);
        Optional<Double> uptime = sections.section("uptime")
                .flatMap(section -> number(section.text().split(" ")[0]));
        Optional<Double> now =
                sections.section("now").flatMap(section -> number(section.text().strip()));
        if (!unit.contains("ActiveState=active") || !start.find() || uptime.isEmpty() || now.isEmpty()) {
            // A socket-activated or unmanaged sshd reads its files anew, or cannot be dated.
            return Optional.empty();
        }
        // The monotonic start survives clock steps; converted by the node's own two clocks of this moment.
        double started = now.get() - (uptime.get() - Long.parseLong(start.group(1)) / 1e6);
        double read = RELOAD.matcher(unit)
                .results()
                .mapToDouble(reload -> Double.parseDouble(reload.group(1)))
                .reduce(started, Math::max);
        Optional<MatchResult> newest = FILE.matcher(
                        sections.section("changed").map(Sections.Section::text).orElse(""))
                .results()
                .max((one, other) -> Long.compare(Long.parseLong(one.group(1)), Long.parseLong(other.group(1))));
        // Whole seconds on one side, so one second of doubt.
        return newest.filter(file -> Long.parseLong(file.group(1)) > read + 1)
                .map(file -> "%s was changed %d s after sshd last read its files"
                        .formatted(file.group(2), Math.round(Long.parseLong(file.group(1)) - read)));
    }

    private static Optional<Double> number(String text) {
        return text.matches("\\d{1,12}(\\.\\d{1,9})?") ? Optional.of(Double.parseDouble(text)) : Optional.empty();
    }
}
