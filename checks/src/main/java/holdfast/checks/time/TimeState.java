package holdfast.checks.time;

import holdfast.change.ServiceUnit;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.text.Measurement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The time daemons of a node and what the running ones say of themselves.
 *
 * @param active the daemons that run, by their packages' names
 * @param masked the daemons whose units are masked
 * @param units each daemon's unit, by the package's name
 * @param chrony whether chrony is there, and what its configuration reads
 * @param answers what each running daemon said, or why it did not answer
 * @param kernelSynchronized the kernel's own flag, as timedatectl tells it: sticky, and silent about the offset
 */
record TimeState(
        List<String> active,
        List<String> masked,
        Map<String, ServiceUnit> units,
        Chrony chrony,
        Map<String, Reading<Answer>> answers,
        Optional<Boolean> kernelSynchronized) {

    /**
     * One daemon's word.
     *
     * @param synchronised whether it follows a source other than its own clock
     * @param offsetMillis how far the clock is from that source; empty where the daemon does not say
     * @param source the source's name or address
     * @param detail what is wrong, or how it is known
     */
    record Answer(boolean synchronised, OptionalDouble offsetMillis, String source, String detail) {}

    /**
     * chrony as a package, whether its daemon runs or not.
     *
     * @param installed whether its daemon is there
     * @param packages the packages of time daemons that dpkg knows and their state, {@code installed} or
     *     {@code config-files}; only read where chrony is not installed
     * @param readsSources whether its configuration, with everything that it includes, reads {@link #SOURCES};
     *     unknown where chronyd itself does not accept it
     */
    record Chrony(boolean installed, Map<String, String> packages, Reading<Boolean> readsSources) {
        Chrony {
            packages = Map.copyOf(packages);
        }
    }

    /** The directory of source files that Debian's chrony.conf names; "chronyc reload sources" reads it anew. */
    static final String SOURCES = "/etc/chrony/sources.d";

    private static final Map<String, String> DAEMONS = new TreeMap<>(Map.of(
            "chrony.service", "chrony",
            "systemd-timesyncd.service", "systemd-timesyncd",
            "ntpsec.service", "ntpsec",
            "ntp.service", "ntp",
            "openntpd.service", "openntpd"));

    /** Only the tools of daemons that run are asked: the others would only say that they cannot connect. */
    static final Probe<TimeState> PROBE = Probe.command(
            "time.state",
            Sections.SHELL + """
                    command -v systemctl >/dev/null || { echo 'systemctl is not installed: the time daemons cannot be listed' >&2; exit 127; }
                    # What a fix needs to know. "chronyd -p" prints the merged configuration and ends (chronyd(8)).
                    section chronyd command -v chronyd
                    if command -v chronyd >/dev/null; then section chrony-config timeout 4 chronyd -p
                    else section packages dpkg-query -W -f '${Package} ${db:Status-Status}\\n' chrony systemd-timesyncd ntpsec ntp openntpd; fi
                    section wanted ls -1 /etc/systemd/system/multi-user.target.wants /etc/systemd/system/sysinit.target.wants
                    units=$(systemctl show -p Id,LoadState,ActiveState,UnitFileState chrony.service systemd-timesyncd.service ntpsec.service ntp.service openntpd.service) || exit 1
                    section units printf '%s\\n' "$units"
                    runs() { printf '%s\\n' "$units" | awk -v id="Id=$1" '$0 == "" { hit = 0 } $0 == id { hit = 1 } hit && $0 == "ActiveState=active" { found = 1 } END { exit !found }'; }
                    section timedatectl timeout 4 timedatectl show -p NTPSynchronized
                    section now date +%s
                    if runs chrony.service; then
                        section chrony-tracking timeout 4 chronyc -c -n tracking
                        section chrony-sources timeout 4 chronyc -c -n sources
                    fi
                    if runs systemd-timesyncd.service; then
                        section timesyncd timeout 4 timedatectl show-timesync
                        # Touched at each synchronisation (systemd-timesyncd.service(8)); absent before the first.
                        if [ -e /run/systemd/timesync/synchronized ]; then section timesyncd-last stat -c %Y /run/systemd/timesync/synchronized; fi
                    fi
                    if runs ntpsec.service || runs ntp.service; then
                        section ntp-rv timeout 4 ntpq -c rv
                        section ntp-peers timeout 4 ntpq -pn
                    fi
                    if runs openntpd.service; then section openntpd timeout 4 ntpctl -s status; fi
                    """,
            Duration.ofSeconds(15),
            output -> parse(Sections.parse(output.stdout())));

    TimeState {
        active = List.copyOf(active);
        masked = List.copyOf(masked);
        units = Map.copyOf(units);
        answers = Map.copyOf(answers);
    }

    static TimeState parse(Sections sections) {
        List<String> active = new ArrayList<>();
        List<String> masked = new ArrayList<>();
        Map<String, ServiceUnit> found = new TreeMap<>();
        List<String> wanted = sections.section("wanted").stream()
                .flatMap(section -> section.text().lines())
                .map(String::strip)
                .toList();
        String units = sections.section("units")
                .map(Sections.Section::text)
                .orElseThrow(() -> new IllegalArgumentException("systemctl show gave no answer"));
        for (String unit : units.split("\n\n")) {
            String id = value(unit, "Id").orElse("");
            String daemon = DAEMONS.get(id);
            if (daemon == null) {
                continue;
            }
            found.put(
                    daemon,
                    new ServiceUnit(
                            id,
                            value(unit, "LoadState").orElse(""),
                            value(unit, "ActiveState").orElse(""),
                            value(unit, "UnitFileState").orElse(""),
                            wanted.contains(id)));
            // ntp.service is an alias of ntpsec.service on Debian 12 and later: the Id tells them apart.
            if (value(unit, "ActiveState").equals(Optional.of("active")) && !active.contains(daemon)) {
                active.add(daemon);
            }
            if (value(unit, "UnitFileState").orElse("").startsWith("masked")) {
                masked.add(daemon);
            }
        }
        double now = sections.section("now")
                .map(section -> Double.parseDouble(section.text().strip()))
                .orElseThrow(() -> new IllegalArgumentException("the node's time is missing"));
        Map<String, Reading<Answer>> answers = new TreeMap<>();
        for (String daemon : active) {
            answers.put(
                    daemon,
                    switch (daemon) {
                        case "chrony" -> chrony(sections, now);
                        case "systemd-timesyncd" -> timesyncd(sections);
                        case "openntpd" -> openntpd(sections);
                        default -> ntp(sections);
                    });
        }
        return new TimeState(
                active,
                masked,
                found,
                chrony(sections),
                answers,
                sections.section("timedatectl")
                        .flatMap(section -> value(section.text(), "NTPSynchronized"))
                        .map("yes"::equals));
    }

    private static final Pattern PACKAGE = Pattern.compile("([a-z0-9-]+) (installed|config-files)");

    private static Chrony chrony(Sections sections) {
        Map<String, String> packages = new TreeMap<>();
        // dpkg-query fails when it does not know one of them, and tells of the others all the same.
        sections.section("packages").stream()
                .flatMap(section -> section.text().lines())
                .map(PACKAGE::matcher)
                .filter(Matcher::matches)
                .forEach(match -> packages.put(match.group(1), match.group(2)));
        return new Chrony(
                sections.section("chronyd").filter(Sections.Section::ok).isPresent(),
                packages,
                sections.text("chrony-config")
                        .then(text -> Reading.known(text.lines()
                                .map(line -> List.of(line.strip().split("\\s+")))
                                .filter(words -> words.get(0).equalsIgnoreCase("sourcedir"))
                                .anyMatch(words -> words.contains(SOURCES) || words.contains(SOURCES + "/")))));
    }

    /** chronyc(1) tracking as CSV: 14 fields, the offset in seconds. */
    static Reading<Answer> chrony(Sections sections, double now) {
        Sections.Section tracking = sections.section("chrony-tracking").orElse(new Sections.Section("", 1));
        String[] fields = tracking.text().strip().split(",", -1);
        if (!tracking.ok() || fields.length < 14) {
            return unanswered("chronyc", tracking);
        }
        double offset = Math.abs(Double.parseDouble(fields[4])) * 1e3;
        String reference = fields[0].toUpperCase(Locale.ROOT);
        String source = fields[1].isEmpty() ? reference : fields[1];
        if (fields[13].equals("Not synchronised") || reference.equals("00000000")) {
            return Reading.known(new Answer(false, OptionalDouble.empty(), "", "chrony says: Not synchronised"));
        }
        // 127.127.1.1 is chrony's own clock ("local" directive): it follows nobody.
        if (reference.equals("7F7F0101")) {
            return Reading.known(new Answer(
                    false, OptionalDouble.empty(), "", "chrony follows only its own local clock (7F7F0101)"));
        }
        Sections.Section sources = sections.section("chrony-sources").orElse(new Sections.Section("", 1));
        if (!sources.ok()) {
            return unanswered("chronyc sources", sources);
        }
        boolean selected = sources.text().lines().anyMatch(line -> line.matches("[\\^=#],\\*,.*"));
        if (!selected) {
            return Reading.known(
                    new Answer(false, OptionalDouble.of(offset), source, "chrony has selected none of its sources"));
        }
        double age = now - Double.parseDouble(fields[3]);
        double interval = Double.parseDouble(fields[12]);
        if (age > Math.max(3600, 4 * interval)) {
            return Reading.known(new Answer(
                    false,
                    OptionalDouble.of(offset),
                    source,
                    "chrony's last update from %s is %.0f minutes old".formatted(source, age / 60)));
        }
        return Reading.known(new Answer(true, OptionalDouble.of(offset), source, "chronyc tracking"));
    }

    /** timedatectl show-timesync: the last packet from the server tells the offset only indirectly. */
    static Reading<Answer> timesyncd(Sections sections) {
        Sections.Section section = sections.section("timesyncd").orElse(new Sections.Section("", 1));
        if (!section.ok()) {
            return unanswered("timedatectl show-timesync", section);
        }
        String server = value(section.text(), "ServerAddress").orElse("");
        String message = value(section.text(), "NTPMessage").orElse("");
        boolean synced = sections.section("timedatectl")
                .flatMap(answer -> value(answer.text(), "NTPSynchronized"))
                .equals(Optional.of("yes"));
        if (server.isEmpty() || message.isEmpty()) {
            return Reading.known(new Answer(
                    false, OptionalDouble.empty(), server, "systemd-timesyncd has no answer from any server"));
        }
        if (!synced) {
            return Reading.known(new Answer(
                    false, OptionalDouble.empty(), server, "the kernel says that the clock is not synchronised"));
        }
        // The kernel's flag and the last message stay when the server is gone.
        double now = sections.section("now")
                .map(answer -> Double.parseDouble(answer.text().strip()))
                .orElseThrow(() -> new IllegalArgumentException("the node's time is missing"));
        Optional<Double> answered = sections.section("timesyncd-last")
                .filter(Sections.Section::ok)
                .map(answer -> Double.parseDouble(answer.text().strip()));
        if (answered.isEmpty()) {
            return Reading.known(new Answer(
                    false, OptionalDouble.empty(), server, "systemd-timesyncd has not synchronised since it started"));
        }
        if (now - answered.get() > TIMESYNCD_SILENT_SECONDS) {
            return Reading.known(new Answer(
                    false,
                    OptionalDouble.empty(),
                    server,
                    "the last synchronisation with %s was %s minutes ago"
                            .formatted(server, Measurement.of("%.0f", (now - answered.get()) / 60))));
        }
        return Reading.known(new Answer(true, OptionalDouble.empty(), server, "timedatectl show-timesync"));
    }

    /** Three times the longest interval between two questions: PollIntervalMaxSec is 2048 s (timesyncd.conf(5)). */
    private static final double TIMESYNCD_SILENT_SECONDS = 3 * 2048;

    private static final Pattern NTP_OFFSET = Pattern.compile("\\boffset=([-+]?\\d+(?:\\.\\d+)?)");

    /** ntpq(1): the system variables, offset in milliseconds, and a peer that is marked as selected. */
    static Reading<Answer> ntp(Sections sections) {
        Sections.Section variables = sections.section("ntp-rv").orElse(new Sections.Section("", 1));
        Sections.Section peers = sections.section("ntp-peers").orElse(new Sections.Section("", 1));
        if (!variables.ok()
                || variables.text().contains("Connection refused")
                || !variables.text().contains("leap")) {
            return unanswered("ntpq", variables);
        }
        Optional<String> peer = peers.text()
                .lines()
                .filter(line -> line.startsWith("*") || line.startsWith("o"))
                .map(line -> line.substring(1).strip().split("\\s+")[0])
                .findFirst();
        Matcher offset = NTP_OFFSET.matcher(variables.text());
        OptionalDouble millis = offset.find()
                ? OptionalDouble.of(Math.abs(Double.parseDouble(offset.group(1))))
                : OptionalDouble.empty();
        if (!variables.text().contains("leap_none") && !variables.text().contains("leap=00")) {
            return Reading.known(new Answer(
                    false, OptionalDouble.empty(), "", "ntpd says that its clock is not synchronised (leap alarm)"));
        }
        if (peer.isEmpty() || peer.get().startsWith("127.127.1.") || peer.get().startsWith("LOCAL")) {
            return Reading.known(new Answer(false, millis, "", "ntpd has selected no peer"));
        }
        return Reading.known(new Answer(true, millis, peer.get(), "ntpq -c rv"));
    }

    private static final Pattern OPENNTPD_OFFSET = Pattern.compile("clock offset is ([-+]?\\d+(?:\\.\\d+)?)ms");

    /** ntpctl(8): "clock synced" or "clock unsynced"; an offset only while it is worth telling. */
    static Reading<Answer> openntpd(Sections sections) {
        Sections.Section section = sections.section("openntpd").orElse(new Sections.Section("", 1));
        if (!section.ok()) {
            return unanswered("ntpctl", section);
        }
        Matcher offset = OPENNTPD_OFFSET.matcher(section.text());
        return section.text().contains("clock synced")
                ? Reading.known(new Answer(
                        true,
                        offset.find()
                                ? OptionalDouble.of(Math.abs(Double.parseDouble(offset.group(1))))
                                : OptionalDouble.empty(),
                        "its peers",
                        "ntpctl -s status"))
                : Reading.known(new Answer(false, OptionalDouble.empty(), "", "openntpd says: clock unsynced"));
    }

    private static Reading<Answer> unanswered(String tool, Sections.Section section) {
        String said = section.text()
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse("no answer");
        return Reading.unknown("%s: %s", tool, said);
    }

    private static Optional<String> value(String text, String key) {
        return text.lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1).strip())
                .findFirst();
    }
}
