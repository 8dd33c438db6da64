package holdfast.node;

import java.util.Arrays;

/** A password or passphrase. It has no useful {@code toString}, so that no log can hold it by accident. */
public final class Secret {

    private final char[] value;

    private Secret(char[] value) {
        this.value = value;
    }

    /** Takes a copy; the caller wipes its own. */
    public static Secret of(char[] value) {
        return new Secret(value.clone());
    }

    /** The characters themselves, for the one place that hands them on. */
    public String reveal() {
        return new String(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && Arrays.equals(value, secret.value);
    }

    @Override
    public int hashCode() {
        return 0;
    }

    @Override
    public String toString() {
        return "(secret)";
    }
}
