package holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class CleanTest {

    private static void isHarmless(String text) {
        assertThat(text.codePoints())
                .allMatch(point -> !Character.isISOControl(point)
                        && Character.getType(point) != Character.FORMAT
                        && Character.getType(point) != Character.SURROGATE
                        && Character.getType(point) != Character.LINE_SEPARATOR
                        && Character.getType(point) != Character.PARAGRAPH_SEPARATOR);
    }

    @Test
    void escapesOfTheTerminalBecomeVisible() {
        assertThat(Clean.line("\033[31mred\033]0;title\007\r\n")).isEqualTo("\\x1b[31mred\\x1b]0;title\\x07\\x0d\\x0a");
        assertThat(Clean.line("\u009b31m\u202eback\u200b")).isEqualTo("\\x9b31m\\u{202e}back\\u{200b}");
        assertThat(Clean.line("\ud800")).isEqualTo("\\u{d800}");
    }

    @Test
    void plainTextOfAnyLanguageStays() {
        assertThat(Clean.line("Zürich 東京 – 100 % ✓ 😀")).isEqualTo("Zürich 東京 – 100 % ✓ 😀");
    }

    @Test
    void aBlockKeepsItsLines() {
        assertThat(Clean.block("a\n\tb\r\n")).isEqualTo("a\n\tb\\x0d\n");
    }

    @Test
    void aCutIsMarkedAndNeverWithinACharacter() {
        assertThat(Clean.line("abcdef", 4)).isEqualTo("abc…");
        assertThat(Clean.line("abcd", 4)).isEqualTo("abcd");
        assertThat(Clean.line("ab😀😀", 4)).isEqualTo("ab…");
    }

    @Property
    void nothingHarmfulSurvives(@ForAll String text) {
        isHarmless(Clean.line(text));
        isHarmless(Clean.block(text).replace("\n", "").replace("\t", ""));
    }

    @Property
    void nothingHarmfulSurvivesAmongControls(@ForAll @CharRange(from = '\0', to = '\u00ff') String text) {
        isHarmless(Clean.line(text));
    }

    @Property
    void aLimitHolds(@ForAll String text, @ForAll @IntRange(min = 1, max = 60) int limit) {
        String line = Clean.line(text, limit);
        assertThat(line.length()).isLessThanOrEqualTo(limit);
        isHarmless(line);
        assertThat(new String(line.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .isEqualTo(line);
    }

    @Property
    void cleaningTwiceIsCleaningOnce(@ForAll String text) {
        assertThat(Clean.line(Clean.line(text))).isEqualTo(Clean.line(text));
    }
}
