package holdfast.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import holdfast.template.Templates;
import holdfast.text.UnitArgument;
import holdfast.text.UserName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is scheduled is what the units say, and systemd takes them. */
final class UnitsTest {

    private static final Units UNITS = new Units(new Templates(UnitsTest.class.getClassLoader()));

    private static Schedule schedule(Rhythm rhythm, Optional<UserName> user, String... arguments) {
        return new Schedule(
                "nightly",
                Path.of("/usr/bin/true"),
                Optional.of(Path.of("/usr/lib/jvm/java-21")),
                Stream.of(arguments).map(UnitArgument::new).toList(),
                rhythm,
                Duration.ofMinutes(10),
                Duration.ofHours(2),
                user.<Schedule.Runner>map(Schedule.Runner.Named::new).orElseGet(Schedule.Runner.Dynamic::new),
                List.of(
                        new Schedule.Credential("ssh-key", Path.of("/etc/holdfast/id_ed25519"), false),
                        new Schedule.Credential("passphrase", Path.of("/etc/holdfast/passphrase.cred"), true)),
                Optional.empty(),
                List.of(Path.of("holdfast"), Path.of("holdfast/reports")),
                List.of(Path.of("/var/lib/prometheus/node-exporter")));
    }

    /** As a user's crontab can have it: without credentials. */
    private static Schedule bare(Schedule schedule) {
        return new Schedule(
                schedule.name(),
                schedule.program(),
                Optional.empty(),
                schedule.arguments(),
                schedule.rhythm(),
                schedule.delay(),
                schedule.deadline(),
                schedule.runner(),
                List.of(),
                Optional.empty(),
                List.of(),
                List.of());
    }

    static List<Schedule> schedules() {
        return List.of(
                schedule(new Rhythm.Daily(4, 5), Optional.empty(), "-i", "/etc/holdfast/inventory.yml"),
                schedule(new Rhythm.Hourly(7), Optional.of(new UserName("backup"))),
                schedule(
                        new Rhythm.Weekly(DayOfWeek.SUNDAY, 23, 59),
                        Optional.empty(),
                        "--limit",
                        "prod:&eu:!canary",
                        "--report",
                        "junit=/srv/my reports/100%.xml",
                        "$HOME \"quoted\" \\",
                        "é;"),
                schedule(new Rhythm.Monthly(0, 0), Optional.empty()));
    }

    @Test
    void keysComeAsCredentialsAndNoneStandsInTheUnit() {
        assertThat(UNITS.service(schedules().getFirst()))
                .contains("\nLoadCredential=ssh-key:/etc/holdfast/id_ed25519\n")
                .contains("\nLoadCredentialEncrypted=passphrase:/etc/holdfast/passphrase.cred\n")
                .contains("\nReadWritePaths=/var/lib/prometheus/node-exporter\n")
                .contains("\nDynamicUser=yes\n")
                .contains("\nTimeoutStartSec=7200\n")
                .contains("\nExecStart=/usr/bin/true scan -i /etc/holdfast/inventory.yml\n")
                .doesNotContain("User=backup");
        assertThat(UNITS.service(schedules().get(1)))
                .contains("\nUser=backup\n")
                .doesNotContain("DynamicUser");
    }

    @Test
    void aTimerSaysWhenAndMakesUpForWhatWasMissed() {
        assertThat(schedules().stream().map(UNITS::timer))
                .satisfiesExactly(
                        daily -> assertThat(daily)
                                .contains(
                                        "\nOnCalendar=*-*-* 04:05:00\n",
                                        "\nRandomizedDelaySec=600\n",
                                        "\nPersistent=yes\n"),
                        hourly -> assertThat(hourly).contains("\nOnCalendar=*-*-* *:07:00\n"),
                        weekly -> assertThat(weekly).contains("\nOnCalendar=Sun *-*-* 23:59:00\n"),
                        monthly -> assertThat(monthly).contains("\nOnCalendar=*-*-01 00:00:00\n"));
    }

