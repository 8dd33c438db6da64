package holdfast.lab.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The large cluster has what it says it has; every culprit is found in the files by a look that shares no code. */
final class LargeAccessTest {

    private static final Instant NOW = Instant.parse("2026-10-01T12:00:00Z");
    private static final long SECONDS = NOW.getEpochSecond();

    private final LargeAccess access = LargeAccess.at(NOW, 8);

    private String file(String path) {
        return access.files().getOrDefault(path, "");
    }

    /** The fields of the records of one kind. */
    private List<List<String>> records(String kind) {
        return file("/etc/pve/user.cfg")
                .lines()
                .filter(line -> line.startsWith(kind + ":"))
                .map(line -> List.of(line.split(":", -1)))
                .toList();
    }

    private Set<String> tokensWith(Predicate<List<String>> wanted) {
        return records("token").stream()
                .filter(wanted)
                .map(token -> token.get(1))
                .collect(Collectors.toSet());
    }

    private Set<String> ids(String kind) {
        return records(kind).stream().map(fields -> fields.get(1)).collect(Collectors.toSet());
    }

    private Set<String> logged() {
        return file("/var/log/pveproxy/access.log")
                .lines()
                .map(line -> line.split(" ")[2].replaceFirst("!.*", ""))
                .collect(Collectors.toSet());
    }

