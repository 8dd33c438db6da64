package holdfast.yaml;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads a file of UTF-8 text that a person wrote: never more than the limit, never a device. */
public final class TextFile {

    private TextFile() {}

    /** The file's text, or empty with a problem added. */
    public static Optional<String> read(Path file, Problems problems) {
        Where where = Where.in(file.toString());
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                problems.add(where, "not a regular file");
                return Optional.empty();
            }
            byte[] bytes;
            try (InputStream in = Files.newInputStream(file)) {
                bytes = in.readNBytes(Yaml.MAX_LENGTH + 1);
            }
            if (bytes.length > Yaml.MAX_LENGTH) {
                problems.add(where, "larger than " + Yaml.MAX_LENGTH + " bytes: split it");
                return Optional.empty();
            }
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (NoSuchFileException e) {
            problems.add(where, "no such file");
        } catch (AccessDeniedException e) {
            problems.add(where, "permission denied: make it readable");
        } catch (CharacterCodingException e) {
            problems.add(where, "not UTF-8 text");
        } catch (IOException e) {
            problems.add(where, "cannot be read: " + e.getMessage());
        }
        return Optional.empty();
    }

    /** The text as YAML, or as JSON where the name ends in {@code .json}. */
    public static Optional<Value> parse(Path file, Problems problems) {
        return read(file, problems)
                .flatMap(text -> file.toString().endsWith(".json")
                        ? Json.read(file.toString(), text, problems)
                        : Yaml.read(file.toString(), text, problems));
    }
}
