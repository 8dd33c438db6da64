package holdfast.node.ssh;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/**
 * One private key file of the user, shared by all connections of a run: read, and its passphrase asked for, at
 * most once. The passphrase is asked for when a server has accepted the public key, not before.
 */
final class KeyFile {

    private static final int ATTEMPTS = 3;
    private static final long SIZE_LIMIT = 1 << 20;

    private final Path path;
    private final Asker asker;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable String text;
    private @Nullable PublicKey publicKey;
    private @Nullable KeyPair pair;
    private @Nullable Unusable failure;

    KeyFile(Path path, Asker asker) {
        this.path = path;
        this.asker = asker;
    }

    /** Why a key file cannot be used, a sentence. */
    static final class Unusable extends Exception {

        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }

    Path path() {
        return path;
    }

    /** Whether there is such a file at all. */
    boolean exists() {
        return Files.exists(path);
    }

    /** The public half, from the key file, the {@code .pub} beside it, or, for old formats, by decrypting. */
    PublicKey publicKey() throws Unusable {
        lock.lock();
        try {
            PublicKey known = publicKey;
            if (known == null) {
                known = readPublicKey();
                publicKey = known;
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    /** The whole key; asks for its passphrase when it has one. */
    KeyPair pair() throws Unusable {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
            KeyPair known = pair;
            if (known == null) {
                known = decode();
                pair = known;
                text = null;
            }
            return known;
        } catch (Unusable e) {
            failure = e;
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private PublicKey readPublicKey() throws Unusable {
        String content = content();
        byte @Nullable [] blob = openSshPublicBlob(content);
        if (blob == null) {
            blob = publicFileBlob(path.resolveSibling(path.getFileName() + ".pub"));
        }
        try {
            return blob == null ? pair().getPublic() : Blobs.decode(blob);
        } catch (GeneralSecurityException e) {
            throw new Unusable("private key %s is of a type that is not supported".formatted(path));
        }
    }

    /** The content of the file, when it is one that ssh would use too. */
    private String content() throws Unusable {
        if (text != null) {
            return text;
        }
        try {
            PosixFileAttributes attributes = Files.readAttributes(path, PosixFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new Unusable("private key %s is not a file".formatted(path));
            }
            Set<PosixFilePermission> modes = attributes.permissions();
            // As in OpenSSH's sshkey_perm_ok: who gives others' keys to this user is not judged. systemd's credentials
            // are
            // such files, with a group's bits that are the mask of their access list.
            if (modes.stream().anyMatch(mode -> !mode.name().startsWith("OWNER_")) && isOwn()) {
                throw new Unusable("permissions %s of private key %s are too open: chmod 600 %s"
                        .formatted(octal(modes), path, path));
            }
            if (attributes.size() > SIZE_LIMIT) {
                throw new Unusable("%s is too large to be a private key".formatted(path));
            }
            String content = Files.readString(path, StandardCharsets.ISO_8859_1);
            text = content;
            return content;
        } catch (NoSuchFileException e) {
            throw new Unusable("private key %s does not exist".formatted(path));
        } catch (AccessDeniedException e) {
            throw new Unusable("private key %s cannot be read: permission denied".formatted(path));
        } catch (IOException e) {
            throw new Unusable("private key %s cannot be read: %s".formatted(path, e));
        }
    }

    private KeyPair decode() throws Unusable {
        byte[] content = content().getBytes(StandardCharsets.ISO_8859_1);
        Passphrases passphrases = new Passphrases();
        try {
            Iterable<KeyPair> pairs = SecurityUtils.loadKeyPairIdentities(
                    null, NamedResource.ofName(path.toString()), new ByteArrayInputStream(content), passphrases);
            if (pairs != null) {
                for (KeyPair found : pairs) {
                    return found;
                }
            }
            throw new Unusable("%s holds no private key that can be understood".formatted(path));
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            if (passphrases.noAnswer != null) {
                throw new Unusable("private key %s needs its passphrase, and %s: load it into an ssh-agent with ssh-add"
                        .formatted(path, passphrases.noAnswer));
            }
            throw new Unusable(
                    passphrases.asked > 0
                            ? "the passphrase given for private key %s is wrong".formatted(path)
                            : "%s holds no private key that can be understood: %s".formatted(path, e.getMessage()));
        }
    }

    /** Asks up to three times. */
    private final class Passphrases implements FilePasswordProvider {

        private int asked;
        private @Nullable String noAnswer;

        @Override
        public String getPassword(@Nullable SessionContext session, NamedResource resource, int retry)
                throws IOException {
            asked++;
            try {
                return asker.passphrase(path, asked).reveal();
            } catch (IOException e) {
                noAnswer = String.valueOf(e.getMessage());
                throw e;
            }
        }

        @Override
        public ResourceDecodeResult handleDecodeAttemptResult(
                @Nullable SessionContext session,
                NamedResource resource,
                int retry,
                @Nullable String password,
                @Nullable Exception error)
                throws IOException, GeneralSecurityException {
            if (error == null || noAnswer != null || asked >= ATTEMPTS) {
                return ResourceDecodeResult.TERMINATE;
            }
            return ResourceDecodeResult.RETRY;
        }
    }

    /** An OpenSSH private key begins with its public key in the clear. */
    private static byte @Nullable [] openSshPublicBlob(String content) {
        String begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
        int start = content.indexOf(begin);
        int end = content.indexOf("-----END OPENSSH PRIVATE KEY-----");
        if (start < 0 || end < start) {
            return null;
        }
        try {
            byte[] raw = Base64.getMimeDecoder().decode(content.substring(start + begin.length(), end));
            byte[] magic = "openssh-key-v1\0".getBytes(StandardCharsets.ISO_8859_1);
            ByteArrayBuffer buffer = new ByteArrayBuffer(raw, magic.length, raw.length - magic.length);
            buffer.getBytes();
            buffer.getBytes();
            buffer.getBytes();
            return buffer.getUInt() == 1 ? buffer.getBytes() : null;
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** The key of the first line of a public key or certificate file. */
    static byte @Nullable [] publicFileBlob(Path file) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > SIZE_LIMIT) {
                return null;
            }
            List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
            for (String line : lines) {
                String[] words = line.strip().split("\\s+", 3);
                if (words.length >= 2 && !words[0].startsWith("#")) {
                    byte[] blob = Base64.getDecoder().decode(words[1]);
                    return Blobs.typeOf(blob).equals(words[0]) ? blob : null;
                }
            }
            return null;
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }

    private boolean isOwn() throws IOException {
        Path self = Path.of("/proc/self");
        return !Files.exists(self) || Files.getAttribute(self, "unix:uid").equals(Files.getAttribute(path, "unix:uid"));
    }

    private static String octal(Set<PosixFilePermission> modes) {
        String letters = PosixFilePermissions.toString(modes);
        StringBuilder digits = new StringBuilder("0");
        for (int i = 0; i < 9; i += 3) {
            int digit = (letters.charAt(i) == 'r' ? 4 : 0)
                    + (letters.charAt(i + 1) == 'w' ? 2 : 0)
                    + (letters.charAt(i + 2) == 'x' ? 1 : 0);
            digits.append(digit);
        }
        return digits.toString();
    }
}
