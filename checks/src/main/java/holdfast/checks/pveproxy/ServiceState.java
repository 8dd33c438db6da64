package holdfast.checks.pveproxy;

import holdfast.change.ServiceUnit;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What systemd says of one unit (systemctl(1) show).
 *
 * @param id the unit's name
 * @param load {@code loaded}, {@code masked}, {@code not-found}
 * @param active its ActiveState, such as {@code failed}
 * @param sub {@code running}, {@code dead}, {@code auto-restart}
 * @param unitFile {@code enabled}, {@code disabled}, {@code masked}
 * @param linked whether the boot's target wants it, which a mask hides
 * @param restarts how often systemd has restarted it by itself since it was last started by hand
 * @param runningSeconds how long the main process has run; empty when it does not
 */
record ServiceState(
        String id,
        String load,
        String active,
        String sub,
        String unitFile,
        boolean linked,
        int restarts,
        Optional<Double> runningSeconds) {

    /** The two services that the API needs: the proxy and the daemon that does what it asks for. */
    static final Probe<Map<String, ServiceState>> PROBE = Probe.command(
            "pveproxy.services",
            Sections.SHELL + """
            section uptime cut -d' ' -f1 /proc/uptime
            section wanted ls -1 /etc/systemd/system/multi-user.target.wants
            section units systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,ExecMainStartTimestampMonotonic pveproxy.service pvedaemon.service
            """,
            Duration.ofSeconds(8),
            output -> parse(Sections.parse(output.stdout())));

    static Map<String, ServiceState> parse(Sections sections) {
        double uptime = Double.parseDouble(required(sections, "uptime").strip());
        List<String> wanted = sections.section("wanted").stream()
                .flatMap(section -> section.text().lines())
                .map(String::strip)
                .toList();
        Map<String, ServiceState> states = new HashMap<>();
        for (String unit : required(sections, "units").split("\n\n")) {
            Map<String, String> values = new HashMap<>();
            unit.lines().forEach(line -> {
                String[] pair = line.split("=", 2);
                if (pair.length == 2) {
                    values.put(pair[0].strip(), pair[1].strip());
                }
            });
            String started = values.getOrDefault("ExecMainStartTimestampMonotonic", "0");
            ServiceState state = new ServiceState(
                    values.getOrDefault("Id", ""),
                    values.getOrDefault("LoadState", ""),
                    values.getOrDefault("ActiveState", ""),
                    values.getOrDefault("SubState", ""),
                    values.getOrDefault("UnitFileState", ""),
                    wanted.contains(values.getOrDefault("Id", "")),
                    values.getOrDefault("NRestarts", "0").matches("\\d{1,9}")
                            ? Integer.parseInt(values.getOrDefault("NRestarts", "0"))
                            : 0,
                    started.matches("[1-9]\\d{0,17}")
                            ? Optional.of(uptime - Long.parseLong(started) / 1e6)
                            : Optional.empty());
            states.put(state.id(), state);
        }
        return Map.copyOf(states);
    }

    private static String required(Sections sections, String name) {
        return switch (sections.text(name)) {
            case Reading.Known<String>(var text) -> text;
            case Reading.Unknown<String>(var why) -> throw new IllegalArgumentException(why);
        };
    }

    /** @param name the unit's name, of our own text: what the node printed is not used in commands */
    ServiceUnit unit(String name) {
        return new ServiceUnit(name, load, active, unitFile, linked);
    }

    boolean isActive() {
        return active.equals("active");
    }

    /** Being restarted at this moment, or restarted by itself again and again and up for less than five minutes. */
    boolean isCrashLooping() {
        return sub.equals("auto-restart") || (restarts >= 2 && runningSeconds.orElse(0.0) < 300);
    }

    String words() {
        return "%s is %s (%s)%s%s"
                .formatted(
                        id,
                        active,
                        sub,
                        load.equals("masked") ? ", masked" : "",
                        restarts > 0 ? ", restarted %d times by systemd".formatted(restarts) : "");
    }
}
