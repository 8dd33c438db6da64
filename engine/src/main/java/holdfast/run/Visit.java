package holdfast.run;

import holdfast.node.Command;
import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.Execution;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.text.Clean;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One node, visited once: log in, become root, run the script, take the answers home.
 *
 * @param readings what was read
 * @param address the address that was reached
 */
record Visit(Readings readings, String address) {

    /** How long an answer may be on its way after the script has ended on the node. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    /**
     * @param sudoPassword the password for sudo; empty where none was asked for
     * @throws NodeException naming the phase that failed
     */
    static Visit pay(
            Connector connector,
            Target target,
            Collection<Shape> shapes,
            Optional<Secret> sudoPassword,
            Clock time,
            Consumer<Phase> progress)
            throws NodeException {
        try (Connection connection = connector.open(target, progress)) {
            boolean root = connection.user().equals("root");
            CollectScript.Become become;
            if (!target.become() || root) {
                become = CollectScript.Become.NOT_NEEDED;
            } else if (sudoPassword.isEmpty()) {
                become = CollectScript.Become.SUDO_WITHOUT_PASSWORD;
            } else {
                progress.accept(Phase.BECOME);
                tryPassword(connection, target, sudoPassword.get());
                become = CollectScript.Become.SUDO_WITH_PASSWORD;
            }
            progress.accept(Phase.PROBE);
            return collect(connection, target, CollectScript.of(shapes), become, sudoPassword, time);
        }
    }

    private static Visit collect(
            Connection connection,
            Target target,
            CollectScript script,
            CollectScript.Become become,
            Optional<Secret> sudoPassword,
            Clock time)
            throws NodeException {
        String password = become == CollectScript.Become.SUDO_WITH_PASSWORD && sudoPassword.isPresent()
                ? sudoPassword.get().reveal() + "\n"
                : "";
        byte[] head = password.getBytes(StandardCharsets.UTF_8);
        byte[] script0 = script.input();
        byte[] input = new byte[head.length + script0.length];
        System.arraycopy(head, 0, input, 0, head.length);
        System.arraycopy(script0, 0, input, head.length, script0.length);

        Instant before = time.instant();
        long start = System.nanoTime();
        Execution execution = connection.execute(new Command(
                script.commandLine(become),
                input,
                script.marker(),
                script.outputLimit(),
                script.limit().plus(GRACE)));
        Frames frames = Frames.parse(script, execution.stdout());
        if (frames.uid().isEmpty()) {
            throw notStarted(connection, target, execution);
        }
        if (frames.uid().get() != 0) {
            throw new NodeException(
                    Phase.BECOME,
                    "logged in as %s, who is not root (user id %d): use -b to become root with sudo, or -u root",
                    connection.user(),
                    frames.uid().get());
        }
        if (frames.trouble() != null) {
            throw new NodeException(
                    Phase.PROBE,
                    "%s%s",
                    frames.trouble(),
                    execution.ended() == null ? "" : " (" + Clean.line(execution.ended(), 200) + ")");
        }
        return new Visit(
                new Readings(
                        frames.answers(),
                        offset(frames, execution, start, before),
                        before,
                        new LoginUsed(connection.user(), connection.byKey())),
                connection.address());
    }

    /**
     * The node printed its time after it had the script and before its line arrived here: the truth lies
     * between these two moments.
     */
    private static Reading<ClockOffset> offset(Frames frames, Execution execution, long start, Instant before) {
        if (frames.clock().isEmpty() || execution.markerAtNanos().isEmpty()) {
            return Reading.unknown("the node's clock was not read");
        }
        double startMillis = before.getEpochSecond() * 1e3 + before.getNano() / 1e6;
        double arrived = startMillis + (execution.markerAtNanos().getAsLong() - start) / 1e6;
        double sent = Math.min(arrived, startMillis + Math.max(0, execution.sentAtNanos() - start) / 1e6);
        double node = frames.clock().get() * 1e3;
        return Reading.known(new ClockOffset(node - (sent + arrived) / 2, (arrived - sent) / 2));
    }

    private static NodeException notStarted(Connection connection, Target target, Execution execution) {
        String said = new String(execution.stderr(), StandardCharsets.UTF_8);
        if (said.contains("sudo")) {
            return sudoTrouble(connection, said);
        }
        if (execution.truncated()) {
            return new NodeException(
                    Phase.PROBE,
                    "the login shell of %s printed %d bytes before the script began: silence its start-up files",
                    connection.user(),
                    execution.stdout().length);
        }
        String reason = execution.ended() != null
                ? execution.ended()
                : execution.exit().isPresent()
                        ? "exit status " + execution.exit().getAsInt()
                        : "no exit status";
        String complaint =
                said.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        return new NodeException(
                Phase.PROBE,
                "the script did not start on %s (%s%s): check the login shell of %s and its start-up files",
                target.name(),
                Clean.line(reason, 200),
                complaint.isEmpty() ? "" : "; it said: " + Clean.line(complaint, 200),
                connection.user());
    }

    /** One attempt only: a wrong password tried three times can lock the account (pam_faillock). */
    private static void tryPassword(Connection connection, Target target, Secret password) throws NodeException {
        Execution execution = connection.execute(new Command(
                "sudo -k -S -p \"\" -- /bin/true",
                (password.reveal() + "\n").getBytes(StandardCharsets.UTF_8),
                new byte[0],
                64 * 1024,
                GRACE));
        if (execution.exit().isEmpty() || execution.exit().getAsInt() != 0) {
            throw execution.ended() != null
                    ? new NodeException(
                            Phase.BECOME, "sudo did not answer on %s: %s", target.name(), Clean.line(execution.ended()))
                    : sudoTrouble(connection, new String(execution.stderr(), StandardCharsets.UTF_8));
        }
    }

    private static NodeException sudoTrouble(Connection connection, String said) {
        String user = connection.user();
        if (said.contains("password is required")
                || said.contains("a terminal is required")
                || said.contains("authentication is required")) {
            return new NodeException(
                    Phase.BECOME, "sudo asks %s for a password: use -K, or give %s NOPASSWD in sudoers", user, user);
        }
        if (said.contains("incorrect password")
                || said.contains("Sorry, try again")
                || said.contains("no password was")
                || said.contains("Authentication failed")
                || said.contains("incorrect authentication attempt")) {
            return new NodeException(Phase.BECOME, "sudo did not accept the password of %s given with -K", user);
        }
        if (said.contains("not in the sudoers")
                || said.contains("not allowed")
                || said.contains("may not run")
                || said.contains("I'm afraid I can't do that")) {
            return new NodeException(
                    Phase.BECOME,
                    "%s may not use sudo here: add %s to the group sudo, or log in as another user",
                    user,
                    user);
        }
        if (said.contains("not found")) {
            return new NodeException(
                    Phase.BECOME, "sudo is not installed on this node: log in as root, or install sudo");
        }
        String complaint =
                said.lines().filter(line -> !line.isBlank()).findFirst().orElse("no output");
        return new NodeException(Phase.BECOME, "sudo failed for %s: %s", user, Clean.line(complaint, 200));
    }
}
