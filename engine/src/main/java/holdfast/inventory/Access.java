package holdfast.inventory;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How to get into a host, as far as the inventory says: {@code ansible_host} and its kin, already checked.
 * What is empty here, the command line and then the user's ssh configuration decide.
 */
public record Access(
        Optional<String> host,
        OptionalInt port,
        Optional<String> user,
        Optional<Path> privateKey,
        Optional<Boolean> become,
        Optional<Boolean> local) {}
