package holdfast.inventory;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Clean;
import holdfast.yaml.Json;
import holdfast.yaml.Value;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs an executable inventory: bounded in time and size, its complaints shown when it fails. */
final class InventoryProgram {

    private static final int MAX_OUTPUT = 16 << 20;
    private static final int MAX_COMPLAINT = 64 << 10;
    /** For {@code --list}, and again for all calls of {@code --host} together. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path program;
    private final Problems problems;

    private InventoryProgram(Path program, Problems problems) {
        this.program = program;
        this.problems = problems;
    }

    /** Whether the file begins as a script or an ELF program does. */
    static boolean isProgram(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            String start = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
            return start.startsWith("#!") || start.equals("\u007fELF");
        } catch (IOException e) {
            return false;
        }
    }

    static void read(Path program, Draft draft) {
        new InventoryProgram(program, draft.problems).read(draft);
    }

    private void read(Draft draft) {
        Optional<Value> list = ask(System.nanoTime() + LIMIT.toNanos(), "--list");
        if (list.isEmpty() || JsonInventory.read(list.get(), draft)) {
            return;
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        for (Map.Entry<String, Draft.DraftHost> host : draft.hosts.entrySet()) {
            Optional<Value> vars = ask(deadline, "--host", host.getKey());
            if (vars.isEmpty()) {
                return;
            }
            Draft.lay(
                    host.getValue().vars,
                    YamlInventory.variables(vars.get(), "answer to --host " + host.getKey(), problems));
        }
    }

    private Optional<Value> ask(long deadline, String... arguments) {
        String command = program + " " + String.join(" ", arguments);
        return run(deadline, command, arguments).flatMap(text -> Json.read(command, text, problems));
    }

    private Optional<String> run(long deadline, String command, String... arguments) {
        Where where = Where.in(command);
        Process process;
        try {
            List<String> words =
                    new java.util.ArrayList<>(List.of(program.toAbsolutePath().toString()));
            words.addAll(List.of(arguments));
            process = new ProcessBuilder(words)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
        } catch (IOException e) {
            problems.add(where, "cannot be started: " + e.getMessage());
            return Optional.empty();
        }
        try {
            CompletableFuture<byte[]> output = collect(process.getInputStream(), MAX_OUTPUT, process);
            CompletableFuture<byte[]> complaint = collect(process.getErrorStream(), MAX_COMPLAINT, process);
            byte[] bytes = output.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (bytes.length > MAX_OUTPUT) {
                problems.add(where, "answers with more than " + MAX_OUTPUT + " bytes");
                return Optional.empty();
            }
            if (!process.waitFor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            if (process.exitValue() != 0) {
                problems.add(where, "failed with exit status " + process.exitValue() + ": " + said(complaint));
                return Optional.empty();
            }
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (TimeoutException e) {
            problems.add(where, "did not answer within " + LIMIT.toSeconds() + " s");
        } catch (ExecutionException e) {
            problems.add(where, "its answer cannot be read: " + e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            problems.add(where, "interrupted");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return Optional.empty();
    }

    private static String said(CompletableFuture<byte[]> complaint) throws InterruptedException {
        try {
            String text = new String(complaint.get(2, TimeUnit.SECONDS), StandardCharsets.UTF_8).strip();
            return text.isEmpty()
                    ? "it said nothing on stderr"
                    : Clean.line(
                            text.substring(Math.max(0, text.length() - 600)).replace('\n', ' '));
        } catch (ExecutionException | TimeoutException e) {
            return "and its stderr could not be read";
        }
    }

    /** Reads to the end, or to the limit, where the program is ended. */
    private static CompletableFuture<byte[]> collect(InputStream in, int limit, Process process) {
        CompletableFuture<byte[]> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (in) {
                byte[] bytes = in.readNBytes(limit + 1);
                if (bytes.length > limit) {
                    process.destroyForcibly();
                }
                done.complete(bytes);
            } catch (IOException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }
}
