package holdfast.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import holdfast.check.Severity;
import holdfast.node.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class ChannelsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T04:00:05Z");
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    static Path directory;

    /** A request as the server saw it. */
    private record Seen(Map<String, List<String>> headers, String body) {
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(header -> header.getValue().get(0))
                    .findFirst()
                    .orElse("");
        }
    }

    private static HttpsServer server;
    private static Path authority;
    private static final List<Seen> SEEN = new ArrayList<>();
    private static final List<Integer> ANSWERS = new ArrayList<>();

    @BeforeAll
    static void serve() throws Exception {
        Path store = directory.resolve("server.p12");
        keytool(
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1",
                "-validity",
                "30",
                "-keystore",
                store.toString());
        authority = directory.resolve("ca.pem");
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "server",
                "-file",
                authority.toString(),
                "-keystore",
                store.toString());
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            int status;
            synchronized (SEEN) {
                SEEN.add(new Seen(Map.copyOf(exchange.getRequestHeaders()), body));
                status = ANSWERS.isEmpty() ? 204 : ANSWERS.removeFirst();
            }
            if (status == 307) {
                exchange.getResponseHeaders().add("Location", "/elsewhere");
            }
            if (status == 429) {
                exchange.getResponseHeaders().add("Retry-After", "1");
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        words.addAll(List.of(arguments));
        words.addAll(List.of("-storetype", "PKCS12", "-storepass", "changeit"));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }

    @AfterAll
    static void end() {
        server.stop(0);
    }

    private static List<Seen> answering(Integer... statuses) {
        synchronized (SEEN) {
            SEEN.clear();
            ANSWERS.clear();
            ANSWERS.addAll(List.of(statuses));
        }
        return SEEN;
    }

    private static WebhookChannel webhook(Optional<Secret> secret, Duration whole) throws NotifyException {
        return new WebhookChannel(
                URI.create("https://localhost:%d/hook/T0KEN?key=S3CRET"
                        .formatted(server.getAddress().getPort())),
                secret,
                Optional.of(Trust.with(authority)),
                new WebhookChannel.Patience(Duration.ofSeconds(5), Duration.ofMillis(50), whole),
                Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private static Notice notice() {
        return notice("root may log in");
    }

    private static Notice notice(String message) {
        Telling telling = new Telling(
                List.of(new Telling.Event(
                        Telling.Change.BEGAN,
                        Condition.Kind.FAILING,
                        new Condition.Subject("node", "pve1"),
                        "sshd.root-login",
                        Optional.of(Severity.CRITICAL),
                        EnumSet.of(Topic.DRIFT, Topic.CRITICAL),
                        message)),
                Map.of("a", "b"));
        return Notice.of("fleet.yml", Optional.of("r1"), "desk", Optional.empty(), telling, NOW);
    }

    // ------------------------------------------------------------------ webhook

    /** As the Standard Webhooks specification has it, reckoned here a second time. */
    @Test
    void aWebhookIsSignedOverIdTimeAndBody() throws Exception {
        List<Seen> seen = answering();
        Notice notice = notice();
        byte[] key = "a key of some length, 32 bytes..".getBytes(StandardCharsets.UTF_8);
        String secret = "whsec_" + Base64.getEncoder().encodeToString(key);
        webhook(Optional.of(Secret.of(secret.toCharArray())), SOON).send(notice);
        assertThat(seen).hasSize(1);
        Seen one = seen.get(0);
        assertThat(one.body()).isEqualTo(notice.json());
        assertThat(one.header("Content-Type")).isEqualTo("application/json");
        assertThat(one.header("webhook-id")).isEqualTo(notice.id());
        assertThat(one.header("webhook-timestamp")).isEqualTo(Long.toString(NOW.getEpochSecond()));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        String signed = notice.id() + "." + NOW.getEpochSecond() + "." + notice.json();
        assertThat(one.header("webhook-signature"))
                .isEqualTo("v1,"
                        + Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void aServerThatIsBusyIsTriedAgainWithTheSameId() throws Exception {
        List<Seen> seen = answering(503, 429, 204);
        webhook(Optional.empty(), SOON).send(notice());
        assertThat(seen).hasSize(3);
        assertThat(seen.stream().map(one -> one.header("webhook-id")).distinct())
                .hasSize(1);
        assertThat(seen.get(0).header("webhook-signature")).isEmpty();
    }

    @Test
    void aServerThatSaysNeverIsNotTriedAgain() throws Exception {
        List<Seen> seen = answering(404);
        WebhookChannel channel = webhook(Optional.empty(), SOON);
        assertThatThrownBy(() -> channel.send(notice()))
                .isInstanceOf(NotifyException.class)
                .hasMessageContaining("404")
                .hasMessageContaining("localhost")
                .message()
                .doesNotContain("T0KEN", "S3CRET");
        assertThat(seen).hasSize(1);
    }

    @Test
    void aServerThatNeverRecoversIsGivenUp() throws Exception {
        List<Seen> seen = answering(500, 500, 500, 500, 500, 500, 500, 500);
        WebhookChannel channel = webhook(Optional.empty(), Duration.ofMillis(500));
        assertThatThrownBy(() -> channel.send(notice())).hasMessageContaining("500");
        assertThat(seen).hasSizeBetween(2, 7);
    }

    /** An answer that never ends must not hold up a scan. */
    @Test
    void aServerWhoseAnswerNeverEndsIsGivenUp() throws Exception {
        server.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                while (true) {
                    exchange.getResponseBody().write(new byte[1024]);
                    Thread.sleep(20);
                }
            } catch (IOException | InterruptedException e) {
                exchange.close();
            }
        });
        WebhookChannel channel = new WebhookChannel(
                URI.create("https://localhost:%d/endless"
                        .formatted(server.getAddress().getPort())),
                Optional.empty(),
                Optional.of(Trust.with(authority)),
                new WebhookChannel.Patience(Duration.ofMillis(500), Duration.ofMillis(50), Duration.ofSeconds(1)),
                Clock.systemUTC());
        long started = System.nanoTime();
        assertThatThrownBy(() -> channel.send(notice())).isInstanceOf(NotifyException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void aRedirectionIsNotFollowed() throws Exception {
        List<Seen> seen = answering(307);
        WebhookChannel channel = webhook(Optional.empty(), SOON);
        assertThatThrownBy(() -> channel.send(notice())).hasMessageContaining("redirection");
        assertThat(seen).hasSize(1);
    }

    @Test
    void aServerWithAStrangeCertificateGetsNothing() {
        List<Seen> seen = answering();
        WebhookChannel channel = new WebhookChannel(
                URI.create("https://localhost:%d/".formatted(server.getAddress().getPort())),
                Optional.empty(),
                Optional.empty(),
                WebhookChannel.Patience.USUAL,
                Clock.systemUTC());
        assertThatThrownBy(() -> channel.send(notice()))
                .isInstanceOf(NotifyException.class)
                .hasMessageContaining("--notify-ca");
        assertThat(seen).isEmpty();
    }

    @Test
    void onlyHttpsIsAWebhook() {
        for (String address : List.of(
                "http://example.com/",
                "ftp://example.com/",
                "https:///path",
                "file:/etc/passwd",
                "https://localhost:99999/")) {
            assertThatThrownBy(() -> new WebhookChannel(
                            URI.create(address),
                            Optional.empty(),
                            Optional.empty(),
                            WebhookChannel.Patience.USUAL,
                            Clock.systemUTC()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aFileWithoutCertificatesIsToldSo() throws IOException {
        Path nothing = Files.writeString(directory.resolve("nothing.pem"), "hello\n");
        assertThatThrownBy(() -> Trust.with(nothing)).isInstanceOf(NotifyException.class);
        assertThatThrownBy(() -> Trust.with(directory.resolve("missing.pem"))).isInstanceOf(NotifyException.class);
    }

    // ------------------------------------------------------------------ command

    @Test
    void aCommandGetsTheNoticeOnItsStandardInput() throws Exception {
        Path file = directory.resolve("told.json");
        new CommandChannel("cat >'%s'".formatted(file), SOON).send(notice());
        assertThat(JsonMapper.builder()
                        .build()
                        .readTree(Files.readString(file))
                        .path("headline")
                        .asString())
                .isEqualTo("holdfast: 1 newly failing (1 critical)");
    }

    @Test
    void aCommandThatFailsIsToldWithItsLastLine() {
        assertThatThrownBy(() -> new CommandChannel("echo one; echo two >&2; exit 3", SOON).send(notice()))
                .isInstanceOf(NotifyException.class)
                .hasMessageContaining("status 3: two");
    }

    /** With all that it has started: nothing is left behind. */
    @Test
    void aCommandThatHangsIsEnded() {
        long started = System.nanoTime();
        assertThatThrownBy(() -> new CommandChannel("sleep 300 & sleep 300", Duration.ofMillis(300)).send(notice()))
                .isInstanceOf(NotifyException.class)
                .hasMessageContaining("did not end");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void aCommandNeedNotReadItsInput() throws Exception {
        new CommandChannel("exec 0<&-; true", SOON).send(notice("x".repeat(1 << 20)));
    }

    // ------------------------------------------------------------------ mail

    private static Path sendmail() throws IOException {
        Path program = directory.resolve("sendmail");
        Files.writeString(program, """
                #!/bin/sh
                printf '%%s\\n' "$@" >'%s/arguments'
                cat >'%s/message'
                """.formatted(directory, directory));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        return program;
    }

    @Test
    void aMailHasItsRecipientBehindTheOptions() throws Exception {
        new MailChannel(sendmail().toString(), "ops@example.com", SOON).send(notice());
        assertThat(Files.readString(directory.resolve("arguments"))).isEqualTo("-i\n--\nops@example.com\n");
        String message = Files.readString(directory.resolve("message"));
        String[] parts = message.split("\n\n", 2);
        assertThat(parts[0].lines())
                .contains(
                        "To: ops@example.com",
                        "Subject: holdfast: 1 newly failing (1 critical)",
                        "Date: Sun, 22 Nov 2026 04:00:05 GMT",
                        "Auto-Submitted: auto-generated")
                .allMatch(line -> line.matches("[A-Z][A-Za-z-]+: \\p{ASCII}*"));
        assertThat(new String(Base64.getMimeDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                .isEqualTo(notice().text())
                .contains("CRITICAL pve1: newly failing: sshd.root-login: root may log in");
    }

    /** What a node said cannot become a header, a second message or the end of this one. */
    @Test
    void whatANodeSaysStaysInTheBody() {
        String message = new MailChannel("/usr/sbin/sendmail", "ops@example.com", SOON)
                .message(notice("x\nBcc: everybody@example.com\n.\n\u001b[2J\u202e"));
        String[] parts = message.split("\n\n", 2);
        assertThat(parts[0]).doesNotContain("Bcc", "\u001b");
        assertThat(new String(Base64.getMimeDecoder().decode(parts[1]), StandardCharsets.UTF_8))
                .doesNotContain("\u001b", "\u202e", "\nBcc");
    }

    @Test
    void whatIsNoAddressIsRefused() {
        for (String address : List.of("", "-oQ/tmp", "a b@example.com", "a@b\nBcc: c@d", "a@-b", "|sh", "a;b@c")) {
            assertThat(MailChannel.isAddress(address)).as(address).isFalse();
            assertThatThrownBy(() -> new MailChannel("/usr/sbin/sendmail", address, SOON))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(MailChannel.isAddress("root")).isTrue();
        assertThat(MailChannel.isAddress("ops+fleet@mail.example.com")).isTrue();
    }

    @Test
    void aNoticeOfTheSameNewsHasTheSameId() {
        assertThat(notice().id())
                .isEqualTo(notice().id())
                .isNotEqualTo(notice("other").id());
    }
}
