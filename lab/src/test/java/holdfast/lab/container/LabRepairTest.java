package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a fix needs from a node answers there as on a genuine one: packages, services, ACME, a firewall's groups. */
@Tag("containers")
final class LabRepairTest {

    private static final String CHRONYD = "cat /proc/$(pidof -s chronyd)/cmdline | tr '\\0' ' '";

    @ParameterizedTest
    @EnumSource(Release.class)
    void aNodeCanBeRepaired(Release release) {
        try (RealCluster lab = RealCluster.standalone(1, release)) {
            RealNode node = lab.node("pve1");
            timeDaemonsAreExchangedAndNoneCanSetTheClock(node);
            pveproxyCanBeMaskedAndDisabled(node);
            acmeRenewsOrSaysWhyNot(node);
            groupsAliasesAndSetsAreResolved(node);
        }
    }

    private static void timeDaemonsAreExchangedAndNoneCanSetTheClock(RealNode node) {
        node.removeChrony();
        assertThat(node.exec("command -v chronyc").exit()).isNotZero();
        assertThat(node.exec("ls /etc/chrony /etc/default/chrony").exit()).isNotZero();
        assertThat(node.sh("systemctl show -P LoadState chrony; systemctl is-active systemd-timesyncd"))
                .isEqualTo("not-found\nactive\n");
        assertThat(node.sh("grep -E 'Cap(Prm|Bnd)' /proc/$(pidof systemd-timesyncd)/status"))
                .isEqualTo("CapPrm:\t0000000000000000\nCapBnd:\t0000000000000000\n");
        node.await("asking its server", "journalctl -u systemd-timesyncd | grep -q 192.0.2.1");
        node.sh("DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends install chrony 2>&1");
        assertThat(node.sh("systemctl is-active chrony; systemctl show -P LoadState systemd-timesyncd"))
                .isEqualTo("active\nnot-found\n");
        assertThat(node.sh(CHRONYD)).isEqualTo("/usr/sbin/chronyd -F 1 -x ");
        // Bit 25 is CAP_SYS_TIME.
        assertThat(node.sh("echo $((0x$(awk '/CapBnd/ {print $2}' /proc/$(pidof -s chronyd)/status) >> 25 & 1))"))
                .isEqualTo("0\n");
        node.writeFile("/etc/chrony/sources.d/lab.sources", "server " + node.timeSource() + " iburst\n");
        node.sh("chronyc reload sources");
        node.awaitSynchronized();
    }

    private static void pveproxyCanBeMaskedAndDisabled(RealNode node) {
        node.stopAndMaskProxy();
        assertThat(node.exec("systemctl start pveproxy").err()).contains("is masked");
        node.sh("systemctl unmask -q pveproxy && systemctl start pveproxy");
        node.disableProxy();
        assertThat(node.exec("systemctl is-enabled pveproxy").out()).isEqualTo("disabled\n");
        node.sh("systemctl enable -q --now pveproxy");
        node.awaitReady();
    }

    private static void acmeRenewsOrSaysWhyNot(RealNode node) {
        String renew = "pvenode acme cert renew";
        Ran unconfigured = node.exec(renew + " --force 1");
        assertThat(unconfigured).isEqualTo(new Ran(255, "", "ACME domain list in node configuration is missing!\n"));
        node.configureAcme("pve1.example.test");
        assertThat(node.exec(renew).err()).contains("please order a new certificate");
        node.serveExpiredCertificate();
        node.breakAcme();
        assertThat(node.exec(renew).exit()).isEqualTo(255);
        assertThat(node.exec("openssl x509 -in /etc/pve/local/pveproxy-ssl.pem -noout -checkend 0")
                        .exit())
                .isEqualTo(1);
        node.sh("rm /etc/holdfast-lab/acme-fails");
        assertThat(node.sh(renew)).contains("Setting pveproxy certificate and key");
        assertThat(node.exec(renew).err()).contains("more than 30 days");
        node.sh(renew + " --force 1");
        assertThat(
                        node.sh(
                                "openssl x509 -in /etc/pve/local/pveproxy-ssl.pem -noout -checkend 7689600 -ext subjectAltName"))
                .contains("DNS:pve1.example.test", "will not expire");
        node.await(
                "serving the renewed certificate",
                "timeout 5 openssl s_client -connect 127.0.0.1:8006 </dev/null 2>/dev/null"
                        + " | openssl x509 -noout -issuer | grep -q 'Practice ACME CA'");
    }

    private static void groupsAliasesAndSetsAreResolved(RealNode node) {
        node.writeFile("/etc/pve/firewall/cluster.fw", """
                [OPTIONS]
                enable: 1

                [ALIASES]
                Office 198.51.100.0/24 # where people sit
                jump 203.0.113.7

                [IPSET management]
                0.0.0.0/1
                dc/jump

                [IPSET monitors]
                office
                !198.51.100.9

                [RULES]
                |IN ACCEPT -p tcp -dport 4444
                GROUP Admins -i eth0
                IN SSH(ACCEPT) -source Office # with a remark
                IN ACCEPT -source +dc/monitors -p tcp -dport 9100
                IN ACCEPT -source +nosuchset -p tcp -dport 9101
                GROUP missing

                [group admins]
                IN ACCEPT -source jump,192.0.2.1 -p tcp -dport 8006
                """);
        node.awaitFirewall();
        assertThat(node.sh("iptables-legacy -S PVEFW-HOST-IN"))
                .contains("-s 203.0.113.7/32 -i eth0 -p tcp -m tcp --dport 8006 -j RETURN")
                .contains("-s 192.0.2.1/32 -i eth0 -p tcp -m tcp --dport 8006 -j RETURN")
                .contains("-s 198.51.100.0/24 -p tcp -m tcp --dport 22 -j RETURN")
                .contains("--match-set PVEFW-0-monitors-v4 src -m tcp --dport 9100 -j RETURN")
                .doesNotContain("4444", "9101");
        assertThat(node.sh("ipset list PVEFW-0-management-v4")).contains("203.0.113.7");
        assertThat(node.exec("pve-firewall compile").err())
                .contains("- errors in rule parameters: IN ACCEPT -source +nosuchset -p tcp -dport 9101")
                .contains("  source: no such ipset 'nosuchset'")
                .contains("no such security group 'missing'");
        node.writeFile("/etc/pve/firewall/cluster.fw", "[OPTIONS]\nenable: " + (epoch(node) - 50) + "\n");
        node.await("on for the rest of its minute", "pve-firewall status | grep -q ^Status:.enabled");
        node.await("off by itself", "pve-firewall status | grep -q ^Status:.disabled");
        node.await("without rules", "! iptables-legacy -S INPUT | grep -q PVEFW");
    }

    private static long epoch(RealNode node) {
        return Long.parseLong(node.sh("date +%s").strip());
    }
}
