package holdfast.journal;

/**
 * How far a journal goes. Since every line carries the digest of the line before it, this vouches for all of it.
 *
 * @param run the run's id
 * @param lines how many lines it has
 * @param digest SHA-256 of the last line without its line feed, 64 lower-case hexadecimal digits
 */
public record JournalEnd(String run, int lines, String digest) {}