    @Test
    void twoHundredUsersAndSixtyTokens() {
        assertThat(records("user")).hasSize(LargeAccess.USERS);
        assertThat(records("token")).hasSize(LargeAccess.TOKENS);
        assertThat(ids("user")).hasSize(LargeAccess.USERS);
        assertThat(ids("token")).hasSize(LargeAccess.TOKENS);
        assertThat(ids("user").stream().map(id -> id.replaceFirst(".*@", "")).collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("pam", "pve", "corp", "ads", "sso");
        assertThat(ids("pool")).contains("prod", "prod/web", "prod/web/cache");
    }

    @Test
    void theSameMomentGivesTheSameFiles() {
        assertThat(LargeAccess.at(NOW, 8).files()).isEqualTo(access.files());
    }

    @ParameterizedTest
    @EnumSource(AccessFault.class)
    void everyFaultHasACulprit(AccessFault fault) {
        assertThat(access.culprits(fault)).isNotEmpty();
    }

    @Test
    void tokensAreAsTheCulpritsSay() {
        assertThat(tokensWith(token -> token.get(1).startsWith("root@pam!")))
                .isEqualTo(access.culprits(AccessFault.ROOT_TOKEN));
        assertThat(tokensWith(token -> token.get(2).equals("0")))
                .isEqualTo(access.culprits(AccessFault.TOKEN_WITHOUT_EXPIRY));
        assertThat(tokensWith(token -> token.get(3).equals("0")))
                .isEqualTo(access.culprits(AccessFault.TOKEN_WITHOUT_SEPARATION));
        assertThat(tokensWith(token -> ends(token) > 0 && ends(token) < SECONDS))
                .isEqualTo(access.culprits(AccessFault.TOKEN_EXPIRED));
        assertThat(tokensWith(token -> ends(token) >= SECONDS && ends(token) < SECONDS + 14 * 86400))
                .isEqualTo(access.culprits(AccessFault.TOKEN_EXPIRING_SOON));
        assertThat(tokensWith(token -> ends(token) > SECONDS + 90 * 86400)).isEmpty();
        assertThat(tokensWith(token -> !token.get(4).contains("owner=")))
                .isEqualTo(access.culprits(AccessFault.TOKEN_WITHOUT_OWNER));
        assertThat(tokensWith(token -> !token.get(4).contains("purpose=")))
                .isEqualTo(access.culprits(AccessFault.TOKEN_WITHOUT_PURPOSE));
        assertThat(tokensWith(token -> token.get(4).contains("created=2025")))
                .isEqualTo(access.culprits(AccessFault.TOKEN_NOT_ROTATED));
        Set<String> secrets = file("/etc/pve/priv/token.cfg")
                .lines()
                .map(line -> line.split(" ")[0])
                .collect(Collectors.toSet());
        assertThat(tokensWith(token -> !secrets.contains(token.get(1))))
                .isEqualTo(access.culprits(AccessFault.TOKEN_WITHOUT_SECRET));
        assertThat(secrets.stream().filter(id -> !ids("token").contains(id)))
                .containsExactlyInAnyOrderElementsOf(access.culprits(AccessFault.SECRET_WITHOUT_TOKEN));
    }

    private static long ends(List<String> token) {
        return Long.parseLong(token.get(2));
    }

    @Test
    void aclsAreAsTheCulpritsSay() {
        Set<String> known = ids("user");
        known.addAll(ids("token"));
        ids("group").forEach(group -> known.add("@" + group));
        Set<String> gone = records("acl").stream()
                .flatMap(acl -> Arrays.stream(acl.get(3).split(",")))
                .filter(subject -> !known.contains(subject))
                .collect(Collectors.toSet());
        records("acl").stream()
                .map(acl -> acl.get(2))
                .filter(path -> path.startsWith("/pool/") && !ids("pool").contains(path.substring(6)))
                .forEach(gone::add);
        assertThat(gone).isEqualTo(access.culprits(AccessFault.ORPHANED_ACL));

        Set<String> rulers = records("acl").stream()
                .filter(acl -> acl.get(2).equals("/"))
                .filter(acl -> acl.get(4).matches(".*\\b(Administrator|NodeKeeper)\\b.*"))
                .flatMap(acl -> Arrays.stream(acl.get(3).split(",")))
                .filter(subject -> !access.administrators().contains(subject))
                .collect(Collectors.toSet());
        assertThat(rulers).isEqualTo(access.culprits(AccessFault.ADMINISTRATOR_ON_ROOT));

        String granted = records("acl").stream().map(acl -> acl.get(4)).collect(Collectors.joining(","));
        assertThat(ids("role").stream()
                        .filter(role -> !List.of(granted.split(",")).contains(role)))
                .containsExactlyInAnyOrderElementsOf(access.culprits(AccessFault.UNUSED_ROLE));
        assertThat(access.culprits(AccessFault.UNKNOWN_PRIVILEGE)).containsExactly("Legacy");
        assertThat(LargeAccess.at(NOW, 9).culprits(AccessFault.UNKNOWN_PRIVILEGE))
                .containsExactlyInAnyOrder("Legacy", "Monitor");
    }

    @Test
    void usersAreAsTheCulpritsSay() {
        List<List<String>> active = records("user").stream()
                .filter(user -> user.get(2).equals("1") && user.get(3).equals("0"))
                .toList();
        Set<String> seen = logged();
        assertThat(active.stream().map(user -> user.get(1)).filter(id -> !seen.contains(id)))
                .containsExactlyInAnyOrderElementsOf(access.culprits(AccessFault.USER_NEVER_USED));
        assertThat(records("user").stream()
                        .filter(user -> user.get(2).equals("1") && !user.get(3).equals("0"))
                        .map(user -> user.get(1)))
                .containsExactlyInAnyOrderElementsOf(access.culprits(AccessFault.USER_EXPIRED));
        Set<String> served = records("acl").stream()
                .flatMap(acl -> Arrays.stream(acl.get(3).split(",")))
                .collect(Collectors.toSet());
        records("group").stream()
                .filter(group -> served.contains("@" + group.get(1)))
                .toList()
                .forEach(group -> served.addAll(List.of(group.get(2).split(","))));
        assertThat(active.stream()
                        .map(user -> user.get(1))
                        .filter(id -> !served.contains(id) && !id.equals("root@pam")))
                .containsExactlyInAnyOrderElementsOf(access.culprits(AccessFault.USER_WITHOUT_RIGHTS));
    }

    @Test
    void theLogIsInTheFormOfPveproxyAndInOrder() {
        assertThat(file("/var/log/pveproxy/access.log").lines())
                .allMatch(Pattern.compile("::ffff:[0-9.]+ - \\S+ \\[\\d\\d/\\d\\d/2026:\\d\\d:\\d\\d:\\d\\d \\+0000\\]"
                                + " \"[A-Z]+ /api2/\\S+ HTTP/1\\.1\" \\d{3} (\\d+|-)")
                        .asMatchPredicate())
                .hasSizeGreaterThan(250);
    }

    @Test
    void everySecretIsMarked() {
        for (String path :
                List.of("/etc/pve/priv/token.cfg", "/etc/pve/priv/shadow.cfg", "/etc/pve/priv/realm/corp.pw")) {
            assertThat(file(path).lines()).allMatch(line -> line.contains(LargeAccess.SECRET));
        }
        assertThat(file("/etc/pve/priv/tfa.cfg"))
                .contains(LargeAccess.SECRET + "-totp", LargeAccess.SECRET + "-recovery");
        assertThat(file("/etc/pve/domains.cfg")).contains("client-key " + LargeAccess.SECRET);
        assertThat(file("/etc/pve/user.cfg") + file("/etc/pve/datacenter.cfg")).doesNotContain(LargeAccess.SECRET);
    }
}
