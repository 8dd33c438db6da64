package holdfast.report;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** UUIDs that are made from a name (RFC 9562, version 5): the same run has the same ones whenever it is rendered. */
final class Uuids {

    /** The namespace of URLs (RFC 9562, section 6.6). */
    private static final UUID URL = UUID.fromString("6ba7b811-9dad-11d1-80b4-00c04fd430c8");

    /** All of ours are below this one. */
    private static final UUID HOLDFAST = named(URL, "urn:holdfast:report");

    private Uuids() {}

    /** The UUID of a thing that these words name. */
    static String of(String... words) {
        // The lengths keep ("a", "bc") from ("ab", "c").
        StringBuilder name = new StringBuilder();
        for (String word : words) {
            name.append(word.length()).append(':').append(word);
        }
        return named(HOLDFAST, name.toString()).toString();
    }

    static UUID named(UUID namespace, String name) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update(ByteBuffer.allocate(16)
                    .putLong(namespace.getMostSignificantBits())
                    .putLong(namespace.getLeastSignificantBits())
                    .flip());
            ByteBuffer digest = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
            long high = (digest.getLong() & ~0xF000L) | 0x5000L;
            long low = (digest.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
            return new UUID(high, low);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
