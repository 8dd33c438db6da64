package holdfast.cli;

import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Target;
import java.util.function.Consumer;

/** Each node by the way that its inventory entry names. */
record Ways(Connector ssh, Connector local) implements Connector {

    @Override
    public Connection open(Target target, Consumer<Phase> progress) throws NodeException {
        return (target.local() ? local : ssh).open(target, progress);
    }

    @Override
    public void close() {
        try {
            ssh.close();
        } finally {
            local.close();
        }
    }
}
