package holdfast.fix;

import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.run.RootSession;
import holdfast.text.Clean;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** New logins, the only proof that a door is open: by this run's user, by break-glass users, between members. */
final class Logins {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration RELOADING = Duration.ofSeconds(3);

    private final Connector connector;
    private final Optional<Secret> sudoPassword;

    Logins(Connector connector, Optional<Secret> sudoPassword) {
        this.connector = connector;
        this.sudoPassword = sudoPassword;
    }

    /** This run's own user by a new connection, to the point of being root; empty when it worked. */
    Optional<String> own(Target target) throws InterruptedException {
        return root(target, sudoPassword, false);
    }

    /**
     * A break-glass user by a new connection, with a key, to the point of being root; empty when it worked.
     *
     * @param user other than root
     * @param self the user that this run logs in as: the password for sudo is theirs alone
     */
    Optional<String> breakGlass(Target target, String user, String self) throws InterruptedException {
        Target other = new Target(
                target.name(),
                target.host(),
                target.port(),
                Optional.of(user),
                target.privateKey(),
                true,
                target.local());
        return root(other, user.equals(self) ? sudoPassword : Optional.empty(), true);
    }

    /**
     * sshd closes its socket for a moment while it reads its files anew (sshd(8), SIGHUP): a refused connection is
     * tried again. Nothing else is: a failed login is held against our address.
     */
    private Optional<String> root(Target target, Optional<Secret> password, boolean byKey) throws InterruptedException {
        long patience = System.nanoTime() + RELOADING.toNanos();
        while (true) {
            try {
                return reached(target, password, byKey);
            } catch (NodeException e) {
                if (e.phase() != Phase.CONNECT || System.nanoTime() > patience) {
                    return Optional.of(e.why());
                }
                Thread.sleep(300);
            }
        }
    }

    private Optional<String> reached(Target target, Optional<Secret> password, boolean byKey) throws NodeException {
        try (RootSession session = RootSession.open(connector, target, password, phase -> {})) {
            if (byKey && !session.login().byKey()) {
                return Optional.of("a password opened the door, not a key");
            }
            RootSession.Answer answer = session.run("id -u", LIMIT, 1024);
            return answer.ok() ? Optional.empty() : Optional.of("a script did not run as root");
        }
    }

    /**
     * As Proxmox itself does it (PVE/SSHInfo.pm); without a published key, through the known hosts of all. Twice,
     * since an sshd that is being reloaded refuses for a moment.
     */
    private static final String PEER_SSH = """
            peer_ssh() { # NAME ADDRESS COMMAND
                if [ -e "/etc/pve/nodes/$1/ssh_known_hosts" ]; then
                    timeout 15 ssh -e none -o BatchMode=yes -o ConnectTimeout=6 -o ConnectionAttempts=2 -o HostKeyAlias="$1" -o UserKnownHostsFile="/etc/pve/nodes/$1/ssh_known_hosts" -o GlobalKnownHostsFile=none "root@$2" -- "$3" </dev/null
                else
                    timeout 15 ssh -e none -o BatchMode=yes -o ConnectTimeout=6 -o ConnectionAttempts=2 -o HostKeyAlias="$1" "root@$2" -- "$3" </dev/null
                fi
            }
            """;

    /**
     * Root's logins between members, as migration does them: from this member to each other one and, over it, back.
     *
     * @return for each other member nothing, or why it does not work
     */
    static Map<String, Optional<String>> betweenMembers(RootSession session, Peers peers) throws NodeException {
        Map<String, Optional<String>> results = new LinkedHashMap<>();
        if (peers.others().isEmpty()) {
            return results;
        }
        StringBuilder script = new StringBuilder(PEER_SSH);
        // Names and addresses were validated when they were read: letters, digits, dashes, and IP literals.
        script.append("d=$(mktemp -d) || exit 1\n");
        for (Peers.Peer peer : peers.others()) {
            String back = peers.address()
                    .map(own ->
                            "n=%s a=%s; f=/etc/pve/nodes/$n/ssh_known_hosts; if [ -e $f ]; then timeout 12 ssh -e none -o BatchMode=yes -o ConnectTimeout=6 -o ConnectionAttempts=2 -o HostKeyAlias=$n -o UserKnownHostsFile=$f -o GlobalKnownHostsFile=none root@$a -- true; else timeout 12 ssh -e none -o BatchMode=yes -o ConnectTimeout=6 -o ConnectionAttempts=2 -o HostKeyAlias=$n root@$a -- true; fi"
                                    .formatted(peers.name(), own))
                    .orElse("true");
            script.append(
                    "( if out=$(peer_ssh %1$s %2$s '%3$s' 2>&1); then echo '@peer %1$s ok'; else echo \"@peer %1$s $(printf '%%s' \"$out\" | tail -n 1)\"; fi >\"$d/%1$s\" ) &\n"
                            .formatted(peer.name(), peer.address(), back));
        }
        script.append("wait\ncat \"$d\"/*\nrm -rf \"$d\"\n");
        RootSession.Answer answer = session.run(script.toString(), Duration.ofSeconds(40), 64 * 1024);
        if (!answer.ok()) {
            // A proof that could not be tried excuses nobody.
            throw new NodeException(
                    Phase.PROBE,
                    "the logins between members could not be tried: %s",
                    Clean.line(answer.output().strip(), 200));
        }
        for (Peers.Peer peer : peers.others()) {
            results.put(
                    peer.name(),
                    NodeScript.value(answer.output(), "peer " + peer.name())
                            .map(said -> said.equals("ok") ? Optional.<String>empty() : Optional.of(said))
                            .orElse(Optional.of("no answer")));
        }
        return results;
    }
}
