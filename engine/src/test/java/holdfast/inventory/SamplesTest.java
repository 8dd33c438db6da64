package holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.policy.RootLogin;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The samples that the documentation points to can be used as they are. */
final class SamplesTest {

    private static final Path SAMPLES = Path.of("../inventories");

    @Test
    void oneNodeIsOneNode() {
        Inventory inventory = load("one-node.yml");

        assertThat(inventory.hosts())
                .singleElement()
                .extracting(host -> host.target(Login.NONE).host())
                .isEqualTo("192.0.2.11");
        assertThat(inventory.notices()).isEmpty();
    }

    @Test
    void theClusterMergesTheMapOfAGroupWithThatOfAHost() {
        Inventory inventory = load("three-node-cluster.yml");

        Host pve3 = inventory.host("pve3").orElseThrow();
        assertThat(pve3.policy().sshd().breakGlass()).containsExactly("ops");
        assertThat(pve3.policy().certificates().warnDays()).isEqualTo(14);
        assertThat(inventory.host("pve1").orElseThrow().policy().certificates().warnDays())
                .isEqualTo(30);
        assertThat(pve3.target(Login.NONE).become()).isTrue();
    }

    @Test
    void theFleetHasGroupsRangesAndVariablesInFiles() {
        Inventory inventory = load("fleet");

        assertThat(inventory.hosts()).hasSize(7);
        assertThat(inventory.notices()).isEmpty();
        assertThat(inventory.select("prod:&eu:!canary"))
                .extracting(Host::name)
                .containsExactly("pve02.eu.example.com", "pve03.eu.example.com", "pve04.eu.example.com");
        Host lab = inventory.host("pve03.us.example.com").orElseThrow();
        assertThat(lab.target(Login.NONE).port()).hasValue(2222);
        assertThat(lab.target(Login.NONE).host()).isEqualTo("198.51.100.103");
        assertThat(lab.policy().profile()).isEqualTo("baseline");
        assertThat(lab.policy().certificates().failDays()).isEqualTo(3);
        assertThat(lab.policy().time().servers()).containsExactly("ntp.us.example.com");
        assertThat(inventory.host("pve01.us.example.com").orElseThrow().policy().profile())
                .isEqualTo("enhanced");
    }

    @Test
    void thePolicyExampleGoesOverItsProfile() {
        Inventory inventory = Inventory.load(
                List.of(SAMPLES.resolve("one-node.yml").toString()),
                List.of(),
                List.of(SAMPLES.resolve("policy-example.yml")));

        assertThat(inventory.hosts()).singleElement().extracting(Host::policy).satisfies(policy -> {
            assertThat(policy.profile()).isEqualTo("enhanced");
            assertThat(policy.sshd().rootLogin()).isEqualTo(RootLogin.NO);
            assertThat(policy.time().maxOffsetMs()).isEqualTo(80);
            assertThat(policy.certificates().warnDays()).isEqualTo(45);
            assertThat(policy.certificates().requireTrusted()).isFalse();
            assertThat(policy.waivers()).hasSize(1);
        });
    }

    private static Inventory load(String name) {
        return Inventory.load(List.of(SAMPLES.resolve(name).toString()));
    }
}
