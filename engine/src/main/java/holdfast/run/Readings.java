package holdfast.run;

import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Output;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What one visit brought home, and what was made of it so far. */
final class Readings implements Source {

    private final Map<String, Reading<Output>> answers;
    private final Reading<ClockOffset> clock;
    private final Instant now;
    private final LoginUsed login;
    private final Map<Probe<?>, Reading<?>> understood = Collections.synchronizedMap(new IdentityHashMap<>());

    Readings(Map<String, Reading<Output>> answers, Reading<ClockOffset> clock, Instant now, LoginUsed login) {
        this.answers = Map.copyOf(answers);
        this.clock = clock;
        this.now = now;
        this.login = login;
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

    @Override
    public Reading<ClockOffset> clock() {
        return clock;
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public LoginUsed login() {
        return login;
    }

    @Override
    @SuppressWarnings("unchecked") // only this method puts anything in, under the probe that made it
    public <T> Reading<T> once(Probe<T> probe, Supplier<Reading<T>> understand) {
        Reading<?> known = understood.get(probe);
        if (known != null) {
            return (Reading<T>) known;
        }
        Reading<T> made = understand.get();
        understood.put(probe, made);
        return made;
    }

    /** Lets go of what was made of it, so that a large fleet's is not kept all at once. */
    void forget() {
        understood.clear();
    }
}
