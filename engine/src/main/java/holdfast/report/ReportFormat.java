package holdfast.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats of a report, and what makes each. */
public enum ReportFormat {
    /** {@code holdfast.report/1}, whole. */
    JSON,
    /** One page for people, with all in it. */
    HTML,
    /** A suite per node and cluster, a case per check, for Jenkins and GitLab. */
    JUNIT,
    /** SARIF 2.1.0, for code scanning. */
    SARIF,
    /** A line per finding, for spreadsheets. */
    CSV,
    /** For the comment of a merge request, or a wiki. */
    MARKDOWN,
    /** Gauges for node_exporter's textfile collector. */
    PROMETHEUS,
    /** OSCAL assessment results, for auditors' tools. */
    OSCAL;

    /** As options spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The whole report, with a final line feed. */
    public String render(Reported reported) {
        return switch (this) {
            case JSON -> JsonReport.render(reported);
            case HTML -> HtmlReport.render(reported);
            case JUNIT -> JunitReport.render(reported);
            case SARIF -> SarifReport.render(reported);
            case CSV -> CsvReport.render(reported);
            case MARKDOWN -> MarkdownReport.render(reported);
            case PROMETHEUS -> PrometheusReport.render(reported);
            case OSCAL -> OscalReport.render(reported);
        };
    }

    /**
     * Writes the whole report; one that is large by nature is never in memory as a whole.
     *
     * @throws UncheckedIOException when it cannot be written
     */
    public void write(Reported reported, Writer out) {
        try {
            if (this == JSON) {
                JsonReport.write(reported, out);
            } else {
                out.write(render(reported));
                out.flush();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The format of this label. */
    public static Optional<ReportFormat> of(String label) {
        return Arrays.stream(values())
                .filter(format -> format.label().equals(label.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** All labels. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(ReportFormat::label).toList();
    }
}
