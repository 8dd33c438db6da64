package holdfast.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import holdfast.probe.Output;
import holdfast.probe.Reading;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes the answers out of what a node printed. Start-up noise before, between and after, NUL bytes and a cut
 * end are told apart from data; whatever the bytes are, this does not throw.
 *
 * @param uid the user id that the script ran as; empty when its first line never came
 * @param clock the node's clock in seconds since 1970, as it was printed
 * @param answers the outputs by probe name
 * @param trouble why answers are missing, when they are
 */
record Frames(
        Optional<Integer> uid,
        Optional<Double> clock,
        Map<String, Reading<Output>> answers,
        @Nullable String trouble) {

    /** The statuses by which timeout(1) tells that it ended a command: TERM, and KILL after it. */
    private static final int TIMED_OUT = 124;

    private static final int KILLED = 137;

    /** 128 + SIGXFSZ: the answer hit {@code ulimit -f}. */
    private static final int TOO_LONG = 153;

    Frames {
        answers = Map.copyOf(answers);
    }

    static Frames parse(CollectScript script, byte[] bytes) {
        // One character per byte, so that positions in the text are positions in the data.
        String text = new String(bytes, ISO_8859_1);
        String nonce = script.nonce();
        int hello = text.indexOf(nonce + " hello ");
        if (hello < 0) {
            return new Frames(Optional.empty(), Optional.empty(), Map.of(), "the script did not start");
        }
        String[] words = lineAt(text, hello).split(" ");
        Optional<Integer> uid = words.length > 2 && words[2].matches("\\d{1,9}")
                ? Optional.of(Integer.parseInt(words[2]))
                : Optional.empty();
        Optional<Double> clock = words.length > 3 && words[3].matches("\\d{1,12}\\.\\d{1,9}")
                ? Optional.of(Double.parseDouble(words[3]))
                : Optional.empty();
        if (text.indexOf(nonce + " nowhere", hello) >= 0) {
            return new Frames(
                    uid,
                    clock,
                    Map.of(),
                    "no writable directory among /run, /dev/shm and /tmp: is the file system full?");
        }
        int index = text.indexOf(nonce + " index\n", hello);
        int data = index < 0 ? -1 : text.indexOf(nonce + " data\n", index);
        if (data < 0) {
            return new Frames(uid, clock, Map.of(), "its output was cut off before the first answer");
        }
        return new Frames(uid, clock, answers(script, bytes, text, index, data), null);
    }

    private static Map<String, Reading<Output>> answers(
            CollectScript script, byte[] bytes, String text, int index, int data) {
        int position = data + (script.nonce() + " data\n").length();
        Map<String, byte[]> files = new HashMap<>();
        Map<String, Long> sizes = new HashMap<>();
        for (String line : text.substring(index, data).split("\n")) {
            String[] entry = line.split(" ");
            if (entry.length != 2 || !entry[0].matches("\\d{1,9}")) {
                continue;
            }
            int size = Integer.parseInt(entry[0]);
            sizes.put(entry[1], (long) size);
            if (size <= bytes.length - position) {
                files.put(entry[1], Arrays.copyOfRange(bytes, position, position + size));
                position += size;
            } else {
                position = bytes.length;
            }
        }
        Map<String, Reading<Output>> answers = new HashMap<>();
        for (var shape : script.shapes()) {
            answers.put(
                    shape.name(),
                    answer(
                            shape.limit(),
                            files.get(shape.name() + ".r"),
                            files.get(shape.name() + ".o"),
                            files.get(shape.name() + ".e"),
                            sizes.getOrDefault(shape.name() + ".r", 0L) > 0));
        }
        return answers;
    }

    private static Reading<Output> answer(
            Duration limit, byte @Nullable [] status, byte @Nullable [] out, byte @Nullable [] err, boolean ended) {
        String exit = status == null ? "" : new String(status, ISO_8859_1).strip();
        if (ended && (out == null || err == null || status == null)) {
            return Reading.unknown("its answer was cut off");
        }
        if (out == null || err == null) {
            return Reading.unknown("it was not answered");
        }
        if (exit.isEmpty()) {
            return Reading.unknown("it hangs on the node and could not be ended");
        }
        if (!exit.matches("\\d{1,3}")) {
            return Reading.unknown("its exit status is not a number");
        }
        int code = Integer.parseInt(exit);
        if (code == TIMED_OUT || code == KILLED) {
            return Reading.unknown("it did not finish within %s s", limit.toSeconds());
        }
        boolean truncated = code == TOO_LONG || out.length >= CollectScript.ANSWER_LIMIT;
        return Reading.known(Output.of(code, out, err, truncated));
    }

    private static String lineAt(String text, int start) {
        int end = text.indexOf('\n', start);
        return text.substring(start, end < 0 ? text.length() : end);
    }
}
