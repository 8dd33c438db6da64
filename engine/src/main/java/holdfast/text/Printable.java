package holdfast.text;

/**
 * A value that may stand in a configuration file: its text was validated when it was made, and cannot hold a line
 * break, a comment or a second directive. Only types that refuse everything else in their constructor implement it.
 */
public interface Printable {

    /** The value as a configuration file spells it. */
    String text();
}
