package holdfast.node;

import java.util.Collection;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** Finds out which host keys a machine presents, without logging in: as {@code ssh-keyscan} does. */
public interface HostKeyScanner {

    /**
     * Where a target is, after the ssh configuration; nothing is contacted.
     *
     * @param usualPort the port where neither the target nor the ssh configuration names one
     * @throws NodeException when the configuration says something impossible
     */
    Endpoint endpoint(Target target, OptionalInt usualPort) throws NodeException;

    /**
     * What ssh would connect to.
     *
     * @param host the name or address
     * @param port the port
     * @param knownAs the name that ssh looks up in {@code known_hosts}, with the port unless that is 22
     * @param jumps whether there are jump hosts in between
     */
    record Endpoint(String host, int port, String knownAs, boolean jumps) {}

    /**
     * Runs one key exchange for each type, to where the machine has proved that it holds the key, and hangs up.
     * Nothing that it presents is trusted or added anywhere, and no login is tried.
     *
     * @param usualPort the port where neither the target nor the ssh configuration names one
     * @param types some of {@link HostKey#TYPES}; at least one
     * @throws NodeException when it could not be asked at all
     */
    Presented present(Target target, OptionalInt usualPort, Collection<String> types, Consumer<Phase> progress)
            throws NodeException;
}
