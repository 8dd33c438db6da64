package holdfast.notify;

import holdfast.text.Clean;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program on this machine with a text on its standard input, with a deadline. */
final class Delivery {

    private static final int TOLD = 8 * 1024;

    private Delivery() {}

    /** @throws NotifyException when it does not start, does not end in time, or ends with another status than 0 */
    static void run(List<String> command, String input, Duration limit, String name)
            throws NotifyException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new NotifyException(
                    "%s could not be started: %s", name, Clean.line(String.valueOf(e.getMessage()), 300));
        }
        StringBuilder said = new StringBuilder();
        Thread writer = Thread.ofVirtual().start(() -> write(process, input));
        Thread reader = Thread.ofVirtual().start(() -> read(process, said));
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new NotifyException(
                        "%s did not end within %d s, and was ended; let it hand the work over and return",
                        name, limit.toSeconds());
            }
            // What it started may hold its output open.
            reader.join(Duration.ofSeconds(2));
            if (process.exitValue() != 0) {
                String last;
                synchronized (said) {
                    last = said.toString().lines().reduce((one, other) -> other).orElse("");
                }
                throw new NotifyException(
                        "%s ended with status %d%s",
                        name, process.exitValue(), last.isBlank() ? "" : ": " + Clean.line(last, 300));
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            writer.interrupt();
        }
    }

    /** A program that does not read all of it is none of our business: its exit status tells. */
    private static void write(Process process, String input) {
        try (OutputStream stream = process.getOutputStream()) {
            stream.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has closed its standard input.
        }
    }

    private static void read(Process process, StringBuilder said) {
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            char[] buffer = new char[1024];
            for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                synchronized (said) {
                    said.append(buffer, 0, count);
                    if (said.length() > TOLD) {
                        said.delete(0, said.length() - TOLD);
                    }
                }
            }
        } catch (IOException e) {
            // It was ended.
        }
    }
}
