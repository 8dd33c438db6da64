package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.embedded.PracticeCluster;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.problem.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From one member to an inventory, a policy and a baseline. */
class InitTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private Invocation init(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "init",
                "pve1",
                "-F",
                cluster.sshConfig().toString(),
                "-d",
                directory.resolve("fleet").toString(),
                "--known-hosts",
                directory.resolve("known_hosts").toString()));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    @Test
    void oneMemberIsEnoughForInventoryPolicyAndBaseline() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Invocation made =
                    init(cluster, "--yes", "--break-glass", "ops", "--admin-network", "192.0.2.0/24,2001:db8::/64");
            assertThat(made.err()).isEmpty();
            // What fails is the fleet's business; that there is a baseline is this one's.
            assertThat(made.code()).isZero();
            Path inventory = directory.resolve("fleet/fleet.yml");
            Path policy = directory.resolve("fleet/policy.yml");
            assertThat(Files.readString(inventory)).contains("pve1:", "pve2:", "pve3:");
            assertThat(Files.readString(policy)).contains("break_glass: [ops]", "2001:db8::/64");
            List<String> next = made.out()
                    .lines()
                    .dropWhile(line -> !line.startsWith("next, what would"))
                    .skip(1)
                    .map(line -> line.strip().replaceFirst("^\\S+ ", ""))
                    .toList();
            assertThat(next).hasSize(3);
            // They work as they are printed.
            Invocation since = Invocation.of(next.get(1).split(" "));
            assertThat(since.out()).contains("since the approved run").contains("nothing has changed");
            assertThat(since.code()).isZero();
            assertThat(Invocation.of(next.get(0).split(" ")).code()).isLessThan(2);
        }
    }

    @Test
    void whatIsThereIsNotReplaced() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            Path policy = Files.createDirectories(directory.resolve("fleet")).resolve("policy.yml");
            Files.writeString(policy, "profile: enhanced\n");
            Invocation refused = init(cluster, "--yes");
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains("policy.yml exists");
            assertThat(Files.readString(policy)).isEqualTo("profile: enhanced\n");
            assertThat(cluster.node(1).commands()).isEmpty();
        }
    }

    @Test
    void mistakesAreToldBeforeAnythingIsContactedOrWritten() throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            assertThat(init(cluster, "--yes", "--profile", "basline").err()).contains("baseline or enhanced");
            assertThat(init(cluster, "--yes", "--admin-network", "192.0.2.0/33").err())
                    .contains("192.0.2.0/33");
            assertThat(init(cluster, "--yes", "--break-glass", "a b").err()).contains("not a user name");
            assertThat(Invocation.of("init", "--yes").err()).contains("name a member");
            assertThat(directory.resolve("fleet")).doesNotExist();
            assertThat(cluster.node(1).commands()).isEmpty();
        }
    }

    /** Every answer makes a policy that holdfast reads. */
    @Test
    void thePolicyIsOneThatCanBeRead() throws IOException {
        for (String profile : List.of("baseline", "enhanced")) {
            Path file = Files.writeString(
                    directory.resolve(profile + ".yml"),
                    InitCommand.policy(profile, List.of("192.0.2.0/24", "2001:db8::/64"), List.of("ops", "anna")));
            Problems problems = new Problems();
            Policy policy = Policies.read(List.of(file), problems).base();
            assertThat(problems.list()).isEmpty();
            assertThat(policy.profile()).isEqualTo(profile);
            assertThat(policy.sshd().breakGlass()).containsExactly("ops", "anna");
            assertThat(policy.firewall().adminNetworks()).hasSize(2);
            assertThat(policy.waivers()).isEmpty();
        }
    }
}
