package holdfast.proxmox;

import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.util.HashMap;
import java.util.Map;

/**
 * The QDevice's client on one member ({@code corosync-qdevice-tool -s}).
 *
 * @param state {@code Connected}, {@code Connecting}, {@code Connect failed} or {@code Disconnected}
 * @param host the host that qnetd runs on, with its port
 * @param algorithm in the tool's words, such as {@code Fifty-Fifty split}
 */
public record QuorumDevice(String state, String host, String algorithm) {

    /** Whether this member talks to qnetd. */
    public boolean connected() {
        return state.equals("Connected");
    }

    static Reading<QuorumDevice> of(Sections sections) {
        return sections.text("device").then(text -> {
            Map<String, String> fields = new HashMap<>();
            text.lines().forEach(line -> {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    fields.putIfAbsent(
                            line.substring(0, colon).strip(),
                            line.substring(colon + 1).strip());
                }
            });
            String state = fields.get("State");
            return state == null
                    ? Reading.unknown("corosync-qdevice-tool tells no state")
                    : Reading.known(new QuorumDevice(
                            state, fields.getOrDefault("QNetd host", ""), fields.getOrDefault("Algorithm", "")));
        });
    }
}
