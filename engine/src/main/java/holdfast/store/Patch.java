package holdfast.store;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A text told by another one that is much like it: a raw DEFLATE stream (RFC 1951) with the other one as its preset
 * dictionary. A finding that differs from its base in a measurement takes some twenty bytes. Not for several threads.
 */
final class Patch implements AutoCloseable {

    /** The largest text in bytes; nothing that a report holds comes near. */
    static final int LIMIT = 32 << 20;

    /** What DEFLATE can look back to. */
    private static final int WINDOW = 32 << 10;

    private final Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    private final Inflater inflater = new Inflater(true);
    private byte[] buffer = new byte[4096];

    /** What makes {@code text} from {@code base}. */
    byte[] make(byte[] base, byte[] text) {
        deflater.reset();
        dictionary(base);
        deflater.setInput(text);
        deflater.finish();
        int length = 0;
        while (!deflater.finished()) {
            if (length == buffer.length) {
                buffer = Arrays.copyOf(buffer, 2 * length);
            }
            length += deflater.deflate(buffer, length, buffer.length - length);
        }
        return Arrays.copyOf(buffer, length);
    }

    private void dictionary(byte[] base) {
        int from = Math.max(0, base.length - WINDOW);
        deflater.setDictionary(base, from, base.length - from);
    }

    /**
     * The text that was made from {@code base}.
     *
     * @throws DataFormatException when the patch is damaged, or makes more than {@link #LIMIT}
     */
    byte[] apply(byte[] base, byte[] patch) throws DataFormatException {
        inflater.reset();
        int from = Math.max(0, base.length - WINDOW);
        inflater.setDictionary(base, from, base.length - from);
        inflater.setInput(patch);
        int length = 0;
        while (!inflater.finished()) {
            if (length == buffer.length) {
                if (length > LIMIT) {
                    throw new DataFormatException("it makes more than 32 MiB");
                }
                buffer = Arrays.copyOf(buffer, 2 * length);
            }
            int got = inflater.inflate(buffer, length, buffer.length - length);
            if (got == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                throw new DataFormatException("it is cut short");
            }
            length += got;
        }
        return Arrays.copyOf(buffer, length);
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }
}
