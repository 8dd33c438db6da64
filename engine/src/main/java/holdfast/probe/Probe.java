package holdfast.probe;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What to read on a node and how to understand it. A probe is data: the engine runs it, so a probe
 * that several checks share runs once, and a check can never touch a node by itself.
 *
 * @param <T> the understood value
 */
public sealed interface Probe<T> {

    /** Understands what came back; an exception in a parser is {@link Reading.Unknown}. */
    Reading<T> read(Source source);

    /** The commands that have to run for it. */
    Stream<Shape> shapes();

    /** A command with a parser that sees its output whatever the exit status was. */
    record Command<T>(Shape shape, Function<Output, Reading<T>> parse) implements Probe<T> {
        @Override
        public Reading<T> read(Source source) {
            return source.once(this, () -> understood(source));
        }

        private Reading<T> understood(Source source) {
            return source.output(shape).then(output -> {
                if (output.truncated()) {
                    return Reading.unknown("%s printed more than is kept", shape.name());
                }
                try {
                    return parse.apply(output);
                } catch (RuntimeException e) {
                    return Reading.unknown("the output of %s was not understood: %s", shape.name(), e);
                }
            });
        }

        @Override
        public Stream<Shape> shapes() {
            return Stream.of(shape);
        }
    }

    /** Two probes as one; unknown where either is. */
    record Both<A, B, T>(Probe<A> first, Probe<B> second, BiFunction<A, B, T> combine) implements Probe<T> {
        @Override
        public Reading<T> read(Source source) {
            return source.once(this, () -> understood(source));
        }

        private Reading<T> understood(Source source) {
            return first.read(source)
                    .then(a -> second.read(source).then(b -> {
                        try {
                            return Reading.known(combine.apply(a, b));
                        } catch (RuntimeException e) {
                            return Reading.unknown("what was read does not fit together: %s", e);
                        }
                    }));
        }

        @Override
        public Stream<Shape> shapes() {
            return Stream.concat(first.shapes(), second.shapes()).distinct();
        }
    }

    /** A probe that may fail: its reading becomes the value, so that a check can judge the failure itself. */
    record Attempt<T>(Probe<T> probe) implements Probe<Reading<T>> {
        @Override
        public Reading<Reading<T>> read(Source source) {
            return Reading.known(probe.read(source));
        }

        @Override
        public Stream<Shape> shapes() {
            return probe.shapes();
        }
    }

    /** The node's clock against the controller's; needs no command of its own. */
    record Clock() implements Probe<ClockOffset> {
        @Override
        public Reading<ClockOffset> read(Source source) {
            return source.clock();
        }

        @Override
        public Stream<Shape> shapes() {
            return Stream.empty();
        }
    }

    /** The controller's time of the visit. */
    record Now() implements Probe<Instant> {
        @Override
        public Reading<Instant> read(Source source) {
            return Reading.known(source.now());
        }

        @Override
        public Stream<Shape> shapes() {
            return Stream.empty();
        }
    }

    /** How this run got into the node: a remedy must not close the door that it came in by. */
    record Login() implements Probe<LoginUsed> {
        @Override
        public Reading<LoginUsed> read(Source source) {
            return Reading.known(source.login());
        }

        @Override
        public Stream<Shape> shapes() {
            return Stream.empty();
        }
    }

    /** A command whose output is parsed only when it exits with 0. */
    static <T> Probe<T> command(String name, String command, Duration limit, Function<Output, T> parse) {
        return any(
                name,
                command,
                limit,
                output -> output.ok()
                        ? Reading.known(parse.apply(output))
                        : Reading.unknown("%s: %s", name, output.complaint()));
    }

    /** A command whose exit status the parser understands. */
    static <T> Probe<T> any(String name, String command, Duration limit, Function<Output, Reading<T>> parse) {
        return new Command<>(new Shape(name, command, limit), parse);
    }

    static <A, B, T> Probe<T> both(Probe<A> first, Probe<B> second, BiFunction<A, B, T> combine) {
        return new Both<>(first, second, combine);
    }

    static <T> Probe<Reading<T>> attempt(Probe<T> probe) {
        return new Attempt<>(probe);
    }
}
