package holdfast.checks.firewall;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static holdfast.bench.CheckBench.bench;

import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EnabledTest {

    private static final long NOW = 1_795_400_000L;

    /** The rules of a genuine node that is switched on, as the probe filters them. */
    private static final String RULES = filtered(Transcripts.read("firewall-on/iptables-save.stdout"));

    private String cluster =
            section("cluster.fw", "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[RULES]\n\nIN SSH(ACCEPT)\n");
    private String host = absent("host.fw");
    private String pveFirewall = "active";
    private String proxmoxFirewall = "active";
    private String ipv4 = section("iptables", RULES);
    private String ipv6 = section("ip6tables", RULES);
    private String nft = section("nft", "Error: No such file or directory", 1);

    private static String filtered(String rules) {
        return rules.lines()
                .filter(line -> line.matches("-A (INPUT|PVEFW-INPUT|PVEFW-HOST-IN) .*"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private CheckBench node() {
        return bench(
                new Enabled(),
                new FakeSource()
                        .answers(
                                "firewall.state",
                                cluster
                                        + host
                                        + section("now", Long.toString(NOW))
                                        + section(
                                                "units",
                                                "Id=pve-firewall.service\nActiveState=%s\n\nId=proxmox-firewall.service\nActiveState=%s"
                                                        .formatted(pveFirewall, proxmoxFirewall))
                                        + ipv4
                                        + ipv6
                                        + nft
                                        + section("finished", "")));
    }

    private void cluster(String options) {
        cluster = section("cluster.fw", "[OPTIONS]\n" + options + "\n");
    }

    private void host(String options) {
        host = section("host.fw", "[OPTIONS]\n" + options + "\n");
    }

    // ------------------------------------------------------------------ pass

    @Test
    void aFirewallThatIsOnAndLoadedPasses() {
        node().passes("on for the datacenter and this node, iptables rules loaded, input policy DROP")
                .neverPassesUnread();
    }

    @Test
    void aNodeWithoutIpv6NeedsNoRulesForIt() {
        ipv6 = "";
        node().passes();
    }

    @Test
    void dropIsTheDefaultPolicy() {
        cluster("enable: 1");
        node().passes("input policy DROP");
    }

    @Test
    void rejectKeepsOutAsWellAsDrop() {
        cluster("enable: 1\npolicy_in: REJECT");
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -g PVEFW-reject"));
        node().passes("input policy REJECT");
    }

    @Test
    void upperAndLowerCaseAndCommentsAreReadAsProxmoxDoes() {
        cluster = section("cluster.fw", "# ours\n[options]\n\n  enable: 1  \n# enable: 0\n");
        node().passes();
    }

    @Test
    void rulesOfOthersBehindTheHookDoNotMatter() {
        ipv4 = section("iptables", RULES + "-A INPUT -j ACCEPT\n");
        node().passes();
    }

    @Test
    void aRuleBeforeTheHookThatLetsAllOfTcpInIsABypass() {
        ipv4 = section("iptables", "-A INPUT -p tcp -j ACCEPT\n" + RULES);
        node().fails("a rule before Proxmox's own lets all IPv4 packets in: -A INPUT -p tcp -j ACCEPT");
    }

    @Test
    void aChainWhoseEndIsNotUnderstoodIsNotAPass() {
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -j ELSEWHERE"));
        node().cannotTell("the last rule of PVEFW-HOST-IN is not understood");
    }

    @Test
    void narrowRulesBeforeTheHookAreTheOperatorsOwn() {
        ipv4 = section(
                "iptables",
                "-A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j ACCEPT\n" + RULES);
        node().passes();
    }

    @Test
    void thePolicyMayNotAskForIt() {
        cluster = absent("cluster.fw");
        node().under("firewall: { enabled: false }").passes("the policy does not ask for the firewall");
    }

    // ------------------------------------------------------------------ switched off

    @Test
    void withoutAFileItIsOff() {
        cluster = absent("cluster.fw");
        node().fails("the firewall is off for the whole datacenter: there is no cluster.fw")
                .advising("--enable 2");
    }

    @Test
    void yesMeansNothingAndTheIgnoredLineIsNamed() {
        cluster("enable: yes");
        node().fails("Proxmox ignores line 2: enable: yes of cluster.fw: only 0 and 1 mean something");
    }

    @ParameterizedTest
    @ValueSource(strings = {"enable: 0", "enabled: 1", "enable 1", "# enable: 1", "policy_in: DROP"})
    void whatDoesNotSwitchItOnLeavesItOff(String option) {
        cluster(option);
        node().fails("the firewall is off for the whole datacenter");
    }

    @Test
    void enableOutsideOfTheOptionsMeansNothing() {
        cluster = section("cluster.fw", "enable: 1\n[RULES]\nenable: 1\n");
        node().fails("cluster.fw does not say enable: 1");
    }

    @Test
    void aTrialIsNotTheRealThing() {
        cluster("enable: " + (NOW - 20));
        node().fails("the firewall is on for a trial only, for 40 more seconds");
    }

    @Test
    void aTrialThatEndedIsOff() {
        cluster("enable: " + (NOW - 100));
        node().fails("the firewall is off: its trial ended 40 seconds ago");
    }

    @Test
    void aNodeMaySwitchItselfOff() {
        host("enable: 0");
        node().fails("the firewall is off on this node: host.fw says enable: 0");
    }

    // ------------------------------------------------------------------ switched on, and not in force

    @Test
    void aStoppedServiceHasNoRulesInForce() {
        pveFirewall = "inactive";
        node().fails("switched on, but pve-firewall is inactive: no rules are in force")
                .advising("systemctl enable --now pve-firewall");
    }

    @Test
    void aMissingHookFails() {
        ipv4 = section("iptables", "");
        node().fails("switched on, but the kernel has no IPv4 rules of it (INPUT does not lead to PVEFW-INPUT)");
    }

    @Test
    void aHostChainThatIsNotReachedFails() {
        // What a genuine node has while host.fw says enable: 0.
        ipv4 = section("iptables", filtered(Transcripts.read("firewall-misc/hostfw-enable0-iptables.stdout")));
        node().fails("PVEFW-HOST-IN is not reached");
    }

    @Test
    void aRuleBeforeTheHookThatLetsAllInFails() {
        ipv4 = section("iptables", "-A INPUT -j ACCEPT\n" + RULES);
        node().fails("a rule before Proxmox's own lets all IPv4 packets in: -A INPUT -j ACCEPT");
    }

    @Test
    void ipv6WithoutRulesFails() {
        ipv6 = section("ip6tables", "");
        node().fails("switched on, but the kernel has no IPv6 rules of it").showing("IPv6 in the kernel");
    }

    @Test
    void rulesThatCannotBeListedAreNotAPass() {
        ipv4 = section("iptables", "iptables-legacy-save: Permission denied", 1);
        node().cannotTell("the IPv4 rules could not be read: iptables: iptables-legacy-save: Permission denied");
        ipv4 = section("iptables", RULES);
        ipv6 = section("ip6tables", "ip6tables-legacy-save is not installed", 127);
        node().cannotTell("the IPv6 rules could not be read");
    }

    // ------------------------------------------------------------------ nftables

    @Test
    void theOtherBackEndIsJudgedByItsOwnTable() {
        host("nftables: 1");
        ipv4 = section("iptables", "");
        nft = section(
                "nft",
                "table inet proxmox-firewall {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}");
        node().passes("nftables rules loaded").neverPassesUnread();
    }

    @Test
    void theOtherBackEndWithoutItsTableFails() {
        host("nftables: 1");
        node().fails("switched on, but the kernel has no table inet proxmox-firewall");
    }

    @Test
    void theOtherBackEndWithoutItsServiceFails() {
        host("nftables: 1");
        proxmoxFirewall = "inactive";
        node().fails("switched on, but proxmox-firewall is inactive");
    }

    @Test
    void aTableThatCannotBeReadIsNotAPass() {
        host("nftables: 1");
        nft = section("nft", "Error: Operation not permitted (you must be root)", 1);
        node().cannotTell("the nftables rules could not be read");
        nft = "";
        node().cannotTell("nft is not installed");
    }

    // ------------------------------------------------------------------ the input policy

    @Test
    void aPolicyThatLetsInWhatNoRuleNamesFails() {
        cluster("enable: 1\npolicy_in: ACCEPT");
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -j ACCEPT"));
        node().fails("what no rule names is let in: the input policy is ACCEPT");
    }

    @Test
    void theKernelsPolicyCountsNotTheFiles() {
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -j ACCEPT"));
        node().fails("what no rule names is let in: the input policy is ACCEPT");
    }

    @Test
    void aPolicyThatMustRejectIsNotServedByAccept() {
        cluster("enable: 1\npolicy_in: ACCEPT");
        node().under("firewall: { input_policy: REJECT }").fails("the input policy is ACCEPT");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void withoutPmxcfsNothingCanBeTold() {
        bench(
                        new Enabled(),
                        new FakeSource()
                                .fails("firewall.state", 45, "/etc/pve is not mounted: pve-cluster does not run"))
                .cannotTell("/etc/pve is not mounted");
    }

    @Test
    void aFileThatCannotBeReadIsNotAnAbsentOne() {
        cluster = section("cluster.fw", "cat: /etc/pve/firewall/cluster.fw: Transport endpoint is not connected", 1);
        node().cannotTell("Transport endpoint is not connected");
    }
}
