package holdfast.discovery;

import static holdfast.discovery.RosterTest.key;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.inventory.Host;
import holdfast.inventory.Inventory;
import holdfast.node.HostKey;
import holdfast.node.HostKeyScanner.Endpoint;
import holdfast.node.ssh.KnownKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that a discovery writes. */
class DiscoveredTest {

    private static final Instant NOW = Instant.parse("2026-11-22T06:13:19.5Z");
    private static final HostKey RSA = key("ssh-rsa", 1);

    @TempDir
    Path directory;

    private static Discovered.Member member(String name, String host, int port, KeyCheck check, String... rings) {
        return new Discovered.Member(
                new Roster.Entry(name, Optional.of(host), List.of(rings), List.of(RSA), "source", List.of()),
                host,
                Optional.of(new Endpoint(host, port, port == 22 ? host : "[%s]:%d".formatted(host, port), false)),
                check);
    }

    private static KeyCheck check(KeyCheck.State state, String... remarks) {
        return new KeyCheck(
                state,
                state == KeyCheck.State.VERIFIED || state == KeyCheck.State.UNANSWERED ? List.of(RSA) : List.of(),
                List.of(remarks),
                false);
    }

    private static Discovered cluster(String name, Discovered.Member... members) {
        return new Discovered(
                new Roster("pve1", Optional.of(name), Optional.of("ab".repeat(32)), List.of(), List.of()),
                "192.0.2.11:22",
                "ops",
                List.of(members));
    }

