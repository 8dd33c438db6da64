package holdfast.inventory;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the command line says about logging in: {@code -u}, {@code --private-key}, {@code -b}. As with Ansible, the
 * inventory's variables win over these, and {@code -e} wins over both.
 */
public record Login(Optional<String> user, Optional<Path> privateKey, boolean become) {

    /** The command line says nothing. */
    public static final Login NONE = new Login(Optional.empty(), Optional.empty(), false);
}
