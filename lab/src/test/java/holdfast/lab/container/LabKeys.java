package holdfast.lab.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.OpenSSHPrivateKeyUtil;
import org.bouncycastle.crypto.util.OpenSSHPublicKeyUtil;

/**
 * What opens the nodes of one practice cluster, made anew for each.
 *
 * @param directory a private temporary directory
 * @param privateKey an ed25519 key in OpenSSH's format, mode 0600, good for root, ops, carl, plain and noisy
 * @param publicKey its line for {@code authorized_keys}
 * @param rootPassword root's password on every node
 * @param carlPassword the password that carl's sudo asks for
 */
public record LabKeys(Path directory, Path privateKey, String publicKey, String rootPassword, String carlPassword) {

    static LabKeys generate() throws IOException {
        SecureRandom random = new SecureRandom();
        Ed25519PrivateKeyParameters key = new Ed25519PrivateKeyParameters(random);
        Base64.Encoder base64 = Base64.getEncoder();
        Path directory = Files.createTempDirectory("holdfast-lab-");
        Path file = Files.createFile(
                directory.resolve("id_ed25519"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                file,
                "-----BEGIN OPENSSH PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(70, new byte[] {'\n'})
                                .encodeToString(OpenSSHPrivateKeyUtil.encodePrivateKey(key))
                        + "\n-----END OPENSSH PRIVATE KEY-----\n",
                StandardCharsets.US_ASCII);
        String line = "ssh-ed25519 "
                + base64.encodeToString(OpenSSHPublicKeyUtil.encodePublicKey(key.generatePublicKey()))
                + " holdfast-lab";
        return new LabKeys(directory, file, line, password(random), password(random));
    }

    private static String password(SecureRandom random) {
        byte[] bytes = new byte[12];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    void delete() throws IOException {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
