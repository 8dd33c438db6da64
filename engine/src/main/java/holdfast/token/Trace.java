package holdfast.token;

import holdfast.access.Subject;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Shell;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user or token did lately on one node: calls of the API ({@code /var/log/pveproxy/access.log}) and tasks
 * ({@code /var/log/pve/tasks/index}; pve-manager, pve-common Tools.pm {@code upid_decode}).
 *
 * @param calls oldest first, the last ones where there were more than are kept
 * @param tasks oldest first
 * @param cut whether there were more
 */
public record Trace(List<Call> calls, List<Task> tasks, boolean cut) {

    /**
     * @param request method and path, as the client sent them; three dots stand for what was behind a question mark
     * @param status of the answer
     */
    public record Call(Instant at, String address, String request, int status) {}

    /**
     * @param type such as {@code qmstart}
     * @param subject what it was about, such as a guest's number; may be empty
     * @param status {@code OK}, an error's text, or {@code running}
     */
    public record Task(Instant at, String node, String type, String subject, String status) {}

    private static final int KEPT = 2000;

    private static final String SHELL = """
            logs() { ls -1tr /var/log/pveproxy/access.log* 2>&1 | while read -r f; do
            case $f in *.gz) gzip -dc -- "$f" || echo '!failed' ;; /var/log/pveproxy/access.log*) cat -- "$f" || echo '!failed' ;; esac; done; }
            [ -e /var/log/pveproxy/access.log ] || { echo '/var/log/pveproxy/access.log does not exist' >&2; exit 44; }
            # What stands behind a question mark can be a ticket or a password: it stays on the node.
            # Through the environment: awk would take a backslash in a variable of its own for an escape.
            export id=@ID@
            logs | LC_ALL=C awk '/^!failed$/ { print "bad"; next } $3 == ENVIRON["id"] || index($3, ENVIRON["id"] "!") == 1 { i=index($0, "] \\""); r=substr($0, i); gsub(/[?][^ ]*/, "?...", r); print "call " substr($0, 1, i-1) r }' | tail -n @KEPT@
            for f in /var/log/pve/tasks/index.1 /var/log/pve/tasks/index /var/log/pve/tasks/active; do
            [ ! -e "$f" ] || LC_ALL=C awk '{ n=split($0, p, ":"); if (n >= 8 && p[1] == "UPID" && (p[8] == ENVIRON["id"] || index(p[8], ENVIRON["id"] "!") == 1)) print "task " $0 }' "$f" | tail -n @KEPT@ || exit 1
            done
            echo end
            """;

    private static final Pattern CALL = Pattern.compile(
            "call (?:::[fF]{4}:)?([0-9a-fA-F:.]+) - \\S+ \\[(\\d\\d/\\d\\d/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4})] \"(.*)\" (\\d{3}) \\S+");
    private static final Pattern TASK = Pattern.compile(
            "task UPID:([^:]+):[0-9A-Fa-f]+:[0-9A-Fa-f]+:([0-9A-Fa-f]{1,12}):([^:\\s]+):([^:\\s]*):[^:\\s]+:(?:\\s+(?:[0-9A-Fa-f]+|\\d)\\s*(.*))?");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MM/yyyy:HH:mm:ss Z", Locale.ROOT);

    public Trace {
        calls = List.copyOf(calls);
        tasks = List.copyOf(tasks);
    }

    /** @param who a token, or a user with all its tokens */
    public static Probe<Trace> probe(Subject who) {
        return Probe.any(
                "token.trace",
                SHELL.replace("@KEPT@", Integer.toString(KEPT)).replace("@ID@", Shell.quote(who.id())),
                Duration.ofSeconds(30),
                output -> output.ok() ? parse(output.stdout()) : Reading.unknown("%s", output.complaint()));
    }

    static Reading<Trace> parse(String text) {
        List<Call> calls = new ArrayList<>();
        List<Task> tasks = new ArrayList<>();
        boolean ended = false;
        for (String line : text.split("\n", -1)) {
            if (line.equals("bad")) {
                return Reading.unknown("a part of /var/log/pveproxy/access.log could not be read");
            }
            ended |= line.equals("end");
            Matcher call = CALL.matcher(line);
            Matcher task = TASK.matcher(line);
            try {
                if (call.matches()) {
                    calls.add(new Call(
                            OffsetDateTime.parse(call.group(2), TIME).toInstant(),
                            call.group(1),
                            call.group(3),
                            Integer.parseInt(call.group(4))));
                } else if (task.matches()) {
                    tasks.add(new Task(
                            Instant.ofEpochSecond(Long.parseLong(task.group(2), 16)),
                            task.group(1),
                            task.group(3),
                            task.group(4),
                            task.group(5) == null || task.group(5).isBlank()
                                    ? "running"
                                    : task.group(5).strip()));
                }
            } catch (DateTimeException e) {
                // A line with a time that is none tells nothing.
            }
        }
        calls.sort(Comparator.comparing(Call::at));
        tasks.sort(Comparator.comparing(Task::at));
        return ended
                ? Reading.known(new Trace(calls, tasks, calls.size() >= KEPT || tasks.size() >= KEPT))
                : Reading.unknown("the logs were cut off");
    }
}
