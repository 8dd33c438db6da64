package holdfast.checks;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Check;
import holdfast.template.Snippet;
import holdfast.template.Templates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What a reviewer of {@code templates/} may rely on. */
final class TemplatesIndexTest {

    static final List<Snippet> SNIPPETS = TemplatesIndex.ALL;

    private static final Path DIRECTORY = Path.of("../templates");

    @Test
    void everyTemplateStandsInTheIndexOnceAndInOrder() throws IOException {
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            assertThat(SNIPPETS)
                    .extracting(one -> one.name() + ".ftl")
                    .containsExactlyElementsOf(files.filter(Files::isRegularFile)
                            .map(file -> DIRECTORY.relativize(file).toString())
                            .sorted()
                            .toList());
        }
    }

    /** Our own templates are held to the rules of a user's. */
    @Test
    void noTemplateHasAMistake() {
        assertThat(TemplatesIndex.load(Optional.of(DIRECTORY))
                        .replacement(SNIPPETS.getFirst().name()))
                .isPresent();
    }

    @ParameterizedTest
    @FieldSource("SNIPPETS")
    void itsFirstRenderedLineNamesHoldfastAndTheCheck(Snippet snippet) {
        assertThat(source(snippet).replaceAll("(?s)<#--.*?-->\n?", ""))
                .startsWith("# Written by holdfast for the check " + snippet.check() + ".\n");
        assertThat(Catalogue.ALL).extracting(Check::id).contains(snippet.check());
    }

    /** Decisions are made in Java, where they are tested. */
    @ParameterizedTest
    @FieldSource("SNIPPETS")
    void itHasFewDirectives(Snippet snippet) {
        Matcher directive = Pattern.compile("<[#@](?!--)([a-z]*)").matcher(source(snippet));
        assertThat(directive.results().map(one -> one.group(1)))
                .as("directives of " + snippet.name())
                .hasSizeLessThanOrEqualTo(6)
                .isSubsetOf("if", "elseif", "else", "list", "sep");
    }

    @ParameterizedTest
    @FieldSource("SNIPPETS")
    void itsVariablesAreAllUsed(Snippet snippet) {
        assertThat(snippet.variables())
                .allSatisfy(variable -> assertThat(source(snippet)).contains(variable.name()));
        assertThat(snippet.target()).startsWith("/etc/");
    }

    private static String source(Snippet snippet) {
        return new Templates(TemplatesIndex.class.getClassLoader()).source(snippet.name());
    }
}
