package holdfast.node.ssh;

/** What happens when a host shows a key that no known_hosts file has. A changed key is refused in every mode. */
public enum HostKeys {
    /** An unknown host is refused. */
    STRICT,
    /** The key of a host that is not known at all is added to known_hosts, as {@code ssh} would. */
    ACCEPT_NEW
}
