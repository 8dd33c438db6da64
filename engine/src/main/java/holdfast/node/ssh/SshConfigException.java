package holdfast.node.ssh;

/** A mistake in an ssh configuration file; the message begins with the file and the line. */
public final class SshConfigException extends Exception {

    private static final long serialVersionUID = 1L;

    SshConfigException(String message) {
        super(message);
    }
}
