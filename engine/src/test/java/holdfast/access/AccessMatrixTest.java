package holdfast.access;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.access.AccessMatrix.Query;
import holdfast.access.AccessMatrix.Row;
import holdfast.access.AccessMatrix.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The rows say what Proxmox VE allows, no more and no less. */
final class AccessMatrixTest {

    private static final long NOW = 1_800_000_000L;
    private static final Query EVERYTHING = new Query(subject -> true, List.of(), Optional.empty());

    private static AccessMatrix matrix(String text, Query query) {
        return AccessMatrix.of(UserConfig.parse(text, Privileges.PVE_8), query, NOW);
    }

    /** "Who may do this here?" has the same answer as asking for everybody, one after the other. */
    @Property(tries = 500)
    void whoIsInARowIsWhoMay(
            @ForAll("files") String file, @ForAll("privileges") String privilege, @ForAll("paths") String path) {
        UserConfig config = UserConfig.parse(file, Privileges.PVE_8);
        Permissions permissions = new Permissions(config);
        Set<Subject> may = Stream.concat(
                        config.users().keySet().stream().map(Subject::user),
                        config.tokens().keySet().stream().map(Subject::token))
                .filter(subject ->
                        Answer.of(permissions, subject, privilege, path, NOW).allowed())
                .collect(Collectors.toSet());
        AccessMatrix matrix =
                AccessMatrix.of(config, new Query(subject -> true, List.of(path), Optional.of(privilege)), NOW);
        assertThat(matrix.rows().stream()
                        .filter(row -> row.state() == State.ACTIVE)
                        .map(Row::subject)
                        .collect(Collectors.toSet()))
                .isEqualTo(may);
    }

    /** What is looked up once for many paths is what each of them has. */
    @Property(tries = 300)
    void severalPathsAreLikeOneAfterTheOther(@ForAll("files") String file) {
        List<String> several = List.of(
                "/", "/vms", "/vms/100", "/vms/101", "/vms/102", "/vms/103", "/vms/104", "/storage/x", "/storage/y");
        Set<Row> singly = several.stream()
                .flatMap(path ->
                        matrix(file, new Query(subject -> true, List.of(path), Optional.empty())).rows().stream())
                .collect(Collectors.toSet());
        assertThat(Set.copyOf(matrix(file, new Query(subject -> true, several, Optional.empty()))
                        .rows()))
                .isEqualTo(singly);
    }

    /** Every entry that counts for somebody is a row of that path, with the line that it stands on. */
    @Property(tries = 500)
    void everyEntryThatCountsIsARow(@ForAll("files") String file) {
        UserConfig config = UserConfig.parse(file, Privileges.PVE_8);
        Permissions permissions = new Permissions(config);
        Set<String> expected = new TreeSet<>();
        Stream.concat(
                        config.users().keySet().stream().map(Subject::user),
                        config.tokens().values().stream()
                                .filter(UserConfig.Token::separated)
                                .map(token -> Subject.token(token.id())))
                .filter(subject -> !subject.equals(Subject.user(UserConfig.ROOT)))
                .forEach(subject -> config.grants().stream()
                        .map(UserConfig.Grant::path)
                        .distinct()
                        .forEach(path -> permissions.at(subject, path).roles().values().stream()
                                .filter(held -> held.grants().stream()
                                        .anyMatch(grant -> grant.path().equals(path)))
                                .forEach(held -> expected.add(subject + " " + path + " " + held.role()))));
        assertThat(AccessMatrix.of(config, EVERYTHING, NOW).rows().stream()
                        .map(row -> row.subject() + " " + row.path() + " " + row.role())
                        .collect(Collectors.toSet()))
                .containsAll(expected);
    }

    @Provide
    Arbitrary<String> files() {
        return UserFiles.any();
    }

    @Provide
    Arbitrary<String> privileges() {
        return Arbitraries.of("VM.Audit", "Sys.Modify", "VM.Monitor", "Permissions.Modify", "VM.PowerMgmt");
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.of(
                "/", "/vms", "/vms/100", "/vms/102", "/pool/a/b", "/pool/a/b/c", "/storage/x", "/nodes/n");
    }

    private static List<String> words(AccessMatrix matrix) {
        return matrix.rows().stream()
                .map(row -> "%s%s: %s on %s, %s"
                        .formatted(
                                row.subject(),
                                row.state().label().isEmpty()
                                        ? ""
                                        : " (" + row.state().label() + ")",
                                row.role(),
                                row.path(),
                                row.how()))
                .toList();
    }

