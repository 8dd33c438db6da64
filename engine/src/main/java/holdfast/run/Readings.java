package holdfast.run;

import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import java.time.Instant;
import java.util.Map;

/** What one visit brought home. */
record Readings(Map<String, Reading<Output>> answers, Reading<ClockOffset> clock, Instant now, LoginUsed login)
        implements Source {

    Readings {
        answers = Map.copyOf(answers);
    }

    @Override
    public Reading<Output> output(Shape shape) {
        Reading<Output> answer = answers.get(shape.name());
        if (answer == null) {
            return Reading.unknown("%s was not read", shape.name());
        }
        return switch (answer) {
            case Reading.Known<Output> known -> known;
            case Reading.Unknown<Output>(var why) -> Reading.unknown("%s: %s", shape.name(), why);
        };
    }
}
