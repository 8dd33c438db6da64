package holdfast.access;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who used the API of one node, counted from {@code /var/log/pveproxy/access.log} and its rotated forms (pve-http-server,
 * AnyEvent.pm; Proxmox VE keeps about a week). The lines themselves stay on the node.
 *
 * @param uses a row for each user or token, address and day; the name {@code -} is for calls that were not let in
 * @param days the days that the log has a line of
 * @param cut whether there were more rows than are kept
 */
public record AccessLog(List<Use> uses, SortedSet<LocalDate> days, boolean cut) {

    /**
     * @param who a user or token id, or {@code -}
     * @param address where the calls came from; an IPv4 address without {@code ::ffff:}
     * @param calls how many
     * @param refused how many of them were answered with 401 or 403
     * @param first and last time of the day, {@code HH:MM:SS}, in the node's own time zone
     */
    public record Use(String who, String address, LocalDate day, long calls, long refused, String first, String last) {}

    private static final int ROWS = 4000;

    /**
     * One pass over the files; the month is a number there. gzip unpacks what logrotate packed. Only what looks like a
     * user's or token's id and like an address is told.
     */
    private static final String SHELL = """
            logs() { for f in /var/log/pveproxy/access.log /var/log/pveproxy/access.log.1; do [ ! -e "$f" ] || cat -- "$f" || return 1; done
            for f in /var/log/pveproxy/access.log.*.gz; do [ ! -e "$f" ] || gzip -dc -- "$f" || return 1; done; }
            [ -e /var/log/pveproxy/access.log ] || { echo '/var/log/pveproxy/access.log does not exist' >&2; exit 44; }
            { logs || echo '!failed'; } | LC_ALL=C awk '
            /^!failed$/ { bad=1; next }
            { if (!match($0, /^[0-9a-fA-F:.]+ - [^ ]+ \\[[0-9][0-9]\\/[0-9][0-9]\\/[0-9][0-9][0-9][0-9]:[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [^]]*\\] "/)) next
              a=$1; sub(/^::[fF][fF][fF][fF]:/, "", a); u=$3
              if (u != "-" && (length(u) > 200 || u !~ /^[^:\\/]+@[A-Za-z][A-Za-z0-9._!-]+$/)) next
              d=substr($4, 8, 4) "-" substr($4, 5, 2) "-" substr($4, 2, 2); t=substr($4, 13, 8)
              s=$(NF-1); seen[d]=1; k=u "\\t" a "\\t" d
              if (!(k in n)) { w=(u == "-"); if (rows[w] >= (w ? 1000 : %d)) { if (!w) cut=1; next } rows[w]++; min[k]=t; max[k]=t }
              n[k]++; if (s == 401 || s == 403) r[k]++
              if (t < min[k]) min[k]=t
              if (t > max[k]) max[k]=t }
            END { for (d in seen) print "day\\t" d
              for (k in n) print "use\\t" k "\\t" n[k] "\\t" (r[k]+0) "\\t" min[k] "\\t" max[k]
              if (cut) print "cut"
              if (bad) print "bad"
              print "end" }'
            """.formatted(ROWS);

    /** About a second for each hundred megabytes of log. */
    public static final Probe<AccessLog> PROBE = Probe.any(
            "access.log",
            SHELL,
            Duration.ofSeconds(20),
            output -> output.ok() ? parse(output.stdout()) : Reading.unknown("%s", output.complaint()));

    public AccessLog {
        uses = List.copyOf(uses);
        days = Collections.unmodifiableSortedSet(new TreeSet<>(days));
    }

    static Reading<AccessLog> parse(String text) {
        List<Use> uses = new ArrayList<>();
        NavigableSet<LocalDate> days = new TreeSet<>();
        boolean cut = false;
        boolean ended = false;
        for (String line : text.split("\n", -1)) {
            String[] field = line.split("\t", -1);
            switch (field[0]) {
                case "day" -> day(field[1]).ifPresent(days::add);
                case "use" ->
                    day(field[3])
                            .ifPresent(day -> uses.add(new Use(
                                    field[1],
                                    field[2],
                                    day,
                                    Long.parseLong(field[4]),
                                    Long.parseLong(field[5]),
                                    field[6],
                                    field[7])));
                case "cut" -> cut = true;
                case "bad" -> {
                    return Reading.unknown("a part of /var/log/pveproxy/access.log could not be read");
                }
                case "end" -> ended = true;
                default -> {}
            }
        }
        return ended
                ? Reading.known(new AccessLog(uses, days, cut))
                : Reading.unknown("the count of /var/log/pveproxy/access.log was cut off");
    }

    /** A line may have a day that is none, such as the 99th of a month: it is left out. */
    private static Optional<LocalDate> day(String text) {
        try {
            return Optional.of(LocalDate.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** How a user or token was used. */
    public List<Use> by(String who) {
        return uses.stream().filter(use -> use.who().equals(who)).toList();
    }

    /** Several members' logs as one. */
    public static AccessLog together(List<AccessLog> logs) {
        List<Use> uses = new ArrayList<>();
        NavigableSet<LocalDate> days = new TreeSet<>();
        boolean cut = false;
        for (AccessLog log : logs) {
            uses.addAll(log.uses());
            days.addAll(log.days());
            cut |= log.cut();
        }
        return new AccessLog(uses, days, cut);
    }

    /** The last day of each user and token that was let in at least once on it. */
    public Map<String, LocalDate> lastUse() {
        Map<String, LocalDate> last = new TreeMap<>();
        for (Use use : uses) {
            if (use.calls() > use.refused() && !use.who().equals("-")) {
                last.merge(use.who(), use.day(), (one, other) -> one.isAfter(other) ? one : other);
            }
        }
        return last;
    }

    /** The first day that the log tells of. */
    public Optional<LocalDate> since() {
        return days.isEmpty() ? Optional.empty() : Optional.of(days.first());
    }
}
