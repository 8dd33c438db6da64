package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.ApiAnswer;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class ApiEndpointTest {

    private static ApiEndpoint parse(ApiAnswer answer) {
        return ApiEndpoint.parse(Sections.parse(answer.text()));
    }

    @Test
    void listenersWithTheirAddressesAndProcesses() {
        assertThat(parse(new ApiAnswer()
                                .listeners(ApiAnswer.PVEPROXY
                                        + "\nLISTEN 0 128 [::1]:8006 [::]:* users:((\"socat\",pid=1,fd=5))\n"
                                        + "LISTEN 0 128 192.0.2.1%vmbr0:8006 0.0.0.0:*"))
                        .listeners())
                .containsExactly(
                        new ApiEndpoint.Listener(
                                "*",
                                List.of("pveproxy worker", "pveproxy"),
                                List.of(
                                        "pveproxy worker (pid 143)",
                                        "pveproxy worker (pid 142)",
                                        "pveproxy (pid 140)")),
                        new ApiEndpoint.Listener("[::1]", List.of("socat"), List.of("socat (pid 1)")),
                        new ApiEndpoint.Listener("192.0.2.1%vmbr0", List.of(), List.of()));
    }

    @Test
    void theAnswerAndTheChain() {
        String leaf = Pem.node(FakeSource.NOW);
        ApiEndpoint endpoint = parse(new ApiAnswer().serves(leaf + Pem.authority(FakeSource.NOW)));
        assertThat(endpoint.connected()).isTrue();
        assertThat(endpoint.status()).contains("401 No ticket");
        assertThat(endpoint.chain()).hasSize(2);
        assertThat(endpoint.chain().get(0)).isEqualTo(Certificates.parse(leaf).get(0));
        assertThat(endpoint.asked()).contains("127.0.0.1");
    }

    @Test
    void aRefusedConnectionIsNoConnection() {
        ApiEndpoint endpoint =
                parse(new ApiAnswer().tls("4007:error:8000006F:system library::Connection refused\nconnect:errno=111"));
        assertThat(endpoint.connected()).isFalse();
        assertThat(endpoint.status()).isEmpty();
        assertThat(endpoint.complaint()).contains("Connection refused");
    }

    @Test
    void nothingListens() {
        ApiEndpoint endpoint = parse(new ApiAnswer().listeners(""));
        assertThat(endpoint.listeners()).isEmpty();
        assertThat(endpoint.asked()).isEmpty();
    }

    @Test
    void aCutOffAnswerNeverHoldsAStatus() {
        String text = new ApiAnswer().serves(Pem.node(FakeSource.NOW)).text();
        for (int end = 0; end < text.stripTrailing().length(); end++) {
            Reading<ApiEndpoint> reading = ApiEndpoint.probe(8006)
                    .read(new FakeSource().answers("proxmox.api-endpoint", text.substring(0, end)));
            if (reading instanceof Reading.Known<ApiEndpoint>(var endpoint)) {
                assertThat(endpoint.status()).as("cut at %d", end).isEmpty();
            }
        }
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThat(ApiEndpoint.probe(8006).read(new FakeSource().answers("proxmox.api-endpoint", text)))
                .isNotNull();
        assertThat(ApiEndpoint.probe(8006)
                        .read(new FakeSource().answers("proxmox.api-endpoint", "#: listeners\n" + text + "\n#= 0\n")))
                .isNotNull();
    }
}
