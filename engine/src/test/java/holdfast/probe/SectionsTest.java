package holdfast.probe;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.Answers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class SectionsTest {

    private static final String TEXT = Answers.section("a", "one\ntwo\n")
            + Answers.absent("b")
            + Answers.section("c", "cat: broken", 1)
            + Answers.section("d", "");

    private static String shell(String commands) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/bin/sh", "-c", Sections.SHELL + commands).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return out;
    }

    @Test
    void theShellFunctionsPrintWhatTheTestsSay() throws IOException, InterruptedException {
        assertThat(shell("""
                        section a printf 'one\\ntwo\\n'
                        contents b /nonexistent/file
                        section c sh -c 'echo cat: broken >&2; exit 1'
                        section d true
                        """)).isEqualTo(TEXT);
    }

    @Test
    void everySectionHasItsTextAndStatus() {
        assertThat(Sections.parse(TEXT).all())
                .isEqualTo(Map.of(
                        "a", new Sections.Section("one\ntwo", 0),
                        "b", new Sections.Section("", 44),
                        "c", new Sections.Section("cat: broken", 1),
                        "d", new Sections.Section("", 0)));
    }

    @Test
    void anAbsentFileIsEmptyAndAnUnreadableOneUnknown() {
        Sections sections = Sections.parse(TEXT);
        assertThat(sections.file("a")).isEqualTo(Reading.known(Optional.of("one\ntwo")));
        assertThat(sections.file("b")).isEqualTo(Reading.known(Optional.empty()));
        assertThat(sections.file("c")).isEqualTo(new Reading.Unknown<>("c: cat: broken (exit status 1)"));
        assertThat(sections.file("e")).isEqualTo(new Reading.Unknown<>("e was not answered"));
        assertThat(sections.text("b")).isEqualTo(new Reading.Unknown<>("b does not exist"));
    }

    @Test
    void aCutOffSectionIsLeftOut() {
        Map<String, Sections.Section> whole = Sections.parse(TEXT).all();
        for (int end = 0; end < TEXT.length(); end++) {
            Sections cut = Sections.parse(TEXT.substring(0, end));
            cut.all().forEach((name, section) -> {
                assertThat(section.text())
                        .isEqualTo(whole.getOrDefault(name, section).text());
                assertThat(section.ok())
                        .isEqualTo(whole.getOrDefault(name, section).ok());
            });
        }
    }

    @Test
    void aSecondAnswerDoesNotReplaceTheFirst() {
        assertThat(Sections.parse(Answers.section("a", "true one") + Answers.section("a", "forged"))
                        .text("a"))
                .isEqualTo(Reading.known("true one"));
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThat(Sections.parse(text)).isNotNull();
        assertThat(Sections.parse("#: a\n" + text + "\n#= 0\n").section("a")).isPresent();
    }
}
