package holdfast.node;

/** One open way to one node. Commands run one at a time. */
public interface Connection extends AutoCloseable {

    /**
     * Runs a command to its end, its deadline or its output limit, whichever comes first. A lost connection,
     * a deadline and an exceeded limit are told in the {@link Execution}, with what had arrived by then.
     *
     * @throws NodeException when the command could not be started
     */
    Execution execute(Command command) throws NodeException;

    /** The address that was reached, as {@code 192.0.2.1:22}; {@code local} for this machine. */
    String address();

    /** The user that logged in. */
    String user();

    /** Whether a key or a certificate opened the door; false for a password. True for this machine. */
    boolean byKey();

    @Override
    void close();
}
