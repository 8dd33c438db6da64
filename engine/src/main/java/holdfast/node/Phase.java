package holdfast.node;

import java.util.Locale;

/** How far a visit to a node has come; each phase has a deadline of its own. */
public enum Phase {
    WAIT,
    RESOLVE,
    CONNECT,
    HOST_KEY,
    AUTHENTICATE,
    BECOME,
    PROBE,
    DONE;

    /** As reports and progress spell it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
