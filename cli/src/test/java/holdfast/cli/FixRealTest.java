package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.fix.PlannedFile;
import holdfast.fix.Refusal;
import holdfast.journal.Entry.State;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast fix} on a real cluster of three: each fix from fail to pass to unchanged, and each refusal. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FixRealTest {

    private static final String SSHD = "sshd.root-login,sshd.password-authentication";
    private static final String DROP_INS = "/etc/ssh/sshd_config.d/";
    private static final String ROOT_LOGIN = DROP_INS + "00-holdfast-root-login.conf";
    private static final String PASSWORDS = DROP_INS + "00-holdfast-password-authentication.conf";

    private RealCluster cluster;
    private RealFix fix;

    @BeforeAll
    void start(@TempDir Path directory) {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        fix = new RealFix(cluster, directory);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    /** From fail to pass, and the second time nothing is written. */
    private Invocation mended(String policy, RealNode node, String checks) {
        Invocation first = fix.fix("ops", policy, "--yes", "-l", node.name(), "--checks", checks);
        assertThat(first.code()).as(first.out() + first.err()).isZero();
        assertThat(first.out()).contains("changed:     " + node.name(), "to undo:     holdfast undo ");
        unchanged(policy, node, checks);
        return first;
    }

    private void unchanged(String policy, RealNode node, String checks) {
        List<String> before = NodeState.touched(node);
        Invocation second = fix.fix("ops", policy, "--yes", "-l", node.name(), "--checks", checks);
        assertThat(second.out()).as(second.err()).contains("nothing to change");
        assertThat(second.code()).isZero();
        assertThat(NodeState.touched(node)).isEqualTo(before);
        assertThat(NodeState.leftovers(node)).isEmpty();
    }

    /** Takes back every confirmed run on the node, the newest first, by the node's own scripts. */
    private static void takeBack(RealNode node, NodeState before) {
        node.sh(
                "for d in $(ls -td /var/lib/holdfast/*/); do if grep -qx confirmed $d/outcome; then sh $d/rollback --anyway; fi; done; rm -rf /var/lib/holdfast/*");
        before.assertStillOn(node, "taken back");
    }

    /** Root's login between members, as Proxmox does it. */
    private static void reaches(RealNode from, RealNode to) {
        from.sh(
                "f=/etc/pve/nodes/%1$s/ssh_known_hosts; [ -e $f ] || f=/etc/ssh/ssh_known_hosts; ssh -o BatchMode=yes -o HostKeyAlias=%1$s -o UserKnownHostsFile=$f root@%2$s true"
                        .formatted(to.name(), to.address()));
    }

    // ------------------------------------------------------------------ sshd

    @Test
    void sshdAsTheInstallerLeavesIt() {
        RealNode node = node(1);
        NodeState before = NodeState.of(node);
        Invocation shown = fix.fix("ops", "", "--check", "--diff", "-l", "pve1", "--checks", SSHD);
        before.assertStillOn(node, "a dry run");
        mended("", node, SSHD);
        assertThat(before.differences(NodeState.of(node)))
                .as("the main file's PermitRootLogin yes stays")
                .hasSize(2)
                .allMatch(line -> line.matches(".*/00-holdfast-.*: null -> 644 root:root .*"));
        assertThat(node.readFile("/etc/ssh/sshd_config")).contains("\nPermitRootLogin yes\n");
        for (String path : List.of(ROOT_LOGIN, PASSWORDS)) {
            assertThat(shown.out())
                    .contains(node.readFile(path)
                            .lines()
                            .map("    +%s\n"::formatted)
                            .toList());
        }
        assertThat(fix.getsIn(node, "ops")).isTrue();
        assertThat(fix.getsIn(node, "root")).isFalse();
        reaches(node(2), node);
        takeBack(node, before);
        assertThat(fix.getsIn(node, "root")).isTrue();
    }

    @Test
    void sshdWithAnIncludeThatIsMissingOrTooLate() {
        RealNode node = node(2);
        String original = node.readFile("/etc/ssh/sshd_config");
        for (String end : List.of("", "\nInclude /etc/ssh/sshd_config.d/*.conf\n")) {
            node.writeFile("/etc/ssh/sshd_config", original.replaceAll("(?m)^Include.*\n", "") + end);
            node.sh(
                    "chmod 0600 /etc/ssh/sshd_config; chown root:ops /etc/ssh/sshd_config; systemctl reload ssh && sleep 0.5");
            NodeState before = NodeState.of(node);
            mended("", node, SSHD);
            assertThat(node.readFile("/etc/ssh/sshd_config")).containsOnlyOnce("Include /etc/ssh/sshd_config.d/*.conf");
            assertThat(node.sh("stat -c '%a %U:%G' /etc/ssh/sshd_config")).isEqualTo("600 root:ops\n");
            assertThat(fix.getsIn(node, "root")).isFalse();
            takeBack(node, before);
        }
        node.writeFile("/etc/ssh/sshd_config", original);
        node.sh(
                "chmod 0644 /etc/ssh/sshd_config; chown root:root /etc/ssh/sshd_config; systemctl reload ssh && sleep 0.5");
    }

    @Test
    void sshdWithALaterBlockThatOpens() {
        RealNode node = node(3);
        node.allowRootPasswordFrom("198.51.100.0/24");
        NodeState before = NodeState.of(node);
        Invocation run = mended("", node, SSHD);
        assertThat(run.out()).contains("99-legacy.conf");
        assertThat(node.sh("sshd -T -C user=root,host=x,addr=198.51.100.7"))
                .contains("permitrootlogin no\n", "passwordauthentication no\n");
        assertThat(before.differences(NodeState.of(node))).hasSize(2);
        takeBack(node, before);
        node.sh("rm " + DROP_INS + "99-legacy.conf; systemctl reload ssh && sleep 0.5");
    }

    @Test
    void whatIsAppliedIsWhatWasPlanned() {
        RealNode node = node(1);
        NodeState before = NodeState.of(node);
        Plan plan = fix.plan("", SSHD, node);
        Outcome outcome = fix.run().apply(plan, Duration.ofSeconds(60)).get(0);
        assertThat(outcome.state()).as(outcome.message()).isEqualTo(State.APPLIED);
        for (PlannedFile file : plan.targets().get(0).files()) {
            assertThat(node.readFile(file.path())).isEqualTo(file.after().orElseThrow());
        }
        takeBack(node, before);
    }

    // ------------------------------------------------------------------ time, API, certificates

    @Test
    void aStoppedChronyAndOneWithoutServers() {
        RealNode node = node(1);
        NodeState before = NodeState.of(node);
        node.stopChrony();
        mended("", node, "time.synchronized");
        before.assertStillOn(node, "only started");
        node.sh("rm -rf /var/lib/holdfast/*; mv /etc/chrony/sources.d/lab.sources /root/ && systemctl restart chrony");
        mended("time: { servers: [%s] }".formatted(node.timeSource()), node, "time.synchronized");
        assertThat(before.differences(NodeState.of(node)))
                .hasSize(2)
                .anyMatch(line -> line.startsWith("/etc/chrony/sources.d/holdfast.sources: null -> 644 root:root"));
        node.sh("mv /root/lab.sources /etc/chrony/sources.d/");
        takeBack(node, before);
        node.sh("systemctl restart chrony");
        node.awaitSynchronized();
    }

    @Test
    void aMaskedApiAndAnExpiredAndAStaleCertificate() {
        RealNode node = node(2);
        NodeState before = NodeState.of(node);
        node.stopAndMaskProxy();
        mended("", node, "pveproxy.listening");
        before.assertStillOn(node, "unmasked");
        node.expireNodeCertificate(3);
        mended("", node, "certificate.*");
        assertThat(node.sh("openssl x509 -in /etc/pve/local/pve-ssl.pem -noout -checkend 8000000"))
                .contains("will not expire");
        node.staleServedCertificate();
        mended("", node, "certificate.*");
        node.sh("rm -rf /var/lib/holdfast/*");
    }

    // ------------------------------------------------------------------ the firewall

    @Test
    void theFirewallOfTheClusterWithEverythingElseKept() {
        String text = """
                # our own notes
                [OPTIONS]
                # not yet
                enable: 0

                [ALIASES]
                local_network 192.0.2.0/24 # so that nobody here is on it

                [RULES]

                # the shop
                IN ACCEPT -source 198.51.100.0/24 -p tcp -dport 443 # keep
                |IN DROP -p tcp -dport 9999
                """;
        node(1).writeFile("/etc/pve/firewall/cluster.fw", text);
        NodeState before = NodeState.of(node(1));
        Invocation run = fix.fix("ops", "", "--yes", "--checks", "firewall.enabled");
        assertThat(run.code()).as(run.out() + run.err()).isZero();
        cluster.onEveryNode(RealNode::awaitFirewall);
        String after = node(3).readFile("/etc/pve/firewall/cluster.fw");
        assertThat(after)
                .contains(
                        "\nenable: 1\n",
                        "[IPSET management]",
                        cluster.controller() + " # holdfast:",
                        node(2).address());
        assertThat(after.lines()
                        .filter(line -> text.lines().anyMatch(line::equals))
                        .toList())
                .as("every other line in its order")
                .containsSubsequence(text.lines()
                        .filter(line -> !line.startsWith("enable") && !line.isEmpty())
                        .toList());
        cluster.onEveryNode(node -> assertThat(fix.getsIn(node, "ops")).isTrue());
        reaches(node(2), node(3));
        List<String> touched = NodeState.touched(node(1));
        Invocation second = fix.fix("ops", "", "--yes", "--checks", "firewall.enabled");
        assertThat(second.out()).contains("nothing to change");
        assertThat(NodeState.touched(node(1))).isEqualTo(touched);
        takeBack(node(1), before);
        node(1).sh("rm /etc/pve/firewall/cluster.fw");
        cluster.onEveryNode(node -> node.await("without rules", "! iptables-legacy -S INPUT | grep -q PVEFW"));
    }

    // ------------------------------------------------------------------ refusals

    private void refused(Plan plan, NodeState before, RealNode node, String... words) {
        assertThat(plan.changing()).isEmpty();
        assertThat(plan.refusals()).isNotEmpty();
        assertThat(plan.refusals())
                .extracting(Refusal::why)
                .allSatisfy(why -> assertThat(why).contains(words));
        assertThat(plan.refusals())
                .allSatisfy(refusal -> assertThat(refusal.instead()).isNotEmpty());
        before.assertStillOn(node, "refused");
    }

    @Test
    void noBreakGlassNoFixOfSshd() {
        RealNode node = node(1);
        NodeState before = NodeState.of(node);
        String glass = "sshd: { break_glass: [%s] }";
        refused(fix.plan(glass.formatted("root"), SSHD, node), before, node, "root is the only way in");
        refused(
                fix.plan(glass.formatted("plain"), SSHD, node),
                before,
                node,
                "plain cannot log in by key and become root");
        refused(fix.plan(glass.formatted("nobody"), SSHD, node), before, node, "nobody cannot log in by key");
        refused(fix.planAs("root", "", "sshd.root-login", node), before, node, "logs in as root", "lock itself out");
        refused(
                fix.planAs("root", "sshd: { root_login: prohibit-password }", SSHD, node),
                before,
                node,
                "no break-glass login was proved");
    }

    @Test
    void anEarlierFileIsNamedNotFought() {
        RealNode node = node(2);
        node.sshd("00-a-first.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n");
        try {
            refused(
                    fix.plan("", SSHD, node),
                    NodeState.of(node),
                    node,
                    DROP_INS + "00-a-first.conf",
                    "keeps the first value");
        } finally {
            node.sh("rm " + DROP_INS + "00-a-first.conf; systemctl reload ssh && sleep 0.5");
        }
    }

    @Test
    void anotherProgramOnThePortLivesOn() {
        RealNode node = node(3);
        node.squatOnProxyPort();
        refused(fix.plan("", "pveproxy.listening", node), NodeState.of(node), node, "port 8006 is held by openssl");
        node.sh("systemctl is-active squatter && ss -ltnpH sport = :8006 | grep -q openssl");
        node.sh("systemctl stop squatter; systemctl start pveproxy");
        node.awaitReady();
    }

    @Test
    void aMemberThatIsNotAskedStopsTheFirewallOfAll() {
        Plan plan = fix.plan("", "firewall.enabled", node(1), node(2));
        refused(plan, NodeState.of(node(1)), node(1), "pve3", "cannot prove that access holds");
    }

    // ------------------------------------------------------------------ a process that is ended

    @Test
    void anInterruptPutsBackAndAKillLeavesItToTheNode() throws Exception {
        RealNode node = node(1);
        NodeState before = NodeState.of(node);
        for (String signal : List.of("INT", "KILL")) {
            Path output = Files.createTempFile(fix.state().getParent(), "run", ".txt");
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Dholdfast.state=" + fix.state(),
                    "-cp",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                    "holdfast.cli.Main"));
            command.addAll(fix.arguments("ops", "", "--yes", "-l", "pve1", "--checks", SSHD));
            List<Path> known = journals();
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            awaitStep(process, known, "check again");
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
            String said = Files.readString(output);
            if (signal.equals("INT")) {
                assertThat(process.exitValue()).as(said).isEqualTo(130);
                assertThat(said).contains("interrupted; putting back what is under way: pve1", "put back as it was");
            } else {
                assertThat(NodeState.leftovers(node)).as(said).contains("/var/lib/holdfast/lock");
                node.await("as before by itself", "[ ! -e /var/lib/holdfast/lock ]");
                node.await("done", "! pgrep -f 'holdfast/[^ *]+/rollback'");
            }
            before.assertStillOn(node, signal + ": " + said);
            assertThat(fix.getsIn(node, "root")).isTrue();
        }
        node.sh("rm -rf /var/lib/holdfast/*");
    }

    private List<Path> journals() throws IOException {
        if (!Files.exists(fix.state())) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(fix.state())) {
            return files.filter(file -> file.endsWith("journal.jsonl")).toList();
        }
    }

    private void awaitStep(Process process, List<Path> known, String step) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline && process.isAlive()) {
            for (Path journal : journals()) {
                if (!known.contains(journal) && Files.readString(journal).contains("\"" + step + "\"")) {
                    return;
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("the run did not come to: " + step);
    }
}
