package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.journal.Entry;
import holdfast.journal.Journal;
import holdfast.journal.JournalException;
import holdfast.journal.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What {@code holdfast history} says of runs that were made up. */
final class HistoryTest {

    private static final Instant START = Instant.parse("2026-11-22T04:52:59.250Z");
    private static final String APPLIED = "20261122T045259Z-a1b2c3";
    private static final String DRY = "20261122T045000Z-000001";
    private static final String CUT = "20261122T060000Z-000002";
    private static final String UNDO = "20261122T070000Z-000003";

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

    private Runs runs() {
        return new Runs(state.resolve("runs"));
    }

    private void record(String id, Entry... entries) throws JournalException {
        try (Journal journal = runs().create(id)) {
            for (Entry entry : entries) {
                journal.add(entry);
            }
        }
    }

    private static Entry started(String id, int minutes, String command, boolean check, List<String> nodes) {
        return new Entry.Started(
                START.plusSeconds(60L * minutes),
                id,
                command,
                check,
                "ops",
                "desk",
                "0.1.0",
                List.of(command, "-i", "fleet.yml", "-l", "prod:!canary"),
                List.of("fleet.yml"),
                "prod:!canary",
                List.of("firewall.enabled", "sshd.root-login"),
                nodes,
                command.equals("undo") ? Optional.of(APPLIED) : Optional.empty());
    }

    private static Entry.Planned planned(String target, String node, Entry.FileChange... files) {
        return new Entry.Planned(
                START.plusSeconds(1),
                target,
                node,
                target.equals(node) ? List.of() : List.of("pve1", "pve2"),
                List.of("sshd.root-login"),
                true,
                List.of(files),
                List.of(new Entry.CommandChange("systemctl enable --now x.service", "start x", "", List.of())),
                List.of(new Entry.Purpose("sshd -t", "the files of sshd")),
                List.of(new Entry.Purpose("systemctl reload ssh.service", "let sshd read its files")));
    }

    private static Entry.FileChange file(String path, boolean existed, boolean exists, String diff) {
        return new Entry.FileChange(
                path,
                Optional.empty(),
                Optional.empty(),
                existed,
                exists,
                Optional.empty(),
                Optional.empty(),
                false,
                path.endsWith(".key"),
                diff);
    }

    private static Entry finished(String target, Entry.State state, String message) {
        return new Entry.Finished(START.plusSeconds(9), target, state, message);
    }

    private void recordAll() throws JournalException {
        record(
                APPLIED,
                started(APPLIED, 0, "fix", false, List.of("pve1", "pve2", "pve3", "pve4")),
                planned(
                        "pve1",
                        "pve1",
                        file(
                                "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf",
                                false,
                                true,
                                "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+PermitRootLogin no\n"),
                        file(
                                "/etc/old",
                                true,
                                false,
                                "--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\u001b]0;evil\u0007\u202ey\n"),
                        file("/etc/x.key", true, true, "")),
                planned("cluster lab", "pve2"),
                planned("pve3", "pve3"),
                new Entry.Step(START.plusSeconds(2), "pve1", "validate", ""),
                new Entry.Step(START.plusSeconds(3), "pve1", "prove", "ops logged in anew\u001b[2J"),
                finished("pve1", Entry.State.APPLIED, "all checks pass"),
                finished("cluster lab", Entry.State.ROLLED_BACK, "pve-firewall compile: line 3"),
                finished("pve3", Entry.State.NOT_TOUCHED, ""),
                finished("pve4", Entry.State.REFUSED, "held by another run"),
                new Entry.Ended(START.plusSeconds(10), 4));
        record(DRY, started(DRY, -3, "fix", true, List.of("pve1")), planned("pve1", "pve1"), new Entry.Ended(START, 0));
        record(CUT, started(CUT, 67, "fix", false, List.of("pve1")), planned("pve1", "pve1"));
        record(UNDO, started(UNDO, 127, "undo", false, List.of("pve1")), new Entry.Ended(START.plusSeconds(7700), 0));
    }

