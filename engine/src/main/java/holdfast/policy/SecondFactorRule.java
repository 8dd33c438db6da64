package holdfast.policy;

/** Who must have a second factor. */
public enum SecondFactorRule {
    NOBODY,
    /** Whoever can give himself every right. */
    ADMINISTRATORS,
    /** Everybody who can log in. */
    EVERYBODY;

    /** As policies spell it: lower case. */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
