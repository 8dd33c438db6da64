package holdfast.probe;

import com.google.errorprone.annotations.FormatMethod;
import java.util.function.Function;

/**
 * What a probe learned: a value, or the reason why there is none. No third case, and no null.
 *
 * @param <T> the understood value
 */
public sealed interface Reading<T> {

    /** The node answered and the answer was understood. */
    record Known<T>(T value) implements Reading<T> {}

    /** There is no answer; {@code why} is a sentence for the operator. */
    record Unknown<T>(String why) implements Reading<T> {}

    static <T> Reading<T> known(T value) {
        return new Known<>(value);
    }

    @FormatMethod
    static <T> Reading<T> unknown(String why, Object... args) {
        return new Unknown<>(why.formatted(args));
    }

    /** Goes on with a known value, keeps the first reason otherwise. */
    default <U> Reading<U> then(Function<? super T, Reading<U>> next) {
        return switch (this) {
            case Known<T>(var value) -> next.apply(value);
            case Unknown<T>(var why) -> new Unknown<>(why);
        };
    }
}
