package holdfast.fix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code steps.sh} and {@code rollback.sh} as the node's {@code /bin/sh} runs them, with every directory of the node
 * below a temporary one, and without systemd.
 */
final class StepsTest {

    private static final String RUN = "20261122T045259Z-a1b2c3";
    private static final String OTHER = "20261122T050000Z-d4e5f6";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path node;

    @BeforeEach
    void furnish() throws IOException {
        Files.createDirectories(node.resolve("bin"));
        Files.createDirectories(node.resolve("etc"));
        Files.createDirectories(node.resolve("var/lib"));
        // Nothing of the machine underneath is asked or told.
        for (String name : List.of("logger", "systemctl", "systemd-run")) {
            Path command = Files.writeString(node.resolve("bin/" + name), "#!/bin/sh\nexit 0\n");
            Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private record Said(int exit, String output) {}

    private Path base() {
        return node.resolve("var/lib/holdfast");
    }

    private Path state(String run) {
        return base().resolve(run);
    }

    private String moved(String script) {
        return script.replace("/var/lib/holdfast", base().toString())
                .replace("/run/systemd/system", node + "/no-systemd")
                .replace("/etc/systemd", node + "/etc/systemd")
                .replace("/etc/pve", node + "/etc/pve")
                .replace("PATH=/usr/sbin:", "PATH=" + node + "/bin:/usr/sbin:")
                .replace("sleep 3\n", "sleep 0.1\n");
    }

    private Said sh(String script) {
        try {
            ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-s").redirectErrorStream(true);
            builder.environment().put("PATH", node + "/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            CompletableFuture<byte[]> output = CompletableFuture.supplyAsync(() -> {
                try {
                    return process.getInputStream().readAllBytes();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            // As the engine sends it: one compound command.
            process.getOutputStream()
                    .write(("main() {\numask 022\n( " + moved(script) + "\n) 2>&1 </dev/null\n}\nmain\n")
                            .getBytes(UTF_8));
            process.getOutputStream().close();
            return new Said(process.waitFor(), new String(output.join(), UTF_8));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Said sh(NodeScript script) {
        return sh(script.text());
    }

    private static NodeScript script(String run) {
        return new NodeScript(run);
    }

    private static NodeScript lock(String run) {
        return script(run).callWithBytes("operator=eve\ncontroller=desk\nrun=%s\n".formatted(run), "take_lock");
    }

    private static String digest(String text) {
        return PlannedFile.digest(Optional.of(text));
    }

    private static String number(int i) {
        return NodeScript.number(i);
    }

    /** Locks, keeps and seals as the engine does it. */
    private Said prepare(String run, Path... files) throws IOException {
        return prepare(run, "", files);
    }

    private Said prepare(String run, String reload, Path... files) throws IOException {
        NodeScript script = lock(run).call("unless_sealed_abandon");
        for (int i = 0; i < files.length; i++) {
            script.call("keep", number(i), files[i].toString(), now(files[i]));
        }
        script.callWithScript(reload, "store", "reload")
                .storeRollback()
                .call("seal")
                .call("sealed");
        return sh(script);
    }

    private static String now(Path file) throws IOException {
        return Files.exists(file) ? digest(Files.readString(file)) : PlannedFile.ABSENT;
    }

    private Said put(String run, int number, Path file, Optional<String> text) throws IOException {
        return sh(script(run)
                .callWithBytes(
                        text.orElse(""), "put", number(number), now(file), PlannedFile.digest(text), "0644", ""));
    }

    private Said rollback(String run, String... mode) {
        return sh("sh /var/lib/holdfast/%s/rollback %s".formatted(run, String.join(" ", mode)));
    }

    // ------------------------------------------------------------------ the lock

    @Test
    void theSecondRunIsToldWhoHoldsTheLock() {
        assertThat(sh(lock(RUN)).exit()).isZero();
        Said second = sh(lock(OTHER));
        assertThat(second.exit()).isEqualTo(1);
        assertThat(second.output()).contains("@locked alive", "@holder operator=eve", "@holder run=" + RUN, "@now ");
        assertThat(state(OTHER)).doesNotExist();
        assertThat(base().resolve("lock")).content().contains("run=" + RUN);
    }

    @Test
    void theLockOfARunThatDiedBeforeItBeganIsTakenOver() throws IOException {
        sh(lock(RUN));
        Files.setLastModifiedTime(
                base().resolve("lock"), FileTime.from(Instant.now().minusSeconds(120)));
        Said second = sh(lock(OTHER));
        assertThat(second.exit()).as(second.output()).isZero();
        assertThat(second.output())
                .contains("@note run %s died before it changed anything; its lock is taken over".formatted(RUN));
        assertThat(base().resolve("lock")).content().contains("run=" + OTHER);
    }

    @Test
    void theLockOfARunThatDiedInTheMiddleIsNot() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        Said second = sh(lock(OTHER));
        assertThat(second.exit()).isEqualTo(1);
        assertThat(second.output()).contains("@locked dead");
        assertThat(rollback(RUN).output()).contains("@outcome undone");
        assertThat(sh(lock(OTHER)).exit()).isZero();
    }

    @Test
    void aLockThatWasLeftBehindAfterTheEndIsTakenOver() throws IOException {
        prepare(RUN);
        assertThat(sh(script(RUN).call("confirm")).output()).contains("@outcome confirmed");
        assertThat(base().resolve("lock")).doesNotExist();
        Files.createLink(base().resolve("lock"), state(RUN).resolve("holder"));
        Said second = sh(lock(OTHER));
        assertThat(second.output()).contains("@note the lock of run %s was left behind".formatted(RUN));
        assertThat(second.exit()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello\n", "run=../../etc\n", "run=a b\n", "run=$(reboot)\n"})
    void whatIsNoLockOfOursIsLeftAlone(String content) throws IOException {
        Files.createDirectories(base());
        Files.writeString(base().resolve("lock"), content);
        Said said = sh(lock(RUN));
        assertThat(said.output()).contains("@locked foreign");
        assertThat(said.exit()).isEqualTo(1);
        assertThat(base().resolve("lock")).content().isEqualTo(content);
    }

    @Test
    void aDirectoryThatIsALinkIsRefused() throws IOException {
        Files.createDirectories(node.resolve("elsewhere"));
        Files.createSymbolicLink(base(), node.resolve("elsewhere"));
        assertThat(sh(lock(RUN)).output()).contains("@failed io ", "is a symbolic link");
        assertThat(node.resolve("elsewhere")).isEmptyDirectory();
    }

    /** Ten at once, with and without the lock of a dead run between them. */
    @RepeatedTest(4)
    void onlyOneOfManyGetsTheLock(org.junit.jupiter.api.RepetitionInfo repetition) throws IOException {
        boolean stale = repetition.getCurrentRepetition() % 2 == 0;
        if (stale) {
            sh(lock(RUN));
            Files.setLastModifiedTime(
                    base().resolve("lock"), FileTime.from(Instant.now().minusSeconds(600)));
        }
        List<CompletableFuture<Said>> all = IntStream.range(0, 10)
                .mapToObj(i -> CompletableFuture.supplyAsync(
                        () -> sh(lock("2026-%02d".formatted(i))),
                        command -> Thread.ofPlatform().start(command)))
                .toList();
        List<Said> said = all.stream().map(CompletableFuture::join).toList();
        assertThat(said).filteredOn(one -> one.exit() == 0).hasSize(1);
        assertThat(said)
                .filteredOn(one -> one.exit() != 0)
                .allMatch(one -> one.output().contains("@locked alive"));
        String winner = "2026-%02d"
                .formatted(said.indexOf(
                        said.stream().filter(one -> one.exit() == 0).findFirst().orElseThrow()));
        assertThat(base().resolve("lock")).content().contains("run=" + winner);
        try (Stream<Path> left = Files.list(base())) {
            assertThat(left.map(path -> base().relativize(path).toString()).filter(name -> !name.startsWith(".")))
                    .containsExactlyInAnyOrderElementsOf(
                            stale ? List.of("lock", winner, RUN) : List.of("lock", winner));
        }
    }

    // ------------------------------------------------------------------ there and back

    @ParameterizedTest
    @ValueSource(strings = {"plain", "-rf", "--", "--help", "a@b:c+d-e_f", "...", "-", "+x", "@failed", "end-0"})
    void whatIsWrittenIsPutBackWhateverItsName(String name) throws IOException {
        Path file = node.resolve("etc").resolve(name);
        String before = "first\n\n  ${HOME} `id` \\n 'x' \"y\"\nno line feed at the end";
        Files.writeString(file, before);
        assertThat(prepare(RUN, file).exit()).isZero();
        String after = "second\n".repeat(5000);
        Said put = put(RUN, 0, file, Optional.of(after));
        assertThat(put.output()).isEqualTo("@wrote " + file + "\n");
        assertThat(file).content().isEqualTo(after);
        assertThat(sh(script(RUN).call("status")).output()).contains("@outcome open", "@file 000 " + digest(after));
        assertThat(rollback(RUN).output()).contains("@restored " + file, "@outcome undone");
        assertThat(file).content().isEqualTo(before);
        assertThat(sh(script(RUN).call("status")).output()).contains("@outcome undone", "@file 000 " + digest(before));
        assertThat(onlyFileIn(node.resolve("etc"))).isEqualTo(file);
    }

    private static Path onlyFileIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.get(0);
        }
    }

    @Test
    void modesStayOnTheWayThereAndBack() throws IOException {
        Path file = Files.writeString(node.resolve("etc/secret"), "a\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Path fresh = node.resolve("etc/fresh");
        prepare(RUN, file, fresh);
        put(RUN, 0, file, Optional.of("b\n"));
        put(RUN, 1, fresh, Optional.of("c\n"));
        assertThat(mode(file)).isEqualTo("rw-r-----");
        assertThat(mode(fresh)).isEqualTo("rw-r--r--");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.writeString(file, "z\n");
        rollback(RUN);
        assertThat(mode(file)).isEqualTo("rw-r-----");
        assertThat(file).content().isEqualTo("a\n");
        assertThat(fresh).doesNotExist();
        assertThat(mode(base())).isEqualTo("rwx------");
        assertThat(mode(state(RUN))).isEqualTo("rwx------");
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void aLinkIsFollowedWhenItIsLookedAtAndStays() throws IOException {
        Path real = Files.writeString(node.resolve("etc/real"), "a\n");
        Path link = Files.createSymbolicLink(node.resolve("etc/link"), Path.of("real"));
        Path dangling = Files.createSymbolicLink(node.resolve("etc/dangling"), Path.of("nowhere"));
        String looked = sh(script(RUN)
                        .call("look", link.toString(), "shown")
                        .call("look", dangling.toString(), "shown"))
                .output();
        assertThat(looked)
                .contains(
                        "@look %s\n@real %s\n@kind file\n".formatted(link, real.toRealPath()),
                        "@content YQo=\n",
                        "@look %s\n@real %s\n@kind absent\n".formatted(dangling, node.toRealPath() + "/etc/nowhere"));
        prepare(RUN, real);
        put(RUN, 0, real, Optional.of("b\n"));
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(link).content().isEqualTo("b\n");
        rollback(RUN);
        assertThat(link).content().isEqualTo("a\n");
    }

    @Test
    void whatIsNoFileOrTooLargeIsNotShown() throws IOException {
        Path large = node.resolve("etc/large");
        Files.write(large, new byte[1024 * 1024 + 1]);
        String looked = sh(script(RUN)
                        .call("look", node.resolve("etc").toString(), "shown")
                        .call("look", large.toString(), "shown"))
                .output();
        assertThat(looked)
                .contains("@kind directory", "@kind too large, 1048577 bytes")
                .doesNotContain("@content");
        Path kept = Files.writeString(node.resolve("etc/key"), "PLANTED-SECRET\n");
        assertThat(sh(script(RUN).call("look", kept.toString(), "kept")).output())
                .contains("@digest " + digest("PLANTED-SECRET\n"))
                .doesNotContain("@content", "PLANTED");
    }

    @Test
    void directoriesThatWereMadeGoAgain() throws IOException {
        Path file = node.resolve("etc/chrony/sources.d/holdfast.sources");
        prepare(RUN, file);
        assertThat(put(RUN, 0, file, Optional.of("server a\n")).exit()).isZero();
        assertThat(mode(node.resolve("etc/chrony/sources.d"))).isEqualTo("rwxr-xr-x");
        assertThat(mode(node.resolve("etc/chrony"))).isEqualTo("rwxr-xr-x");
        rollback(RUN);
        assertThat(node.resolve("etc/chrony")).doesNotExist();
        assertThat(node.resolve("etc")).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatSomebodyUsesMeanwhileStays() throws IOException {
        Path file = node.resolve("etc/chrony/sources.d/holdfast.sources");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("server a\n"));
        Files.writeString(node.resolve("etc/chrony/keys"), "x\n");
        rollback(RUN);
        assertThat(node.resolve("etc/chrony")).isDirectoryContaining(path -> path.endsWith("keys"));
        assertThat(node.resolve("etc/chrony/sources.d")).doesNotExist();
    }

    @Test
    void aFileThatGoesComesBack() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.empty());
        assertThat(file).doesNotExist();
        rollback(RUN);
        assertThat(file).content().isEqualTo("a\n");
    }

    // ------------------------------------------------------------------ somebody else writes too

    @Test
    void whatChangedSinceThePlanIsNotTouchedAndNothingStays() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        Said said = sh(
                lock(RUN).call("unless_sealed_abandon").call("keep", number(0), file.toString(), digest("planned\n")));
        assertThat(said.output()).contains("@failed changed %s was changed since it was planned".formatted(file));
        assertThat(state(RUN)).doesNotExist();
        assertThat(base().resolve("lock")).doesNotExist();

        prepare(OTHER, file);
        Files.writeString(file, "by hand\n");
        Said put = sh(script(OTHER).callWithBytes("b\n", "put", number(0), digest("a\n"), digest("b\n"), "0644", ""));
        assertThat(put.output()).contains("@failed changed");
        assertThat(file).content().isEqualTo("by hand\n");
        assertThat(rollback(OTHER).output()).contains("@outcome undone");
        assertThat(file).content().isEqualTo("by hand\n");
    }

    @Test
    void whatSomebodyWroteMeanwhileIsKept() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        Files.writeString(file, "by hand\n");
        assertThat(rollback(RUN).output()).contains("@note %s was changed by somebody else meanwhile".formatted(file));
        assertThat(file).content().isEqualTo("a\n");
        assertThat(state(RUN).resolve("files/000/superseded")).content().isEqualTo("by hand\n");
    }

    // ------------------------------------------------------------------ the end

    @Test
    void afterTheConfirmationOnlyAnywayPutsBack() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        sh(script(RUN).call("confirm"));
        assertThat(rollback(RUN)).isEqualTo(new Said(0, "@outcome confirmed\n"));
        assertThat(rollback(RUN, "guard")).isEqualTo(new Said(0, "@outcome confirmed\n"));
        assertThat(file).content().isEqualTo("b\n");
        assertThat(rollback(RUN, "--anyway").output()).contains("@outcome undone");
        assertThat(file).content().isEqualTo("a\n");
    }

    /** The confirmation and the way back at the same moment: the node decides once, and its files agree with it. */
    @RepeatedTest(8)
    void theNodeDecidesOnce() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        CompletableFuture<Said> back = CompletableFuture.supplyAsync(
                () -> rollback(RUN, "guard"), command -> Thread.ofPlatform().start(command));
        Said confirmed = sh(script(RUN).call("confirm"));
        Said undone = back.join();
        String outcome = Files.readString(state(RUN).resolve("outcome")).strip();
        if (outcome.equals("confirmed")) {
            assertThat(confirmed.output()).contains("@outcome confirmed");
            assertThat(undone.output()).contains("@outcome confirmed");
            assertThat(file).content().isEqualTo("b\n");
        } else {
            assertThat(outcome).isEqualTo("undone");
            assertThat(confirmed.output()).contains("@failed undone the timer on the node has put everything back");
            assertThat(undone.output()).contains("@outcome undone");
            assertThat(file).content().isEqualTo("a\n");
        }
        assertThat(base().resolve("lock")).doesNotExist();
    }

    @Test
    void nothingIsWrittenAfterTheWayBackBegan() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        rollback(RUN);
        assertThat(put(RUN, 0, file, Optional.of("b\n")).output()).contains("@failed undone");
        assertThat(sh(script(RUN).callWithScript("echo x >%s".formatted(file), "perform", "000", "10", "p", ""))
                        .output())
                .contains("@failed undone");
        assertThat(file).content().isEqualTo("a\n");
    }

