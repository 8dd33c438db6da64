package holdfast.proxmox;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.FakeSource;
import holdfast.probe.Reading;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class NodeFactsTest {

    private static final String HEAD = section("hostname", "pve1")
            + section("kernel", "6.8.12-11-pve")
            + section("os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n");

    private static Reading<NodeFacts> read(String text) {
        return NodeFacts.PROBE.read(new FakeSource().answers("node.facts", text));
    }

    @Test
    void aNodeOfProxmox() {
        assertThat(
                        read(
                                HEAD
                                        + section(
                                                "packages",
                                                "pve-cluster 8.1.3 installed\npve-firewall 5.1.2 installed\npve-manager 8.4.21 installed")))
                .isEqualTo(Reading.known(new NodeFacts(
                        "pve1",
                        "Debian GNU/Linux 12 (bookworm)",
                        "6.8.12-11-pve",
                        Map.of("pve-manager", "8.4.21", "pve-cluster", "8.1.3", "pve-firewall", "5.1.2"))));
    }

    @Test
    void aPlainDebianIsNoProxmox() {
        assertThat(read(HEAD + section("packages", "dpkg-query: no packages found matching pve-manager", 1)))
                .isInstanceOfSatisfying(
                        Reading.Known.class,
                        known -> assertThat(((NodeFacts) known.value()).isProxmox())
                                .isFalse());
    }

    @Test
    void aRemovedPackageIsNotInstalled() {
        assertThat(read(HEAD + section("packages", "pve-manager 8.4.21 config-files", 1)))
                .isInstanceOfSatisfying(
                        Reading.Known.class,
                        known -> assertThat(((NodeFacts) known.value()).isProxmox())
                                .isFalse());
    }

    @Test
    void packagesThatCouldNotBeListedDoNotMakeItAnotherMachine() {
        assertThat(read(HEAD
                        + section("packages", "dpkg-query: error: parsing file '/var/lib/dpkg/status' near line 3", 2)))
                .isInstanceOf(Reading.Unknown.class);
        assertThat(read(HEAD + section("packages", "dpkg-query: not found", 127)))
                .isInstanceOf(Reading.Unknown.class);
        assertThat(read(HEAD)).isInstanceOf(Reading.Unknown.class);
    }

    @Test
    void aNodeWithoutOsReleaseHasNoName() {
        assertThat(read(section("hostname", "x")
                        + section("kernel", "6.1")
                        + absent("os-release")
                        + section("packages", "pve-manager 9.2.11 installed")))
                .isEqualTo(Reading.known(new NodeFacts("x", "", "6.1", Map.of("pve-manager", "9.2.11"))));
    }

    @Test
    void aCutOffAnswerNeverSaysThatItIsNoProxmox() {
        String text = HEAD + section("packages", "pve-cluster 8.1.3 installed\npve-manager 8.4.21 installed");
        for (int end = 0; end < text.length(); end++) {
            if (read(text.substring(0, end)) instanceof Reading.Known<NodeFacts>(var facts)) {
                assertThat(facts.isProxmox()).as("cut at %d", end).isTrue();
            }
        }
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThat(read(text)).isNotNull();
    }
}
