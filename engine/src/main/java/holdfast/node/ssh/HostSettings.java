package holdfast.node.ssh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the command line, the inventory and the ssh configuration say together about one host.
 *
 * @param alias the name as it was given
 * @param host the name or address to connect to
 * @param portConfigured whether the command line, the inventory or the ssh configuration names the port
 * @param identityFiles the configured key files, or the usual ones
 * @param identitiesConfigured whether {@code identityFiles} were configured
 * @param agent the agent's socket
 * @param jumps the hosts to go through, nearest first, as {@code [user@]host[:port]}
 * @param proxyCommand a {@code ProxyCommand}, which is not supported
 * @param hostKeys {@code StrictHostKeyChecking}, where it is one of our modes
 * @param kex algorithm lists as they are written, with {@code + - ^}
 */
record HostSettings(
        String alias,
        String host,
        int port,
        boolean portConfigured,
        String user,
        List<Path> identityFiles,
        boolean identitiesConfigured,
        boolean identitiesOnly,
        Optional<Path> agent,
        List<Path> certificateFiles,
        List<Path> userKnownHosts,
        List<Path> globalKnownHosts,
        Optional<String> hostKeyAlias,
        boolean hashKnownHosts,
        List<String> jumps,
        Optional<String> proxyCommand,
        Optional<HostKeys> hostKeys,
        Optional<Duration> connectTimeout,
        Duration aliveInterval,
        int aliveCount,
        List<String> preferredAuthentications,
        boolean publicKeys,
        Optional<String> kex,
        Optional<String> hostKeyAlgorithms,
        Optional<String> ciphers,
        Optional<String> macs) {

    /** The same host on another port. */
    HostSettings withPort(int other) {
        return new HostSettings(
                alias,
                host,
                other,
                true,
                user,
                identityFiles,
                identitiesConfigured,
                identitiesOnly,
                agent,
                certificateFiles,
                userKnownHosts,
                globalKnownHosts,
                hostKeyAlias,
                hashKnownHosts,
                jumps,
                proxyCommand,
                hostKeys,
                connectTimeout,
                aliveInterval,
                aliveCount,
                preferredAuthentications,
                publicKeys,
                kex,
                hostKeyAlgorithms,
                ciphers,
                macs);
    }

    /** The name under which known_hosts has the host. */
    String knownHostsName() {
        return hostKeyAlias.orElseGet(() -> KnownHosts.nameOf(host, port));
    }

    String login() {
        return user + "@" + alias;
    }
}
