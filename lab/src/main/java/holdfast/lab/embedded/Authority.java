package holdfast.lab.embedded;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A cluster's CA, with the names that Proxmox gives them. */
public final class Authority {

    private static final Duration BACKDATED = Duration.ofDays(1);

    private final KeyPair key = newKey();
    private final X500Name name;
    private final String pem;

    /** @param unit the random part of the CA's name */
    public Authority(String unit) {
        name = new X500Name("CN=Proxmox Virtual Environment,OU=" + unit + ",O=PVE Cluster Manager CA");
        pem = sign(name, key, Instant.now().plus(Duration.ofDays(3650)));
    }

    /** The CA's own certificate. */
    public String pem() {
        return pem;
    }

    /** A node's certificate, PEM, that ends after {@code left}. */
    public String issue(String node, Duration left) {
        return sign(
                new X500Name("OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=" + node),
                newKey(),
                Instant.now().plus(left));
    }

    /** A certificate with its private key, for a server on this machine. */
    record Identity(String certificate, PrivateKey key) {}

    /** A node's certificate for its name and for loopback, with the key. */
    Identity identity(String node, Duration left) {
        KeyPair own = newKey();
        GeneralName[] names = {
            new GeneralName(GeneralName.dNSName, node),
            new GeneralName(GeneralName.dNSName, "localhost"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1")
        };
        return new Identity(
                sign(
                        new X500Name("OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=" + node),
                        own,
                        Instant.now().plus(left),
                        names),
                own.getPrivate());
    }

    private String sign(X500Name subject, KeyPair subjectKey, Instant end, GeneralName... names) {
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                name,
                new BigInteger(100, new SecureRandom()),
                Date.from(end.minus(Duration.ofDays(730)).minus(BACKDATED)),
                Date.from(end),
                subject,
                SubjectPublicKeyInfo.getInstance(subjectKey.getPublic().getEncoded()));
        try {
            if (subject.equals(name)) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            }
            if (names.length > 0) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            }
            byte[] der = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                    .getEncoded();
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                    + "\n-----END CERTIFICATE-----\n";
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("a practice certificate could not be made", e);
        }
    }

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }
}
