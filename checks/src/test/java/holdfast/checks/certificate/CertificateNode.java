package holdfast.checks.certificate;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;

import holdfast.bench.ApiAnswer;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import java.time.Duration;
import java.time.Instant;

/** The certificate files of a node, and what its API serves: healthy until a test says otherwise. */
final class CertificateNode {

    private String node = Pem.node(in(600));
    private String authority = section("pve-root-ca.pem", Pem.authority(in(3000)));
    private String custom = absent("pveproxy-ssl.pem");
    private boolean customKey;
    private String local = "nodes/pve1";
    private boolean acme;
    private String nodeSection = section("pve-ssl.pem", node);
    private String served = node;

    /** So many days after the tests' "now", and an hour. */
    static Instant in(long days) {
        return FakeSource.NOW.plus(Duration.ofDays(days)).plus(Duration.ofHours(1));
    }

    CertificateNode node(String pem) {
        node = pem;
        served = pem;
        nodeSection = section("pve-ssl.pem", pem);
        return this;
    }

    CertificateNode withoutNode() {
        nodeSection = absent("pve-ssl.pem");
        return this;
    }

    CertificateNode authority(String pem) {
        authority = section("pve-root-ca.pem", pem);
        return this;
    }

    CertificateNode custom(String pem) {
        customKey = true;
        return customWithoutKey(pem).serves(pem);
    }

    CertificateNode customWithoutKey(String pem) {
        custom = section("pveproxy-ssl.pem", pem);
        return this;
    }

    /** Where /etc/pve/local leads. */
    CertificateNode local(String target) {
        local = target;
        return this;
    }

    CertificateNode ordersFromAcme() {
        acme = true;
        return this;
    }

    CertificateNode serves(String pem) {
        served = pem;
        return this;
    }

    FakeSource source() {
        return new FakeSource()
                .answers(
                        "proxmox.certificates",
                        section("local", local)
                                + section("acme", "", acme ? 0 : 1)
                                + nodeSection
                                + custom
                                + authority
                                + section("pveproxy-ssl.key", "", customKey ? 0 : 1))
                .answers("proxmox.api-endpoint", new ApiAnswer().serves(served).text());
    }
}
