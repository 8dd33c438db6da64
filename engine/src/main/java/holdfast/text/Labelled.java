package holdfast.text;

/** An enumeration whose constants have a spelling for people and configuration files. */
public interface Labelled {

    /** The constant as the policy and configuration files spell it. */
    String label();
}
