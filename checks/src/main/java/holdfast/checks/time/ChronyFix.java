package holdfast.checks.time;

import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.change.ServiceUnit;
import holdfast.policy.Policy;
import holdfast.probe.Reading;
import holdfast.text.HostName;
import holdfast.text.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The one way to a synchronised clock: chrony, alone, with the policy's servers where it follows no other. */
public final class ChronyFix {

    /** chronyd reads it as its own user, after it has given up root. */
    public static final String FILE = TimeState.SOURCES + "/holdfast.sources";

    private static final String CHRONY = "chrony.service";

    /** One question each two seconds at first (iburst); a slow or distant server needs more than one burst. */
    private static final Duration SETTLE = Duration.ofMinutes(3);

    private static final Duration SERVICE = Duration.ofSeconds(40);

    /** Two packages at most, from a mirror that may be slow. */
    private static final Duration INSTALL = Duration.ofMinutes(3);

    /** The others: at most one of them is installed, since their packages conflict. */
    private static final List<String> OTHERS = List.of("systemd-timesyncd", "ntpsec", "ntp", "openntpd");

    private static final String APT = "apt-get -qq -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold";

    /**
     * Debian's configuration lets chrony step the clock in its first three updates, and HA and Ceph take a step on a
     * member for a fault: there it may only slew (chronyc(1) makestep, no updates).
     */
    private static final String SLEW = "{ [ ! -e /etc/corosync/corosync.conf ] || chronyc makestep 1 0 >/dev/null; }";

    /**
     * Simulated first: whatever else apt would remove for it stops the fix. An update that fails does not: one
     * repository without a subscription is enough for that, and Debian's own are read all the same.
     */
    private static final String INSTALL_COMMAND = """
            export LC_ALL=C DEBIAN_FRONTEND=noninteractive
            apt-cache policy chrony | grep -q 'Candidate: [^(]' || @APT@ update
            plan=$(@APT@ -s --no-install-recommends --no-upgrade install chrony) || exit 1
            printf '%s\\n' "$plan" | awk '$1 == "Remv" && $2 !~ /^(systemd-timesyncd|ntp|ntpsec|openntpd)$/ { print "apt would remove " $2; bad = 1 } END { exit bad }' || exit 1
            @APT@ -y --no-install-recommends --no-upgrade install chrony || exit 1
            systemctl unmask -q chrony.service && systemctl enable -q chrony.service && systemctl start chrony.service && @SLEW@""".replace("@APT@", APT).replace("@SLEW@", SLEW);

    /**
     * The values of the template.
     *
     * @param servers host names or addresses, at least one
     */
    public record Sources(List<HostName> servers) {
        public Sources {
            servers = List.copyOf(servers);
        }
    }

    private final TimeState facts;
    private final List<String> servers;
    private final List<Change> changes = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private ChronyFix(TimeState facts, List<String> servers) {
        this.facts = facts;
        this.servers = servers;
    }

    static Remedy of(TimeState facts, Policy policy) {
        for (String server : policy.time().servers()) {
            if (!Names.isHost(server)) {
                return Remedy.refused(
                        "time.servers holds '%s', which is neither a host name nor an address".formatted(server),
                        "correct time.servers in the policy");
            }
        }
        return new ChronyFix(facts, policy.time().servers()).remedy();
    }

    private Remedy remedy() {
        if (facts.chrony().installed()) {
            Optional<Remedy> refused = keepAlone();
            if (refused.isPresent()) {
                return refused.get();
            }
        } else {
            install();
        }
        notes.add(
                "on a cluster's member chrony slews, at most 5 seconds a minute: a clock that is more than 15 seconds off is not there in time, and the fix is taken back");
        Remedy.Steps steps = Remedy.steps(changes.toArray(Change[]::new)).settlingWithin(SETTLE);
        for (String note : notes) {
            steps = steps.noting("%s", note);
        }
        return steps;
    }

