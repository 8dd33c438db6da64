package holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.journal.Entry;
import holdfast.journal.Journal;
import holdfast.journal.JournalEnd;
import holdfast.journal.JournalException;
import holdfast.journal.Runs;
import holdfast.report.JsonReport;
import holdfast.report.TrendPoint;
import holdfast.run.Run;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store promises, whatever database it is in. */
abstract class StoreContract {

    private static final Instant NOW = Instant.parse("2026-11-22T05:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path state;

    /** An empty store, another one for each test. */
    abstract StoreAddress address();

    /** A way into the tables, around the store. */
    abstract Connection behind() throws SQLException;

    final Store open() throws StoreException {
        return Store.open(address(), state);
    }

    private void tamper(String... statements) throws SQLException {
        try (Connection connection = behind();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                assertThat(statement.executeUpdate(sql)).as(sql).isPositive();
            }
        }
    }

    private static void add(Store store, Run... runs) throws StoreException {
        for (Run run : runs) {
            store.add(run, Optional.empty());
        }
    }

    private Verification verified() throws StoreException {
        try (Store store = open()) {
            return store.verify(Claims.NONE);
        }
    }

    @Test
    void whatWasStoredRendersToTheSameReport() throws StoreException {
        for (int seed = 0; seed < 12; seed++) {
            List<Run> runs = new ArrayList<>();
            Random chance = new Random(seed);
            try (Store store = open()) {
                for (int i = 0; i < 8; i++) {
                    Run run = SomeRuns.anything(1000 * seed + i, chance.nextBoolean() ? "lab" : "office", chance);
                    runs.add(run);
                    add(store, run);
                    assertThat(JsonReport.render(store.read(run.id()))).isEqualTo(JsonReport.render(run));
                }
            }
            try (Store store = open()) {
                for (Run run : runs) {
                    assertThat(JsonReport.render(store.read(run.id()))).isEqualTo(JsonReport.render(run));
                    assertThat(store.find(run.id()).counts()).contains(run.counts());
                }
                assertThat(store.verify(Claims.NONE).faults()).isEmpty();
            }
        }
    }

    @Test
    void whatTheRunBeforeSaidTakesNoRoom() throws StoreException, SQLException {
        try (Store store = open()) {
            add(store, SomeRuns.fleet(0, 40, 30));
            long rows = rows("change");
            assertThat(rows).isEqualTo(40 * 31);
            Run same = SomeRuns.fleet(0, 40, 30);
            add(
                    store,
                    new Run(
                            SomeRuns.id(1),
                            "scan",
                            same.startedAt(),
                            same.finishedAt(),
                            same.context(),
                            same.checks(),
                            same.nodes(),
                            same.clusters()));
            assertThat(rows("change")).isEqualTo(rows);
            assertThat(store.read(SomeRuns.id(1)).nodes()).hasSize(40);
        }
    }

    private long rows(String table) throws SQLException {
        try (Connection connection = behind()) {
            return Sql.number(connection, "SELECT count(*) FROM " + table);
        }
    }

