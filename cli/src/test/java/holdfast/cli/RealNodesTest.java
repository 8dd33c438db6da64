package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.checks.Catalogue;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.node.ssh.SshConnector;
import holdfast.node.ssh.SshEnvironment;
import holdfast.node.ssh.SshOptions;
import holdfast.policy.Policies;
import holdfast.run.NodeResult;
import holdfast.run.Progress;
import holdfast.run.Scan;
import holdfast.template.Templates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The program against a hardened cluster of three with real sshd, chrony, iptables and corosync: Debian 12, PVE 8. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealNodesTest {

    private RealCluster cluster;

    @TempDir
    private Path directory;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        cluster.harden();
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    private Invocation scan(String user, String... more) {
        return new RealScan(cluster, directory).as(user, more);
    }

    private RealNode node(int number) {
        return cluster.nodes().get(number - 1);
    }

    @Test
    void aHardenedClusterIsClean() {
        Invocation run = scan("ops");
        assertThat(run.with("fail")).as(run.out()).isEmpty();
        assertThat(run.with("unknown")).as(run.out()).isEmpty();
        assertThat(run.with("pass")).hasSize(3 * 7 + 32);
        assertThat(run.code()).isZero();
    }

    @Test
    void knownFaultsAreFoundAndNothingElse() {
        try {
            node(1).allowPasswordLogin();
            node(1).allowRootPasswordFrom("198.51.100.0/24");
            node(2).stopFirewallService();
            node(2).serveExpiredCertificate();
            node(3).stopChrony();
            node(3).squatOnProxyPort();

            Invocation run = scan("ops");

            assertThat(run.with("fail"))
                    .as(run.out())
                    .containsExactlyInAnyOrder(
                            "pve1 sshd.password-authentication",
                            "pve1 sshd.root-login",
                            "pve2 firewall.enabled",
                            "pve2 certificate.expiry",
                            "pve3 time.synchronized",
                            "pve3 pveproxy.listening");
            assertThat(run.with("unknown")).isEmpty();
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.message("pve1", "sshd.password-authentication"))
                    .contains("PasswordAuthentication yes, /etc/ssh/sshd_config.d/00-a-old-habits.conf:1");
            assertThat(run.message("pve1", "sshd.root-login"))
                    .contains("with a password", "198.51.100.", "/etc/ssh/sshd_config.d/99-legacy.conf:2");
            assertThat(run.message("pve3", "pveproxy.listening")).contains("openssl");
        } finally {
            node(1).sh(
                            "rm /etc/ssh/sshd_config.d/00-a-old-habits.conf /etc/ssh/sshd_config.d/99-legacy.conf; systemctl reload ssh && sleep 0.5");
            node(2).sh(
                            "systemctl start pve-firewall; rm /etc/pve/local/pveproxy-ssl.pem /etc/pve/local/pveproxy-ssl.key; systemctl reload pveproxy");
            node(2).awaitFirewall();
            node(3).sh("systemctl stop squatter; systemctl start pveproxy chrony");
            node(3).awaitSynchronized();
            node(3).awaitReady();
        }
    }

    @Test
    void whatHidesFromAFirstLookAtSshdsFilesIsFound() {
        RealNode node = node(2);
        String open = " PermitRootLogin yes\n PasswordAuthentication yes\n";
        String drop = "/etc/ssh/sshd_config.d/zz-hidden.conf";
        try {
            node.writeFile("/etc/ssh/odd dir/1.conf", "Match Address 192.0.2.9\n" + open);
            for (String lines : List.of(
                    "Match Address 10.99.2.0/24,!10.99.2.1\n" + open,
                    "Match Address 10.99.2.0/24\n PermitRootLogin no\n PasswordAuthentication no\n"
                            + "Match Address 10.99.0.0/16\n" + open,
                    "Match Address 10.99.2.5\r\n" + open,
                    "\"Match\" Address 2001:db8:99::/48\n" + open,
                    "Include \"/etc/ssh/odd dir/[0-9]*.conf\"\n",
                    "AllowUsers ops root@10.99.0.0/16,10.98.0.0/16\nMatch LocalPort 22 Address 10.98.7.*\n" + open)) {
                node.writeFile(drop, lines);
                node.sh("/usr/sbin/sshd -t && systemctl reload ssh && sleep 0.5");
                Invocation run = scan("ops", "--checks", "sshd.*", "-l", node.name());
                assertThat(run.with("fail"))
                        .as(lines + run.out())
                        .containsExactlyInAnyOrder("pve2 sshd.password-authentication", "pve2 sshd.root-login");
            }
        } finally {
            node.sh("rm -rf " + drop + " '/etc/ssh/odd dir'; systemctl reload ssh && sleep 0.5");
        }
    }

    @Test
    void quorumIsTheClustersOwnWord() {
        try {
            node(3).stopCorosync();
            node(1).await("two of three", "corosync-quorumtool -s | grep -q 'Total votes: *2'");
            Invocation degraded = scan("ops", "--checks", "cluster.*");
            assertThat(degraded.with("fail"))
                    .containsExactlyInAnyOrder("cluster lab cluster.margin", "cluster lab cluster.votes");
            assertThat(degraded.message("lab", "cluster.votes")).contains("only 2 of 3 votes", "pve3 is missing");
            assertThat(degraded.message("lab", "cluster.margin")).contains("may lose only 0 votes");
            assertThat(degraded.with("unknown"))
                    .contains("cluster lab cluster.partition", "cluster lab cluster.quorum");

            node(2).stopCorosync();
            node(1).awaitNotQuorate();
            Invocation lost = scan("ops", "--checks", "cluster.quorum", "-l", "pve1");
            assertThat(lost.with("fail")).containsExactly("cluster lab cluster.quorum");
            assertThat(lost.message("lab", "cluster.quorum")).contains("no quorum", "1 of 3 votes", "2 are needed");
            assertThat(lost.json().get("clusters").get(0).get("quorate").asBoolean())
                    .isFalse();

            Invocation dumb = scan("ops", "--checks", "cluster.quorum", "-l", "pve2,pve3");
            assertThat(dumb.with("unknown")).containsExactly("cluster lab cluster.quorum");
            assertThat(dumb.code()).isEqualTo(3);

            node(1).sh("corosync-quorumtool -e 1");
            node(1).awaitQuorate();
            Invocation forced = scan("ops", "--checks", "cluster.votes", "-l", "pve1");
            assertThat(forced.message("lab", "cluster.votes"))
                    .contains("expects 1 votes where 3 are configured", "pvecm expected");
        } finally {
            node(2).startCorosync();
            node(3).startCorosync();
            cluster.onEveryNode(RealNode::awaitQuorate);
            node(1).sh("corosync-quorumtool -e 3");
        }
    }

    @Test
    void aSplitClusterIsSeenFromBothSides() {
        try {
            cluster.partition(node(3));
            node(3).awaitNotQuorate();
            node(1).await("two of three", "corosync-quorumtool -s | grep -q 'Total votes: *2'");
            Invocation run = scan("ops", "--checks", "cluster.*");
            assertThat(run.message("lab", "cluster.quorum")).contains("pve3 has no quorum while others have");
            assertThat(run.message("lab", "cluster.partition"))
                    .contains("pve1, pve2 see pve1, pve2 (ring ", "pve3 sees pve3 (ring ");
        } finally {
            cluster.heal();
            cluster.onEveryNode(RealNode::awaitQuorate);
        }
    }

    @Test
    void aHungClusterFileSystemCostsItsChecksAndNothingElse() {
        try {
            node(2).hangClusterFiles();
            Invocation run = scan("ops");
            assertThat(run.with("unknown"))
                    .as(run.out())
                    .contains("pve2 firewall.enabled", "pve2 certificate.expiry", "pve2 certificate.served");
            assertThat(run.with("fail")).as(run.out()).allMatch(finding -> finding.startsWith("pve2 "));
            assertThat(run.with("pass"))
                    .contains("pve2 sshd.password-authentication", "pve2 time.synchronized", "pve1 firewall.enabled");
            // corosync answers, but pmxcfs on one member does not: no time to touch this cluster.
            assertThat(run.with("unknown")).contains("cluster lab cluster.config", "cluster lab cluster.quorum");
            assertThat(run.with("pass"))
                    .contains(
                            "cluster lab cluster.encryption",
                            "cluster lab cluster.links",
                            "cluster lab cluster.margin",
                            "cluster lab cluster.partition",
                            "cluster lab cluster.votes");
            assertThat(run.json().get("clusters")).hasSize(1);
            assertThat(run.json().get("clusters").get(0).get("quorate").asBoolean())
                    .isTrue();
        } finally {
            node(2).resumeClusterFiles();
        }
    }

    @Test
    void whatIsSwitchedOffInTheFirewallIsNamed() {
        try {
            node(1).disableHostFirewall();
            node(2).useNftables();
            Invocation run = scan("ops", "--checks", "firewall.enabled");
            assertThat(run.with("fail")).as(run.out()).containsExactly("pve1 firewall.enabled");
            assertThat(run.message("pve1", "firewall.enabled")).contains("host.fw says enable: 0");
            assertThat(run.message("pve2", "firewall.enabled")).contains("nftables");
        } finally {
            node(1).sh("rm /etc/pve/local/host.fw");
            node(2).sh("rm /etc/pve/local/host.fw");
            cluster.onEveryNode(RealNode::awaitFirewall);
        }
    }

    @Test
    void aFileThatSshdHasNotReadIsNoPass() {
        try {
            node(1).writeFile("/etc/ssh/sshd_config.d/00-c-late.conf", "# touched\n");
            node(1).sh("touch -d '+5 seconds' /etc/ssh/sshd_config.d/00-c-late.conf");
            Invocation run = scan("ops", "-t", "sshd", "-l", "pve1");
            assertThat(run.with("unknown"))
                    .containsExactlyInAnyOrder("pve1 sshd.password-authentication", "pve1 sshd.root-login");
            assertThat(run.message("pve1", "sshd.root-login"))
                    .contains("00-c-late.conf was changed", "systemctl reload ssh");
        } finally {
            node(1).sh("rm /etc/ssh/sshd_config.d/00-c-late.conf; sleep 2; systemctl reload ssh && sleep 0.5");
        }
        assertThat(scan("ops", "-t", "sshd", "-l", "pve1").code()).isZero();
    }

    @Test
    void eachWayToBecomeRootWorksOrSaysWhatToDo() {
        assertThat(scan("noisy", "-t", "sshd").with("pass")).hasSize(6);

        Invocation asks = scan("carl", "-t", "sshd", "-l", "pve1");
        assertThat(asks.code()).isEqualTo(3);
        assertThat(asks.json().get("nodes").get(0).get("error").get("message").asString())
                .contains("sudo asks carl for a password: use -K");

        Invocation mayNot = scan("plain", "-t", "sshd", "-l", "pve1");
        assertThat(mayNot.code()).isEqualTo(3);
        assertThat(mayNot.json().get("nodes").get(0).get("error").get("phase").asString())
                .isEqualTo("become");
    }

    @Test
    void thePasswordForSudoGoesInOnStandardInputOnly() throws Exception {
        Secret right = Secret.of(cluster.keys().carlPassword().toCharArray());
        assertThat(visitAsCarl(right).state()).isEqualTo(NodeResult.State.OK);
        assertThat(node(1).sh("journalctl -o cat --no-pager"))
                .doesNotContain(cluster.keys().carlPassword());

        NodeResult wrong = visitAsCarl(Secret.of("wrong".toCharArray()));
        assertThat(wrong.error().orElseThrow().message()).contains("did not accept the password of carl");
    }

    private NodeResult visitAsCarl(Secret password) throws Exception {
        Path config = Files.writeString(
                directory.resolve("carl_config"),
                "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n".formatted(cluster.knownHosts()));
        SshOptions options =
                SshOptions.of(SshEnvironment.ofThisProcess(), notice -> {}).withConfigFiles(List.of(config));
        try (SshConnector connector = SshConnector.of(options)) {
            Scan scan = new Scan(
                    connector,
                    Catalogue.ALL,
                    1,
                    Optional.of(password),
                    Clock.systemUTC(),
                    Progress.NONE,
                    new Templates(Catalogue.class.getClassLoader()));
            Target target = new Target(
                    "pve1",
                    node(1).address(),
                    OptionalInt.of(node(1).port()),
                    Optional.of("carl"),
                    Optional.of(cluster.keys().privateKey()),
                    true,
                    false);
            return scan.run(List.of(
                            new Scan.Assignment(target, Policies.builtIn().base())))
                    .nodes()
                    .get(0);
        }
    }

    @Test
    void noSecretOfANodeLeavesIt() {
        Invocation run = scan("ops", "-v");
        assertThat(run.out() + run.err()).doesNotContain("PLANTED-SECRET");
        assertThat(run.out()).doesNotContain("PRIVATE KEY");
    }

    @Test
    void aNodeThatIsLostInMidScanIsNamedAndTheOthersAreJudged() {
        try {
            // The node's answers take three seconds: long enough to cut it off while they are being collected.
            Thread cut = Thread.ofPlatform().start(() -> {
                try {
                    node(3).await("collecting", "ls -d /run/holdfast.* >/dev/null 2>&1");
                    node(3).sh("""
                            nft -f - <<'NFT'
                            table ip cut {
                            chain in { type filter hook input priority -300; tcp dport 22 drop; }
                            chain out { type filter hook output priority -300; tcp sport 22 drop; }
                            }
                            NFT""");
                } catch (RuntimeException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Invocation run = scan("ops");
            assertThat(cut.isInterrupted()).isFalse();
            assertThat(run.code()).isEqualTo(3);
            assertThat(run.with("unknown"))
                    .as(run.out())
                    .isNotEmpty()
                    .allMatch(finding -> finding.startsWith("pve3 ") || finding.equals("cluster lab time.skew"));
            assertThat(run.with("pass")).contains("pve1 firewall.enabled", "pve2 firewall.enabled");
        } finally {
            node(3).exec("nft delete table ip cut");
        }
    }
}
