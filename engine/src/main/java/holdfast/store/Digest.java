package holdfast.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 (FIPS 180-4) in a third of the memory that a text takes: a verification holds one for each finding. */
record Digest(long a, long b, long c, long d) {

    static Digest of(byte[] content) {
        return finished(sha256(), content);
    }

    /** @return a digest that is to be fed */
    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Of what this was fed; it can be fed anew afterwards. */
    static Digest finished(MessageDigest fed) {
        return read(fed.digest());
    }

    static Digest finished(MessageDigest fed, byte[] last) {
        return read(fed.digest(last));
    }

    static Digest read(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Digest(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
    }

    byte[] bytes() {
        return ByteBuffer.allocate(32)
                .putLong(a)
                .putLong(b)
                .putLong(c)
                .putLong(d)
                .array();
    }

    String hex() {
        return HexFormat.of().formatHex(bytes());
    }

    /** Feeds a text behind its length, so that no two lists of texts are fed the same. */
    static void feed(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
        digest.update(bytes);
    }
}
