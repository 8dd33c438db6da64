package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.Fault;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.notify.Notice;
import holdfast.report.DriftReport;
import holdfast.report.JsonReport;
import holdfast.report.ReportFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Scans that are stored, approved, compared and told, on practice nodes that change between them. */
class ScanSinceTest {

    private static final String CHECKS = "sshd.*,firewall.enabled,time.synchronized,cluster.quorum";

    private static PracticeCluster cluster;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeAll
    static void start() throws IOException {
        cluster = PracticeCluster.start(2);
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
        mend();
    }

    private static Invocation scan(String... more) {
        return Invocation.of(Stream.concat(
                        Stream.of(
                                "scan",
                                "-i",
                                cluster.inventory().toString(),
                                "-F",
                                cluster.sshConfig().toString(),
                                "--checks",
                                CHECKS),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private static void spoil() {
        cluster.node(2).file("/state/pve-firewall", "inactive");
    }

    private static void mend() {
        cluster.node(2).file("/state/pve-firewall", "active").withoutFaults();
    }

    private static List<String> differences(JsonNode drift) {
        List<String> all = new ArrayList<>();
        drift.path("differences")
                .forEach(one -> all.add("%s %s %s"
                        .formatted(
                                one.path("kind").asString(),
                                one.path("subject").asString(),
                                one.path("check").asString("-"))));
        return all;
    }

    @Test
    void aScanTellsWhatHasChangedSinceTheLastOne() {
        Invocation first = scan("--since", "last");
        assertThat(first.err()).contains("no earlier run");
        assertThat(first.code()).isZero();
        assertThat(scan("--since", "last").out()).contains("since the last run").contains("nothing has changed");
        spoil();
        Invocation worse = scan("--since", "last");
        assertThat(worse.out()).contains("1 newly failing").contains("pve2  newly failing  firewall.enabled  high");
        Invocation json = scan("--since", "last", "--format", "json");
        assertThat(json.json().at("/drift/any").asBoolean()).isFalse();
        mend();
        assertThat(differences(
                        scan("--since", "last", "--format", "json").json().path("drift")))
                .containsExactly("fixed pve2 firewall.enabled");
    }

    /** A pipeline wants to know what is not as it was approved, and not again what was known then. */
    @Test
    void withFailOnDriftOnlyDriftFails() {
        spoil();
        assertThat(scan().code()).isEqualTo(1);
        Invocation approved = Invocation.of("approve", "last", "--why", "known since the move", "--who", "anna");
        assertThat(approved.err()).isEmpty();
        assertThat(approved.code()).isZero();
        assertThat(approved.out()).contains("by anna: known since the move");
        assertThat(scan("--since", "approved", "--fail-on-drift").code()).isZero();
        mend();
        assertThat(scan("--since", "approved", "--fail-on-drift").code()).isZero();
        assertThat(scan("--since", "approved", "--fail-on-drift", "any").code()).isEqualTo(1);
        cluster.node(1).file("/state/pve-firewall", "inactive");
        try {
            Invocation worse = scan("--since", "approved", "--fail-on-drift");
            assertThat(worse.out()).contains("since the approved run");
            assertThat(worse.code()).isEqualTo(1);
        } finally {
            cluster.node(1).file("/state/pve-firewall", "active");
        }
    }

    /** Half a fleet is compared with the approval of the whole; the other half is not gone. */
    @Test
    void aLimitedScanIsComparedWithTheApprovedWhole() {
        assertThat(Invocation.of(
                                "scan",
                                "-i",
                                cluster.inventory().toString(),
                                "-F",
                                cluster.sshConfig().toString())
                        .code())
                .isLessThan(2);
        assertThat(Invocation.of("approve", "last", "--why", "as built").code()).isZero();
        spoil();
        Invocation part = scan("-l", "pve2", "--since", "approved", "--format", "json");
        assertThat(differences(part.json().path("drift"))).containsExactly("failing pve2 firewall.enabled");
    }

    @Test
    void whoWantsTheApprovedRunAndHasNoneIsToldBeforeAnythingIsContacted() {
        int before = cluster.node(1).commands().size();
        Invocation none = scan("--since", "approved");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("holdfast approve last --why");
        assertThat(scan("--since", "20200101").code()).isEqualTo(2);
        assertThat(scan("--fail-on-drift").err()).contains("--since last");
        assertThat(cluster.node(1).commands()).hasSize(before);
    }

    @Test
    void storedRunsAreShownConvertedAndCompared() throws IOException {
        Path report = directory.resolve("one.json");
        assertThat(scan("--report", "json=" + report).code()).isZero();
        spoil();
        scan();
        Invocation shown = Invocation.of("report", "show", "last");
        assertThat(shown.err()).isEmpty();
        assertThat(shown.out()).contains("firewall.enabled").contains("2 nodes");
        Path csv = directory.resolve("two.csv");
        assertThat(Invocation.of("report", "show", "last", "-o", csv.toString()).code())
                .isZero();
        assertThat(Files.readString(csv)).contains("firewall.enabled");
        Invocation drift =
                Invocation.of("report", "diff", report.toString(), "last", "--format", "json", "--fail-on-drift");
        assertThat(drift.code()).isEqualTo(1);
        assertThat(differences(drift.json())).containsExactly("failing pve2 firewall.enabled");
        // The last one compared with the last: with the one before it.
        assertThat(Invocation.of("report", "diff", "last", "last").out()).contains("the run before", "newly failing");
    }

    /** A report may come from anywhere; it is shown without a store, in every format, and cannot steer the terminal. */
    @Test
    void aReportInAFileIsShownAsSafelyAsANode() throws IOException {
        String report = scan("--store", "none", "--format", "json").out();
        Path file = Files.writeString(
                directory.resolve("theirs.json"), report.replace("pve1", "pve1\\u001b]0;t\\u0007\\u202e"));
        Invocation shown = Invocation.of("report", "show", file.toString());
        assertThat(shown.code()).isZero();
        assertThat(shown.out()).contains("\\x1b").doesNotContain("\u001b", "\u202e");
        for (String format : ReportFormat.labels()) {
            Invocation converted = Invocation.of("report", "show", file.toString(), "--format", format);
            assertThat(converted.err()).as(format).isEmpty();
            assertThat(converted.code()).as(format).isZero();
            assertThat(converted.out()).as(format).doesNotContain("\u001b", "\u202e");
        }
    }

    @Test
    void whatOnlyReadsMakesNoHistory() {
        Path nowhere = directory.resolve("no-such.db");
        for (List<String> words : List.of(
                List.of("report", "show", "last"),
                List.of("report", "diff", "approved", "last"),
                List.of("approve", "last", "--why", "x"))) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of("--store", nowhere.toString()));
            Invocation refused = Invocation.of(all.toArray(String[]::new));
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains("there is no history in").contains("no-such.db");
            assertThat(nowhere).doesNotExist();
        }
    }

    /** Nothing to compare with is not the same as nothing changed. */
    @Test
    void aPipelineWithoutAnEarlierRunIsNotGreen() {
        spoil();
        Invocation first = scan("--since", "last", "--fail-on-drift", "--quiet");
        assertThat(first.code()).isEqualTo(1);
        assertThat(first.err()).contains("no earlier run");
    }

    /** The promise was not kept, however often that was said. */
    @Test
    void anExpiredWaiverFailsAlsoWhereOnlyDriftDoes() throws IOException {
        spoil();
        Path policy = Files.writeString(directory.resolve("policy.yml"), """
                waivers:
                  - {check: firewall.enabled, nodes: [pve2], reason: r, owner: ops, expires: 2026-01-31}
                """);
        scan("--policy", policy.toString());
        assertThat(scan("--policy", policy.toString(), "--since", "last", "--fail-on-drift")
                        .code())
                .isEqualTo(1);
    }

    /** Whoever runs it again, or reads the log, must not learn the address. */
    @Test
    void aWebhooksAddressIsNotPrinted() {
        spoil();
        for (String way : List.of("webhook=https://localhost:1/T0PSECRET", "https://localhost:1/T0PSECRET?a=b")) {
            Invocation run = scan("--notify", way);
            assertThat(run.out()).doesNotContain("T0PSECRET");
            assertThat(run.err()).doesNotContain("T0PSECRET");
        }
    }

    @Test
    void whatIsPrintedAndToldIsAsItsSchemaWantsIt() throws IOException {
        scan("--notify", command());
        spoil();
        Invocation report = scan("--since", "last", "--format", "json", "--notify", command());
        assertThat(report.json().path("drift").path("differences")).hasSize(1);
        assertThat(JsonSchemas.errors(JsonReport.SCHEMA_RESOURCE, report.out())).isEmpty();
        Invocation compared = Invocation.of("report", "diff", "last", "last", "--format", "json");
        assertThat(JsonSchemas.errors(DriftReport.SCHEMA_RESOURCE, compared.out()))
                .isEmpty();
        assertThat(told()).hasSize(1);
        assertThat(JsonSchemas.errors(Notice.SCHEMA_RESOURCE, told().get(0).toString()))
                .isEmpty();
    }

    /** Every format comes out of a scan, and out of the store. */
    @Test
    void aRunIsReportedInEveryFormat() throws IOException {
        spoil();
        List<String> options = new ArrayList<>();
        for (String format : ReportFormat.labels()) {
            options.addAll(List.of("--report", format + "=" + directory.resolve("fleet." + format)));
        }
        assertThat(scan(options.toArray(String[]::new)).err()).isEmpty();
        for (String format : ReportFormat.labels()) {
            Path file = directory.resolve("fleet." + format);
            assertThat(file).content().contains("firewall.enabled".substring(0, 8));
            assertThat(Files.getPosixFilePermissions(file))
                    .as("others read it, node_exporter among them")
                    .contains(PosixFilePermission.OTHERS_READ);
            assertThat(Invocation.of("report", "show", "last", "--format", format)
                            .out())
                    .as(format)
                    .isEqualTo(Files.readString(file));
        }
    }

    /** What comes out of the store is what was stored. */
    @Test
    void aStoredRunIsTheSameReport() {
        spoil();
        String printed = scan("--format", "json").out();
        assertThat(Invocation.of("report", "show", "last", "--format", "json").out())
                .isEqualTo(printed);
    }

    // ------------------------------------------------------------------ telling

    private List<JsonNode> told() throws IOException {
        Path file = directory.resolve("told");
        List<JsonNode> notices = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                notices.add(JsonMapper.builder().build().readTree(line));
            }
        }
        return notices;
    }

    private String command() {
        return "command=cat >>'%s'".formatted(directory.resolve("told"));
    }

    @Test
    void newsAreToldOnceEach() throws IOException {
        scan("--notify", command());
        assertThat(told()).isEmpty();
        spoil();
        scan("--notify", command());
        scan("--notify", command());
        assertThat(told()).hasSize(1);
        JsonNode notice = told().get(0);
        assertThat(notice.path("headline").asString()).isEqualTo("holdfast: 1 newly failing");
        assertThat(notice.at("/events/0/check").asString()).isEqualTo("firewall.enabled");
        mend();
        scan("--notify", command());
        assertThat(told()).hasSize(2);
        assertThat(told().get(1).at("/events/0/event").asString()).isEqualTo("ended");
    }

    /** Silence must not look like good news: the exit code says that it was not told, and the next run tells it. */
    @Test
    void whatWasNotDeliveredIsTriedAgainWithTheNextRun() throws IOException {
        scan("--notify", command());
        spoil();
        Path blocker = Files.createDirectory(directory.resolve("told"));
        Invocation failed = scan("--notify", command());
        assertThat(failed.code()).isEqualTo(3);
        assertThat(failed.err()).contains("not delivered").contains("next run");
        Files.delete(blocker);
        assertThat(scan("--notify", command()).code()).isEqualTo(1);
        assertThat(told()).hasSize(1);
    }

    @Test
    void aRunThatCannotBeginIsToldOnce() throws IOException {
        Path inventory = Files.writeString(directory.resolve("broken.yml"), "all: {hosts: [\n");
        for (int i = 0; i < 2; i++) {
            Invocation failed = Invocation.of("scan", "-i", inventory.toString(), "--notify", command());
            assertThat(failed.code()).isEqualTo(2);
        }
        assertThat(told()).hasSize(1);
        assertThat(told().get(0).at("/events/0/kind").asString()).isEqualTo("run-failed");
    }

    @Test
    void aNodeThatIsDownIsToldOnceAndNotAsManyFailures() throws IOException {
        scan("--notify", command());
        cluster.node(2).fault(new Fault.CutOff());
        scan("--notify", command());
        scan("--notify", command());
        mend();
        scan("--notify", command());
        List<String> events = new ArrayList<>();
        told().forEach(notice -> notice.path("events")
                .forEach(event -> events.add(event.path("kind").asString() + " "
                        + event.path("event").asString())));
        assertThat(events).contains("lost began", "lost ended").noneMatch(event -> event.startsWith("failing"));
        assertThat(told()).hasSize(2);
    }

    @Test
    void mistakesInTheWaysAreToldBeforeAnythingIsContacted() {
        int before = cluster.node(1).commands().size();
        for (String way : List.of(
                "mail", "mail=", "mail=-oQ/tmp", "webhook=http://example.com/", "webhook=@/nowhere", "pigeon=home")) {
            Invocation refused = scan("--notify", way);
            assertThat(refused.code()).as(way).isEqualTo(2);
            assertThat(refused.err()).contains("--notify");
        }
        assertThat(scan("--notify-on", "drift").code()).isEqualTo(2);
        assertThat(scan("--notify", command(), "--notify-on", "drfit").err()).contains("drift");
        assertThat(cluster.node(1).commands()).hasSize(before);
    }

    // ------------------------------------------------------------------ the store

    @Test
    void aStoreThatWasNamedAndCannotBeUsedStopsTheRun() throws IOException {
        Path file = Files.writeString(
                directory.resolve("not-a-database"), "hello, this is no database at all\n".repeat(50));
        Invocation refused = scan("--store", file.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains(file.toString());
    }

    /** In a container without a home nobody wants to fail for that; it is told, also to those who want no notes. */
    @Test
    void theUsualStoreThatCannotBeUsedIsToldAndCostsNothing() throws IOException {
        Files.writeString(directory.resolve("state"), "a file where a directory should be");
        Invocation run = scan("--quiet");
        assertThat(run.out()).contains("2 nodes: 2 clean");
        assertThat(run.err()).contains("not be stored");
        assertThat(run.code()).isZero();
        assertThat(scan("--store", "none").err()).isEmpty();
        // Who relies on the history gets no run without it.
        assertThat(scan("--since", "last").code()).isEqualTo(2);
    }
}
