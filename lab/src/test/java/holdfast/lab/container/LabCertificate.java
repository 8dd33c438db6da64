package holdfast.lab.container;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate and its key as PEM, with any validity: Debian 12's openssl cannot write one that has ended. */
record LabCertificate(String certificate, String key) {

    static LabCertificate selfSigned(String host, String address, int fromDays, int toDays) {
        try {
            KeyPair pair = pair();
            X500Name subject = new X500Name("CN=" + host);
            return make(subject, subject, pair, pair.getPrivate(), host, address, fromDays, toDays);
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    static LabCertificate signed(String caPem, String caKeyPem, String host, String address, int fromDays, int toDays) {
        try (PEMParser certificate = new PEMParser(new StringReader(caPem));
                PEMParser key = new PEMParser(new StringReader(caKeyPem))) {
            X500Name issuer = ((X509CertificateHolder) certificate.readObject()).getSubject();
            Object parsed = key.readObject();
            PrivateKeyInfo info = parsed instanceof PEMKeyPair old ? old.getPrivateKeyInfo() : (PrivateKeyInfo) parsed;
            X500Name subject = new X500Name("OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN=" + host);
            PrivateKey signer = new JcaPEMKeyConverter().getPrivateKey(info);
            return make(issuer, subject, pair(), signer, host, address, fromDays, toDays);
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static LabCertificate make(
            X500Name issuer,
            X500Name subject,
            KeyPair pair,
            PrivateKey signer,
            String host,
            String address,
            int fromDays,
            int toDays)
            throws IOException, OperatorCreationException {
        Instant now = Instant.now();
        X509CertificateHolder holder = new JcaX509v3CertificateBuilder(
                        issuer,
                        new BigInteger(64, new SecureRandom()),
                        Date.from(now.plus(Duration.ofDays(fromDays))),
                        Date.from(now.plus(Duration.ofDays(toDays))),
                        subject,
                        pair.getPublic())
                .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                    new GeneralName(GeneralName.dNSName, host), new GeneralName(GeneralName.iPAddress, address)
                }))
                .build(new JcaContentSignerBuilder("SHA256withRSA").build(signer));
        return new LabCertificate(pem(holder), pem(pair.getPrivate()));
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }
}
