package holdfast.cli;

import holdfast.access.Subject;
import holdfast.node.Secret;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Where a new token's secret goes, once: a file that only its owner can read, the standard input of a command such as a
 * vault's client, or the terminal.
 */
final class SecretSink {

    private static final int PATIENCE_SECONDS = 60;

    @Option(
            names = "--secret-file",
            paramLabel = "FILE",
            description = "write the secret to a new file that only you can read")
    @Nullable
    private Path file;

    @Option(
            names = "--secret-command",
            paramLabel = "COMMAND",
            description =
                    "hand the secret to the standard input of a command, such as 'vault kv put secret/ci value=-'; HOLDFAST_TOKEN is the token's id")
    @Nullable
    private String command;

    /** Mistakes that can be told before a secret exists. */
    void validate(Terminal screen) {
        if (file != null && command != null) {
            throw new UsageError("--secret-file and --secret-command: the secret is handed over once, choose one");
        }
        if (file != null) {
            Path parent = file.toAbsolutePath().getParent();
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new UsageError("--secret-file: %s exists, and a secret replaces nothing".formatted(file));
            }
            if (parent == null || !Files.isDirectory(parent) || !Files.isWritable(parent)) {
                throw new UsageError("--secret-file: %s cannot be written to".formatted(parent));
            }
        }
        if (file == null && command == null && !screen.outIsTerminal()) {
            throw new UsageError(
                    "where should the secret go? --secret-file FILE or --secret-command COMMAND; it is shown on a terminal only");
        }
    }

    /** @throws IOException when it did not arrive */
    void hand(Terminal screen, Subject token, Secret secret) throws IOException {
        if (file != null) {
            write(file, secret);
        } else if (command != null) {
            run(command, token, secret);
        } else {
            screen.out().println("%s=%s".formatted(token.id(), secret.reveal()));
            if (screen.out().checkError()) {
                throw new IOException("the terminal is gone");
            }
        }
    }

    /** Where it went, for a person. */
    String place() {
        return file != null
                ? "in " + file + ", which only you can read"
                : command != null ? "handed to the command" : "shown above, and nowhere else";
    }

    private static void write(Path file, Secret secret) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                OutputStream out = Channels.newOutputStream(channel)) {
            out.write((secret.reveal() + "\n").getBytes(StandardCharsets.UTF_8));
            channel.force(true);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(file + " came into being meanwhile", e);
        }
    }

    private static void run(String command, Subject token, Secret secret) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command);
        builder.environment().put("HOLDFAST_TOKEN", token.id());
        // What it prints is for a person; standard output is holdfast's own.
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process = builder.start();
        try {
            try (OutputStream in = process.getOutputStream()) {
                in.write((secret.reveal() + "\n").getBytes(StandardCharsets.UTF_8));
            }
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("the command did not end within %d s".formatted(PATIENCE_SECONDS));
            }
            if (process.exitValue() != 0) {
                throw new IOException("the command ended with %d".formatted(process.exitValue()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
