package holdfast.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever an argument holds, systemd makes that one argument of it. */
final class UnitArgumentTest {

    @Provide
    Arbitrary<String> arguments() {
        return Arbitraries.strings()
                .withChars(" \"'\\%$;#{}=/@,.:-_~*?!&|<>()abcdnhs019é日".toCharArray())
                .ofMaxLength(40)
                .filter(text -> !text.equals(";"));
    }

    @Property
    void isReadBackAsItWas(@ForAll("arguments") String value) {
        assertThat(read(new UnitArgument(value).text())).isEqualTo(value);
    }

    @Property
    void onlyACredentialsSpecifierIsExpanded(@ForAll("arguments") String value) {
        String text = new UnitArgument(value, Optional.of("ssh-key")).text();
        assertThat(read(text)).isEqualTo(value + "/run/credentials/x/ssh-key");
    }

    /**
     * As systemd.service(5) and systemd.unit(5) say: quotes and backslashes, then specifiers, then variables, each in one
     * pass.
     */
    private static String read(String text) {
        StringBuilder unquoted = new StringBuilder();
        if (text.startsWith("\"")) {
            assertThat(text).endsWith("\"").hasSizeGreaterThan(1);
            int at = 1;
            while (at < text.length() - 1) {
                assertThat(text.charAt(at)).isNotEqualTo('"');
                if (text.charAt(at) == '\\') {
                    at++;
                    assertThat(text.charAt(at)).isIn('\\', '"');
                }
                unquoted.append(text.charAt(at));
                at++;
            }
        } else {
            assertThat(text).doesNotContain(" ", "\"", "'", "\\", ";", "#").isNotEmpty();
            unquoted.append(text);
        }
        String expanded = pairs(unquoted.toString(), '%', 'd', "/run/credentials/x");
        return pairs(expanded, '$', '\0', "");
    }

    private static String pairs(String text, char sign, char specifier, String value) {
        StringBuilder read = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) != sign) {
                read.append(text.charAt(at));
                at++;
                continue;
            }
            assertThat(at + 1).isLessThan(text.length());
            if (text.charAt(at + 1) == specifier) {
                read.append(value);
            } else {
                assertThat(text.charAt(at + 1)).isEqualTo(sign);
                read.append(sign);
            }
            at += 2;
        }
        return read.toString();
    }
}
