package holdfast.checks.pveproxy;

import holdfast.change.Change;
import holdfast.change.Remedy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The services behind the API are started, and nothing else: what keeps a started one from serving is not guessed. */
final class ServicesFix {

    /** pveproxy runs "pvecm updatecerts" first, and that waits 80 s for quorum: 93 s were measured. */
    private static final Duration START = Duration.ofMinutes(2);

    private static final Duration SETTLE = Duration.ofSeconds(100);

    private ServicesFix() {}

    /**
     * @param holders other programs on the API's port
     */
    static Remedy of(Map<String, ServiceState> services, List<String> holders, int port) {
        if (!holders.isEmpty()) {
            return squatted(holders, port);
        }
        List<Change> changes = new ArrayList<>();
        // pveproxy passes on to pvedaemon what it may not do itself.
        for (String id : List.of("pvedaemon.service", "pveproxy.service")) {
            ServiceState service = services.get(id);
            if (service == null) {
                continue;
            }
            String name = id.replace(".service", "");
            if (service.load().equals("not-found")) {
                return Remedy.refused(
                        "%s does not exist on this node: its package is not installed, or damaged".formatted(id),
                        "dpkg -V pve-manager",
                        "apt install --reinstall pve-manager");
            }
            if (service.isCrashLooping()) {
                return Remedy.refused(
                        "%s ends again and again by itself: starting it once more mends nothing".formatted(name),
                        "journalctl -u %s -n 50".formatted(name),
                        "a value in /etc/default/pveproxy that it does not accept, or /etc/pve missing, are the usual causes");
            }
            if (service.unit(id).isChanging()) {
                return Remedy.refused(
                        "%s is %s at this moment; without quorum that takes 93 seconds"
                                .formatted(name, service.active()),
                        "scan again in two minutes");
            }
            if (!service.isActive()) {
                changes.add(service.unit(id).start(START));
            }
        }
        return Remedy.steps(changes.toArray(Change[]::new))
                .settlingWithin(SETTLE)
                .noting("pveproxy waits for quorum when it starts: without, it takes up to 93 seconds");
    }

    static Remedy squatted(List<String> holders, int port) {
        return Remedy.refused(
                "port %d is held by %s, and holdfast never ends a program that it did not start"
                        .formatted(port, String.join(", ", holders)),
                "find out what it is and who needs it: ss -ltnp 'sport = :%d'".formatted(port),
                "give it another port or stop it, then: systemctl restart pveproxy");
    }
}
