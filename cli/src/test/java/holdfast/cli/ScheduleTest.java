package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is scheduled is what scan would understand, with files that can be found, and without a secret. */
final class ScheduleTest {

    @TempDir
    private Path directory;

    private Path inventory;

    @BeforeEach
    void fleet() throws IOException {
        inventory = Files.writeString(directory.resolve("fleet.yml"), "all: { hosts: { pve1: {} } }\n");
    }

    private Invocation print(String options, String... scan) {
        List<String> words = new ArrayList<>(List.of("schedule", "print", "--program", "/bin/true"));
        words.addAll(
                options.isEmpty()
                        ? List.of()
                        : Arrays.asList(
                                options.replace("DIR", directory.toString()).split(" ")));
        words.add("--");
        Arrays.stream(scan)
                .map(word -> word.replace("DIR", directory.toString()))
                .forEach(words::add);
        return Invocation.of(words.toArray(String[]::new));
    }

    private String start(Invocation printed) {
        assertThat(printed.code()).as(printed.err()).isZero();
        return printed.out()
                .lines()
                .filter(line -> line.startsWith("ExecStart="))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theLineThatInitPrintsWorks() {
        Invocation printed = print("", "-i", inventory.toString(), "--since", "approved");
        assertThat(start(printed)).isEqualTo("ExecStart=/bin/true scan -i %s --since approved".formatted(inventory));
        assertThat(printed.out())
                .contains("# /etc/systemd/system/holdfast-scan.service", "# /etc/systemd/system/holdfast-scan.timer");
        assertThat(printed.err()).contains("compares with what is approved there");
    }

    @Test
    void relativePathsBecomeAbsoluteWhereverTheyStand() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        String relative = here.relativize(inventory).toString();
        Files.writeString(directory.resolve("policy.yml"), "profile: baseline\n");
        String policy = here.relativize(directory.resolve("policy.yml")).toString();
        Invocation printed = print(
                "--on-calendar 04:30",
                "scan",
                "--inventory=" + relative,
                "--policy",
                policy,
                "-l",
                "pve1",
                "--report",
                "html=" + here.relativize(directory) + "/out.html",
                "--fail-on-drift",
                "--since=last",
                "-bvv",
                "-e",
                "a=100%");
        assertThat(start(printed))
                .contains(
                        " -i " + inventory,
                        " --policy " + directory + "/policy.yml",
                        " --report html=" + directory + "/out.html",
                        " -l pve1",
                        " --fail-on-drift=worse",
                        " --since last",
                        " -b",
                        " -v -v",
                        " -e a=100%%");
        assertThat(printed.out()).contains("\nReadWritePaths=" + directory + "\n", "OnCalendar=*-*-* 04:30:00\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-i FLEET --colour | Unknown option: '--colour'",
                "-i FLEET -k | -k asks for a password",
                "-i FLEET -K | holdfast.sudo-password=FILE",
                "-i DIR/none.yml | none.yml",
                "-i FLEET --private-key %d/ssh-key | there is no credential of that name: add --credential ssh-key=FILE",
                "-i FLEET --private-key DIR/none | there is no file",
                "-i FLEET --notify webhook=https://hooks.example.com/T0/SECRET | --notify webhook=@FILE",
                "-i FLEET --notify command=./tell | write its absolute path",
                "-i FLEET -e ansible_become_password=hunter2 | name that with -e @FILE",
                "-i FLEET --store jdbc:postgresql://db/x?password=hunter2 | password",
                "-i FLEET --store none --since last | --store none",
                "-i FLEET --report pdf=x | --report knows",
                "-i FLEET --checks no.such | there is no check",
                "-i FLEET --fail-on-drift | since when?",
                "--help | no scan",
                "-t sshd | no inventory"
            })
    void whatScanWouldRefuseOrAskIsRefused(String arguments, String why) {
        Invocation printed =
                print("", arguments.replace("FLEET", inventory.toString()).split(" "));
        assertThat(printed.code()).isEqualTo(2);
        assertThat(printed.err()).contains(why).doesNotContain("hunter2", "SECRET");
        assertThat(printed.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--on-calendar 25:00 | is not from 0 to 23",
                "--name Nightly | lower-case",
                "--randomized-delay soon | takes a time such as",
                "--credential ssh-key | takes NAME=FILE",
                "--credential a=/x --encrypted-credential a=/y | the same name",
                "--user a;b | not the name of a Linux user",
                "--user-unit --user ops | leave out --user",
                "--format yaml | systemd, cron or kubernetes",
                "--format kubernetes | there is no published image"
            })
    void whatCannotBeScheduledIsToldInOneLine(String options, String why) {
        Invocation printed = print(options, "-i", inventory.toString());
        assertThat(printed.code()).isEqualTo(2);
        assertThat(printed.err()).contains(why);
    }