    @Test
    void theTimerPutsBackByItself() throws IOException, InterruptedException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        assertThat(sh(script(RUN).call("arm", "1", "1")).output()).isEqualTo("@armed 1 1\n");
        assertThat(sh(script(RUN).call("status")).output()).contains("@guard alive");
        put(RUN, 0, file, Optional.of("b\n"));
        for (int i = 0; i < 100 && !Files.exists(state(RUN).resolve("restored")); i++) {
            Thread.sleep(100);
        }
        assertThat(file).content().isEqualTo("a\n");
        assertThat(sh(script(RUN).call("status")).output()).contains("@outcome undone");
    }

    @Test
    void aTimerThatWasStoppedStaysQuiet() throws IOException, InterruptedException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        sh(script(RUN).call("arm", "1", "1").call("arm", "2", "60").call("disarm", "1"));
        put(RUN, 0, file, Optional.of("b\n"));
        Thread.sleep(2500);
        assertThat(file).content().isEqualTo("b\n");
        assertThat(sh(script(RUN).call("status")).output()).contains("@outcome open", "@guard alive");
        sh(script(RUN).call("confirm"));
        Thread.sleep(1500);
        assertThat(sh(script(RUN).call("status")).output())
                .contains("@outcome confirmed")
                .doesNotContain("@guard");
    }

    // ------------------------------------------------------------------ commands

    @Test
    void commandsAreTakenBackInReverseAndOnce() throws IOException {
        Path log = node.resolve("etc/log");
        NodeScript script = lock(RUN);
        for (int i = 0; i < 3; i++) {
            script.callWithScript("echo undo %d >>%s".formatted(i, log), "keep_undo", number(i), "do " + i);
        }
        sh(script.callWithScript("echo reload >>" + log, "store", "reload")
                .storeRollback()
                .call("seal"));
        for (int i = 0; i < 2; i++) {
            assertThat(sh(script(RUN)
                                    .callWithScript(
                                            "echo do %d >>%s".formatted(i, log),
                                            "perform",
                                            number(i),
                                            "10",
                                            "do " + i,
                                            ""))
                            .output())
                    .contains("@performed do " + i);
        }
        sh(script(RUN).call("activate", "10"));
        assertThat(rollback(RUN).output()).contains("@outcome undone");
        assertThat(rollback(RUN).output()).isEqualTo("@outcome undone\n");
        assertThat(Files.readAllLines(log)).containsExactly("do 0", "do 1", "reload", "undo 1", "undo 0", "reload");
    }

    @Test
    void aCommandThatFailsOrHangsSaysWhatItSaid() {
        sh(lock(RUN).storeRollback().call("seal"));
        Said failed = sh(script(RUN).callWithScript("echo because; exit 7", "perform", "000", "10", "start it", ""));
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.output()).isEqualTo("because\n@failed command start it: exit status 7\n");
        assertThat(sh(script(RUN).callWithScript("sleep 20", "perform", "001", "1", "wait", ""))
                        .output())
                .contains("@failed command wait: exit status 124");
        assertThat(sh(script(RUN).callWithScript("echo line 3: bad >&2; false", "validate", "10", "the files"))
                        .output())
                .isEqualTo("line 3: bad\n@failed invalid the files (exit status 1)\n");
    }

    @Test
    void whatCannotBePutBackIsSaidAndTriedAgain() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        Files.delete(file);
        Files.createDirectories(file.resolve("in the way"));
        Said said = rollback(RUN);
        assertThat(said.exit()).isEqualTo(1);
        assertThat(said.output()).contains("@failed-to-restore " + file, "@outcome incomplete");
        assertThat(sh(script(RUN).call("status")).output()).contains("@outcome incomplete");
        assertThat(base().resolve("lock")).exists();
        Files.delete(file.resolve("in the way"));
        Files.delete(file);
        assertThat(rollback(RUN).output()).contains("@outcome undone");
        assertThat(file).content().isEqualTo("a\n");
        assertThat(base().resolve("lock")).doesNotExist();
        assertThat(Files.exists(state(RUN).resolve("reserve"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void itNeedsNothingButAShellAndItsOwnDirectory() throws IOException {
        Path file = Files.writeString(node.resolve("etc/x"), "a\n");
        prepare(RUN, file);
        put(RUN, 0, file, Optional.of("b\n"));
        List<String> from = new ArrayList<>(List.of(
                "cd / && sh /var/lib/holdfast/%s/rollback".formatted(RUN),
                "cd /var/lib/holdfast/%s && sh rollback --anyway".formatted(RUN)));
        for (String line : from) {
            assertThat(sh(line).output()).contains("@outcome undone");
            assertThat(file).content().isEqualTo("a\n");
        }
    }
}
