package holdfast.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServiceUnitTest {

    private static ServiceUnit found(String active, String unitFile, boolean linked) {
        return new ServiceUnit(
                "ntpsec.service", unitFile.startsWith("masked") ? "masked" : "loaded", active, unitFile, linked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ntpsec", "ntpsec.service; reboot", "$(id).service", "-q.service", "a\n.service"})
    void whatIsNoServicesNameBecomesNoCommand(String id) {
        assertThatThrownBy(() -> new ServiceUnit(id, "loaded", "active", "enabled", true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsStoppedComesBackAsItWas() {
        Duration limit = Duration.ofSeconds(9);
        assertThat(found("active", "enabled", true).stop(limit))
                .isEqualTo(new Change.Run(
                        "systemctl disable -q --now ntpsec.service",
                        "stop and disable ntpsec.service",
                        "systemctl enable -q ntpsec.service && systemctl start ntpsec.service",
                        java.util.List.of(),
                        limit));
        assertThat(found("active", "disabled", false).stop(limit).undo())
                .isEqualTo("systemctl disable -q ntpsec.service && systemctl start ntpsec.service");
        assertThat(found("active", "masked", true).stop(limit).undo())
                .isEqualTo("systemctl enable -q ntpsec.service && systemctl start ntpsec.service"
                        + " && systemctl mask -q ntpsec.service");
    }

    @Test
    void aUnitOnItsWayIsNeitherHereNorThere() {
        assertThat(found("activating", "enabled", true).isChanging()).isTrue();
        assertThat(found("deactivating", "enabled", true).isChanging()).isTrue();
        assertThat(found("active", "enabled", true).isChanging()).isFalse();
        assertThat(found("failed", "enabled", true).isChanging()).isFalse();
    }
}
