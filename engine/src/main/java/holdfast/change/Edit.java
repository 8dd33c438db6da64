package holdfast.change;

import java.util.Optional;

/**
 * A structured change of a file that other people and programs write to as well: every line, comment and order
 * that it does not speak of stays. Pure, and a record, so that equal edits of several checks are one.
 */
public interface Edit {

    /**
     * The file's text after the edit; the same text when nothing is to be done.
     *
     * @param current the file's text; empty where there is no file
     * @throws EditException when the file is not understood well enough to be edited
     */
    String apply(Optional<String> current) throws EditException;

    /** What the edit does, as one sentence in the imperative without a full stop. */
    String purpose();
}
