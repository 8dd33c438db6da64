package holdfast.notify;

import holdfast.node.Secret;
import holdfast.text.Clean;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/**
 * A POST over HTTPS, signed as the Standard Webhooks specification has it (headers {@code webhook-id},
 * {@code webhook-timestamp}, {@code webhook-signature}), tried again where that makes sense. Redirections are not
 * followed: what is sent goes to the address that somebody chose.
 */
public final class WebhookChannel implements Channel {

    /**
     * How patient it is.
     *
     * @param answer how long one try may take
     * @param pause before the second try; it doubles each time
     * @param whole how long all tries together may take
     */
    public record Patience(Duration answer, Duration pause, Duration whole) {
        /** Four tries or so within a minute. */
        public static final Patience USUAL =
                new Patience(Duration.ofSeconds(15), Duration.ofSeconds(2), Duration.ofSeconds(60));
    }

    private static final String PREFIX = "whsec_";

    private static final int TRIES = 6;

    private final URI address;
    private final Optional<Secret> secret;
    private final Optional<SSLContext> trust;
    private final Patience patience;
    private final Clock clock;

    /**
     * @param address an https URL
     * @param secret what signs: the bytes of the text, or after {@code whsec_} what its Base64 says
     * @param trust which certificates are believed; empty for those that Java believes
     * @param patience how long it tries
     * @param clock tells the time that is signed
     * @throws IllegalArgumentException when the address is not https, or names no host
     */
    public WebhookChannel(
            URI address, Optional<Secret> secret, Optional<SSLContext> trust, Patience patience, Clock clock) {
        if (!"https".equalsIgnoreCase(address.getScheme())
                || address.getHost() == null
                || address.getPort() > 65_535
                || address.getPort() == 0) {
            throw new IllegalArgumentException("a webhook is an https:// address");
        }
        if (secret.isPresent() && key(secret.get()).length == 0) {
            throw new IllegalArgumentException("the secret is empty");
        }
        this.address = address;
        this.secret = secret;
        this.trust = trust;
        this.patience = patience;
        this.clock = clock;
    }

    @Override
    public String name() {
        // Its path and query often hold a secret.
        return "the webhook at %s%s".formatted(address.getHost(), address.getPort() < 0 ? "" : ":" + address.getPort());
    }

    @Override
    public String destination() {
        return "webhook\n" + address;
    }

    @Override
    public void send(Notice notice) throws NotifyException, InterruptedException {
        long deadline = System.nanoTime() + patience.whole().toNanos();
        Duration pause = patience.pause();
        String body = notice.json();
        HttpClient.Builder builder = HttpClient.newBuilder()
                .connectTimeout(patience.answer())
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1);
        trust.ifPresent(builder::sslContext);
        HttpClient client = builder.build();
        try {
            for (int tries = 1; ; tries++) {
                Try result = attempt(client, notice.id(), body);
                if (result.delivered()) {
                    return;
                }
                // A server that says "at once" is not taken at its word.
                Duration wait = pause.plusSeconds(result.retryAfter().orElse(0));
                if (!result.again() || tries == TRIES || System.nanoTime() + wait.toNanos() >= deadline) {
                    throw new NotifyException("%s did not take it: %s", name(), result.why());
                }
                Thread.sleep(wait);
                pause = pause.multipliedBy(2);
            }
        } finally {
            // Not close(): it waits for an answer that somebody may never end.
            client.shutdownNow();
        }
    }

    /** What came of one try. */
    private record Try(boolean delivered, boolean again, OptionalLong retryAfter, String why) {}

    private Try attempt(HttpClient client, String id, String body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(patience.answer())
                .header("Content-Type", "application/json")
                .header("User-Agent", "holdfast")
                .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
        String timestamp = Long.toString(clock.instant().getEpochSecond());
        request.header("webhook-id", id).header("webhook-timestamp", timestamp);
        secret.ifPresent(key -> request.header("webhook-signature", signature(key, id, timestamp, body)));
        // The request's own limit ends with the headers; a body may go on for ever.
        CompletableFuture<HttpResponse<Void>> asked =
                client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding());
        try {
            HttpResponse<Void> response = asked.get(patience.answer().toMillis(), TimeUnit.MILLISECONDS);
            int status = response.statusCode();
            if (status / 100 == 2) {
                return new Try(true, false, OptionalLong.empty(), "");
            }
            // RFC 9110: these say "later"; the others say "never like this".
            boolean again = status == 408 || status == 425 || status == 429 || status / 100 == 5;
            String why = status / 100 == 3
                    ? "it answers with a redirection (%d), which is not followed; give the address it leads to"
                            .formatted(status)
                    : "it answers with status " + status;
            return new Try(false, again, retryAfter(response), why);
        } catch (TimeoutException e) {
            return new Try(false, true, OptionalLong.empty(), "no whole answer in time");
        } catch (ExecutionException e) {
            return trouble(e.getCause() == null ? e : e.getCause());
        } finally {
            asked.cancel(true);
        }
    }

    private static Try trouble(Throwable problem) {
        if (problem instanceof HttpTimeoutException) {
            return new Try(false, true, OptionalLong.empty(), "no answer in time");
        }
        if (problem instanceof SSLException) {
            return new Try(
                    false,
                    false,
                    OptionalLong.empty(),
                    "its certificate is not believed (%s); name the CA with --notify-ca FILE"
                            .formatted(Clean.line(String.valueOf(problem.getMessage()), 200)
                                    .replace(
                                            "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
                                            "no authority that Java believes has signed it")));
        }
        return new Try(
                false,
                true,
                OptionalLong.empty(),
                Clean.line(
                        problem instanceof ConnectException
                                ? "there is no connection to it"
                                : problem.getMessage() == null ? "the connection broke" : problem.getMessage(),
                        200));
    }

    /** Seconds; a date is not read. */
    private static OptionalLong retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("[0-9]{1,6}"))
                .map(value -> OptionalLong.of(Long.parseLong(value)))
                .orElse(OptionalLong.empty());
    }

    /** {@code v1,} and the Base64 of the HMAC-SHA256 of id, time and body, with full stops between them. */
    static String signature(Secret secret, String id, String timestamp, String body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key(secret), "HmacSHA256"));
            byte[] digest =
                    mac.doFinal("%s.%s.%s".formatted(id, timestamp, body).getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    private static byte[] key(Secret secret) {
        String text = secret.reveal();
        if (text.startsWith(PREFIX)) {
            try {
                return Base64.getDecoder().decode(text.substring(PREFIX.length()));
            } catch (IllegalArgumentException e) {
                // It only looks like one.
                return text.getBytes(StandardCharsets.UTF_8);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
