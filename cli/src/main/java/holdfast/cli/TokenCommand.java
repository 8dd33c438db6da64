package holdfast.cli;

import picocli.CommandLine.Command;

/** The life of API tokens. */
@Command(
        name = "token",
        description = "API tokens: list, create, verify, rotate, revoke, trace, diagnose; and rehearse a revocation.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            TokenListCommand.class,
            TokenCreateCommand.class,
            TokenVerifyCommand.class,
            TokenRotateCommand.class,
            TokenRevokeCommand.class,
            TokenTraceCommand.class,
            TokenDiagnoseCommand.class,
            TokenDrillCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  holdfast token list -i fleet.yml",
            "  holdfast token rotate 'ci@pve!deploy' -i fleet.yml -l prod --secret-file deploy.secret",
            "  holdfast token revoke 'ci@pve!deploy' -i fleet.yml -l prod --watch 5m"
        })
final class TokenCommand implements Runnable {

    @Override
    public void run() {
        throw new UsageError("token needs a word more: list, create, verify, rotate, revoke, trace, diagnose or drill");
    }
}
