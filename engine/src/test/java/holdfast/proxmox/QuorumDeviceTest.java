package holdfast.proxmox;

import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.Transcripts;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class QuorumDeviceTest {

    private static Reading<QuorumDevice> read(String text, int exit) {
        return QuorumDevice.of(Sections.parse(section("device", text, exit)));
    }

    private static String tool(String state) {
        return Transcripts.corosync(state + "/corosync-qdevice-tool-s.txt");
    }

    @ParameterizedTest
    @CsvSource({
        "device-ffsplit, Connected, true",
        "device-ffsplit-cut-off, Connecting, false",
        "device-ffsplit-qnetd-stopped, Connect failed, false",
        "device-lms, Connected, true",
        "device-ffsplit-healed, Connected, true",
        "debian13/device-ffsplit, Connected, true",
        "debian13/device-lms-qnetd-stopped, Connect failed, false"
    })
    void theClientsStateIsRead(String state, String word, boolean connected) {
        assertThat(read(tool(state), 0)).isInstanceOfSatisfying(Reading.Known.class, known -> {
            QuorumDevice device = (QuorumDevice) known.value();
            assertThat(device.state()).isEqualTo(word);
            assertThat(device.connected()).isEqualTo(connected);
            assertThat(device.host()).isEqualTo("192.0.2.20:5403");
        });
    }

    @Test
    void theAlgorithmIsInTheToolsWords() {
        assertThat(read(tool("device-ffsplit"), 0))
                .isEqualTo(Reading.known(new QuorumDevice("Connected", "192.0.2.20:5403", "Fifty-Fifty split")));
        assertThat(read(tool("device-lms"), 0))
                .isEqualTo(Reading.known(new QuorumDevice("Connected", "192.0.2.20:5403", "LMS")));
    }

    @Test
    void aClientThatDoesNotRunIsUnknown() {
        assertThat(read(Transcripts.corosync("quorate/corosync-qdevice-tool-s.err"), 3))
                .isEqualTo(
                        Reading.unknown(
                                "device: corosync-qdevice-tool: Can't connect to QDevice socket (is QDevice running?): No such file or directory (exit status 3)"));
    }

    /** The state is the last line: without it there is none. */
    @Test
    void aCutOffAnswerIsNeverConnected() {
        String whole = tool("device-ffsplit");
        int end = whole.lastIndexOf("Connected") + "Connected".length();
        for (int cut = 0; cut < end; cut++) {
            assertThat(read(whole.substring(0, cut), 0))
                    .as("cut at %d", cut)
                    .isNotEqualTo(read(whole, 0))
                    .satisfies(reading -> assertThat(
                                    reading instanceof Reading.Known<QuorumDevice>(var device) && device.connected())
                            .isFalse());
        }
    }

    @Property
    void noTextIsConnectedByChanceOrThrows(@ForAll String text) {
        assertThat(read(text, 0) instanceof Reading.Known<QuorumDevice>(var device) && device.connected())
                .isFalse();
    }
}
