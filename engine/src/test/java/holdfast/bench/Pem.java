package holdfast.bench;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certificates for tests, with the names that Proxmox gives them. */
public final class Pem {

    /** The subject of a cluster's CA. */
    public static final String AUTHORITY = "CN=Proxmox Virtual Environment,OU=0f9b7b4c,O=PVE Cluster Manager CA";

    private Pem() {}

    /**
     * A certificate, PEM, valid for two years until {@code end}.
     *
     * @param names its subject alternative names, of hosts
     */
    public static String certificate(String subject, String issuer, Instant end, String... names) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair key = generator.generateKeyPair();
            X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                    new X500Name(issuer),
                    BigInteger.valueOf(end.getEpochSecond()),
                    Date.from(end.minusSeconds(730L * 86_400)),
                    Date.from(end),
                    new X500Name(subject),
                    SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded()));
            if (names.length > 0) {
                GeneralName[] hosts = Arrays.stream(names)
                        .map(name -> new GeneralName(GeneralName.dNSName, name))
                        .toArray(GeneralName[]::new);
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(hosts));
            }
            byte[] der = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                    .getEncoded();
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                    + "\n-----END CERTIFICATE-----\n";
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A node's certificate, made by the cluster's CA. */
    public static String node(Instant end) {
        return certificate("OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=pve1", AUTHORITY, end);
    }

    /** The CA's own. */
    public static String authority(Instant end) {
        return certificate(AUTHORITY, AUTHORITY, end);
    }
}
