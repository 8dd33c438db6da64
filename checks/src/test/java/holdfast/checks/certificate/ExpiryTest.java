package holdfast.checks.certificate;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.certificate.CertificateNode.in;

import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.check.Severity;
import org.junit.jupiter.api.Test;

final class ExpiryTest {

    private static final String GARBAGE =
            "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";

    private static CertificateNode node() {
        return new CertificateNode();
    }

    private static CheckBench on(CertificateNode node) {
        return bench(new Expiry(), node.source());
    }

    @Test
    void certificatesThatStayValidPass() {
        on(node()).passes("the first to expire is pve-ssl.pem, in 600 days").neverPassesUnread();
    }

    @Test
    void theCustomCertificateAndTheAuthorityCountToo() {
        on(node().custom(Pem.node(in(90)))).passes("the first to expire is pveproxy-ssl.pem, in 90 days");
        on(node().authority(Pem.authority(in(400)))).passes("the first to expire is pve-root-ca.pem, in 400 days");
    }

    @Test
    void fewerDaysThanTheFirstLimitAreAWarning() {
        on(node().node(Pem.node(in(29)))).failsAs(Severity.LOW, "pve-ssl.pem expires in 29 days, on 2026-12-21");
        on(node().node(Pem.node(in(30)))).passes();
    }

    @Test
    void fewerDaysThanTheSecondLimitAreAFailure() {
        on(node().node(Pem.node(in(6))))
                .failsAs(Severity.HIGH, "pve-ssl.pem expires in 6 days")
                .advising("pvecm updatecerts --force");
        on(node().node(Pem.node(in(7)))).failsAs(Severity.LOW, "pve-ssl.pem expires in 7 days");
    }

    @Test
    void theLimitsAreThePolicys() {
        on(node().node(Pem.node(in(80))))
                .under("certificates: { warn_days: 90, fail_days: 85 }")
                .failsAs(Severity.HIGH, "expires in 80 days");
    }

    @Test
    void anExpiredOneIsSaidToBeSo() {
        on(node().node(Pem.node(in(-3)))).failsAs(Severity.HIGH, "pve-ssl.pem expired 2 days ago, on 2026-11-19");
        on(node().node(Pem.node(FakeSource.NOW.minusSeconds(60)))).fails("pve-ssl.pem expired 0 days ago");
    }

    @Test
    void anExpiredCustomCertificateBringsItsOwnAdvice() {
        on(node().custom(Pem.node(in(-1)))).fails("pveproxy-ssl.pem expired").advising("pvenode acme cert renew");
    }

    @Test
    void anEndingAuthorityIsLeftToAPerson() {
        on(node().authority(Pem.authority(in(5))))
                .fails("pve-root-ca.pem expires in 5 days")
                .advising("plan its replacement");
    }

    @Test
    void garbageInAFileFails() {
        on(node().node(GARBAGE)).fails("pve-ssl.pem cannot be used: pve-ssl.pem holds no certificate that can be read");
        on(node().custom(GARBAGE)).fails("pveproxy-ssl.pem cannot be used");
        on(node().node("")).fails("pve-ssl.pem holds no certificate");
    }

    @Test
    void aMissingFileFails() {
        on(node().withoutNode()).fails("pve-ssl.pem cannot be used: pve-ssl.pem does not exist");
    }

    @Test
    void everyFileIsInTheEvidence() {
        on(node().custom(Pem.node(in(3))))
                .fails("pveproxy-ssl.pem")
                .showing("pve-ssl.pem: until 2028-07-14, 600 days left")
                .showing("pve-root-ca.pem");
    }

    @Test
    void withoutPmxcfsNothingCanBeTold() {
        bench(
                        new Expiry(),
                        new FakeSource()
                                .fails("proxmox.certificates", 45, "/etc/pve is not mounted: pve-cluster does not run"))
                .cannotTell("/etc/pve is not mounted");
    }
}
