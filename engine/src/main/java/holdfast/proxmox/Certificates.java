package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The certificate files of a node. Only certificates leave it: a key that somebody stored in the same file
 * is left out on the node.
 *
 * @param node {@code /etc/pve/local/pve-ssl.pem}, made by the cluster's CA
 * @param custom {@code /etc/pve/local/pveproxy-ssl.pem}, uploaded or from ACME; empty when absent
 * @param customKey whether {@code pveproxy-ssl.key} is there too, or {@code TLS_KEY_FILE} names another: without it pveproxy ignores the certificate
 * @param authority {@code /etc/pve/pve-root-ca.pem}
 * @param nodeName the node's own name, the folder below {@code /etc/pve/nodes} that the files are in; empty when it
 *     could not be read
 * @param acme whether Proxmox orders this node's certificate from an ACME service by itself
 */
public record Certificates(
        Reading<Certificate> node,
        Optional<Reading<Certificate>> custom,
        boolean customKey,
        Reading<Certificate> authority,
        Optional<String> nodeName,
        boolean acme) {

    private static final Pattern OWN_FOLDER = Pattern.compile("nodes/([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)");

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]{1,100000}?-----END CERTIFICATE-----");

    /** {@code /etc/pve/local} is missing while pmxcfs is not mounted: then nothing here means anything. */
    public static final Probe<Certificates> PROBE = Probe.any(
            "proxmox.certificates",
            Sections.SHELL + """
                    [ -e /etc/pve/local ] || { echo '/etc/pve is not mounted: pve-cluster does not run' >&2; exit 45; }
                    section local readlink /etc/pve/local
                    section acme grep -qsE '^(acme:.*domains=|acmedomain[0-9]+:)' /etc/pve/local/config
                    pem() { printf '#: %s\\n' "$1"; if [ -e "$2" ]; then awk '/-----BEGIN /{ inside = 0 } /-----BEGIN CERTIFICATE-----/{ inside = 1 } inside { print } /-----END /{ inside = 0 }' "$2" 2>&1; printf '\\n#= %s\\n' "$?"; else printf '#= 44\\n'; fi; }
                    pem pve-ssl.pem /etc/pve/local/pve-ssl.pem
                    pem pveproxy-ssl.pem /etc/pve/local/pveproxy-ssl.pem
                    pem pve-root-ca.pem /etc/pve/pve-root-ca.pem
                    has_key() { [ -e /etc/pve/local/pveproxy-ssl.key ] || grep -qE '^[[:space:]]*(export[[:space:]]+)?TLS_KEY_FILE=.' /etc/default/pveproxy 2>/dev/null; }
                    section pveproxy-ssl.key has_key
                    """,
            Duration.ofSeconds(8),
            output -> output.ok()
                    ? Reading.known(of(Sections.parse(output.stdout())))
                    : Reading.unknown("%s", output.complaint()));

    static Certificates of(Sections sections) {
        Reading<Optional<String>> custom = sections.file("pveproxy-ssl.pem");
        boolean absent = custom instanceof Reading.Known<Optional<String>>(var text) && text.isEmpty();
        return new Certificates(
                sections.text("pve-ssl.pem").then(text -> first("pve-ssl.pem", text)),
                absent
                        ? Optional.empty()
                        : Optional.of(sections.text("pveproxy-ssl.pem").then(text -> first("pveproxy-ssl.pem", text))),
                sections.section("pveproxy-ssl.key")
                        .orElseThrow(
                                () -> new IllegalArgumentException("the answers about certificates are not complete"))
                        .ok(),
                sections.text("pve-root-ca.pem").then(text -> first("pve-root-ca.pem", text)),
                sections.section("local")
                        .filter(Sections.Section::ok)
                        .map(section -> OWN_FOLDER.matcher(section.text().strip()))
                        .filter(Matcher::matches)
                        .map(match -> match.group(1)),
                sections.section("acme").map(Sections.Section::ok).orElse(false));
    }

    /** The certificate that pveproxy is to serve, and its file's name: the custom one when its key is there. */
    public Reading<Certificate> served() {
        return custom.isPresent() && customKey ? custom.get() : node;
    }

    public String servedFile() {
        return custom.isPresent() && customKey ? "pveproxy-ssl.pem" : "pve-ssl.pem";
    }

    /** The first certificate of a PEM text: the leaf of a chain. */
    static Reading<Certificate> first(String file, String pem) {
        List<Certificate> all = parse(pem);
        return all.isEmpty()
                ? Reading.unknown("%s holds no certificate that can be read", file)
                : Reading.known(all.get(0));
    }

    /** All certificates of a text that can be understood, in order. */
    public static List<Certificate> parse(String text) {
        List<Certificate> found = new ArrayList<>();
        Matcher block = PEM.matcher(text);
        while (block.find() && found.size() < 10) {
            try {
                CertificateFactory factory = CertificateFactory.getInstance("X.509");
                byte[] bytes = block.group().getBytes(StandardCharsets.US_ASCII);
                if (factory.generateCertificate(new ByteArrayInputStream(bytes)) instanceof X509Certificate x509) {
                    found.add(Certificate.of(x509));
                }
            } catch (GeneralSecurityException e) {
                // Not a certificate: the caller sees that none was found in this place.
            }
        }
        return found;
    }

    /**
     * One X.509 certificate.
     *
     * @param subject RFC 2253
     * @param issuer RFC 2253
     * @param notBefore the first moment of its validity
     * @param notAfter the last moment of its validity
     * @param fingerprint SHA-256 of its DER form, 64 lower-case hexadecimal digits
     * @param names its subject alternative names
     */
    public record Certificate(
            String subject,
            String issuer,
            Instant notBefore,
            Instant notAfter,
            String fingerprint,
            List<String> names) {

        public Certificate {
            names = List.copyOf(names);
        }

        static Certificate of(X509Certificate x509) throws CertificateException {
            List<String> names = new ArrayList<>();
            var alternatives = x509.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.forEach(entry -> names.add(String.valueOf(entry.get(1))));
            }
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(x509.getEncoded());
                return new Certificate(
                        x509.getSubjectX500Principal().getName(),
                        x509.getIssuerX500Principal().getName(),
                        x509.getNotBefore().toInstant(),
                        x509.getNotAfter().toInstant(),
                        HexFormat.of().formatHex(digest),
                        names);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }

        /** Whole days until it ends, rounded down; negative once it has ended. */
        public long daysLeft(Instant now) {
            return Math.floorDiv(Duration.between(now, notAfter).toSeconds(), 86_400L);
        }
    }
}
