package holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShellTest {

    private static String echoed(String value) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/bin/sh", "-c", "printf %s " + Shell.quote(value))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "'", "''", "a'b", "\\", "$(id)", "`id`", "\n", "-n", "%s", "*", "~", "!", "é\u202e"})
    void aShellTakesItLiterally(String value) throws IOException, InterruptedException {
        assertThat(echoed(value)).isEqualTo(value);
    }

    @Provide
    Arbitrary<String> awkward() {
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(
                        3,
                        Arbitraries.strings()
                                .withChars("'\"\\$`(){}[]<>|&;*?~!# \t\n-%=")
                                .ofMaxLength(30)),
                net.jqwik.api.Tuple.of(
                        1,
                        Arbitraries.strings().withCharRange('\u0001', '\ud7ff').ofMaxLength(30)));
    }

    @Property(tries = 150)
    void aShellTakesAnythingLiterally(@ForAll("awkward") String value) throws IOException, InterruptedException {
        assertThat(echoed(value)).isEqualTo(value);
    }

    @Test
    void severalWordsStayApart() throws IOException, InterruptedException {
        List<String> values = List.of("a b", "'", "$x");
        Process process = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "printf '%s|' "
                                + values.stream().map(Shell::quote).collect(java.util.stream.Collectors.joining(" ")))
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("a b|'|$x|");
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void nulIsRefused() {
        assertThatThrownBy(() -> Shell.quote("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }
}
