package holdfast.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.problem.Problems;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What is written is read as the same, whatever hostile text is in it. */
final class YamlWriterTest {

    @Property(tries = 200)
    void whatIsWrittenIsReadAsTheSame(@ForAll("documents") Map<String, Object> document) {
        assertThat(plain(read(YamlWriter.write(document)))).isEqualTo(document);
    }

    @Property
    void aTextStaysOneText(@ForAll("texts") String text) {
        String written = YamlWriter.write(Map.of("k", text));
        assertThat(written.lines()).hasSize(1);
        assertThat(written.codePoints().filter(point -> point != '\n').mapToObj(Character::toString))
                .allMatch(point -> holdfast.text.Clean.line(point).equals(point));
        assertThat(plain(read(written))).isEqualTo(Map.of("k", text));
    }

    @Test
    void mapsOfPlainThingsStandOnOneLine() {
        Map<String, Object> user = new LinkedHashMap<>();
        user.put("id", "ci@pve!deploy");
        user.put("expires", "2026-12-31");
        user.put("enabled", false);
        user.put("scope", List.of("/", "/vms/100", "@ops"));
        assertThat(YamlWriter.write(Map.of("access", Map.of("lists", List.of(Map.of("users", List.of(user)))))))
                .isEqualTo("""
                        access:
                          lists:
                            - users:
                                - { id: ci@pve!deploy, expires: 2026-12-31, enabled: false, scope: [/, /vms/100, "@ops"] }
                        """);
    }

    @Test
    void whatYamlWouldTakeForSomethingElseIsQuoted() {
        for (String text : List.of(
                "",
                " ",
                "yes",
                "No",
                "~",
                "null",
                "1",
                "0x1f",
                "1.5",
                "- a",
                "a: b",
                "#",
                "*x",
                "&x",
                "!!str x",
                "<<",
                "=",
                "2026-12-31 x",
                "a\nb",
                "\u0000",
                "\u001b[2J",
                "\u202e",
                "\ud83d\ude00",
                "\"",
                "\\",
                "'",
                "{",
                "%TAG",
                "---",
                "on",
                "\ufeff",
                "\u0085",
                "\u2028")) {
            assertThat(plain(read(YamlWriter.write(Map.of("k", List.of(text, text))))))
                    .as(text)
                    .isEqualTo(Map.of("k", List.of(text, text)));
        }
    }

    @Test
    void whatItCannotWriteIsRefused() {
        assertThatThrownBy(() -> YamlWriter.write(Map.of("k", 1.5))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> YamlWriter.write(Map.of("k".repeat(101), 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().all().ofMaxLength(30).filter(YamlWriterTest::wellFormed),
                Arbitraries.strings().ascii().ofMaxLength(30),
                Arbitraries.of(
                        "=HYPERLINK(1)", "yes", "- x", "{}", "]", "a: b", "\r\n", "@x", "`", "0o17", "1_000", "1:30"));
    }

    /** Half a surrogate pair cannot come out of a decoder. */
    private static boolean wellFormed(String text) {
        return text.codePoints().noneMatch(point -> point >= 0xd800 && point <= 0xdfff);
    }

    @Provide
    Arbitrary<Map<String, Object>> documents() {
        return maps(values(3));
    }

    private Arbitrary<Object> scalars() {
        return Arbitraries.oneOf(
                texts().map(text -> (Object) text),
                Arbitraries.integers().map(number -> (Object) number),
                Arbitraries.of(true, false).map(flag -> (Object) flag));
    }

    private Arbitrary<Object> values(int depth) {
        if (depth == 0) {
            return scalars();
        }
        Arbitrary<Object> deeper = values(depth - 1);
        return Arbitraries.oneOf(
                scalars(),
                deeper.list().ofMaxSize(3).map(list -> (Object) list),
                maps(deeper).map(map -> (Object) map));
    }

    private Arbitrary<Map<String, Object>> maps(Arbitrary<Object> values) {
        return Arbitraries.maps(texts(), values).ofMaxSize(3).map(LinkedHashMap::new);
    }

    private static Value read(String text) {
        Problems problems = new Problems();
        Value value = Yaml.read("f", text, problems).orElse(null);
        assertThat(problems.list()).as(text).isEmpty();
        return java.util.Objects.requireNonNull(value);
    }

    private static Object plain(Value value) {
        return switch (value) {
            case Mapping map -> {
                Map<String, Object> plain = new LinkedHashMap<>();
                map.entries().forEach((key, entry) -> plain.put(key, plain(entry.value())));
                yield plain;
            }
            case Sequence list -> {
                List<Object> plain = new ArrayList<>();
                list.items().forEach(item -> plain.add(plain(item)));
                yield plain;
            }
            case Scalar scalar ->
                switch (scalar.kind()) {
                    case BOOL -> Boolean.valueOf(scalar.text());
                    case INT -> Integer.valueOf(scalar.text());
                    case STRING -> scalar.text();
                    default -> throw new AssertionError(scalar);
                };
        };
    }
}
