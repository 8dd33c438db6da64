package holdfast.notify;

import holdfast.node.Secret;
import holdfast.text.Clean;
import java.io.IOException;
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
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
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
        if (!"https".equalsIgnoreCase(address.getScheme()) || address.getHost() == null) {
            throw new IllegalArgumentException("a webhook is an https:// address");
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
        try (HttpClient client = builder.build()) {
            while (true) {
                Try result = attempt(client, notice.id(), body);
                if (result.delivered()) {
                    return;
                }
                Duration wait = result.retryAfter().isPresent()
                        ? Duration.ofSeconds(result.retryAfter().getAsLong())
                        : pause;
                if (!result.again() || System.nanoTime() + wait.toNanos() >= deadline) {
                    throw new NotifyException("%s did not take it: %s", name(), result.why());
                }
                Thread.sleep(wait);
                pause = pause.multipliedBy(2);
            }
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
        try {
            HttpResponse<Void> response = client.send(request.build(), HttpResponse.BodyHandlers.discarding());
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
        } catch (HttpTimeoutException e) {
            return new Try(false, true, OptionalLong.empty(), "no answer in time");
        } catch (SSLException e) {
            return new Try(
                    false,
                    false,
                    OptionalLong.empty(),
                    "its certificate is not believed (%s); name the CA with --notify-ca FILE"
                            .formatted(Clean.line(String.valueOf(e.getMessage()), 200)));
        } catch (IOException e) {
            return new Try(
                    false,
                    true,
                    OptionalLong.empty(),
                    Clean.line(
                            e.getMessage() == null
                                    ? e.getClass().getSimpleName().toLowerCase(Locale.ROOT)
                                    : e.getMessage(),
                            200));
        }
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
