package holdfast.policy;

import holdfast.text.Labelled;
import java.util.Locale;

/** How far root gets over SSH, strictest first, so that {@code compareTo} ranks them. */
public enum RootLogin implements Labelled {
    /** Not at all. */
    NO,
    /** With a key, never with a password. */
    PROHIBIT_PASSWORD,
    /** With a password too. */
    YES;

    /** As the policy and sshd_config(5) spell it. */
    @Override
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
