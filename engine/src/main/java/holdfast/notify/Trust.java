package holdfast.notify;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Which certificates a webhook's server may have. */
public final class Trust {

    private Trust() {}

    /**
     * Java's own authorities, and those of a file.
     *
     * @param file certificates in PEM, one or several
     * @throws NotifyException when the file cannot be read or holds no certificate
     */
    public static SSLContext with(Path file) throws NotifyException {
        Collection<? extends Certificate> added;
        try (InputStream input = Files.newInputStream(file)) {
            added = CertificateFactory.getInstance("X.509").generateCertificates(input);
        } catch (IOException e) {
            throw new NotifyException("%s cannot be read; name a file with the CA's certificate in PEM", file);
        } catch (CertificateException e) {
            throw new NotifyException("%s holds no certificate in PEM", file);
        }
        if (added.isEmpty()) {
            throw new NotifyException("%s holds no certificate in PEM", file);
        }
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (X509Certificate known : ofJava()) {
                store.setCertificateEntry("java-" + number++, known);
            }
            for (Certificate certificate : added) {
                store.setCertificateEntry("added-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("Java's own trust store cannot be used", e);
        }
    }

    private static X509Certificate[] ofJava() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        @Nullable KeyStore own = null;
        factory.init(own);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager trusted) {
                return trusted.getAcceptedIssuers();
            }
        }
        return new X509Certificate[0];
    }
}
