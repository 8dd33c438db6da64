package holdfast.checks.firewall;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static holdfast.bench.CheckBench.bench;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.change.Change;
import holdfast.change.EditException;
import holdfast.change.FixRisk;
import holdfast.change.Remedy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EnabledTest {

    private static final long NOW = 1_795_400_000L;

    /** The rules of a genuine node that is switched on, as the probe filters them. */
    private static final String RULES = filtered(Transcripts.read("firewall-on/iptables-save.stdout"));

    private static final String SSHD = "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=7,fd=3))\n";

    /** /proc/net/route of a node in 10.1.0.0/24 with a gateway. */
    private static final String ROUTES = """
            Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
            vmbr0\t00000000\t0100010A\t0003\t0\t0\t0\t00000000\t0\t0\t0
            vmbr0\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
            """;

    private String cluster =
            section("cluster.fw", "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[RULES]\n\nIN SSH(ACCEPT)\n");
    private String host = absent("host.fw");
    private String pveFirewall = "active";
    private String proxmoxFirewall = "active";
    private String unitFile = "enabled";
    private String ipv4 = section("iptables", RULES);
    private String ipv6 = section("ip6tables", RULES);
    private String nft = section("nft", "Error: No such file or directory", 1);

    private static String filtered(String rules) {
        return rules.lines()
                .filter(line -> line.matches("-A (INPUT|PVEFW-INPUT|PVEFW-HOST-IN) .*"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private String corosync = absent("corosync.conf");
    private String members = "{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n";
    private String around = around("198.51.100.7 50122 10.1.0.11 22", SSHD);

    /** What is read for a fix: who calls, what waits, where the routes lead. */
    private static String around(String connection, String sockets) {
        return section("connection", connection)
                + section(
                        "listeners",
                        of("tcp ", sockets) + "LISTEN 0 4096 *:8006 *:* users:((\"pveproxy\",pid=9,fd=6))\n")
                + section("datagrams", of("udp ", sockets))
                + section("routes", ROUTES)
                + absent("routes6")
                + section("self", "10.1.0.11 STREAM pve1\n10.1.0.11 DGRAM\n")
                + section("networks", "")
                + section("names", "");
    }

    private static String of(String protocol, String sockets) {
        return sockets.lines()
                .filter(line -> line.startsWith(protocol))
                .map(line -> line.substring(protocol.length()) + "\n")
                .collect(Collectors.joining());
    }

    private CheckBench node() {
        return bench(
                new Enabled(),
                new FakeSource()
                        .answers("cluster.corosync-conf", corosync + section("nodename", "pve1"))
                        .answers("cluster.members", members)
                        .answers(
                                "firewall.state",
                                cluster
                                        + host
                                        + section("now", Long.toString(NOW))
                                        + section(
                                                "units",
                                                "Id=pve-firewall.service\nActiveState=%s\nUnitFileState=%s\n\nId=proxmox-firewall.service\nActiveState=%s\nUnitFileState=enabled"
                                                        .formatted(pveFirewall, unitFile, proxmoxFirewall))
                                        + ipv4
                                        + ipv6
                                        + nft
                                        + around
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
                                .answers("cluster.corosync-conf", corosync + section("nodename", "pve1"))
                                .answers("cluster.members", members)
                                .fails("firewall.state", 45, "/etc/pve is not mounted: pve-cluster does not run"))
                .cannotTell("/etc/pve is not mounted");
    }

    @Test
    void aFileThatCannotBeReadIsNotAnAbsentOne() {
        cluster = section("cluster.fw", "cat: /etc/pve/firewall/cluster.fw: Transport endpoint is not connected", 1);
        node().cannotTell("Transport endpoint is not connected");
    }

    // ------------------------------------------------------------------ the fix: what is done

    private static final String ADMINS = "firewall: { admin_networks: [198.51.100.0/24] }";
    private static final String CLUSTER_FILE = "/etc/pve/firewall/cluster.fw";

    private static final String THREE_MEMBERS = """
            {
            "nodename": "pve1",
            "version": 13,
            "cluster": { "name": "lab", "version": 3, "nodes": 3, "quorate": 1 },
            "nodelist": {
              "pve1": { "id": 1, "online": 1, "ip": "10.1.0.11"},
              "pve2": { "id": 2, "online": 1, "ip": "10.1.0.12"},
              "pve3": { "id": 3, "online": 0, "ip": "10.2.0.13"}
              }
            }
            """;

    private void off() {
        cluster("enable: 0");
        ipv4 = section("iptables", "");
        ipv6 = "";
    }

    /** The text of a file after all edits of it, in the order of the steps. */
    private static String edited(Remedy.Steps steps, String path, String before) {
        Optional<String> text = Optional.of(before);
        for (Change change : steps.changes()) {
            if (change instanceof Change.EditFile(var where, var edit, var live) && where.equals(path)) {
                try {
                    text = Optional.of(edit.apply(text));
                } catch (EditException e) {
                    throw new AssertionError(e);
                }
            }
        }
        return text.orElseThrow();
    }

    private static List<String> inWords(Remedy.Steps steps) {
        return steps.changes().stream()
                .filter(change -> !(change instanceof Change.Rescue))
                .map(change -> switch (change) {
                    case Change.EditFile edit ->
                        (edit.live() ? "live " : "") + edit.path().replaceFirst(".*/", "") + ": "
                                + edit.edit().purpose();
                    case Change.Validate validate -> "validate " + validate.purpose();
                    case Change.Run run -> "run " + run.command() + " / " + run.undo();
                    case Change.WriteFile write -> "write " + write.path();
                    case Change.Reload reload -> "reload " + reload.command();
                    case Change.Rescue rescue -> "rescue " + rescue.command();
                })
                .toList();
    }

    @Test
    void rulesThatCannotBeTakenBackWithoutQuorumGoWithTheirService() {
        off();
        node().fails("the firewall is off")
                .mendedBy(steps -> assertThat(steps.changes())
                        .filteredOn(Change.Rescue.class::isInstance)
                        .singleElement()
                        .satisfies(change -> assertThat(((Change.Rescue) change).command())
                                .startsWith("systemctl stop pve-firewall.service")));
    }

    @Test
    void theCallerIsLetInBeforeItIsSwitchedOn() {
        off();
        node().fails("the firewall is off").mendedBy(steps -> {
            assertThat(inWords(steps))
                    .containsExactly(
                            "cluster.fw: let 198.51.100.7 (where holdfast came from) into the IP set 'management'",
                            "live cluster.fw: set enable: 1 in cluster.fw",
                            "validate the firewall's files as Proxmox reads them",
                            "reload systemctl try-reload-or-restart pve-firewall");
            assertThat(edited(steps, CLUSTER_FILE, "[OPTIONS]\nenable: 0\n"))
                    .isEqualTo(
                            "[OPTIONS]\nenable: 1\n\n[IPSET management]\n\n198.51.100.7 # holdfast: where holdfast came from\n");
            assertThat(steps.risk()).isEqualTo(FixRisk.GUARDED);
            assertThat(steps.needs()).containsExactly(Remedy.Need.EVERY_MEMBER);
            assertThat(steps.settle()).hasSeconds(30);
            assertThat(steps.notes()).anyMatch(note -> note.contains("198.51.100.7, where this run comes from"));
        });
    }

    @Test
    void anAdminNetworkCoversTheCallerInIt() {
        off();
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .startsWith("cluster.fw: let 198.51.100.0/24 (admin network) into the IP set 'management'"));
    }

    @Test
    void aCallerInTheNodesOwnNetworkNeedsNothing() {
        off();
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().mendedBy(steps -> assertThat(inWords(steps))
                .containsExactly(
                        "live cluster.fw: set enable: 1 in cluster.fw",
                        "validate the firewall's files as Proxmox reads them",
                        "reload systemctl try-reload-or-restart pve-firewall"));
    }

    @Test
    void whereTheNodeIsThisMachineNobodyCalls() {
        off();
        around = around("", SSHD);
        node().mendedBy(steps -> assertThat(inWords(steps)).hasSize(3));
    }

    @Test
    void localNetworkMayBeNamedByHand() {
        off();
        cluster = section("cluster.fw", "[ALIASES]\nlocal_network 10.1.0.11\n");
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().mendedBy(steps -> assertThat(inWords(steps))
                .startsWith("cluster.fw: let 10.1.0.77 (where holdfast came from) into the IP set 'management'"));
    }

    @Test
    void aSetThatIsWideEnoughStaysAsItIs() {
        off();
        cluster = section("cluster.fw", "[OPTIONS]\nenable: 0\n[IPSET management]\n198.51.100.0/22\n");
        node().under(ADMINS).mendedBy(steps -> assertThat(inWords(steps)).hasSize(3));
    }

    @Test
    void aSetThatCoversAPartIsFilledUp() {
        off();
        cluster = section("cluster.fw", "[OPTIONS]\nenable: 0\n[IPSET management]\n198.51.100.0/25\n");
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .startsWith(
                                "cluster.fw: let 198.51.100.0/24 (admin network)" + " into the IP set 'management'"));
    }

    @Test
    void rulesThatOpenBothPortsAreEnough() {
        off();
        cluster = section(
                "cluster.fw",
                "[RULES]\n\nGROUP ops\n\n[group ops]\n\nIN SSH(ACCEPT)\nIN ACCEPT -p tcp -dport 8006 -source 198.51.100.0/24\n");
        node().under(ADMINS).mendedBy(steps -> {
            assertThat(inWords(steps)).hasSize(3);
            assertThat(edited(steps, CLUSTER_FILE, "[RULES]\n\nGROUP ops\n"))
                    .isEqualTo("[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nGROUP ops\n");
        });
    }

    @Test
    void aliasesInRulesCount() {
        off();
        cluster = section(
                "cluster.fw", "[ALIASES]\nops 198.51.100.0/24\n[RULES]\nIN ACCEPT -source ops -p tcp -dport 22,8006\n");
        node().mendedBy(steps -> assertThat(inWords(steps)).hasSize(3));
    }

    @Test
    void anIpv6CallerIsLetInAsSuch() {
        off();
        around = around("2001:db8::7 50122 2001:db8::11 22", SSHD);
        node().mendedBy(steps -> assertThat(inWords(steps))
                .startsWith("cluster.fw: let 2001:db8::7 (where holdfast came from) into the IP set 'management'"));
    }

    @Test
    void membersInOtherNetworksAreLetIn() {
        off();
        members = THREE_MEMBERS;
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD)
                .replace(section("networks", ""), section("networks", "migration: type=secure,network=192.0.2.0/28\n"));
        node().mendedBy(
                        steps -> assertThat(inWords(steps))
                                .startsWith(
                                        "cluster.fw: let 192.0.2.0/28 (network of migration or replication), 10.2.0.13 (member pve3) into the IP set 'management'"));
    }

    @Test
    void linksOfCorosyncBelongToMembersToo() {
        off();
        members = THREE_MEMBERS;
        corosync = section(
                "corosync.conf",
                "nodelist {\n node {\n name: pve1\n ring0_addr: pve1-ring\n }\n node {\n name: pve2\n ring0_addr: 10.3.0.12\n }\n}\n");
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD)
                .replace(section("names", ""), section("names", "pve1-ring 10.3.0.11\n"));
        node().mendedBy(steps -> assertThat(inWords(steps).get(0))
                .contains("10.3.0.11 (member pve1)")
                .contains("10.3.0.12 (member pve2)"));
    }

    @Test
    void withoutAFileThereIsOne() {
        off();
        cluster = absent("cluster.fw");
        node().under(ADMINS)
                .mendedBy(
                        steps -> assertThat(edited(steps, CLUSTER_FILE, ""))
                                .isEqualTo(
                                        "[OPTIONS]\n\nenable: 1\n\n[IPSET management]\n\n198.51.100.0/24 # holdfast: admin network\n"));
    }

    @Test
    void aLineThatProxmoxIgnoresIsMadeReadableFirst() {
        off();
        cluster("enable: yes\npolicy_in: DENY");
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .containsExactly(
                                "cluster.fw: let 198.51.100.0/24 (admin network) into the IP set 'management'",
                                "cluster.fw: set enable: 0 in cluster.fw",
                                "cluster.fw: set policy_in: DROP in cluster.fw",
                                "live cluster.fw: set enable: 1 in cluster.fw",
                                "validate the firewall's files as Proxmox reads them",
                                "reload systemctl try-reload-or-restart pve-firewall"));
    }

    @Test
    void aTrialThatRunsIsKept() {
        cluster("enable: " + (NOW - 20));
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .containsExactly(
                                "live cluster.fw: let 198.51.100.0/24 (admin network) into the IP set 'management'",
                                "live cluster.fw: set enable: 1 in cluster.fw",
                                "validate the firewall's files as Proxmox reads them",
                                "reload systemctl try-reload-or-restart pve-firewall"));
    }

    @Test
    void aTrialThatEndedIsSwitchedOnAnew() {
        off();
        cluster("enable: " + (NOW - 100));
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps)).contains("live cluster.fw: set enable: 1 in cluster.fw"));
    }

    @Test
    void aNodeThatSwitchedItselfOffIsSwitchedOnByItsOwnFile() {
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        host("enable: 0");
        node().mendedBy(steps -> {
            assertThat(inWords(steps))
                    .containsExactly(
                            "live host.fw: set enable: 1 in host.fw",
                            "validate the firewall's files as Proxmox reads them",
                            "reload systemctl try-reload-or-restart pve-firewall");
            assertThat(steps.changes().get(0))
                    .isInstanceOfSatisfying(
                            Change.EditFile.class,
                            edit -> assertThat(edit.path()).isEqualTo("/etc/pve/nodes/pve1/host.fw"));
            assertThat(steps.needs()).isEmpty();
            assertThat(steps.risk()).isEqualTo(FixRisk.GUARDED);
        });
    }

    @Test
    void bothSwitchesAreTurnedTogether() {
        off();
        host("enable: 0");
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .containsSubsequence(
                                "live host.fw: set enable: 1 in host.fw",
                                "live cluster.fw: set enable: 1 in cluster.fw"));
    }

    @Test
    void aWeakPolicyIsMadeStrongAfterTheAdditions() {
        cluster("enable: 1\npolicy_in: ACCEPT");
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -j ACCEPT"));
        node().under(ADMINS)
                .mendedBy(steps -> assertThat(inWords(steps))
                        .containsExactly(
                                "live cluster.fw: let 198.51.100.0/24 (admin network) into the IP set 'management'",
                                "live cluster.fw: set policy_in: DROP in cluster.fw",
                                "validate the firewall's files as Proxmox reads them",
                                "reload systemctl try-reload-or-restart pve-firewall"));
    }

    @Test
    void aStoppedServiceIsStarted() {
        pveFirewall = "inactive";
        unitFile = "disabled";
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().mendedBy(steps -> {
            assertThat(inWords(steps))
                    .containsExactly("run systemctl enable --now pve-firewall / systemctl disable --now pve-firewall");
            assertThat(steps.risk()).isEqualTo(FixRisk.GUARDED);
        });
        unitFile = "enabled";
        node().mendedBy(steps -> assertThat(inWords(steps))
                .containsExactly("run systemctl enable --now pve-firewall / systemctl stop pve-firewall"));
        unitFile = "masked";
        node().mendedBy(
                        steps -> assertThat(inWords(steps))
                                .containsExactly(
                                        "run systemctl unmask pve-firewall && systemctl enable --now pve-firewall / systemctl disable --now pve-firewall; systemctl mask pve-firewall"));
    }

    @Test
    void aStoppedServiceIsNotStartedBeforeTheCallerIsLetIn() {
        pveFirewall = "inactive";
        node().mendedBy(steps -> assertThat(inWords(steps))
                .containsExactly(
                        "live cluster.fw: let 198.51.100.7 (where holdfast came from) into the IP set 'management'",
                        "validate the firewall's files as Proxmox reads them",
                        "reload systemctl try-reload-or-restart pve-firewall",
                        "run systemctl enable --now pve-firewall / systemctl stop pve-firewall"));
    }

    @Test
    void aServiceThatLoadedNothingIsStartedAnew() {
        ipv4 = section("iptables", "");
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().mendedBy(steps ->
                assertThat(inWords(steps)).singleElement().asString().contains("reload-or-restart pve-firewall"));
    }

    @Test
    void withNftablesTheNodesOwnNetworkIsNamedToo() {
        off();
        host("nftables: 1");
        node().mendedBy(
                        steps -> assertThat(inWords(steps))
                                .startsWith(
                                        "cluster.fw: let 10.1.0.0/24 (the node's own network), 198.51.100.7 (where holdfast came from) into the IP set 'management'"));
    }

    @Test
    void whatNobodyThoughtOfIsNoted() {
        off();
        cluster = section(
                "cluster.fw", "[RULES]\nIN ACCEPT -p tcp -dport 2049\nIN Jetdirect(ACCEPT) -source 10.9.0.0/16\n");
        around = around("", SSHD + """
                        tcp LISTEN 0 128 [::]:3300 [::]:* users:(("ceph-mon",pid=1,fd=2))
                        tcp LISTEN 0 128 10.1.0.11%vmbr0:8007 0.0.0.0:* users:(("proxmox-backup-",pid=1,fd=2))
                        tcp LISTEN 0 128 127.0.0.1:85 0.0.0.0:* users:(("pvedaemon",pid=1,fd=2))
                        tcp LISTEN 0 128 [::1]:25 [::]:* users:(("master",pid=1,fd=2))
                        tcp LISTEN 0 64 0.0.0.0:2049 0.0.0.0:*
                        tcp LISTEN 0 64 *:9100 *:* users:(("node_exporter",pid=1,fd=2))
                        udp UNCONN 0 0 0.0.0.0:4789 0.0.0.0:*
                        udp UNCONN 0 0 0.0.0.0:40123 0.0.0.0:* users:(("chronyd",pid=1,fd=2))
                        """);
        node().mendedBy(steps -> assertThat(steps.notes())
                .anyMatch(note -> note.contains(
                        "to tcp 3300 (Ceph), tcp 8007 (Proxmox Backup Server), udp 4789 (VXLAN): they will answer")));
    }

    @Test
    void whatElseEndsIsNoted() {
        off();
        cluster("enable: 0\npolicy_out: drop");
        node().mendedBy(steps -> assertThat(steps.notes())
                .anyMatch(note -> note.contains("policy_out: DROP"))
                .anyMatch(note -> note.startsWith("Guests that have a firewall")));
    }

    @Test
    void aConnectionThatIsNotUnderstoodHidesNothingElse() {
        around = around("somewhere else entirely really", SSHD);
        node().passes();
    }

    // ------------------------------------------------------------------ the fix: what is refused

    @Test
    void aRuleThatKeepsTheCallerOutIsNamedAndLeftAlone() {
        off();
        cluster = section("cluster.fw", "[OPTIONS]\nenable: 0\n[RULES]\nIN SSH(DROP) -source 198.51.0.0/16\n");
        node().refusesToMend(
                        "line 4 of cluster.fw (IN SSH(DROP) -source 198.51.0.0/16) keeps 198.51.100.7 (where holdfast came from) from port 22");
    }

    @Test
    void aRuleThatMayKeepOutAPartOfAnAdminNetworkIsOneToo() {
        off();
        host = section("host.fw", "[RULES]\nIN REJECT -i vmbr0 -source 198.51.100.128/25\n");
        node().under(ADMINS).refusesToMend("line 2 of host.fw");
    }

    @Test
    void whoWasTakenOutOfTheSetIsNotPutBack() {
        off();
        cluster = section("cluster.fw", "[IPSET management]\n!198.51.100.7\n");
        node().refusesToMend("line 2 of cluster.fw (!198.51.100.7 in the IP set 'management') keeps 198.51.100.7");
    }

    @Test
    void anotherPortOfSshIsNotCoveredByTheSet() {
        off();
        around = around("198.51.100.7 50122 10.1.0.11 2222", SSHD.replace(":22 ", ":2222 "));
        node().refusesToMend("would lose port 2222, which sshd waits on");
        cluster = section("cluster.fw", "[RULES]\nIN ACCEPT -p tcp -dport 2222\n");
        node().mendedBy(steps -> assertThat(inWords(steps))
                .startsWith("cluster.fw: let 198.51.100.7 (where holdfast came from) into the IP set 'management'"));
    }

    @Test
    void thePortThatThisRunCameInByCountsBesideTheOthers() {
        off();
        around = around("198.51.100.7 50122 10.1.0.11 2222", SSHD);
        node().refusesToMend("would lose port 2222");
    }

    @Test
    void withoutAnSshServerInSightNothingIsSwitched() {
        off();
        around = around("", "");
        node().refusesToMend("no SSH server was seen");
    }

    @Test
    void withNftablesUnencryptedMigrationIsNoted() {
        off();
        host("nftables: 1");
        around = around.replace(section("networks", ""), section("networks", "migration: insecure\n"));
        node().mendedBy(steps ->
                assertThat(steps.notes()).anyMatch(note -> note.startsWith("Guests move unencrypted")));
        around = around.replace("migration: insecure", "migration: type=secure");
        node().mendedBy(steps ->
                assertThat(steps.notes()).noneMatch(note -> note.startsWith("Guests move unencrypted")));
    }

    @Test
    void theWholeWorldIsNoAdminNetwork() {
        off();
        node().under("firewall: { admin_networks: [0.0.0.0/0] }")
                .refusesToMend("an IP set cannot hold 0.0.0.0/0 (admin network)");
    }

    @Test
    void aBypassIsNamed() {
        ipv4 = section("iptables", "-A INPUT -p tcp -j ACCEPT\n" + RULES);
        node().refusesToMend("-A INPUT -p tcp -j ACCEPT");
        off();
        ipv4 = section("iptables", "-A INPUT -j ACCEPT\n");
        node().refusesToMend("-A INPUT -j ACCEPT");
    }

    @Test
    void aMemberWithoutAnAddressWouldBeShutOut() {
        off();
        members = THREE_MEMBERS.replace(", \"ip\": \"10.2.0.13\"", "");
        node().refusesToMend("no address of the cluster member pve3 is known");
    }

    @Test
    void membersThatCannotBeReadAreNotPassedOver() {
        off();
        members = "{ broken";
        corosync = section("corosync.conf", "nodelist {\n node {\n name: pve1\n ring0_addr: 10.1.0.11\n }\n}\n");
        node().refusesToMend("the addresses of the cluster's members are not known");
    }

    @Test
    void socketsThatCannotBeListedAreNotPassedOver() {
        off();
        around = around.replaceFirst("(?s)#: listeners.*?#= 0", "#: listeners\nss: command not found\n#= 127");
        node().refusesToMend("who must keep access is not known: listeners: ss: command not found");
    }

    @Test
    void aFileInWhichSectionsAreNoneIsNotEdited() {
        off();
        cluster = section("cluster.fw", "[OPTIONS]\r\nenable: 0\r\n[RULES]\r\nIN SSH(ACCEPT)\r\n");
        node().refusesToMend("line 1 of cluster.fw, '[OPTIONS]\\x0d', looks like the beginning of a section");
    }

    @Test
    void aServiceThatIsNotThereIsNotStarted() {
        pveFirewall = "inactive";
        unitFile = "";
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().refusesToMend("there is no service pve-firewall");
    }

    @Test
    void aKernelThatDoesNotFollowItsFilesIsAPersonsCase() {
        ipv4 = section("iptables", RULES.replace("-A PVEFW-HOST-IN -j DROP", "-A PVEFW-HOST-IN -j ACCEPT"));
        around = around("10.1.0.77 50122 10.1.0.11 22", SSHD);
        node().refusesToMend("the kernel does something else");
    }

    // ------------------------------------------------------------------ the fix: the validation

    /** Runs the validation with a pve-firewall that complains as the genuine one did. */
    @ParameterizedTest
    @CsvSource({
        "firewall-misc/badrules-compile.stderr, 1",
        "firewall-misc/broken-clusterfw-compile.stderr, 1",
        "firewall-on/compile.stderr, 0"
    })
    void complaintsAboutTheFilesFailTheValidation(String transcript, int status, @TempDir Path bin)
            throws IOException, InterruptedException {
        Files.writeString(
                bin.resolve("complaints"),
                Transcripts.read(transcript) + "grep: /proc/modules: No such file or directory\n");
        Path program = bin.resolve("pve-firewall");
        Files.writeString(program, "#!/bin/sh\necho rules\ncat '%s/complaints' >&2\n".formatted(bin));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        off();
        List<String> commands = new ArrayList<>();
        node().mendedBy(steps -> steps.changes().forEach(change -> {
            if (change instanceof Change.Validate validate) {
                commands.add(validate.command());
            }
        }));
        Process process = new ProcessBuilder("/bin/sh", "-c", "PATH=%s:$PATH\n%s".formatted(bin, commands.get(0)))
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(status);
        assertThat(out).doesNotContain("/proc/modules").doesNotContain("rules\n");
        if (status > 0) {
            assertThat(out).contains("macro: unknown macro 'NOSUCH'");
        } else {
            assertThat(out).isEmpty();
        }
    }
}
