package holdfast.token;

import holdfast.probe.Probe;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The daemons that an API call goes through, and systemd's word on each (systemctl(1)).
 *
 * @param states ActiveState by unit, such as {@code pveproxy.service}
 */
public record Services(Map<String, String> states) {

    public static final Probe<Services> PROBE = Probe.command(
            "token.services",
            "systemctl show -p Id -p ActiveState pveproxy.service pvedaemon.service pve-cluster.service",
            Duration.ofSeconds(8),
            output -> {
                Map<String, String> states = new LinkedHashMap<>();
                String id = "";
                String state = "";
                for (String line : (output.stdout() + "\n").split("\n", -1)) {
                    if (line.startsWith("Id=")) {
                        id = line.substring(3).strip();
                    } else if (line.startsWith("ActiveState=")) {
                        state = line.substring(12).strip();
                    } else if (line.isBlank() && !id.isEmpty()) {
                        states.put(id, state);
                        id = "";
                    }
                }
                if (states.size() != 3) {
                    throw new IllegalArgumentException("systemctl told of %d units".formatted(states.size()));
                }
                return new Services(states);
            });

    public Services {
        states = Collections.unmodifiableMap(new LinkedHashMap<>(states));
    }
}
