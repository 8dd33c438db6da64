package holdfast.node.ssh;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.client.channel.ChannelDirectTcpip;
import org.apache.sshd.client.channel.ClientChannel;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.channel.BufferedIoOutputStream;
import org.apache.sshd.common.future.CloseFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A direct-tcpip channel through a jump host that carries a whole SSH session: the session above it takes it for a
 * network connection. No local port is opened, and the jump host resolves the target's name.
 */
final class Tunnel extends ChannelDirectTcpip {

    private final Transport transport;
    private final Visit visit;
    private final String host;
    private final int port;
    private final CompletableFuture<ClientSession> ready = new CompletableFuture<>();
    private @Nullable Wire wire;

    private Tunnel(Transport transport, Visit visit, String host, int port) {
        super(new SshdSocketAddress("127.0.0.1", 0), new SshdSocketAddress(host, port));
        this.transport = transport;
        this.visit = visit;
        this.host = host;
        this.port = port;
    }

    /** Asks the jump host for a channel to the target, and starts a session over it. */
    static CompletableFuture<ClientSession> dial(Transport transport, ClientSession jump, Visit visit)
            throws IOException {
        Tunnel tunnel = new Tunnel(transport, visit, visit.host.host(), visit.host.port());
        tunnel.setStreaming(ClientChannel.Streaming.Async);
        jump.getService(org.apache.sshd.common.session.ConnectionService.class).registerChannel(tunnel);
        tunnel.open().addListener(future -> {
            if (!future.isOpened()) {
                Throwable failure = future.getException();
                tunnel.ready.completeExceptionally(
                        failure == null ? new IOException("the channel was not opened") : failure);
            }
        });
        var unused = tunnel.ready.whenComplete((session, failure) -> {
            if (failure != null) {
                tunnel.close(true);
            }
        });
        return tunnel.ready;
    }

    @Override
    public void handleOpenSuccess(long recipient, long size, long packetSize, Buffer buffer) {
        super.handleOpenSuccess(recipient, size, packetSize, buffer);
        if (!isOpen()) {
            return;
        }
        // Still on the thread that reads from the jump host: no byte of the target can be missed.
        Wire started = new Wire();
        wire = started;
        try {
            transport.handler().sessionCreated(started);
            ClientSession session = transport.adopt(started, InetSocketAddress.createUnresolved(host, port), visit);
            if (!ready.complete(session)) {
                session.close(true);
            }
        } catch (Exception e) {
            ready.completeExceptionally(e);
        }
    }

    @Override
    protected void doWriteData(byte[] data, int offset, long length) throws IOException {
        int size = (int) length;
        try {
            Wire open = wire;
            if (open != null && !open.isClosing()) {
                open.receive(Arrays.copyOfRange(data, offset, offset + size));
            }
        } finally {
            getLocalWindow().release(length);
        }
    }

    @Override
    public void handleEof() throws IOException {
        super.handleEof();
        hangUp();
    }

    @Override
    protected void preClose() {
        super.preClose();
        hangUp();
    }

    private void hangUp() {
        Wire open = wire;
        if (open != null) {
            open.close(true);
        }
    }

    /** What the session above sees. */
    private final class Wire extends AbstractCloseable implements IoSession {

        private static final AtomicLong IDS = new AtomicLong(1L << 32);

        private final long id = IDS.incrementAndGet();
        private final Map<Object, Object> attributes = new HashMap<>();
        private final BufferedIoOutputStream out;

        Wire() {
            attributes.put(org.apache.sshd.common.AttributeRepository.class, visit.context());
            out = new BufferedIoOutputStream("tunnel", getChannelId(), getAsyncIn(), getSession());
        }

        void receive(byte[] data) throws IOException {
            Readable readable = new ByteArrayBuffer(data);
            IoHandler handler = transport.handler();
            try {
                handler.messageReceived(this, readable);
            } catch (Exception e) {
                try {
                    handler.exceptionCaught(this, e);
                } catch (Exception again) {
                    close(true);
                }
            }
        }

        @Override
        public IoWriteFuture writeBuffer(Buffer buffer) throws IOException {
            // A copy: the channel wraps what it is given in place, and would spoil this session's packet.
            byte[] bytes = Arrays.copyOfRange(buffer.array(), buffer.rpos(), buffer.wpos());
            return out.writeBuffer(new ByteArrayBuffer(bytes));
        }

        @Override
        protected CloseFuture doCloseGracefully() {
            return out.close(false);
        }

        @Override
        protected void doCloseImmediately() {
            super.doCloseImmediately();
            try {
                transport.handler().sessionClosed(this);
            } catch (Exception e) {
                // It was closing anyway.
            }
            Tunnel.this.close(false);
        }

        @Override
        public long getId() {
            return id;
        }

        @Override
        public synchronized @Nullable Object getAttribute(Object key) {
            return attributes.get(key);
        }

        @Override
        public synchronized @Nullable Object setAttribute(Object key, Object value) {
            return attributes.put(key, value);
        }

        @Override
        public synchronized @Nullable Object setAttributeIfAbsent(Object key, Object value) {
            return attributes.putIfAbsent(key, value);
        }

        @Override
        public synchronized @Nullable Object removeAttribute(Object key) {
            return attributes.remove(key);
        }

        @Override
        public SocketAddress getRemoteAddress() {
            return InetSocketAddress.createUnresolved(host, port);
        }

        @Override
        public SocketAddress getLocalAddress() {
            return InetSocketAddress.createUnresolved("tunnel", 0);
        }

        @Override
        public @Nullable SocketAddress getAcceptanceAddress() {
            return null;
        }

        @Override
        public IoService getService() {
            return getSession().getIoSession().getService();
        }

        @Override
        public void shutdownOutputStream() {
            out.close(false);
        }

        @Override
        public void suspendRead() {
            // The channel's window bounds what can arrive.
        }

        @Override
        public void resumeRead() {
            // See suspendRead.
        }
    }
}
