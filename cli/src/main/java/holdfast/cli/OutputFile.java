package holdfast.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A file that a verb writes: looked at before anything is contacted, written whole or not at all.
 *
 * @param option the option that names it, for messages
 * @param file where it goes
 */
record OutputFile(String option, Path file) {

    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");

    /**
     * Tells what would keep it from being written.
     *
     * @param replace whether a file that exists may be replaced
     * @throws UsageError with what to do
     */
    OutputFile check(boolean replace) {
        Path directory = directory();
        if (!Files.isDirectory(directory)) {
            throw new UsageError("%s: there is no directory %s: make it first".formatted(option, directory));
        }
        if (!Files.isWritable(directory)) {
            throw new UsageError("%s: %s may not be written to".formatted(option, directory));
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.isRegularFile(file)) {
                throw new UsageError("%s: %s is not a regular file".formatted(option, file));
            }
            if (!replace) {
                throw new UsageError("%s: %s exists: --force replaces it".formatted(option, file));
            }
        }
        return this;
    }

    /** Whether there is such a file. */
    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Writes it: readers see the former file or the new one, never a part.
     *
     * @param replace whether a file that exists is replaced, with its mode kept
     * @throws UsageError when it cannot be written, or came into being meanwhile
     */
    void write(String text, boolean replace) {
        write(text.getBytes(StandardCharsets.UTF_8), replace);
    }

    /** As {@link #write(String, boolean)}, byte for byte. */
    void write(byte[] content, boolean replace) {
        write(out -> out.write(content), replace);
    }

    /** Writes to a stream. */
    interface Content {
        void to(OutputStream out) throws IOException;
    }

    /** As {@link #write(String, boolean)}, for what is too long to be held. */
    void write(Content content, boolean replace) {
        try {
            // A link stays one: what it points to is replaced.
            Path target = replace && Files.exists(file) ? file.toRealPath() : file;
            Path temporary = Files.createTempFile(target.toAbsolutePath().getParent(), ".holdfast-", ".tmp");
            try {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                    content.to(out);
                }
                Files.setPosixFilePermissions(
                        temporary, Files.exists(target) ? Files.getPosixFilePermissions(target) : READABLE);
                if (replace) {
                    Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                } else {
                    link(temporary, target);
                }
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (FileAlreadyExistsException e) {
            throw new UsageError("%s: %s was made by somebody meanwhile: --force replaces it".formatted(option, file));
        } catch (IOException e) {
            throw new UsageError("%s: %s could not be written: %s".formatted(option, file, e));
        }
    }

    /** Unlike a rename, a link never replaces what somebody made in between. */
    static void link(Path temporary, Path target) throws IOException {
        try {
            Files.createLink(target, temporary);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            // FAT and some network file systems have no links.
            Files.move(temporary, target);
        }
    }

    private Path directory() {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? Path.of("/") : parent;
    }
}
