package holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CidrTest {

    private static Cidr cidr(String text) {
        return Cidr.parse(text).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.1.0.0/16, true",
        "10.0.0.0/8, 10.0.0.0/8, true",
        "10.1.0.0/16, 10.0.0.0/8, false",
        "10.0.0.0/8, 11.0.0.0/8, false",
        "0.0.0.0/0, 192.0.2.1, true",
        "0.0.0.0/0, ::/0, false",
        "::/0, 192.0.2.1, false",
        "2001:db8::/32, 2001:db8:1::/48, true",
    })
    void aNetworkCoversWhatLiesInIt(String wide, String narrow, boolean covers) {
        assertThat(cidr(wide).covers(cidr(narrow))).isEqualTo(covers);
        assertThat(cidr(wide).overlaps(cidr(narrow)))
                .isEqualTo(covers || cidr(narrow).covers(cidr(wide)));
    }

    @Test
    void aRangeIsTheFewestNetworks() {
        assertThat(Cidr.range("10.0.0.5", "10.0.0.9").orElseThrow())
                .extracting(Cidr::shortest)
                .containsExactly("10.0.0.5", "10.0.0.6/31", "10.0.0.8/31");
        assertThat(Cidr.range("0.0.0.0", "255.255.255.255").orElseThrow()).containsExactly(cidr("0.0.0.0/0"));
        assertThat(Cidr.range("2001:db8::", "2001:db8::ffff").orElseThrow()).containsExactly(cidr("2001:db8::/112"));
    }

    @Test
    void twoEndsThatDoNotFitAreNoRange() {
        assertThat(Cidr.range("10.0.0.9", "10.0.0.5")).isEmpty();
        assertThat(Cidr.range("10.0.0.9", "::1")).isEmpty();
        assertThat(Cidr.range("10.0.0.9", "host")).isEmpty();
    }

    @Property(tries = 200)
    void aRangeHoldsItsAddressesAndNoOthers(
            @ForAll @IntRange(max = 65_535) int one,
            @ForAll @IntRange(max = 65_535) int other,
            @ForAll @IntRange(max = 65_535) int asked) {
        List<Cidr> range = Cidr.range(address(Math.min(one, other)), address(Math.max(one, other)))
                .orElseThrow();
        assertThat(range.stream().anyMatch(network -> network.covers(cidr(address(asked)))))
                .isEqualTo(Math.min(one, other) <= asked && asked <= Math.max(one, other));
    }

    private static String address(int low) {
        return "192.0.%d.%d".formatted(low >> 8, low & 255);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0/8",
        "10.0.0.1/32, 10.0.0.1",
        "2001:db8:0:0:0:0:0:1, 2001:db8::1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "fd00:0:0:0:0:0:0:0/8, fd00::/8",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "0:0:0:0:0:0:0:0/0, ::/0",
    })
    void itIsShownAsPeopleWriteIt(String written, String shown) {
        assertThat(cidr(written).shortest()).isEqualTo(shown);
        assertThat(Cidr.parse(shown)).contains(cidr(written));
    }
}
