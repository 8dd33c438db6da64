package holdfast.checks.certificate;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.certificate.CertificateNode.in;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.ApiAnswer;
import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import org.junit.jupiter.api.Test;

final class ServedTest {

    private static final String TRUSTED = Pem.certificate("CN=pve1.example.com", "CN=R11,O=Let's Encrypt,C=US", in(80));

    private static CertificateNode node() {
        return new CertificateNode();
    }

    private static CheckBench on(CertificateNode node) {
        return bench(new Served(), node.source());
    }

    @Test
    void theCertificateOnDiskIsServed() {
        on(node())
                .passes("port 8006 serves pve-ssl.pem, issued by O=PVE Cluster Manager CA,")
                .neverPassesUnread();
    }

    @Test
    void theCustomOneIsServedWhereItsKeyIsThere() {
        on(node().custom(TRUSTED)).passes("port 8006 serves pveproxy-ssl.pem").neverPassesUnread();
    }

    @Test
    void aCustomOneWithoutItsKeyIsNotExpectedToBeServed() {
        on(node().customWithoutKey(TRUSTED)).passes("port 8006 serves pve-ssl.pem");
    }

    @Test
    void aRenewedOneThatWasNotLoadedFails() {
        on(node().serves(Pem.node(in(20))))
                .fails("port 8006 serves an older certificate than pve-ssl.pem: pveproxy was not reloaded")
                .advising("systemctl reload pveproxy")
                .showing("served: CN=pve1");
    }

    @Test
    void aServedOneThatIsNoLongerOnDiskFails() {
        on(node().withoutNode())
                .fails("port 8006 serves a certificate that is not in pve-ssl.pem: pve-ssl.pem does not exist");
    }

    @Test
    void theOwnAuthorityIsEnoughUnlessThePolicyWantsMore() {
        on(node())
                .under("certificates: { require_trusted: true }")
                .fails("port 8006 serves a certificate that only the cluster's own CA vouches for");
        on(node().custom(TRUSTED))
                .under("certificates: { require_trusted: true }")
                .passes();
    }

    @Test
    void oneThatVouchesForItselfIsNotTrusted() {
        on(node().custom(Pem.certificate("CN=pve1", "CN=pve1", in(80))))
                .under("certificates: { require_trusted: true }")
                .fails("only the cluster's own CA vouches for");
    }

    @Test
    void whereNoneIsServedNothingCanBeTold() {
        bench(
                        new Served(),
                        node().source()
                                .answers(
                                        "proxmox.api-endpoint",
                                        new ApiAnswer()
                                                .tls("CONNECTED(00000003)")
                                                .text()))
                .cannotTell("port 8006 serves no certificate: see pveproxy.listening");
    }

    @Test
    void withoutPmxcfsNothingCanBeTold() {
        bench(
                        new Served(),
                        new FakeSource()
                                .fails("proxmox.certificates", 45, "/etc/pve is not mounted")
                                .answers("proxmox.api-endpoint", new ApiAnswer().text()))
                .cannotTell("/etc/pve is not mounted");
    }

    @Test
    void aStaleOneIsMendedByAReloadAlone() {
        on(node().serves(Pem.node(in(20))))
                .mendedBy(steps -> assertThat(steps.changes()).containsExactly(Renewal.RELOAD));
    }

    @Test
    void aFileThatIsOfNoUseIsNotLoaded() {
        on(node().withoutNode()).refusesToMend("the API would be gone");
    }

    @Test
    void trustIsNotMadeByACommand() {
        on(node()).under("certificates: { require_trusted: true }").refusesToMend("that only you have");
    }
}
