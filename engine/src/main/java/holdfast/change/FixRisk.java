package holdfast.change;

import java.util.Locale;

/** What a fix can break, least first, so that the risk of several is the greatest of them. */
public enum FixRisk {
    /** Nobody's access depends on it. */
    SAFE,
    /** It can cut off access: a timer on the node takes it back unless new logins prove it. */
    GUARDED;

    /** As plans and reports spell it: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
