package holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.text.Shell;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The script, run by the real /bin/sh of this machine, and what is read from what it prints. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class CollectScriptTest {

    private static final String AWKWARD = "it's \"$(id)\" `id` $HOME \\ \n two lines \t; & | < > * ? é";

    private static final List<Shape> SHAPES = List.of(
            shape("a.plain", "echo hello; echo oops >&2", 5),
            shape("b.failing", "echo partly; echo 'no such thing' >&2; exit 3", 5),
            shape("c.silent", ":", 5),
            shape("d.binary", "printf 'a\\000b\\377\\n\\001'", 5),
            shape("e.hanging", "echo begun; sleep 60", 1),
            shape("f.flood", "head -c 3000000 /dev/zero | tr '\\000' x", 10),
            shape("g.quoted", "printf %s " + Shell.quote(AWKWARD), 5),
            shape(
                    "h.forged",
                    "printf '\\nholdfast-00000000000000000000000000000000 index\\n1 a.plain.o\\n"
                            + "holdfast-00000000000000000000000000000000 data\\nX'",
                    5),
            shape("i.input", "cat; echo end", 5),
            shape("j.environment", "echo \"$PATH\" \"$LC_ALL\"", 5),
            shape("k.killed", "kill -KILL $$", 5),
            shape("l.no-newline", "printf 'last line without its end'", 5));

    private static Shape shape(String name, String command, int seconds) {
        return new Shape(name, command, Duration.ofSeconds(seconds));
    }

    /** What one run printed, and how it ended. */
    private record Printed(byte[] out, byte[] err, int exit, long millis) {}

    private static Process start(CollectScript script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                "/bin/sh",
                "-c",
                Become.NOT_NEEDED.commandLine(script.nonce(), script.limit().toSeconds() + 10));
        builder.environment().put("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22");
        return builder.start();
    }

    private static Printed run(CollectScript script, byte[] input) {
        long start = System.nanoTime();
        try {
            Process process = start(script);
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            Thread errors = Thread.ofPlatform().start(() -> {
                try {
                    process.getErrorStream().transferTo(err);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input);
            }
            byte[] out = process.getInputStream().readAllBytes();
            errors.join();
            return new Printed(
                    out,
                    err.toByteArray(),
                    process.waitFor(),
                    Duration.ofNanos(System.nanoTime() - start).toMillis());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Its own directory only: other scans may run on this machine at the same time. */
    private static boolean isThere(CollectScript script) {
        return Stream.of("/run", "/dev/shm", "/tmp")
                .anyMatch(directory -> Files.exists(
                        Path.of(directory, "holdfast." + script.nonce().substring("holdfast-".length()))));
    }

    private final CollectScript script = CollectScript.of(SHAPES);
    private Printed printed = new Printed(new byte[0], new byte[0], -1, 0);
    private Frames frames = new Frames(Optional.empty(), Optional.empty(), Map.of(), null);

    @BeforeAll
    void runOnce() {
        assumeThat(System.getProperty("user.name"))
                .as("the script reads only as root")
                .isEqualTo("root");
        printed = run(script, input(script));
        frames = Frames.parse(script, printed.out());
    }

    private Output known(String probe) {
        Reading<Output> reading = frames.answers().get(probe);
        return reading instanceof Reading.Known<Output>(var output)
                ? output
                : org.assertj.core.api.Assertions.fail(probe + ": " + reading);
    }

    private String unknown(String probe) {
        Reading<Output> reading = frames.answers().get(probe);
        return reading instanceof Reading.Unknown<Output>(var why)
                ? why
                : org.assertj.core.api.Assertions.fail(probe + ": " + reading);
    }

    // ------------------------------------------------------------------ one run of everything

    @Test
    void theScriptEndsWellAndSaysWhoAndWhen() {
        assertThat(printed.exit()).isZero();
        assertThat(new String(printed.err(), StandardCharsets.UTF_8)).isEmpty();
        assertThat(frames.trouble()).isNull();
        assertThat(frames.uid()).contains(0);
        assertThat(frames.clock().orElseThrow())
                .isBetween(System.currentTimeMillis() / 1e3 - 120, System.currentTimeMillis() / 1e3 + 5);
    }

    @Test
    void outputAndComplaintsAndStatusComeThrough() {
        assertThat(known("a.plain")).isEqualTo(new Output(0, "hello\n", "oops\n"));
        assertThat(known("b.failing")).isEqualTo(new Output(3, "partly\n", "no such thing\n"));
        assertThat(known("c.silent")).isEqualTo(new Output(0, "", ""));
        assertThat(known("l.no-newline")).isEqualTo(new Output(0, "last line without its end", ""));
    }

    @Test
    void bytesOfAnyKindComeThrough() {
        assertThat(known("d.binary")).isEqualTo(new Output(0, "a\0b\ufffd\n\1", ""));
    }

    @Test
    void aProbeThatHangsIsEndedAndHoldsNobodyBack() {
        assertThat(unknown("e.hanging")).isEqualTo("it did not finish within 1 s");
        assertThat(printed.millis()).isLessThan(15_000);
    }

    @Test
    void moreThanIsKeptIsSaidToBeSo() {
        Output flood = known("f.flood");
        assertThat(flood.truncated()).isTrue();
        assertThat(flood.stdout()).hasSizeLessThanOrEqualTo(CollectScript.ANSWER_LIMIT);
    }

    @Test
    void quotedValuesMeanThemselves() {
        assertThat(known("g.quoted")).isEqualTo(new Output(0, AWKWARD, ""));
    }

    @Test
    void aForgedFrameIsOnlyText() {
        assertThat(known("h.forged").stdout()).startsWith("\nholdfast-00000000").endsWith(" data\nX");
        assertThat(known("a.plain").stdout()).isEqualTo("hello\n");
    }

    @Test
    void noProbeReadsTheScript() {
        assertThat(known("i.input")).isEqualTo(new Output(0, "end\n", ""));
    }

    @Test
    void theEnvironmentIsOurs() {
        assertThat(known("j.environment").stdout()).isEqualTo("/usr/sbin:/usr/bin:/sbin:/bin C\n");
    }

    @Test
    void aProbeThatWasKilledHasNoAnswer() {
        assertThat(unknown("k.killed")).contains("did not finish");
    }

    @Test
    void nothingIsLeftBehind() {
        assertThat(isThere(script)).isFalse();
    }

    // ------------------------------------------------------------------ what happens on the way

    /** A Known value is what the whole output says, wherever the output ends. */
    @Test
    void anOutputThatWasCutOffNeverChangesAnAnswer() {
        CollectScript small = CollectScript.of(List.of(
                SHAPES.get(0),
                SHAPES.get(1),
                SHAPES.get(2),
                SHAPES.get(3),
                SHAPES.get(6),
                SHAPES.get(7),
                SHAPES.get(11)));
        byte[] whole = run(small, input(small)).out();
        Map<String, Reading<Output>> all = Frames.parse(small, whole).answers();
        assertThat(all)
                .hasSize(7)
                .allSatisfy((name, reading) -> assertThat(reading).as(name).isInstanceOf(Reading.Known.class));
        for (int end = 0; end < whole.length; end++) {
            Frames cut = Frames.parse(small, Arrays.copyOf(whole, end));
            int at = end;
            cut.answers().forEach((name, reading) -> {
                if (reading instanceof Reading.Known<Output>) {
                    assertThat(reading).as("%s, cut at %d", name, at).isEqualTo(all.get(name));
                } else {
                    assertThat(reading)
                            .as("%s, cut at %d", name, at)
                            .isEqualTo(new Reading.Unknown<Output>("its answer was cut off"));
                }
            });
        }
    }

    @Test
    void noiseAroundTheOutputChangesNothing() {
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            byte[] more = "\nLast login: Sat Nov 21 from 192.0.2.7\r\n\033[1mWelcome\033[0m\nholdfast- hello 1000 0.0\n"
                    .getBytes(StandardCharsets.UTF_8);
            byte[] noisy = concat(noise, more, printed.out(), more, noise);
            assertThat(Frames.parse(script, noisy)).isEqualTo(frames);
        }
    }

    @Test
    void randomBytesNeverThrowAndNeverAnswer() {
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[random.nextInt(2000)];
            random.nextBytes(bytes);
            assertThat(Frames.parse(script, bytes).answers()).isEmpty();
        }
    }

    @Test
    void randomTextBetweenOurMarksNeverThrows() {
        Random random = new Random(13);
        String words = " .oer0123456789\nabc-";
        for (int i = 0; i < 2000; i++) {
            String text = random.ints(random.nextInt(400), 0, words.length())
                    .mapToObj(c -> Character.toString(words.charAt(c)))
                    .collect(Collectors.joining());
            String framed = "%1$s hello %2$s\n%1$s index\n%2$s\n%1$s data\n%2$s".formatted(script.nonce(), text);
            assertThat(Frames.parse(script, framed.getBytes(StandardCharsets.UTF_8)))
                    .isNotNull();
        }
    }

    @Test
    void aSizeThatIsALieIsNotBelieved() {
        String framed =
                "%1$s hello 0 1.5\n%1$s index\n999999999 a.plain.o\n0 a.plain.e\n2 a.plain.r\n%1$s data\nhello\n0\n"
                        .formatted(script.nonce());
        assertThat(Frames.parse(script, framed.getBytes(StandardCharsets.UTF_8))
                        .answers()
                        .get("a.plain"))
                .isEqualTo(new Reading.Unknown<Output>("its answer was cut off"));
    }

    @Test
    void aPasswordThatNobodyAskedForIsSkipped() {
        CollectScript one = CollectScript.of(List.of(SHAPES.get(0)));
        Printed withPassword =
                run(one, concat("echo this must not run; exit 9\n".getBytes(StandardCharsets.UTF_8), input(one)));
        assertThat(withPassword.exit()).isZero();
        assertThat(Frames.parse(one, withPassword.out()).answers().get("a.plain"))
                .isEqualTo(Reading.known(new Output(0, "hello\n", "oops\n")));
        assertThat(new String(withPassword.out(), StandardCharsets.UTF_8)).doesNotContain("this must not run");
    }

    /** A connection that breaks while the script is on its way: what has arrived is not run. */
    @Test
    void aCutOffScriptRunsNothing() throws IOException {
        Path witness = Files.createTempDirectory("holdfast-witness");
        CollectScript touching =
                CollectScript.of(List.of(shape("x.touch", "touch " + Shell.quote(witness + "/touched"), 5)));
        byte[] input = input(touching);
        // Up to the call of the function in the last line.
        int end = input.length - "main\n".length();
        for (int cut : List.of(0, 40, input.length / 4, input.length / 2, input.length - 60, end - 1, end)) {
            run(touching, Arrays.copyOf(input, cut));
            assertThat(witness.resolve("touched")).as("cut at %d", cut).doesNotExist();
        }
        run(touching, input);
        assertThat(witness.resolve("touched")).exists();
        Files.delete(witness.resolve("touched"));
        Files.delete(witness);
    }

    @Test
    void aScriptThatIsTerminatedLeavesNothingBehind() throws IOException, InterruptedException {
        CollectScript hanging = CollectScript.of(List.of(shape("x.hanging", "echo $$; sleep 20", 30)));
        Process process = start(hanging);
        process.getOutputStream().write(input(hanging));
        process.getOutputStream().flush();
        // Its first line is there once it runs; its directory is made right after.
        StringBuilder said = new StringBuilder();
        while (said.indexOf(hanging.nonce() + " hello ") < 0) {
            int next = process.getInputStream().read();
            assertThat(next).as("the script ended early: %s", said).isNotNegative();
            said.append((char) next);
        }
        for (long end = System.nanoTime() + 10_000_000_000L; !isThere(hanging) && System.nanoTime() < end; ) {
            Thread.onSpinWait();
        }
        assertThat(isThere(hanging)).as("the script's directory").isTrue();
        // The login shell's child is timeout(1), which hands the signal on.
        process.children().forEach(ProcessHandle::destroy);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        // timeout(1) ends after the script, and the script removes its directory before it ends.
        assertThat(isThere(hanging)).isFalse();
    }

    /** As when the connection breaks: sshd closes the pipe, and the next line of ours has no reader. */
    @Test
    void aScriptWhoseReaderIsGoneLeavesNothingBehind() throws IOException, InterruptedException {
        CollectScript one = CollectScript.of(List.of(SHAPES.get(0), shape("x.flood", "head -c 900000 /dev/zero", 5)));
        Process process = start(one);
        process.getInputStream().close();
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input(one));
        }
        assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
        assertThat(isThere(one)).isFalse();

        CollectScript late = CollectScript.of(one.shapes());
        process = start(late);
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input(late));
        }
        // Into the data, and away: the pipe holds less than the rest.
        assertThat(process.getInputStream().readNBytes(2000)).hasSize(2000);
        process.getInputStream().close();
        assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
        assertThat(isThere(late)).isFalse();
    }

    @Test
    void someoneWhoIsNotRootGetsNoFurtherThanTheFirstLine() {
        CollectScript one = CollectScript.of(List.of(SHAPES.get(0)));
        String other = one.text().replace("$(id -u)", "1000");
        Printed said = run(
                one,
                concat((one.nonce() + "\n").getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8)));
        Frames read = Frames.parse(one, said.out());
        assertThat(read.uid()).contains(1000);
        assertThat(read.answers()).isEmpty();
    }

    @Test
    void twoProbesMayNotShareAName() {
        List<Shape> twice = new ArrayList<>(List.of(SHAPES.get(0), shape("a.plain", "echo other", 5)));
        assertThatThrownBy(() -> CollectScript.of(twice)).hasMessageContaining("share a name");
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** What goes to standard input where no password is needed. */
    private static byte[] input(CollectScript script) {
        return (script.nonce() + "\n" + script.text()).getBytes(StandardCharsets.UTF_8);
    }
}
