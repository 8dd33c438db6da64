package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The practice cluster behaves as the genuine one was seen to. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LabClusterTest {

    @SuppressWarnings("NullAway.Init")
    private RealCluster cluster;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    @Order(1)
    void sshdAnswersOnEveryNodesOwnAddress() throws IOException {
        for (RealNode node : cluster.nodes()) {
            try (Socket socket = new Socket(node.address(), node.port())) {
                byte[] banner = socket.getInputStream().readNBytes(15);
                assertThat(new String(banner, StandardCharsets.US_ASCII)).isEqualTo("SSH-2.0-OpenSSH");
            }
        }
    }
}
