package holdfast.store;

import holdfast.journal.Runs;
import java.util.Optional;

/**
 * What a verification compares a store with, besides itself.
 *
 * @param journals the journals on this machine
 * @param head a digest that somebody noted down, which has to be in the chain
 */
public record Claims(Optional<Journals> journals, Optional<String> head) {

    /** Nothing. */
    public static final Claims NONE = new Claims(Optional.empty(), Optional.empty());

    /**
     * The journals of one user on one machine.
     *
     * @param runs the journals
     * @param operator whose they are
     * @param controller the machine's name
     */
    public record Journals(Runs runs, String operator, String controller) {}
}
