package holdfast.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.bench.FakeSource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProbeTest {

    private static final Probe<Integer> NUMBER = Probe.command(
            "a.number",
            "echo 7",
            Duration.ofSeconds(1),
            output -> Integer.parseInt(output.stdout().strip()));
    private static final Probe<Integer> OTHER = Probe.command(
            "b.number",
            "echo 0",
            Duration.ofSeconds(1),
            output -> Integer.parseInt(output.stdout().strip()));
    private static final Probe<Integer> QUOTIENT = Probe.both(NUMBER, OTHER, (a, b) -> a / b);

    private static FakeSource source(String first, String second) {
        return new FakeSource().answers("a.number", first).answers("b.number", second);
    }

    private static String why(Reading<?> reading) {
        return reading instanceof Reading.Unknown<?> unknown
                ? unknown.why()
                : org.assertj.core.api.Assertions.fail("known: " + reading);
    }

    @Test
    void whatIsUnderstoodIsKnown() {
        assertThat(QUOTIENT.read(source("6", "2"))).isEqualTo(Reading.known(3));
    }

    @Test
    void anExceptionInAParserIsUnknown() {
        assertThat(why(NUMBER.read(source("seven", "1")))).contains("a.number was not understood");
    }

    @Test
    void anExceptionWhereTwoAreJoinedIsUnknown() {
        assertThat(why(QUOTIENT.read(source("6", "0")))).contains("does not fit together");
    }

    @Test
    void theFirstReasonIsKept() {
        assertThat(why(QUOTIENT.read(source("6", "2").silent("b.number", "it hangs"))))
                .isEqualTo("it hangs");
    }

    @Test
    void aFailedCommandIsUnknownWithItsComplaint() {
        assertThat(why(NUMBER.read(new FakeSource().fails("a.number", 3, "\n  no such thing \nmore"))))
                .isEqualTo("a.number: no such thing");
        assertThat(why(NUMBER.read(new FakeSource().fails("a.number", 3, "")))).isEqualTo("a.number: exit status 3");
    }

    @Test
    void halfAnAnswerIsNone() {
        assertThat(why(NUMBER.read(new FakeSource().gives("a.number", new Output(0, "6", "", true)))))
                .contains("more than is kept");
    }

    @Test
    void anAttemptIsAlwaysKnown() {
        assertThat(Probe.attempt(NUMBER).read(source("x", "1"))).isInstanceOf(Reading.Known.class);
    }

    @Test
    void whatTwoProbesShareRunsOnce() {
        assertThat(Probe.both(QUOTIENT, NUMBER, Integer::sum).shapes().map(Shape::name))
                .containsExactly("a.number", "b.number");
    }

    @Test
    void aFakeNodeKnowsNothingByItself() {
        assertThatThrownBy(() -> NUMBER.read(new FakeSource()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("never taught");
    }

    @Test
    void aShapesNameAndLimitAreChecked() {
        assertThatThrownBy(() -> new Shape("A b", "", Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Shape("a", "", Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Shape("a", "", Duration.ofMinutes(3)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
