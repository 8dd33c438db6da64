package holdfast.node.ssh;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Base64;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/** Public keys in SSH's wire form. */
final class Blobs {

    private Blobs() {}

    /** The key type that a blob begins with; empty when it does not begin with one. */
    static String typeOf(byte[] blob) {
        if (blob.length < 4) {
            return "";
        }
        int length = (blob[0] & 0xff) << 24 | (blob[1] & 0xff) << 16 | (blob[2] & 0xff) << 8 | (blob[3] & 0xff);
        return length < 0 || length > blob.length - 4 ? "" : new String(blob, 4, length, StandardCharsets.ISO_8859_1);
    }

    /** {@code SHA256:…} as {@code ssh-keygen -l} prints it. */
    static String fingerprint(byte[] blob) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(blob);
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The fingerprint of a key; for a certificate, of the key inside. */
    static String fingerprint(PublicKey key) {
        return fingerprint(of(plain(key)));
    }

    static PublicKey plain(PublicKey key) {
        return key instanceof OpenSshCertificate certificate ? certificate.getCertPubKey() : key;
    }

    static byte[] of(PublicKey key) {
        ByteArrayBuffer buffer = new ByteArrayBuffer();
        buffer.putRawPublicKey(key);
        return buffer.getCompactData();
    }

    static PublicKey decode(byte[] blob) throws java.security.GeneralSecurityException {
        try {
            return new ByteArrayBuffer(blob).getRawPublicKey();
        } catch (org.apache.sshd.common.SshException e) {
            throw new java.security.GeneralSecurityException(e);
        }
    }
}
