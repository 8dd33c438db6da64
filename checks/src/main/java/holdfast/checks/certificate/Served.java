package holdfast.checks.certificate;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.ApiEndpoint;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Certificates.Certificate;
import java.util.List;

/** What port 8006 serves is the certificate on disk, and comes from the kind of CA that the policy wants. */
@CheckInfo(
        title = "The certificate on disk is the one that is served",
        severity = Severity.MEDIUM,
        tags = {"tls", "api"},
        references = {
            "pve-manager PVE/Service/pveproxy.pm: pveproxy-ssl.pem is used when its key is there too",
            "Proxmox VE Administration Guide, Certificate Management"
        })
public final class Served implements Check.OfNode<Served.Facts> {

    record Facts(Certificates files, ApiEndpoint endpoint) {}

    @Override
    public Probe<Facts> probe(Policy policy) {
        return Probe.both(
                Certificates.PROBE, ApiEndpoint.probe(policy.pveproxy().port()), Facts::new);
    }

    @Override
    public Verdict judge(Facts facts, Policy policy) {
        int port = policy.pveproxy().port();
        if (facts.endpoint().chain().isEmpty()) {
            return unknown("port %d serves no certificate: see pveproxy.listening", port);
        }
        Certificate served = facts.endpoint().chain().get(0);
        String file = facts.files().servedFile();
        return switch (facts.files().served()) {
            case Reading.Unknown<Certificate>(var why) ->
                fail("port %d serves a certificate that is not in %s: %s", port, file, why)
                        .expected("the certificate of " + file)
                        .actual(served.subject())
                        .evidence(List.of("served: " + words(served)))
                        .advice("mend %s, then: systemctl reload pveproxy".formatted(file))
                        .remedy(Remedy.refused(
                                "a reload now would have pveproxy read a file that is of no use, and the API would be gone",
                                "mend %s: see certificate.expiry".formatted(file),
                                "then: systemctl reload pveproxy"));
            case Reading.Known<Certificate>(var disk)
            when !disk.fingerprint().equals(served.fingerprint()) ->
                fail("port %d serves an older certificate than %s: pveproxy was not reloaded", port, file)
                        .expected(disk.fingerprint())
                        .actual(served.fingerprint())
                        .evidence(List.of("served: " + words(served), file + ": " + words(disk)))
                        .advice("systemctl reload pveproxy")
                        .remedy(Remedy.steps(Renewal.RELOAD).settlingWithin(Renewal.SETTLE));
            case Reading.Known<Certificate>(var disk)
            when policy.certificates().requireTrusted() && isOwn(facts.files(), served) ->
                fail("port %d serves a certificate that only the cluster's own CA vouches for", port)
                        .expected("a certificate from a CA that browsers and API clients know")
                        .actual("issuer " + disk.issuer())
                        .evidence(List.of("served: " + words(served)))
                        .advice(
                                "pvenode acme account register ACCOUNT MAIL; pvenode config set --acme domains=NAME",
                                "or: pvenode cert set CERT.pem KEY.pem --force 1 --restart 1")
                        .remedy(Remedy.refused(
                                "a certificate from another CA needs a name, an account or a file that only you have",
                                "from ACME: pvenode acme account register ACCOUNT MAIL; pvenode config set --acme domains=NAME; pvenode acme cert order",
                                "or your own: pvenode cert set CERT.pem KEY.pem --force 1 --restart 1"));
            case Reading.Known<Certificate>(var disk) ->
                pass("port %d serves %s, issued by %s", port, file, disk.issuer());
        };
    }

    /** Made by the cluster's CA, or by itself. */
    private static boolean isOwn(Certificates files, Certificate served) {
        return served.issuer().equals(served.subject())
                || (files.authority() instanceof Reading.Known<Certificate>(var authority)
                        && authority.subject().equals(served.issuer()));
    }

    private static String words(Certificate certificate) {
        return "%s, until %s, SHA-256 %s"
                .formatted(
                        certificate.subject(),
                        certificate.notAfter().toString().substring(0, 10),
                        certificate.fingerprint());
    }
}
