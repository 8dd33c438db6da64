package holdfast.token;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.access.Subject;
import holdfast.access.TokenNote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What reaches the shell is what was meant: the real sh is asked for the words that pveum would get. */
final class PveumTest {

    private static List<String> words(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "pveum() { for word in \"$@\"; do printf '%s\\0' \"$word\"; done; }\n" + command)
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return List.of(out.split("\0", -1)).subList(0, out.split("\0", -1).length - 1);
    }

    private static TokenNote note(String owner, String purpose) {
        return new TokenNote(
                Optional.of(owner), Optional.of(purpose), Optional.empty(), Optional.empty(), Optional.empty());
    }

    @Test
    void aTokenIsMadeWithFullOptionNames() throws Exception {
        assertThat(words(Pveum.add(Subject.token("ci@pve!deploy"), 1800000000L, true, note("ops", "nightly deploy"))))
                .containsExactly(
                        "user",
                        "token",
                        "add",
                        "ci@pve",
                        "deploy",
                        "--privsep",
                        "1",
                        "--expire",
                        "1800000000",
                        "--comment",
                        "owner=ops purpose=\"nightly deploy\"",
                        "--output-format",
                        "json");
        assertThat(words(Pveum.grant("/pool/web", Subject.token("ci@pve!deploy"), "PVEVMUser", false)))
                .containsExactly(
                        "acl",
                        "modify",
                        "/pool/web",
                        "--tokens",
                        "ci@pve!deploy",
                        "--roles",
                        "PVEVMUser",
                        "--propagate",
                        "0");
        assertThat(words(Pveum.withdraw("/", Subject.group("ops"), "PVEAdmin")))
                .containsExactly("acl", "delete", "/", "--groups", "ops", "--roles", "PVEAdmin");
    }

    @Provide
    Arbitrary<String> userNames() {
        return Arbitraries.strings()
                .withChars("ab'\"$`\\!;&|<>(){}[]*?~#@%=+-.é")
                .ofMinLength(1)
                .ofMaxLength(12);
    }

    @Property(tries = 150)
    void noNameAndNoCommentIsEverMoreThanAWord(@ForAll("userNames") String name, @ForAll("userNames") String comment)
            throws Exception {
        Subject token = Subject.token(name + "@pve!t1");
        if (Subject.parse(token.id()).filter(token::equals).isEmpty()) {
            return;
        }
        assertThat(words(Pveum.remove(token))).containsExactly("user", "token", "remove", token.owner(), "t1");
        assertThat(words(Pveum.comment(token, comment)))
                .containsExactly("user", "token", "modify", token.owner(), "t1", "--comment", comment);
        assertThat(words(Pveum.add(token, 0, false, note(comment, name))))
                .hasSize(13)
                .contains(token.owner());
    }
}
