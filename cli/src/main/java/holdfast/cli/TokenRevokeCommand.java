package holdfast.cli;

import holdfast.access.AccessLog;
import holdfast.access.ClusterAccess;
import holdfast.access.Subject;
import holdfast.probe.Reading;
import holdfast.run.AccessPoll;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.AttemptsFrom;
import holdfast.token.TokenRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Revokes a token at once, then watches who goes on trying. */
@Command(
        name = "revoke",
        description = {
            "Revokes a token at once: its record and its secret, and so its rights. Looks on every member whether it",
            "is gone, and then watches the access log for calls that are refused, and where they come from."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "A refused call leaves no name in the log, only its address: an address from which the token was used",
            "before is marked. A revoked token cannot be brought back; a new one has another secret. Proxmox VE drops",
            "the lines of its ACL entries with the next change of user.cfg; until then they count for nothing.",
            "",
            "Exit code: 0 gone on every member, 1 gone, and somebody goes on trying, 2 a mistake, 3 a member could",
            "not be looked at, 4 nothing was changed, 5 a person must look.",
            "",
            "Examples:",
            "  holdfast token revoke 'ci@pve!deploy' -i fleet.yml -l prod",
            "  holdfast token revoke 'ci@pve!deploy' -i fleet.yml -l prod --yes --watch 10m"
        })
final class TokenRevokeCommand implements Callable<Integer> {

    private static final Duration PAUSE = Duration.ofSeconds(2);

    @Parameters(index = "0", paramLabel = "USER@REALM!NAME", description = "the token that has to go")
    private String id = "";

    @Option(
            names = "--watch",
            paramLabel = "TIME",
            description = "how long to watch the access log afterwards: 30s, 10m; 0 for not at all (default: 15s)")
    private String watch = "15s";

    @Option(
            names = {"-y", "--yes"},
            description = "do not ask")
    private boolean yes;

    @Mixin
    private TokenOptions options = new TokenOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    TokenRevokeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Subject token = TokenOptions.token(id);
        Duration patience = watch.equals("0") ? Duration.ZERO : QuorumCommand.duration("--watch", watch);
        return options.run(terminal, way -> {
            AccessPoll.OfCluster cluster = way.one(way.ask(List.of(AccessLog.PROBE)));
            ClusterAccess access = way.known(cluster);
            TokenRow row = TokenRow.of(
                            access,
                            TokenOptions.log(cluster),
                            cluster.policy().access().list(access.names()),
                            Instant.now().getEpochSecond())
                    .stream()
                    .filter(one -> one.token().id().equals(token.id()))
                    .findFirst()
                    .orElseThrow(() -> new UsageError(
                            "%s has no token %s; nothing was changed".formatted(cluster.name(), token.id())));
            TokenView view = new TokenView(way.screen());
            view.row(row, Instant.now());
            if (!TokenOptions.confirmed(
                    way.screen(),
                    yes,
                    "Revoke %s on %s%s?"
                            .formatted(
                                    token.id(),
                                    cluster.name(),
                                    row.inUse() ? ", which the policy marks as in use" : ""))) {
                way.screen().out().println("nothing was changed");
                return 1;
            }
            return options.operate(way, spec, "token revoke", cluster, (operator, of, known) -> {
                TokenOperator.Revoked revoked = operator.revoke(token, "token.revoke");
                view.revoked(revoked);
                boolean tried = watched(operator, view, revoked, row.addresses(), patience);
                boolean all = view.unselected(cluster) && revoked.unseen().isEmpty();
                return !all ? 3 : tried ? 1 : 0;
            });
        });
    }

    /** Whether an address that had used the token was refused since. */
    private static boolean watched(
            TokenOperator operator,
            TokenView view,
            TokenOperator.Revoked revoked,
            SortedSet<String> known,
            Duration patience)
            throws InterruptedException {
        if (patience.isZero()) {
            return false;
        }
        long end = System.nanoTime() + patience.toNanos();
        Map<String, Reading<List<AttemptsFrom>>> attempts;
        Set<String> told = new HashSet<>();
        do {
            Thread.sleep(PAUSE.toMillis());
            attempts = operator.attempts(revoked.since());
            // Each address is told once while it is watched; the counts come at the end.
            for (String address : addresses(attempts)) {
                if (told.add(address)) {
                    view.attempt(address, known.contains(address));
                }
            }
        } while (System.nanoTime() < end);
        view.attempts(attempts, known, patience);
        return told.stream().anyMatch(address -> known.contains(address));
    }

    private static List<String> addresses(Map<String, Reading<List<AttemptsFrom>>> attempts) {
        List<String> all = new ArrayList<>();
        attempts.values().forEach(reading -> {
            if (reading instanceof Reading.Known<List<AttemptsFrom>>(var rows)) {
                rows.forEach(row -> all.add(row.address()));
            }
        });
        return all;
    }
}
