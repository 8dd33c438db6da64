package holdfast.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a completion script. */
@Command(
        name = "completion",
        description = "Prints a completion script for a shell.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {
            "",
            "Examples:",
            "  source <(holdfast completion bash)",
            "  holdfast completion fish > ~/.config/fish/completions/holdfast.fish"
        })
final class CompletionCommand implements Callable<Integer> {

    /** The shells that are served. */
    enum ShellName {
        bash,
        zsh,
        fish
    }

    @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish")
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private ShellName shell;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    private final Terminal terminal;

    CompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        CommandLine root = spec.root().commandLine();
        switch (shell) {
            // picocli's script turns on bash completion emulation when zsh reads it.
            case bash, zsh -> terminal.out().println(AutoComplete.bash("holdfast", root));
            case fish -> fish(root, "");
        }
        return 0;
    }

    private void fish(CommandLine command, String path) {
        String condition = path.isEmpty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + path;
        for (OptionSpec option : command.getCommandSpec().options()) {
            StringBuilder line = new StringBuilder("complete -c holdfast -n '" + condition + "'");
            for (String name : option.names()) {
                line.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            if (option.arity().max() > 0) {
                line.append(" -r");
            }
            String[] description = option.description();
            if (description.length > 0) {
                line.append(" -d '").append(description[0].replace("'", "")).append("'");
            }
            terminal.out().println(line);
        }
        command.getSubcommands().forEach((name, sub) -> {
            terminal.out()
                    .println("complete -c holdfast -n '%s' -f -a %s -d '%s'"
                            .formatted(
                                    condition,
                                    name,
                                    String.join(
                                                    " ",
                                                    sub.getCommandSpec()
                                                            .usageMessage()
                                                            .description())
                                            .replace("'", "")));
            fish(sub, name);
        });
    }
}
