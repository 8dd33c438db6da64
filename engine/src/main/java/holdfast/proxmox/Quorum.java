package holdfast.proxmox;

import holdfast.probe.Output;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * corosync's own count, as one member sees it ({@code corosync-quorumtool -s}).
 *
 * @param quorate whether this member's partition has quorum
 * @param ringId changes at each change of membership; members of one partition share it
 * @param expected the votes that corosync expects: configured, or lowered by {@code pvecm expected}
 * @param highestExpected never shrinks by itself
 * @param total the votes present in this partition, the QDevice's among them
 * @param needed how many votes make a quorum
 * @param flags such as {@code Quorate}, {@code 2Node}, {@code Qdevice}
 * @param members the partition's members
 */
public record Quorum(
        boolean quorate,
        String ringId,
        int expected,
        int highestExpected,
        int total,
        int needed,
        List<String> flags,
        List<Voter> members) {

    /** A line of the membership table; id 0 is the QDevice. */
    public record Voter(int id, int votes, Optional<String> device, String name, boolean local) {}

    /** corosync is not running or its IPC failed: exit status 1. Never taken for "not quorate". */
    public static final Probe<Quorum> PROBE = Probe.any(
            "cluster.quorum",
            "if ! command -v corosync-quorumtool >/dev/null; then echo 'corosync-quorumtool is not installed' >&2; exit 127; fi\n"
                    + "corosync-quorumtool -s",
            Duration.ofSeconds(6),
            Quorum::read);

    private static final Pattern FIELD = Pattern.compile("^([A-Z][A-Za-z ]+):\\s*(.*)$");
    private static final Pattern VOTER = Pattern.compile(
            "^\\s*(0x[0-9a-fA-F]{1,8}|\\d{1,9})\\s+(\\d{1,6})(?:\\s+(NR|(?:A|NA),(?:V|NV),(?:MW|NMW)))?\\s+(\\S.*)$");

    public Quorum {
        flags = List.copyOf(flags);
        members = List.copyOf(members);
    }

    /** How many more votes may go before quorum is lost; negative when it is lost already. */
    public int margin() {
        return total - needed;
    }

    /** Whether a QDevice is configured and registered. */
    public boolean device() {
        return flags.contains("Qdevice");
    }

    static Reading<Quorum> read(Output output) {
        // 0: quorate, 2: not quorate, anything else: an error (corosync, tools/corosync-quorumtool.c).
        if (output.exit() != 0 && output.exit() != 2) {
            return Reading.unknown("corosync does not answer: %s", output.complaint());
        }
        Quorum quorum = parse(output.stdout());
        if (quorum.quorate() != (output.exit() == 0)) {
            return Reading.unknown(
                    "corosync-quorumtool says Quorate: %s and exits with %d",
                    quorum.quorate() ? "Yes" : "No", output.exit());
        }
        return Reading.known(quorum);
    }

    /** @throws IllegalArgumentException when a field is missing: a cut-off answer is no answer */
    static Quorum parse(String text) {
        Fields fields = new Fields(new java.util.HashMap<>());
        List<Voter> voters = new ArrayList<>();
        boolean table = false;
        for (String line : text.split("\n", -1)) {
            if (line.strip().startsWith("Nodeid")) {
                table = true;
            } else if (table) {
                Matcher voter = VOTER.matcher(line);
                if (voter.matches()) {
                    voters.add(voter(voter));
                }
            } else {
                Matcher field = FIELD.matcher(line);
                if (field.matches()) {
                    fields.values().put(field.group(1), field.group(2).strip());
                }
            }
        }
        // The table is the end of the text: it must be whole, line by line.
        long rows = voters.stream().filter(voter -> voter.id() != 0).count();
        String flags = fields.text("Flags");
        // Where only this member's client is gone, the row stays, with no votes, and the flag does not.
        boolean device = !flags.contains("Qdevice") || voters.stream().anyMatch(voter -> voter.id() == 0);
        if (rows == 0 || rows != fields.number("Nodes") || !device || !text.endsWith("\n")) {
            throw new IllegalArgumentException("the membership table is not complete");
        }
        if (rows > CorosyncConf.MEMBER_LIMIT
                || voters.stream().map(Voter::id).distinct().count() != voters.size()) {
            throw new IllegalArgumentException("the membership table lists more than corosync can have");
        }
        return new Quorum(
                fields.text("Quorate").equals("Yes"),
                fields.text("Ring ID"),
                fields.number("Expected votes"),
                fields.number("Highest expected"),
                fields.number("Total votes"),
                fields.number("Quorum"),
                flags.isEmpty() ? List.of() : List.of(flags.split("\\s+")),
                voters);
    }

    private static Voter voter(Matcher row) {
        String name = row.group(4).strip();
        boolean local = name.endsWith("(local)");
        return new Voter(
                Integer.decode(row.group(1)),
                Integer.parseInt(row.group(2)),
                Optional.ofNullable(row.group(3)),
                // Without the blanks before it: looking for them would take a hostile line's length squared.
                name.replaceFirst("\\((local|votes \\d{1,9})\\)$", "").stripTrailing(),
                local);
    }

    private record Fields(java.util.Map<String, String> values) {
        String text(String name) {
            String value = values.get(name);
            if (value == null) {
                throw new IllegalArgumentException("'" + name + "' is missing");
            }
            return value;
        }

        int number(String name) {
            Matcher digits = Pattern.compile("^(\\d{1,9})\\b").matcher(text(name));
            if (!digits.find()) {
                throw new IllegalArgumentException("'" + name + "' is not a number");
            }
            return Integer.parseInt(digits.group(1));
        }
    }
}
