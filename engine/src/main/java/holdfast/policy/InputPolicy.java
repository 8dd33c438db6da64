package holdfast.policy;

/** What the firewall does with incoming packets that no rule names ({@code policy_in} of cluster.fw). */
public enum InputPolicy {
    ACCEPT,
    REJECT,
    DROP
}
