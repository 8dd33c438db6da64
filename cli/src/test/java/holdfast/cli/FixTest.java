package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast fix} on embedded nodes. */
final class FixTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private static Invocation fix(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "fix",
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString(),
                "-u",
                "ops",
                "-b"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    private Path policy() throws IOException {
        return Files.writeString(directory.resolve("policy.yml"), "time: { servers: [192.0.2.1] }\n");
    }

    @Test
    void scratch() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            String[] policy = {"--policy", policy().toString()};
            Invocation dry = fix(cluster, "--check", "--diff", policy[0], policy[1]);
            System.out.println(dry.out() + "\n" + dry.err() + "\n" + dry.code());
            Invocation run = fix(cluster, "--yes", policy[0], policy[1]);
            System.out.println(run.out() + "\n" + run.err() + "\n" + run.code());
            Invocation again = fix(cluster, "--yes", policy[0], policy[1]);
            System.out.println(again.out() + "\n" + again.err() + "\n" + again.code());
            assertThat(again.out()).contains("nothing to change");
        }
    }
}
