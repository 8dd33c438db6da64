package holdfast.proxmox;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.section;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.bench.Transcripts;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClusterFilesTest {

    private static final String SECRET = "7h3s3cr3t";
    private static final String CONF = Transcripts.corosync("quorate/corosync.conf");
    private static final String CA = Pem.authority(FakeSource.NOW.plusSeconds(1_000_000));

    private static final String WHOLE = section("corosync.conf", CONF)
            + section(
                    "vmlist",
                    "{\n\"version\": 1,\n\"ids\": {\n\"100\": { \"node\": \"pve1\", \"type\": \"qemu\", \"version\": 1 }}\n}\n")
            + section("manager", "{\"master_node\":\"pve1\",\"node_status\":{},\"service_status\":{}}")
            + section("agents", "pve1\t{\"mode\":\"active\",\"state\":\"active\",\"timestamp\":1795336798}\n")
            + section("authority", CA);

    private static ClusterFiles read(String text) {
        return ClusterFiles.of(Sections.parse(text));
    }

    @Test
    void allPartsAreRead() {
        ClusterFiles files = read(WHOLE);
        assertThat(files.corosyncConf()).isEqualTo(Reading.known(Optional.of(CONF.stripTrailing())));
        assertThat(files.guests()).isEqualTo(Reading.known(java.util.List.of(new Guest(100, "pve1", "qemu"))));
        assertThat(files.highAvailability() instanceof Reading.Known<HighAvailability>(var ha) && ha.fences("pve1"))
                .isTrue();
        assertThat(files.authority() instanceof Reading.Known<String>(var digest) && digest.matches("[0-9a-f]{64}"))
                .isTrue();
    }

    @Test
    void aClusterWithoutHaAndCorosync() {
        ClusterFiles files = read(absent("corosync.conf") + absent("manager") + section("agents", ""));
        assertThat(files.corosyncConf()).isEqualTo(Reading.known(Optional.empty()));
        assertThat(files.highAvailability()).isEqualTo(Reading.known(HighAvailabilityTest.NOTHING));
        assertThat(files.guests()).isEqualTo(Reading.unknown("vmlist was not answered"));
    }

    @Test
    void eachPartStandsForItself() {
        ClusterFiles files = read(WHOLE.replace("\"version\": 1,", "version 1"));
        assertThat(files.guests()).isEqualTo(Reading.unknown("/etc/pve/.vmlist is not a JSON object"));
        assertThat(files.highAvailability()).isInstanceOf(Reading.Known.class);
        assertThat(files.corosyncConf()).isInstanceOf(Reading.Known.class);
    }

    @Test
    void whatIsCutOffIsUnknownAndNeverAnotherAnswer() {
        ClusterFiles whole = read(WHOLE);
        for (int end = 0; end < WHOLE.length(); end++) {
            ClusterFiles cut = read(WHOLE.substring(0, end));
            assertThat(cut.corosyncConf())
                    .as("cut at %d", end)
                    .satisfiesAnyOf(
                            reading -> assertThat(reading).isEqualTo(whole.corosyncConf()),
                            reading -> assertThat(reading).isInstanceOf(Reading.Unknown.class));
            assertThat(cut.guests())
                    .as("cut at %d", end)
                    .satisfiesAnyOf(
                            reading -> assertThat(reading).isEqualTo(whole.guests()),
                            reading -> assertThat(reading).isInstanceOf(Reading.Unknown.class));
            assertThat(cut.highAvailability())
                    .as("cut at %d", end)
                    .satisfiesAnyOf(
                            reading -> assertThat(reading instanceof Reading.Known<HighAvailability>(var ha)
                                            && ha.fences("pve1"))
                                    .isTrue(),
                            reading -> assertThat(reading).isInstanceOf(Reading.Unknown.class));
            assertThat(cut.authority())
                    .as("cut at %d", end)
                    .satisfiesAnyOf(
                            reading -> assertThat(reading).isEqualTo(whole.authority()),
                            reading -> assertThat(reading).isInstanceOf(Reading.Unknown.class));
        }
    }

    @Test
    void aFileSystemThatIsNotMountedIsUnknown() {
        FakeSource source = new FakeSource()
                .gives("cluster.files", new Output(45, "", "/etc/pve is not mounted: pve-cluster does not run"));
        assertThat(ClusterFiles.PROBE.read(source))
                .isEqualTo(Reading.unknown("/etc/pve: /etc/pve is not mounted: pve-cluster does not run"));
    }

    @Property
    void noTextThrows(@ForAll String text) {
        assertThat(read(section("vmlist", text)
                                + section("manager", text)
                                + section("agents", text)
                                + section("authority", text))
                        .guests())
                .isInstanceOf(Reading.Unknown.class);
    }

    // ------------------------------------------------------------------ the command, under a real shell

    private static byte[] conf(Path directory, byte[] text) {
        try {
            Path file = Files.write(directory.resolve("corosync.conf"), text);
            return Sh.run(directory, Sections.SHELL + ClusterFiles.CONF + "conf corosync.conf '%s'\n".formatted(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** All that corosync takes for {@code totem.key} (exec/coroparse.c), and what only looks like it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "key: " + SECRET,
                "  key: " + SECRET,
                "\tkey:" + SECRET,
                "  key : " + SECRET,
                "  key\t:\t" + SECRET,
                "  key:: " + SECRET,
                "\u00a0key\u00a0: " + SECRET,
                "  # key: " + SECRET,
                "#key: " + SECRET,
                "totem { key: " + SECRET,
                "  key: x:" + SECRET + "\r"
            })
    void theMembersSecretDoesNotLeaveTheNode(String line, @TempDir Path directory) {
        byte[] text = ("totem {\n  keyfile: /etc/corosync/authkey\n" + line + "\n  version: 2\n}\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        String printed = new String(conf(directory, text), StandardCharsets.ISO_8859_1);
        assertThat(printed)
                .doesNotContain(SECRET)
                .contains("(not shown)")
                .contains("keyfile: /etc/corosync/authkey\n")
                .contains("  version: 2\n");
    }

    @Test
    void aFileWithoutASecretComesAsItIs(@TempDir Path directory) {
        assertThat(Sections.parse(new String(
                                conf(directory, CONF.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8))
                        .file("corosync.conf"))
                .isEqualTo(Reading.known(Optional.of(CONF.stripTrailing())));
    }

    @Test
    void aFileThatIsNotThereIsToldSo(@TempDir Path directory) {
        String printed = Sh.text(
                directory, Sections.SHELL + ClusterFiles.CONF + "conf corosync.conf '%s/none'\n".formatted(directory));
        assertThat(Sections.parse(printed).file("corosync.conf")).isEqualTo(Reading.known(Optional.empty()));
    }

    @Test
    void theWholeCommandReadsADirectory(@TempDir Path directory) throws IOException {
        Path pve = Files.createDirectories(directory.resolve("pve"));
        Files.createDirectories(pve.resolve("nodes/pve1"));
        Files.createDirectories(pve.resolve("nodes/pve2"));
        Files.createDirectories(pve.resolve("ha"));
        Files.createSymbolicLink(pve.resolve("local"), Path.of("nodes/pve1"));
        Files.writeString(pve.resolve("corosync.conf"), CONF.replace("totem {", "totem {\n  key : " + SECRET));
        Files.writeString(pve.resolve(".vmlist"), "{\n\"version\": 1,\n\"ids\": {}\n}\n");
        Files.writeString(pve.resolve("ha/manager_status"), "{\"master_node\":\"pve1\"}");
        // pmxcfs keeps the text as it was written: without a line feed at its end.
        Files.writeString(
                pve.resolve("nodes/pve1/lrm_status"), "{\"mode\":\"active\",\"state\":\"active\",\"timestamp\":1}");
        Files.writeString(pve.resolve("pve-root-ca.pem"), CA);
        String printed = Sh.text(
                directory,
                ClusterFiles.PROBE.shapes().findFirst().orElseThrow().command().replace("/etc/pve", pve.toString()));
        assertThat(printed).doesNotContain(SECRET);
        ClusterFiles files = read(printed);
        assertThat(files.corosyncConf() instanceof Reading.Known<Optional<String>>(var text)
                        && text.orElse("").contains("key : (not shown)"))
                .isTrue();
        assertThat(files.guests()).isEqualTo(Reading.known(java.util.List.of()));
        assertThat(files.highAvailability() instanceof Reading.Known<HighAvailability>(var ha)
                        && ha.master().equals(Optional.of("pve1"))
                        && ha.agents().keySet().equals(java.util.Set.of("pve1"))
                        && ha.fences("pve1"))
                .isTrue();
        assertThat(files.authority()).isInstanceOf(Reading.Known.class);
    }
}
