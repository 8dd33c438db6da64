package holdfast.journal;

import java.util.Locale;

/** What became of a run as a whole, the mildest first. */
public enum Outcome {
    /** It only showed what it would do. */
    DRY_RUN,
    /** Everything was as it should be. */
    UNCHANGED,
    /** Everything that was planned was done and proved. */
    APPLIED,
    /** It stopped before anything was touched. */
    NOT_TOUCHED,
    /** It was not allowed to begin anywhere. */
    REFUSED,
    /** Some targets were changed; others were refused or not reached. */
    PARTLY_APPLIED,
    /** At least one target was put back as it was. */
    ROLLED_BACK,
    /** It has no end: it was cut off, or is still under way. */
    INTERRUPTED,
    /** Of at least one target it is not known whether it was put back: a person must look. */
    UNCONFIRMED;

    /** As reports spell it: lower case with dashes. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