    /** chrony is there: the others stop, it runs, and it gets servers where it follows none. */
    private Optional<Remedy> keepAlone() {
        ServiceUnit chrony = facts.units().getOrDefault("chrony", new ServiceUnit(CHRONY, "", "", "", false));
        boolean runs = facts.active().contains("chrony");
        if (runs && !follows() && servers.isEmpty()) {
            return Optional.of(Remedy.refused(
                    "chrony runs and cannot reach or trust its sources, and the policy names no others",
                    "name servers in the policy: time.servers",
                    "or open UDP 123 to the sources that it has: chronyc -n sources"));
        }
        if (!follows() && !servers.isEmpty()) {
            switch (facts.chrony().readsSources()) {
                case Reading.Unknown<Boolean>(var why) -> {
                    return Optional.of(Remedy.refused(
                            "chronyd does not accept its own configuration: " + why,
                            "mend the line that it names: chronyd -p"));
                }
                case Reading.Known<Boolean>(var reads)
                when !reads && runs -> {
                    return Optional.of(Remedy.refused(
                            "chrony's configuration does not read %s, so a file there would change nothing"
                                    .formatted(TimeState.SOURCES),
                            "add the line 'sourcedir %s' to /etc/chrony/chrony.conf".formatted(TimeState.SOURCES),
                            "systemctl restart chrony"));
                }
                case Reading.Known<Boolean>(var reads)
                when !reads ->
                    notes.add(
                            "chrony's configuration does not read %s: it starts with its own sources, without time.servers"
                                    .formatted(TimeState.SOURCES));
                case Reading.Known<Boolean>(var reads) -> sources(runs);
            }
        }
        for (String daemon : facts.active()) {
            ServiceUnit other = facts.units().get(daemon);
            if (other != null && !daemon.equals("chrony")) {
                changes.add(other.stop(SERVICE));
            }
        }
        if (!runs) {
            Change.Run start = chrony.start(SERVICE);
            changes.add(new Change.Run(
                    start.command() + " && " + SLEW, start.purpose(), start.undo(), start.touches(), start.limit()));
        }
        return Optional.empty();
    }

    /** chronyd answers "200 OK" to a file that it cannot use, so the file is tried alone before. */
    private void sources(boolean runs) {
        changes.add(new Change.WriteFile(
                FILE,
                "time/holdfast.sources",
                new Sources(servers.stream().map(HostName::new).toList())));
        changes.add(new Change.Validate("chronyd -p -f %s >/dev/null".formatted(FILE), "the new time sources"));
        changes.add(new Change.Validate("chronyd -p >/dev/null", "chrony's configuration as a whole"));
        if (runs) {
            changes.add(new Change.Reload(SLEW + " && chronyc reload sources", "let chrony read its sources anew"));
        }
    }

    /** Debian's package enables and starts the service, and apt removes the daemon that it conflicts with. */
    private void install() {
        List<String> replaced = OTHERS.stream()
                .filter(name -> "installed".equals(facts.chrony().packages().get(name)))
                .toList();
        if (!servers.isEmpty()) {
            // A directory that does not exist yet: the package adopts it.
            changes.add(new Change.WriteFile(
                    FILE,
                    "time/holdfast.sources",
                    new Sources(servers.stream().map(HostName::new).toList())));
        } else {
            notes.add(
                    "the policy names no time.servers: chrony starts with Debian's pool, which needs UDP 123 to the internet");
        }
        changes.add(new Change.Run(
                INSTALL_COMMAND,
                replaced.isEmpty() ? "install chrony" : "install chrony in the place of " + String.join(", ", replaced),
                uninstall(replaced),
                List.of(),
                INSTALL));
        notes.add("packages come from the node's own sources; nothing but a time daemon may be removed");
        if (!replaced.isEmpty()) {
            notes.add("an undo installs %s again, from the same sources".formatted(String.join(", ", replaced)));
        }
    }

    private String uninstall(List<String> replaced) {
        // What was there before the installation stays: the configuration of a chrony that was removed once.
        boolean left = "config-files".equals(facts.chrony().packages().get("chrony"));
        // An installation that was cut off in the middle is ended first: apt does nothing before that.
        StringBuilder undo = new StringBuilder(
                "export LC_ALL=C DEBIAN_FRONTEND=noninteractive; dpkg --force-confold --configure -a && ");
        if (replaced.isEmpty()) {
            return undo.append(APT)
                    .append(left ? " -y remove chrony" : " -y purge chrony")
                    .toString();
        }
        undo.append(APT)
                .append(left ? " -y" : " -y --purge")
                .append(" --no-install-recommends install ")
                .append(String.join(" ", replaced));
        for (String name : replaced) {
            ServiceUnit unit = facts.units().get(name);
            if (unit != null) {
                undo.append(" && ").append(unit.restore());
            }
        }
        return undo.toString();
    }

    private boolean follows() {
        return facts.answers().get("chrony") instanceof Reading.Known<TimeState.Answer>(var answer)
                && answer.synchronised();
    }
}
