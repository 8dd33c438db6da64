package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** The practice cluster behaves as the genuine one was seen to; the tests go on from one another. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class LabClusterTest {

    private static final String ASK_8006 =
            "printf 'GET /api2/json/version HTTP/1.0\\r\\n\\r\\n' | timeout 10 openssl s_client -quiet -ign_eof"
                    + " -CAfile /etc/pve/pve-root-ca.pem -verify_return_error -connect 127.0.0.1:8006 2>&1";

    @SuppressWarnings("NullAway.Init")
    private RealCluster cluster;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    @Order(1)
    void sshdAnswersOnEveryNodesOwnAddress() throws IOException {
        greetings();
    }

    private void greetings() throws IOException {
        for (RealNode node : cluster.nodes()) {
            try (Socket socket = new Socket(node.address(), node.port())) {
                byte[] banner = socket.getInputStream().readNBytes(15);
                assertThat(new String(banner, StandardCharsets.US_ASCII)).isEqualTo("SSH-2.0-OpenSSH");
            }
        }
    }

    @Test
    @Order(2)
    void nothingFailedOnTheWayUp() {
        for (RealNode node : cluster.nodes()) {
            assertThat(node.sh("systemctl --failed --no-legend --plain")).isEmpty();
        }
    }

    @Test
    @Order(3)
    void theThreeAgreeAndSaySoInEveryPlace() {
        RealNode node = cluster.node("pve1");
        assertThat(node.sh("corosync-quorumtool -s")).contains("Quorate:          Yes", "Total votes:      3");
        assertThat(node.sh("pvecm status"))
                .startsWith("""
                        Cluster information
                        -------------------
                        Name:             lab
                        Config Version:   3
                        Transport:        knet
                        Secure auth:      on

                        Quorum information
                        """)
                .contains("0x00000001          1 " + node.address() + " (local)");
        assertThat(node.sh("corosync-cfgtool -s"))
                .contains("nodeid:          2:\tconnected", "nodeid:          3:\tconnected");
        assertThat(node.readFile("/etc/pve/.members"))
                .startsWith("{\n\"nodename\": \"pve1\",\n")
                .contains("\"cluster\": { \"name\": \"lab\", \"version\": 3, \"nodes\": 3, \"quorate\": 1 },")
                .contains("  \"pve3\": { \"id\": 3, \"online\": 1, \"ip\": \""
                        + cluster.node("pve3").address() + "\"}\n");
    }

    @Test
    @Order(4)
    void etcPveIsTheSameOnAllAndHasItsOwnersAndModes() {
        cluster.node("pve1").writeFile("/etc/pve/priv/practice.txt", "hello\n");
        assertThat(cluster.node("pve2").readFile("/etc/pve/priv/practice.txt")).isEqualTo("hello\n");
        RealNode node = cluster.node("pve3");
        assertThat(
                        node.sh(
                                "cd /etc/pve; stat -c '%A %U %G %n' . local user.cfg priv priv/token.cfg nodes/pve1/pve-ssl.key"))
                .isEqualTo("""
                        drwxr-xr-x root www-data .
                        lrwxr-xr-x root www-data local
                        -rw-r----- root www-data user.cfg
                        drwx------ root www-data priv
                        -rw------- root www-data priv/token.cfg
                        -rw-r----- root www-data nodes/pve1/pve-ssl.key
                        """);
        assertThat(node.sh("findmnt -no SOURCE,TARGET,FSTYPE /etc/pve")).matches("/dev/fuse\\s+/etc/pve\\s+fuse\\s+");
        assertThat(node.exec("chmod 777 /etc/pve/user.cfg").err()).contains("Operation not permitted");
        assertThat(node.sh("readlink /etc/pve/local /root/.ssh/authorized_keys"))
                .isEqualTo("nodes/pve3\n/etc/pve/priv/authorized_keys\n");
    }

    @Test
    @Order(5)
    void port8006IsPveproxysAndAnswers401WithACertificateOfTheClustersCa() {
        RealNode node = cluster.node("pve2");
        assertThat(node.sh("ss -ltnpH sport = :8006")).contains("*:8006", "((\"pveproxy worker\"", "(\"pveproxy\",");
        assertThat(node.sh(ASK_8006)).contains("CN = Proxmox Virtual Environment", "HTTP/1.1 401 No ticket");
        assertThat(node.sh("openssl x509 -in /etc/pve/local/pve-ssl.pem -noout -subject -ext subjectAltName"))
                .contains("OU = PVE Cluster Node, O = Proxmox Virtual Environment, CN = pve2")
                .contains("IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost, IP Address:"
                        + node.address());
        assertThat(node.sh("stat -c %U /proc/$(cat /run/pveproxy/pveproxy.pid)"))
                .isEqualTo("www-data\n");
        assertThat(node.sh("tail -n 1 /var/log/pveproxy/access.log"))
                .contains("::ffff:127.0.0.1 - - [", "\"GET /api2/json/version HTTP/1.0\" 401 -");
    }

    @Test
    @Order(6)
    void theClockIsSynchronisedWithASourceThatIsNotItself() {
        for (RealNode node : cluster.nodes()) {
            assertThat(node.sh("chronyc -c tracking")).matches("(?s)[0-9A-F]{8},10\\.213\\.\\d+\\.250,4,.*,Normal\\n");
        }
    }

    @Test
    @Order(7)
    void dpkgAndTheCommandsTellTheVersion() {
        RealNode node = cluster.node("pve1");
        assertThat(node.sh("dpkg-query -W -f '${Version}\\n' pve-manager")).isEqualTo("8.4.21\n");
        assertThat(node.sh("pveversion")).startsWith("pve-manager/8.4.21/2606ac850d46da29 (running kernel: ");
        assertThat(node.sh("pvesh get /version --output-format json"))
                .isEqualTo("{\"release\":\"8.4\",\"repoid\":\"2606ac850d46da29\",\"version\":\"8.4.21\"}\n");
        assertThat(node.exec("pvesh get /no/such/path"))
                .isEqualTo(new Ran(1, "", "No 'get' handler defined for '/no/such/path'\n"));
        assertThat(node.sh("pveum user list --output-format json")).contains("\"userid\":\"root@pam\"");
        assertThat(node.sh("pvenode cert info --output-format json"))
                .contains("\"filename\":\"pve-root-ca.pem\"", "\"filename\":\"pve-ssl.pem\"");
    }

    @Test
    @Order(8)
    void theFirewallIsOffUntilTheFileSaysOtherwise() {
        RealNode node = cluster.node("pve1");
        assertThat(node.sh("pve-firewall status")).isEqualTo("Status: disabled/running\n");
        assertThat(node.sh("iptables -S INPUT")).isEqualTo("-P INPUT ACCEPT\n");
        assertThat(node.sh("sshd -T | grep -E '^(permitrootlogin|passwordauthentication) '"))
                .isEqualTo("permitrootlogin yes\npasswordauthentication yes\n");
    }

    @Test
    @Order(9)
    void hardenedTheRulesAreLoadedAndStillLetUsIn() throws IOException {
        cluster.harden();
        RealNode node = cluster.node("pve1");
        String address = node.address();
        String second = cluster.node("pve2").address();
        assertThat(node.sh("pve-firewall status")).isEqualTo("Status: enabled/running\n");
        assertThat(node.sh("iptables -S INPUT; iptables -S PVEFW-INPUT; iptables -S PVEFW-HOST-IN"))
                .startsWith(
                        "-P INPUT ACCEPT\n-A INPUT -j PVEFW-INPUT\n-N PVEFW-INPUT\n-A PVEFW-INPUT -j PVEFW-HOST-IN\n"
                                + "-A PVEFW-INPUT -m comment --comment \"PVESIG:")
                .contains("-A PVEFW-HOST-IN -i lo -j ACCEPT\n-A PVEFW-HOST-IN -m conntrack --ctstate INVALID -j DROP\n")
                .contains(
                        "-A PVEFW-HOST-IN -p tcp -m set --match-set PVEFW-0-management-v4 src -m tcp --dport 22 -j RETURN\n")
                .contains("-A PVEFW-HOST-IN -s " + second + "/32 -d " + address
                        + "/32 -p udp -m udp --dport 5404:5405 -j RETURN\n")
                .contains("-A PVEFW-HOST-IN -j PVEFW-Drop\n-A PVEFW-HOST-IN -j DROP\n");
        assertThat(node.sh("ipset list PVEFW-0-management-v4")).contains("Members:\n" + cluster.subnet());
        greetings();
        node.awaitQuorate();
        String peer = "-C user=root,host=x,addr=" + second;
        assertThat(node.sh("sshd -T " + peer + " | grep -E '^(permitrootlogin|passwordauthentication) '"))
                .isEqualTo("permitrootlogin without-password\npasswordauthentication no\n");
    }

    @Test
    @Order(10)
    void everybodyGetsInAsTheyShouldAndNobodyElse() throws IOException, InterruptedException {
        RealNode node = cluster.node("pve1");
        assertThat(ssh("ops", node, "sudo -n id -u")).isEqualTo(new Ran(0, "0\n", ""));
        assertThat(ssh("plain", node, "sudo -n true").exit()).isEqualTo(1);
        assertThat(ssh("carl", node, "sudo -n true").err()).contains("a password is required");
        assertThat(ssh("noisy", node, "true").out())
                .startsWith("Welcome to \033[31mpve")
                .contains("\0");
        assertThat(ssh("root", node, "true").exit())
                .as("root from outside the cluster")
                .isEqualTo(255);
        membersReachEachOtherAsProxmoxDoes();
        node.allowRootPasswordFrom("192.0.2.0/24");
        assertThat(node.sh("sshd -T -C user=root,host=x,addr=192.0.2.7 | grep -E '^(permitroot|passwordauth)'"))
                .isEqualTo("permitrootlogin yes\npasswordauthentication yes\n");
        assertThat(node.sh("sshd -T -C user=root,host=x,addr=198.51.100.7 | grep -E '^(permitroot|passwordauth)'"))
                .isEqualTo("permitrootlogin no\npasswordauthentication no\n");
        node.allowPasswordLogin();
        assertThat(node.sh("sshd -T -C user=plain,host=x,addr=198.51.100.7")).contains("passwordauthentication yes");
    }

    /** From every member to every member, itself included: with root's RSA key, and each one's pinned RSA host key. */
    private void membersReachEachOtherAsProxmoxDoes() {
        cluster.onEveryNode(from -> {
            assertThat(from.sh("cat /root/.ssh/config")).startsWith("Ciphers aes128-ctr,");
            assertThat(from.sh("grep -c ^ssh-rsa /etc/pve/priv/authorized_keys"))
                    .isEqualTo("3\n");
            for (RealNode to : cluster.nodes()) {
                String pinned = "/etc/pve/nodes/" + to.name() + "/ssh_known_hosts";
                assertThat(from.readFile(pinned)).matches(to.name() + " ssh-rsa \\S+\n");
                assertThat(from.sh("ssh -e none -o BatchMode=yes -o HostKeyAlias=" + to.name()
                                + " -o UserKnownHostsFile=" + pinned + " -o GlobalKnownHostsFile=none root@"
                                + to.address() + " hostname"))
                        .isEqualTo(to.name() + "\n");
            }
        });
    }

    /** With this machine's own OpenSSH client. */
    private Ran ssh(String user, RealNode node, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "ssh",
                        "-F",
                        "none",
                        "-i",
                        cluster.keys().privateKey().toString(),
                        "-o",
                        "IdentitiesOnly=yes",
                        "-o",
                        "BatchMode=yes",
                        "-o",
                        "UserKnownHostsFile=" + cluster.knownHosts(),
                        user + "@" + node.address(),
                        command)
                .start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ran(process.waitFor(), out, err);
    }

    @Test
    @Order(11)
    void whatAFixLeansOnIsThere() {
        RealNode node = cluster.node("pve1");
        assertThat(node.sh("timedatectl show")).contains("NTP=yes", "NTPSynchronized=");
        node.sh(
                "systemd-run -q --on-active=1 --timer-property=AccuracySec=100ms --unit=practice touch /run/practice && logger -t holdfast practice");
        node.await("touched by a timer", "[ -e /run/practice ]");
        node.await(
                "logged", "grep -q 'holdfast.*practice' /var/log/syslog && journalctl -t holdfast | grep -q practice");
        assertThat(node.exec("command -v python3 curl wget").out()).isEmpty();
    }

    @Test
    @Order(12)
    void aNodeThatStandsAsideKeepsAnEmptyInputChain() {
        RealNode node = cluster.node("pve2");
        node.disableHostFirewall();
        assertThat(node.sh("pve-firewall status")).isEqualTo("Status: enabled/running\n");
        assertThat(node.sh("iptables -S PVEFW-INPUT"))
                .matches("-N PVEFW-INPUT\n-A PVEFW-INPUT -m comment --comment \"PVESIG:\\S+\"\n");
        node.sh("rm /etc/pve/local/host.fw");
        node.awaitFirewall();
    }

    @Test
    @Order(13)
    void aStoppedFirewallTakesItsRulesAlong() {
        RealNode node = cluster.node("pve2");
        node.stopFirewallService();
        assertThat(node.sh("pve-firewall status")).isEqualTo("Status: enabled/stopped\n");
        assertThat(node.sh("iptables-save | grep -c PVEFW || :")).isEqualTo("0\n");
        node.sh("systemctl start pve-firewall");
        node.awaitFirewall();
    }

    @Test
    @Order(14)
    void nftablesIsATableOfItsOwnAndNoLegacyChains() {
        RealNode node = cluster.node("pve3");
        node.useNftables();
        assertThat(node.sh("nft list table inet proxmox-firewall")).contains("hook input", "drop");
        assertThat(node.sh("pve-firewall status")).isEqualTo("Status: enabled/running (pending changes)\n");
        node.sh("rm /etc/pve/local/host.fw");
        node.awaitFirewall();
        node.await("rid of the table", "! nft list table inet proxmox-firewall 2>/dev/null");
    }

    @Test
    @Order(15)
    void aNewCertificateIsServedAfterAReloadAndNotBefore() {
        RealNode node = cluster.node("pve2");
        String served = "timeout 5 openssl s_client -connect 127.0.0.1:8006 </dev/null 2>/dev/null"
                + " | openssl x509 -noout -fingerprint -sha256";
        String onDisk = "openssl x509 -in /etc/pve/local/pve-ssl.pem -noout -fingerprint -sha256";
        assertThat(node.sh(served)).isEqualTo(node.sh(onDisk));
        node.staleServedCertificate();
        assertThat(node.sh(served)).isNotEqualTo(node.sh(onDisk));
        node.sh("systemctl reload pveproxy");
        node.await("serving the new one", "[ \"$(" + served + ")\" = \"$(" + onDisk + ")\" ]");
        node.serveExpiredCertificate();
        assertThat(node.exec("timeout 5 openssl s_client -connect 127.0.0.1:8006 </dev/null 2>/dev/null"
                                + " | openssl x509 -noout -checkend 0")
                        .exit())
                .isEqualTo(1);
        node.sh("rm /etc/pve/local/pveproxy-ssl.*");
        node.sh("systemctl reload pveproxy");
        node.expireNodeCertificate(3);
        assertThat(node.sh("openssl verify -no_check_time -CAfile /etc/pve/pve-root-ca.pem /etc/pve/local/pve-ssl.pem"))
                .endsWith(": OK\n");
        assertThat(node.exec("openssl x509 -in /etc/pve/local/pve-ssl.pem -noout -checkend 0")
                        .exit())
                .isEqualTo(1);
    }

    @Test
    @Order(16)
    void anotherProgramCanSitOn8006() {
        RealNode node = cluster.node("pve3");
        node.squatOnProxyPort();
        assertThat(node.sh("ss -ltnpH sport = :8006")).contains("((\"openssl\"").doesNotContain("pveproxy");
        node.sh("systemctl stop squatter && systemctl start pveproxy");
        node.awaitReady();
    }

    @Test
    @Order(17)
    void aHungClusterFileSystemHangsWhoeverReadsIt() {
        RealNode node = cluster.node("pve3");
        node.hangClusterFiles();
        assertThat(node.exec("timeout 2 cat /etc/pve/.members").exit()).isEqualTo(124);
        assertThat(node.exec("corosync-quorumtool -s").exit()).isZero();
        node.resumeClusterFiles();
        node.awaitQuorate();
        node.sh("systemctl stop pve-cluster");
        assertThat(node.sh("ls -A /etc/pve")).isEmpty();
        assertThat(node.exec("pvecm status").exit()).isEqualTo(111);
        node.sh("systemctl start pve-cluster");
        node.awaitQuorate();
    }

    @Test
    @Order(18)
    void cutOffFromTheOthersANodeRefusesEveryChange() {
        RealNode node = cluster.node("pve3");
        cluster.partition(node);
        node.awaitNotQuorate();
        Ran quorum = node.exec("corosync-quorumtool -s");
        assertThat(quorum.exit()).isEqualTo(2);
        assertThat(quorum.out()).contains("Quorate:          No", "Quorum:           2 Activity blocked");
        assertThat(node.exec("touch /etc/pve/testfile"))
                .isEqualTo(new Ran(1, "", "touch: cannot touch '/etc/pve/testfile': Permission denied\n"));
        assertThat(node.sh("stat -c %A /etc/pve/local /etc/pve/user.cfg")).isEqualTo("lr-xr-xr-x\n-r--r-----\n");
        assertThat(node.readFile("/etc/pve/.members"))
                .contains("\"pve1\": { \"id\": 1, \"online\": 0,", "\"pve3\": { \"id\": 3, \"online\": 1,");
        node.writeFile("/etc/holdfast-lab/quorum-patience", "2\n");
        String certificate = "sha256sum /etc/pve/local/pve-ssl.pem";
        String before = node.sh(certificate);
        Ran waited = node.exec("pvecm updatecerts --force");
        assertThat(waited.exit()).isEqualTo(4);
        assertThat(waited.err()).startsWith("got timeout when trying to ensure cluster certificates");
        assertThat(node.sh(certificate)).isEqualTo(before);
        cluster.node("pve1").awaitQuorate();
        cluster.heal();
        node.awaitQuorate();
    }

    @Test
    @Order(19)
    void withCorosyncStoppedOnTwoTheThirdIsAlone() {
        cluster.node("pve2").stopCorosync();
        cluster.node("pve3").stopCorosync();
        RealNode node = cluster.node("pve1");
        node.awaitNotQuorate();
        assertThat(node.exec("corosync-quorumtool -s").exit()).isEqualTo(2);
        assertThat(node.sh("pvesh get /cluster/status --output-format json")).contains("\"quorate\":0");
        Ran stopped = cluster.node("pve2").exec("corosync-quorumtool -s");
        assertThat(stopped.exit()).isEqualTo(1);
        assertThat(stopped.err()).startsWith("Cannot initialize CMAP service");
    }
}
