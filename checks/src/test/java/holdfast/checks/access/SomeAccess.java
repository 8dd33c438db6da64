package holdfast.checks.access;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.finished;
import static holdfast.bench.Answers.section;

import holdfast.bench.FakeSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What a member says of users and rights: a well-kept standalone node until a test says otherwise. */
final class SomeAccess {

    /** A day that lies so many days from the tests' "now", in seconds since 1970. */
    static long in(int days) {
        return FakeSource.NOW.getEpochSecond() + days * 86_400L;
    }

    /** Users, a group of administrators of whom each has TOTP, and a token that does what it is for. */
    static final String WELL_KEPT = """
            user:alice@pve:1:0:::alice@example.org::x:
            token:alice@pve!backup:%d:1:owner=alice purpose=backups created=2026-11-01:
            user:bob@pve:1:0:::bob@example.org::x:
            user:carol@pve:1:0::::::
            user:root@pam:1:0::::::

            group:admins:alice@pve,bob@pve:Administrators:

            pool:prod:Production:100,101:local-zfs:

            role:Restart:VM.Audit,VM.PowerMgmt:

            acl:1:/:@admins:Administrator:
            acl:1:/pool/prod:alice@pve!backup:PVEVMUser:
            acl:1:/pool/prod:carol@pve:PVEVMUser,Restart:
            """.formatted(in(90));

    /** The policy that goes with it. */
    static final String POLICY =
            "access: { administrators: ['@admins'], without_second_factor: [root@pam], unused_days: 5 }";

    private static final String FACTORS = """
            lock\talice@pve\t0\t0
            factor\talice@pve\ttotp\t1\t1700000000\t1
            factor\talice@pve\trecovery\t1\t1700000000\t9
            lock\tbob@pve\t0\t0
            factor\tbob@pve\ttotp\t1\t1700000000\t1
            """;

    private final Map<String, String> sections = new TreeMap<>();
    private String version = "9.1.1";
    private String users = WELL_KEPT;
    private String realms = "";
    private String datacenter = "";
    private String node = "pve1";
    private String members = "{\n\"nodename\": \"pve1\",\n\"version\": 3\n}\n";
    private String conf = absent("corosync.conf");
    private String log = log("alice@pve", "bob@pve", "carol@pve");
    private String certificates = "";
    private Instant now = FakeSource.NOW;

    private SomeAccess() {
        sections.put("factors", section("factors", FACTORS));
        sections.put("secrets", section("secrets", "alice@pve!backup\n"));
        sections.put("passwords", section("passwords", "alice\nbob\ncarol\n"));
        guests(100, 101, 102);
        sections.put("storages", section("storages", "local\nlocal-zfs\n"));
    }

    static SomeAccess wellKept() {
        return new SomeAccess();
    }

    /** A node that nobody has touched since its installation. */
    static SomeAccess fresh() {
        return new SomeAccess().users("").factors("").secrets("").passwords("").guests();
    }

    static SomeAccess with(String userCfg) {
        return new SomeAccess().users(userCfg);
    }

    /** The user.cfg and domains.cfg of a genuine node: {@code pve8} or {@code pve9}. */
    static SomeAccess genuine(String release) {
        return new SomeAccess()
                .version(release.equals("pve8") ? "8.2.2" : "9.0.5")
                .users(resource("/access/%s/user-cfg.txt".formatted(release)))
                .realms(resource("/access/%s/domains-cfg.txt".formatted(release)))
                .factors("")
                .secrets("alice@pve!ci\nroot@pam!auto\nroot@pam!mon\n")
                .passwords("");
    }

