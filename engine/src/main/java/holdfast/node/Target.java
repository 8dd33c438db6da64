package holdfast.node;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where a node is and how to get in: what the inventory and the command line say. What they leave open,
 * the user's ssh configuration decides.
 *
 * @param name the name in the inventory
 * @param host the name or address to give to ssh ({@code ansible_host}, else the name)
 * @param port {@code ansible_port}
 * @param user {@code -u} or {@code ansible_user}
 * @param privateKey {@code --private-key} or {@code ansible_ssh_private_key_file}
 * @param become whether to become root with sudo after the login
 * @param local whether the node is this machine ({@code ansible_connection: local})
 */
public record Target(
        String name,
        String host,
        OptionalInt port,
        Optional<String> user,
        Optional<Path> privateKey,
        boolean become,
        boolean local) {}
