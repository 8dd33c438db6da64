package holdfast.fix;

import holdfast.journal.Entry;
import holdfast.journal.JournalException;

/** Where a run is recorded; an entry is on the disk when {@link #add} returns. */
@FunctionalInterface
public interface Recorder {

    /** @throws JournalException when it cannot be recorded: what it announces must not be done */
    void add(Entry entry) throws JournalException;
}
