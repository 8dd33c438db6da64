package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.discovery.Comparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/reports.md and docs/alerts.yml name what there is, and all of it. */
final class ReportsPageTest {

    private static final Path DOCS = Path.of("..", "docs");

    @Test
    void everyFormatHasARow() throws IOException {
        String page = Files.readString(DOCS.resolve("reports.md"));
        for (String format : ReportFormat.labels()) {
            assertThat(page).contains("\n| `" + format + "` |");
        }
    }

    @Test
    void everyColumnIsExplained() throws IOException {
        String section = section("## CSV", "## Markdown");
        assertThat(names(section, "`([a-z_]+)`(?=[^|\n]*\\| )")).containsAll(CsvReport.COLUMNS);
    }

    @Test
    void everyMetricIsExplainedAndTheRulesKnowOnlySuch() throws IOException {
        Reported sample = ReportSamples.reported();
        Reported all = new Reported(
                sample.run().withDiscovery(new Comparison(1, List.of(), List.of(), List.of())),
                sample.drift(),
                sample.trend(),
                sample.checks());
        Set<String> metrics = names(PrometheusReport.render(all), "# TYPE (holdfast_[a-z_]+)");
        assertThat(names(section("## Prometheus", "## OSCAL"), "`(holdfast_[a-z_]+)`"))
                .isEqualTo(metrics);
        assertThat(metrics).containsAll(names(Files.readString(DOCS.resolve("alerts.yml")), "\\b(holdfast_[a-z_]+)"));
    }

    private static String section(String from, String to) throws IOException {
        String page = Files.readString(DOCS.resolve("reports.md"));
        return page.substring(page.indexOf("\n" + from), page.indexOf("\n" + to));
    }

    private static Set<String> names(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
