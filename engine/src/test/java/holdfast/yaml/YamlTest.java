package holdfast.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import holdfast.problem.Problem;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading YAML is bounded, says where each value stands, and never throws. */
final class YamlTest {

    @Test
    void everyValueKnowsItsPlace() {
        Mapping map = (Mapping) read("a: 1\nb:\n  c: yes\n");

        assertThat(map.get("a")).contains(new Scalar(new Where("f", 1, 4), "1", Kind.INT));
        assertThat(((Mapping) map.get("b").orElseThrow()).get("c"))
                .contains(new Scalar(new Where("f", 3, 6), "yes", Kind.BOOL));
    }

    @Test
    void mergeKeysAreFollowedAndTheMapsOwnKeysWin() {
        Mapping map = (Mapping) read("base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\n");

        Mapping more = (Mapping) map.get("more").orElseThrow();
        assertThat(text(more, "x")).isEqualTo("1");
        assertThat(text(more, "y")).isEqualTo("3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`a:\\n\\tb: 1` | `f:2:1: a tab cannot indent or separate here: YAML wants spaces`",
                "`a: 1\\na: 2` | `f:2:1: the key \"a\" stands here twice: first on line 1`",
                "`a: b: c` | `f:1:5: a second \": \" on this line: quote the value, or begin a new line`",
                "`a: !!python/object:os.system x` | `f:1:4: the tag !!python/object:os.system is not read: remove it`",
                "`a: !!javax.script.ScriptEngineManager [1]` | `f:1:4: the tag !!javax.script.ScriptEngineManager is not read: remove it`",
                "`--- 1\\n--- 2` | `f:2:1: a second document begins here: only one is read, remove the \"---\"`",
                "`&a [*a]` | `f:1:1: an alias that contains itself`",
                "`a: *nobody` | `f:1:4: undefined alias nobody`",
                "`? [1]\\n: 2` | `f:1:3: a key must be plain text, not a list or map`",
                "`<<: 1` | `f:1:5: \"<<\" merges maps, but this is a whole number`",
                "`a: \\0` | `f:1:4: the character U+0000 cannot stand in YAML`",
            })
    void aMistakeHasOneClearMessage(String yaml, String message) {
        assertThat(problems(yaml.replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0")))
                .isEqualTo(message);
    }

    @Test
    void anAliasBombIsRefusedWithOneMessage() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("a%d: &a%d [%s]\n"
                    .formatted(
                            i,
                            i,
                            String.join(
                                    ",",
                                    List.of(("*a" + (i - 1) + ",").repeat(9).split(",")))));
        }

        assertThat(problems(bomb.toString()))
                .isEqualTo("f: the aliases of this document unfold to more than 200000 values: write the values out");
    }

    @Test
    void depthAndLengthAreBounded() {
        assertThat(problems("[".repeat(5000))).isEqualTo("f: nested deeper than 40 levels");
        assertThat(problems("#".repeat(Yaml.MAX_LENGTH + 1))).startsWith("f: longer than 1048576 characters");
    }

    @Test
    void aFileIsReadUpToTheLimitAndOnlyIfItIsText(@TempDir Path dir) throws Exception {
        Path large = Files.writeString(dir.resolve("large"), "#".repeat(Yaml.MAX_LENGTH + 1));
        Path binary = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        assertThat(file(large)).endsWith("large: larger than 1048576 bytes: split it");
        assertThat(file(binary)).endsWith("binary: not UTF-8 text");
        assertThat(file(dir.resolve("missing"))).endsWith("missing: no such file");
        assertThat(file(dir)).endsWith(": not a regular file");
        assertThat(file(Path.of("/dev/zero"))).isEqualTo("/dev/zero: not a regular file");
    }

    @Test
    void ansiblesTagsAreKeptAsText() {
        Mapping map = (Mapping) read("a: !vault |\n  $ANSIBLE_VAULT;1.1\nb: !unsafe '{{ x }}'\n");

        assertThat(map.get("a").orElseThrow().what()).isEqualTo("an encrypted value (!vault)");
        assertThat(text(map, "b")).isEqualTo("{{ x }}");
    }

    @Test
    void jsonHasPlacesAndMistakesToo() {
        Problems problems = new Problems();

        assertThat(Json.read("j", "{\"a\": [1, true, null, \"x\"]}", problems)).hasValueSatisfying(value -> {
            Value list = ((Mapping) value).get("a").orElseThrow();
            assertThat(list.where()).isEqualTo(new Where("j", 1, 7));
        });
        assertThat(problems.list()).isEmpty();
        assertThat(Json.read("j", "{\"a\": 1, \"a\": 2}", problems)).isEmpty();
        assertThat(Json.read("j", "{\"a\": ", problems)).isEmpty();
        assertThat(Json.read("j", "[".repeat(100), problems)).isEmpty();
        assertThat(problems.list()).hasSize(3);
        assertThat(problems.list().getFirst()).hasToString("j:1:10: the key \"a\" stands here twice");
    }

    @Property(tries = 2000)
    void nothingThatIsReadThrows(@ForAll("yamlish") String text) {
        Problems problems = new Problems();
        assertThatCode(() -> {
                    Optional<Value> value = Yaml.read("f", text, problems);
                    assertThat(value.isPresent()).isEqualTo(problems.isEmpty());
                })
                .doesNotThrowAnyException();
        assertThatCode(() -> Json.read("f", text, new Problems())).doesNotThrowAnyException();
    }

    @Provide
    Arbitrary<String> yamlish() {
        Arbitrary<String> pieces = Arbitraries.of(
                "a",
                "b: ",
                "- ",
                "\n",
                "  ",
                "{",
                "}",
                "[",
                "]",
                ",",
                "&x ",
                "*x",
                "!!str ",
                "!vault ",
                "'",
                "\"",
                "|\n",
                "\t",
                "? ",
                ": ",
                "#",
                "%YAML 9.9999999999\n",
                "---\n",
                "...\n",
                "<<: ",
                "\\x",
                "\\U00110000",
                "\u0000",
                "\ud800",
                "\uFEFF",
                "~",
                "1",
                "é");
        return Arbitraries.oneOf(
                pieces.list().ofMaxSize(40).map(list -> String.join("", list)),
                Arbitraries.strings().ofMaxLength(60));
    }

    private static String text(Mapping map, String key) {
        return ((Scalar) map.get(key).orElseThrow()).text();
    }

    private static Value read(String text) {
        Problems problems = new Problems();
        Optional<Value> value = Yaml.read("f", text, problems);
        assertThat(problems.list()).isEmpty();
        return value.orElseThrow();
    }

    private static String problems(String text) {
        Problems problems = new Problems();
        assertThat(Yaml.read("f", text, problems)).isEmpty();
        return shown(problems);
    }

    private static String file(Path path) {
        Problems problems = new Problems();
        assertThat(TextFile.read(path, problems)).isEmpty();
        return shown(problems);
    }

    private static String shown(Problems problems) {
        return problems.list().stream().map(Problem::toString).collect(Collectors.joining("\n"));
    }
}
