package holdfast.store;

import holdfast.text.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) .*\n");

    private final StoreAddress address;
    private final Path file;

    /** @param state the directory that holdfast keeps its state in */
    Witness(StoreAddress address, Path state) {
        this.address = address;
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

    /** Notes a digest. */
    void note(String digest) throws StoreException {
        Path directory = Objects.requireNonNull(file.getParent(), "it has one");
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            if (Files.isSymbolicLink(directory)) {
                throw new StoreException("%s is a symbolic link; replace it with a directory", directory);
            }
            Path temporary = Files.createTempFile(directory, ".head-", ".part");
            try {
                Files.write(
                        temporary, "%s %s\n".formatted(digest, address.text()).getBytes(StandardCharsets.UTF_8));
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
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
}
