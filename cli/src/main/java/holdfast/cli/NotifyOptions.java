package holdfast.cli;

import holdfast.node.Secret;
import holdfast.notify.Channel;
import holdfast.notify.CommandChannel;
import holdfast.notify.MailChannel;
import holdfast.notify.NotifyException;
import holdfast.notify.Topic;
import holdfast.notify.Trust;
import holdfast.notify.WebhookChannel;
import holdfast.problem.Problems;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who is told what has changed, and how. */
final class NotifyOptions {

    private static final Duration COMMAND = Duration.ofSeconds(60);
    private static final List<Path> SENDMAIL = List.of(Path.of("/usr/sbin/sendmail"), Path.of("/usr/lib/sendmail"));

    @Option(
            names = "--notify",
            paramLabel = "WAY=TO",
            description =
                    "tell what has changed since it was told last: command=PROGRAM (JSON on its standard input), webhook=https://… (or webhook=@FILE with the address), mail=ADDRESS (through this machine's sendmail) (repeatable)")
    private List<String> ways = new ArrayList<>();

    @Option(
            names = "--notify-on",
            paramLabel = "TOPIC",
            split = ",",
            description = "only drift, critical (newly failing), waiver (expired) or failure (of a run) (default: all)")
    private List<String> topics = new ArrayList<>();

    @Option(
            names = "--notify-secret",
            paramLabel = "FILE",
            description = "sign webhooks with the secret in FILE, as the Standard Webhooks specification has it")
    @Nullable
    private Path secretFile;

    @Option(
            names = "--notify-ca",
            paramLabel = "FILE",
            description = "also believe the CA certificates in FILE (PEM) when a webhook's server shows its own")
    @Nullable
    private Path authorities;

    /** Whether anybody is told anything. */
    boolean asked() {
        return !ways.isEmpty();
    }

    /** The topics that were asked for; all without a choice. */
    Set<Topic> topics() {
        Set<Topic> wanted = EnumSet.noneOf(Topic.class);
        for (String label : topics) {
            wanted.add(Topic.of(label)
                    .orElseThrow(() -> new UsageError("--notify-on takes %s, not '%s'%s"
                            .formatted(
                                    String.join(", ", Topic.labels()), label, Problems.hint(label, Topic.labels())))));
        }
        return wanted.isEmpty() ? EnumSet.allOf(Topic.class) : wanted;
    }

    /** The ways, all mistakes in them told before anything is contacted. */
    List<Channel> channels() {
        if (ways.isEmpty() && !topics.isEmpty()) {
            throw new UsageError("--notify-on says what to tell, and nothing says how: add --notify");
        }
        topics();
        return ways.stream().map(this::channel).toList();
    }

    private Channel channel(String option) {
        int equals = option.indexOf('=');
        String way = equals < 0 ? option : option.substring(0, equals);
        String to = equals < 0 ? "" : option.substring(equals + 1).strip();
        if (to.isEmpty()) {
            throw new UsageError( // What stands there may be a webhook's address, which holds a secret.
                    "--notify takes WAY=TO, such as mail=ops@example.com, command=PROGRAM or webhook=https://…");
        }
        return switch (way) {
            case "command" -> new CommandChannel(to, COMMAND);
            case "webhook" -> webhook(to);
            case "mail" -> mail(to);
            default ->
                throw new UsageError("--notify knows the ways command, webhook and mail%s"
                        .formatted(Problems.hint(way, List.of("command", "webhook", "mail"))));
        };
    }

    private Channel webhook(String to) {
        String address = to.startsWith("@") ? firstLine("--notify webhook", Path.of(to.substring(1))) : to;
        Optional<Secret> secret = Optional.ofNullable(secretFile)
                .map(file -> Secret.of(firstLine("--notify-secret", file).toCharArray()));
        try {
            Optional<SSLContext> trust = authorities == null ? Optional.empty() : Optional.of(Trust.with(authorities));
            return new WebhookChannel(
                    new URI(address), secret, trust, WebhookChannel.Patience.USUAL, Clock.systemUTC());
        } catch (NotifyException e) {
            throw new UsageError("--notify-ca: " + e.why());
        } catch (URISyntaxException | IllegalArgumentException e) {
            // The address may hold a secret: it is not repeated.
            throw new UsageError(
                    "--notify webhook= takes an address that begins with https:// and names a host, and --notify-secret a file that holds a secret");
        }
    }

    private static Channel mail(String address) {
        if (!MailChannel.isAddress(address)) {
            throw new UsageError("--notify mail= takes one mail address, not '%s'".formatted(address));
        }
        String chosen = System.getProperty("holdfast.sendmail", "");
        Path program = chosen.isEmpty()
                ? SENDMAIL.stream()
                        .filter(Files::isExecutable)
                        .findFirst()
                        .orElseThrow(
                                () -> new UsageError(
                                        "--notify mail= needs sendmail, and there is none in /usr/sbin: install a mail system, such as postfix, dma or msmtp-mta"))
                : Path.of(chosen);
        return new MailChannel(program.toString(), address, COMMAND);
    }

    private static String firstLine(String option, Path file) {
        try {
            String line = Files.readString(file).lines().findFirst().orElse("").strip();
            if (line.isEmpty()) {
                throw new UsageError("%s: %s is empty".formatted(option, file));
            }
            return line;
        } catch (IOException e) {
            throw new UsageError("%s: %s cannot be read".formatted(option, file));
        }
    }
}
