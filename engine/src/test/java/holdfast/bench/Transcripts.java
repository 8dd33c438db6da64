package holdfast.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Output of genuine Proxmox VE commands, byte for byte: {@code transcripts/STATE/COMMAND.stdout}. */
public final class Transcripts {

    private Transcripts() {}

    /** @param name such as {@code quorate/corosync-quorumtool-s.stdout} */
    public static String read(String name) {
        return resource("/transcripts/" + name);
    }

    /** @param name such as {@code quorate/corosync-cfgtool-s.txt}: a state and a file of {@code corosync/README.md} */
    public static String corosync(String name) {
        return resource("/corosync/" + name);
    }

    private static String resource(String path) {
        try (InputStream in = Transcripts.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no transcript " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
