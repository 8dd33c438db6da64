package holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What is generated from the table of keys is what is checked in; {@code -Dgolden.write=true} rewrites it. */
final class GeneratedTest {

    @Test
    void theSchemaForEditorsIsTheOneOfTheTable() throws IOException {
        String schema = schema();
        compare(Path.of("../inventories/schema/policy.schema.json"), schema);
        compare(Path.of("src/main/resources/holdfast/policy/policy.schema.json"), schema);
    }

    @Test
    void theReferencePageIsTheOneOfTheTable() throws IOException {
        compare(Path.of("../docs/policy.md"), PolicyKeys.markdown());
    }

    private static String schema() {
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(PolicyKeys.jsonSchema())
                + "\n";
    }

    private static void compare(Path file, String expected) throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, expected);
        }
        assertThat(file).exists();
        assertThat(Files.readString(file)).isEqualTo(expected);
    }
}
