package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.text.Names;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The host keys that a cluster knows its members by, as lines of {@code known_hosts}. They are public; the node prints
 * only what looks like such a line, so that nothing else of a file below {@code /etc/pve/priv} can leave it.
 *
 * @param pinned {@code /etc/pve/nodes/NODE/ssh_known_hosts} by node: what Proxmox VE itself compares with when a member
 *     logs in to another, its RSA key (pve-cluster 8.0.6 and newer)
 * @param merged {@code /etc/pve/priv/known_hosts}, which older ones use, for all members; empty when there is none
 * @param own the keys in this node's own {@code /etc/ssh/ssh_host_*_key.pub}, type and key
 */
public record ClusterKeys(Map<String, Reading<String>> pinned, Reading<String> merged, Reading<String> own) {

    /** A pinned file has one line; a merged one of the largest cluster is a few dozen KiB long. */
    private static final String SHELL = """
            keys() {
            [ "$(wc -c <"$1")" -le "$2" ] || { echo "$1 is larger than $2 bytes" >&2; return 1; }
            t=$(cat -- "$1") || return 1
            printf '%s\\n' "$t" | grep -aoE "$3(ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*" || [ $? = 1 ]
            }
            named='^(@revoked +)?[^ #@]+ +'
            """;

    /** The merged file on its own: a long one must not cost the pinned keys. */
    public static final Probe<ClusterKeys> PROBE = Probe.both(
            Probe.command(
                    "cluster.pinned-keys",
                    Sections.SHELL + SHELL + """
                            for f in /etc/pve/nodes/*/ssh_known_hosts; do
                            [ -e "$f" ] || continue
                            n=${f%/ssh_known_hosts}
                            section "pinned ${n##*/}" keys "$f" 16384 "$named"
                            done
                            own() { for f in /etc/ssh/ssh_host_*_key.pub; do [ ! -e "$f" ] || keys "$f" 16384 ^ || return 1; done; }
                            section own own
                            """,
                    Duration.ofSeconds(6),
                    output -> Sections.parse(output.stdout())),
            Probe.attempt(Probe.command(
                    "cluster.merged-keys", SHELL + """
                            f=/etc/pve/priv/known_hosts
                            [ ! -e "$f" ] || keys "$f" 900000 "$named"
                            """, Duration.ofSeconds(6), output -> output.stdout())),
            ClusterKeys::of);

    public ClusterKeys {
        pinned = Collections.unmodifiableMap(new LinkedHashMap<>(pinned));
    }

    static ClusterKeys of(Sections files, Reading<String> merged) {
        Map<String, Reading<String>> pinned = new LinkedHashMap<>();
        files.all().keySet().stream().sorted().forEach(name -> {
            String node = name.startsWith("pinned ") ? name.substring(7) : "";
            if (Names.isNodeName(node)) {
                pinned.put(node, files.text(name));
            }
        });
        return new ClusterKeys(pinned, merged, files.text("own"));
    }
}
