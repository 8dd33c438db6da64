package holdfast.cli;

import picocli.CommandLine.Command;

/** Who may do what, and where. */
@Command(
        name = "access",
        description = "Who may do what in a cluster: users, groups, tokens, roles and ACLs. Changes nothing.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            AccessMatrixCommand.class,
            AccessCanCommand.class,
            AccessExportCommand.class,
            AccessDiffCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  holdfast access matrix -i fleet.yml",
            "  holdfast access can 'ci@pve!deploy' VM.PowerMgmt /vms/100 -i fleet.yml",
            "  holdfast access export -i fleet.yml -o access.yml && $EDITOR access.yml",
            "  holdfast access diff -i fleet.yml --policy access.yml"
        })
final class AccessCommand implements Runnable {

    @Override
    public void run() {
        throw new UsageError("access needs a word more: matrix, can, export or diff");
    }
}
