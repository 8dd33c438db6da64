package holdfast.cli;

import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.run.AccessPoll;
import holdfast.text.Clean;
import holdfast.token.TokenOperator;
import holdfast.token.TokenRequest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a token that is proved before its secret is handed over. */
@Command(
        name = "create",
        description = {
            "Makes an API token with privilege separation and an expiry, gives it its roles, proves with a real",
            "call of the API that it is let in and with another that it is refused what it lacks, and hands its",
            "secret over once. If any of that fails the token is removed again."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "A token has what both it and its user have: the user needs the role as well.",
            "",
            "Exit code: 0 made, 2 a mistake, 3 no node answered, 4 failed and as before, 5 a person must look.",
            "",
            "Examples:",
            "  holdfast token create 'ci@pve!deploy' -i fleet.yml -l prod --role PVEVMUser --path /pool/web \\",
            "    --owner ops@example.com --purpose 'nightly deploy' --expires 90d --secret-file deploy.secret"
        })
final class TokenCreateCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "USER@REALM!NAME", description = "the new token; its user has to exist")
    private String id = "";

    @Option(names = "--role", paramLabel = "ROLE", description = "a role that it is given at --path (repeatable)")
    private List<String> roles = new ArrayList<>();

    @Option(names = "--path", paramLabel = "PATH", description = "where it is given its roles (repeatable)")
    private List<String> paths = new ArrayList<>();

    @Option(names = "--no-propagate", description = "the roles do not count below their paths")
    private boolean here;

    @Option(
            names = "--expires",
            paramLabel = "DAYS|DATE|never",
            description = "90d, a last day such as 2027-01-31, or never (default: the policy's access.token_max_days)")
    @Nullable
    private String expires;

    @Option(names = "--owner", paramLabel = "TEXT", required = true, description = "who answers for it")
    private String owner = "";

    @Option(names = "--purpose", paramLabel = "TEXT", required = true, description = "what it is for")
    private String purpose = "";

    @Option(
            names = "--no-privilege-separation",
            description = "it may do all that its user may (not recommended; takes no --role)")
    private boolean whole;

    @Mixin
    private SecretSink sink = new SecretSink();

    @Mixin
    private TokenOptions options = new TokenOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    TokenCreateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject token = TokenOptions.token(id);
        TokenOptions.expiry(expires, 0, Instant.now());
        if (roles.isEmpty() != paths.isEmpty()) {
            throw new UsageError("--role and --path belong together: what, and where");
        }
        if (whole && !roles.isEmpty()) {
            throw new UsageError("without privilege separation a token has its user's rights; --role would do nothing");
        }
        List<String> normal = paths.stream().map(AccessCanCommand::path).toList();
        for (String role : roles) {
            if (!Subject.isGroup(role)) {
                throw new UsageError("--role: '%s' is not the name of a role".formatted(role));
            }
        }
        for (String text : List.of(owner, purpose)) {
            if (text.isBlank() || text.length() > 200 || !text.equals(Clean.line(text))) {
                throw new UsageError("--owner and --purpose take a text on one line of at most 200 characters");
            }
        }
        sink.validate(options.access.screen(terminal));
        return options.run(terminal, way -> {
            AccessPoll.OfCluster cluster = way.one(way.ask(List.of()));
            return options.operate(way, spec, "token create", cluster, (operator, of, access) -> {
                Instant now = Instant.now();
                TokenRequest request = new TokenRequest(
                        token,
                        TokenOptions.expiry(expires, of.policy().access().tokenMaxDays(), now),
                        !whole,
                        new TokenNote(
                                Optional.of(owner),
                                Optional.of(purpose),
                                Optional.of(LocalDate.ofInstant(now, ZoneOffset.UTC)),
                                Optional.empty(),
                                Optional.empty()),
                        grants(token, normal));
                TokenOperator.Made made = operator.make(
                        config -> request,
                        of.policy().pveproxy().port(),
                        (subject, secret) -> sink.hand(way.screen(), subject, secret));
                new TokenView(way.screen()).made(made, request, sink.place(), operator.unreached());
                return 0;
            });
        });
    }

    private List<UserConfig.Grant> grants(Subject token, List<String> where) {
        List<UserConfig.Grant> grants = new ArrayList<>();
        for (String path : where) {
            for (String role : roles) {
                grants.add(TokenRequest.grant(path, token, role, !here));
            }
        }
        return grants;
    }
}
