package holdfast.proxmox;

import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.bench.Transcripts;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RunningCorosyncTest {

    private static final String SECRET = "c2VjcmV0";

    private static String map(String state) {
        return Transcripts.corosync(state + "/corosync-cmapctl.txt");
    }

    // ------------------------------------------------------------------ settings

    @Test
    void whatVotequorumHasSeen() {
        RunningCorosync.Settings settings = RunningCorosync.Settings.parse(map("last-man-standing-after-a-loss"));
        assertThat(settings.waitingForAll()).isFalse();
        assertThat(settings.lowestId()).isEqualTo(OptionalInt.of(1));
        assertThat(settings.highestId()).isEqualTo(OptionalInt.of(3));
        assertThat(settings.conf().rules())
                .isEqualTo(new CorosyncConf.Rules(false, true, true, 10_000, false, "lowest", false));
    }

    @Test
    void aMemberThatHasNeverBeenQuorateHasSeenNobody() {
        RunningCorosync.Settings settings = RunningCorosync.Settings.parse(map("two-node-waits-for-all"));
        assertThat(settings.waitingForAll()).isTrue();
        assertThat(settings.lowestId()).isEmpty();
        assertThat(settings.highestId()).isEmpty();
    }

    /** What a genuine corosync runs with says the same as the file that it was started with. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "quorate",
                "two-links",
                "two-node",
                "wait-for-all",
                "auto-tie-breaker",
                "last-man-standing",
                "device-ffsplit",
                "device-lms",
                "expected-lowered",
                "debian13/quorate",
                "debian13/two-links",
                "debian13/two-node",
                "debian13/wait-for-all",
                "debian13/auto-tie-breaker",
                "debian13/last-man-standing",
                "debian13/device-ffsplit",
                "debian13/device-lms"
            })
    void theMapIsTheFile(String state) {
        assertThat(CorosyncConf.parseMap(map(state)))
                .isEqualTo(CorosyncConf.parse(Transcripts.corosync(state + "/corosync.conf")));
    }

    @Test
    void theDevicesVotesAreThoseOfTheMap() {
        assertThat(CorosyncConf.parseMap(map("device-lms")).device())
                .contains(new CorosyncConf.Device(2, "lms", "192.0.2.20"));
        assertThat(CorosyncConf.parseMap(map("device-lms")).votes()).isEqualTo(5);
        assertThat(CorosyncConf.parseMap(map("device-lms").replaceFirst("quorum.device.votes.*\n", ""))
                        .device())
                .as("by default one less than there are members")
                .contains(new CorosyncConf.Device(2, "lms", "192.0.2.20"));
    }

    @Test
    void aMapWithoutANodeListIsNone() {
        assertThatThrownBy(() -> CorosyncConf.parseMap("totem.secauth (str) = on\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("corosync's map has no node list");
        assertThatThrownBy(() -> CorosyncConf.parseMap(Transcripts.corosync("corosync-stopped/corosync-cmapctl.err")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** The framing tells that a map was cut; by itself it has no votes more than the whole one. */
    @Test
    void aCutOffMapIsNeverBetterThanTheWholeOne() {
        String whole = map("device-ffsplit");
        for (int end = 0; end < whole.length(); end++) {
            try {
                RunningCorosync.Settings cut = RunningCorosync.Settings.parse(whole.substring(0, end));
                assertThat(cut.conf().votes()).as("cut at %d", end).isLessThanOrEqualTo(3);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).contains("corosync");
            }
        }
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String text) {
        for (String map : new String[] {text, map("device-ffsplit") + text, text + map("device-ffsplit")}) {
            try {
                assertThat(RunningCorosync.Settings.parse(map).conf().nodes()).isNotEmpty();
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).contains("corosync");
            }
        }
    }

    @Property
    void noValueThrowsAnythingElse(@ForAll int line, @ForAll String value) {
        String[] lines = map("last-man-standing").split("\n", -1);
        int at = Math.floorMod(line, lines.length - 1);
        lines[at] = lines[at].replaceFirst(" = .*", "") + " = " + value;
        try {
            assertThat(RunningCorosync.Settings.parse(String.join("\n", lines))
                            .conf()
                            .nodes())
                    .isNotEmpty();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("corosync");
        }
    }

    // ------------------------------------------------------------------ the parts of the probe

    @Test
    void eachPartStandsForItself() {
        RunningCorosync running = RunningCorosync.of(Sections.parse(section("map", map("quorate"))
                + section("links", Transcripts.corosync("corosync-stopped/corosync-cfgtool-s.err"), 1)));
        assertThat(running.settings()).isInstanceOf(Reading.Known.class);
        assertThat(running.links())
                .isEqualTo(Reading.unknown(
                        "links: Could not initialize corosync configuration API error 2 (exit status 1)"));
        assertThat(running.device()).isEqualTo(Reading.unknown("corosync-qdevice is not installed"));
    }

    @Test
    void whatIsCutOffInTheMiddleOfAPartIsUnknown() {
        String whole = section("map", map("device-ffsplit"))
                + section("links", Transcripts.corosync("device-ffsplit/corosync-cfgtool-s.txt"))
                + section("device", Transcripts.corosync("device-ffsplit/corosync-qdevice-tool-s.txt"));
        int map = section("map", map("device-ffsplit")).length();
        int links = map
                + section("links", Transcripts.corosync("device-ffsplit/corosync-cfgtool-s.txt"))
                        .length();
        for (int end = 0; end < whole.length() - 1; end++) {
            RunningCorosync cut = RunningCorosync.of(Sections.parse(whole.substring(0, end)));
            assertThat(cut.settings() instanceof Reading.Known)
                    .as("cut at %d", end)
                    .isEqualTo(end >= map - 1);
            assertThat(cut.links() instanceof Reading.Known)
                    .as("cut at %d", end)
                    .isEqualTo(end >= links - 1);
            assertThat(cut.device()).isInstanceOf(Reading.Unknown.class);
        }
        assertThat(RunningCorosync.of(Sections.parse(whole)).device()).isInstanceOf(Reading.Known.class);
    }

    /** The prefixes that are asked for do not reach the members' common secret. */
    @Test
    void theSecretOfTheMapIsNotAskedFor(@TempDir Path bin) throws IOException {
        Files.writeString(
                bin.resolve("map"),
                map("quorate") + "totem.key (str) = " + SECRET + "\ntotem.keyfile (str) = /etc/corosync/authkey\n");
        Sh.program(
                bin,
                "corosync-cmapctl",
                "for prefix; do while IFS= read -r line; do case $line in \"$prefix\"*) echo \"$line\";; esac; done <%s/map; done\n"
                        .formatted(bin));
        Sh.program(bin, "corosync-cfgtool", "printf 'Local node ID 1, transport knet\\n'\n");
        String printed = Sh.text(
                bin, RunningCorosync.PROBE.shapes().findFirst().orElseThrow().command());
        assertThat(RunningCorosync.of(Sections.parse(printed)).settings()).isInstanceOf(Reading.Known.class);
        assertThat(printed)
                .contains("totem.secauth (str) = on")
                .doesNotContain(SECRET)
                .doesNotContain("totem.key");
    }
}
