package holdfast.cli;

import holdfast.access.AccessLog;
import holdfast.report.TokenReport;
import holdfast.run.AccessPoll;
import holdfast.token.TokenRow;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Every API token, with what is known of it. */
@Command(
        name = "list",
        description = {
            "Every API token: who answers for it and what for, what it is given, when it expires, how old",
            "its secret is, when and from where it was last used."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Owner, purpose and age come from the policy's access list, or from the token's comment:",
            "owner=ops purpose=\"nightly backups\" created=2026-10-01 rotated=2026-11-01. The last use comes from",
            "the access log, of which Proxmox VE keeps about a week.",
            "",
            "Exit code: 0, 2 a mistake (nothing was contacted), 3 a cluster or node could not be asked.",
            "",
            "Examples:",
            "  holdfast token list -i fleet.yml",
            "  holdfast token list -i fleet.yml --format json"
        })
final class TokenListCommand implements Callable<Integer> {

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Mixin
    private TokenOptions options = new TokenOptions();

    private final Terminal terminal;

    TokenListCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        return options.run(terminal, way -> {
            AccessPoll.Result polled = way.ask(List.of(AccessLog.PROBE));
            Instant now = Instant.now();
            Map<AccessPoll.OfCluster, List<TokenRow>> rows = new LinkedHashMap<>();
            for (AccessPoll.OfCluster cluster : polled.clusters()) {
                if (cluster.access()
                        instanceof holdfast.probe.Reading.Known<holdfast.access.ClusterAccess>(var access)) {
                    rows.put(
                            cluster,
                            TokenRow.of(
                                    access,
                                    TokenOptions.log(cluster),
                                    cluster.policy().access().list(access.names()),
                                    now.getEpochSecond()));
                }
            }
            if (format.equals("json")) {
                way.screen().out().print(TokenReport.list(polled, rows, now));
            } else {
                new TokenView(way.screen()).list(polled, rows, now);
            }
            return !polled.unplaced().isEmpty()
                            || rows.size() < polled.clusters().size()
                    ? 3
                    : 0;
        });
    }
}