    private static String resource(String path) {
        try (InputStream in = SomeAccess.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    SomeAccess version(String installed) {
        version = installed;
        return this;
    }

    /** user.cfg. */
    SomeAccess users(String text) {
        users = text;
        return this;
    }

    /** user.cfg with more lines at its end. */
    SomeAccess and(String lines) {
        users = users + lines;
        return this;
    }

    /** domains.cfg. */
    SomeAccess realms(String text) {
        realms = text;
        return this;
    }

    /** The shape of tfa.cfg. */
    SomeAccess factors(String lines) {
        sections.put("factors", section("factors", lines));
        return this;
    }

    SomeAccess secrets(String lines) {
        sections.put("secrets", section("secrets", lines));
        return this;
    }

    SomeAccess passwords(String lines) {
        sections.put("passwords", section("passwords", lines));
        return this;
    }

    SomeAccess guests(int... numbers) {
        StringBuilder ids = new StringBuilder();
        for (int number : numbers) {
            ids.append(ids.isEmpty() ? "" : ",\n")
                    .append("\"%d\": { \"node\": \"pve1\", \"type\": \"qemu\", \"version\": 1 }".formatted(number));
        }
        sections.put("guests", section("guests", "{\n\"version\": 1,\n\"ids\": {\n" + ids + "}\n}\n"));
        return this;
    }

    SomeAccess storages(String lines) {
        sections.put("storages", section("storages", lines));
        return this;
    }

    /** The {@code webauthn} line of datacenter.cfg. */
    SomeAccess webauthn(String line) {
        datacenter = line;
        return this;
    }

    /** A part that could not be read there. */
    SomeAccess unread(String section) {
        sections.put(section, section(section, "cat: Input/output error\n", 1));
        return this;
    }

    /** A member of a quorate cluster of so many, and which one it is. */
    SomeAccess member(int number, int of) {
        return member(number, of, true);
    }

    SomeAccess member(int number, int of, boolean quorate) {
        node = "pve" + number;
        StringBuilder nodes = new StringBuilder();
        StringBuilder list = new StringBuilder();
        for (int id = 1; id <= of; id++) {
            list.append("%s  \"pve%d\": { \"id\": %d, \"online\": 1, \"ip\": \"192.0.2.1%d\"}"
                    .formatted(id == 1 ? "" : ",\n", id, id, id));
            nodes.append(
                    "  node {\n    name: pve%d\n    nodeid: %d\n    quorum_votes: 1\n    ring0_addr: 192.0.2.1%d\n  }\n"
                            .formatted(id, id, id));
        }
        members =
                "{\n\"nodename\": \"%s\",\n\"version\": 3,\n\"cluster\": { \"name\": \"lab\", \"version\": 3, \"nodes\": %d, \"quorate\": %d },\n\"nodelist\": {\n%s\n  }\n}\n"
                        .formatted(node, of, quorate ? 1 : 0, list);
        conf = section(
                "corosync.conf",
                "nodelist {\n%s}\nquorum {\n  provider: corosync_votequorum\n}\ntotem {\n  cluster_name: lab\n  config_version: 3\n  interface {\n    linknumber: 0\n  }\n  version: 2\n}\n"
                        .formatted(nodes));
        return this;
    }

    /** What the count of the access log prints. */
    SomeAccess log(String lines) {
        log = lines;
        return this;
    }

    SomeAccess certificates(String text) {
        certificates = text;
        return this;
    }

    /** Ten days of log, on each of which these used the API from one address. */
    static String log(String... who) {
        StringBuilder lines = new StringBuilder();
        for (int day = 12; day <= 22; day++) {
            lines.append("day\t2026-11-%d\n".formatted(day));
            for (String one : who) {
                lines.append(use(one, "192.0.2.77", day));
            }
        }
        return lines + "end\n";
    }

    /** A line of the count. */
    static String use(String who, String address, int day) {
        return "use\t%s\t%s\t2026-11-%02d\t12\t0\t08:00:00\t17:00:00\n".formatted(who, address, day);
    }

    private static String sha256(String text) {
        try {
            return text.isEmpty()
                    ? "absent"
                    : HexFormat.of()
                            .formatHex(
                                    MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    FakeSource source() {
        StringBuilder files =
                new StringBuilder(section("version", "libpve-access-control %s installed\n".formatted(version)));
        files.append(users.isEmpty() ? absent("users") : section("users", users));
        files.append(realms.isEmpty() ? absent("realms") : section("realms", realms));
        sections.values().forEach(files::append);
        if (!sections.containsKey("webauthn")) {
            files.append(section("webauthn", datacenter));
        }
        files.append(section(
                "digests",
                "%s  user.cfg\n%s  domains.cfg\n%s  datacenter.cfg\n"
                        .formatted(sha256(users), sha256(realms), sha256(datacenter))));
        files.append(finished());
        return new FakeSource()
                .now(now)
                .answers("access.files", files.toString())
                .answers("access.log", log)
                .answers("cluster.members", members)
                .answers("cluster.corosync-conf", conf + section("nodename", node))
                .answers("proxmox.certificates", certificates);
    }
}
