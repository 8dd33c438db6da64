package holdfast.node.ssh;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A deadline that stands still while a person is being asked. */
final class Patience {

    private final long limit;
    private long start = System.nanoTime();
    private long paused;
    private long pauseStart;
    private int pauses;

    Patience(Duration limit) {
        this.limit = limit.toNanos();
    }

    /** Runs something that may wait for a person. */
    <T> T pausedWhile(Callable<T> work) throws Exception {
        pause();
        try {
            return work.call();
        } finally {
            resume();
        }
    }

    private synchronized void pause() {
        if (pauses++ == 0) {
            pauseStart = System.nanoTime();
        }
    }

    private synchronized void resume() {
        if (--pauses == 0) {
            paused += System.nanoTime() - pauseStart;
        }
    }

    /** Begins anew. */
    synchronized void restart() {
        start = System.nanoTime();
        paused = 0;
    }

    synchronized Duration left() {
        long now = System.nanoTime();
        long waiting = pauses > 0 ? now - pauseStart : 0;
        return Duration.ofNanos(limit - (now - start - paused - waiting));
    }

    /** Waits for a result; reacts to interrupts, which MINA's own waiting does not. */
    <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            long nanos = left().toNanos();
            if (nanos <= 0) {
                if (future.isDone()) {
                    return future.get();
                }
                throw new TimeoutException();
            }
            try {
                return future.get(nanos, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // Perhaps it stood still meanwhile.
            }
        }
    }
}
