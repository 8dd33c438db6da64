package holdfast.store;

import holdfast.text.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this controller wrote last to a store, kept outside of it: a chain cannot show that its end was cut off. A file for
 * each store, replaced as a whole, so that two processes that write at once need no lock: either digest is in the chain.
 */
final class Witness {

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) ([0-9]{1,18}) .*\n");

    private final StoreAddress address;
    private final Path file;
    private final Path state;

    /** @param state the directory that holdfast keeps its state in */
    Witness(StoreAddress address, Path state) {
        this.address = address;
        this.state = state;
        this.file = state.resolve("history-heads")
                .resolve(Digests.sha256(address.text()).substring(0, 16));
    }

    /** The digest; empty when this controller wrote nothing to the store. */
    Optional<String> digest() throws StoreException {
        try {
            Matcher line = LINE.matcher(Files.readString(file));
            if (!line.matches()) {
                throw new StoreException(
                        "%s, which tells what was written last to the history %s, was changed; remove it to go on without",
                        file, address.text());
            }
            return Optional.of(line.group(1));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new StoreException(e, "%s cannot be read: %s; make it readable for you", file, e);
        }
    }

    /** Whether the store is this user's own, which nobody else writes to: what follows the note was put in. */
    boolean isExclusive() {
        return address instanceof StoreAddress.File named
                && file.getParent() != null
                && named.path().getParent() != null
                && named.path().getParent().equals(state.toAbsolutePath().normalize());
    }

    /** Notes the digest of an entry, unless that of a later one is noted already: of two runs that end at once. */
    void note(long seq, String digest) throws StoreException {
        Path directory = Objects.requireNonNull(file.getParent(), "it has one");
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Files.isSymbolicLink(directory)) {
                throw new StoreException("%s is a symbolic link; replace it with a directory", directory);
            }
            try (FileChannel channel = FileChannel.open(
                            file.resolveSibling(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = lock(channel)) {
                if (held.isValid() && seq > noted()) {
                    replace(directory, seq, digest);
                }
            }
        } catch (IOException e) {
            throw new StoreException(
                    e,
                    "the history %s was written, but %s cannot be, which vouches for its end: %s; make its directory "
                            + "writable for you",
                    address.text(),
                    file,
                    e);
        }
    }

    /** Other threads of this process wait in turn as well: the file system locks for processes only. */
    private static FileLock lock(FileChannel channel) throws IOException {
        while (true) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                Thread.onSpinWait();
            }
        }
    }

    private long noted() throws IOException {
        try {
            Matcher line = LINE.matcher(Files.readString(file));
            return line.matches() ? Long.parseLong(line.group(2)) : 0;
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    private void replace(Path directory, long seq, String digest) throws IOException {
        Path temporary = Files.createTempFile(directory, ".head-", ".part");
        try {
            Files.write(
                    temporary,
                    "%s %d %s\n".formatted(digest, seq, address.text()).getBytes(StandardCharsets.UTF_8));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
