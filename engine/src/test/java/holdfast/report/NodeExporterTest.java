package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The metrics, read and told on by the real node_exporter, and looked at by promtool where the machine has it. */
@Tag("prometheus")
@Timeout(60)
final class NodeExporterTest {

    private static final Pattern LISTENING = Pattern.compile("msg=\"Listening on\" address=(\\S+)");

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    private Process exporter;
    private URI metrics;

    @BeforeEach
    void start() throws Exception {
        exporter = new ProcessBuilder(
                        "prometheus-node-exporter",
                        "--collector.disable-defaults",
                        "--collector.textfile",
                        "--collector.textfile.directory=" + directory,
                        "--web.listen-address=127.0.0.1:0")
                .redirectErrorStream(true)
                .start();
        metrics = URI.create("http://" + address(exporter).get(30, TimeUnit.SECONDS) + "/metrics");
    }

    @AfterEach
    void stop() throws Exception {
        if (exporter != null) {
            exporter.destroy();
            if (!exporter.waitFor(10, TimeUnit.SECONDS)) {
                exporter.destroyForcibly();
            }
        }
        client.close();
    }

    @Test
    void everySeriesOfAFleetIsToldOn() throws Exception {
        String text = PrometheusReport.render(ReportSamples.fleet(1000, 60));
        Files.writeString(directory.resolve("holdfast.prom"), text);
        assertThat(scrape()).isEqualTo(series(text));
    }

    /** Two schedules of two fleets write two files: the same metrics, with other series. */
    @Test
    void filesOfSeveralFleetsLieSideBySide() throws Exception {
        String one = PrometheusReport.render(ReportSamples.reported());
        String other = PrometheusReport.render(ReportSamples.fleet(20, 30));
        Files.writeString(directory.resolve("one.prom"), one);
        Files.writeString(directory.resolve("other.prom"), other);
        Set<String> both = new HashSet<>(series(one));
        both.addAll(series(other));
        assertThat(scrape()).isEqualTo(both);
    }

    @Test
    void whateverIsSaidTheFileIsRead() throws Exception {
        for (String fragment : Hostile.FRAGMENTS) {
            String text = PrometheusReport.render(ReportSamples.saying(fragment + "x" + fragment));
            Files.writeString(directory.resolve("holdfast.prom"), text);
            assertThat(scrape()).as(fragment).hasSameSizeAs(series(text));
        }
    }

    @Test
    void promtoolHasNothingToSay() throws Exception {
        Path promtool = Path.of("/usr/bin/promtool");
        assumeTrue(
                Files.isExecutable(promtool),
                "Debian has promtool in a package of 100 MB, with the server: not worth its weight everywhere");
        Path file = Files.writeString(
                directory.resolve("holdfast.prom"), PrometheusReport.render(ReportSamples.fleet(100, 60)));
        Process check = new ProcessBuilder(promtool.toString(), "check", "metrics")
                .redirectInput(file.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said).isEmpty();
        assertThat(check.exitValue()).isZero();
    }

    /** Our series, when the collector says that it read every file. */
    private Set<String> scrape() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(metrics).timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.body()).contains("\nnode_textfile_scrape_error 0\n");
        return series(response.body());
    }

    /** Names, labels in any order, and values as numbers; a label that is empty is one that is not there. */
    private static Set<String> series(String text) {
        return text.lines()
                .filter(line -> line.startsWith("holdfast_"))
                .map(NodeExporterTest::sample)
                .collect(Collectors.toSet());
    }

    private static String sample(String line) {
        int open = line.indexOf('{');
        int close = line.lastIndexOf('}');
        List<String> labels = Pattern.compile("[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\"")
                .matcher(line.substring(open + 1, close))
                .results()
                .map(result -> result.group())
                .filter(label -> !label.endsWith("=\"\""))
                .sorted()
                .toList();
        return "%s%s %s"
                .formatted(
                        line.substring(0, open),
                        labels,
                        Double.parseDouble(line.substring(close + 1).strip()));
    }

    private static CompletableFuture<String> address(Process process) {
        CompletableFuture<String> found = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            StringBuilder said = new StringBuilder();
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    said.append(line).append('\n');
                    Matcher listening = LISTENING.matcher(line);
                    if (listening.find()) {
                        found.complete(listening.group(1));
                    }
                }
            } catch (IOException e) {
                said.append(e);
            }
            found.completeExceptionally(new IOException("node_exporter does not listen:\n" + said));
        });
        reader.setDaemon(true);
        reader.start();
        return found;
    }
}
