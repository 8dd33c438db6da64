package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.access.AccessFault;
import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The checks of access find every fault of the large practice cluster with its culprits, and nobody else. */
final class AccessFaultsTest {

    private static final Pattern SUBJECT = Pattern.compile("[\\w.-]+@[a-z]+(?:![\\w-]+)?|(?<!\\w)@[\\w-]+");
    private static final Pattern WORD = Pattern.compile("(?<=[:,] )[\\w.-]+");
    private static final Pattern ADDRESS = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+");
    private static final Pattern LAST = Pattern.compile("\\S+$");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private JsonNode scan(PracticeCluster cluster, LargeAccess access) throws IOException {
        String tenants = access.tenants().stream()
                .map(tenant -> "    - { name: %s, members: ['@%s'], pools: [%s], storages: [%s] }\n"
                        .formatted(
                                tenant.name(),
                                tenant.group(),
                                String.join(", ", tenant.pools()),
                                String.join(", ", tenant.storages())))
                .collect(Collectors.joining());
        Path policy = Files.writeString(
                directory.resolve("policy.yml"), """
                access:
                  administrators: [%s]
                  enforced_realms: [pam, pve, corp, ads]
                  unused_days: 7
                  tenants:
                """.formatted(String.join(", ", access.administrators())) + tenants);
        Invocation said = Invocation.of(
                "scan",
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString(),
                "--timeout",
                "4",
                "--checks",
                "access.*",
                "--policy",
                policy.toString(),
                "--format",
                "json");
        assertThat(said.err()).isEmpty();
        JsonNode report = said.json();
        assertThat(report.get("nodes"))
                .allSatisfy(node -> assertThat(node.get("findings")).isEmpty());
        assertThat(report.get("clusters")).hasSize(1);
        return report.get("clusters").get(0).get("findings");
    }

    /** What the large cluster's users have rights on, beyond what every practice node has. */
    private static PracticeCluster furnish(PracticeCluster cluster, LargeAccess access) {
        cluster.access(access);
        Stream<String> pooled = cluster.node(1)
                .read("/etc/pve/user.cfg")
                .lines()
                .filter(line -> line.startsWith("pool:"))
                .flatMap(line -> Stream.of(line.split(":", -1)[3].split(",")))
                .filter(guest -> !guest.isEmpty());
        String guests = Stream.concat(pooled, IntStream.range(1010, 1016).mapToObj(Integer::toString))
                .distinct()
                .map(guest -> "\"%s\": { \"node\": \"pve1\", \"type\": \"qemu\", \"version\": 1 }".formatted(guest))
                .collect(Collectors.joining(",\n"));
        // The log reaches back further than the week in which all were here; a call that was not let in is nobody's.
        String log = "/var/log/pveproxy/access.log";
        String old = "::ffff:203.0.113.66 - - [%s] \"GET /api2/json/version HTTP/1.1\" 401 -\n"
                .formatted(DateTimeFormatter.ofPattern("dd/MM/uuuu:HH:mm:ss xx")
                        .withZone(ZoneOffset.UTC)
                        .format(Instant.now().minus(Duration.ofDays(9))));
        cluster.nodes().forEach(node -> node.file(log, old + node.read(log)));
        return cluster.share("/etc/pve/.vmlist", "{\n\"version\": 3,\n\"ids\": {\n%s}\n\n}\n".formatted(guests))
                .share(
                        "/etc/pve/storage.cfg",
                        Stream.of("local", "fast", "slow", "acme-disks", "umbra-disks")
                                .map(name -> "dir: %s\n\tpath /srv/%s\n\n".formatted(name, name))
                                .collect(Collectors.joining()));
    }

