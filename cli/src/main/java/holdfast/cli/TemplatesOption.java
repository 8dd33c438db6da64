package holdfast.cli;

import holdfast.checks.TemplatesIndex;
import holdfast.template.Templates;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that puts a user's own templates in the place of ours. */
final class TemplatesOption {

    @Option(
            names = "--templates",
            paramLabel = "DIR",
            description = "your own templates: DIR/sshd/root-login.conf.ftl replaces the one that is built in")
    private @Nullable Path directory;

    /** Takes over what the command line leaves open. */
    void unlessGiven(TemplatesOption other) {
        directory = directory == null ? other.directory : directory;
    }

    /**
     * The templates, checked as far as it can be done without values.
     *
     * @throws holdfast.problem.ProblemsException with every mistake in the user's directory
     */
    Templates load() {
        return TemplatesIndex.load(Optional.ofNullable(directory));
    }
}
