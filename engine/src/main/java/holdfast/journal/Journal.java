package holdfast.journal;

import holdfast.text.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The journal of a run that is under way. Safe for use by several threads. A line that {@link #add} has returned from
 * is on the disk: what it announces may be done.
 */
public final class Journal implements AutoCloseable {

    /** The largest journal in bytes: a larger one could not be read back, and so not be undone. */
    static final int LIMIT = 64 << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final String run;
    private final Path file;
    private FileChannel channel;
    private String previous = Lines.NOTHING_BEFORE;
    private long length;
    private boolean broken;

    Journal(String run, Path file, FileChannel channel) {
        this.run = run;
        this.file = file;
        this.channel = channel;
    }

    /** The run's id. */
    public String run() {
        return run;
    }

    /** Where it is kept, to be shown to a person. */
    public Path file() {
        return file;
    }

    /**
     * Adds a line and waits until the disk has it. An interrupt of the thread is kept, and does not harm the journal.
     *
     * @throws JournalException when it could not be written: what the entry announces must not be done
     * @throws IllegalArgumentException for an {@link Entry.Other}
     */
    public void add(Entry entry) throws JournalException {
        lock.lock();
        try {
            if (broken) {
                throw new JournalException(
                        "the journal %s could not be written before, and nothing is added to it", file);
            }
            byte[] line = Lines.write(entry, previous);
            if (length + line.length + 1 > LIMIT) {
                throw new JournalException(
                        "the journal %s would exceed 64 MiB; select fewer nodes with --limit and run again", file);
            }
            byte[] text = Arrays.copyOf(line, line.length + 1);
            text[line.length] = '\n';
            write(text);
            length += text.length;
            previous = Digests.sha256(line);
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] text) throws JournalException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    ByteBuffer buffer = ByteBuffer.wrap(text);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                    channel.force(false);
                    return;
                } catch (ClosedByInterruptException e) {
                    // Java closes the channel under an interrupted thread; the line has to be written all the same.
                    interrupted |= Thread.interrupted();
                    channel = FileChannel.open(
                            file, StandardOpenOption.WRITE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);
                    channel.truncate(length);
                }
            }
        } catch (IOException e) {
            broken = true;
            cutTornLine();
            throw Trouble.of(e, "write", file);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void cutTornLine() {
        try {
            channel.truncate(length);
        } catch (IOException e) {
            // A torn last line is understood when the journal is read.
        }
    }

    /** Closes the file; nothing can be added any more. */
    @Override
    public void close() throws JournalException {
        lock.lock();
        try {
            broken = true;
            channel.close();
        } catch (IOException e) {
            throw Trouble.of(e, "close", file);
        } finally {
            lock.unlock();
        }
    }
}
