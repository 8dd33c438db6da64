package holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class HostKeyTest {

    /** A key of some type with some bytes in it. */
    private static HostKey key(String type, int seed) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        byte[] blob = new byte[4 + name.length + 36];
        blob[3] = (byte) name.length;
        System.arraycopy(name, 0, blob, 4, name.length);
        blob[blob.length - 1] = (byte) seed;
        return HostKey.of(type, blob).orElseThrow();
    }

    @Test
    void theFingerprintIsWhatSshKeygenPrints() {
        // ssh-keygen -lf of a key made for this test.
        assertThat(HostKey.of("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIPo5ylDtGoO1VstMuKpXg0VKrFHGjbtZFxFHDAnCRtRL")
                        .orElseThrow())
                .hasToString("ssh-ed25519 SHA256:IOxnt1r9HdB+QH2VcLMnVBLieg7nsublNVvSPp1r+9U");
    }

    @Test
    void whatIsNotTheKeyThatItSaysItIsIsNone() {
        String right = key("ssh-rsa", 1).base64();
        assertThat(HostKey.of("ssh-rsa", right)).isPresent();
        assertThat(HostKey.of("ssh-ed25519", right)).as("another type").isEmpty();
        assertThat(HostKey.of("ssh-dss", right)).as("an old type").isEmpty();
        assertThat(HostKey.of("ssh-rsa", right.substring(0, 12))).as("cut off").isEmpty();
        assertThat(HostKey.of("ssh-rsa", "not base64!")).isEmpty();
        assertThat(HostKey.of("ssh-rsa", right + "\n")).isEmpty();
        assertThat(HostKey.of("ssh-rsa", new byte[0])).isEmpty();
        assertThat(HostKey.of("ssh-rsa", Base64.getEncoder().encodeToString(new byte[100_000])))
                .as("too long")
                .isEmpty();
        assertThatThrownBy(() -> new HostKey("ssh-rsa", "AAAA")).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 300)
    void anyWordsAreLookedAtWithoutTrouble(@ForAll String type, @ForAll String base64) {
        assertThat(HostKey.of(type, base64)).isEmpty();
        assertThat(HostKey.of("ssh-rsa", base64)).isEmpty();
    }
}
