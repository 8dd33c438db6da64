package holdfast.node.ssh;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.OptionalLong;

/** Keeps the first bytes of a stream, notes when a marker came by, and drops the rest. */
final class Collector extends OutputStream {

    private final long limit;
    private final byte[] marker;
    private final int[] fallback;
    private final Runnable whenOver;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private int matched;
    private boolean over;
    private OptionalLong markerAt = OptionalLong.empty();

    Collector(long limit, byte[] marker, Runnable whenOver) {
        this.limit = limit;
        this.marker = marker.clone();
        this.fallback = fallback(marker);
        this.whenOver = whenOver;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        boolean crossed;
        synchronized (this) {
            look(bytes, offset, length);
            int room = (int) Math.min(length, limit - kept.size());
            kept.write(bytes, offset, room);
            crossed = room < length && !over;
            over |= crossed;
        }
        if (crossed) {
            whenOver.run();
        }
    }

    synchronized byte[] bytes() {
        return kept.toByteArray();
    }

    synchronized boolean isOver() {
        return over;
    }

    synchronized OptionalLong markerAt() {
        return markerAt;
    }

    /** Knuth, Morris and Pratt: a marker may come in several pieces. */
    private void look(byte[] bytes, int offset, int length) {
        if (marker.length == 0 || markerAt.isPresent()) {
            return;
        }
        for (int i = offset; i < offset + length; i++) {
            while (matched > 0 && marker[matched] != bytes[i]) {
                matched = fallback[matched - 1];
            }
            if (marker[matched] == bytes[i] && ++matched == marker.length) {
                markerAt = OptionalLong.of(System.nanoTime());
                return;
            }
        }
    }

    private static int[] fallback(byte[] marker) {
        int[] table = new int[marker.length];
        for (int i = 1, k = 0; i < marker.length; i++) {
            while (k > 0 && marker[k] != marker[i]) {
                k = table[k - 1];
            }
            if (marker[k] == marker[i]) {
                k++;
            }
            table[i] = k;
        }
        return table;
    }
}
