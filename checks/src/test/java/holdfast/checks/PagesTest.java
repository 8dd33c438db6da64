package holdfast.checks;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** docs/checks is what the code says; {@code -Dgolden.write=true} writes it anew. */
final class PagesTest {

    static final List<Check<?>> CHECKS = Catalogue.ALL;

    private static final Path DOCS = Path.of("../docs/checks");

    private static final String GENERATED =
            "<!-- Generated from %s: edit that, then run the tests with" + " -Dgolden.write=true. -->\n";

    @ParameterizedTest
    @FieldSource("CHECKS")
    void thePageIsWhatTheCodeSays(Check<?> check) throws IOException {
        String name = check.getClass().getName().replace('.', '/');
        compare(DOCS.resolve(check.id() + ".md"), GENERATED.formatted(name + ".java and its page") + Pages.text(check));
    }

    @Test
    void theIndexListsEveryCheck() throws IOException {
        String rows = CHECKS.stream()
                .map(check -> "| [`%1$s`](%1$s.md) | %2$s | %3$s | %4$s |"
                        .formatted(
                                check.id(),
                                check.info().title(),
                                check.info().severity().label(),
                                check instanceof Check.OfCluster ? "cluster" : "node"))
                .collect(joining("\n"));
        compare(DOCS.resolve("README.md"), GENERATED.formatted("holdfast/checks/Catalogue.java") + """
                # The checks

                | id | what it wants | severity | scope |
                | --- | --- | --- | --- |
                %s
                """.formatted(rows));
    }

    @Test
    void noPageIsLeftOfACheckThatIsGone() throws IOException {
        try (Stream<Path> files = Files.list(DOCS)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Stream.concat(
                                    Stream.of("README.md"), CHECKS.stream().map(check -> check.id() + ".md"))
                            .toList());
        }
    }

    private static void compare(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, expected);
        }
        assertThat(file).as("rewrite it with -Dgolden.write=true").content().isEqualTo(expected);
    }
}
