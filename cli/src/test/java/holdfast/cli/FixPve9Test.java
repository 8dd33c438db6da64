package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.journal.Entry.State;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A selection of fixes and faults on Debian 13 with OpenSSH 10 and systemd 257, as PVE 9, on a node that stands alone. */
@Tag("containers")
class FixPve9Test {

    private static final String SSHD = "sshd.root-login,sshd.password-authentication";
    private static final String ALL = SSHD + ",firewall.enabled,time.synchronized";

    @Test
    void fromFailToPassToUnchangedAndWhatFailsIsPutBack(@TempDir Path directory) {
        try (RealCluster cluster = RealCluster.standalone(1, Release.TRIXIE)) {
            RealNode node = cluster.nodes().get(0);
            RealFix fix = new RealFix(cluster, directory);
            NodeState before = NodeState.of(node);
            Plan plan = fix.plan("", SSHD, node);

            RealFix.Run dead = fix.run().diesAt("log in");
            dead.untilDeath(plan);
            before.assertStillOn(node, "dead before the lock");

            RealFix.Run shut =
                    fix.run().at("log in anew", () -> node.sh("mv ~ops/.ssh/authorized_keys ~ops/.ssh/away"));
            Outcome outcome = shut.one(plan);
            node.sh("mv ~ops/.ssh/away ~ops/.ssh/authorized_keys");
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
            before.assertStillOn(node, outcome.message());

            RealFix.Run cut = fix.run().diesAt("check again");
            cut.untilDeath(plan);
            node.await(
                    "as before by itself",
                    "[ -e %s/restored ] && [ ! -e /var/lib/holdfast/lock ]".formatted(cut.directory()));
            node.await("done", "! pgrep -f 'holdfast/[^ *]+/rollback'");
            before.assertStillOn(node, "the controller dead");

            RealFix.Run rebooted = fix.run().at("validate", node::reboot);
            outcome = rebooted.one(plan);
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
            before.assertStillOn(node, outcome.message());
            assertThat(fix.getsIn(node, "root")).isTrue();

            node.stopChrony();
            Invocation first = fix.fix("ops", "", "--yes", "--checks", ALL);
            assertThat(first.code()).as(first.out() + first.err()).isZero();
            assertThat(fix.getsIn(node, "ops")).isTrue();
            assertThat(fix.getsIn(node, "root")).isFalse();
            assertThat(NodeState.leftovers(node)).isEmpty();
            Invocation second = fix.fix("ops", "", "--yes", "--checks", ALL);
            assertThat(second.out()).contains("nothing to change");
            assertThat(second.code()).isZero();
        }
    }
}
