package holdfast.cli;

import holdfast.access.AccessList;
import holdfast.access.AccessLog;
import holdfast.access.ClusterAccess;
import holdfast.access.Subject;
import holdfast.access.UserConfig.Token;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.text.Shell;
import holdfast.token.Rotation;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.TokenException;
import holdfast.token.TokenRequest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Rotates a token by overlap. */
@Command(
        name = "rotate",
        description = {
            "Rotates a token by overlap, in two runs of the same command. The first makes a second token with the",
            "same rights and hands its secret over once; both work. The next revokes the old one, when the",
            "access log tells that the new one is used and the old one no more, or with --finish."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "The new one's name gets a number: deploy, deploy-r2, deploy-r3.",
            "",
            "Exit code: 0 the new one is made, or the old one revoked; 1 not yet: the new one is not in use;",
            "2 a mistake, 3 no node answered, 4 failed and as before, 5 a person must look.",
            "",
            "Examples:",
            "  holdfast token rotate 'ci@pve!deploy' -i fleet.yml -l prod --secret-file deploy.secret",
            "  holdfast token rotate 'ci@pve!deploy' -i fleet.yml -l prod",
            "  holdfast token rotate 'ci@pve!deploy' -i fleet.yml -l prod --finish"
        })
final class TokenRotateCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "USER@REALM!NAME", description = "the token whose secret is to change")
    private String id = "";

    @Option(names = "--finish", description = "revoke the old one now, whatever the access log says")
    private boolean finish;

    @Option(
            names = "--expires",
            paramLabel = "DAYS|DATE|never",
            description =
                    "of the new one: 90d, 2027-01-31 or never (default: as long as the old one, at most the policy's access.token_max_days)")
    @Nullable
    private String expires;

    @Mixin
    private SecretSink sink = new SecretSink();

    @Mixin
    private TokenOptions options = new TokenOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    TokenRotateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject token = TokenOptions.token(id);
        TokenOptions.expiry(expires, 0, Instant.now());
        return options.run(terminal, way -> {
            AccessPoll.OfCluster cluster = way.one(way.ask(List.of(AccessLog.PROBE)));
            ClusterAccess access = way.known(cluster);
            Token old = access.files()
                    .config()
                    .token(token.id())
                    .orElseThrow(() -> new UsageError(
                            "%s has no token %s; nothing was changed".formatted(cluster.name(), token.id())));
            Optional<Token> successor = Rotation.begun(access.files().config(), old);
            if (successor.isPresent()) {
                unusable(access, successor.get()).ifPresent(why -> {
                    throw new UsageError(
                            "%s was to take the place of %s, and %s: holdfast token revoke %s, then rotate again; nothing was changed"
                                    .formatted(
                                            successor.get().id(),
                                            old.id(),
                                            why,
                                            Shell.quote(successor.get().id())));
                });
                return finish(way, cluster, old, successor.get());
            }
            Optional<Token> predecessor = old.note()
                    .replaces()
                    .flatMap(name -> access.files().config().token(old.user() + "!" + name));
            if (predecessor.isPresent()) {
                throw new UsageError(
                        "%s is about to take the place of %s: finish that first, with holdfast token rotate '%s'; nothing was changed"
                                .formatted(
                                        old.id(),
                                        predecessor.get().id(),
                                        predecessor.get().id()));
            }
            if (finish) {
                throw new UsageError("the rotation of %s was not begun: leave out --finish; nothing was changed"
                        .formatted(token.id()));
            }
            sink.validate(way.screen());
            return begin(way, cluster, old);
        });
    }

    /** Why a token lets nobody in: the old one is then all that its users have. */
    private static Optional<String> unusable(ClusterAccess access, Token token) {
        if (token.isExpired(Instant.now().getEpochSecond())) {
            return Optional.of("it is expired");
        }
        return access.files().secrets() instanceof Reading.Known<SortedSet<String>>(var secrets)
                        && !secrets.contains(token.id())
                ? Optional.of("it has no secret")
                : Optional.empty();
    }

    private int begin(TokenOptions.Way way, AccessPoll.OfCluster cluster, Token old) throws InterruptedException {
        return options.operate(way, spec, "token rotate", cluster, (operator, of, access) -> {
            Instant now = Instant.now();
            Optional<AccessList.TokenEntry> entry =
                    of.policy().access().list(access.names()).flatMap(list -> list.token(old.id()));
            TokenRequest[] made = new TokenRequest[1];
            TokenOperator.Made result = operator.make(
                    config -> {
                        Token current = config.token(old.id())
                                .orElseThrow(() -> TokenOperator.refused("%s is gone".formatted(old.id())));
                        Subject next = Rotation.successor(config, current);
                        made[0] = new TokenRequest(
                                next,
                                TokenOptions.expiry(
                                        expires,
                                        lifetime(current, of.policy().access().tokenMaxDays()),
                                        now),
                                current.separated(),
                                Rotation.note(
                                        current,
                                        entry.flatMap(AccessList.TokenEntry::owner),
                                        entry.flatMap(AccessList.TokenEntry::purpose),
                                        LocalDate.ofInstant(now, ZoneOffset.UTC)),
                                config.grants().stream()
                                        .filter(grant -> grant.subject().equals(Subject.token(old.id())))
                                        .map(grant ->
                                                TokenRequest.grant(grant.path(), next, grant.role(), grant.propagate()))
                                        .toList());
                        return made[0];
                    },
                    of.policy().pveproxy().port(),
                    (subject, secret) -> sink.hand(way.screen(), subject, secret));
            TokenView view = new TokenView(way.screen());
            view.made(result, java.util.Objects.requireNonNull(made[0]), sink.place(), operator.unreached());
            view.next("%s works as before. When its users have the new secret, the same command again revokes it"
                    .formatted(old.id()));
            return 0;
        });
    }

    /** As long as the old one was meant to live where that is known, and never longer than the policy allows. */
    private static int lifetime(Token old, int limit) {
        if (old.expires() == 0) {
            return limit;
        }
        return old.note()
                .secretSince()
                .map(since -> ChronoUnit.DAYS.between(
                        since, LocalDate.ofInstant(Instant.ofEpochSecond(old.expires()), ZoneOffset.UTC)))
                .filter(days -> days >= 1 && days < limit)
                .map(Long::intValue)
                .orElse(limit);
    }

    private int finish(TokenOptions.Way way, AccessPoll.OfCluster cluster, Token old, Token successor)
            throws InterruptedException {
        TokenView view = new TokenView(way.screen());
        Rotation.Readiness readiness = switch (TokenOptions.log(cluster)) {
            case Reading.Known<AccessLog>(var log) ->
                Rotation.readiness(log, old, successor, TokenOptions.ownAddresses(cluster));
            case Reading.Unknown<AccessLog>(var why) ->
                new Rotation.Readiness(false, "whether %s is used is not known: %s".formatted(successor.id(), why));
        };
        view.say(readiness.because());
        if (!readiness.ready() && !finish) {
            view.next("not yet: the same command again later, or with --finish to revoke %s all the same"
                    .formatted(old.id()));
            // The run that made it may have been cut off before anybody had the secret.
            view.next("if the secret of %s never arrived, do not finish: holdfast token revoke %s, then rotate again"
                    .formatted(successor.id(), Shell.quote(successor.id())));
            return 1;
        }
        return options.operate(way, spec, "token rotate", cluster, (operator, of, access) -> {
            TokenOperator.Revoked revoked = operator.revoke(Subject.token(old.id()), "token.rotate");
            view.revoked(revoked);
            try {
                operator.comment(
                        Subject.token(successor.id()),
                        Rotation.finished(successor.note()).comment());
            } catch (TokenException e) {
                // The old token is gone, which is what counts; a stale word in a comment harms nobody.
                way.notices()
                        .accept("the comment of %s still says replaces=%s: %s"
                                .formatted(successor.id(), old.name(), e.why()));
            }
            return view.unselected(cluster) && revoked.unseen().isEmpty() ? 0 : 3;
        });
    }
}
