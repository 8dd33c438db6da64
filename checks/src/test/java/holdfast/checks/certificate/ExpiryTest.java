package holdfast.checks.certificate;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.certificate.CertificateNode.in;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.change.Change;
import holdfast.change.FixRisk;
import holdfast.check.Severity;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    // ------------------------------------------------------------------ the fix

    private static final Change.Run UPDATECERTS = new Change.Run(
            "pvecm updatecerts --force",
            "have the cluster's CA sign a new certificate for this node",
            "",
            List.of("/etc/pve/nodes/pve1/pve-ssl.pem", "/etc/pve/nodes/pve1/pve-ssl.key"),
            Duration.ofSeconds(100));

    private static final Change.Run ORDER = new Change.Run(
            "pvenode acme cert renew --force 1",
            "order a new certificate from the node's ACME service",
            "",
            List.of("/etc/pve/nodes/pve1/pveproxy-ssl.pem", "/etc/pve/nodes/pve1/pveproxy-ssl.key"),
            Duration.ofMinutes(3));

    @Test
    void theNodesOwnIsSignedAnewAndLoadedWithoutARestart() {
        on(node().node(Pem.node(in(-3)))).mendedBy(steps -> {
            assertThat(steps.changes()).containsExactly(UPDATECERTS, Renewal.RELOAD);
            assertThat(steps.risk()).isEqualTo(FixRisk.SAFE);
        });
        assertThat(Renewal.RELOAD.command())
                .contains("systemctl reload pveproxy.service")
                .doesNotContain("restart");
    }

    @Test
    void aWarningIsMendedToo() {
        on(node().node(Pem.node(in(29))))
                .mendedBy(steps -> assertThat(steps.changes()).contains(UPDATECERTS));
    }

    @Test
    void aMissingOrBrokenOneOfTheNodeIsMadeAnew() {
        on(node().withoutNode()).mendedBy(steps -> assertThat(steps.changes()).contains(UPDATECERTS));
        on(node().node(GARBAGE)).mendedBy(steps -> assertThat(steps.changes()).contains(UPDATECERTS));
    }

    @Test
    void oneThatSomebodyPutInThePlaceOfTheNodesOwnIsLeft() {
        on(node().node(Pem.certificate("CN=pve1", "CN=Corporate CA", in(3))))
                .refusesToMend("pve-ssl.pem was not made by this cluster's CA but by CN=Corporate CA");
    }

    @Test
    void anAuthorityThatEndsSignsNothing() {
        on(node().authority(Pem.authority(in(5)))).refusesToMend("no command renews it");
        on(node().node(Pem.node(in(1))).authority(Pem.authority(in(5)))).refusesToMend("no command renews it");
        on(node().node(Pem.node(in(1))).authority(Pem.authority(in(14))))
                .under("certificates: { warn_days: 10, fail_days: 5 }")
                .refusesToMend("the cluster's CA ends in 14 days");
        on(node().node(Pem.node(in(1))).authority(Pem.authority(in(15))))
                .under("certificates: { warn_days: 10, fail_days: 5 }")
                .mendedBy(steps -> assertThat(steps.changes()).contains(UPDATECERTS));
    }

    @Test
    void oneFromAcmeIsOrderedAnew() {
        on(node().custom(Pem.node(in(3))).ordersFromAcme())
                .mendedBy(steps -> assertThat(steps.changes()).containsExactly(ORDER, Renewal.RELOAD));
    }

    @Test
    void bothAreRenewedAndLoadedOnce() {
        on(node().node(Pem.node(in(3))).custom(Pem.node(in(3))).ordersFromAcme())
                .mendedBy(steps -> assertThat(steps.changes()).containsExactly(UPDATECERTS, ORDER, Renewal.RELOAD));
    }

    @Test
    void anUploadedOneIsLeftToWhoeverUploadedIt() {
        on(node().custom(Pem.node(in(3)))).refusesToMend("pveproxy-ssl.pem was uploaded by somebody");
        on(node().node(Pem.node(in(3))).custom(Pem.node(in(3)))).refusesToMend("was uploaded by somebody");
    }

    @Test
    void acmeDoesNotRenewWhatCannotBeRead() {
        on(node().custom(GARBAGE).ordersFromAcme())
                .refusesToMend("an ACME order renews a certificate that can be read");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nodes/", "nodes/../priv", "nodes/pve1;reboot", "/etc/passwd", "nodes/pve1\nnodes/pve2"})
    void aNodeThatDoesNotTellItsNameIsLeft(String target) {
        on(node().node(Pem.node(in(3))).local(target)).refusesToMend("the node's own name");
    }
}
