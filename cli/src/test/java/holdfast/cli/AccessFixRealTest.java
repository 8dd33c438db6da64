package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.journal.JournalException;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fixes of rights on a node of its own: shell, awk and pveum as they run there. */
@Tag("containers")
final class AccessFixRealTest {

    private static final String CHECKS = "access.token-privilege-separation,access.administrators";

    private static final String POLICY = """
            access:
              administrators: [anna.admin@pve]
              lists:
                - users: [ { id: anna.admin@pve }, { id: ci@pve }, { id: mallory@pve } ]
                  tokens: [ { id: 'ci@pve!run' } ]
                  acl:
                    - { path: /, subject: anna.admin@pve, role: Administrator }
                    - { path: /vms, subject: ci@pve, role: PVEVMUser }
                    - { path: /vms/100, subject: 'ci@pve!run', role: PVEVMUser, propagate: false }
                    - { path: /storage, subject: mallory@pve, role: PVEDatastoreUser }
            """;

    private static List<String> rights(RealNode node) {
        return node.readFile("/etc/pve/user.cfg")
                .lines()
                .filter(line -> line.matches("(token|acl):.*"))
                .sorted()
                .toList();
    }

    @Test
    void aTokenIsSeparatedAndAnAdministratorNarrowedAndBothComeBack(@TempDir Path directory) throws JournalException {
        try (RealCluster lab = RealCluster.standalone(1, Release.BOOKWORM)) {
            RealNode node = lab.node("pve1");
            RealFix fix = new RealFix(lab, directory);
            node.writeFile("/etc/pve/user.cfg", "user:root@pam:1:0::::::\n");
            for (String user : List.of("anna.admin", "ci", "mallory")) {
                node.sh("pveum user add %s@pve".formatted(user));
            }
            node.sh("pveum acl modify / --users anna.admin@pve,mallory@pve --roles Administrator");
            node.sh("pveum acl modify /vms --users ci@pve --roles PVEVMUser");
            node.sh("pveum user token add ci@pve run --privsep 0 >/dev/null");
            List<String> before = rights(node);

            Invocation fixed = fix.fix("ops", POLICY, "--yes", "--checks", CHECKS);
            assertThat(fixed.code()).as(fixed.out() + fixed.err()).isZero();
            assertThat(rights(node))
                    .contains("acl:0:/vms/100:ci@pve!run:PVEVMUser:", "acl:1:/:anna.admin@pve:Administrator:")
                    .contains("acl:1:/storage:mallory@pve:PVEDatastoreUser:")
                    .anyMatch(line -> line.startsWith("token:ci@pve!run:0:1:"));
            assertThat(fix.fix("ops", POLICY, "--yes", "--checks", CHECKS).out())
                    .startsWith("nothing to change\n");

            List<String> words = new ArrayList<>(
                    fix.arguments("ops", POLICY, FixBench.journal(fixed).id(), "--yes"));
            words.set(0, "undo");
            Invocation undone = Invocation.of(words.toArray(String[]::new));
            assertThat(undone.code()).as(undone.out() + undone.err()).isZero();
            assertThat(rights(node)).isEqualTo(before);
        }
    }
}
