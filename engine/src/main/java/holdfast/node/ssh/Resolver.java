package holdfast.node.ssh;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Looks up host names on threads of its own: the system's resolver cannot be interrupted. */
final class Resolver implements AutoCloseable {

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "ssh-resolve");
        thread.setDaemon(true);
        return thread;
    });

    /** All addresses of a name, in the resolver's order. */
    List<InetAddress> resolve(String host, Duration limit)
            throws UnknownHostException, TimeoutException, InterruptedException {
        if (isLiteral(host)) {
            return List.of(InetAddress.getByName(host));
        }
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                answer.complete(List.of(InetAddress.getAllByName(host)));
            } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new UnknownHostException(host);
        }
    }

    /** An address needs no look-up. */
    private static boolean isLiteral(String host) {
        return host.indexOf(':') >= 0 || host.matches("\\d{1,3}(\\.\\d{1,3}){3}");
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
