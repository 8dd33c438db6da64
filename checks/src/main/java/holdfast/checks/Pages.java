package holdfast.checks;

import static java.util.stream.Collectors.joining;

import holdfast.check.Check;
import holdfast.policy.Policies;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** The page of a check, made from its class and the text beside it: for the docs and for {@code holdfast checks ID}. */
public final class Pages {

    private Pages() {}

    /** The page as Markdown. */
    public static String text(Check<?> check) {
        return """
                # %s

                `%s`, severity %s, scope %s, tags %s

                %s

                ## What it reads

                %s

                ## References

                %s
                """.formatted(
                check.info().title(),
                check.id(),
                check.info().severity().label(),
                check instanceof Check.OfCluster ? "cluster" : "node",
                String.join(", ", check.info().tags()),
                why(check).strip(),
                check.probe(Policies.builtIn().base())
                        .shapes()
                        .map(shape -> "- `%s`, at most %d s on the node"
                                .formatted(shape.name(), shape.limit().toSeconds()))
                        .distinct()
                        .collect(joining("\n"))
                        .transform(lines -> lines.isEmpty() ? "- the node's clock, while the other probes run" : lines),
                List.of(check.info().references()).stream()
                        .map(reference -> "- " + reference)
                        .collect(joining("\n")));
    }

    /** The text that stands beside the class: Why, What mends it, When not to. */
    public static String why(Check<?> check) {
        String file = check.id().substring(check.id().indexOf('.') + 1).toLowerCase(Locale.ROOT) + ".md";
        try (InputStream text = check.getClass().getResourceAsStream(file)) {
            if (text == null) {
                throw new IllegalStateException(check.id() + " has no page " + file + " beside its class");
            }
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
