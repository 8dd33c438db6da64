package holdfast.node;

import java.util.function.Consumer;

/** Opens ways to nodes; shared by a whole run and safe for many threads. */
public interface Connector extends AutoCloseable {

    /**
     * Connects, checks the host key and logs in. Becoming root is the engine's work.
     *
     * @param progress told each phase as it begins
     * @throws NodeException naming the phase that failed and what to do next
     */
    Connection open(Target target, Consumer<Phase> progress) throws NodeException;

    @Override
    void close();
}