    private Inventory load(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("found.yml"), text);
        Inventory loaded = Inventory.load(List.of(file.toString()));
        assertThat(loaded.notices()).isEmpty();
        return loaded;
    }

    private static Discovered three() {
        return cluster(
                "prod-west",
                member("pve1", "192.0.2.11", 22, check(KeyCheck.State.VERIFIED), "10.0.0.1", "10.1.0.1"),
                member("pve2", "fd00::12", 22, check(KeyCheck.State.MISMATCH, "presents another"), "", "10.1.0.2"),
                member("pve3", "192.0.2.13", 2222, check(KeyCheck.State.UNANSWERED, "no answer"), "10.0.0.3"));
    }

    @Test
    void theInventoryIsReadBackAsItWasMeant() throws IOException {
        Inventory loaded = load(three().inventory(NOW, "1.0", true, Optional.of("x.known_hosts")));
        assertThat(loaded.groups()).containsKey("prod_west");
        assertThat(loaded.hosts()).extracting(Host::name).containsExactly("pve1", "pve2", "pve3");
        assertThat(loaded.hosts()).allSatisfy(host -> {
            assertThat(host.access().user()).contains("ops");
            assertThat(host.access().become()).contains(true);
        });
        assertThat(loaded.host("pve2").orElseThrow().access().host()).contains("fd00::12");
        assertThat(loaded.host("pve3").orElseThrow().access().port()).isEqualTo(OptionalInt.of(2222));
        assertThat(loaded.host("pve1").orElseThrow().access().port()).isEmpty();
        assertThat(loaded.toAnsibleJson()).contains("\"ring1_addr\" : \"10.1.0.2\"");
    }

    @Test
    void theWholeText() {
        assertThat(three().inventory(NOW, "1.0", false, Optional.empty()))
                .isEqualTo("""
                # The cluster prod-west as pve1 knows it: 3 members.
                # Written by holdfast 1.0 on 2026-11-22T06:13:19Z, read from 192.0.2.11:22 as ops.
                # SHA-256 of its CA certificate: %1$s
                # Host keys: 1 of 3 verified, not written.
                all:
                  children:
                    prod_west:
                      vars:
                        ansible_user: ops
                      hosts:
                        # verified: %2$s
                        pve1:
                          ansible_host: 192.0.2.11
                          ring0_addr: 10.0.0.1
                          ring1_addr: 10.1.0.1
                        # WRONG HOST KEY, do not log in before you know why:
                        #   presents another
                        pve2:
                          ansible_host: 'fd00::12'
                          ring1_addr: 10.1.0.2
                        # did not answer, and was not checked; the cluster knows %2$s
                        #   no answer
                        pve3:
                          ansible_host: 192.0.2.13
                          ansible_port: 2222
                          ring0_addr: 10.0.0.3
                """.formatted("ab".repeat(32), RSA));
    }

    @Test
    void onlyVerifiedKeysAreInForce() {
        String text = three().knownHosts(NOW, "1.0");
        assertThat(KnownKeys.of(text).keysOf("192.0.2.11")).containsExactly(RSA);
        assertThat(KnownKeys.of(text).keysOf("fd00::12")).isEmpty();
        assertThat(KnownKeys.of(text).keysOf("[192.0.2.13]:2222")).isEmpty();
        assertThat(text)
                .contains("# pve2 presents a key that it should not have")
                .contains("# [192.0.2.13]:2222 ssh-rsa ");
        assertThat(three().keyLines()).hasSize(1);
    }

    @Test
    void theExitCodeIsTheContracts() {
        Discovered.Member right = member("pve1", "192.0.2.11", 22, check(KeyCheck.State.VERIFIED));
        Discovered.Member wrong = member("pve2", "192.0.2.12", 22, check(KeyCheck.State.MISMATCH));
        Discovered.Member mute = member("pve3", "192.0.2.13", 22, check(KeyCheck.State.UNANSWERED));
        assertThat(cluster("lab", right).exitCode()).isZero();
        assertThat(cluster("lab", right, wrong).exitCode()).isEqualTo(1);
        assertThat(cluster("lab", right, mute).exitCode()).isEqualTo(3);
        assertThat(cluster("lab", right, wrong, mute).exitCode()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({
        "lab, lab",
        "prod-west, prod_west",
        "2nd, cluster_2nd",
        "ALL, cluster_ALL",
        "pve1, pve1_cluster",
        "'a: b\n  c', a__b___c",
        "'{{ x }}', ___x___",
        "'', cluster"
    })
    void aGroupsNameIsWhatAnsibleTakes(String cluster, String group) throws IOException {
        Discovered found = cluster(cluster, member("pve1", "192.0.2.11", 22, check(KeyCheck.State.VERIFIED)));
        assertThat(found.group()).isEqualTo(group);
        assertThat(load(found.inventory(NOW, "1.0", false, Optional.empty())).groups())
                .containsKey(group);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "123", "0x1F", "1e3", "Null", "y", "007", "on"})
    void aNameThatYamlTakesForSomethingElseStaysAName(String name) throws IOException {
        Discovered found = cluster("lab", member(name, "192.0.2.11", 22, check(KeyCheck.State.VERIFIED)));
        String text = found.inventory(NOW, "1.0", false, Optional.empty());
        assertThat(text).contains("'" + name + "':");
        assertThat(load(text).host(name)).isPresent();
    }

    @Test
    void nothingThatANodeSaidEndsAComment() throws IOException {
        String evil = "x\n  evil: {}\r\u2028\u0085\u001b[2J";
        Discovered found =
                cluster(evil, member("pve1", "192.0.2.11", 22, check(KeyCheck.State.UNANSWERED, evil), "10.0.0.1"));
        assertThat(load(found.inventory(NOW, "1.0", false, Optional.of(evil))).hosts())
                .extracting(Host::name)
                .containsExactly("pve1");
        assertThat(found.knownHosts(NOW, "1.0").lines()).allMatch(line -> line.startsWith("#"));
    }

    @Test
    void aNodeAloneHasItsVariablesForItself() throws IOException {
        Discovered found = new Discovered(
                new Roster("pve1", Optional.empty(), Optional.empty(), List.of(), List.of()),
                "192.0.2.11:2222",
                "root",
                List.of(member("pve1", "192.0.2.11", 2222, check(KeyCheck.State.VERIFIED))));
        Inventory loaded = load(found.inventory(NOW, "1.0", false, Optional.empty()));
        assertThat(loaded.host("pve1").orElseThrow().access().port()).isEqualTo(OptionalInt.of(2222));
        assertThat(loaded.host("pve1").orElseThrow().access().user()).contains("root");
        assertThat(loaded.host("pve1").orElseThrow().groups()).containsExactly("all", "ungrouped");
    }
}
