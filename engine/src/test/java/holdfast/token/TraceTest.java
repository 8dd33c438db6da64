package holdfast.token;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.access.Subject;
import holdfast.probe.Output;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shell text itself, run by the real sh and awk. */
final class TraceTest {

    @TempDir
    Path root;

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private Output run(String script) throws Exception {
        Path out = root.resolve("out");
        Path err = root.resolve("err");
        Process process = new ProcessBuilder("/bin/sh", "-c", script.replace("/var/log", root + "/var/log"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        process.getOutputStream().close();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return Output.of(process.exitValue(), Files.readAllBytes(out), Files.readAllBytes(err), false);
    }

    private Trace trace(String id) throws Exception {
        Probe.Command<Trace> probe =
                (Probe.Command<Trace>) Trace.probe(Subject.parse(id).orElseThrow());
        Shape shape = probe.shapes().findFirst().orElseThrow();
        Reading<Trace> reading = probe.parse().apply(run(shape.command().replace(root + "/var/log", "/var/log")));
        assertThat(reading).isInstanceOf(Reading.Known.class);
        return ((Reading.Known<Trace>) reading).value();
    }

    @Test
    void callsAndTasksOfOneTokenInOrder() throws Exception {
        write("var/log/pveproxy/access.log", """
                ::ffff:192.0.2.9 - ci@pve!deploy [22/11/2026:10:00:00 +0100] "POST /api2/json/nodes/pve1/qemu/100/status/start HTTP/1.1" 200 58
                ::ffff:192.0.2.9 - ci@pve!deploy2 [22/11/2026:10:00:01 +0100] "GET /x HTTP/1.1" 200 58
                ::ffff:192.0.2.9 - ci@pve!deploy [22/11/2026:10:00:02 +0100] "GET /api2/json/a \\"b\\" HTTP/1.1" 403 -
                """);
        try (var packed =
                new GZIPOutputStream(Files.newOutputStream(root.resolve("var/log/pveproxy/access.log.2.gz")))) {
            packed.write("2001:db8::1 - ci@pve!deploy [21/11/2026:08:00:00 +0000] \"GET /old HTTP/1.1\" 200 5\n"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        write("var/log/pve/tasks/index", """
                UPID:pve1:0000A1B2:00C3D4E5:6742B1A0:qmstart:100:ci@pve!deploy: 6742B1A2 OK
                UPID:pve1:0000A1B2:00C3D4E5:6742B1A0:qmstart:100:alice@pve: 6742B1A2 OK
                """);
        write("var/log/pve/tasks/active", "UPID:pve1:0000A1B3:00C3D4E6:6742B1B0:vzdump::ci@pve!deploy: 0\n");
        Trace trace = trace("ci@pve!deploy");
        assertThat(trace.calls())
                .containsExactly(
                        new Trace.Call(Instant.parse("2026-11-21T08:00:00Z"), "2001:db8::1", "GET /old HTTP/1.1", 200),
                        new Trace.Call(
                                Instant.parse("2026-11-22T09:00:00Z"),
                                "192.0.2.9",
                                "POST /api2/json/nodes/pve1/qemu/100/status/start HTTP/1.1",
                                200),
                        new Trace.Call(
                                Instant.parse("2026-11-22T09:00:02Z"),
                                "192.0.2.9",
                                "GET /api2/json/a \\\"b\\\" HTTP/1.1",
                                403));
        assertThat(trace.tasks())
                .containsExactly(
                        new Trace.Task(Instant.ofEpochSecond(0x6742B1A0L), "pve1", "qmstart", "100", "OK"),
                        new Trace.Task(Instant.ofEpochSecond(0x6742B1B0L), "pve1", "vzdump", "", "running"));
    }

    @Test
    void aBackslashInANameIsOne() throws Exception {
        write("var/log/pveproxy/access.log", """
                ::ffff:192.0.2.9 - LAB\\tom@ad [22/11/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 58
                """);
        assertThat(trace("LAB\\tom@ad").calls()).hasSize(1);
    }

    @Test
    void refusedCallsSinceAMomentAreCountedByAddress() throws Exception {
        write("var/log/pveproxy/access.log", """
                ::ffff:192.0.2.9 - - [22/11/2026:09:59:59 +0000] "GET /a HTTP/1.1" 401 -
                ::ffff:192.0.2.9 - - [22/11/2026:10:00:00 +0000] "GET /a HTTP/1.1" 401 -
                ::ffff:192.0.2.9 - - [22/11/2026:10:00:09 +0000] "GET /a HTTP/1.1" 401 -
                ::ffff:192.0.2.8 - alice@pve [22/11/2026:10:00:09 +0000] "GET /a HTTP/1.1" 200 5
                """);
        Output output = run(TokenOperator.AttemptsFrom.script("20261122100000"));
        assertThat(TokenOperator.AttemptsFrom.parse(output.stdout()))
                .containsExactly(new TokenOperator.AttemptsFrom("192.0.2.9", 2, "22/11/2026:10:00:09"));
    }

    @Test
    void onlyTheJournalsLinesOfTokensLeaveTheNode() throws Exception {
        write("bin/journalctl", """
                #!/bin/sh
                cat <<'JOURNAL'
                authentication failure: invalid token value!
                authentication failure: token 'old' access expired
                authentication failure; rhost=::ffff:192.0.2.9 user=my-password@pam msg=no such user
                JOURNAL
                """);
        assertThat(root.resolve("bin/journalctl").toFile().setExecutable(true)).isTrue();
        Shape shape = AuthenticationLog.PROBE.shapes().findFirst().orElseThrow();
        assertThat(run("PATH=%s/bin:$PATH\n%s".formatted(root, shape.command())).stdout())
                .isEqualTo("""
                authentication failure: invalid token value!
                authentication failure: token 'old' access expired
                end
                """);
    }

    @Test
    void whatIsBehindAQuestionMarkStaysOnTheNode() throws Exception {
        write("var/log/pveproxy/access.log", """
                ::ffff:192.0.2.9 - what@pve!tt [22/11/2026:10:00:00 +0000] "GET /api2/json/nodes/pve1/vncwebsocket?port=5900&vncticket=PVEVNC%3A6742 HTTP/1.1" 101 -
                """);
        assertThat(trace("what@pve!tt").calls())
                .extracting(Trace.Call::request)
                .containsExactly("GET /api2/json/nodes/pve1/vncwebsocket?... HTTP/1.1");
    }

    @Test
    void theJournalsLinesOfTokensAreCounted() {
        Reading<AuthenticationLog> log = AuthenticationLog.parse("""
                authentication failure: invalid token value!
                authentication failure: token 'old' access expired
                end
                """);
        assertThat(log).isEqualTo(Reading.known(new AuthenticationLog(1, List.of("old"))));
        assertThat(AuthenticationLog.parse("authentication failure: inv")).isInstanceOf(Reading.Unknown.class);
    }
}