    private static SortedSet<String> culprits(JsonNode finding) {
        String check = finding.get("check").asString();
        if (check.equals("access.orphaned-acls")) {
            return orphans(finding.get("evidence"));
        }
        String message = finding.get("message").asString().replaceAll("\\([^)]*\\)", "");
        if (check.equals("access.ineffective-no-access")) {
            message = message.replaceAll(" does not keep out.*", "");
        }
        Pattern pattern = switch (check) {
            case "access.root-daily-use" -> ADDRESS;
            case "access.realm-encryption",
                    "access.realm-second-factor",
                    "access.unknown-privileges",
                    "access.unused-roles" -> WORD;
            case "access.webauthn" -> LAST;
            default -> SUBJECT;
        };
        return pattern.matcher(message)
                .results()
                .map(match -> match.group().replaceFirst("^%s: ".formatted(check), ""))
                // An administrator's word for himself, in a sentence.
                .filter(word -> !check.startsWith("access.root-") || !word.equals("root@pam"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** A line for each entry: whose it is, or the path where that is what is gone. */
    private static SortedSet<String> orphans(JsonNode evidence) {
        Pattern gone = Pattern.compile("there is no (?:user|group|token) '?([^\\s']+)|there is no \\w+ ");
        Pattern path = Pattern.compile(" on (/\\S*) for ");
        SortedSet<String> found = new TreeSet<>();
        for (JsonNode one : evidence) {
            Matcher what = gone.matcher(one.asString());
            Matcher where = path.matcher(one.asString());
            assertThat(what.find()).as(one.asString()).isTrue();
            if (what.group(1) == null) {
                assertThat(where.find()).as(one.asString()).isTrue();
                found.add(where.group(1));
            } else {
                found.add((one.asString().contains("there is no group") ? "@" : "") + what.group(1));
            }
        }
        return found;
    }

    private static SortedSet<String> all(LargeAccess access, AccessFault... faults) {
        SortedSet<String> all = new TreeSet<>();
        for (AccessFault fault : faults) {
            all.addAll(access.culprits(fault));
        }
        return all;
    }

    private static SortedSet<String> without(SortedSet<String> all, Set<String> some) {
        SortedSet<String> left = new TreeSet<>(all);
        left.removeAll(some);
        return left;
    }

    /** Which check has to name whom. */
    private static Map<String, SortedSet<String>> expected(LargeAccess access) {
        Map<String, SortedSet<String>> expected = new TreeMap<>();
        expected.put("access.administrators", all(access, AccessFault.ADMINISTRATOR_ON_ROOT));
        expected.put("access.expired-tokens", all(access, AccessFault.TOKEN_EXPIRED));
        // Who is switched off and keeps rights is told as well: that is no fault where somebody is on leave.
        SortedSet<String> off = all(access, AccessFault.USER_EXPIRED);
        off.add("gregor.gone@pve");
        expected.put("access.expired-users", off);
        expected.put("access.expiring-tokens", all(access, AccessFault.TOKEN_EXPIRING_SOON));
        expected.put("access.guest-grants", all(access, AccessFault.SINGLE_GUESTS));
        expected.put("access.idle-users", all(access, AccessFault.USER_WITHOUT_RIGHTS));
        expected.put("access.ineffective-no-access", all(access, AccessFault.NO_ACCESS_DEFEATED));
        expected.put("access.locked-second-factor", all(access, AccessFault.TFA_LOCKED));
        expected.put("access.orphaned-acls", all(access, AccessFault.ORPHANED_ACL));
        expected.put(
                "access.realm-encryption",
                all(access, AccessFault.REALM_WITHOUT_TLS, AccessFault.REALM_WITHOUT_VERIFICATION));
        expected.put("access.realm-second-factor", all(access, AccessFault.REALM_WITHOUT_ENFORCED_TFA));
        expected.put("access.root-daily-use", all(access, AccessFault.ROOT_FOR_DAILY_WORK));
        expected.put("access.root-tokens", all(access, AccessFault.ROOT_TOKEN));
        // The realm corp lets nobody in without a second factor, so nina cannot come in with a password alone.
        expected.put(
                "access.second-factor",
                without(all(access, AccessFault.ADMINISTRATOR_WITHOUT_SECOND_FACTOR), Set.of("nina.nofactor@corp")));
        // Who is an administrator already is told by access.administrators.
        expected.put(
                "access.self-elevation",
                without(
                        all(access, AccessFault.MAY_RAISE_OWN_RIGHTS),
                        access.culprits(AccessFault.ADMINISTRATOR_ON_ROOT)));
        expected.put("access.shared-accounts", all(access, AccessFault.SHARED_ACCOUNT));
        expected.put("access.tenant-isolation", all(access, AccessFault.OUTSIDE_OF_TENANT));
        expected.put("access.token-expiry", all(access, AccessFault.TOKEN_WITHOUT_EXPIRY));
        expected.put(
                "access.token-ownership",
                all(access, AccessFault.TOKEN_WITHOUT_OWNER, AccessFault.TOKEN_WITHOUT_PURPOSE));
        expected.put("access.token-privilege-separation", all(access, AccessFault.TOKEN_WITHOUT_SEPARATION));
        expected.put("access.token-rotation", all(access, AccessFault.TOKEN_NOT_ROTATED));
        expected.put(
                "access.token-secrets",
                all(access, AccessFault.TOKEN_WITHOUT_SECRET, AccessFault.SECRET_WITHOUT_TOKEN));
        expected.put("access.unknown-privileges", all(access, AccessFault.UNKNOWN_PRIVILEGE));
        expected.put("access.unused-roles", all(access, AccessFault.UNUSED_ROLE));
        expected.put("access.unused-users", all(access, AccessFault.USER_NEVER_USED));
        expected.put("access.webauthn", all(access, AccessFault.WEBAUTHN_FOR_ANOTHER_NAME));
        return expected;
    }

    @Test
    void everyFaultOfTheLargeClusterIsFoundAndNothingElse() throws IOException {
        LargeAccess access = LargeAccess.at(Instant.now(), 8);
        try (PracticeCluster cluster = furnish(PracticeCluster.start(2), access)) {
            Map<String, SortedSet<String>> found = new TreeMap<>();
            List<String> content = new ArrayList<>();
            for (JsonNode finding : scan(cluster, access)) {
                String check = finding.get("check").asString();
                switch (finding.get("status").asString()) {
                    case "fail" -> found.put(check, culprits(finding));
                    case "pass" -> content.add(check);
                    // There is no list of who should have access in this policy.
                    case "skip" -> assertThat(check).isEqualTo("access.approved-list");
                    default -> throw new AssertionError(finding.toString());
                }
            }
            assertThat(found).isEqualTo(expected(access));
            // Two administrators can help each other to a new factor, so nobody's recovery keys are missed.
            assertThat(content)
                    .containsExactlyInAnyOrder(
                            "access.consistency", "access.dropped-lines", "access.second-factor-recovery");
        }
    }

    @Test
    void aHealthyClusterGivesNoReasonToComplain() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(2)) {
            // Under the large cluster's policy, whose administrators and realms are this one's too.
            List<String> complaints = new ArrayList<>();
            for (JsonNode finding : scan(cluster, LargeAccess.at(Instant.now(), 8))) {
                if (!Set.of("pass", "skip").contains(finding.get("status").asString())) {
                    complaints.add(finding.toString());
                }
            }
            assertThat(complaints).isEmpty();
        }
    }
}
