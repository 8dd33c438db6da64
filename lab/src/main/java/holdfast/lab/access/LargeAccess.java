package holdfast.lab.access;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A cluster that many people and programs use: 200 users, 60 tokens, groups, nested pools, five realms, and at least one
 * instance of every {@link AccessFault}. Whoever is not named as a culprit gives no cause: tokens that are separated, end in
 * 45 to 85 days, are younger than 60 days and say whose they are and what for; users with a right, a line in the log and,
 * where their realm knows passwords, a second factor with recovery keys.
 *
 * <p>The same moment gives the same files, byte for byte.
 */
public final class LargeAccess {

    public static final int USERS = 200;

    public static final int TOKENS = 60;

    /** In every planted secret, so that a test can look for it wherever it must not be. */
    public static final String SECRET = AccessFiles.SECRET;

    /**
     * Somebody who has a share of the cluster and nothing else.
     *
     * @param group whose members belong to it
     */
    public record Tenant(String name, String group, List<String> pools, List<String> storages) {
        public Tenant {
            pools = List.copyOf(pools);
            storages = List.copyOf(storages);
        }
    }

    private static final List<String> FIRST = List.of(
            "ada", "ben", "cleo", "dan", "edda", "finn", "gesa", "hugo", "ines", "jona", "kaja", "leif", "mara",
            "nils");

    private static final List<String> LAST = List.of(
            "ahrens", "brandt", "claus", "decker", "ebert", "frank", "gruber", "hansen", "ivens", "jung", "kraus",
            "lorenz");

    /** The groups of people who work here, and what they may do where. */
    private static final List<String> TEAMS = List.of("operators", "web", "database", "backup");

    private static final String OFFICE = "198.51.100.";

    private final AccessFiles files = new AccessFiles();
    private final Map<AccessFault, TreeSet<String>> culprits = new EnumMap<>(AccessFault.class);
    private final Instant now;
    private final int release;
    private final SplittableRandom random = new SplittableRandom(20261001);
    private int addresses;

    private LargeAccess(Instant now, int release) {
        this.now = Instant.ofEpochSecond(now.getEpochSecond());
        this.release = release;
    }

    /**
     * Works out the files.
     *
     * @param now the moment that ends, ages and log lines are seen from
     * @param release of Proxmox VE, 8 or 9: it decides which privileges are known
     */
    public static LargeAccess at(Instant now, int release) {
        if (release != 8 && release != 9) {
            throw new IllegalArgumentException("Proxmox VE 8 or 9, not " + release);
        }
        LargeAccess access = new LargeAccess(now, release);
        access.poolsAndTeams();
        access.rulers();
        access.shares();
        access.people();
        access.programs();
        access.rolesAndRemains();
        access.fillUp();
        access.settings();
        return access;
    }

    /** Who may be an administrator, for a policy. */
    public Set<String> administrators() {
        return Set.of("root@pam", "anna.admin@pve");
    }

    /** The tenants, for a policy. */
    public List<Tenant> tenants() {
        return List.of(
                new Tenant("acme", "tenant-acme", List.of("acme"), List.of("acme-disks")),
                new Tenant("umbra", "tenant-umbra", List.of("umbra", "umbra/test"), List.of("umbra-disks")));
    }

    /** Who or what has a fault; see each fault for how it is named. */
    public Set<String> culprits(AccessFault fault) {
        return Set.copyOf(culprits.getOrDefault(fault, new TreeSet<>()));
    }

    /** The files by their paths on a node: what a cluster shares below {@code /etc/pve}, and a node's own access log. */
    public SortedMap<String, String> files() {
        SortedMap<String, String> all = new TreeMap<>();
        all.put("/etc/pve/user.cfg", files.userCfg());
        all.put("/etc/pve/domains.cfg", domains());
        all.put("/etc/pve/datacenter.cfg", datacenter());
        all.put("/etc/pve/priv/token.cfg", files.tokenCfg());
        all.put("/etc/pve/priv/shadow.cfg", files.shadowCfg());
        all.put("/etc/pve/priv/tfa.cfg", files.tfaCfg());
        all.put("/etc/pve/priv/realm/corp.pw", SECRET + "-bind-corp\n");
        all.put("/etc/pve/priv/realm/ads.pw", SECRET + "-bind-ads\n");
        all.put("/var/log/pveproxy/access.log", files.accessLog());
        return all;
    }

