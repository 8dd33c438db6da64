package holdfast.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.probe.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays on a node when nobody waits for the answers any more. */
class AbandonedScriptTest {

    @Test
    void aReaderThatGoesAwayLeavesNoAnswersBehind(@TempDir Path directory) throws Exception {
        Path kept = Files.createDirectory(directory.resolve("kept"));
        Path bin = Files.createDirectory(directory.resolve("bin"));
        // The script is for root, and looks for a directory of its own.
        command(bin.resolve("id"), "echo 0");
        command(bin.resolve("mktemp"), "mkdir '%s/answers' && echo '%s/answers'".formatted(kept, kept));
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-s");
        builder.environment().merge("PATH", bin.toString(), (old, ours) -> ours + ":" + old);
        Process shell = builder.start();
        try {
            CollectScript script =
                    CollectScript.of(List.of(new Shape("slow", "sleep 1; echo late", Duration.ofSeconds(5))));
            shell.getOutputStream().write(script.text().getBytes(UTF_8));
            shell.getOutputStream().close();
            assertThat(shell.getInputStream().read()).isNotNegative();
            shell.getInputStream().close();

            assertThat(shell.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(kept).isEmptyDirectory();
        } finally {
            shell.destroyForcibly();
        }
    }

    private static void command(Path file, String body) throws Exception {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
