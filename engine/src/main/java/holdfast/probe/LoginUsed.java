package holdfast.probe;

/**
 * How this run got into a node.
 *
 * @param user who logged in, before becoming root
 * @param byKey whether a key or a certificate opened the door, or the node is this machine; false for a password
 */
public record LoginUsed(String user, boolean byKey) {}
