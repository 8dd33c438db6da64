package holdfast.cli;

import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.node.Secret;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.token.ApiCall;
import holdfast.token.TokenOperator;
import holdfast.token.TokenRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Rehearses a revocation. */
@Command(
        name = "drill",
        description = {
            "Rehearses a revocation, and tells how long it takes: makes a throw-away token without any right that",
            "expires in ten minutes, sees it let in everywhere, revokes it, and asks until every member refuses it."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Proxmox VE answers a refused call after three seconds, on purpose; that is part of the times.",
            "",
            "Exit code: 0 refused everywhere, 2 a mistake, 3 a member could not be asked, 4 nothing was changed,",
            "5 a person must look.",
            "",
            "Examples:",
            "  holdfast token drill -i fleet.yml -l prod"
        })
final class TokenDrillCommand implements Callable<Integer> {

    private static final Duration LONGEST = Duration.ofSeconds(60);

    @Option(
            names = "--of",
            paramLabel = "USER@REALM",
            description = "whose throw-away token it is (default: ${DEFAULT-VALUE}, without any of its rights)")
    private String user = "root@pam";

    @Mixin
    private TokenOptions options = new TokenOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    TokenDrillCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!Subject.isUser(user)) {
            throw new UsageError("--of takes a user such as root@pam, not '%s'".formatted(user));
        }
        return options.run(terminal, way -> {
            AccessPoll.OfCluster cluster = way.one(way.ask(List.of()));
            return options.operate(way, spec, "token drill", cluster, (operator, of, access) -> {
                Instant now = Instant.now();
                int port = of.policy().pveproxy().port();
                Subject token = Subject.token(user + "!holdfast-drill-" + now.getEpochSecond());
                TokenRequest request = new TokenRequest(
                        token,
                        now.plus(Duration.ofMinutes(10)).getEpochSecond(),
                        true,
                        new TokenNote(
                                Optional.of("holdfast"),
                                Optional.of("a drill, it may be removed"),
                                Optional.of(LocalDate.ofInstant(now, ZoneOffset.UTC)),
                                Optional.empty(),
                                Optional.empty()),
                        List.of());
                AtomicReference<Secret> kept = new AtomicReference<>();
                TokenOperator.Made made = operator.make(config -> request, port, (subject, secret) -> kept.set(secret));
                TokenView view = new TokenView(way.screen());
                view.say("made %s: %s".formatted(token.id(), String.join("; ", made.verified())));
                long start = System.nanoTime();
                TokenOperator.Revoked revoked = operator.revoke(token, "token.drill");
                Map<String, Duration> refused = refused(operator, token, made.secret(), port, start);
                view.drilled(revoked, refused, of.members());
                return refused.size() == of.members().size() ? 0 : 3;
            });
        });
    }

    /** How long after the order each member refused it first. */
    private static Map<String, Duration> refused(
            TokenOperator operator, Subject token, Secret secret, int port, long start) throws InterruptedException {
        Map<String, Duration> refused = new LinkedHashMap<>();
        boolean waiting = true;
        while (waiting && System.nanoTime() - start < LONGEST.toNanos()) {
            waiting = false;
            for (Map.Entry<String, Reading<ApiCall.Status>> answer :
                    operator.call(token, secret, ApiCall.VERSION, port).entrySet()) {
                if (answer.getValue() instanceof Reading.Known<ApiCall.Status>(var status) && status.code() == 401) {
                    refused.putIfAbsent(answer.getKey(), Duration.ofNanos(System.nanoTime() - start));
                } else {
                    waiting = true;
                }
            }
        }
        return refused;
    }
}
