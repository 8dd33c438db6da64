package holdfast.node;

import java.time.Duration;

/**
 * One remote command.
 *
 * @param line what the login shell gets: our own text, one line, nothing that shells understand differently
 * @param input bytes for its standard input, which is then closed
 * @param marker bytes whose first sight in standard output is timed; empty for none
 * @param outputLimit how many bytes of standard output are kept before the command is cut off
 * @param deadline how long it may take from start to exit
 */
public record Command(String line, byte[] input, byte[] marker, long outputLimit, Duration deadline) {}
