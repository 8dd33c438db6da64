package holdfast.run;

import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.probe.Shape;
import java.time.Clock;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One node, visited once: log in, become root, run the script, take the answers home.
 *
 * @param readings what was read
 * @param address the address that was reached
 */
record Visit(Readings readings, String address) {

    /**
     * @param sudoPassword the password for sudo; empty where none was asked for
     * @throws NodeException naming the phase that failed
     */
    static Visit pay(
            Connector connector,
            Target target,
            Collection<Shape> shapes,
            Optional<Secret> sudoPassword,
            Clock time,
            Consumer<Phase> progress)
            throws NodeException {
        try (RootSession session = RootSession.open(connector, target, sudoPassword, progress)) {
            progress.accept(Phase.PROBE);
            return new Visit(session.collect(shapes, time), session.address());
        }
    }
}
