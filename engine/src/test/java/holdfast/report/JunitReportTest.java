package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.run.Finding;
import holdfast.run.Run;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.maven.plugin.surefire.log.api.NullConsoleLogger;
import org.apache.maven.plugins.surefire.report.ReportTestCase;
import org.apache.maven.plugins.surefire.report.ReportTestSuite;
import org.apache.maven.plugins.surefire.report.TestSuiteXmlParser;
import org.junit.jupiter.api.Test;

/** The JUnit XML, read by Surefire's own parser. */
final class JunitReportTest {

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void thereIsASuitePerNodeAndPerClusterAndACasePerCheck() throws Exception {
        Run run = ReportSamples.run();
        List<ReportTestSuite> suites = read(ReportSamples.reported());
        assertThat(suites)
                .extracting(ReportTestSuite::getFullClassName)
                .containsExactly("nodes.pve1", "nodes.pve2", "nodes.pve3", "nodes.backup1", "clusters.lab");
        assertThat(suites.stream().mapToInt(ReportTestSuite::getNumberOfTests).sum())
                .isEqualTo((int) run.findings().count());
        assertThat(suites.stream()
                        .mapToInt(ReportTestSuite::getNumberOfFailures)
                        .sum())
                .isEqualTo((int) run.count(Finding.Status.FAIL));
        assertThat(suites.stream().mapToInt(ReportTestSuite::getNumberOfErrors).sum())
                .isEqualTo((int) run.count(Finding.Status.UNKNOWN));
        assertThat(suites.stream().mapToInt(ReportTestSuite::getNumberOfSkipped).sum())
                .isEqualTo((int) (run.count(Finding.Status.SKIP) + run.count(Finding.Status.WAIVED)));
        assertThat(one(suites, "nodes.pve1", "sshd.root-login").getFullClassName())
                .isEqualTo("nodes.pve1");
    }

    @Test
    void aFailureSaysHowMuchItMattersWhatIsExpectedAndWhatMendsIt() throws Exception {
        ReportTestCase failed = one(read(ReportSamples.reported()), "nodes.pve1", "sshd.root-login");
        assertThat(failed.hasFailure()).isTrue();
        assertThat(failed.getFailureType()).isEqualTo("high");
        assertThat(failed.getFailureMessage()).startsWith("root may log in with a password from 10.0.0.0/24");
        assertThat(failed.getFailureDetail())
                .contains("expected: what the policy wants of sshd.root-login")
                .contains("actual: what the node does about sshd.root-login")
                .contains("evidence:\n  /etc/holdfast/sshd.root-login:12: Setting yes")
                .contains("what mends it:\n  write the drop-in")
                .contains("holdfast fix can mend it");
    }

    @Test
    void whatIsWaivedIsSkippedAndSaysByWhomUntilWhenAndThatItFails() throws Exception {
        ReportTestCase waived = one(read(ReportSamples.reported()), "nodes.pve2", "time.synchronized");
        assertThat(waived.hasSkipped()).isTrue();
        assertThat(waived.getFailureMessage())
                .isEqualTo(
                        "accepted by Kim Berg <kim@example.com> until 2027-01-31 (the GPS clock is repaired in January);"
                                + " it fails (medium): no time service runs");
    }

    @Test
    void anExpiredWaiverIsAFailureThatSaysSo() throws Exception {
        ReportTestCase failed = one(read(ReportSamples.reported()), "nodes.pve1", "certificate.expiry");
        assertThat(failed.hasFailure()).isTrue();
        assertThat(failed.getFailureMessage())
                .startsWith("its waiver by Noor Haddad <noor@example.com> expired after 2026-10-31"
                        + " (the new CA comes in October): ");
    }

    @Test
    void whatCouldNotBeToldIsAnError() throws Exception {
        ReportTestCase unknown = one(read(ReportSamples.reported()), "nodes.pve2", "certificate.served");
        assertThat(unknown.hasError()).isTrue();
        assertThat(unknown.getFailureMessage()).isEqualTo("unknown: port 8006 did not answer within 10 s");
    }

    @Property(tries = 150)
    void whateverNodesSayItIsReadAsItsCleanedText(@ForAll("said") Hostile.Said evil) throws Exception {
        Reported reported = ReportSamples.saying(evil.text());
        List<ReportTestSuite> suites = read(reported);
        // A node, a silent one, a cluster.
        assertThat(suites).hasSize(3);
        assertThat(suites.get(0).getTestCases()).hasSize(Finding.Status.values().length);
        assertThat(suites.get(1).getNumberOfErrors()).isEqualTo(1);
        String xml = JunitReport.render(reported);
        assertThat(xml.codePoints())
                .as("XML 1.0, section 2.2")
                .allMatch(c -> c == '\t'
                        || c == '\n'
                        || (c >= 0x20 && c <= 0xd7ff)
                        || (c >= 0xe000 && c != 0xfffe && c != 0xffff));
        assertThat(JunitReport.render(ReportSamples.saying(evil.text()))).isEqualTo(xml);
    }

    private static ReportTestCase one(List<ReportTestSuite> suites, String suite, String check) {
        return suites.stream()
                .filter(candidate -> candidate.getFullClassName().equals(suite))
                .flatMap(candidate -> candidate.getTestCases().stream())
                .filter(candidate -> candidate.getName().equals(check))
                .findFirst()
                .orElseThrow();
    }

    private static List<ReportTestSuite> read(Reported reported) throws Exception {
        byte[] xml = JunitReport.render(reported).getBytes(StandardCharsets.UTF_8);
        return new TestSuiteXmlParser(new NullConsoleLogger())
                .parse(new InputStreamReader(new ByteArrayInputStream(xml), StandardCharsets.UTF_8));
    }
}
