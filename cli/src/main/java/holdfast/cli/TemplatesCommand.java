package holdfast.cli;

import holdfast.checks.TemplatesIndex;
import holdfast.problem.Problems;
import holdfast.template.Snippet;
import holdfast.template.Templates;
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists the templates of what can land on a node, or shows one. */
@Command(
        name = "templates",
        description =
                "Lists the templates of the files that a fix writes, with their variables; with a NAME shows one.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Examples:",
            "  holdfast templates",
            "  holdfast templates sshd/root-login.conf",
            "  mkdir -p mine/sshd",
            "  holdfast templates sshd/root-login.conf > mine/sshd/root-login.conf.ftl    # then edit it",
            "  holdfast templates --templates mine"
        })
final class TemplatesCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "NAME", description = "a template's name")
    @Nullable
    private String name;

    @Mixin
    private TemplatesOption option = new TemplatesOption();

    private final Terminal terminal;

    TemplatesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Templates templates = option.load();
        String wanted = name;
        if (wanted == null) {
            TemplatesIndex.ALL.forEach(snippet -> list(templates, snippet));
        } else {
            show(templates, find(wanted));
        }
        return 0;
    }

    private static Snippet find(String wanted) {
        String plain = wanted.endsWith(".ftl") ? wanted.substring(0, wanted.length() - 4) : wanted;
        List<String> names = TemplatesIndex.ALL.stream().map(Snippet::name).toList();
        return TemplatesIndex.ALL.stream()
                .filter(snippet -> snippet.name().equals(plain))
                .findFirst()
                .orElseThrow(() -> new UsageError("there is no template '%s'%s; 'holdfast templates' lists them"
                        .formatted(wanted, Problems.hint(plain, names))));
    }

    private void list(Templates templates, Snippet snippet) {
        terminal.out().println(snippet.name());
        describe(templates, snippet).forEach(line -> terminal.out().println("  " + line));
    }

    /** As comments of the template, so that what is shown can be saved and used as it is. */
    private void show(Templates templates, Snippet snippet) {
        // The name of a user's file could end the comment.
        describe(templates, snippet)
                .forEach(line -> terminal.out().println("<#-- " + line.replace("--", "- -") + " -->"));
        terminal.out().print(Clean.block(templates.source(snippet.name())));
    }

    private static List<String> describe(Templates templates, Snippet snippet) {
        List<String> lines = new ArrayList<>();
        lines.add("becomes " + snippet.target());
        lines.add("for the check " + snippet.check());
        templates
                .replacement(snippet.name())
                .ifPresent(file -> lines.add("replaced by " + Clean.line(file.toString())));
        int width = snippet.variables().stream()
                .mapToInt(variable -> variable.name().length())
                .max()
                .orElse(0);
        snippet.variables()
                .forEach(variable -> lines.add("${%s}%s  %s"
                        .formatted(
                                variable.name(),
                                " ".repeat(width - variable.name().length()),
                                variable.type())));
        if (snippet.variables().isEmpty()) {
            lines.add("no variables");
        }
        return lines;
    }
}
