package holdfast.proxmox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs a probe's command under this machine's /bin/sh, as a node does. */
final class Sh {

    private Sh() {}

    /**
     * @param bin a directory before all others of the PATH: what stands there is found first
     * @return what it printed
     */
    static byte[] run(Path bin, String command) {
        try {
            ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command);
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("PATH", bin + ":/usr/sbin:/usr/bin:/sbin:/bin");
            builder.redirectError(ProcessBuilder.Redirect.DISCARD);
            Process process = builder.start();
            process.getOutputStream().close();
            byte[] out = process.getInputStream().readAllBytes();
            process.waitFor();
            return out;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String text(Path bin, String command) {
        return new String(run(bin, command), StandardCharsets.UTF_8);
    }

    /** A program that is found by its name. */
    static void program(Path bin, String name, String script) {
        try {
            Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script);
            if (!file.toFile().setExecutable(true)) {
                throw new IllegalStateException(file + " cannot be made executable");
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
