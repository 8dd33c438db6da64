package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.run.Finding;
import holdfast.text.Clean;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;

/** The table, read by an independent parser of RFC 4180. */
final class CsvReportTest {

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void thereIsALinePerFindingInTheRunsOrder() throws Exception {
        List<CSVRecord> lines = read(ReportSamples.reported());
        assertThat(lines)
                .extracting(line -> line.get("check"))
                .containsExactlyElementsOf(
                        ReportSamples.run().findings().map(Finding::check).toList());
        CSVRecord first = lines.get(0);
        assertThat(first.get("name")).isEqualTo("pve1");
        assertThat(first.get("cluster")).isEqualTo("lab");
        assertThat(first.get("started_at")).isEqualTo("2026-11-20T04:00:12.250Z");
        assertThat(first.get("status")).isEqualTo("fail");
        assertThat(first.get("severity")).isEqualTo("high");
        assertThat(first.get("advice")).isEqualTo("write the drop-in | sshd -t && systemctl reload ssh");
        assertThat(lines.get(lines.size() - 1).get("cluster_id")).isEqualTo("9f".repeat(32));
    }

    @Test
    void aWaiverSaysWhoUntilWhenAndWhetherItHasExpired() throws Exception {
        assertThat(read(ReportSamples.reported()))
                .filteredOn(line -> !line.get("waiver_owner").isEmpty())
                .extracting(
                        line -> line.get("status"),
                        line -> line.get("waiver_expires"),
                        line -> line.get("waiver_expired"))
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("fail", "2026-10-31", "true"),
                        org.assertj.core.groups.Tuple.tuple("waived", "2027-01-31", "false"));
    }

    @Property(tries = 150)
    void everyCellIsReadAsItsCleanedTextAndNoneIsAFormula(@ForAll("said") Hostile.Said evil) throws Exception {
        List<CSVRecord> lines = read(ReportSamples.saying(evil.text()));
        assertThat(lines).hasSize(2 * Finding.Status.values().length + 1);
        String clean = Clean.line(evil.text(), 4000);
        for (CSVRecord line : lines) {
            assertThat(line.size()).isEqualTo(CsvReport.COLUMNS.size());
            assertThat(line.get("run")).isIn(clean, "'" + clean);
            for (String cell : line) {
                assertThat(cell.strip()).doesNotMatch("(?s)[=+@\\t\\r\uff1d\uff0b\uff0d\uff20-].*");
                assertThat(cell.chars()).noneMatch(c -> c < ' ');
            }
        }
    }

    private static List<CSVRecord> read(Reported reported) throws IOException {
        try (CSVParser parser = CSVParser.parse(
                new StringReader(CsvReport.render(reported)),
                CSVFormat.RFC4180
                        .builder()
                        .setHeader()
                        .setSkipHeaderRecord(true)
                        .get())) {
            assertThat(parser.getHeaderNames()).isEqualTo(CsvReport.COLUMNS);
            return parser.getRecords();
        }
    }
}
