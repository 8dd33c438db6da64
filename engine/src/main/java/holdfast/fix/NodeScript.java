package holdfast.fix;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.text.Shell;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** Builds the scripts that change a node from the calls of {@code steps.sh}; values are quoted, texts sent whole. */
final class NodeScript {

    /** Where the state of runs is on a node (contract 6). */
    static final String BASE = "/var/lib/holdfast";

    private static final String STEPS = resource("steps.sh");
    private static final String ROLLBACK = resource("rollback.sh");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final StringBuilder text;

    /** @param run the name of a target's state: letters, digits and dashes */
    NodeScript(String run) {
        if (!run.matches("[A-Za-z0-9-]{1,64}")) {
            throw new IllegalArgumentException("not a run's id: " + run);
        }
        text = new StringBuilder("BASE=")
                .append(BASE)
                .append("\nR=")
                .append(run)
                .append('\n')
                .append(STEPS);
    }

    /**
     * The name of the directory that keeps a target's state: one node may serve a run twice, for itself and as the
     * member that makes its cluster's changes.
     */
    static String state(String run, boolean ofCluster) {
        return ofCluster ? run + "-cluster" : run;
    }

    /** A call with quoted arguments. */
    NodeScript call(String function, String... arguments) {
        line(function, arguments).append('\n');
        return this;
    }

    /** A call with bytes on its standard input, sent as Base64. */
    NodeScript callWithBytes(String content, String function, String... arguments) {
        return heredoc(
                Base64.getMimeEncoder(76, new byte[] {'\n'}).encodeToString(content.getBytes(UTF_8)),
                function,
                arguments);
    }

    /** A call with a script of ours on its standard input. */
    NodeScript callWithScript(String script, String function, String... arguments) {
        return heredoc(script, function, arguments);
    }

    /** Puts the script of the way back where the run keeps its state. */
    NodeScript storeRollback() {
        return callWithScript(ROLLBACK, "store", "rollback");
    }

    /** The file's number as its directory is named. */
    static String number(int index) {
        return "%03d".formatted(index);
    }

    private NodeScript heredoc(String body, String function, String... arguments) {
        byte[] random = new byte[8];
        RANDOM.nextBytes(random);
        String end = "end-" + HexFormat.of().formatHex(random);
        line(function, arguments).append(" <<'").append(end).append("'\n").append(body);
        if (!body.endsWith("\n")) {
            text.append('\n');
        }
        text.append(end).append('\n');
        return this;
    }

    private StringBuilder line(String function, String... arguments) {
        text.append(function);
        for (String argument : arguments) {
            text.append(' ').append(Shell.quote(argument));
        }
        return text;
    }

    String text() {
        return text.toString();
    }

    /** The value of the first line {@code @KEY VALUE} in an answer. */
    static Optional<String> value(String output, String key) {
        return output.lines()
                .filter(line -> line.startsWith("@" + key + " "))
                .map(line -> line.substring(key.length() + 2))
                .findFirst();
    }

    private static String resource(String name) {
        try (InputStream in = NodeScript.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not in the jar");
            }
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
