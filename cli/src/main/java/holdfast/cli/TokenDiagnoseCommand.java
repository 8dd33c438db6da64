package holdfast.cli;

import holdfast.access.Subject;
import holdfast.node.Secret;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.report.TokenReport;
import holdfast.run.AccessPoll;
import holdfast.token.ApiCall;
import holdfast.token.Diagnosis;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.TokenException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Why a token does not work. */
@Command(
        name = "diagnose",
        description = {
            "Why does this token not work? Asks in the order in which an expert does, with a verdict for each step,",
            "its evidence and what to do next: API, services, the token itself, authentication, authorization,",
            "path, privilege separation, clock, certificate. Changes nothing."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 nothing is wrong, 1 something is, 2 a mistake (nothing was contacted), 3 a step could not be told.",
            "",
            "Examples:",
            "  holdfast token diagnose 'ci@pve!deploy' -i fleet.yml -l prod",
            "  holdfast token diagnose 'ci@pve!deploy' -i fleet.yml -l prod --privilege VM.PowerMgmt --path /vms/100 \\",
            "    --secret-from deploy.secret"
        })
final class TokenDiagnoseCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "USER@REALM!NAME", description = "the token")
    private String id = "";

    @Option(
            names = "--privilege",
            paramLabel = "PRIVILEGE",
            description = "what it should be able to do, such as VM.PowerMgmt")
    @Nullable
    private String privilege;

    @Option(names = "--path", paramLabel = "PATH", description = "where, such as /vms/100")
    @Nullable
    private String path;

    @Option(
            names = "--secret-from",
            paramLabel = "FILE",
            description =
                    "also make a real call, with the secret in this file (- for standard input); it is not kept anywhere")
    @Nullable
    private String secretFrom;

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Mixin
    private TokenOptions options = new TokenOptions();

    private final Terminal terminal;

    TokenDiagnoseCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject token = TokenOptions.token(id);
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        if (privilege != null && path == null) {
            throw new UsageError("--privilege needs --path: where should it be able to do that?");
        }
        Diagnosis.Question question = new Diagnosis.Question(
                token,
                Optional.ofNullable(privilege).map(AccessCanCommand::privilege),
                Optional.ofNullable(path).map(AccessCanCommand::path));
        Optional<Secret> secret = Optional.ofNullable(secretFrom).map(TokenDiagnoseCommand::secret);
        return options.run(terminal, way -> {
            // The port is the policy's, which is the same for all members in all but odd inventories.
            int port = way.hosts().get(0).policy().pveproxy().port();
            List<Probe<?>> probes = Diagnosis.probes(question, port);
            AccessPoll.OfCluster cluster = way.one(way.ask(probes));
            Map<String, Reading<ApiCall.Status>> called =
                    secret.isPresent() ? called(way, cluster, token, secret.get(), port) : Map.of();
            Map<String, Diagnosis.Told> told = new LinkedHashMap<>();
            cluster.sources()
                    .forEach((node, source) ->
                            told.put(node, new Diagnosis.Told(source, Optional.ofNullable(called.get(node)))));
            List<Diagnosis.Step> steps = Diagnosis.of(
                    question, cluster.access(), told, TokenOptions.ownAddresses(cluster), port, Instant.now());
            if (format.equals("json")) {
                way.screen().out().print(TokenReport.diagnosis(token, cluster, steps));
            } else {
                new TokenView(way.screen()).diagnosis(token, cluster, steps);
            }
            return steps.stream().anyMatch(step -> step.state() == Diagnosis.State.WRONG)
                    ? 1
                    : steps.stream().anyMatch(step -> step.state() == Diagnosis.State.UNKNOWN) ? 3 : 0;
        });
    }

    private Map<String, Reading<ApiCall.Status>> called(
            TokenOptions.Way way, AccessPoll.OfCluster cluster, Subject token, Secret secret, int port)
            throws InterruptedException {
        try (TokenOperator operator = TokenOperator.open(
                way.connector(),
                cluster.name(),
                cluster.assignments(),
                way.sudoPassword(),
                Clock.systemUTC(),
                way.progress(),
                entry -> {})) {
            return operator.call(token, secret, ApiCall.VERSION, port);
        } catch (TokenException e) {
            way.notices().accept(e.why());
            return Map.of();
        }
    }

    /** The secret in a file, or on standard input. */
    static Secret secret(String from) {
        // No more of either than an id and a secret can be: a path may lead to a device.
        try (InputStream in = from.equals("-") ? InputStream.nullInputStream() : Files.newInputStream(Path.of(from))) {
            byte[] bytes = (from.equals("-") ? System.in : in).readNBytes(4096);
            String text = new String(bytes, java.nio.charset.StandardCharsets.UTF_8).strip();
            // Files often hold the whole id=secret.
            String secret = text.substring(text.lastIndexOf('=') + 1);
            if (!ApiCall.isSecret(secret)) {
                throw new UsageError(
                        "--secret-from: %s does not hold a token's secret, which is a UUID".formatted(from));
            }
            return Secret.of(secret.toCharArray());
        } catch (IOException e) {
            throw new UsageError("--secret-from: %s cannot be read: %s".formatted(from, e.getMessage()));
        }
    }
}