    private void culprit(AccessFault fault, String... who) {
        culprits.computeIfAbsent(fault, key -> new TreeSet<>()).addAll(Arrays.asList(who));
    }

    private long in(int days) {
        return now.plus(Duration.ofDays(days)).getEpochSecond();
    }

    private void settings() {
        culprit(AccessFault.REALM_WITHOUT_ENFORCED_TFA, "pam", "ads");
        culprit(AccessFault.REALM_WITHOUT_TLS, "corp");
        culprit(AccessFault.REALM_WITHOUT_VERIFICATION, "ads");
        culprit(AccessFault.WEBAUTHN_FOR_ANOTHER_NAME, "old.example.invalid");
    }

    private static String domains() {
        return """
                pam: pam
                \tcomment Linux PAM standard authentication

                pve: pve
                \tcomment Proxmox VE authentication server
                \tdefault 1
                \ttfa type=oath

                ldap: corp
                \tbase_dn dc=example,dc=invalid
                \tserver1 ldap.example.invalid
                \tuser_attr uid
                \tbind_dn cn=proxmox,dc=example,dc=invalid
                \ttfa type=oath
                \tverify 1

                ad: ads
                \tdomain ads.example.invalid
                \tserver1 dc1.ads.example.invalid
                \tmode ldaps
                \tverify 0

                openid: sso
                \tclient-id proxmox
                \tissuer-url https://sso.example.invalid/realms/it
                \tclient-key %s-openid-client
                \tusername-claim username

                """.formatted(SECRET);
    }

    private static String datacenter() {
        return """
                keyboard: de
                mac_prefix: BC:24:11
                webauthn: id=old.example.invalid,origin=https://old.example.invalid:8006,rp=old.example.invalid
                """;
    }

    private void poolsAndTeams() {
        files.pool("prod", "Production", guests(1000, 10), List.of("fast"));
        files.pool("prod/web", "Shop: front and back", guests(1010, 10), List.of());
        files.pool("prod/web/cache", "", guests(1020, 5), List.of());
        files.pool("lab", "Übungen", guests(1100, 10), List.of("slow"));
        files.pool("acme", "Tenant", guests(2000, 6), List.of("acme-disks"));
        files.pool("umbra", "Tenant", guests(3000, 6), List.of("umbra-disks"));
        files.pool("umbra/test", "", guests(3010, 4), List.of());
        files.role("Operate", "VM.Audit", "VM.Console", "VM.PowerMgmt", "VM.Snapshot", "Pool.Audit");
        files.role("BackUp", "VM.Audit", "VM.Backup", "Datastore.Audit", "Datastore.AllocateSpace");
        TEAMS.forEach(files::group);
        files.right("/pool/prod", "Operate", "@operators");
        files.right("/pool/prod/web", "PVEVMUser", "@web");
        files.right("/pool/lab", "PVEVMAdmin", "@database");
        files.right("/storage/slow", "BackUp", "@backup");
    }

    private static List<Integer> guests(int first, int count) {
        return IntStream.range(first, first + count).boxed().toList();
    }

    /** Whoever uses the web interface: a user of a team, with a second factor where passwords are asked for. */
    private void person(String id, Optional<String> team) {
        String[] name = id.substring(0, id.indexOf('@')).split("\\.");
        String last = name.length > 1 ? capital(name[1]) : "";
        files.user(id, true, 0, capital(name[0]), last, id.replace('@', '.') + "@example.invalid", "");
        team.ifPresent(group -> files.group(group, id));
        used(id);
        if (!id.endsWith("@sso")) {
            factors(id, 10);
        }
    }

    private static String capital(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }

    private void factors(String id, int recoveryKeys) {
        files.factors(
                id,
                "{\"totp\":[%s],\"recovery\":%s}"
                        .formatted(
                                AccessFiles.totp(id, in(-200), true),
                                AccessFiles.recovery(id, in(-200), recoveryKeys)));
    }

