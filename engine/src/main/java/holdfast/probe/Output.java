package holdfast.probe;

import holdfast.text.Measurement;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * What a command left behind on a node.
 *
 * @param exit the exit status, 0 to 255
 * @param stdout its standard output, decoded as UTF-8 with malformed bytes replaced
 * @param stderr its standard error, likewise
 * @param truncated whether more was printed than is kept
 */
public record Output(int exit, String stdout, String stderr, boolean truncated) {

    public Output(int exit, String stdout, String stderr) {
        this(exit, stdout, stderr, false);
    }

    /** Decodes what a node printed; malformed UTF-8 becomes U+FFFD. */
    public static Output of(int exit, byte[] stdout, byte[] stderr, boolean truncated) {
        return new Output(
                exit,
                Measurement.plain(new String(stdout, StandardCharsets.UTF_8)),
                Measurement.plain(new String(stderr, StandardCharsets.UTF_8)),
                truncated);
    }

    public boolean ok() {
        return exit == 0;
    }

    /** The lines of standard output, stripped, without the empty ones. */
    public Stream<String> lines() {
        return stdout.lines().map(String::strip).filter(line -> !line.isEmpty());
    }

    /** The one line a person needs to see why it went wrong. */
    public String complaint() {
        return stderr.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElse("exit status " + exit);
    }
}
