package holdfast.lab.access;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A small cluster in which nobody has reason to complain: two administrators with a second factor and recovery keys, a
 * group of operators with rights on a pool, realms that ask for a second factor, and one separated token that says whose
 * it is, what for and since when, and ends in sixty days.
 */
public final class HealthyAccess {

    /** The second administrator, beside {@code root@pam}. */
    public static final String ADMINISTRATOR = "anna.admin@pve";

    /** The one token. */
    public static final String TOKEN = "monitoring@pve!metrics";

    private HealthyAccess() {}

    /**
     * The files by their paths on a node: what a cluster shares below {@code /etc/pve}, and a node's own access log.
     *
     * @param now when the node starts
     */
    public static SortedMap<String, String> files(Instant now) {
        AccessFiles files = new AccessFiles();
        Instant second = Instant.ofEpochSecond(now.getEpochSecond());
        files.user("root@pam", true, 0, "", "", "root@example.invalid", "");
        files.user(ADMINISTRATOR, true, 0, "Anna", "Admin", "anna@example.invalid", "");
        files.user("olga.operator@pve", true, 0, "Olga", "Operator", "olga@example.invalid", "");
        files.user("otto.operator@pve", true, 0, "Otto", "Operator", "otto@example.invalid", "");
        files.user("monitoring@pve", true, 0, "", "", "", "service: reads figures");
        files.group("operators", "olga.operator@pve", "otto.operator@pve");
        files.pool("production", "What earns money", List.of(100, 101, 102), List.of("local-lvm"));
        files.token(
                "monitoring@pve",
                "metrics",
                second.plus(Duration.ofDays(60)).getEpochSecond(),
                true,
                "owner=ops purpose=monitoring created="
                        + LocalDate.ofInstant(second.minus(Duration.ofDays(20)), ZoneOffset.UTC));
        files.right("/", "Administrator", ADMINISTRATOR);
        files.right("/pool/production", "PVEVMUser", "@operators");
        files.right("/pool/production", "PVEAuditor", "monitoring@pve", TOKEN);
        long enrolled = second.minus(Duration.ofDays(100)).getEpochSecond();
        for (String person : List.of("root@pam", ADMINISTRATOR, "olga.operator@pve", "otto.operator@pve")) {
            files.factors(
                    person,
                    "{\"totp\":[%s],\"recovery\":%s}"
                            .formatted(
                                    AccessFiles.totp(person, enrolled, true),
                                    AccessFiles.recovery(person, enrolled, 10)));
        }
        int minutes = 600;
        for (String who : List.of(TOKEN, ADMINISTRATOR, "olga.operator@pve", "otto.operator@pve", TOKEN)) {
            files.logged(
                    second.minus(Duration.ofMinutes(minutes)),
                    "192.0.2.200",
                    who,
                    "GET /api2/json/cluster/resources",
                    200,
                    "1506");
            minutes -= 90;
        }
        SortedMap<String, String> all = new TreeMap<>();
        all.put("/etc/pve/user.cfg", files.userCfg());
        all.put("/etc/pve/domains.cfg", """
                pam: pam
                \tcomment Linux PAM standard authentication
                \ttfa type=oath

                pve: pve
                \tcomment Proxmox VE authentication server
                \tdefault 1
                \ttfa type=oath

                """);
        all.put("/etc/pve/datacenter.cfg", "keyboard: en-us\nmac_prefix: BC:24:11\n");
        all.put("/etc/pve/priv/token.cfg", files.tokenCfg());
        all.put("/etc/pve/priv/shadow.cfg", files.shadowCfg());
        all.put("/etc/pve/priv/tfa.cfg", files.tfaCfg());
        all.put("/var/log/pveproxy/access.log", files.accessLog());
        return all;
    }
}
