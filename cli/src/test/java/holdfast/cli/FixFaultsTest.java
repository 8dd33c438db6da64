package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.journal.Entry.State;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What can go wrong in the middle of a fix, at each of its steps, on a real cluster of three as the installer leaves
 * it: the node ends as it was, or as planned, never between.
 */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FixFaultsTest {

    private static final String SSHD = "sshd.root-login,sshd.password-authentication";

    /** The steps of a fix of sshd on a cluster's member; the second login between members is the proof. */
    private static final List<String> STEPS = List.of(
            "log in",
            "ask for quorum",
            "log in between members",
            "lock",
            "write",
            "validate",
            "judge the merged files",
            "arm the way back",
            "reload",
            "check again",
            "log in anew",
            "log in between members/2",
            "confirm");

    private RealCluster cluster;
    private RealFix fix;

    /** Plans of sshd's two fixes, by node: they hold as long as the node is brought back to where it was. */
    private final Map<String, Plan> plans = new ConcurrentHashMap<>();

    private final Map<String, NodeState> before = new ConcurrentHashMap<>();

    @BeforeAll
    void start(@TempDir Path directory) {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        fix = new RealFix(cluster, directory);
        cluster.onEveryNode(node -> {
            before.put(node.name(), NodeState.of(node));
            plans.put(node.name(), fix.plan("", SSHD, node));
        });
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    /** What a test that failed has left must not fail the next ones. */
    @AfterEach
    void tidy() {
        cluster.onEveryNode(node -> {
            if (!before(node).differences(NodeState.of(node)).isEmpty()
                    || !NodeState.leftovers(node).isEmpty()) {
                node.sh(
                        "systemctl stop 'holdfast-guard-*'; rm -rf /var/lib/holdfast/* /etc/systemd/system/holdfast-rollback-* /etc/systemd/system/*/holdfast-rollback-* /etc/ssh/sshd_config.d/*; systemctl daemon-reload; systemctl reload ssh && sleep 0.5");
            }
        });
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    private Plan plan(RealNode node) {
        Plan plan = Objects.requireNonNull(plans.get(node.name()));
        assertThat(plan.targets()).as("%s", plan.refusals()).hasSize(1);
        return plan;
    }

    /** As before in every byte, with sshd obeying it: root gets in by key from here, as the installer leaves it. */
    private void assertAsBefore(RealNode node, String what) {
        before(node).assertStillOn(node, what);
        assertThat(fix.getsIn(node, "ops")).as(what).isTrue();
        assertThat(fix.getsIn(node, "root")).as(what).isTrue();
    }

    private NodeState before(RealNode node) {
        return Objects.requireNonNull(before.get(node.name()));
    }

    /** Takes a confirmed change back with nothing but the node's own script, as docs/safety.md tells it. */
    private void takeBack(RealNode node, RealFix.Run run, String what) {
        assertThat(NodeState.leftovers(node)).as(what).isEmpty();
        assertThat(fix.getsIn(node, "ops")).as(what).isTrue();
        assertThat(fix.getsIn(node, "root")).as(what).isFalse();
        assertThat(node.sh("sh %s/rollback --anyway".formatted(run.directory())))
                .contains("@outcome undone");
        assertAsBefore(node, what + ", taken back");
    }

    /** Spreads cases over the members, which are tried side by side; each node's cases follow each other. */
    private void onTheMembers(List<String> cases, BiConsumer<RealNode, String> work) {
        ConcurrentLinkedQueue<String> left = new ConcurrentLinkedQueue<>(cases);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> all = cluster.nodes().stream()
                    .<Future<?>>map(node -> threads.submit(() -> {
                        for (String one = left.poll(); one != null; one = left.poll()) {
                            work.accept(node, one);
                        }
                    }))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void withoutAFaultEveryStepComesInThisOrder() {
        RealFix.Run run = fix.run();
        Outcome outcome = run.one(plan(node(1)));
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        assertThat(run.steps)
                .isEqualTo(STEPS.stream().map(step -> step.replace("/2", "")).toList());
        takeBack(node(1), run, "no fault");
    }

    @Test
    void aCutConnectionAtAnyStepLeavesNothingHalf() {
        onTheMembers(STEPS, (node, step) -> {
            RealFix.Run run = fix.run();
            // For as long as it takes to get into the middle of the step, and of the way back.
            run.at(
                    step,
                    () -> node.sh(
                            "(timeout 2 sh -c 'while :; do pkill -9 -f \"[s]shd: ops\"; sleep 0.1; done' >/dev/null 2>&1 &)"));
            Outcome outcome = run.one(plan(node));
            String what = "cut at '%s': %s %s".formatted(step, outcome.state(), outcome.message());
            node.await("at peace", "! pgrep -f '[w]hile :; do pkill'");
            settle(node, run);
            if (outcome.state() == State.APPLIED) {
                takeBack(node, run, what);
            } else {
                assertThat(outcome.state())
                        .as(what)
                        .isEqualTo(STEPS.indexOf(step) < 4 ? State.REFUSED : State.ROLLED_BACK);
                assertAsBefore(node, what);
            }
        });
    }

    @Test
    void anAnswerThatIsLostWhileTheNodeTakesItsLockLeavesNoLock() {
        RealNode node = node(1);
        RealFix.Run run = fix.run();
        // The script goes on to its end without the connection that it came by.
        run.at(
                "lock",
                () -> node.sh(
                        "(until [ -e %s/files ]; do sleep 0.01; done; pkill -9 -f '[s]shd: ops') >/dev/null 2>&1 &"
                                .formatted(run.directory())));
        Outcome outcome = run.one(plan(node));
        assertThat(outcome.state()).as(outcome.message()).isIn(State.ROLLED_BACK, State.REFUSED);
        assertAsBefore(node, outcome.message());
    }

    /** Has the node's own guard do its work now instead of in minutes, where one still waits. */
    private static void settle(RealNode node, RealFix.Run run) {
        node.sh(
                "for t in $(systemctl list-units --plain --no-legend 'holdfast-guard-%1$s-*.timer' | awk '{ print $1 }'); do systemctl start --wait \"${t%%.timer}.service\"; done"
                        .formatted(run.id));
        node.await("settled", "! pgrep -f 'holdfast/%s/[r]ollback'".formatted(run.id));
    }

    @Test
    void aControllerThatDiesAtAnyStepLeavesTheRestToTheNode() {
        onTheMembers(STEPS, (node, step) -> {
            RealFix.Run run = fix.run().diesAt(step);
            run.untilDeath(plan(node));
            String what = "dead at '%s'".formatted(step);
            if (STEPS.indexOf(step) < 4) {
                assertAsBefore(node, what);
                return;
            }
            assertThat(NodeState.leftovers(node))
                    .as(what)
                    .anyMatch(line -> line.startsWith("holdfast-guard-" + run.id))
                    .contains("/var/lib/holdfast/lock", "/etc/systemd/system/holdfast-rollback-" + run.id + ".service");
            if (STEPS.indexOf(step) <= STEPS.indexOf("arm the way back")) {
                // Three minutes for the preparations: the timer's hour is brought forward.
                settle(node, run);
            } else {
                node.await("as before by itself", "[ -e %s/restored ]".formatted(run.directory()));
                settle(node, run);
            }
            assertAsBefore(node, what);
        });
    }

    /**
     * Something that goes wrong at a step.
     *
     * @param name what it is
     * @param step at whose beginning it happens
     * @param fault a shell command on the node
     * @param mend what takes it away again, after the run
     * @param words what the outcome has to say
     */
    private record Fault(String name, String step, String fault, String mend, List<String> words) {}

    private static final String DROP_INS = "/etc/ssh/sshd_config.d";

    private static Fault fault(String name, String step, String fault, String mend, String... words) {
        return new Fault(name, step, fault, mend, List.of(words));
    }

    private static final List<Fault> FAULTS = List.of(
            fault(
                    "a broken line in somebody else's file",
                    "validate",
                    "echo 'Nonsense yes' >" + DROP_INS + "/zz-broken.conf",
                    "rm " + DROP_INS + "/zz-broken.conf",
                    "validate: ",
                    DROP_INS + "/zz-broken.conf",
                    "line 1",
                    "Nonsense"),
            fault(
                    "an earlier file that wins",
                    "judge the merged files",
                    "echo 'PermitRootLogin yes' >" + DROP_INS + "/00-a-first.conf",
                    "rm " + DROP_INS + "/00-a-first.conf",
                    "judge the merged files: ",
                    "sshd.root-login would still fail",
                    DROP_INS + "/00-a-first.conf:1"),
            fault(
                    "a broken line between validation and reload, for a moment",
                    "reload",
                    "echo 'Nonsense yes' >" + DROP_INS + "/zz-broken.conf; (sleep 3; rm " + DROP_INS
                            + "/zz-broken.conf) >/dev/null 2>&1 &",
                    "while [ -e " + DROP_INS + "/zz-broken.conf ]; do sleep 0.2; done",
                    "reload: ",
                    "could not be reloaded"),
            fault(
                    "new connections are dropped",
                    "log in anew",
                    "iptables-legacy -I INPUT -p tcp --dport 22 --syn -s @CONTROLLER@ -j DROP",
                    "iptables-legacy -D INPUT -p tcp --dport 22 --syn -s @CONTROLLER@ -j DROP",
                    "a new login on",
                    "failed"),
            fault(
                    "the keys are taken away, and our file is edited",
                    "log in anew",
                    "mv ~ops/.ssh/authorized_keys ~ops/.ssh/away; echo '# mine' >>" + DROP_INS
                            + "/00-holdfast-root-login.conf",
                    "mv ~ops/.ssh/away ~ops/.ssh/authorized_keys; grep -q '# mine' /var/lib/holdfast/@RUN@/files/*/superseded; rm /var/lib/holdfast/@RUN@/files/*/superseded",
                    "a new login on",
                    "permission denied"),
            fault(
                    "another key",
                    "log in anew",
                    "cp -p ~ops/.ssh/authorized_keys ~ops/.ssh/away; sed -i 's/ AAAAC3/ AAAAC4/' ~ops/.ssh/authorized_keys",
                    "mv ~ops/.ssh/away ~ops/.ssh/authorized_keys",
                    "a new login on",
                    "permission denied"),
            fault(
                    "members do not get out",
                    "log in between members/2",
                    "iptables-legacy -I OUTPUT -p tcp --dport 22 --syn -j REJECT --reject-with tcp-reset",
                    "iptables-legacy -D OUTPUT -p tcp --dport 22 --syn -j REJECT --reject-with tcp-reset",
                    "root's login between",
                    "does not work any more"),
            fault(
                    "members do not get in",
                    "log in between members/2",
                    "iptables-legacy -I INPUT -p tcp --dport 22 --syn ! -s @CONTROLLER@ -j REJECT --reject-with tcp-reset",
                    "iptables-legacy -D INPUT -p tcp --dport 22 --syn ! -s @CONTROLLER@ -j REJECT --reject-with tcp-reset",
                    "root's login between",
                    "does not work any more"),
            fault(
                    "the proof takes longer than the node waits",
                    "confirm",
                    "n=0; until [ -e /var/lib/holdfast/@RUN@/restored ]; do sleep 0.5; n=$((n + 1)); [ $n -lt 60 ]; done",
                    ":",
                    "confirm: ",
                    "the timer on the node has put everything back meanwhile"));

    @Test
    void whateverFailsIsPutBackAndNamed() {
        // A member that the others cannot reach spoils their proofs: one after the other.
        FAULTS.stream().filter(fault -> fault.name().startsWith("members")).forEach(fault -> goesWrong(node(1), fault));
        List<Fault> others = FAULTS.stream()
                .filter(fault -> !fault.name().startsWith("members"))
                .toList();
        onTheMembers(others.stream().map(Fault::name).toList(), (node, name) -> {
            Fault fault = others.stream()
                    .filter(one -> one.name().equals(name))
                    .findFirst()
                    .orElseThrow();
            goesWrong(node, fault);
        });
    }

    private void goesWrong(RealNode node, Fault fault) {
        RealFix.Run run = fix.run();
        run.at(fault.step(), () -> node.sh("set -e; " + filled(fault.fault(), run)));
        Outcome outcome;
        try {
            outcome = run.one(plan(node));
        } finally {
            node.sh("set -e; " + filled(fault.mend(), run));
        }
        String what = "%s: %s %s".formatted(fault.name(), outcome.state(), outcome.message());
        assertThat(outcome.state()).as(what).isEqualTo(State.ROLLED_BACK);
        assertThat(outcome.message()).contains(fault.words());
        assertAsBefore(node, what);
    }

    private String filled(String command, RealFix.Run run) {
        return command.replace("@RUN@", run.id).replace("@CONTROLLER@", cluster.controller());
    }

    @Test
    void aBreakGlassUserWhoIsShutOutStopsTheFix() {
        RealNode node = node(2);
        RealFix.Run run = fix.run().at("log in anew", () -> node.sh("mv ~noisy/.ssh/authorized_keys ~noisy/away"));
        Outcome outcome;
        try {
            outcome = run.one(fix.plan("sshd: { break_glass: [ops, noisy] }", SSHD, node));
        } finally {
            node.sh("mv ~noisy/away ~noisy/.ssh/authorized_keys");
        }
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
        assertThat(outcome.message()).contains("the break-glass user noisy cannot get into pve2 any more");
        assertAsBefore(node, outcome.message());
    }

    @Test
    void aNodeThatCannotBeReachedAnyMoreRestoresItself() {
        RealNode node = node(3);
        String drop = "INPUT -p tcp --dport 22 -s %s -j DROP".formatted(cluster.controller());
        RealFix.Run run = fix.run().at("log in anew", () -> node.sh("iptables-legacy -I " + drop));
        Outcome outcome;
        try {
            outcome = run.one(plan(node));
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.UNCONFIRMED);
            assertThat(outcome.message()).contains("could not be read back", run.directory());
            before(node).assertStillOn(node, outcome.message());
        } finally {
            node.sh("iptables-legacy -D " + drop);
        }
        assertAsBefore(node, outcome.message());
    }

    // ------------------------------------------------------------------ a full disk

    /** Small file systems are filled, never the machine's own. */
    private static void mount(RealNode node, String directory, int kilobytes) {
        node.sh(
                "set -e; d=%1$s; mkdir -p -m 0700 $d; m=$(stat -c %%a $d); t=$(mktemp -d); cp -a $d/. $t/; mount -t tmpfs -o size=%2$dk,mode=$m none $d; cp -a $t/. $d/; rm -rf $t"
                        .formatted(directory, kilobytes));
    }

    private static void unmount(RealNode node, String directory) {
        node.sh("umount -l " + directory);
    }

    private static void fill(RealNode node, String directory) {
        node.exec("dd if=/dev/zero of=%s/fill bs=4k 2>/dev/null".formatted(directory));
    }

    @Test
    void aFullDiskBelowTheStateOfRuns() {
        onTheMembers(List.of("log in", "write", "validate", "arm the way back", "reload", "confirm"), (node, step) -> {
            String base = "/var/lib/holdfast";
            RealFix.Run run = fix.run().at(step, () -> fill(node, base));
            Outcome outcome;
            String what;
            mount(node, base, 2048);
            try {
                outcome = run.one(plan(node));
                what = "no space at '%s': %s %s".formatted(step, outcome.state(), outcome.message());
                node.sh("rm " + base + "/fill");
                if (outcome.state() == State.APPLIED) {
                    takeBack(node, run, what);
                } else {
                    assertThat(outcome.state())
                            .as(what)
                            .isEqualTo(step.equals("log in") ? State.REFUSED : State.ROLLED_BACK);
                    assertThat(outcome.message()).contains("disk full");
                    assertAsBefore(node, what);
                }
            } finally {
                unmount(node, base);
            }
            assertAsBefore(node, what);
        });
    }

    @Test
    void aFullDiskWhereTheFilesAre() {
        RealNode node = node(1);
        mount(node, DROP_INS, 64);
        try {
            RealFix.Run run = fix.run().at("write", () -> fill(node, DROP_INS));
            Outcome outcome = run.one(plan(node));
            node.sh("rm " + DROP_INS + "/fill");
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
            assertThat(outcome.message()).contains("write: ", "is the disk full?");
            assertAsBefore(node, outcome.message());
        } finally {
            unmount(node, DROP_INS);
        }
    }

    @Test
    void theWayBackNeedsNoSpaceWhereTheFilesAre() {
        RealNode node = node(2);
        mount(node, "/etc/ssh", 1024);
        try {
            // Two settings before the Include: the main file is edited too, and has to be put back.
            node.sh(
                    "sed -i '/^Include/d' /etc/ssh/sshd_config; printf '\\nInclude /etc/ssh/sshd_config.d/*.conf\\n' >>/etc/ssh/sshd_config; chmod 0640 /etc/ssh/sshd_config; systemctl reload ssh && sleep 0.5");
            NodeState moved = NodeState.of(node);
            Plan plan = fix.plan("", SSHD, node);
            RealFix.Run run = fix.run().at("log in anew", () -> {
                fill(node, "/etc/ssh");
                node.sh("mv ~ops/.ssh/authorized_keys ~ops/.ssh/away");
            });
            Outcome outcome = run.one(plan);
            node.sh("rm /etc/ssh/fill; mv ~ops/.ssh/away ~ops/.ssh/authorized_keys");
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
            moved.assertStillOn(node, outcome.message());
        } finally {
            unmount(node, "/etc/ssh");
            node.sh("systemctl reload ssh && sleep 0.5");
        }
        assertAsBefore(node, "unmounted");
    }

    // ------------------------------------------------------------------ a reboot

    @Test
    void aRebootInTheMiddlePutsEverythingBack() {
        RealNode node = node(3);
        for (String step : List.of("validate", "log in anew")) {
            RealFix.Run run = fix.run().at(step, node::reboot);
            Outcome outcome = run.one(plan(node));
            String what = "rebooted at '%s': %s %s".formatted(step, outcome.state(), outcome.message());
            assertThat(outcome.state()).as(what).isEqualTo(State.ROLLED_BACK);
            assertAsBefore(node, what);
            cluster.onEveryNode(RealNode::awaitQuorate);
        }
        RealFix.Run run = fix.run().at("confirm", () -> {
            node.reboot();
            throw new RealFix.Dead();
        });
        run.untilDeath(plan(node));
        node.await("as before by itself", "[ -e %s/restored ]".formatted(run.directory()));
        settle(node, run);
        assertAsBefore(node, "rebooted at 'confirm', with the controller dead");
        cluster.onEveryNode(RealNode::awaitQuorate);
    }

    // ------------------------------------------------------------------ the lock

    @Test
    void aSecondRunIsToldWhoHoldsTheNodeAndSinceWhen() {
        RealNode node = node(1);
        AtomicReference<Outcome> second = new AtomicReference<>();
        RealFix.Run run = fix.run();
        run.at("log in anew", () -> second.set(fix.run().one(plan(node))));
        Outcome first = run.one(plan(node));
        assertThat(first.state()).as(first.message()).isEqualTo(State.APPLIED);
        Outcome refused = Objects.requireNonNull(second.get());
        assertThat(refused.state()).as(refused.message()).isEqualTo(State.REFUSED);
        assertThat(refused.message())
                .contains("run " + run.id + " of tester on desk holds the lock of this node since 20", " s ago)");
        takeBack(node, run, "two runs");
    }

    @Test
    void theLockOfARunThatDiedBeforeItChangedAnythingIsTakenOver() {
        RealNode node = node(2);
        RealFix.Run dead = fix.run().diesAt("write");
        dead.untilDeath(plan(node));
        stopGuard(node, dead);
        RealFix.Run soon = fix.run();
        assertThat(soon.one(plan(node)).message()).contains("run " + dead.id, "holds the lock");
        node.sh("touch -d '2 minutes ago' /var/lib/holdfast/lock");
        RealFix.Run later = fix.run();
        Outcome outcome = later.one(plan(node));
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        assertThat(later.notes).anyMatch(note -> note.contains("run " + dead.id + " died before it changed anything"));
        // The dead run's unit for the next boot goes with what else it left.
        node.sh("sh %s/rollback".formatted(dead.directory()));
        takeBack(node, later, "taken over");
    }

    private static void stopGuard(RealNode node, RealFix.Run run) {
        node.sh("systemctl stop 'holdfast-guard-%s-*.timer'".formatted(run.id));
    }

    @Test
    void theLockOfARunThatDiedInTheMiddleIsExplained() {
        RealNode node = node(3);
        RealFix.Run dead = fix.run().diesAt("log in anew");
        dead.untilDeath(plan(node));
        stopGuard(node, dead);
        Outcome refused = fix.run().one(plan(node));
        assertThat(refused.state()).as(refused.message()).isEqualTo(State.REFUSED);
        assertThat(refused.message())
                .contains(
                        "run " + dead.id + " of tester on desk has left its lock since 20",
                        "it died in the middle, and so did its timer",
                        "holdfast undo " + dead.id,
                        "sh %s/rollback".formatted(dead.directory()));
        // As it says.
        assertThat(node.sh("sh %s/rollback".formatted(dead.directory()))).contains("@outcome undone");
        assertAsBefore(node, "put back by hand");
    }

    @Test
    void aRunThatWasCutOffIsUndoneByTheWayBackThatItLeft() {
        RealNode node = node(2);
        RealFix.Run dead = fix.run().diesAt("log in anew");
        dead.untilDeath(plan(node));
        stopGuard(node, dead);
        Plan undo = fix.undo(dead, node);
        assertThat(undo.refusals()).isEmpty();
        assertThat(undo.changing()).hasSize(1);
        Outcome outcome = fix.run().one(undo);
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        assertAsBefore(node, "undone");
        assertThat(fix.undo(dead, node).changing()).isEmpty();
    }

    @Test
    void theLockOfARunThatHasEndedIsTakenOver() {
        RealNode node = node(1);
        RealFix.Run ended = fix.run();
        assertThat(ended.one(plan(node)).state()).isEqualTo(State.APPLIED);
        // sshd that is reloaded refuses for a moment.
        node.sh("sh %1$s/rollback --anyway && ln %1$s/holder /var/lib/holdfast/lock && sleep 1"
                .formatted(ended.directory()));
        RealFix.Run next = fix.run();
        Outcome outcome = next.one(plan(node));
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        assertThat(next.notes).anyMatch(note -> note.contains("run " + ended.id + " was left behind after its end"));
        takeBack(node, next, "ended");
    }

    // ------------------------------------------------------------------ without timers

    @Test
    void withoutSystemdsTimersAShellKeepsGuard() {
        RealNode node = node(2);
        node.sh("chmod -x /usr/bin/systemd-run");
        try {
            RealFix.Run run = fix.run();
            Outcome outcome = run.one(plan(node));
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
            takeBack(node, run, "applied");

            RealFix.Run dead = fix.run().diesAt("log in anew");
            dead.untilDeath(plan(node));
            assertThat(NodeState.leftovers(node))
                    .contains(dead.directory() + "/guard.2.pid")
                    .noneMatch(line -> line.startsWith("holdfast-guard-"));
            assertThat(fix.run().one(plan(node)).message()).contains("run " + dead.id, "holds the lock");
            node.await("as before by itself", "[ -e %s/restored ]".formatted(dead.directory()));
            settle(node, dead);
            assertAsBefore(node, "dead");
        } finally {
            node.sh("chmod +x /usr/bin/systemd-run");
        }
    }

    // ------------------------------------------------------------------ quorum, and files that move

    @Test
    void aClusterWithoutQuorumIsNotTouched() {
        try {
            node(2).stopCorosync();
            node(3).stopCorosync();
            node(1).awaitNotQuorate();
            Outcome outcome = fix.run().one(plan(node(1)));
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.REFUSED);
            assertThat(outcome.message()).contains("ask for quorum: ", "not quorate: 1 of 3 votes");
        } finally {
            quorate();
        }
        assertAsBefore(node(1), "without quorum");
    }

    private void quorate() {
        node(2).startCorosync();
        node(3).startCorosync();
        cluster.onEveryNode(RealNode::awaitQuorate);
    }

    @Test
    void aMemberThatStopsBetweenTwoNodesStopsTheRollout() {
        Plan whole = fix.plan("", SSHD, node(1), node(2), node(3));
        RealFix.Run run = fix.run().at("log in/2", () -> {
            node(3).stopCorosync();
            node(2).await("two of three", "corosync-quorumtool -s | grep -q 'Total votes: *2'");
        });
        List<Outcome> outcomes;
        try {
            outcomes = run.apply(whole);
        } finally {
            quorate();
        }
        assertThat(outcomes)
                .extracting(Outcome::state)
                .as("%s", outcomes.stream().map(Outcome::message).toList())
                .containsExactly(State.APPLIED, State.REFUSED, State.NOT_TOUCHED);
        assertThat(outcomes.get(1).message()).contains("losing this node would cost the cluster its quorum");
        takeBack(node(1), run, "the first");
        assertAsBefore(node(2), "the second");
        assertAsBefore(node(3), "the third");
    }

    @Test
    void aFileThatWasChangedSinceThePlanStopsTheFix() {
        RealNode node = node(1);
        String file = DROP_INS + "/00-holdfast-root-login.conf";
        node.writeFile(file, "# somebody's own\n");
        NodeState theirs = NodeState.of(node);
        try {
            Outcome outcome = fix.run().one(plan(node));
            assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.REFUSED);
            assertThat(outcome.message()).contains(file + " was changed since it was planned");
            theirs.assertStillOn(node, outcome.message());
        } finally {
            node.sh("rm " + file);
        }
        // The same between the lock and the write.
        RealFix.Run run = fix.run().at("write", () -> node.writeFile(file, "# somebody's own\n"));
        Outcome outcome = run.one(plan(node));
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.ROLLED_BACK);
        assertThat(outcome.message()).contains(file + " was changed since it was planned");
        theirs.assertStillOn(node, outcome.message());
        node.sh("rm " + file);
        assertAsBefore(node, "without it");
    }
}