    /** A line for the web interface, somewhere in the last six days, from an address of its own. */
    private void used(String who) {
        addresses = addresses % 200 + 1;
        files.logged(
                now.minusSeconds(random.nextLong(600, 6 * 86400)),
                OFFICE + addresses,
                who,
                "GET /api2/json/cluster/resources",
                200,
                Integer.toString(random.nextInt(400, 9000)));
    }

    private void rulers() {
        files.user("root@pam", true, 0, "", "", "root@example.invalid", "");
        factors("root@pam", 10);
        for (int day = 1; day < 6; day++) {
            for (int hour = 8; hour < 17; hour += 2) {
                files.logged(
                        now.minus(Duration.ofDays(day)).plusSeconds(hour * 600L),
                        "198.51.100.201",
                        "root@pam",
                        "POST /api2/extjs/nodes/pve1/qemu/1000/config",
                        200,
                        "63");
            }
        }
        culprit(AccessFault.ROOT_FOR_DAILY_WORK, "198.51.100.201");
        person("anna.admin@pve", Optional.empty());
        files.right("/", "Administrator", "anna.admin@pve");

        person("mallory.admin@pve", Optional.empty());
        files.right("/", "Administrator", "mallory.admin@pve");
        person("eve.everything@corp", Optional.empty());
        files.group("everything", "eve.everything@corp");
        files.right("/", "Administrator", "@everything");
        files.role("NodeKeeper", "Sys.Audit", "Sys.Modify");
        person("kurt.keeper@pve", Optional.empty());
        files.right("/", "NodeKeeper", "kurt.keeper@pve");
        culprit(AccessFault.ADMINISTRATOR_ON_ROOT, "mallory.admin@pve", "@everything", "kurt.keeper@pve");

        files.user("nina.nofactor@corp", true, 0, "Nina", "Nofactor", "", "");
        used("nina.nofactor@corp");
        files.user("dora.disabled@ads", true, 0, "Dora", "Disabled", "", "");
        used("dora.disabled@ads");
        files.factors(
                "dora.disabled@ads",
                "{\"totp\":[%s]}".formatted(AccessFiles.totp("dora.disabled@ads", in(-300), false)));
        files.right("/", "Administrator", "nina.nofactor@corp", "dora.disabled@ads");
        culprit(AccessFault.ADMINISTRATOR_ON_ROOT, "nina.nofactor@corp", "dora.disabled@ads");
        culprit(AccessFault.ADMINISTRATOR_WITHOUT_SECOND_FACTOR, "nina.nofactor@corp", "dora.disabled@ads");
        files.role("PoolKeeper", "Permissions.Modify", "Pool.Audit");
        person("delia.delegate@pve", Optional.empty());
        files.right("/pool/prod", "PoolKeeper", "delia.delegate@pve");
        person("uma.useradmin@pve", Optional.empty());
        files.right("/access", "PVEUserAdmin", "uma.useradmin@pve");
        // Sys.Modify reaches /access, and whoever has it there may write any role of the cluster's own anew.
        culprit(AccessFault.MAY_RAISE_OWN_RIGHTS, "kurt.keeper@pve", "delia.delegate@pve", "uma.useradmin@pve");
    }

    private void shares() {
        for (Tenant tenant : tenants()) {
            for (int i = 1; i <= 6; i++) {
                person("user%d.%s@pve".formatted(i, tenant.name()), Optional.of(tenant.group()));
            }
            files.right("/pool/" + tenant.pools().getFirst(), "PVEVMUser", "@" + tenant.group());
            tenant.storages()
                    .forEach(storage -> files.right("/storage/" + storage, "PVEDatastoreUser", "@" + tenant.group()));
        }
        files.right("/pool/acme", "PVEVMUser", "user3.umbra@pve");
        culprit(AccessFault.OUTSIDE_OF_TENANT, "user3.umbra@pve");
    }

