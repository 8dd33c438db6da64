package holdfast.lab.embedded;

import java.time.Duration;

/** What an embedded node does wrong on the way, beside what its files say. */
public sealed interface Fault {

    /** Login never ends, as with a hung {@code /etc/pve}. */
    record HangInAuthentication() implements Fault {}

    /** Nobody is let in any more; who is in stays in. */
    record RefuseLogins() implements Fault {}

    /** The command starts and nothing comes back. */
    record HangInCommand() implements Fault {}

    /** The connection breaks after so many bytes of output; what runs on the node goes on. */
    record DropAfter(int bytes) implements Fault {}

    /** Every login and every command is cut off before it begins; what runs on the node goes on. */
    record CutOff() implements Fault {}

    /** Bytes around the command's output, as a chatty login shell prints them. */
    record Noise(byte[] before, byte[] after) implements Fault {}

    /** The command waits before it starts. */
    record Slow(Duration delay) implements Fault {}

    /** The command's exit status is replaced. */
    record ExitStatus(int status) implements Fault {}

    /**
     * Another fault, only while a file is there: how something goes wrong in the middle of a change.
     *
     * @param file its path on the node; {@code *} stands for any part of one name
     */
    record While(String file, Fault fault) implements Fault {}
}
