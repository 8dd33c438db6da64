package holdfast.node.ssh;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Execution;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/** One logged-in session; each command is one exec channel. */
final class SshConnection implements Connection {

    private static final int ERROR_LIMIT = 64 << 10;

    private final ClientSession session;
    private final Visit visit;

    SshConnection(ClientSession session, Visit visit) {
        this.session = session;
        this.visit = visit;
    }

    @Override
    public Execution execute(Command command) throws NodeException {
        CompletableFuture<String> cutOff = new CompletableFuture<>();
        Collector out = new Collector(command.outputLimit(), command.marker(), () -> cutOff.complete("limit"));
        Collector err = new Collector(ERROR_LIMIT, new byte[0], () -> {});
        AtomicLong sentAt = new AtomicLong();
        long end = System.nanoTime() + command.deadline().toNanos();
        ChannelExec channel = open(command, out, err, end);
        channel.addCloseFutureListener(future -> cutOff.complete("closed"));
        String ended = null;
        boolean interrupted = false;
        try {
            send(channel, command, sentAt);
            cutOff.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (out.isOver()) {
                ended = "it printed more than %d bytes".formatted(command.outputLimit());
            } else if (channel.getExitStatus() == null) {
                ended = channel.getExitSignal() != null
                        ? "it was ended by signal " + holdfast.text.Clean.line(channel.getExitSignal(), 20)
                        : "the connection to %s was lost: %s".formatted(address(), lost());
            }
        } catch (TimeoutException e) {
            ended = "it did not finish within " + SshConnector.seconds(command.deadline());
        } catch (InterruptedException e) {
            ended = "interrupted";
            interrupted = true;
        } catch (ExecutionException e) {
            ended = Failures.reason(e);
        }
        Integer status = ended == null ? channel.getExitStatus() : null;
        // Tells the server; it is not waited for, since a silent process may keep the channel half open.
        channel.close(ended != null && !session.isOpen());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return new Execution(
                status == null ? OptionalInt.empty() : OptionalInt.of(status),
                out.bytes(),
                err.bytes(),
                out.isOver(),
                ended,
                sentAt.get() == 0 ? System.nanoTime() : sentAt.get(),
                out.markerAt());
    }

    private ChannelExec open(Command command, OutputStream out, OutputStream err, long end) throws NodeException {
        ChannelExec channel = null;
        try {
            channel = session.createExecChannel(command.line());
            channel.setOut(out);
            channel.setErr(err);
            CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(
                    channel, command.deadline().plus(Duration.ofSeconds(1)));
            CompletableFuture<Boolean> opened = new CompletableFuture<>();
            channel.open().addListener(future -> {
                Throwable failure = future.getException();
                if (failure != null) {
                    opened.completeExceptionally(failure);
                } else {
                    opened.complete(true);
                }
            });
            channel.addCloseFutureListener(future -> opened.completeExceptionally(new IOException(lost())));
            opened.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            return channel;
        } catch (IOException | ExecutionException | IllegalStateException e) {
            throw new NodeException(
                    e,
                    Phase.PROBE,
                    "%s: the command could not be started: %s",
                    visit.host.login(),
                    session.isOpen() ? Failures.reason(e) : "the connection was lost: " + lost());
        } catch (TimeoutException e) {
            close(channel);
            throw new NodeException(
                    e,
                    Phase.PROBE,
                    "%s: the command was not started within %s",
                    visit.host.login(),
                    SshConnector.seconds(command.deadline()));
        } catch (InterruptedException e) {
            close(channel);
            Thread.currentThread().interrupt();
            throw new NodeException(e, Phase.PROBE, "interrupted");
        }
    }

    private static void close(@Nullable ChannelExec channel) {
        if (channel != null) {
            channel.close(true);
        }
    }

    /** Hands over the input: at once when the server has room for it, else beside the reading of output. */
    private void send(ChannelExec channel, Command command, AtomicLong sentAt) {
        byte[] input = command.input();
        Runnable sender = () -> {
            try (OutputStream in = channel.getInvertedIn()) {
                in.write(input);
                in.flush();
                sentAt.compareAndSet(0, System.nanoTime());
            } catch (IOException e) {
                // A command may end without reading all of its input.
                sentAt.compareAndSet(0, System.nanoTime());
            }
        };
        if (input.length <= channel.getRemoteWindow().getSize()) {
            sender.run();
        } else {
            Thread.ofVirtual().name("ssh-input").start(sender);
        }
    }

    private String lost() {
        String reason = visit.lost();
        return reason == null ? "the server closed the channel" : reason;
    }

    @Override
    public String address() {
        return session.getConnectAddress() instanceof InetSocketAddress address
                ? SshConnector.text(address)
                : String.valueOf(session.getConnectAddress());
    }

    @Override
    public String user() {
        return visit.host.user();
    }

    @Override
    public boolean byKey() {
        return !visit.passwordTried();
    }

    @Override
    public void close() {
        session.close(!session.isOpen());
    }
}