    @Test
    void aCredentialStandsInForAKeyAndAPassword() throws IOException {
        Path key = Files.writeString(directory.resolve("key"), "no key, but a file\n");
        Path hook = Files.writeString(directory.resolve("hook"), "https://hooks.example.com/T0/SECRET\n");
        Invocation printed = print(
                "--credential ssh-key=DIR/key --credential hook=DIR/hook"
                        + " --encrypted-credential holdfast.sudo-password=/etc/holdfast/sudo.cred --credential pgpass=DIR/hook",
                "-i",
                inventory.toString(),
                "-K",
                "--private-key",
                "%d/ssh-key",
                "--notify",
                "webhook=@%d/hook");
        assertThat(start(printed)).contains(" --private-key %d/ssh-key", " --notify webhook=@%d/hook", " -K");
        assertThat(printed.out())
                .contains(
                        "\nLoadCredential=ssh-key:" + key + "\n",
                        "\nLoadCredential=hook:" + hook + "\n",
                        "\nLoadCredentialEncrypted=holdfast.sudo-password:/etc/holdfast/sudo.cred\n",
                        "\nEnvironment=PGPASSFILE=%d/pgpass\n")
                .doesNotContain("SECRET");
        assertThat(printed.err()).contains("there is no file /etc/holdfast/sudo.cred");
    }

    @Test
    void whatTheServicesUserCannotReadIsNoted() throws IOException {
        Files.setPosixFilePermissions(inventory, PosixFilePermissions.fromString("rw-------"));
        assertThat(print("", "-i", inventory.toString()).err())
                .contains(inventory + "", "the user that exists only while the scan runs");
    }

    @Test
    void aKeyThatTheInventoryNamesAndTheServicesUserCannotReadIsNoted() throws IOException {
        Path key = Files.writeString(directory.resolve("key"), "no key, but a file\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(
                inventory, "all: { hosts: { pve1: { ansible_ssh_private_key_file: \"%s\" } } }\n".formatted(key));
        assertThat(print("", "-i", inventory.toString()).err()).contains(key + "", "the inventory names this key");
    }

    @Test
    void reportsInTheStateDirectoryNeedNothingElseToBeWritable() {
        Invocation printed =
                print("", "-i", inventory.toString(), "--report", "html=/var/lib/holdfast/reports/fleet.html");
        assertThat(printed.code()).isZero();
        assertThat(printed.out())
                .contains("\nStateDirectory=holdfast holdfast/reports\n")
                .doesNotContain("ReadWritePaths");
    }

    @Test
    void aUsersOwnUnitIsNotGivenWhatOnlyRootsManagerHas() {
        Invocation printed = print("--user-unit", "-i", inventory.toString());
        assertThat(printed.out())
                .contains("/systemd/user/holdfast-scan.timer")
                .doesNotContain("DynamicUser", "StateDirectory", "User=", "ProtectSystem", "network-online");
    }

    @Test
    void cronGetsOneLine() {
        Invocation printed =
                print("--format cron --on-calendar hourly --randomized-delay 0", "-i", inventory.toString());
        assertThat(printed.code()).as(printed.err()).isZero();
        assertThat(printed.out().lines().filter(line -> !line.startsWith("#")))
                .singleElement()
                .asString()
                .startsWith("0 * * * * ")
                .contains("flock -n \"$HOME/.holdfast-scan.lock\" timeout 7200 /bin/true scan -i " + inventory);
    }
}
