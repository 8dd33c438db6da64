package holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.problem.Problem;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranges unfold as Ansible's do, and never to more than the limit. */
final class HostRangeTest {

    @ParameterizedTest
    @CsvSource({
        "pve[08:11].example.com, pve08.example.com pve09.example.com pve10.example.com pve11.example.com",
        "pve[1:3], pve1 pve2 pve3",
        "pve[:2], pve0 pve1 pve2",
        "pve[a:c], pvea pveb pvec",
        "pve[01:10:4], pve01 pve05 pve09",
        "r[1:2]n[a:b], r1na r1nb r2na r2nb",
        "pve1, pve1"
    })
    void aRangeUnfolds(String pattern, String names) {
        assertThat(expand(pattern)).containsExactly(names.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pve[1:] | f:1:4: the range [1:] has no end: write [01:16]",
                "pve[3:1] | f:1:4: the range [3:1] ends before it begins",
                "pve[01:100] | f:1:4: the range [01:100] starts with zeros, so both ends must be equally long: [01:16]",
                "pve[1:c] | f:1:4: the range [1:c] must go from a number to a number or from a letter to a letter: [01:16] or [a:f]",
                "pve[1:9:0] | f:1:4: the range [1:9:0] needs a step of 1 or more: write [01:16:2]",
                "pve[1:10001] | f:1:4: the range [1:10001] stands for more than 10000 hosts",
                "a[1:101]b[1:101] | f:1:10: the range [1:101] stands for more than 10000 hosts",
            })
    void aRangeThatMakesNoSenseIsTold(String pattern, String message) {
        Problems problems = new Problems();

        assertThat(HostRange.expand(pattern, new Where("f", 1, 1), problems)).isEmpty();
        assertThat(problems.list()).extracting(Problem::toString).containsExactly(message);
    }

    @Property
    void aRangeHoldsEveryNumberFromItsStartToItsEnd(
            @ForAll @IntRange(max = 5000) int from,
            @ForAll @IntRange(max = 5000) int size,
            @ForAll @IntRange(min = 1, max = 50) int step) {
        List<String> names = expand("n[%d:%d:%d]".formatted(from, from + size, step));

        assertThat(names).hasSize(size / step + 1).doesNotHaveDuplicates();
        assertThat(names.getFirst()).isEqualTo("n" + from);
        assertThat(names)
                .allSatisfy(name -> assertThat((Integer.parseInt(name.substring(1)) - from) % step)
                        .isZero());
    }

    @Property
    void zerosAreKept(@ForAll @IntRange(max = 99) int from, @ForAll @IntRange(max = 99) int to) {
        Problems problems = new Problems();
        List<String> names = HostRange.expand("n[%03d:%03d]".formatted(from, to), new Where("f", 1, 1), problems);

        assertThat(names).hasSize(Math.max(0, to - from + 1)).allMatch(name -> name.length() == 4);
        assertThat(problems.isEmpty()).isEqualTo(from <= to);
    }

    @Property
    void nothingThrowsOrGrowsBeyondTheLimit(@ForAll String text) {
        assertThat(HostRange.expand("x[" + text + "]", new Where("f", 1, 1), new Problems())
                        .size())
                .isLessThanOrEqualTo(HostRange.MAX_HOSTS);
    }

    @Test
    void theLargestNumbersDoNotOverflow() {
        assertThat(expand("n[999999990:999999999:999999999]")).containsExactly("n999999990");
    }

    private static List<String> expand(String pattern) {
        Problems problems = new Problems();
        List<String> names = HostRange.expand(pattern, new Where("f", 1, 1), problems);
        assertThat(problems.list()).isEmpty();
        return names;
    }
}
