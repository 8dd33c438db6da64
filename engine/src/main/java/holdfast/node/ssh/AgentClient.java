package holdfast.node.ssh;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/** Talks to an ssh-agent over its Unix socket: one connection per question, bounded in size and time. */
final class AgentClient {

    private static final int LIST = 11;
    private static final int LIST_ANSWER = 12;
    private static final int SIGN = 13;
    private static final int SIGN_ANSWER = 14;
    private static final int ANSWER_LIMIT = 1 << 20;
    private static final int KEY_LIMIT = 2_000;
    private static final ScheduledExecutorService WATCHDOG = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "ssh-agent-deadline");
        thread.setDaemon(true);
        return thread;
    });

    private final Path socket;

    AgentClient(Path socket) {
        this.socket = socket;
    }

    /** A key that the agent holds. */
    record Key(byte[] blob, String comment) {}

    /** The keys that the agent holds, in its order. */
    List<Key> keys() throws IOException {
        ByteArrayBuffer answer = ask(new byte[] {LIST}, LIST_ANSWER, Duration.ofSeconds(5));
        try {
            long count = answer.getUInt();
            if (count > KEY_LIMIT) {
                throw new IOException("it claims to hold %d keys".formatted(count));
            }
            List<Key> keys = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                byte[] blob = answer.getBytes();
                keys.add(new Key(blob, new String(answer.getBytes(), StandardCharsets.UTF_8)));
            }
            return keys;
        } catch (RuntimeException e) {
            throw new IOException("its answer cannot be understood", e);
        }
    }

    /** A signature in SSH's wire form. It may take a while: the agent may ask its user, or wait for a touch. */
    byte[] sign(byte[] blob, byte[] data, int flags, Duration patience) throws IOException {
        ByteArrayBuffer request = new ByteArrayBuffer();
        request.putByte((byte) SIGN);
        request.putBytes(blob);
        request.putBytes(data);
        request.putInt(flags);
        try {
            return ask(request.getCompactData(), SIGN_ANSWER, patience).getBytes();
        } catch (RuntimeException e) {
            throw new IOException("its answer cannot be understood", e);
        }
    }

    private ByteArrayBuffer ask(byte[] request, int expected, Duration patience) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            ScheduledFuture<?> alarm = WATCHDOG.schedule(
                    () -> {
                        hangUp(channel);
                        return true;
                    },
                    patience.toMillis(),
                    TimeUnit.MILLISECONDS);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                ByteBuffer out = ByteBuffer.allocate(4 + request.length);
                out.putInt(request.length).put(request).flip();
                while (out.hasRemaining()) {
                    channel.write(out);
                }
                int length = read(channel, 4).getInt();
                if (length < 1 || length > ANSWER_LIMIT) {
                    throw new IOException("it sent an answer of %d bytes".formatted(length));
                }
                byte[] answer = read(channel, length).array();
                if (answer[0] != expected) {
                    throw new IOException("it refused");
                }
                ByteArrayBuffer buffer = new ByteArrayBuffer(answer);
                buffer.getByte();
                return buffer;
            } catch (ClosedChannelException e) {
                throw new IOException("it did not answer within %d s".formatted(patience.toSeconds()), e);
            } finally {
                alarm.cancel(false);
            }
        }
    }

    private static void hangUp(java.io.Closeable channel) throws IOException {
        channel.close();
    }

    private static ByteBuffer read(SocketChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new IOException("it closed the connection");
            }
        }
        return buffer.flip();
    }
}
