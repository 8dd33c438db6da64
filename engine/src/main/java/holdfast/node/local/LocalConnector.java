package holdfast.node.local;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.Execution;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Runs commands on this machine with {@code /bin/sh -c}, for {@code ansible_connection: local}. */
public final class LocalConnector implements Connector {

    private static final int ERROR_LIMIT = 64 << 10;

    @Override
    public Connection open(Target target, Consumer<Phase> progress) {
        progress.accept(Phase.CONNECT);
        return new LocalConnection();
    }

    @Override
    public void close() {
        // Each command ends by itself.
    }

    private static final class LocalConnection implements Connection {

        @Override
        public Execution execute(Command command) throws NodeException {
            long end = System.nanoTime() + command.deadline().toNanos();
            Process process;
            try {
                process = new ProcessBuilder("/bin/sh", "-c", command.line()).start();
            } catch (IOException e) {
                throw new NodeException(
                        e, Phase.PROBE, "/bin/sh cannot be started: %s", String.valueOf(e.getMessage()));
            }
            CountDownLatch over = new CountDownLatch(1);
            CountDownLatch drained = new CountDownLatch(2);
            Drain out = new Drain(process.getInputStream(), command.outputLimit(), command.marker(), over, drained);
            Drain err = new Drain(process.getErrorStream(), ERROR_LIMIT, new byte[0], new CountDownLatch(1), drained);
            AtomicLong sentAt = new AtomicLong();
            Thread.ofPlatform().daemon().name("local-out").start(out);
            Thread.ofPlatform().daemon().name("local-err").start(err);
            Thread.ofPlatform().daemon().name("local-in").start(() -> {
                try (OutputStream in = process.getOutputStream()) {
                    in.write(command.input());
                } catch (IOException e) {
                    // A command may end without reading all of its input.
                }
                sentAt.set(System.nanoTime());
            });
            String ended = null;
            try {
                while (drained.getCount() > 0 && ended == null) {
                    if (over.getCount() == 0) {
                        ended = "it printed more than %d bytes".formatted(command.outputLimit());
                    } else if (System.nanoTime() - end >= 0) {
                        ended = "it did not finish within %d s"
                                .formatted(command.deadline().toSeconds());
                    } else {
                        drained.await(Math.min(20_000_000, Math.max(1, end - System.nanoTime())), TimeUnit.NANOSECONDS);
                    }
                }
                if (ended == null && over.getCount() == 0) {
                    ended = "it printed more than %d bytes".formatted(command.outputLimit());
                } else if (ended == null
                        && !process.waitFor(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                    ended = "it did not finish within %d s"
                            .formatted(command.deadline().toSeconds());
                }
            } catch (InterruptedException e) {
                ended = "interrupted";
                Thread.currentThread().interrupt();
            }
            OptionalInt exit = OptionalInt.empty();
            if (ended == null) {
                int status = process.exitValue();
                // Java tells an end by signal as 128 + signal, as a shell does.
                exit = OptionalInt.of(status);
            } else {
                end(process);
            }
            return new Execution(
                    exit,
                    out.bytes(),
                    err.bytes(),
                    over.getCount() == 0,
                    ended,
                    sentAt.get() == 0 ? System.nanoTime() : sentAt.get(),
                    out.markerAt());
        }

        private static void end(Process process) {
            List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
            family.add(process.toHandle());
            family.forEach(ProcessHandle::destroy);
            family.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
        }

        @Override
        public String address() {
            return "local";
        }

        @Override
        public String user() {
            return System.getProperty("user.name", "");
        }

        @Override
        public boolean byKey() {
            return true;
        }

        @Override
        public void close() {
            // Nothing is held open between commands.
        }
    }

    /** Reads a stream to its end, keeps its beginning, and notes when the marker came by. */
    private static final class Drain implements Runnable {

        private final InputStream in;
        private final long limit;
        private final byte[] marker;
        private final CountDownLatch over;
        private final CountDownLatch done;
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private OptionalLong markerAt = OptionalLong.empty();

        Drain(InputStream in, long limit, byte[] marker, CountDownLatch over, CountDownLatch done) {
            this.in = in;
            this.limit = limit;
            this.marker = marker;
            this.over = over;
            this.done = done;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[32 << 10];
            try (in) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    take(buffer, n);
                }
            } catch (IOException e) {
                // The process is gone.
            } finally {
                done.countDown();
            }
        }

        private synchronized void take(byte[] buffer, int n) {
            int room = (int) Math.min(n, limit - kept.size());
            int from = Math.max(0, kept.size() - marker.length + 1);
            kept.write(buffer, 0, room);
            if (room < n) {
                over.countDown();
            }
            if (marker.length > 0 && markerAt.isEmpty() && contains(kept.toByteArray(), from)) {
                markerAt = OptionalLong.of(System.nanoTime());
            }
        }

        private boolean contains(byte[] bytes, int from) {
            for (int i = from; i <= bytes.length - marker.length; i++) {
                if (java.util.Arrays.equals(bytes, i, i + marker.length, marker, 0, marker.length)) {
                    return true;
                }
            }
            return false;
        }

        synchronized byte[] bytes() {
            return kept.toByteArray();
        }

        synchronized OptionalLong markerAt() {
            return markerAt;
        }
    }
}