    @Test
    void runsAreListedAndFoundByTheirBeginning() throws StoreException {
        try (Store store = open()) {
            assertThat(store.list(Filter.ALL)).isEmpty();
            assertThat(store.latest("fleet", Optional.empty(), Optional.empty()))
                    .isEmpty();
            add(
                    store,
                    SomeRuns.fleet(1, 2, 3),
                    SomeRuns.empty(2, "scan", "other"),
                    SomeRuns.fleet(3, 2, 3),
                    SomeRuns.empty(4, "fix", "fleet"));
            store.addWithoutReport(SomeRuns.empty(5, "token", ""), Optional.empty());
            assertThat(store.list(Filter.ALL)).extracting(StoredRun::id).containsExactly(ids(1, 2, 3, 4, 5));
            assertThat(store.list(Filter.ALL.newest(2)))
                    .extracting(StoredRun::id)
                    .containsExactly(ids(4, 5));
            assertThat(store.list(Filter.ALL.ofSeries("fleet").ofCommand("scan").before(SomeRuns.id(3))))
                    .extracting(StoredRun::id)
                    .containsExactly(ids(1));
            assertThat(store.latest("fleet", Optional.of("scan"), Optional.empty())
                            .map(StoredRun::id))
                    .contains(SomeRuns.id(3));
            assertThat(store.latest("fleet", Optional.of("scan"), Optional.of(SomeRuns.id(3)))
                            .map(StoredRun::id))
                    .contains(SomeRuns.id(1));
            assertThat(store.trend("fleet", Optional.of(SomeRuns.id(3)), 5))
                    .extracting(TrendPoint::run)
                    .containsExactly(ids(1, 3));
            StoredRun found =
                    store.find(SomeRuns.id(3).substring(0, SomeRuns.id(3).length()));
            assertThat(found.operator()).isEqualTo("ops");
            assertThat(found.controller()).isEqualTo("desk");
            assertThat(found.counts().orElseThrow().nodes()).isEqualTo(2);
            assertThat(store.find(SomeRuns.id(5)).counts()).isEmpty();
            assertThatThrownBy(() -> store.read(SomeRuns.id(5))).hasMessageContaining("has no report");
            assertThatThrownBy(() -> store.read("20260101")).hasMessageContaining("not the only one that begins so");
            assertThatThrownBy(() -> store.read("2027")).hasMessageContaining("there is no run '2027'");
            assertThatThrownBy(() -> store.read("%")).hasMessageContaining("is not the id of a run");
        }
    }

    private static String[] ids(int... numbers) {
        return Arrays.stream(numbers).mapToObj(SomeRuns::id).toArray(String[]::new);
    }

    @Test
    void aRunIsStoredOnceAndWholeOrNotAtAll() throws StoreException {
        try (Store store = open()) {
            add(store, SomeRuns.fleet(1, 2, 3));
            assertThatThrownBy(() -> add(store, SomeRuns.fleet(1, 2, 3)))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("already");
            assertThat(store.list(Filter.ALL)).hasSize(1);
            add(store, SomeRuns.fleet(2, 2, 3));
            assertThat(store.verify(Claims.NONE).faults()).isEmpty();
        }
    }

    @Test
    void theLastApprovalOfASeriesCounts() throws StoreException {
        try (Store store = open()) {
            add(store, SomeRuns.fleet(1, 2, 3), SomeRuns.fleet(2, 2, 3), SomeRuns.empty(3, "scan", "other"));
            assertThat(store.approved("fleet")).isEmpty();
            store.approve(SomeRuns.id(1), "ann", "as agreed", NOW);
            Approval second = store.approve(SomeRuns.id(2), "bob", "after the move", NOW.plusSeconds(1));
            store.approve(SomeRuns.id(3), "bob", "other fleet", NOW.plusSeconds(2));
            assertThat(store.approved("fleet")).contains(second);
            assertThat(second)
                    .isEqualTo(new Approval(SomeRuns.id(2), "fleet", "bob", "after the move", NOW.plusSeconds(1)));
            assertThat(store.find(SomeRuns.id(1)).approval().orElseThrow().who())
                    .isEqualTo("ann");
            assertThat(store.verify(Claims.NONE).approvals()).isEqualTo(3);
        }
    }

    /** Of two runs that end at once one tells; a run that was killed holds nobody up for ever. */
    @Test
    void onlyOneTellsAtATime() throws Exception {
        try (Store store = open();
                Store other = open()) {
            Instant now = Instant.parse("2026-11-22T04:00:00Z");
            Duration limit = Duration.ofMinutes(5);
            assertThat(store.claim("s", "mail", now, limit)).isTrue();
            assertThat(other.claim("s", "mail", now.plusSeconds(1), limit)).isFalse();
            assertThat(other.claim("s", "webhook", now, limit)).isTrue();
            store.tell("s", "mail", Map.of("a", "1"), now);
            assertThat(store.told("s", "mail")).isEqualTo(Map.of("a", "1"));
            store.release("s", "mail");
            assertThat(other.claim("s", "mail", now.plusSeconds(2), limit)).isTrue();
            assertThat(store.claim("s", "mail", now.plusSeconds(400), limit)).isTrue();
        }
    }

