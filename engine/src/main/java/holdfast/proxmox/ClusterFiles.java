package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@code /etc/pve} says of the cluster, as one member shows it. All of it may hang or be gone, so nothing that
 * quorum is judged by comes from here.
 *
 * @param corosyncConf the text of {@code /etc/pve/corosync.conf}; empty where there is none
 * @param guests all guests of the cluster
 * @param highAvailability the HA stack's own word
 * @param authority the fingerprint of the cluster's CA, by which two clusters of one name are told apart
 */
public record ClusterFiles(
        Reading<Optional<String>> corosyncConf,
        Reading<List<Guest>> guests,
        Reading<HighAvailability> highAvailability,
        Reading<String> authority) {

    /**
     * A corosync.conf without its secret: {@code key} may hold the members' common one. corosync allows spaces, tabs and
     * the byte A0 around a key, and a comment may hold an old one (exec/coroparse.c). Prints as {@code contents} of
     * {@link Sections} does.
     */
    static final String CONF = """
            conf() { if [ -e "$2" ]; then section "$1" sed -e 's/^\\(key[^[:alnum:]_]*:\\).*/\\1 (not shown)/' -e 's/\\([^[:alnum:]_]key[^[:alnum:]_]*:\\).*/\\1 (not shown)/' "$2"; else printf '#: %s\\n#= 44\\n' "$1"; fi; }
            """;

    /** The limit decides how long a hung pmxcfs holds up an answer; a healthy one needs milliseconds. */
    public static final Probe<ClusterFiles> PROBE = Probe.any(
            "cluster.files",
            Sections.SHELL + CONF + """
                    [ -e /etc/pve/local ] || { echo '/etc/pve is not mounted: pve-cluster does not run' >&2; exit 45; }
                    conf corosync.conf /etc/pve/corosync.conf
                    contents vmlist /etc/pve/.vmlist
                    contents manager /etc/pve/ha/manager_status
                    agents() { for f in /etc/pve/nodes/*/lrm_status; do [ -e "$f" ] || continue; n=${f%/lrm_status}; printf '%s\\t' "${n##*/}"; cat "$f"; echo; done; }
                    section agents agents
                    section authority sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' /etc/pve/pve-root-ca.pem
                    """ + Sections.LAST,
            Duration.ofSeconds(4),
            output -> output.ok()
                    ? Reading.known(of(Sections.parse(output.stdout()).finished()))
                    : Reading.unknown("/etc/pve: %s", output.complaint()));

    static ClusterFiles of(Sections sections) {
        return new ClusterFiles(
                sections.file("corosync.conf"),
                sections.text("vmlist").then(text -> understood(() -> Guest.list(text))),
                sections.file("manager")
                        .then(manager -> sections.text("agents")
                                .then(agents -> understood(() -> HighAvailability.of(manager, agents)))),
                sections.text("authority")
                        .then(text -> Certificates.first("pve-root-ca.pem", text))
                        .then(certificate -> Reading.known(certificate.fingerprint())));
    }

    private static <T> Reading<T> understood(java.util.function.Supplier<T> parser) {
        try {
            return Reading.known(parser.get());
        } catch (IllegalArgumentException e) {
            return new Reading.Unknown<>(String.valueOf(e.getMessage()));
        }
    }
}
