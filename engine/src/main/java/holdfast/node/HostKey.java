package holdfast.node;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A machine's public key, as {@code known_hosts} and {@code ssh_host_*_key.pub} spell it.
 *
 * @param type one of {@link #TYPES}
 * @param base64 the key in SSH's wire form, which begins with its type once more; in canonical Base64
 */
public record HostKey(String type, String base64) {

    /** The types that a server may have and that are understood here, the one that Proxmox VE pins first. */
    public static final List<String> TYPES =
            List.of("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521");

    /** An RSA key of 16384 bits is 2 KiB long. */
    private static final int LIMIT = 4096;

    /** @throws IllegalArgumentException for anything that is not the key that it says it is */
    public HostKey {
        if (!isRight(type, base64)) {
            throw new IllegalArgumentException("not a host key");
        }
    }

    /** The key in these two words of a line; empty when it is none of {@link #TYPES}, or damaged. */
    public static Optional<HostKey> of(String type, String base64) {
        return isRight(type, base64) ? Optional.of(new HostKey(type, base64)) : Optional.empty();
    }

    /** The key in SSH's wire form; empty when it is none of {@link #TYPES}, or too long. */
    public static Optional<HostKey> of(String type, byte[] blob) {
        return of(type, Base64.getEncoder().encodeToString(blob));
    }

    private static boolean isRight(String type, String base64) {
        if (!TYPES.contains(type) || base64.length() > 2 * LIMIT) {
            return false;
        }
        try {
            byte[] blob = Base64.getDecoder().decode(base64);
            byte[] name = type.getBytes(StandardCharsets.US_ASCII);
            // The type is said twice; what follows is for ssh to understand.
            boolean same = blob.length > 4 + name.length
                    && blob.length <= LIMIT
                    && blob[0] == 0
                    && blob[1] == 0
                    && blob[2] == 0
                    && blob[3] == name.length;
            for (int i = 0; same && i < name.length; i++) {
                same = blob[4 + i] == name[i];
            }
            return same && Base64.getEncoder().encodeToString(blob).equals(base64);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** {@code SHA256:…} as {@code ssh-keygen -l} prints it. */
    public String fingerprint() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(Base64.getDecoder().decode(base64));
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Type and fingerprint, for a person. */
    @Override
    public String toString() {
        return type + " " + fingerprint();
    }
}
