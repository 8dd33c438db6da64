package holdfast.bench;

import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** What a node said, from memory. A probe that nobody taught it is an error, never an empty answer. */
public final class FakeSource implements Source {

    /** The "now" of the tests, unless they say otherwise: the day on which the transcripts were taken. */
    public static final Instant NOW = Instant.parse("2026-11-22T00:00:00Z");

    private final Map<String, Reading<Output>> answers = new TreeMap<>();
    private Reading<ClockOffset> clock = Reading.known(new ClockOffset(0, 1));
    private Instant now = NOW;
    private LoginUsed login = new LoginUsed("ops", true);

    /** The probe ended well and printed this. */
    public FakeSource answers(String probe, String stdout) {
        return gives(probe, new Output(0, stdout, ""));
    }

    /** The probe printed nothing but a complaint. */
    public FakeSource fails(String probe, int exit, String stderr) {
        return gives(probe, new Output(exit, "", stderr));
    }

    public FakeSource gives(String probe, Output output) {
        answers.put(probe, Reading.known(output));
        return this;
    }

    /** There is no answer of the probe at all. */
    public FakeSource silent(String probe, String why) {
        answers.put(probe, new Reading.Unknown<>(why));
        return this;
    }

    public FakeSource clock(double millis, double uncertaintyMillis) {
        clock = Reading.known(new ClockOffset(millis, uncertaintyMillis));
        return this;
    }

    public FakeSource clockUnread(String why) {
        clock = new Reading.Unknown<>(why);
        return this;
    }

    public FakeSource now(Instant moment) {
        now = moment;
        return this;
    }

    /** An independent copy, so that one test may spoil what another one uses. */
    public FakeSource copy() {
        FakeSource copy = new FakeSource();
        copy.answers.putAll(answers);
        copy.clock = clock;
        copy.now = now;
        copy.login = login;
        return copy;
    }

    @Override
    public Reading<Output> output(Shape shape) {
        Reading<Output> answer = answers.get(shape.name());
        if (answer == null) {
            throw new AssertionError("the fake node was never taught the probe " + shape.name());
        }
        return answer;
    }

    @Override
    public Reading<ClockOffset> clock() {
        return clock;
    }

    @Override
    public Instant now() {
        return now;
    }

    /** How the run got in; {@code ops} by key unless told otherwise. */
    public FakeSource login(String user, boolean byKey) {
        login = new LoginUsed(user, byKey);
        return this;
    }

    @Override
    public LoginUsed login() {
        return login;
    }
}
