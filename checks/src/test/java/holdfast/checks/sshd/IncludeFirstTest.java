package holdfast.checks.sshd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.change.EditException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class IncludeFirstTest {

    private static final String INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf";

    private static String edited(String text) throws EditException {
        return new IncludeFirst().apply(Optional.of(text));
    }

    @Test
    void whatDebianShipsStaysAsItIs() throws EditException {
        String debian = "# comment\n\n" + INCLUDE + "\n\nPort 22\n";
        assertThat(edited(debian)).isEqualTo(debian);
    }

    @Test
    void aMissingOneIsPutBeforeTheFirstSetting() throws EditException {
        assertThat(edited("# comment\n\nPort 22\n")).isEqualTo("# comment\n\n" + INCLUDE + "\nPort 22\n");
    }

    @Test
    void aLateOneIsMoved() throws EditException {
        assertThat(edited("Port 22\ninclude sshd_config.d/*.conf\nX11Forwarding no\n"))
                .isEqualTo(INCLUDE + "\nPort 22\nX11Forwarding no\n");
    }

    @Test
    void oneWithFurtherPatternsStaysWhereItIs() throws EditException {
        String both = "Port 22\nInclude /etc/ssh/sshd_config.d/*.conf /etc/ssh/more.conf\n";
        assertThat(edited(both)).isEqualTo(INCLUDE + "\n" + both);
    }

    @Test
    void aFileWithoutSettingsGetsIt() throws EditException {
        assertThat(edited("# nothing\n")).isEqualTo("# nothing\n" + INCLUDE + "\n");
        assertThat(edited("")).startsWith(INCLUDE);
    }

    @Test
    void whereThereIsNoFileNothingIsInvented() {
        assertThatThrownBy(() -> new IncludeFirst().apply(Optional.empty())).isInstanceOf(EditException.class);
    }

    @Provide
    Arbitrary<String> files() {
        return Arbitraries.of(
                        "# comment",
                        "",
                        "Port 22",
                        "  PermitRootLogin yes # why",
                        "Match User x",
                        "\tX11Forwarding no",
                        INCLUDE,
                        "include \"sshd_config.d/*.conf\"",
                        "Include /etc/ssh/other.conf")
                .list()
                .ofMaxSize(12)
                .map(lines -> String.join("\n", lines));
    }

    @Property(tries = 500)
    void twiceIsOnceAndEveryOtherLineStaysInItsOrder(@ForAll("files") String text) throws EditException {
        String once = edited(text);
        assertThat(edited(once)).isEqualTo(once);
        assertThat(others(once)).isEqualTo(others(text));
        assertThat(once.lines()
                        .filter(line -> !line.isBlank() && !line.strip().startsWith("#"))
                        .findFirst())
                .get()
                .asString()
                .containsIgnoringCase("include");
    }

    private static List<String> others(String text) {
        return List.of(text.split("\n", -1)).stream()
                .filter(line -> !line.matches("(?i)include \"?(/etc/ssh/)?sshd_config\\.d/\\*\\.conf\"?"))
                .filter(line -> !line.isEmpty())
                .collect(Collectors.toList());
    }
}