    private Invocation golden(String name, String... args) {
        Invocation invocation = Invocation.of(args);
        GoldenTest.compare(
                "history-" + name,
                invocation.code(),
                (invocation.out() + invocation.err().replaceAll("(?m)^", "! ").replaceAll("! $", ""))
                        .replace(state.toString(), "/state"));
        return invocation;
    }

    @Test
    void nothingIsRecorded() {
        golden("none", "history");
        assertThat(Invocation.of("history", "--format", "json").out()).isEqualTo("[ ]\n");
    }

    @Test
    void theNewestStandsLast() throws JournalException {
        recordAll();
        golden("list", "history");
    }

    @Test
    void theListAsJsonHasExactlyThePromisedFields() throws JournalException {
        recordAll();
        JsonNode list = golden("list-json", "history", "--format", "json").json();
        assertThat(list)
                .hasSize(4)
                .allSatisfy(run -> assertThat(run.propertyNames())
                        .containsExactly("id", "command", "check", "startedAt", "operator", "nodes", "outcome"));
        assertThat(list.get(0).get("check").asBoolean()).isTrue();
    }

    @Test
    void oneRunIsShownWithItsDiffsAndHowToUndoIt() throws JournalException {
        recordAll();
        Invocation shown = golden("one", "history", APPLIED);
        assertThat(shown.out())
                .doesNotContain("\u001b", "\u202e", "\u0007")
                .endsWith("next: holdfast undo " + APPLIED + "\n");
        assertThat(golden("one-json", "history", APPLIED, "--format", "json").out())
                .doesNotContain("\u001b", "\u202e", "\u0007");
    }

    @Test
    void aDryRunAndAnUndoneOneHaveNothingToUndo() throws JournalException {
        recordAll();
        golden("dry", "history", DRY);
        golden("undo", "history", UNDO);
    }

    @Test
    void aRunThatWasCutOffSaysSoAndCanBeUndone() throws JournalException, IOException {
        recordAll();
        Path journal = runs().directory().resolve(CUT).resolve("journal.jsonl");
        Files.writeString(journal, Files.readString(journal) + "{\"type\":\"st");
        golden("cut", "history", "20261122T06");
    }

    @Test
    void aBrokenJournalIsToldAndHidesNoOther() throws JournalException, IOException {
        recordAll();
        Path journal = runs().directory().resolve(CUT).resolve("journal.jsonl");
        Files.writeString(journal, Files.readString(journal).replace("fleet.yml", "other.yml"));
        golden("broken-list", "history");
        golden("broken", "history", CUT);
    }

    @Test
    void mistakesAreUsageErrors() throws JournalException {
        recordAll();
        golden("typo", "history", "20261122T045259Z-a1b2c4");
        assertThat(Invocation.of("history", "../../etc").code()).isEqualTo(2);
        assertThat(Invocation.of("history", "2026").err()).contains("not the only one");
        assertThat(Invocation.of("history", "--format", "xml").code()).isEqualTo(2);
    }

    @Test
    void theHelpHasAnExample() {
        assertThat(Invocation.of("history", "--help").out()).contains("Examples:", "  holdfast history 2026");
    }

    @Test
    void theStateIsKeptWhereTheSpecificationSays() {
        assertThat(StateDirectory.of(Map.of("XDG_STATE_HOME", "/s", "HOME", "/h")))
                .hasToString("/s/holdfast");
        assertThat(StateDirectory.of(Map.of("XDG_STATE_HOME", "s", "HOME", "/h")))
                .hasToString("/h/.local/state/holdfast");
        assertThat(StateDirectory.of(Map.of("XDG_STATE_HOME", "", "HOME", "/h")))
                .hasToString("/h/.local/state/holdfast");
        assertThatThrownBy(() -> StateDirectory.of(Map.of("HOME", "h"))).isInstanceOf(UsageError.class);
    }
}