    private void people() {
        person("larry.locked@pve", Optional.of("operators"));
        files.factors(
                "larry.locked@pve",
                "{\"totp\":[%s],\"recovery\":%s,\"totp-locked\":true}"
                        .formatted(
                                AccessFiles.totp("larry.locked@pve", in(-90), true),
                                AccessFiles.recovery("larry.locked@pve", in(-90), 7)));
        person("lotte.locked@corp", Optional.of("operators"));
        files.factors(
                "lotte.locked@corp",
                "{\"totp\":[%s],\"recovery\":%s,\"tfa-locked-until\":%d}"
                        .formatted(
                                AccessFiles.totp("lotte.locked@corp", in(-90), true),
                                AccessFiles.recovery("lotte.locked@corp", in(-90), 9),
                                in(1)));
        culprit(AccessFault.TFA_LOCKED, "larry.locked@pve", "lotte.locked@corp");

        person("rita.norecovery@pve", Optional.of("web"));
        files.factors(
                "rita.norecovery@pve",
                "{\"totp\":[%s]}".formatted(AccessFiles.totp("rita.norecovery@pve", in(-40), true)));
        person("rolf.usedup@pve", Optional.of("web"));
        factors("rolf.usedup@pve", 0);
        culprit(AccessFault.NO_RECOVERY_KEYS, "rita.norecovery@pve", "rolf.usedup@pve");

        person("walt.norights@pve", Optional.empty());
        culprit(AccessFault.USER_WITHOUT_RIGHTS, "walt.norights@pve");
        files.user("nora.never@ads", true, 0, "Nora", "Never", "", "");
        files.group("database", "nora.never@ads");
        culprit(AccessFault.USER_NEVER_USED, "nora.never@ads");
        files.user("xenia.expired@pve", true, in(-30), "Xenia", "Expired", "", "left: last month");
        files.group("database", "xenia.expired@pve");
        culprit(AccessFault.USER_EXPIRED, "xenia.expired@pve");
        // Switched off, with a right and without a line in the log: no fault.
        files.user("gregor.gone@pve", false, 0, "Gregor", "Gone", "", "on leave");
        files.group("database", "gregor.gone@pve");

        for (String shared : List.of("team@pve", "helpdesk@corp", "test@pve")) {
            person(shared, Optional.of("operators"));
            culprit(AccessFault.SHARED_ACCOUNT, shared);
        }

        person("greta.guests@pve", Optional.empty());
        for (int guest = 1010; guest < 1016; guest++) {
            files.right("/vms/" + guest, "PVEVMUser", "greta.guests@pve");
        }
        culprit(AccessFault.SINGLE_GUESTS, "greta.guests@pve");

        person("carlo.contract@pve", Optional.of("contractors"));
        files.right("/pool/lab", "PVEVMUser", "@contractors");
        files.right("/storage", "NoAccess", "@contractors");
        files.right("/storage/slow", "PVEDatastoreUser", "@contractors");
        culprit(AccessFault.NO_ACCESS_DEFEATED, "@contractors");
    }

    /** The words that a token's comment has by convention. */
    private String comment(String owner, String purpose, int daysOld) {
        LocalDate created = LocalDate.ofInstant(now.minus(Duration.ofDays(daysOld)), ZoneOffset.UTC);
        return (owner + " " + purpose + " created=" + created).strip();
    }

    private String described(int daysOld) {
        return comment("owner=platform", "purpose=automation", daysOld);
    }

    private String service(int number) {
        return "svc-%02d@pve".formatted(number);
    }

    private void tokenUsed(String id) {
        files.logged(
                now.minusSeconds(random.nextLong(600, 5 * 86400)),
                "192.0.2." + random.nextInt(100, 120),
                id,
                "GET /api2/json/nodes",
                200,
                Integer.toString(random.nextInt(300, 900)));
    }

    /** A token with the right that it needs, for itself and for its user. */
    private void program(int number, String name, long expires, boolean separated, String comment) {
        String user = service(number);
        files.token(user, name, expires, separated, comment);
        if (separated) {
            files.right("/pool/lab", "Operate", user, user + "!" + name);
        } else {
            files.right("/pool/lab", "Operate", user);
        }
        tokenUsed(user + "!" + name);
    }

