package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Severity;
import holdfast.journal.Entry;
import holdfast.journal.Journal;
import holdfast.journal.JournalEnd;
import holdfast.journal.JournalException;
import holdfast.journal.Runs;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.store.Store;
import holdfast.store.StoreAddress;
import holdfast.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code holdfast history} and its verbs say of stored runs. */
final class HistoryStoreTest {

    private static final Instant START = Instant.parse("2026-11-01T03:00:00.250Z");
    private static final String SERIES = "5e51e5";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path state;

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", state.toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private static String id(int day) {
        return "202611%02dT030000Z-00000%d".formatted(day, day);
    }

    private static Run run(int day, String command, int failures) {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Finding.Status status = i < failures ? Finding.Status.FAIL : Finding.Status.PASS;
            findings.add(new Finding(
                    "sshd.check-" + i,
                    "A title",
                    Severity.HIGH,
                    status,
                    "message " + status,
                    "",
                    "",
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    Finding.fingerprint(status, Severity.HIGH, "message")));
        }
        Instant at = START.plusSeconds(86_400L * (day - 1));
        return new Run(
                id(day),
                command,
                at,
                at.plusSeconds(9),
                new Run.Context(
                        "0.1.0",
                        // Only our own journals are compared.
                        day == 3 ? System.getProperty("user.name") : "ops",
                        day == 3 ? RunOptions.hostName() : "desk",
                        List.of("fleet.yml"),
                        "ab".repeat(32),
                        "prod",
                        SERIES),
                List.of("sshd.check-0"),
                List.of(new NodeResult(
                        "pve1",
                        "10.0.0.1",
                        Optional.empty(),
                        NodeResult.State.OK,
                        Optional.empty(),
                        Optional.empty(),
                        1200,
                        findings,
                        List.of())),
                List.of());
    }

    private Store open() throws StoreException {
        return Store.open(StoreAddress.of(state.resolve("history.db").toString()), state);
    }

    /** Four scans, the second approved, and a fix with a journal between them. */
    private void fill() throws StoreException, JournalException {
        try (Store store = open()) {
            store.add(run(1, "scan", 6), Optional.empty());
            store.add(run(2, "scan", 4), Optional.empty());
            store.add(run(3, "fix", 1), Optional.of(journal(3)));
            store.add(run(4, "scan", 1), Optional.empty());
            store.add(run(5, "scan", 0), Optional.empty());
            store.approve(id(2), "ann", "as agreed\u001b[2J", START.plusSeconds(200_000));
        }
    }

    private JournalEnd journal(int day) throws JournalException {
        Runs runs = new Runs(state.resolve("runs"));
        try (Journal journal = runs.create(id(day))) {
            journal.add(new Entry.Started(
                    START.plusSeconds(86_400L * (day - 1)),
                    id(day),
                    "fix",
                    false,
                    "ops",
                    "desk",
                    "0.1.0",
                    List.of("fix", "-i", "fleet.yml"),
                    List.of("fleet.yml"),
                    "",
                    List.of("sshd.check-0"),
                    List.of("pve1"),
                    Optional.empty()));
            journal.add(new Entry.Ended(START.plusSeconds(86_400L * day), 0));
        }
        return runs.end(id(day));
    }

    private Invocation golden(String name, String... args) {
        Invocation invocation = Invocation.of(args);
        GoldenTest.compare(
                "history-store-" + name,
                invocation.code(),
                (invocation.out() + invocation.err().replaceAll("(?m)^", "! ").replaceAll("! $", ""))
                        .replace(state.toString(), "/state")
                        .replaceAll("[0-9a-f]{64}", "DIGEST"));
        return invocation;
    }

    @Test
    void theTrendStandsAboveTheRuns() throws StoreException, JournalException {
        fill();
        assertThat(golden("list", "history").out()).contains("█▆▂▁  6 → 0", "approved");
        golden("last", "history", "-n", "2", "--command", "scan");
        assertThat(Invocation.of("history", "--series", "other").out()).contains("no run is of that series");
        assertThat(Invocation.of("history", "--last", "0").code()).isEqualTo(2);
    }

    @Test
    void theListAsJsonTellsWhatIsStored() throws StoreException, JournalException {
        fill();
        JsonNode list = Invocation.of("history", "--format", "json").json();
        assertThat(list).hasSize(5);
        assertThat(list.get(1).get("approval").get("who").asString()).isEqualTo("ann");
        assertThat(list.get(2).get("outcome").asString()).isEqualTo("unchanged");
        assertThat(list.get(4).get("summary").get("pass").asInt()).isEqualTo(6);
    }

    @Test
    void oneRunIsShownWithItsCountsAndItsReport() throws StoreException, JournalException {
        fill();
        assertThat(golden("one", "history", "20261102").out())
                .contains("report: holdfast report show " + id(2))
                .doesNotContain("\u001b");
        golden("one-journal", "history", id(3));
        assertThat(Invocation.of("history", id(3), "--format", "json")
                        .json()
                        .get("stored")
                        .get("summary")
                        .get("fail")
                        .asInt())
                .isEqualTo(1);
        assertThat(Invocation.of("history", "202611").err()).contains("not the only one that begins so");
        assertThat(Invocation.of("history", "2027").code()).isEqualTo(2);
    }

    @Test
    void anExportHasALineForEachRun() throws StoreException, JournalException, IOException {
        fill();
        List<String> lines = Invocation.of("history", "export").out().lines().toList();
        assertThat(lines).hasSize(5);
        assertThat(JsonMapper.builder()
                        .build()
                        .readTree(lines.getFirst())
                        .get("id")
                        .asString())
                .isEqualTo(id(1));
        Path file = state.resolve("out.jsonl");
        assertThat(Invocation.of("history", "export", "--full", "--command", "scan", "-o", file.toString())
                        .code())
                .isZero();
        assertThat(Files.readAllLines(file))
                .hasSize(4)
                .allSatisfy(line -> assertThat(JsonMapper.builder()
                                .build()
                                .readTree(line)
                                .get("nodes")
                                .get(0)
                                .get("findings"))
                        .hasSize(6));
        assertThat(Invocation.of("history", "export", "-o", file.toString()).err())
                .contains("--force replaces it");
    }

    @Test
    void anIntactHistoryIsVerifiedAndItsHeadIsTold() throws StoreException, JournalException {
        fill();
        Invocation intact = golden("verify", "history", "verify");
        String head = intact.out().replaceAll("(?s).*head: ([0-9a-f]{64}).*", "$1");
        assertThat(Invocation.of("history", "verify", "--head", head).code()).isZero();
        assertThat(Invocation.of("history", "verify", "--head", "0".repeat(64)).code())
                .isEqualTo(1);
        assertThat(Invocation.of("history", "verify", "--head", "xyz").code()).isEqualTo(2);
    }

    @Test
    void aHistoryThatWasTakenAwayAndAJournalThatWasCutAreFaults() throws StoreException, JournalException, IOException {
        fill();
        Path journal = state.resolve("runs").resolve(id(3)).resolve("journal.jsonl");
        String whole = Files.readString(journal);
        Files.writeString(journal, whole.lines().findFirst().orElseThrow() + "\n");
        golden("verify-journal", "history", "verify");
        Files.writeString(journal, whole);
        Files.move(state.resolve("history.db"), state.resolve("away.db"));
        golden("verify-missing", "history", "verify");
        Files.writeString(state.resolve("history.db"), "not a database at all".repeat(100));
        Files.setPosixFilePermissions(state.resolve("history.db"), PosixFilePermissions.fromString("rw-------"));
        assertThat(Invocation.of("history", "verify").code()).isEqualTo(3);
        // What cannot be read hides no journal.
        Invocation list = Invocation.of("history");
        assertThat(list.code()).isZero();
        assertThat(list.out()).contains(id(3));
        assertThat(list.err()).contains("no SQLite database");
    }

    @Test
    void aPruningSaysWhatItRemovesAndNeverGoesAheadUnasked() throws StoreException, JournalException {
        fill();
        golden("prune-unasked", "history", "prune", "--keep-last", "1");
        assertThat(Invocation.of("history").out()).contains(id(1));
        golden("prune", "history", "prune", "--keep-last", "1", "--yes");
        assertThat(Invocation.of("history").out()).doesNotContain(id(1), id(4)).contains(id(2), id(3), id(5));
        assertThat(Invocation.of("history", "verify").code()).isZero();
        assertThat(Invocation.of("history", "prune").code()).isEqualTo(2);
        assertThat(Invocation.of("history", "prune", "--keep", "1y").code()).isEqualTo(2);
    }

    @Test
    void withoutAStoreNothingIsMade() {
        assertThat(Invocation.of("history", "verify").code()).isZero();
        assertThat(Invocation.of("history", "export").code()).isZero();
        assertThat(Invocation.of("history", "prune", "--keep", "9d", "--yes").code())
                .isZero();
        assertThat(state.resolve("history.db")).doesNotExist();
        assertThat(Invocation.of("history", "--store", "jdbc:postgresql://db/x?password=hush")
                        .err())
                .contains("~/.pgpass")
                .doesNotContain("hush");
    }

    @Test
    void sparksAreBarsFromTheLowestToTheHighest() {
        assertThat(Sparkline.of(List.of(0.0, 5.0, 10.0), 0, 10, true)).isEqualTo("▁▅█");
        assertThat(Sparkline.of(List.of(0.0, 5.0, 10.0), 0, 10, false)).isEqualTo("_=#");
        assertThat(Sparkline.of(List.of(3.0, 3.0), 3, 3, true)).isEqualTo("▁▁");
    }
}
