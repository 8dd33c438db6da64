package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HighAvailabilityTest {

    /** As the CRM writes it (pve-ha-manager, src/PVE/HA/Manager.pm), in one line without order. */
    private static final String MANAGER =
            "{\"timestamp\":1795336795,\"master_node\":\"pve1\",\"node_status\":{\"pve3\":\"fence\",\"pve1\":\"online\",\"pve2\":\"maintenance\"},"
                    + "\"service_status\":{\"vm:100\":{\"uid\":\"a1\",\"node\":\"pve2\",\"state\":\"migrate\",\"target\":\"pve1\"},"
                    + "\"ct:101\":{\"node\":\"pve2\",\"state\":\"started\",\"uid\":\"b2\",\"running\":1}}}";

    /** As each LRM writes it (src/PVE/HA/LRM.pm). */
    private static final String AGENTS = """
            pve1\t{"timestamp":1795336798,"mode":"active","results":{},"state":"active"}
            pve2\t{"state":"maintenance","mode":"maintenance","results":{},"timestamp":1795336799}

            pve3\t{"results":{},"mode":"active","state":"active","timestamp":1795336600}
            pve4\t{"results":{},"mode":"active","state":"wait_for_agent_lock","timestamp":1795336799}
            """;

    private static HighAvailability read() {
        return HighAvailability.of(Optional.of(MANAGER), AGENTS);
    }

    /** HA has never run, or nothing of it is configured. */
    static final HighAvailability NOTHING =
            new HighAvailability(Optional.empty(), java.util.Map.of(), java.util.List.of(), java.util.Map.of());

    @Test
    void theCrmsViewIsRead() {
        assertThat(read().master()).contains("pve1");
        assertThat(read().nodes()).containsEntry("pve3", "fence").hasSize(3);
        assertThat(read().services())
                .containsExactly(
                        new HighAvailability.Service("ct:101", "pve2", "started"),
                        new HighAvailability.Service("vm:100", "pve2", "migrate"));
        assertThat(read().on("pve2")).hasSize(2);
        assertThat(read().on("pve1")).isEmpty();
    }

    @Test
    void aMemberIsFencedWhileItsAgentHoldsTheLock() {
        assertThat(read().fences("pve1")).isTrue();
        assertThat(read().fences("pve2")).as("maintenance keeps the watchdog").isTrue();
        assertThat(read().fences("pve3"))
                .as("clocks differ, so its age says nothing")
                .isTrue();
        assertThat(read().fences("pve4")).as("it has no lock").isFalse();
        assertThat(read().fences("pve5")).as("nobody knows it").isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "started, false",
        "stopped, false",
        "error, false",
        "freeze, false",
        "migrate, true",
        "relocate, true",
        "fence, true",
        "recovery, true"
    })
    void whatIsOnItsWayIsMoving(String state, boolean moving) {
        assertThat(new HighAvailability.Service("vm:1", "pve1", state).moving()).isEqualTo(moving);
    }

    @Test
    void aClusterWithoutHaHasNone() {
        assertThat(HighAvailability.of(Optional.empty(), "")).isEqualTo(NOTHING);
        assertThat(HighAvailability.of(Optional.of("{}"), "\n")).isEqualTo(NOTHING);
    }

    @Test
    void aCutOffFileIsNeverUnderstood() {
        for (int end = 1; end < MANAGER.length(); end++) {
            String cut = MANAGER.substring(0, end);
            assertThatThrownBy(() -> HighAvailability.of(Optional.of(cut), ""))
                    .as("cut at %d", end)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        String agent = AGENTS.lines().findFirst().orElseThrow();
        for (int end = agent.indexOf('{') + 1; end < agent.length(); end++) {
            String cut = agent.substring(0, end);
            assertThatThrownBy(() -> HighAvailability.of(Optional.empty(), cut))
                    .as("cut at %d", end)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void strangeShapesAreNoServices() {
        assertThatThrownBy(() -> HighAvailability.of(Optional.of("[]"), ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> HighAvailability.of(Optional.empty(), "pve1\tPermission denied\n"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String manager, @ForAll String agents) {
        try {
            assertThat(HighAvailability.of(Optional.of(manager), agents).services())
                    .isEmpty();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("is not a JSON object");
        }
    }
}
