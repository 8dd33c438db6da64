package holdfast.proxmox;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.probe.Reading;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class CertificatesTest {

    /** pvenode lists the same files with what it understood of them: the values to compare with. */
    private static List<JsonNode> listed(String transcript) {
        JsonNode all = JsonMapper.builder().build().readTree(Transcripts.read(transcript));
        return Stream.iterate(0, i -> i < all.size(), i -> i + 1).map(all::get).toList();
    }

    private static String pem(String transcript, String file) {
        return listed(transcript).stream()
                .filter(one -> one.get("filename").asString().equals(file))
                .map(one -> one.get("pem").asString())
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "certs/self-ca-pvenode-info.stdout",
                "certs/custom-10days.stdout",
                "certs/custom-expired.stdout",
                "quorate-pve9/pvenode-cert-info.stdout"
            })
    void whatProxmoxReadsInItsCertificatesIsReadHereToo(String transcript) {
        assertThat(listed(transcript)).isNotEmpty().allSatisfy(one -> {
            List<Certificates.Certificate> read =
                    Certificates.parse(one.get("pem").asString());
            assertThat(read).hasSize(1);
            assertThat(read.get(0).fingerprint())
                    .isEqualTo(
                            one.get("fingerprint").asString().replace(":", "").toLowerCase(Locale.ROOT));
            assertThat(read.get(0).notAfter())
                    .isEqualTo(Instant.ofEpochSecond(one.get("notafter").asLong()));
            assertThat(read.get(0).notBefore())
                    .isEqualTo(Instant.ofEpochSecond(one.get("notbefore").asLong()));
        });
    }

    @Test
    void theNamesOfANodesCertificate() {
        Certificates.Certificate node = Certificates.parse(pem("certs/self-ca-pvenode-info.stdout", "pve-ssl.pem"))
                .get(0);
        assertThat(node.subject()).isEqualTo("CN=cnode2,O=Proxmox Virtual Environment,OU=PVE Cluster Node");
        assertThat(node.names()).contains("127.0.0.1", "localhost", "172.29.77.12", "cnode2");
        assertThat(node.notAfter()).isEqualTo(Instant.parse("2028-11-19T23:11:57Z"));
    }

    @Test
    void daysAreRoundedDown() {
        Certificates.Certificate node = Certificates.parse(pem("certs/self-ca-pvenode-info.stdout", "pve-ssl.pem"))
                .get(0);
        assertThat(node.daysLeft(node.notAfter())).isZero();
        assertThat(node.daysLeft(node.notAfter().minusSeconds(86_399))).isZero();
        assertThat(node.daysLeft(node.notAfter().minusSeconds(86_400))).isEqualTo(1);
        assertThat(node.daysLeft(node.notAfter().plusSeconds(1))).isEqualTo(-1);
    }

    @Test
    void aCutOffCertificateIsNone() {
        String pem = pem("certs/self-ca-pvenode-info.stdout", "pve-ssl.pem").strip();
        for (int end = 0; end < pem.length(); end++) {
            assertThat(Certificates.parse(pem.substring(0, end)))
                    .as("cut at %d", end)
                    .isEmpty();
        }
    }

    @Test
    void noMoreThanAFewAreTakenFromAFlood() {
        assertThat(Certificates.parse(
                        pem("certs/self-ca-pvenode-info.stdout", "pve-ssl.pem").repeat(50)))
                .hasSize(10);
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThat(Certificates.parse("-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n"))
                .isEmpty();
    }

    // ------------------------------------------------------------------ the probe

    private static Certificates known(String text) {
        return Certificates.PROBE.read(new FakeSource().answers("proxmox.certificates", text))
                        instanceof Reading.Known<Certificates>(var certificates)
                ? certificates
                : org.assertj.core.api.Assertions.fail("not known");
    }

    private static final String NODE = pem("certs/custom-10days.stdout", "pve-ssl.pem");
    private static final String CUSTOM = pem("certs/custom-10days.stdout", "pveproxy-ssl.pem");
    private static final String AUTHORITY = pem("certs/custom-10days.stdout", "pve-root-ca.pem");

    @Test
    void theCustomOneIsServedOnlyWithItsKey() {
        String files = section("pve-ssl.pem", NODE)
                + section("pveproxy-ssl.pem", CUSTOM)
                + section("pve-root-ca.pem", AUTHORITY);
        assertThat(known(files + section("pveproxy-ssl.key", "")).servedFile()).isEqualTo("pveproxy-ssl.pem");
        assertThat(known(files + section("pveproxy-ssl.key", "", 1)).servedFile())
                .isEqualTo("pve-ssl.pem");
    }

    @Test
    void anAbsentCustomOneIsNotAnUnreadableOne() {
        assertThat(known(section("pve-ssl.pem", NODE)
                                + absent("pveproxy-ssl.pem")
                                + section("pve-root-ca.pem", AUTHORITY)
                                + section("pveproxy-ssl.key", "", 1))
                        .custom())
                .isEmpty();
        assertThat(known(section("pve-ssl.pem", NODE)
                                + section("pveproxy-ssl.pem", "sed: Input/output error", 4)
                                + section("pve-root-ca.pem", AUTHORITY)
                                + section("pveproxy-ssl.key", "", 1))
                        .custom())
                .hasValueSatisfying(custom -> assertThat(custom).isInstanceOf(Reading.Unknown.class));
    }
}
