package holdfast.checks.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.checks.firewall.FirewallLines.Kind;
import holdfast.checks.firewall.Reach.Answer;
import holdfast.policy.Cidr;
import holdfast.policy.InputPolicy;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReachTest {

    private String cluster = "";
    private String host = "";
    private boolean nftables;
    private InputPolicy policy = InputPolicy.DROP;

    private Answer from(String source, int port) {
        return new Reach(
                        FirewallFile.parse(Kind.CLUSTER, cluster),
                        FirewallFile.parse(Kind.HOST, host),
                        nftables ? Optional.empty() : Cidr.parse("10.1.0.0/24"),
                        nftables,
                        policy)
                .tcp(Cidr.parse(source).orElseThrow(), port);
    }

    private void lets(String source, int port) {
        assertThat(from(source, port)).isEqualTo(new Answer.Let());
    }

    private void ignores(String source, int port) {
        assertThat(from(source, port)).isEqualTo(new Answer.Unnamed());
    }

    private void keeps(String source, int port, String by, boolean surely) {
        assertThat(from(source, port)).isInstanceOfSatisfying(Answer.Kept.class, kept -> {
            assertThat(kept.by()).contains(by);
            assertThat(kept.surely()).isEqualTo(surely);
        });
    }

    // ------------------------------------------------------------------ without a rule

    @Test
    void theNodesOwnNetworkReachesWhatManagementMay() {
        for (int port : new int[] {22, 8006, 3128, 5900, 5999, 60_000, 60_050}) {
            lets("10.1.0.77", port);
            ignores("10.1.1.77", port);
        }
        ignores("10.1.0.77", 2222);
        ignores("10.1.0.77", 60_051);
        ignores("10.1.0.0/23", 22);
    }

    @Test
    void theInputPolicyMayLetInAll() {
        policy = InputPolicy.ACCEPT;
        lets("203.0.113.1", 22);
    }

    @Test
    void theSetLetsInItsMembers() {
        cluster = "[ALIASES]\noffice 10.9.0.0/16\n[IPSET management]\noffice\n2001:db8::/32\n";
        lets("10.9.1.0/24", 22);
        lets("2001:db8::7", 8006);
        ignores("10.0.0.0/8", 22);
    }

    @Test
    void whoIsTakenOutOfTheSetIsNotInIt() {
        cluster = "[IPSET management]\n10.9.0.0/16\n!10.9.7.0/24\n";
        lets("10.9.1.0/24", 22);
        keeps("10.9.7.7", 22, "line 3 of cluster.fw (!10.9.7.0/24 in the IP set 'management')", true);
        keeps("10.9.0.0/16", 22, "line 3 of cluster.fw", false);
    }

    @Test
    void theBlacklistComesFirst() {
        cluster = "[IPSET blacklist]\n10.1.0.0/16\n[RULES]\nIN ACCEPT\n";
        keeps("10.1.0.77", 22, "line 2 of cluster.fw (10.1.0.0/16 in the IP set 'blacklist')", true);
    }

    // ------------------------------------------------------------------ rules

    @ParameterizedTest
    @ValueSource(
            strings = {
                "IN ACCEPT",
                "in ACCEPT -p tcp",
                "IN ACCEPT -p tcp -dport 22",
                "IN ACCEPT --proto tcp --dport 20:25 --log nolog",
                "IN ACCEPT -p 6 -dport 80,22,443",
                "IN ACCEPT -p tcp -dport ssh",
                "IN SSH(ACCEPT)",
                "IN ssh(ACCEPT) -source 203.0.113.0/24 # ops",
                "IN SSH(ACCEPT) -source 203.0.113.1-203.0.113.99",
                "IN SSH(ACCEPT) -source 192.0.2.1,203.0.113.7 -log info"
            })
    void aRuleLetsIn(String rule) {
        cluster = "[RULES]\n" + rule + "\n";
        lets("203.0.113.7", 22);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "|IN ACCEPT",
                "OUT ACCEPT",
                "FORWARD ACCEPT",
                "IN ACCEPT -p udp -dport 22",
                "IN ACCEPT -p tcp -dport 23",
                "IN ACCEPT -p tcp -dport 22,99999",
                "IN ACCEPT -dport 22",
                "IN ACCEPT -p tcp -dport  22",
                "IN ACCEPT -p tcp -dport 22 -bogus 1",
                "IN ACCEPT -i vmbr0",
                "IN ACCEPT -dest 10.1.0.11",
                "IN ACCEPT -p tcp -sport 1024:65535",
                "IN ACCEPT -source 203.0.113.1",
                "IN ACCEPT -source 203.0.113.0/8",
                "IN ACCEPT -source 2001:db8::/32",
                "IN ACCEPT -source nowhere",
                "IN ACCEPT -source +nowhere",
                "IN ACCEPT -source +sdn/all",
                "IN Web(ACCEPT)",
                "IN HTTPS(ACCEPT)",
                "IN Ping(ACCEPT)",
                "IN NOSUCH(ACCEPT)",
                "IN ALLOW",
                "GROUP nowhere"
            })
    void aRuleThatMayNotFitLetsNobodyIn(String rule) {
        cluster = "[RULES]\n" + rule + "\n";
        ignores("203.0.113.7", 22);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "IN DROP                               | true",
                "IN REJECT -p tcp -dport 22            | true",
                "IN SSH(DROP) -source 203.0.113.0/24   | true",
                "IN DROP -source 203.0.113.7,192.0.2.1 | true",
                "IN DROP -i vmbr0                      | false",
                "IN DROP -dest 10.1.0.11               | false",
                "IN DROP -source +nowhere              | false",
                "IN NOSUCH(DROP)                       | false",
                "IN DROP -p 50 -source 203.0.113.0/24  | false"
            })
    void aRuleThatMayFitKeepsOut(String rule, boolean surely) {
        host = "[RULES]\n" + rule + "\n";
        keeps("203.0.113.7", 22, "line 2 of host.fw (" + rule, surely);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "|IN DROP",
                "OUT DROP",
                "IN DROP -p udp",
                "IN DROP -p tcp -dport 111",
                "IN Web(REJECT)",
                "IN Ping(DROP)",
                "IN DROP -source 192.0.2.0/24",
                "IN DROP -source 2001:db8::/32"
            })
    void aRuleForOthersKeepsNobodyOut(String rule) {
        cluster = "[RULES]\n" + rule + "\n";
        lets("10.1.0.77", 22);
    }

    @Test
    void aPartOfANetworkIsNotTheWhole() {
        cluster = "[RULES]\nIN ACCEPT -source 10.9.0.0/17\nIN DROP -source 10.9.200.0/24\n";
        lets("10.9.1.0/24", 22);
        keeps("10.9.0.0/16", 22, "line 3 of cluster.fw", false);
        ignores("10.9.128.0/24", 22);
    }

    @Test
    void theFirstRuleThatFitsDecides() {
        cluster = "[RULES]\nIN SSH(ACCEPT) -source 10.1.0.5\nIN SSH(DROP)\n";
        lets("10.1.0.5", 22);
        keeps("10.1.0.6", 22, "line 3 of cluster.fw", true);
        lets("10.1.0.6", 8006);
    }

    @Test
    void hostFwComesBeforeClusterFw() {
        cluster = "[RULES]\nIN DROP\n";
        host = "[RULES]\nIN SSH(ACCEPT)\n";
        lets("203.0.113.7", 22);
        keeps("203.0.113.7", 8006, "line 2 of cluster.fw", true);
    }

    @Test
    void aGroupStandsForItsRules() {
        cluster = """
                [RULES]
                GROUP ops
                GROUP shut -i vmbr1
                [group Ops]
                IN SSH(ACCEPT) -source +dc/office
                [group shut]
                OUT DROP
                IN DROP -p tcp -dport 8006
                [IPSET office]
                10.9.0.0/16
                """;
        // The set stands below the rule that names it: Proxmox leaves the rule out.
        ignores("10.9.0.1", 22);
        keeps("10.9.0.1", 8006, "line 8 of cluster.fw", false);
        cluster = "[IPSET office]\n10.9.0.0/16\n" + cluster.replaceFirst("\\[IPSET.*\n.*\n", "");
        lets("10.9.0.1", 22);
        ignores("10.8.0.1", 22);
    }

    @Test
    void anAliasMeansItsNetworkInBothFiles() {
        cluster = "[ALIASES]\nOffice 10.9.0.0/16 # us\nbad  10.8.0.0/16\n[RULES]\nIN SSH(ACCEPT) -source dc/office\n";
        host = "[RULES]\nIN ACCEPT -source OFFICE -p tcp -dport 8006\nIN ACCEPT -source bad\n";
        lets("10.9.3.0/24", 22);
        lets("10.9.3.0/24", 8006);
        ignores("10.8.0.1", 22);
    }

    @Test
    void theSetMayBeNamedByARuleToo() {
        cluster = "[IPSET management]\n10.9.0.0/16\n[RULES]\nIN ACCEPT -source +management -p tcp -dport 2222\n";
        lets("10.9.0.1", 2222);
        lets("10.1.0.1", 2222);
        ignores("10.8.0.1", 2222);
    }

    @Test
    void sectionsThatAreNoneHoldNoRules() {
        cluster = "[RULES]\r\nIN ACCEPT\n[group 9lives]\nIN ACCEPT\n";
        ignores("203.0.113.7", 22);
    }

    // ------------------------------------------------------------------ the other back end

    @Test
    void nftablesAsksTheSetBeforeTheRules() {
        nftables = true;
        cluster = "[IPSET management]\n10.9.0.0/16\n[RULES]\nIN DROP\n";
        lets("10.9.0.1", 22);
        keeps("10.9.0.1", 60_000, "line 4 of cluster.fw", true);
        keeps("10.1.0.1", 22, "line 4 of cluster.fw", true);
    }

    @Test
    void nftablesLeavesMigrationToTheRules() {
        nftables = true;
        cluster = "[IPSET management]\n10.9.0.0/16\n";
        lets("10.9.0.1", 8006);
        ignores("10.9.0.1", 60_000);
    }
}
