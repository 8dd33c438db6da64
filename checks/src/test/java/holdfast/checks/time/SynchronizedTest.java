package holdfast.checks.time;

import static holdfast.bench.Answers.section;
import static holdfast.bench.CheckBench.bench;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.change.Change;
import holdfast.change.FixRisk;
import holdfast.change.Remedy;
import holdfast.text.HostName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SynchronizedTest {

    /** Ten minutes after the sample of chronyc tracking was taken, on a genuine node. */
    private static final long NOW = 1_795_301_952L + 600;

    private static final String TRACKING =
            "AC110002,172.17.0.2,9,1795301952.712753031,0.000000607,-0.000002548,0.000002548,2.177,0.000,130.584,0.000103666,0.000543171,2.0,Normal";
    private static final String SOURCES = "^,*,172.17.0.2,8,6,377,12,0.000001,0.000002,0.000500";

    private static CheckBench on(String text) {
        return bench(new Synchronized(), new FakeSource().answers("time.state", text));
    }

    /** What the probe prints where these daemons run. */
    private static String node(Set<String> running, String... answers) {
        List<String> units = new ArrayList<>();
        for (String unit : List.of("chrony", "systemd-timesyncd", "ntpsec", "ntp", "openntpd")) {
            units.add("Id=%s.service\nLoadState=%s\nActiveState=%s\nUnitFileState=%s"
                    .formatted(
                            unit,
                            running.contains(unit) ? "loaded" : "not-found",
                            running.contains(unit) ? "active" : "inactive",
                            running.contains(unit) ? "enabled" : ""));
        }
        return node(units, "yes", answers);
    }

    private static String node(List<String> units, String kernel, String... answers) {
        return INSTALLED + units(units, kernel, answers);
    }

    private static final String INSTALLED = section("chronyd", "/usr/sbin/chronyd")
            + section("chrony-config", "sourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\nmakestep 1 3")
            + section("wanted", "cron.service");

    private static String units(List<String> units, String kernel, String... answers) {
        return section("units", String.join("\n\n", units))
                + section("timedatectl", "NTPSynchronized=" + kernel)
                + section("now", Long.toString(NOW))
                + String.join("", answers);
    }

    private static String chrony(String tracking, String sources) {
        return node(Set.of("chrony"), section("chrony-tracking", tracking), section("chrony-sources", sources));
    }

    // ------------------------------------------------------------------ chrony

    @Test
    void chronyThatFollowsASourcePasses() {
        on(chrony(TRACKING, SOURCES))
                .passes("chrony follows 172.17.0.2, 0.0 ms off")
                .neverPassesUnread();
    }

    @Test
    void anOffsetWithinThePolicyPassesAndOneBeyondItFails() {
        String offset = TRACKING.replace("0.000000607", "-0.0995");
        on(chrony(offset, SOURCES)).passes("99.5 ms off");
        on(chrony(offset, SOURCES))
                .under("time: { max_offset_ms: 99 }")
                .fails("the clock is 99.5 ms from 172.17.0.2, more than 99 ms");
    }

    @Test
    void aClockThatFollowsOnlyItselfIsNotSynchronised() {
        on(chrony(
                        "7F7F0101,,10,1795301952.712753031,0.000000000,0.0,0.0,0.0,0.0,0.0,0.0,0.0,64.0,Normal",
                        "^,?,192.0.2.1,0,6,0,4294967295,0.0,0.0,0.0"))
                .fails("chrony follows only its own local clock (7F7F0101)");
    }

    @Test
    void anUnsynchronisedChronyFails() {
        on(chrony(
                        "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised",
                        "^,?,192.0.2.1,0,6,0,4294967295,0.0,0.0,0.0"))
                .fails("chrony says: Not synchronised")
                .advising("chronyc -n sources");
    }

    @Test
    void aSourceThatIsNotSelectedIsNone() {
        on(chrony(TRACKING, SOURCES.replace("^,*", "^,x"))).fails("chrony has selected none of its sources");
        on(chrony(TRACKING, SOURCES.replace("^,*", "^,?"))).fails("chrony has selected none of its sources");
        on(chrony(TRACKING, "")).fails("chrony has selected none of its sources");
    }

    @Test
    void aReferenceClockAndAPeerAreSourcesToo() {
        on(chrony(TRACKING, SOURCES.replace("^,*", "#,*"))).passes();
        on(chrony(TRACKING, SOURCES.replace("^,*", "=,*"))).passes();
    }

    @Test
    void anUpdateThatIsTooOldFails() {
        String twoHours = TRACKING.replace("1795301952.712753031", (NOW - 7200) + ".0");
        on(chrony(twoHours, SOURCES)).fails("chrony's last update from 172.17.0.2 is 120 minutes old");
    }

    @Test
    void aSlowPollMakesAnOldUpdateARecentOne() {
        String twoHours = TRACKING.replace("1795301952.712753031", (NOW - 7200) + ".0");
        on(chrony(twoHours.replace(",2.0,Normal", ",2048.0,Normal"), SOURCES)).passes();
    }

    @Test
    void aLeapSecondIsNoFault() {
        on(chrony(TRACKING.replace("Normal", "Insert second"), SOURCES)).passes();
    }

    @Test
    void aChronyThatDoesNotAnswerIsUnknown() {
        on(node(
                        Set.of("chrony"),
                        section("chrony-tracking", "506 Cannot talk to daemon", 1),
                        section("chrony-sources", "506 Cannot talk to daemon", 1)))
                .cannotTell("506 Cannot talk to daemon");
    }

    @Test
    void maskedChronyIsToldWithTheWayBack() {
        on(node(List.of("Id=chrony.service\nActiveState=inactive\nUnitFileState=masked"), "no"))
                .fails("no time daemon runs: chrony.service is masked")
                .advising("systemctl unmask chrony");
    }

    @Test
    void noDaemonAtAllFails() {
        on(node(Set.of())).fails("no time daemon runs").advising("apt install chrony");
    }

    @Test
    void twoDaemonsPullAtTheSameClock() {
        on(node(
                        Set.of("chrony", "systemd-timesyncd"),
                        section("chrony-tracking", TRACKING),
                        section("chrony-sources", SOURCES),
                        section("timesyncd", "ServerAddress=192.0.2.1\nNTPMessage={ Leap=0 }")))
                .fails("2 time daemons run at once and pull at the same clock: chrony, systemd-timesyncd")
                .advising("systemctl disable --now systemd-timesyncd");
    }

    // ------------------------------------------------------------------ the others

    private static final String TIMESYNC = """
            FallbackNTPServers=0.debian.pool.ntp.org 1.debian.pool.ntp.org
            ServerName=0.debian.pool.ntp.org
            ServerAddress=192.0.2.1
            PollIntervalUSec=34min 8s
            NTPMessage={ Leap=0, Version=4, Mode=4, Stratum=2, Precision=-25, RootDelay=0, RootDispersion=0, Ignored=no, PacketCount=3, Jitter=2.1ms }
            """;

    @Test
    void timesyncdWithAnAnswerPasses() {
        on(node(
                        Set.of("systemd-timesyncd"),
                        section("timesyncd", TIMESYNC),
                        section("timesyncd-last", Long.toString(NOW - 2000))))
                .passes("systemd-timesyncd follows 192.0.2.1; it does not tell its offset")
                .neverPassesUnread();
    }

    @Test
    void timesyncdWhoseServerIsGoneFails() {
        on(node(
                        Set.of("systemd-timesyncd"),
                        section("timesyncd", TIMESYNC),
                        section("timesyncd-last", Long.toString(NOW - 7200))))
                .fails("the last synchronisation with 192.0.2.1 was 120 minutes ago");
        on(node(Set.of("systemd-timesyncd"), section("timesyncd", TIMESYNC)))
                .fails("has not synchronised since it started");
    }

    @Test
    void timesyncdWithoutAnAnswerFails() {
        on(node(
                        Set.of("systemd-timesyncd"),
                        section("timesyncd", "ServerName=0.debian.pool.ntp.org\nServerAddress=192.0.2.1")))
                .fails("systemd-timesyncd has no answer from any server");
    }

    @Test
    void timesyncdOnAnUnsynchronisedKernelFails() {
        on(node(
                        List.of("Id=systemd-timesyncd.service\nActiveState=active\nUnitFileState=enabled"),
                        "no",
                        section("timesyncd", TIMESYNC)))
                .fails("the kernel says that the clock is not synchronised");
    }

    private static final String NTP_VARIABLES = """
            associd=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,
            leap=00, stratum=3, precision=-24, rootdelay=1.064, rootdisp=24.176,
            refid=192.0.2.1, offset=-2.250, sys_jitter=0.045
            """;
    private static final String NTP_PEERS = """
                 remote           refid      st t when poll reach   delay   offset  jitter
            ==============================================================================
            *192.0.2.1       .GPS.            2 u   33   64  377    0.5     -2.250   0.045
            +192.0.2.2       192.0.2.9        3 u   12   64  377    0.9      0.150   0.051
            """;

    @Test
    void ntpsecWithASelectedPeerPasses() {
        on(node(Set.of("ntpsec"), section("ntp-rv", NTP_VARIABLES), section("ntp-peers", NTP_PEERS)))
                .passes("ntpsec follows 192.0.2.1, 2.3 ms off")
                .neverPassesUnread();
    }

    @Test
    void ntpsecAndItsAliasAreOneDaemon() {
        String unit = "Id=ntpsec.service\nActiveState=active\nUnitFileState=enabled";
        on(node(List.of(unit, unit), "yes", section("ntp-rv", NTP_VARIABLES), section("ntp-peers", NTP_PEERS)))
                .passes();
    }

    @Test
    void ntpsecInAlarmFails() {
        on(node(
                        Set.of("ntpsec"),
                        section(
                                "ntp-rv",
                                "associd=0 status=c016 leap_alarm, sync_unspec, 1 event, restart,\nleap=11, stratum=16, offset=0.000"),
                        section("ntp-peers", NTP_PEERS)))
                .fails("ntpd says that its clock is not synchronised (leap alarm)");
    }

    @Test
    void ntpsecWithoutASelectedPeerFails() {
        on(node(
                        Set.of("ntpsec"),
                        section("ntp-rv", NTP_VARIABLES),
                        section("ntp-peers", NTP_PEERS.replace("*192", "-192"))))
                .fails("ntpd has selected no peer");
        on(node(
                        Set.of("ntpsec"),
                        section("ntp-rv", NTP_VARIABLES),
                        section("ntp-peers", NTP_PEERS.replace("*192.0.2.1  ", "*127.127.1.0"))))
                .fails("ntpd has selected no peer");
    }

    @Test
    void ntpsecThatRefusesToAnswerIsUnknown() {
        on(node(
                        Set.of("ntpsec"),
                        section("ntp-rv", "ntpq: read: Connection refused"),
                        section("ntp-peers", "ntpq: read: Connection refused")))
                .cannotTell("ntpq: read: Connection refused");
    }

    @Test
    void openntpdThatIsSyncedPasses() {
        on(node(Set.of("openntpd"), section("openntpd", "4/4 peers valid, clock synced, stratum 3\n")))
                .passes("openntpd follows its peers")
                .neverPassesUnread();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0/4 peers valid, clock unsynced", "4/4 peers valid, clock unsynced, clock offset is 843.2ms"})
    void openntpdThatIsNotSyncedFails(String status) {
        on(node(Set.of("openntpd"), section("openntpd", status))).fails("openntpd says: clock unsynced");
    }

    @Test
    void aLargeOffsetOfOpenntpdFails() {
        on(node(
                        Set.of("openntpd"),
                        section("openntpd", "4/4 peers valid, clock synced, stratum 3, clock offset is -843.2ms")))
                .fails("the clock is 843.2 ms from its peers");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aNodeWithoutSystemctlIsNotAPass() {
        bench(new Synchronized(), new FakeSource().fails("time.state", 127, "systemctl is not installed"))
                .cannotTell("systemctl is not installed");
    }

    // ------------------------------------------------------------------ the fix

    private static final String TWO_SERVERS = "time: { servers: [ntp1.example.org, 192.0.2.7] }";
    private static final String NOT_SYNCHRONISED =
            "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised";
    private static final String FILE = "/etc/chrony/sources.d/holdfast.sources";
    private static final String SLEW = "{ [ ! -e /etc/corosync/corosync.conf ] || chronyc makestep 1 0 >/dev/null; }";
    private static final List<Change> WRITTEN = List.of(
            new Change.WriteFile(
                    FILE,
                    "time/holdfast.sources",
                    new ChronyFix.Sources(List.of(new HostName("ntp1.example.org"), new HostName("192.0.2.7")))),
            new Change.Validate("chronyd -p -f " + FILE + " >/dev/null", "the new time sources"),
            new Change.Validate("chronyd -p >/dev/null", "chrony's configuration as a whole"));
    private static final Change RELOAD =
            new Change.Reload(SLEW + " && chronyc reload sources", "let chrony read its sources anew");

    private static Change.Run onlyRun(Remedy.Steps steps) {
        return steps.changes().stream()
                .filter(Change.Run.class::isInstance)
                .map(Change.Run.class::cast)
                .reduce((one, other) -> {
                    throw new AssertionError("two commands: " + one + ", " + other);
                })
                .orElseThrow();
    }

    /** What the probe prints where chrony is not installed. */
    private static String without(String packages, List<String> units, String... answers) {
        return section("chronyd", "", 127)
                + section("packages", packages, 1)
                + section("wanted", "cron.service")
                + units(units, "no", answers);
    }

    private static String unit(String name, String load, String active, String unitFile) {
        return "Id=%s.service\nLoadState=%s\nActiveState=%s\nUnitFileState=%s".formatted(name, load, active, unitFile);
    }

    @Test
    void thePolicysServersAreWrittenWhereChronyFollowsNone() {
        on(chrony(NOT_SYNCHRONISED, "")).under(TWO_SERVERS).mendedBy(steps -> {
            assertThat(steps.changes())
                    .startsWith(WRITTEN.toArray(Change[]::new))
                    .endsWith(RELOAD)
                    .hasSize(4);
            assertThat(steps.risk()).isEqualTo(FixRisk.SAFE);
            assertThat(steps.settle()).isEqualTo(Duration.ofMinutes(3));
        });
        on(chrony(TRACKING, SOURCES_OF_NOBODY))
                .under(TWO_SERVERS)
                .mendedBy(steps -> assertThat(steps.changes()).contains(RELOAD));
    }

    private static final String SOURCES_OF_NOBODY = "^,?,192.0.2.1,0,6,0,4294967295,0.0,0.0,0.0";

    @Test
    void theFileHoldsOneLineForEachServer() {
        on(chrony(NOT_SYNCHRONISED, "")).under(TWO_SERVERS).offers(FILE, """
                # Written by holdfast for the check time.synchronized.
                server ntp1.example.org iburst
                server 192.0.2.7 iburst
                """);
    }

    @Test
    void withoutServersInThePolicyARunningChronyIsLeft() {
        on(chrony(NOT_SYNCHRONISED, "")).refusesToMend("the policy names no others");
    }

    @Test
    void whereTheDirectoryIsNotReadNothingIsWritten() {
        on(chrony(NOT_SYNCHRONISED, "").replace("sourcedir /etc/chrony/sources.d", "sourcedir /etc/chrony/sources"))
                .under(TWO_SERVERS)
                .refusesToMend("chrony's configuration does not read /etc/chrony/sources.d");
    }

    @Test
    void aConfigurationThatChronydDoesNotAcceptIsNotAddedTo() {
        String broken = section(
                "chrony-config", "Fatal error : Invalid directive at line 1 in file /etc/chrony/conf.d/x.conf", 1);
        on(node(Set.of("chrony"), section("chrony-tracking", NOT_SYNCHRONISED), section("chrony-sources", ""))
                        .replaceFirst("(?s)#: chrony-config.*?#= 0\n", broken))
                .under(TWO_SERVERS)
                .refusesToMend("Invalid directive at line 1 in file /etc/chrony/conf.d/x.conf");
    }

    @Test
    void anOffsetIsLeftToSlew() {
        on(chrony(TRACKING.replace("0.000000607", "-0.5"), SOURCES))
                .under(TWO_SERVERS)
                .offersNoFix();
    }

    @ParameterizedTest
    @CsvSource({
        "inactive, enabled, systemctl start C, systemctl enable -q C && systemctl stop C",
        "inactive, disabled, systemctl enable -q C && systemctl start C, systemctl disable -q C && systemctl stop C",
        "inactive, masked, systemctl unmask -q C && systemctl enable -q C && systemctl start C, systemctl disable -q C && systemctl stop C && systemctl mask -q C"
    })
    void aStoppedChronyIsStartedAndTakenBackToWhatItWas(String active, String unitFile, String command, String undo) {
        String load = unitFile.equals("masked") ? "masked" : "loaded";
        on(node(List.of(unit("chrony", load, active, unitFile)), "no")).mendedBy(steps -> {
            assertThat(steps.changes()).hasSize(1);
            assertThat(onlyRun(steps).command()).isEqualTo(command.replace("C", "chrony.service") + " && " + SLEW);
            assertThat(onlyRun(steps).undo()).isEqualTo(undo.replace("C", "chrony.service"));
        });
    }

    @Test
    void aStoppedChronyReadsThePolicysServersWhenItStarts() {
        on(node(List.of(unit("chrony", "loaded", "inactive", "enabled")), "no"))
                .under(TWO_SERVERS)
                .mendedBy(steps -> assertThat(steps.changes())
                        .startsWith(WRITTEN.toArray(Change[]::new))
                        .doesNotContain(RELOAD)
                        .hasSize(4));
    }

    @Test
    void theOthersAreStoppedAndDisabled() {
        on(node(
                        Set.of("chrony", "systemd-timesyncd"),
                        section("chrony-tracking", TRACKING),
                        section("chrony-sources", SOURCES),
                        section("timesyncd", "ServerAddress=192.0.2.1\nNTPMessage={ Leap=0 }")))
                .under(TWO_SERVERS)
                .mendedBy(steps -> {
                    assertThat(steps.changes()).hasSize(1);
                    assertThat(onlyRun(steps).command())
                            .isEqualTo("systemctl disable -q --now systemd-timesyncd.service");
                    assertThat(onlyRun(steps).undo())
                            .isEqualTo(
                                    "systemctl enable -q systemd-timesyncd.service && systemctl start systemd-timesyncd.service");
                });
    }

    @Test
    void chronyIsInstalledInThePlaceOfADaemonThatFails() {
        on(without(
                        "chrony config-files\nsystemd-timesyncd installed\ndpkg-query: no packages found matching ntpsec",
                        List.of(
                                unit("chrony", "not-found", "inactive", ""),
                                unit("systemd-timesyncd", "loaded", "active", "enabled")),
                        section("timesyncd", "ServerAddress=192.0.2.1")))
                .under(TWO_SERVERS)
                .mendedBy(steps -> {
                    assertThat(steps.changes()).hasSize(2).contains(WRITTEN.get(0));
                    Change.Run run = onlyRun(steps);
                    assertThat(run.purpose()).isEqualTo("install chrony in the place of systemd-timesyncd");
                    assertThat(run.command())
                            .contains("--force-confold -y --no-install-recommends --no-upgrade install chrony")
                            .contains("DEBIAN_FRONTEND=noninteractive")
                            .contains("apt would remove")
                            .endsWith("systemctl start chrony.service && " + SLEW);
                    assertThat(run.undo())
                            .endsWith(" -y --no-install-recommends install systemd-timesyncd"
                                    + " && systemctl enable -q systemd-timesyncd.service"
                                    + " && systemctl start systemd-timesyncd.service");
                    assertThat(run.undo()).contains("dpkg --force-confold --configure -a && apt-get");
                    assertThat(run.limit()).isEqualTo(Duration.ofMinutes(3));
                });
    }

    @Test
    void aChronyThatWasNeverThereIsPurgedByAnUndo() {
        on(without(
                        "dpkg-query: no packages found matching chrony",
                        List.of(unit("chrony", "not-found", "inactive", ""))))
                .mendedBy(steps -> {
                    assertThat(onlyRun(steps).undo()).endsWith(" -y purge chrony");
                    assertThat(steps.notes())
                            .anySatisfy(note -> assertThat(note).contains("Debian's pool"));
                });
        on(without("chrony config-files", List.of(unit("chrony", "masked", "inactive", "masked"))))
                .mendedBy(steps -> assertThat(onlyRun(steps).undo()).endsWith(" -y remove chrony"));
    }
}
