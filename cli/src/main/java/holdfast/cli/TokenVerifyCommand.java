package holdfast.cli;

import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.node.Secret;
import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import holdfast.run.AccessPoll;
import holdfast.token.ApiCall;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.TokenException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether a secret is right, by real calls. */
@Command(
        name = "verify",
        description = {
            "Is this secret right? Makes a real call of the API on every member that has to be let in, and one that",
            "has to be refused for a right that the token lacks. Changes nothing."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 let in, and refused what it lacks; 1 not so; 2 a mistake; 3 a member gave no answer.",
            "",
            "Examples:",
            "  holdfast token verify 'ci@pve!deploy' -i fleet.yml -l prod --secret-from deploy.secret",
            "  vault kv get -field=value secret/ci | holdfast token verify 'ci@pve!deploy' -i fleet.yml --secret-from -"
        })
final class TokenVerifyCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "USER@REALM!NAME", description = "the token")
    private String id = "";

    @Option(
            names = "--secret-from",
            paramLabel = "FILE",
            required = true,
            description = "the file that holds its secret (- for standard input); it is not kept anywhere")
    private String secretFrom = "";

    @Mixin
    private TokenOptions options = new TokenOptions();

    private final Terminal terminal;

    TokenVerifyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject token = TokenOptions.token(id);
        Secret secret = TokenDiagnoseCommand.secret(secretFrom);
        return options.run(terminal, way -> {
            AccessPoll.OfCluster cluster = way.one(way.ask(List.of()));
            Permissions permissions = new Permissions(way.known(cluster).files().config());
            Optional<ApiCall> forbidden = cluster.sources().values().stream()
                    .flatMap(source ->
                            source.then(Membership.PROBE::read) instanceof Reading.Known<Membership>(var membership)
                                    ? java.util.stream.Stream.of(membership.nodeName())
                                    : java.util.stream.Stream.<String>empty())
                    .findFirst()
                    .flatMap(node -> ApiCall.forbidden(permissions, token, node));
            int port = cluster.policy().pveproxy().port();
            try (TokenOperator operator = TokenOperator.open(
                    way.connector(),
                    cluster.name(),
                    cluster.assignments(),
                    way.sudoPassword(),
                    Clock.systemUTC(),
                    way.progress(),
                    entry -> {})) {
                int code = told(way, ApiCall.VERSION, 200, operator.call(token, secret, ApiCall.VERSION, port));
                // Who is not let in need not be asked what he may not.
                if (code == 0 && forbidden.isPresent()) {
                    code = told(way, forbidden.get(), 403, operator.call(token, secret, forbidden.get(), port));
                }
                return code == 0 && !operator.unreached().isEmpty() ? 3 : code;
            } catch (TokenException e) {
                throw new TokenOptions.Unanswered(e.why());
            }
        });
    }

    private static int told(
            TokenOptions.Way way, ApiCall call, int expected, Map<String, Reading<ApiCall.Status>> answers) {
        TokenView view = new TokenView(way.screen());
        int code = 0;
        List<String> right = new ArrayList<>();
        for (Map.Entry<String, Reading<ApiCall.Status>> answer : answers.entrySet()) {
            switch (answer.getValue()) {
                case Reading.Unknown<ApiCall.Status>(var why) -> {
                    view.say("%s: no answer to %s: %s".formatted(answer.getKey(), call.path(), why));
                    code = code == 1 ? 1 : 3;
                }
                case Reading.Known<ApiCall.Status>(var status) -> {
                    if (status.code() == expected) {
                        right.add(answer.getKey());
                    } else {
                        view.say("%s answered %s to %s, and %d would be right"
                                .formatted(answer.getKey(), status, call.why(), expected));
                        code = 1;
                    }
                }
            }
        }
        if (!right.isEmpty()) {
            view.say("%d for %s: %s".formatted(expected, call.why(), String.join(", ", right)));
        }
        return code;
    }
}
