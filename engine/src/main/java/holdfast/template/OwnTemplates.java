package holdfast.template;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The templates of a user's own directory, read once, so that a plan and what is applied cannot differ. */
final class OwnTemplates {

    /** The largest template in bytes. */
    private static final int LIMIT = 64 << 10;

    private static final int MOST_FILES = 1000;

    /**
     * A template that a user wrote.
     *
     * @param file as the user named its directory
     */
    record Own(Path file, String source) {}

    private OwnTemplates() {}

    /** Every file by its path below the directory, such as {@code sshd/root-login.conf.ftl}. */
    static Map<String, Own> read(Path directory, Problems problems) {
        Map<String, Own> found = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(directory, 4)) {
            Path root = directory.toRealPath();
            List<Path> files = walk.filter(path -> !path.equals(directory))
                    .filter(path -> !isHidden(directory.relativize(path)))
                    .filter(path -> Files.isSymbolicLink(path) || !Files.isDirectory(path))
                    .limit(MOST_FILES + 1L)
                    .sorted()
                    .toList();
            if (files.size() > MOST_FILES) {
                problems.add(Where.in(directory.toString()), "more than 1000 files: not a directory of templates");
                return Map.of();
            }
            files.forEach(file -> read(root, file, problems)
                    .ifPresent(source -> found.put(directory.relativize(file).toString(), new Own(file, source))));
        } catch (IOException | UncheckedIOException e) {
            problems.add(
                    Where.in(directory.toString()),
                    Files.isDirectory(directory)
                            ? "cannot be read: " + e.getMessage()
                            : "not a directory; --templates takes one with files such as sshd/root-login.conf.ftl");
        }
        return found;
    }

    /** Editors and version control leave such files. */
    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".") || part.toString().endsWith("~")) {
                return true;
            }
        }
        return false;
    }

    private static Optional<String> read(Path root, Path file, Problems problems) {
        Where where = Where.in(file.toString());
        try {
            Path real = file.toRealPath();
            if (!real.startsWith(root)) {
                problems.add(
                        where, "a symbolic link that leaves the directory of the templates; copy the file instead");
                return Optional.empty();
            }
            if (!Files.isRegularFile(real)) {
                problems.add(where, "not a plain file");
                return Optional.empty();
            }
            byte[] bytes;
            try (InputStream input = Files.newInputStream(real)) {
                bytes = input.readNBytes(LIMIT + 1);
            }
            if (bytes.length > LIMIT) {
                problems.add(where, "larger than 64 KiB, which no template is");
                return Optional.empty();
            }
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            problems.add(where, "not UTF-8");
        } catch (IOException e) {
            problems.add(where, "cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }
}
