package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Execution;
import holdfast.node.Phase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connector against the real sshd, ssh-keygen and ssh-agent. */
@Tag("openssh")
class OpenSshTest {

    @TempDir
    Path home;

    @Test
    void aKnownHostWithAKeyRunsACommand() throws Exception {
        try (OpenSsh ssh = OpenSsh.started(home);
                SshConnector connector = SshConnector.of(ssh.options())) {
            List<Phase> phases = new ArrayList<>();
            try (Connection connection = connector.open(ssh.target(), phases::add)) {
                Execution execution = connection.execute(new Command(
                        "/bin/sh -c 'cat; echo err >&2; exit 3'",
                        "hello MARK world".getBytes(StandardCharsets.UTF_8),
                        "MARK".getBytes(StandardCharsets.UTF_8),
                        1000,
                        Duration.ofSeconds(10)));
                assertThat(execution.ended()).isNull();
                assertThat(execution.exit()).hasValue(3);
                assertThat(execution.stdout()).asString().isEqualTo("hello MARK world");
                assertThat(execution.stderr()).asString().isEqualTo("err\n");
                assertThat(execution.truncated()).isFalse();
                assertThat(execution.markerAtNanos()).isPresent();
                assertThat(connection.address()).isEqualTo("127.0.0.1:" + ssh.port);
                assertThat(connection.user()).isEqualTo(ssh.user);
            }
            assertThat(phases).containsExactly(Phase.RESOLVE, Phase.CONNECT, Phase.HOST_KEY, Phase.AUTHENTICATE);
            assertThat(ssh.notices).isEmpty();
        }
    }
}