    @Test
    void eachRowSaysWhereItComesFromAndWhetherItCounts() {
        assertThat(words(matrix("""
                        user:a@pve:1:0::::::
                        user:off@pve:0:0::::::
                        user:old@pve:1:1700000000::::::
                        token:a@pve!both:0:1::
                        token:a@pve!whole:0:0::
                        token:a@pve!old:1700000000:0::
                        token:off@pve!tok:0:0::
                        token:old@pve!tok:0:0::
                        token:root@pam!mon:0:1::
                        group:g:a@pve,off@pve,gone@pve::
                        acl:1:/:@g:PVEAuditor:
                        acl:0:/vms:old@pve:PVEVMUser:
                        acl:1:/vms:a@pve!both:PVEVMAdmin:
                        acl:1:/:root@pam!mon:PVEAuditor:
                        """, EVERYTHING)))
                .containsExactly(
                        "a@pve: PVEAuditor on /, acl line 11 for @g",
                        "a@pve!both: PVEVMAdmin on /vms, acl line 13; at most what a@pve may: 1 of 18 privileges",
                        "a@pve!old (expired): PVEAuditor on /, acl line 11 for @g; all that a@pve may",
                        "a@pve!whole: PVEAuditor on /, acl line 11 for @g; all that a@pve may",
                        "gone@pve (no such user): PVEAuditor on /, acl line 11 for @g",
                        "off@pve (disabled): PVEAuditor on /, acl line 11 for @g",
                        "off@pve!tok (its user is disabled): PVEAuditor on /, acl line 11 for @g; all that off@pve may",
                        "old@pve (expired): PVEVMUser on /vms, acl line 12, not below",
                        "old@pve!tok (its user has expired): PVEVMUser on /vms, acl line 12, not below; all that old@pve may",
                        "root@pam: Administrator on /, root@pam has it by itself",
                        "root@pam!mon: PVEAuditor on /, acl line 14");
    }

    @Test
    void aUsersOwnEntryHidesTheGroups() {
        assertThat(words(matrix(
                        "user:a@pve:1:0::::::\ngroup:g:a@pve::\nacl:1:/:@g:Administrator:\nacl:1:/:a@pve:NoAccess:\n",
                        EVERYTHING)))
                .contains("a@pve: NoAccess on /, acl line 4")
                .noneMatch(row -> row.startsWith("a@pve: Administrator"));
    }

    /** The largest user.cfg that there can be has about so many: seconds, not minutes. */
    @Test
    void tenThousandEntriesTakeSeconds() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            lines.add("user:u%d@pve:1:0::::::".formatted(i));
            lines.add("token:u%d@pve!deploy:0:%d::".formatted(i, i % 2));
        }
        for (int i = 0; i < 10_000; i++) {
            lines.add("acl:1:/vms/%d:u%d@pve:PVEVMUser:".formatted(100 + i, i % 1000));
        }
        long start = System.nanoTime();
        AccessMatrix matrix = matrix(String.join("\n", lines), EVERYTHING);
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertThat(matrix.rows()).hasSize(15_001);
        assertThat(matrix.cut()).isFalse();
        assertThat(millis).isLessThan(5000);
    }

    /** A thousand members of a group that has ten thousand entries: ten million rows that nobody reads. */
    @Test
    void whatWouldNeverEndIsCutAndSaysSo() {
        List<String> lines = new ArrayList<>();
        List<String> members = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            lines.add("user:u%d@pve:1:0::::::".formatted(i));
            members.add("u%d@pve".formatted(i));
        }
        lines.add("group:g:" + String.join(",", members) + "::");
        for (int i = 0; i < 10_000; i++) {
            lines.add("acl:1:/vms/%d:@g:PVEVMUser:".formatted(100 + i));
        }
        String text = String.join("\n", lines);
        long start = System.nanoTime();
        AccessMatrix all = matrix(text, EVERYTHING);
        AccessMatrix none = matrix(text, new Query(subject -> true, List.of(), Optional.of("Sys.Modify")));
        assertThat(all.rows()).hasSize(AccessMatrix.ROWS);
        assertThat(all.cut()).isTrue();
        assertThat(none.rows()).extracting(Row::subject).containsExactly(Subject.user("root@pam"));
        assertThat(none.cut()).isTrue();
        assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(30_000);
    }

    /** What is below a path and has no entry of its own is like its neighbours: it is looked up once. */
    @Test
    void everyGuestOfALargeClusterTakesSeconds() {
        List<String> lines = new ArrayList<>(List.of("acl:0:/vms:u1@pve:PVEVMUser:", "pool:p::105:tank:"));
        for (int i = 0; i < 1000; i++) {
            lines.add("user:u%d@pve:1:0::::::".formatted(i));
        }
        lines.add("acl:1:/vms:u7@pve:PVEVMAdmin:");
        lines.add("acl:1:/pool/p:u8@pve:PVEVMAdmin:");
        lines.add("acl:1:/vms/103:u9@pve:PVEVMAdmin:");
        List<String> guests =
                IntStream.range(100, 5100).mapToObj(guest -> "/vms/" + guest).toList();
        long start = System.nanoTime();
        AccessMatrix matrix =
                matrix(String.join("\n", lines), new Query(subject -> true, guests, Optional.of("VM.PowerMgmt")));
        assertThat((System.nanoTime() - start) / 1_000_000).isLessThan(5000);
        assertThat(matrix.cut()).isFalse();
        assertThat(matrix.rows().stream().collect(Collectors.groupingBy(Row::subject, Collectors.counting())))
                .isEqualTo(Map.of(
                        Subject.user("u7@pve"), 5000L,
                        Subject.user("u8@pve"), 1L,
                        Subject.user("u9@pve"), 1L,
                        Subject.user("root@pam"), 5000L));
    }
}