    @Test
    void argumentsAreQuotedForSystemdAndForCron() {
        Schedule odd = schedules().get(2);
        assertThat(UNITS.service(odd))
                .contains("\nExecStart=/usr/bin/true scan --limit \"prod:&eu:!canary\" --report"
                        + " \"junit=/srv/my reports/100%%.xml\" \"$$HOME \\\"quoted\\\" \\\\\" \"é;\"\n");
        assertThat(UNITS.cron(bare(odd)).lines().filter(line -> !line.startsWith("#")))
                .singleElement(STRING)
                .startsWith("59 23 * * 0 sleep $(( $(od -An -N2 -tu2 /dev/urandom) * 600 / 65536 )); flock -n"
                        + " \"$HOME/.holdfast-nightly.lock\" timeout 7200 /usr/bin/true scan --limit ")
                .contains("100\\%.xml")
                .endsWith(" >/dev/null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nExecStartPre=/bin/evil", "a\rb", "a\u0000b", "\u2028", ";"})
    void anArgumentCannotAddALineOrACommand(String argument) {
        assertThatThrownBy(() -> schedule(new Rhythm.Daily(4, 0), Optional.empty(), argument))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Cron takes a backslash before a backslash for nothing, and then the percent sign for a line break. */
    @Test
    void cronCannotHoldABackslashBeforeAPercentSign() {
        Schedule schedule = bare(schedule(new Rhythm.Daily(4, 0), Optional.empty(), "50\\%"));
        assertThatThrownBy(() -> UNITS.cron(schedule))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("50\\%");
    }

    @Test
    void cronIsNotGivenWhatItCannotDo() {
        assertThatThrownBy(() -> UNITS.cron(schedules().getFirst()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cron knows no credentials");
        Schedule odd = bare(schedule(Rhythm.of("Mon..Fri *-*-* 06:00"), Optional.empty()));
        assertThatThrownBy(() -> UNITS.cron(odd))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cron has no 'Mon..Fri *-*-* 06:00'");
    }

    @Test
    void theDelayThatCronDrawsIsOneThatTheShellCanReckon() throws Exception {
        String line = UNITS.cron(bare(schedules().getFirst()));
        String reckoned = line.substring(line.indexOf("$(("), line.indexOf("));") + 2);
        Ran ran = run("/bin/sh", "-c", "echo " + reckoned);
        assertThat(Integer.parseInt(ran.said().strip())).isBetween(0, 599);
    }

    @Test
    void timesAreReadAsSystemdHasThem() {
        assertThat(Rhythm.of("daily")).isEqualTo(new Rhythm.Daily(0, 0));
        assertThat(Rhythm.of("Weekly")).isEqualTo(new Rhythm.Weekly(DayOfWeek.MONDAY, 0, 0));
        assertThat(Rhythm.of("4:30")).isEqualTo(new Rhythm.Daily(4, 30));
        assertThat(Rhythm.of("*-*-* 04:30:00")).isEqualTo(new Rhythm.Daily(4, 30));
        assertThat(Rhythm.of("sunday 23:59")).isEqualTo(new Rhythm.Weekly(DayOfWeek.SUNDAY, 23, 59));
        assertThat(Rhythm.of("*-*-1/2 06:00").event().text()).isEqualTo("*-*-1/2 06:00");
        for (String wrong : List.of("24:00", "4:60", "daily\nExecStart=/bin/evil", "%h", "", "at noon; rm")) {
            assertThatThrownBy(() -> Rhythm.of(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aCredentialsPathIsTheOnlySpecifierThatSystemdExpands() {
        assertThat(new UnitArgument("", Optional.of("ssh-key")).text()).isEqualTo("%d/ssh-key");
        assertThat(new UnitArgument("webhook=@", Optional.of("hook")).text()).isEqualTo("webhook=@%d/hook");
        assertThat(new UnitArgument("%d/ssh-key").text()).isEqualTo("%%d/ssh-key");
        assertThat(new UnitArgument("100% $X", Optional.of("a")).text()).isEqualTo("\"100%% $$X%d/a\"");
        assertThatThrownBy(() -> new UnitArgument("", Optional.of("a b"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aUnitTellsWhetherItIsOursAndUnchanged() {
        String text = UNITS.service(schedules().getFirst());
        assertThat(UnitFile.of(text)).isEqualTo(UnitFile.OURS);
        assertThat(UnitFile.of(text.replace("Nice=5", "Nice=6"))).isEqualTo(UnitFile.CHANGED);
        assertThat(UnitFile.of(text + "ExecStartPost=/bin/true\n")).isEqualTo(UnitFile.CHANGED);
        assertThat(UnitFile.of("[Service]\nExecStart=/bin/true\n")).isEqualTo(UnitFile.FOREIGN);
        assertThat(UnitFile.of("")).isEqualTo(UnitFile.FOREIGN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"relative", "/a b", "/a\nb", "/a%h"})
    void aPathCannotAddALineOrASpecifier(String path) {
        assertThatThrownBy(() -> new Schedule.Credential("key", Path.of(path), false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("absolute path");
    }

    @ParameterizedTest
    @MethodSource("schedules")
    @Tag("systemd")
    @Timeout(60)
    void systemdTakesTheUnits(Schedule schedule, @TempDir Path directory) throws Exception {
        Path service = Files.writeString(directory.resolve(schedule.service()), UNITS.service(schedule));
        Path timer = Files.writeString(directory.resolve(schedule.timer()), UNITS.timer(schedule));
        Ran verified = run("systemd-analyze", "verify", "--man=no", service.toString(), timer.toString());
        assertThat(verified.said().lines().filter(line -> line.contains("holdfast-")))
                .isEmpty();
        assertThat(verified.exit()).as(verified.said()).isZero();
    }

    /** The issue's line: below 3 of 10. */
    @ParameterizedTest
    @MethodSource("schedules")
    @Tag("systemd")
    @Timeout(60)
    void theServiceIsExposedLessThanThreeOfTen(Schedule schedule, @TempDir Path directory) throws Exception {
        Path service = Files.writeString(directory.resolve(schedule.service()), UNITS.service(schedule));
        Ran scored = run(
                "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=29", service.toString());
        assertThat(scored.exit()).as(scored.said()).isZero();
        assertThat(scored.said()).contains("Overall exposure level for " + schedule.service());
    }

    private record Ran(int exit, String said) {}

    private static Ran run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new Ran(process.exitValue(), said);
    }
}
