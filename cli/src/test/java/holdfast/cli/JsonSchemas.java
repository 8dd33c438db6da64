package holdfast.cli;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The JSON Schemas that ship with the program. */
final class JsonSchemas {

    private JsonSchemas() {}

    /** The schema at a place on the class path. */
    static Schema at(String resource) {
        try (InputStream in = Objects.requireNonNull(JsonSchemas.class.getResourceAsStream(resource), resource)) {
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8), InputFormat.JSON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is wrong with a document; nothing when it is as its schema wants it. */
    static List<String> errors(String resource, String document) {
        return at(resource).validate(document, InputFormat.JSON).stream()
                .map(Error::toString)
                .toList();
    }
}
