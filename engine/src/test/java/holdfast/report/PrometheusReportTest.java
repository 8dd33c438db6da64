package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Severity;
import holdfast.run.Finding;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The metrics, by the grammar of the text format 0.0.4; {@link NodeExporterTest} has them read by node_exporter. */
final class PrometheusReportTest {

    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) (holdfast_[a-z_]+) (\\S.*)");
    private static final Pattern SAMPLE = Pattern.compile(
            "(holdfast_[a-z_]+)(\\{[a-z_]+=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\"(?:,[a-z_]+=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\")*}) (-?[0-9]+(?:\\.[0-9]+)?)");

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void whatOperatorsAlertOnIsThere() {
        Map<String, String> samples = read(PrometheusReport.render(ReportSamples.reported()));
        String series = "series=\"%s\"".formatted(ReportSamples.run().context().series());
        assertThat(samples)
                .containsEntry("holdfast_run_started_timestamp_seconds{%s}".formatted(series), "1795147212.25")
                .containsEntry("holdfast_nodes{%s,state=\"unreachable\"}".formatted(series), "1")
                .containsEntry("holdfast_node_reached{%s,node=\"pve3\",cluster=\"lab\"}".formatted(series), "0")
                .containsEntry("holdfast_node_reached{%s,node=\"backup1\"}".formatted(series), "1")
                .containsEntry(
                        "holdfast_node_failures{%s,node=\"pve1\",cluster=\"lab\",severity=\"critical\"}"
                                .formatted(series),
                        "1")
                .containsEntry(
                        "holdfast_node_failures{%s,node=\"pve1\",cluster=\"lab\",severity=\"low\"}".formatted(series),
                        "0")
                .containsEntry(
                        "holdfast_cluster_failures{%s,cluster=\"lab\",severity=\"medium\"}".formatted(series), "1")
                .containsEntry(
                        "holdfast_check_problem{%s,node=\"pve2\",cluster=\"lab\",check=\"time.synchronized\",severity=\"medium\",status=\"waived\"}"
                                .formatted(series),
                        "1")
                .containsEntry("holdfast_waiver_expired_failures{%s}".formatted(series), "1")
                // The end of 2027-01-31, UTC.
                .containsEntry("holdfast_waiver_next_expiry_timestamp_seconds{%s}".formatted(series), "1801440000");
        assertThat(samples.keySet()).anyMatch(name -> name.startsWith("holdfast_drift_differences{"));
    }

    @Test
    void aRunWithNothingToCompareWithHasNoDriftAndOneWithoutWaiversNoExpiry() {
        assertThat(PrometheusReport.render(ReportSamples.first())).doesNotContain("holdfast_drift");
        assertThat(PrometheusReport.render(ReportSamples.clean())).doesNotContain("next_expiry");
    }

    @Test
    void aThousandNodesAreThousandsOfSeriesAndNotSixtyThousand() {
        Reported fleet = ReportSamples.fleet(1000, 60);
        Map<String, String> samples = read(PrometheusReport.render(fleet));
        long problems = fleet.run()
                .findings()
                .filter(finding -> finding.failing() || finding.status() == Finding.Status.UNKNOWN)
                .count();
        int nodes = 1000 * (2 + Severity.values().length);
        int clusters = fleet.run().clusters().size() * Severity.values().length;
        assertThat(samples).hasSizeBetween((int) problems + nodes, (int) problems + nodes + clusters + 60);
    }

    @Property(tries = 200)
    void whateverIsSaidEveryLineIsOneSeriesAndNoneIsThereTwice(@ForAll("said") Hostile.Said evil) {
        String text = PrometheusReport.render(ReportSamples.saying(evil.text()));
        assertThat(read(text)).isNotEmpty();
        assertThat(PrometheusReport.render(ReportSamples.saying(evil.text()))).isEqualTo(text);
    }

    /** Series and their values, each of a metric whose HELP and TYPE came once and before. */
    private static Map<String, String> read(String text) {
        assertThat(text).endsWith("\n");
        Map<String, String> samples = new LinkedHashMap<>();
        Set<String> metrics = new HashSet<>();
        String current = "";
        for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
            Matcher comment = COMMENT.matcher(line);
            if (comment.matches()) {
                assertThat(metrics.add(comment.group(1) + " " + comment.group(2)))
                        .as(line)
                        .isTrue();
                current = Objects.requireNonNull(comment.group(2));
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as(line).isTrue();
            assertThat(sample.group(1)).isEqualTo(current);
            assertThat(metrics).contains("HELP " + current, "TYPE " + current);
            assertThat(samples.put(sample.group(1) + sample.group(2), Objects.requireNonNull(sample.group(3))))
                    .as(line)
                    .isNull();
        }
        return samples;
    }
}
