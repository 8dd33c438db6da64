package holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.text.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class RunsTest {

    private static final String ID = "20261122T045259Z-a1b2c3";
    private static final Instant AT = Instant.parse("2026-11-22T04:52:59.123456789Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temporary;

    private Runs runs() {
        return new Runs(temporary.resolve("holdfast/runs"));
    }

    private static Entry.Started started(String id, boolean check) {
        return new Entry.Started(
                AT,
                id,
                "fix",
                check,
                "ops",
                "desk",
                "0.1.0",
                List.of("fix", "-i", "fleet.yml"),
                List.of("fleet.yml"),
                "",
                List.of("sshd.root-login"),
                List.of("pve1", "pve2"),
                Optional.empty());
    }

    private static Entry.Planned planned(String target, String node) {
        return new Entry.Planned(
                AT,
                target,
                node,
                List.of("pve1", "pve2"),
                List.of("sshd.root-login"),
                true,
                List.of(
                        new Entry.FileChange(
                                "/etc/x",
                                Optional.of("YQ=="),
                                Optional.of("Yg=="),
                                true,
                                true,
                                Optional.of("00"),
                                Optional.of("11"),
                                false,
                                false,
                                "--- a\n+++ b\n \u2028 \u001b[0m é 😀 \" \\ \n"),
                        new Entry.FileChange(
                                "/etc/y",
                                Optional.empty(),
                                Optional.empty(),
                                false,
                                false,
                                Optional.empty(),
                                Optional.empty(),
                                true,
                                true,
                                "")),
                List.of(new Entry.CommandChange("true", "do it", "false", List.of("/etc/z"))),
                List.of(new Entry.Purpose("sshd -t", "sshd's files")),
                List.of(new Entry.Purpose("systemctl reload ssh.service", "reload sshd")));
    }

    private static Entry.Finished finished(String target, Entry.State state) {
        return new Entry.Finished(AT, target, state, "as " + state.label());
    }

    private static List<Entry> everyKind() {
        List<Entry> entries = new ArrayList<>(List.of(started(ID, false), planned("pve1", "pve1")));
        entries.add(new Entry.Step(AT, "pve1", "validate", ""));
        for (Entry.State state : Entry.State.values()) {
            entries.add(finished("pve1", state));
        }
        entries.add(new Entry.Ended(AT, 0));
        return entries;
    }

    private static void write(Runs runs, String id, List<Entry> entries) throws JournalException {
        try (Journal journal = runs.create(id)) {
            for (Entry entry : entries) {
                journal.add(entry);
            }
        }
    }

    private Path file() {
        return temporary.resolve("holdfast/runs").resolve(ID).resolve("journal.jsonl");
    }

    private RecordedRun recorded(Entry... more) throws JournalException {
        List<Entry> entries = new ArrayList<>(List.of(started(ID, false)));
        entries.addAll(List.of(more));
        write(runs(), ID, entries);
        return runs().read(ID);
    }

    // ------------------------------------------------------------------ writing

    @Test
    void everyKindOfEntryComesBackAsItWas() throws JournalException {
        write(runs(), ID, everyKind());
        RecordedRun run = runs().read(ID);
        assertThat(run.entries()).isEqualTo(everyKind());
        assertThat(run.torn()).isFalse();
    }

    @Test
    void eachLineNamesItsKindAndTheDigestOfTheOneBefore() throws JournalException, IOException {
        write(runs(), ID, everyKind());
        String previous = "0".repeat(64);
        for (String line : Files.readString(file()).split("\n")) {
            JsonNode json = JsonMapper.builder().build().readTree(line);
            assertThat(json.get("previous").asString()).isEqualTo(previous);
            assertThat(json.get("type").asString()).isIn("started", "planned", "step", "finished", "ended");
            assertThat(json.get("at").asString()).isEqualTo("2026-11-22T04:52:59.123456789Z");
            previous = Digests.sha256(line.getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void onlyTheOwnerReadsIt() throws JournalException, IOException {
        write(runs(), ID, everyKind());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        for (Path directory : List.of(file().getParent(), runs().directory(), temporary.resolve("holdfast"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void manyThreadsKeepTheChain() throws Exception {
        List<Entry> steps = new ArrayList<>();
        try (Journal journal = runs().create(ID);
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            journal.add(started(ID, false));
            List<Future<?>> jobs = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Entry step = new Entry.Step(AT, "pve" + i, "write", "");
                steps.add(step);
                jobs.add(threads.submit(() -> {
                    journal.add(step);
                    return null;
                }));
            }
            for (Future<?> job : jobs) {
                job.get();
            }
        }
        List<Entry> read = runs().read(ID).entries();
        assertThat(read.subList(1, read.size())).containsExactlyInAnyOrderElementsOf(steps);
    }

    /** Java closes a channel under an interrupted thread; the next line must be written all the same. */
    @Test
    void anInterruptedThreadWritesItsLineAndStaysInterrupted() throws JournalException {
        try (Journal journal = runs().create(ID)) {
            journal.add(started(ID, false));
            Thread.currentThread().interrupt();
            journal.add(finished("pve1", Entry.State.ROLLED_BACK));
            assertThat(Thread.interrupted()).isTrue();
            journal.add(new Entry.Ended(AT, 4));
        }
        assertThat(runs().read(ID).entries())
                .containsExactly(started(ID, false), finished("pve1", Entry.State.ROLLED_BACK), new Entry.Ended(AT, 4));
    }

    @Test
    void aFullDiskIsSaidAndNothingIsAddedAfterwards() throws IOException, JournalException {
        Path full = Path.of("/dev/full");
        try (Journal journal = new Journal(ID, full, FileChannel.open(full, StandardOpenOption.WRITE))) {
            assertThatThrownBy(() -> journal.add(started(ID, false)))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContainingAll("/dev/full", "No space left", "free some space");
            assertThatThrownBy(() -> journal.add(new Entry.Ended(AT, 0)))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("could not be written before");
        }
    }

    @Test
    void aRunIsBegunOnce() throws JournalException {
        write(runs(), ID, everyKind());
        assertThatThrownBy(() -> runs().create(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("there already");
    }

    @Test
    void aLinkInTheWayIsNotFollowed() throws IOException {
        Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        Files.createDirectories(runs().directory());
        Files.createSymbolicLink(runs().directory().resolve(ID), elsewhere);
        assertThatThrownBy(() -> runs().create(ID)).isInstanceOf(JournalException.class);

        Path link = Files.createSymbolicLink(temporary.resolve("link"), elsewhere);
        assertThatThrownBy(() -> new Runs(link).create(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("symbolic link");
        assertThat(elsewhere).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatOthersWriteToIsRefused() throws IOException {
        Path open = Files.createDirectory(temporary.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> new Runs(open).create(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("chmod go-w " + open);
        assertThat(open).isEmptyDirectory();
    }

    /** Only root can give a directory away. */
    @Test
    void aDirectoryOfSomeoneElseIsRefused() throws IOException {
        Path theirs = Files.createDirectory(temporary.resolve("theirs"));
        Assumptions.assumeTrue(Integer.valueOf(0).equals(Files.getAttribute(theirs, "unix:uid")));
        Files.setAttribute(theirs, "unix:uid", 65534);
        assertThatThrownBy(() -> new Runs(theirs).create(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContainingAll(theirs.toString(), "another user's directory");
        assertThat(theirs).isEmptyDirectory();
    }

    @Test
    void aFileInTheWayIsNamed() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> new Runs(file.resolve("runs")).create(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining(file.toString());
    }

    // ------------------------------------------------------------------ believing

    /** At the last line feed it looks like a torn line; everywhere else it is told. */
    @Property(tries = 300)
    void aChangedByteIsFound(
            @ForAll @IntRange(max = 1_000_000) int position, @ForAll @IntRange(min = 1, max = 255) int by)
            throws IOException, JournalException {
        Path directory = Files.createTempDirectory("holdfast-runs-");
        try {
            Runs runs = new Runs(directory.resolve("runs"));
            write(runs, ID, everyKind());
            Path file = runs.directory().resolve(ID).resolve("journal.jsonl");
            byte[] bytes = Files.readAllBytes(file);
            int at = position % bytes.length;
            bytes[at] ^= (byte) by;
            Files.write(file, bytes);
            if (at == bytes.length - 1) {
                assertThat(runs.read(ID).torn()).isTrue();
                return;
            }
            long line = 1
                    + new String(bytes, 0, at, StandardCharsets.ISO_8859_1)
                            .chars()
                            .filter(one -> one == '\n')
                            .count();
            assertThatThrownBy(() -> runs.read(ID))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("line %d, cannot be believed".formatted(line));
        } finally {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    @Test
    void aMissingOrMovedLineIsFound() throws JournalException, IOException {
        write(runs(), ID, everyKind());
        List<String> lines = Files.readAllLines(file());
        for (int i = 0; i < lines.size() - 1; i++) {
            List<String> without = new ArrayList<>(lines);
            without.remove(i);
            Files.write(file(), without);
            int number = i + 1;
            assertThatThrownBy(() -> runs().read(ID)).hasMessageContaining("line " + number + ", cannot be believed");

            List<String> swapped = new ArrayList<>(lines);
            swapped.set(i, lines.get(i + 1));
            swapped.set(i + 1, lines.get(i));
            Files.write(file(), swapped);
            assertThatThrownBy(() -> runs().read(ID)).hasMessageContaining("line " + number + ", cannot be believed");
        }
    }

    @Test
    void aTornLastLineIsLeftOutAndTold() throws JournalException, IOException {
        write(runs(), ID, everyKind());
        byte[] whole = Files.readAllBytes(file());
        int lastLine = new String(whole, StandardCharsets.ISO_8859_1).lastIndexOf('\n', whole.length - 2) + 1;
        for (int length = lastLine; length < whole.length; length++) {
            Files.write(file(), Arrays.copyOf(whole, length));
            RecordedRun run = runs().read(ID);
            assertThat(run.torn()).isEqualTo(length > lastLine);
            assertThat(run.entries())
                    .isEqualTo(everyKind().subList(0, everyKind().size() - 1));
            assertThat(run.ended()).isEmpty();
        }
    }

    @Test
    void whatALaterVersionWroteIsKeptOrIgnored() throws JournalException, IOException {
        Files.createDirectories(file().getParent());
        byte[] start = Lines.write(started(ID, false), Lines.NOTHING_BEFORE);
        String first = sealed(new String(start, StandardCharsets.UTF_8)
                .replaceFirst("\\{", "{\"mood\":\"calm\",")
                .replaceFirst(",\"digest\".*", ""));
        String second = sealed("{\"type\":\"thought\",\"at\":\"" + AT + "\",\"previous\":\""
                + Digests.sha256(first.getBytes(StandardCharsets.UTF_8)) + "\"");
        Files.writeString(file(), first + "\n" + second + "\n");
        assertThat(runs().read(ID).entries())
                .containsExactly(started(ID, false), new Entry.Other(AT, "thought", second));
    }

    private static String sealed(String open) {
        return open + ",\"digest\":\"" + Digests.sha256(open.getBytes(StandardCharsets.UTF_8)) + "\"}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"started\"",
                "[1",
                "{\"type\":\"finished\",\"at\":\"2026-11-22T04:52:59Z\",\"target\":\"a\",\"state\":\"x\",\"message\":\"\"",
                "{\"type\":\"step\",\"at\":\"yesterday\",\"target\":\"a\",\"step\":\"x\",\"message\":\"\"",
                "{\"type\":\"step\",\"at\":null,\"target\":null,\"step\":null,\"message\":null"
            })
    void aWellSealedLineWithoutSenseIsAnErrorAndNoCrash(String open) throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), sealed(open + ",\"previous\":\"" + "0".repeat(64) + "\"") + "\n");
        assertThatThrownBy(() -> runs().read(ID))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("line 1, cannot be believed");
    }

    @Test
    void aJournalOfAnotherRunIsNotBelieved() throws JournalException, IOException {
        write(runs(), ID, everyKind());
        Path other = Files.createDirectory(runs().directory().resolve("other"));
        Files.copy(file(), other.resolve("journal.jsonl"));
        assertThatThrownBy(() -> runs().read("other")).hasMessageContaining("it is of the run " + ID);
    }

    @Test
    void aLinkInPlaceOfAJournalIsNotRead() throws IOException {
        Files.createDirectories(file().getParent());
        Files.createSymbolicLink(file(), Path.of("/etc/hostname"));
        assertThatThrownBy(() -> runs().read(ID)).hasMessageContaining("not a plain file");
    }

    @Test
    void aHugeFileIsNotRead() throws IOException {
        Files.createDirectories(file().getParent());
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.position(Journal.LIMIT);
            channel.write(java.nio.ByteBuffer.wrap(new byte[] {'\n'}));
        }
        assertThatThrownBy(() -> runs().read(ID)).hasMessageContaining("larger than 64 MiB");
    }

    // ------------------------------------------------------------------ finding

    @Test
    void aRunIsFoundByItsBeginning() throws JournalException {
        write(runs(), ID, everyKind());
        write(runs(), "20261123T000000Z-000000", List.of(started("20261123T000000Z-000000", true)));
        assertThat(runs().read("20261122").id()).isEqualTo(ID);
        assertThatThrownBy(() -> runs().read("2026")).hasMessageContaining("not the only one");
        assertThatThrownBy(() -> runs().read("20261122T045259Z-a1b2cx")).hasMessageContaining("did you mean \"" + ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", ".", "a/b", "/etc", "-x", "a\nb", "a\0b"})
    void aPathIsNoRun(String id) {
        assertThatThrownBy(() -> runs().read(id)).isInstanceOf(JournalException.class);
        assertThatThrownBy(() -> runs().create(id)).isInstanceOf(JournalException.class);
    }

    @Test
    void allRunsAreListedOldestFirstAndBrokenOnesHideNone() throws JournalException, IOException {
        List<JournalException> broken = new ArrayList<>();
        assertThat(runs().all(broken::add)).isEmpty();

        write(runs(), "b", List.of(started("b", false), new Entry.Ended(AT, 0)));
        write(runs(), "a", List.of(started("a", true), new Entry.Ended(AT, 0)));
        Files.createDirectory(runs().directory().resolve("empty"));
        Files.writeString(runs().directory().resolve("notes.txt"), "");
        assertThat(runs().all(broken::add))
                .extracting(RecordedRun.Summary::id, RecordedRun.Summary::outcome)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", Outcome.DRY_RUN),
                        org.assertj.core.groups.Tuple.tuple("b", Outcome.UNCHANGED));
        assertThat(broken)
                .singleElement()
                .satisfies(one -> assertThat(one.why()).contains("empty", "is missing"));
    }

    // ------------------------------------------------------------------ understanding

    @ParameterizedTest
    @CsvSource({
        "APPLIED, APPLIED, 0, APPLIED",
        "APPLIED, UNCHANGED, 0, APPLIED",
        "UNCHANGED, UNCHANGED, 0, UNCHANGED",
        "APPLIED, REFUSED, 1, PARTLY_APPLIED",
        "APPLIED, NOT_TOUCHED, 1, PARTLY_APPLIED",
        "UNCHANGED, REFUSED, 1, REFUSED",
        "NOT_TOUCHED, NOT_TOUCHED, 1, NOT_TOUCHED",
        "APPLIED, ROLLED_BACK, 4, ROLLED_BACK",
        "ROLLED_BACK, UNCONFIRMED, 5, UNCONFIRMED",
        "APPLIED, APPLIED, 130, INTERRUPTED",
        "UNCONFIRMED, APPLIED, 130, UNCONFIRMED"
    })
    void theWorstOutcomeWins(Entry.State one, Entry.State other, int exitCode, Outcome outcome)
            throws JournalException {
        RecordedRun run = recorded(
                planned("pve1", "pve1"),
                planned("pve2", "pve2"),
                finished("pve1", one),
                finished("pve2", other),
                new Entry.Ended(AT, exitCode));
        assertThat(run.outcome()).isEqualTo(outcome);
    }

    @Test
    void aRunWithoutAnEndWasInterrupted() throws JournalException {
        RecordedRun run = recorded(planned("pve1", "pve1"), finished("pve1", Entry.State.APPLIED));
        assertThat(run.outcome()).isEqualTo(Outcome.INTERRUPTED);
        assertThat(run.canBeUndone()).isTrue();
    }

    @Test
    void failedTargetsAreNamedByTheirNode() throws JournalException {
        RecordedRun run = recorded(
                planned("cluster lab", "pve2"),
                planned("pve1", "pve1"),
                planned("pve3", "pve3"),
                planned("pve4", "pve4"),
                finished("cluster lab", Entry.State.ROLLED_BACK),
                finished("pve1", Entry.State.APPLIED),
                finished("pve4", Entry.State.UNCHANGED),
                finished("pve5", Entry.State.REFUSED),
                finished("cluster edge", Entry.State.REFUSED));
        assertThat(run.failedNodes()).containsExactly("pve2", "pve3", "pve5");
        assertThat(run.stateOf("pve3")).isEmpty();
        assertThat(run.stateOf("pve1")).contains(Entry.State.APPLIED);
        assertThat(run.planned()).containsOnlyKeys("cluster lab", "pve1", "pve3", "pve4");
    }

    @Test
    void aDryRunHasNothingToUndo() throws JournalException {
        write(runs(), "d", List.of(started("d", true), planned("pve1", "pve1"), new Entry.Ended(AT, 1)));
        RecordedRun run = runs().read("d");
        assertThat(run.outcome()).isEqualTo(Outcome.DRY_RUN);
        assertThat(run.canBeUndone()).isFalse();
        assertThat(run.failedNodes()).isEmpty();
    }
}
