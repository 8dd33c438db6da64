package holdfast.node.local;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Execution;
import holdfast.node.Target;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LocalConnectorTest {

    @Test
    void aCommandRunsHere() throws Exception {
        Execution execution = run("cat; echo err >&2; exit 3", "hello MARK", 1000, 10);
        assertThat(execution.exit()).hasValue(3);
        assertThat(execution.stdout()).asString().isEqualTo("hello MARK");
        assertThat(execution.stderr()).asString().isEqualTo("err\n");
        assertThat(execution.markerAtNanos()).isPresent();
        assertThat(execution.ended()).isNull();
    }

    @Test
    void aDeadlineEndsItWithItsChildren() throws Exception {
        long start = System.nanoTime();
        Execution execution = run("echo begun; sleep 20 | cat", "", 1000, 1);
        assertThat(execution.ended()).isEqualTo("it did not finish within 1 s");
        assertThat(execution.stdout()).asString().isEqualTo("begun\n");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void tooMuchOutputIsCut() throws Exception {
        Execution execution = run("yes", "", 100_000, 10);
        assertThat(execution.truncated()).isTrue();
        assertThat(execution.stdout()).hasSize(100_000);
        assertThat(execution.ended()).isEqualTo("it printed more than 100000 bytes");
    }

    private static Execution run(String line, String input, long limit, int seconds) throws Exception {
        Target target =
                new Target("me", "localhost", OptionalInt.empty(), Optional.empty(), Optional.empty(), false, true);
        try (LocalConnector connector = new LocalConnector();
                Connection connection = connector.open(target, phase -> {})) {
            return connection.execute(new Command(
                    line,
                    input.getBytes(StandardCharsets.UTF_8),
                    "MARK".getBytes(StandardCharsets.UTF_8),
                    limit,
                    Duration.ofSeconds(seconds)));
        }
    }
}
