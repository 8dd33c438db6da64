package holdfast.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The options of a recorded run: what it was told about logins and about what is right holds for its undo too.
 *
 * @param mixins the groups of options by their names; none where the command line is not understood any more
 */
record FormerCommand(Map<String, CommandSpec> mixins) {

    FormerCommand {
        mixins = Map.copyOf(mixins);
    }

    static FormerCommand of(List<String> arguments) {
        try {
            ParseResult parsed = Main.line(Terminal.ofProcess(), arguments.toArray(String[]::new))
                    .parseArgs(arguments.toArray(String[]::new));
            return new FormerCommand(Optional.ofNullable(parsed.subcommand())
                    .map(command -> command.commandSpec().mixins())
                    .orElse(Map.of()));
        } catch (ParameterException e) {
            return new FormerCommand(Map.of());
        }
    }

    /** One group of options. */
    <T> Optional<T> mixin(String name, Class<T> type) {
        return Optional.ofNullable(mixins.get(name))
                .map(CommandSpec::userObject)
                .filter(type::isInstance)
                .map(type::cast);
    }
}