    private void programs() {
        for (int number = 1; number <= 25; number++) {
            files.user(service(number), true, 0, "", "", "", "service %02d".formatted(number));
            program(number, "main", in(45 + random.nextInt(40)), true, described(random.nextInt(60)));
        }
        files.token("root@pam", "monitoring", in(60), true, described(20));
        files.right("/nodes", "PVEAuditor", "root@pam!monitoring");
        tokenUsed("root@pam!monitoring");
        culprit(AccessFault.ROOT_TOKEN, "root@pam!monitoring");
        program(2, "full", in(60), false, described(20));
        culprit(AccessFault.TOKEN_WITHOUT_SEPARATION, "svc-02@pve!full");
        program(3, "forever", 0, true, described(20));
        culprit(AccessFault.TOKEN_WITHOUT_EXPIRY, "svc-03@pve!forever");
        program(4, "soon", in(3), true, described(20));
        culprit(AccessFault.TOKEN_EXPIRING_SOON, "svc-04@pve!soon");
        program(5, "old", in(-10), true, described(50));
        // Somebody took the number of seconds for a duration: a token that ended in 1971.
        program(5, "one-year", 31536000, true, described(50));
        culprit(AccessFault.TOKEN_EXPIRED, "svc-05@pve!old", "svc-05@pve!one-year");
        program(6, "ancient", in(60), true, described(400));
        culprit(AccessFault.TOKEN_NOT_ROTATED, "svc-06@pve!ancient");
        program(7, "almighty", in(60), true, described(20));
        files.right("/", "Administrator", "svc-07@pve!almighty");
        culprit(AccessFault.ADMINISTRATOR_ON_ROOT, "svc-07@pve!almighty");
        program(8, "nobodys", in(60), true, comment("", "purpose=backup", 20));
        culprit(AccessFault.TOKEN_WITHOUT_OWNER, "svc-08@pve!nobodys");
        program(9, "what-for", in(60), true, comment("owner=platform", "", 20));
        culprit(AccessFault.TOKEN_WITHOUT_PURPOSE, "svc-09@pve!what-for");
        program(10, "silent", in(60), true, "");
        culprit(AccessFault.TOKEN_WITHOUT_OWNER, "svc-10@pve!silent");
        culprit(AccessFault.TOKEN_WITHOUT_PURPOSE, "svc-10@pve!silent");
        files.tokenWithoutSecret(service(11), "secretless", in(60), true, described(20));
        files.right("/pool/lab", "Operate", "svc-11@pve!secretless");
        culprit(AccessFault.TOKEN_WITHOUT_SECRET, "svc-11@pve!secretless");
        files.secret("svc-01@pve!vanished");
        culprit(AccessFault.SECRET_WITHOUT_TOKEN, "svc-01@pve!vanished");
        for (int number = 1; files.tokenCount() < TOKENS; number++) {
            program(number, "second", in(45 + random.nextInt(40)), true, described(random.nextInt(60)));
        }
        // Somebody guesses.
        for (int i = 0; i < 40; i++) {
            files.logged(now.minusSeconds(7200 - i * 5L), "203.0.113.66", "-", "GET /api2/json/version", 401, "-");
        }
    }

    private void rolesAndRemains() {
        files.role("Unused", "VM.Audit");
        culprit(AccessFault.UNUSED_ROLE, "Unused");
        files.role("Legacy", "VM.Audit", "VM.Config");
        files.right("/pool/prod", "Legacy", "@operators");
        culprit(AccessFault.UNKNOWN_PRIVILEGE, "Legacy");
        files.role("Monitor", "VM.Audit", "VM.Monitor");
        files.right("/pool/prod/web", "Monitor", "@operators");
        if (release >= 9) {
            culprit(AccessFault.UNKNOWN_PRIVILEGE, "Monitor");
        }
        files.right("/pool/prod", "PVEVMUser", "ghost@pve", "@departed", "svc-01@pve!vanished");
        files.right("/pool/dissolved", "PVEVMUser", "@web");
        culprit(AccessFault.ORPHANED_ACL, "ghost@pve", "@departed", "svc-01@pve!vanished", "/pool/dissolved");
    }

    private void fillUp() {
        List<String> realms = List.of("pve", "corp", "ads", "sso");
        for (int number = 0; files.userCount() < USERS; number++) {
            String id = FIRST.get(number % FIRST.size())
                    + "."
                    + LAST.get(number / FIRST.size() % LAST.size())
                    + "@"
                    + realms.get(number % realms.size());
            if (!files.hasUser(id)) {
                person(id, Optional.of(TEAMS.get(random.nextInt(TEAMS.size()))));
            }
        }
    }
}