    @Test
    void whatSomebodyWasToldIsRememberedForEachWay() throws Exception {
        try (Store store = open()) {
            assertThat(store.told("s", "mail")).isEmpty();
            store.tell("s", "mail", Map.of("a", "1", "b", "2"), Instant.EPOCH);
            store.tell("s", "webhook", Map.of("a", "9"), Instant.EPOCH);
            store.tell("s", "mail", Map.of("b", "3", "c", "4"), Instant.EPOCH);
            assertThat(store.told("s", "mail")).isEqualTo(Map.of("b", "3", "c", "4"));
            assertThat(store.told("s", "webhook")).isEqualTo(Map.of("a", "9"));
            assertThat(store.told("other", "mail")).isEmpty();
        }
    }

    // ------------------------------------------------------------------ trust

    private void fillFour() throws StoreException {
        try (Store store = open()) {
            add(store, SomeRuns.fleet(1, 3, 8), SomeRuns.fleet(2, 3, 8), SomeRuns.fleet(3, 3, 8));
            store.approve(SomeRuns.id(2), "ann", "as agreed", NOW);
            add(store, SomeRuns.fleet(4, 3, 8));
            assertThat(store.verify(Claims.NONE).faults()).isEmpty();
        }
    }

    @Test
    void aChangedVerdictIsFound() throws StoreException, SQLException {
        fillFour();
        try (Connection connection = behind();
                Statement statement = connection.createStatement()) {
            List<Integer> ids = new ArrayList<>();
            List<byte[]> bodies = new ArrayList<>();
            try (var rows = statement.executeQuery("SELECT id, body FROM content ORDER BY id")) {
                while (rows.next()) {
                    String body = new String(rows.getBytes(2), StandardCharsets.UTF_8);
                    if (body.contains("\"status\":\"pass\"") && ids.isEmpty()) {
                        ids.add(rows.getInt(1));
                        bodies.add(body.replace("\"pass\"", "\"fail\"").getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
            assertThat(Sql.update(
                            connection, "UPDATE content SET body = ? WHERE id = ?", bodies.getFirst(), ids.getFirst()))
                    .isEqualTo(1);
            assertThat(verified().faults())
                    .anySatisfy(fault -> assertThat(fault.where()).contains("text " + ids.getFirst()));
            // Also when its own digest is made to fit.
            Sql.update(
                    connection,
                    "UPDATE content SET digest = ? WHERE id = ?",
                    Digest.of(bodies.getFirst()).bytes(),
                    ids.getFirst());
        }
        assertThat(verified().faults()).singleElement().satisfies(fault -> {
            assertThat(fault.where()).isEqualTo("run " + SomeRuns.id(1));
            assertThat(fault.what()).contains("not what it found");
        });
    }

    @Test
    void aChangedMeasurementIsFound() throws StoreException, SQLException {
        fillFour();
        tamper(
                "UPDATE change SET patch = (SELECT b.patch FROM change b WHERE b.run = 2 AND b.slot <> change.slot AND b.patch IS NOT NULL ORDER BY b.slot LIMIT 1) "
                        + "WHERE run = 2 AND patch IS NOT NULL AND slot = (SELECT min(c.slot) FROM change c WHERE c.run = 2 AND c.patch IS NOT NULL)");
        assertThat(verified().faults()).extracting(Verification.Fault::where).containsExactly("run " + SomeRuns.id(2));
    }

    @Test
    void aMissingRowAndAnInsertedOneAreFound() throws StoreException, SQLException {
        fillFour();
        tamper("DELETE FROM change WHERE run = 1 AND slot = 7");
        assertThat(verified().faults()).isNotEmpty();
        tamper("INSERT INTO change SELECT 1, slot, content, patch FROM change WHERE slot = 6 AND run = 1 AND 1 = 0 "
                + "UNION SELECT 1, 7, max(content), NULL FROM change");
        assertThat(verified().faults()).isNotEmpty();
    }

    @Test
    void aChangedEntryIsFound() throws StoreException, SQLException {
        for (String column : List.of("body", "command", "series", "journal", "contents", "roster")) {
            tamperOne(
                    "UPDATE entry SET %s = %s || '1' WHERE seq = 2".formatted(column, column), "run " + SomeRuns.id(2));
        }
        tamperOne("UPDATE entry SET at = at + 1 WHERE seq = 2", "run " + SomeRuns.id(2));
        tamperOne("UPDATE entry SET body = '{\"who\":\"eve\",\"why\":\"\"}' WHERE kind = 'approval'", "approval");
        tamperOne("UPDATE entry SET run = '%s' WHERE kind = 'approval'".formatted(SomeRuns.id(3)), "approval");
        tamperOne("UPDATE entry SET kind = 'operation' WHERE seq = 2", "run " + SomeRuns.id(2));
    }

    private void tamperOne(String statement, String where) throws StoreException, SQLException {
        clear();
        fillFour();
        tamper(statement);
        assertThat(verified().faults())
                .as(statement)
                .anySatisfy(fault -> assertThat(fault.where()).contains(where));
    }

    private void clear() throws StoreException, SQLException {
        open().close();
        try (Connection connection = behind()) {
            for (String table : List.of("entry", "change", "slot", "subject", "content")) {
                Sql.update(connection, "DELETE FROM " + table);
            }
        }
    }

    @Test
    void aMissingEntryIsFound() throws StoreException, SQLException {
        fillFour();
        tamper("DELETE FROM entry WHERE seq = 2");
        assertThat(verified().faults()).anySatisfy(fault -> {
            assertThat(fault.where()).isEqualTo("run " + SomeRuns.id(3));
            assertThat(fault.what()).contains("an entry is missing");
        });
        // Also when those after it close the gap.
        tamper("UPDATE entry SET seq = seq - 1 WHERE seq = 3", "UPDATE entry SET seq = seq - 1 WHERE seq = 4");
        assertThat(verified().faults()).isNotEmpty();
    }

    @Test
    void reorderedEntriesAreFound() throws StoreException, SQLException {
        fillFour();
        tamper(
                "UPDATE entry SET seq = 99 WHERE seq = 2",
                "UPDATE entry SET seq = 2 WHERE seq = 3",
                "UPDATE entry SET seq = 3 WHERE seq = 99");
        assertThat(verified().faults())
                .extracting(Verification.Fault::what)
                .anyMatch(what -> what.contains("has moved"));
    }

    @Test
    void anEndThatWasCutOffIsFoundByTheControllerThatWroteItAndByADigestNotedDown()
            throws StoreException, SQLException {
        fillFour();
        String head = verified().head().orElseThrow();
        tamper("DELETE FROM entry WHERE seq = 5", "DELETE FROM change WHERE run = 5");
        assertThat(verified().faults()).extracting(Verification.Fault::where).containsExactly("the end");
        try (Store elsewhere = Store.open(address(), state.resolve("elsewhere"))) {
            assertThat(elsewhere.verify(Claims.NONE).faults()).isEmpty();
            assertThat(elsewhere
                            .verify(new Claims(Optional.empty(), Optional.of(head)))
                            .faults())
                    .extracting(Verification.Fault::what)
                    .containsExactly("no entry has the digest " + head);
        }
    }

    @Test
    void journalsAreComparedWithWhatTheStoreRemembers() throws Exception {
        Runs journals = new Runs(state.resolve("runs"));
        Claims claims = new Claims(Optional.of(new Claims.Journals(journals, "ops", "desk")), Optional.empty());
        try (Store store = open()) {
            for (int number : List.of(1, 2, 3)) {
                store.add(SomeRuns.empty(number, "fix", "fleet"), Optional.of(journal(journals, number)));
            }
            journal(journals, 4);
            Verification before = store.verify(claims);
            assertThat(before.faults()).isEmpty();
            assertThat(before.journals()).isEqualTo(3);
            assertThat(before.notes()).singleElement().asString().contains("1 journal");
            Path second = journals.directory().resolve(SomeRuns.id(2)).resolve("journal.jsonl");
            Files.writeString(
                    second, Files.readString(second).lines().findFirst().orElseThrow() + "\n");
            Files.delete(journals.directory().resolve(SomeRuns.id(3)).resolve("journal.jsonl"));
            assertThat(store.verify(claims).faults())
                    .extracting(Verification.Fault::where)
                    .containsExactly("the journal of run " + SomeRuns.id(2), "the journal of run " + SomeRuns.id(3));
            // Another operator's journals are not ours to miss.
            assertThat(store.verify(new Claims(
                                    Optional.of(new Claims.Journals(new Runs(state.resolve("none")), "ann", "desk")),
                                    Optional.empty()))
                            .faults())
                    .isEmpty();
        }
    }

    private static JournalEnd journal(Runs journals, int number) throws JournalException {
        String id = SomeRuns.id(number);
        try (Journal journal = journals.create(id)) {
            journal.add(new Entry.Started(
                    NOW,
                    id,
                    "fix",
                    false,
                    "ops",
                    "desk",
                    "0.1.0",
                    List.of(),
                    List.of(),
                    "",
                    List.of(),
                    List.of(),
                    Optional.empty()));
            journal.add(new Entry.Ended(NOW, 0));
        }
        return journals.end(id);
    }

    // ------------------------------------------------------------------ retention

    @Test
    void aPruningKeepsWhatLaterRunsNeedAndTheChainHolds() throws StoreException, SQLException {
        List<Run> runs = new ArrayList<>();
        try (Store store = open()) {
            for (int day = 0; day < 12; day++) {
                Run run = day % 4 == 3 ? SomeRuns.anything(day, "other", new Random(day)) : SomeRuns.fleet(day, 6, 12);
                runs.add(run);
                add(store, run);
            }
            store.approve(SomeRuns.id(2), "ann", "as agreed", NOW);
            long rows = rows("change");
            Keep keep = new Keep.Since(SomeRuns.empty(6, "scan", "").startedAt());
            List<String> announced =
                    store.prunable(keep).stream().map(StoredRun::id).toList();
            assertThat(announced).containsExactly(ids(0, 1, 3, 4, 5));
            assertThat(store.prune(keep, "ann", NOW)).isEqualTo(announced);
            assertThat(rows("change")).isLessThan(rows);
            assertThat(store.prune(keep, "ann", NOW)).isEmpty();
            for (Run run : runs) {
                if (announced.contains(run.id())) {
                    assertThatThrownBy(() -> store.read(run.id())).hasMessageContaining("removed");
                } else {
                    assertThat(JsonReport.render(store.read(run.id()))).isEqualTo(JsonReport.render(run));
                }
            }
            Verification after = store.verify(Claims.NONE);
            assertThat(after.faults()).isEmpty();
            assertThat(after.pruned()).isEqualTo(5);
            // And again, over what the first one left.
            add(store, SomeRuns.fleet(20, 6, 12));
            store.prune(new Keep.Last(1), "ann", NOW);
            add(store, SomeRuns.fleet(21, 7, 12));
            assertThat(store.verify(Claims.NONE).faults()).isEmpty();
            assertThat(JsonReport.render(store.read(SomeRuns.id(2)))).isEqualTo(JsonReport.render(runs.get(2)));
            assertThat(JsonReport.render(store.read(SomeRuns.id(21))))
                    .isEqualTo(JsonReport.render(SomeRuns.fleet(21, 7, 12)));
        }
        tamper("DELETE FROM entry WHERE run = '%s' AND kind = 'run'".formatted(SomeRuns.id(2)));
        assertThat(verified().faults()).isNotEmpty();
    }

    // ------------------------------------------------------------------ several at once

    @Test
    void runsThatEndAtOnceAreAllStored() throws Exception {
        int writers = 4;
        List<Callable<String>> work = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            int number = writer;
            work.add(() -> {
                for (int i = 0; i < 5; i++) {
                    try (Store store = open()) {
                        store.add(SomeRuns.fleet(100 * number + i, 5, 8), Optional.empty());
                    }
                }
                return "";
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (Future<String> done : threads.invokeAll(work, 60, TimeUnit.SECONDS)) {
                try {
                    assertThat(done.get()).isEmpty();
                } catch (ExecutionException e) {
                    throw new AssertionError(e.getCause());
                }
            }
        }
        Verification verified = verified();
        assertThat(verified.faults()).isEmpty();
        assertThat(verified.runs()).isEqualTo(5 * writers);
    }

    // ------------------------------------------------------------------ versions

    @Test
    void aStoreOfANewerHoldfastIsRefused() throws StoreException, SQLException {
        open().close();
        tamper("INSERT INTO holdfast_schema VALUES (99, 'x', 0)");
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("newer holdfast")
                .hasMessageContaining("update holdfast");
    }
}
