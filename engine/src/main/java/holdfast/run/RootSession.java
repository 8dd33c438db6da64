package holdfast.run;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

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
import holdfast.probe.Source;
import holdfast.text.Clean;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One login on one node that has become root, and runs scripts there, one at a time. */
public final class RootSession implements AutoCloseable {

    /** How long an answer may be on its way after a script has ended on the node. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Connection connection;
    private final Target target;
    private final Become become;
    private final Optional<Secret> sudoPassword;

    private RootSession(Connection connection, Target target, Become become, Optional<Secret> sudoPassword) {
        this.connection = connection;
        this.target = target;
        this.become = become;
        this.sudoPassword = sudoPassword;
    }

    /**
     * Opens a new connection, logs in, and makes sure that sudo's password is right where one is needed. Whether
     * root was reached is found out by the first script.
     *
     * @param sudoPassword the password for sudo; empty where none was asked for
     * @throws NodeException naming the phase that failed
     */
    public static RootSession open(
            Connector connector, Target target, Optional<Secret> sudoPassword, Consumer<Phase> progress)
            throws NodeException {
        Connection connection = connector.open(target, progress);
        try {
            boolean root = connection.user().equals("root");
            Become become = Become.NOT_NEEDED;
            if (target.become() && !root) {
                become = sudoPassword.isEmpty() ? Become.SUDO_WITHOUT_PASSWORD : Become.SUDO_WITH_PASSWORD;
            }
            RootSession session = new RootSession(connection, target, become, sudoPassword);
            if (become == Become.SUDO_WITH_PASSWORD) {
                progress.accept(Phase.BECOME);
                session.tryPassword();
            }
            return session;
        } catch (NodeException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** A random word that marks our lines among whatever else a node prints. */
    static String nonce() {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        return "holdfast-" + HexFormat.of().formatHex(random);
    }

    /**
     * What a script did.
     *
     * @param exit its status
     * @param output what it printed on both streams, as UTF-8 with malformed bytes replaced
     */
    public record Answer(int exit, String output) {
        public boolean ok() {
            return exit == 0;
        }
    }

    /**
     * Runs a script as root. It is one compound command for the shell, so that a cut-off copy of it runs nothing.
     *
     * @param body POSIX shell text; every value in it that is not ours went through {@code Shell.quote}
     * @param limit after so long it is ended on the node
     * @param outputLimit more bytes than this are an error
     * @throws NodeException when it did not start, did not end, or ran as somebody else than root; what it did on
     *     the node by then is not known
     */
    public Answer run(String body, Duration limit, long outputLimit) throws NodeException {
        String nonce = nonce();
        String script = """
                main() {
                printf '\\n%%s hello %%s\\n' %1$s "$(id -u)"
                [ "$(id -u)" = 0 ] || exit 0
                umask 022
                ( trap '' HUP
                %2$s
                ) 2>&1 </dev/null
                printf '\\n%%s end %%s\\n' %1$s "$?"
                }
                main
                """.formatted(nonce, body);
        Execution execution = execute(nonce, script, new byte[0], limit, outputLimit + 4096);
        String text = new String(execution.stdout(), ISO_8859_1);
        int hello = text.indexOf(nonce + " hello ");
        if (hello < 0) {
            throw notStarted(execution);
        }
        int start = text.indexOf('\n', hello);
        String uid = start < 0
                ? ""
                : text.substring(hello + nonce.length() + 7, start).strip();
        if (!uid.matches("\\d{1,9}")) {
            throw new NodeException(Phase.PROBE, "%s does not tell as whom it runs scripts", target.name());
        }
        if (Integer.parseInt(uid) != 0) {
            throw notRoot(Integer.parseInt(uid));
        }
        Matcher end = Pattern.compile("\\n" + nonce + " end (\\d{1,3})\\n").matcher(text);
        if (!end.find(start)) {
            throw new NodeException(
                    Phase.PROBE,
                    "the script on %s did not end: %s",
                    target.name(),
                    execution.ended() != null
                            ? Clean.line(execution.ended(), 200)
                            : "it took longer than %d s, or its output was lost".formatted(limit.toSeconds()));
        }
        // The line feed before our last line is ours.
        String output = text.substring(start + 1, Math.max(start + 1, end.start()));
        return new Answer(Integer.parseInt(end.group(1)), new String(output.getBytes(ISO_8859_1), UTF_8));
    }

    /**
     * Runs probes' commands side by side, as one script that changes nothing.
     *
     * @param time the controller's clock, that the node's is compared with
     */
    Readings collect(Collection<Shape> shapes, Clock time) throws NodeException {
        CollectScript script = CollectScript.of(shapes);
        Instant before = time.instant();
        long start = System.nanoTime();
        Execution execution =
                execute(script.nonce(), script.text(), script.marker(), script.limit(), script.outputLimit());
        Frames frames = Frames.parse(script, execution.stdout());
        if (frames.uid().isEmpty()) {
            throw notStarted(execution);
        }
        if (frames.uid().get() != 0) {
            throw notRoot(frames.uid().get());
        }
        if (frames.trouble() != null) {
            throw new NodeException(
                    Phase.PROBE,
                    "%s%s",
                    frames.trouble(),
                    execution.ended() == null ? "" : " (" + Clean.line(execution.ended(), 200) + ")");
        }
        return new Readings(frames.answers(), offset(frames, execution, start, before), before, login());
    }

    /** As {@link #collect}, for whoever reads probes from it. */
    public Source read(Collection<Shape> shapes, Clock time) throws NodeException {
        return collect(shapes, time);
    }

    /** How this session got in. */
    public LoginUsed login() {
        return new LoginUsed(connection.user(), connection.byKey());
    }

    /** The address that was reached. */
    public String address() {
        return connection.address();
    }

    @Override
    public void close() {
        connection.close();
    }

    private Execution execute(String nonce, String script, byte[] marker, Duration limit, long outputLimit)
            throws NodeException {
        String password = become == Become.SUDO_WITH_PASSWORD && sudoPassword.isPresent()
                ? sudoPassword.get().reveal() + "\n"
                : "";
        byte[] input = (password + nonce + "\n" + script).getBytes(UTF_8);
        return connection.execute(new Command(
                become.commandLine(nonce, limit.toSeconds() + 10), input, marker, outputLimit, limit.plus(GRACE)));
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

    private NodeException notRoot(int uid) {
        return new NodeException(
                Phase.BECOME,
                "logged in as %s, who is not root (user id %d): use -b to become root with sudo, or -u root",
                connection.user(),
                uid);
    }

    private NodeException notStarted(Execution execution) {
        String said = new String(execution.stderr(), UTF_8);
        if (said.contains("sudo")) {
            return sudoTrouble(said);
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
    private void tryPassword() throws NodeException {
        Execution execution = connection.execute(new Command(
                "sudo -k -S -p \"\" -- /bin/true",
                (sudoPassword.map(Secret::reveal).orElse("") + "\n").getBytes(UTF_8),
                new byte[0],
                64 * 1024,
                GRACE));
        if (execution.exit().isEmpty() || execution.exit().getAsInt() != 0) {
            throw execution.ended() != null
                    ? new NodeException(
                            Phase.BECOME, "sudo did not answer on %s: %s", target.name(), Clean.line(execution.ended()))
                    : sudoTrouble(new String(execution.stderr(), UTF_8));
        }
    }

    private NodeException sudoTrouble(String said) {
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
