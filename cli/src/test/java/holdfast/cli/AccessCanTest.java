package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** {@code holdfast access can} against embedded clusters, over real SSH. */
final class AccessCanTest {

    private static String said(PracticeCluster cluster, int code, String subject, String privilege, String path) {
        Invocation said = AccessNodes.access(cluster, "can", subject, privilege, path);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return said.out().lines().map(String::strip).reduce("", (one, other) -> one + " " + other);
    }

    @Test
    void theAnswerNamesTheEntriesItFollowsFrom() throws IOException {
        try (PracticeCluster cluster = AccessNodes.with(PracticeCluster.start(2), AccessNodes.USER_CFG)) {
            assertThat(said(cluster, 0, "alice@pve", "Sys.Modify", "/nodes/pve1"))
                    .contains("ALLOWED", "Administrator on / by acl line 16 for @admins");
            assertThat(said(cluster, 0, "bob@pve", "VM.PowerMgmt", "//vms/100/"))
                    .contains("through pool web");
            assertThat(said(cluster, 1, "bob@pve", "VM.PowerMgmt", "/vms/200")).contains("DENIED", "NoAccess");
            assertThat(said(cluster, 1, "carol@pve", "VM.PowerMgmt", "/vms/100"))
                    .contains("disabled");
            assertThat(said(cluster, 0, "ci@pve!deploy", "VM.Backup", "/vms/100"))
                    .contains("privilege separation");
            assertThat(said(cluster, 1, "ci@pve!deploy", "VM.Backup", "/vms/101"))
                    .contains("the token lacks");
        }
    }
}
