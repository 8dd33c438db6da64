package holdfast.checks.certificate;

import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Certificates.Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What Proxmox's own commands can renew on a node, and the way to have it served. */
final class Renewal {

    /** Proxmox does not sign node certificates with a CA that ends within so many days (pve-manager, pveupdate). */
    private static final int AUTHORITY_DAYS = 14;

    /** Without quorum it waits 80 s before it gives up. */
    private static final Duration UPDATECERTS = Duration.ofSeconds(100);

    /** The CA calls the node back for every name, one after the other. */
    private static final Duration ORDER = Duration.ofMinutes(3);

    /**
     * A reload, never a restart: that waits 80 s for quorum and cuts consoles. A pveproxy that does not run reads
     * its certificate when it starts.
     */
    static final Change.Reload RELOAD = new Change.Reload(
            "! systemctl is-active -q pveproxy.service || systemctl reload pveproxy.service",
            "let pveproxy read its certificate anew");

    /** pveproxy replaces its workers one by one. */
    static final Duration SETTLE = Duration.ofSeconds(20);

    private Renewal() {}

    /** For all the files that are of no use any more, or not for much longer: all of them, or none. */
    static Remedy of(List<String> files, Certificates certificates, Instant now) {
        Optional<String> node = certificates.nodeName();
        if (node.isEmpty()) {
            return Remedy.refused(
                    "the node's own name below /etc/pve/nodes could not be read",
                    "look at it: readlink /etc/pve/local",
                    "scan again");
        }
        if (files.contains("pve-root-ca.pem")) {
            return Remedy.refused(
                    "the cluster's CA ends, and no command renews it: every node's certificate and everybody's trust hang on it",
                    "plan its replacement on a maintenance day: pvecm updatecerts makes a new one only where there is none",
                    "renew every member's certificate after it, and tell the clients that trust the old one");
        }
        String folder = "/etc/pve/nodes/" + node.get() + "/";
        List<Change> changes = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (files.contains("pve-ssl.pem")) {
            Optional<Remedy> refused = nodeRefused(certificates, now);
            if (refused.isPresent()) {
                return refused.get();
            }
            // It writes the certificate anew, and the key where there is none. The CA's serial number moves on and
            // must not go back: a number is given once.
            changes.add(new Change.Run(
                    "pvecm updatecerts --force",
                    "have the cluster's CA sign a new certificate for this node",
                    "",
                    List.of(folder + "pve-ssl.pem", folder + "pve-ssl.key"),
                    UPDATECERTS));
            notes.add("without quorum this waits 80 seconds and changes nothing");
        }
        if (files.contains("pveproxy-ssl.pem")) {
            Optional<Remedy> refused = customRefused(certificates);
            if (refused.isPresent()) {
                return refused.get();
            }
            changes.add(new Change.Run(
                    "pvenode acme cert renew --force 1",
                    "order a new certificate from the node's ACME service",
                    "",
                    List.of(folder + "pveproxy-ssl.pem", folder + "pveproxy-ssl.key"),
                    ORDER));
            notes.add(
                    "Proxmox revokes the old certificate after the order: an undo brings back one that clients may refuse");
        }
        changes.add(RELOAD);
        Remedy.Steps steps = Remedy.steps(changes.toArray(Change[]::new)).settlingWithin(SETTLE);
        for (String note : notes) {
            steps = steps.noting("%s", note);
        }
        return steps;
    }

    private static Optional<Remedy> nodeRefused(Certificates certificates, Instant now) {
        if (!(certificates.authority() instanceof Reading.Known<Certificate>(var authority))) {
            return Optional.of(Remedy.refused(
                    "the cluster's CA cannot be read, and without it no certificate can be signed",
                    "look at /etc/pve/pve-root-ca.pem on the other members: it is the same file"));
        }
        if (authority.daysLeft(now) <= AUTHORITY_DAYS) {
            return Optional.of(Remedy.refused(
                    "the cluster's CA ends in %d days: what it signs now ends with it"
                            .formatted(authority.daysLeft(now)),
                    "plan the CA's replacement; the node's certificate comes with it"));
        }
        if (certificates.node() instanceof Reading.Known<Certificate>(var current)
                && !current.issuer().equals(authority.subject())) {
            return Optional.of(Remedy.refused(
                    "pve-ssl.pem was not made by this cluster's CA but by %s: somebody put it there"
                            .formatted(current.issuer()),
                    "a certificate of another CA belongs into pveproxy-ssl.pem: pvenode cert set CERT.pem KEY.pem",
                    "then, on that node: pvecm updatecerts --force; systemctl reload pveproxy"));
        }
        return Optional.empty();
    }

    private static Optional<Remedy> customRefused(Certificates certificates) {
        if (!certificates.acme()) {
            return Optional.of(Remedy.refused(
                    "pveproxy-ssl.pem was uploaded by somebody: this node has no ACME configuration to renew it by",
                    "upload its successor: pvenode cert set CERT.pem KEY.pem --force 1 --restart 1",
                    "or go back to the cluster's own: pvenode cert delete --restart 1"));
        }
        if (certificates.custom().orElse(certificates.node()) instanceof Reading.Unknown<Certificate>(var why)) {
            return Optional.of(Remedy.refused(
                    "an ACME order renews a certificate that can be read, and this one cannot: " + why,
                    "remove it and order anew: pvenode cert delete; pvenode acme cert order"));
        }
        return Optional.empty();
    }
}
