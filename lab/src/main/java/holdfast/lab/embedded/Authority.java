package holdfast.lab.embedded;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
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

    private String sign(X500Name subject, KeyPair subjectKey, Instant end) {
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                name,
                new BigInteger(100, new SecureRandom()),
                Date.from(end.minus(Duration.ofDays(730)).minus(BACKDATED)),
                Date.from(end),
                subject,
                SubjectPublicKeyInfo.getInstance(subjectKey.getPublic().getEncoded()));
        try {
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
