package holdfast.fix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SerialTest {

    private static List<Integer> nodes(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private static List<Integer> sizes(Serial serial, int count) {
        return serial.batches(nodes(count)).stream().map(List::size).toList();
    }

    @Test
    void theLastEntryRepeats() {
        assertThat(sizes(Serial.parse("1,5,20%"), 20)).containsExactly(1, 5, 4, 4, 4, 2);
        assertThat(sizes(Serial.parse("3"), 7)).containsExactly(3, 3, 1);
        assertThat(sizes(Serial.parse(" 1 , 2 "), 5)).containsExactly(1, 2, 2);
    }

    @Test
    void aPercentageIsOfAllAndAtLeastOne() {
        assertThat(sizes(Serial.parse("30%"), 10)).containsExactly(3, 3, 3, 1);
        assertThat(sizes(Serial.parse("1%"), 3)).containsExactly(1, 1, 1);
        assertThat(sizes(Serial.parse("0%"), 2)).containsExactly(1, 1);
        assertThat(sizes(Serial.parse("100%"), 5)).containsExactly(5);
    }

    @Test
    void withoutAListAllAreOneBatchAndNobodyIsNone() {
        assertThat(sizes(Serial.ALL, 4)).containsExactly(4);
        assertThat(sizes(Serial.ALL, 0)).isEmpty();
        assertThat(sizes(Serial.parse("5"), 0)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "x", "1,,2", ",", "1,", "-1", "1.5", "101%", "%", "1%%", "1;2", "1 2", "9999999"})
    void whatIsNoListOfBatchesIsRefused(String text) {
        assertThatThrownBy(() -> Serial.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void everyNodeIsInOneBatchInItsOrder(
            @ForAll @IntRange(max = 200) int count,
            @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 100) Integer> steps,
            @ForAll boolean percent) {
        Serial serial =
                new Serial(steps.stream().map(step -> new Share(step, percent)).toList());
        List<List<Integer>> batches = serial.batches(nodes(count));
        assertThat(batches).noneMatch(List::isEmpty);
        assertThat(batches.stream().flatMap(List::stream)).isEqualTo(nodes(count));
    }

    @ParameterizedTest
    @CsvSource({"0, 50, 0", "3, 50, 3", "10%, 50, 5", "10%, 9, 0", "99%, 1, 0", "100%, 1, 1", "100%, 0, 0", "50%, 3, 1"
    })
    void aShareIsRoundedDown(String text, int whole, int share) {
        assertThat(Share.parse(text).of(whole)).isEqualTo(share);
    }

    @Test
    void aMistakeIsNamedWithoutWhatATerminalWouldObey() {
        assertThatThrownBy(() -> Share.parse("3\u001b[2J"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'3\\x1b[2J' is neither a number nor a percentage");
    }
}
