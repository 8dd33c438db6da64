package holdfast.fix;

import java.time.Duration;

/** Told how far each target is; called from many threads. */
public interface Watcher {

    /** A target has begun a step. */
    void step(String target, String step);

    /** The timer on the node will put everything back after this long, from now. */
    void armed(String target, Duration left);

    /** The timer was stopped, or has done its work. */
    void disarmed(String target);

    /** Something that the operator should know at once. */
    void note(String target, String sentence);

    /** For runs that nobody watches. */
    Watcher NONE = new Watcher() {
        @Override
        public void step(String target, String step) {}

        @Override
        public void armed(String target, Duration left) {}

        @Override
        public void disarmed(String target) {}

        @Override
        public void note(String target, String sentence) {}
    };
}
