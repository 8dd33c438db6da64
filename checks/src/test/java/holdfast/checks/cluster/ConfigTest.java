package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.bench.Answers;
import holdfast.check.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigTest {

    private static final SomeMember SOUND = in("quorate");

    private static String newer(String text) {
        return text.replace("config_version: 3", "config_version: 4")
                .replace("config_version (u64) = 3", "config_version (u64) = 4");
    }

    // ------------------------------------------------------------------ pass

    @Test
    void oneVersionEverywherePasses() {
        bench(new Config(), SOUND.source(), SOUND.as(2).source(), SOUND.as(3).source())
                .passes("version 3 is in use and in both files on every member that was asked")
                .neverPassesUnread();
    }

    /** What runs is compared with what is written, setting by setting: that must hold for every genuine cluster. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "two-links", "two-node", "wait-for-all", "auto-tie-breaker", "last-man-standing-after-a-loss",
                "device-ffsplit", "device-lms", "expected-lowered", "not-quorate", "debian13/quorate",
                "debian13/two-links", "debian13/device-lms", "debian13/last-man-standing"
            })
    void whatAGenuineCorosyncRunsWithIsWhatIsWritten(String state) {
        bench(new Config(), in(state).source()).passes("is in use and in both files");
    }

    @Test
    void aLineFeedAtTheEndIsNoDifference() {
        bench(new Config(), SOUND.shared(text -> text + "\n").source()).passes();
    }

    // ------------------------------------------------------------------ fail

    @Test
    void aMemberThatRunsWithAnOlderVersionIsNamed() {
        bench(
                        new Config(),
                        SOUND.configured(ConfigTest::newer, ConfigTest::newer).source(),
                        SOUND.as(2)
                                .configured(ConfigTest::newer, ConfigTest::newer)
                                .source(),
                        SOUND.as(3).source())
                .failsAs(
                        Severity.HIGH,
                        "corosync runs with different versions of its configuration: pve3 with 3; pve1, pve2 with 4")
                .showing("pve3: running 3, /etc/corosync 3, /etc/pve 3")
                .refusesToMend("which of the configurations is the right one, only a person can tell");
    }

    @Test
    void aNewVersionThatWasNotLoadedIsTold() {
        bench(
                        new Config(),
                        SOUND.local(ConfigTest::newer).shared(ConfigTest::newer).source())
                .fails(
                        "pve1: corosync runs with version 3 of its configuration, /etc/corosync/corosync.conf is version 4");
    }

    @Test
    void aStaleLocalFileIsTold() {
        bench(
                        new Config(),
                        SOUND.shared(ConfigTest::newer).source(),
                        SOUND.as(2).source())
                .fails("pve1: /etc/corosync/corosync.conf (version 3) differs from /etc/pve/corosync.conf (version 4)");
    }

    @Test
    void filesOfOneVersionThatSayDifferentThingsAreTold() {
        bench(
                        new Config(),
                        SOUND.shared(text -> text.replace("192.0.2.13", "192.0.2.33"))
                                .source())
                .fails("pve1: /etc/corosync/corosync.conf (version 3) differs from /etc/pve/corosync.conf (version 3)");
    }

    @Test
    void anEditWithoutANewVersionIsTold() {
        bench(
                        new Config(),
                        SOUND.local(text -> text.replaceFirst("quorum_votes: 1", "quorum_votes: 5"))
                                .shared(text -> text.replaceFirst("quorum_votes: 1", "quorum_votes: 5"))
                                .source())
                .fails(
                        "pve1: /etc/corosync/corosync.conf is version 3, which corosync runs with, and says something else");
    }

    @Test
    void membersOfDifferentTextsAreTold() {
        bench(
                        new Config(),
                        SOUND.source(),
                        SOUND.as(2)
                                .local(text -> text + "# mine\n")
                                .shared(text -> text + "# mine\n")
                                .source(),
                        SOUND.as(3).source())
                .fails("the members' /etc/corosync/corosync.conf differ: pve1, pve3 against pve2");
    }

    @Test
    void aFileThatIsGoneIsTold() {
        bench(
                        new Config(),
                        SOUND.source()
                                .answers("cluster.corosync-conf", "#: corosync.conf\n#= 44\n#: nodename\npve1\n#= 0\n"))
                .fails(
                        "pve1: corosync runs with version 3 of its configuration, and /etc/corosync/corosync.conf does not exist");
        bench(
                        new Config(),
                        SOUND.source().answers("cluster.files", Answers.absent("corosync.conf") + Answers.finished()))
                .fails("pve1: /etc/pve/corosync.conf does not exist");
    }

    @Test
    void aDifferenceIsToldThoughAnotherMemberIsSilent() {
        bench(new Config(), SOUND.shared(ConfigTest::newer).source(), stopped()).fails("(version 3) differs from");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aStoppedCorosyncRunsWithNothing() {
        bench(new Config(), SOUND.source(), SOUND.as(2).source(), stopped())
                .cannotTell("what corosync on pve3 runs with is not known (map: Failed to initialize the cmap API");
    }

    @Test
    void aHungPmxcfsHidesTheSharedFile() {
        bench(new Config(), SOUND.source(), hung(SOUND.as(2).source()))
                .cannotTell("/etc/pve/corosync.conf of pve2 could not be read (it did not finish within 6 s)");
    }

    @Test
    void aSharedFileThatIsNotUnderstoodIsNotAPass() {
        bench(new Config(), SOUND.shared(text -> "totem {\n").source())
                .cannotTell("/etc/pve/corosync.conf: corosync.conf ends inside the section totem");
    }
}
