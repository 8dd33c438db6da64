package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.Ran;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Timers of a real systemd that start the real program, hardened and as a user that exists only while it runs. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ScheduleRealTest {

    private static final String PROGRAM = "/opt/holdfast/holdfast";
    private static final String SCAN =
            " -- -i /etc/holdfast/fleet.yml -F /etc/holdfast/ssh_config --private-key %d/ssh-key -t sshd";

    private RealCluster lab;
    private RealNode node;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        Path java = Path.of(System.getProperty("java.home")).toRealPath();
        lab = RealCluster.apart(1, Release.BOOKWORM)
                .readable(program(java, directory), Path.of("/opt/holdfast"))
                .readable(java, java)
                .start();
        node = lab.nodes().getFirst();
        // Outside of a container systemd does this when it starts; it hands credentials over by a mount.
        node.sh("mount --make-rshared /");
        node.writeFile("/root/key", Files.readString(lab.keys().privateKey()));
        node.writeFile("/etc/holdfast/known_hosts", Files.readString(lab.knownHosts()));
        node.writeFile("/etc/holdfast/ssh_config", "Host *\n  UserKnownHostsFile /etc/holdfast/known_hosts\n");
        node.writeFile(
                "/etc/holdfast/fleet.yml",
                "all: { hosts: { pve1: { ansible_host: %s, ansible_user: ops, ansible_become: true } } }\n"
                        .formatted(node.address()));
        node.sh("chmod 600 /root/key; chmod -R a+rX /etc/holdfast");
    }

    @AfterAll
    void stop() {
        if (lab != null) {
            lab.close();
        }
    }

    /** What the tests run on, as one directory with a launcher; the container has no network to build it. */
    private static Path program(Path java, Path directory) throws IOException {
        Path program = Files.createDirectory(
                directory.resolve("program"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        StringBuilder classPath = new StringBuilder();
        int number = 0;
        for (String entry : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)) {
            Path from = Path.of(entry);
            if (!Files.exists(from) || entry.contains("/test-classes")) {
                continue;
            }
            Path to = program.resolve("c" + number++ + (Files.isDirectory(from) ? "" : ".jar"));
            copy(from, to);
            classPath
                    .append(classPath.isEmpty() ? "" : ":")
                    .append("/opt/holdfast/")
                    .append(to.getFileName());
        }
        Path launcher = Files.writeString(program.resolve("holdfast"), """
                #!/bin/sh
                exec %s/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \\
                    -Dholdfast.program="$0" -cp %s holdfast.cli.Main "$@"
                """.formatted(java, classPath));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
        return program;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, file.equals(from) ? to : target);
                }
            }
        }
    }

    private Ran holdfast(String arguments) {
        return node.exec("cd /etc/holdfast && " + PROGRAM + " " + arguments);
    }

    private String property(String unit, String name) {
        return node.sh("systemctl show --value -p " + name + " " + unit).strip();
    }

    private long starts(String service) {
        return node.sh("journalctl -o cat --no-pager -u " + service)
                .lines()
                .filter(line -> line.startsWith("Starting "))
                .count();
    }

    @Test
    void aTimerIsInstalledItsScanRunsByItselfAndItGoesWithoutATrace() {
        // Relative paths, as somebody in /etc/holdfast would write them.
        Ran installed = holdfast("schedule install --name nightly --on-calendar 04:30 --credential ssh-key=/root/key"
                + " -- -i fleet.yml -F ssh_config --private-key %d/ssh-key -t sshd"
                + " --report html=/var/lib/holdfast/reports/fleet.html");
        assertThat(installed.exit()).as(installed.out() + installed.err()).isZero();
        assertThat(installed.out()).contains("holdfast-nightly.timer waits; next run: ");
        assertThat(property("holdfast-nightly.timer", "ActiveState")).isEqualTo("active");
        assertThat(property("holdfast-nightly.timer", "UnitFileState")).isEqualTo("enabled");
        assertThat(property("holdfast-nightly.service", "DynamicUser")).isEqualTo("yes");

        // Findings are no failure of the unit; history and report are where only the service's state is.
        Ran started = node.exec("systemctl start holdfast-nightly.service");
        assertThat(started.exit())
                .as(node.exec("journalctl -o cat --no-pager -u holdfast-nightly")
                        .out())
                .isZero();
        assertThat(property("holdfast-nightly.service", "ExecMainStatus")).isEqualTo("1");
        assertThat(property("holdfast-nightly.service", "Result")).isEqualTo("success");
        node.sh("test -s /var/lib/private/holdfast/history.db && test -s /var/lib/holdfast/reports/fleet.html");
        assertThat(node.readFile("/etc/systemd/system/holdfast-nightly.service"))
                .doesNotContain("PRIVATE KEY");

        Ran status = holdfast("schedule status nightly");
        assertThat(status.out()).contains("active, enabled", "finished, with findings (exit code 1)");
        assertThat(status.out()).doesNotContain("changed", "foreign");
        assertThat(status.exit()).isZero();

        long before = starts("holdfast-nightly.service");
        node.sh("systemctl start --no-block holdfast-nightly.service; systemctl start holdfast-nightly.service");
        assertThat(starts("holdfast-nightly.service")).isEqualTo(before + 1);

        // What the scan could not do is a failure of the unit.
        node.sh("sed -i 's/ansible_host: [0-9.]*/ansible_host: 127.0.0.1, ansible_port: 9/' /etc/holdfast/fleet.yml");
        assertThat(node.exec("systemctl start holdfast-nightly.service").exit()).isNotZero();
        assertThat(property("holdfast-nightly.service", "ExecMainStatus")).isEqualTo("3");
        Ran failed = holdfast("schedule status");
        assertThat(failed.out()).contains("could not be told, stored or delivered (exit code 3)");
        assertThat(failed.exit()).isEqualTo(1);
        node.sh("sed -i 's/ansible_host: [0-9.]*, ansible_port: 9/ansible_host: " + node.address()
                + "/' /etc/holdfast/fleet.yml");

        // A hand-made change is not lost.
        node.sh("sed -i 's/^Nice=5$/Nice=10/' /etc/systemd/system/holdfast-nightly.service");
        assertThat(holdfast("schedule status nightly").out())
                .contains("changed     /etc/systemd/system/holdfast-nightly.service");
        Ran again = holdfast("schedule install --name nightly --credential ssh-key=/root/key" + SCAN);
        assertThat(again.exit()).isEqualTo(2);
        assertThat(again.err()).contains("was changed by somebody", "drop-in");
        Ran kept = holdfast("schedule remove nightly");
        assertThat(kept.exit()).isEqualTo(2);
        assertThat(kept.err()).contains("was changed by somebody", "--force");
        assertThat(property("holdfast-nightly.timer", "ActiveState")).isEqualTo("active");

        Ran removed = holdfast("schedule remove nightly --force");
        assertThat(removed.exit()).as(removed.out() + removed.err()).isZero();
        assertThat(removed.out()).contains("what stays: the history and the reports in /var/lib/holdfast");
        assertThat(
                        node.sh(
                                "ls /etc/systemd/system /etc/systemd/system/timers.target.wants /var/lib/systemd/timers;"
                                        + " systemctl list-units --all --no-legend 'holdfast-nightly*'; systemctl --failed --no-legend"))
                .doesNotContain("holdfast-nightly");
        node.sh("test -s /var/lib/private/holdfast/history.db");
    }

    @Test
    void aFailedInstallationLeavesNothingHalfDone() {
        node.writeFile(
                "/etc/systemd/system/holdfast-broken.timer.d/odd.conf", "[Timer]\nOnCalendar=\nOnCalendar=nonsense\n");
        Ran installed = holdfast("schedule install --name broken --credential ssh-key=/root/key" + SCAN);
        assertThat(installed.exit()).isEqualTo(2);
        assertThat(installed.err()).contains("holdfast-broken.timer", "nothing was installed");
        assertThat(node.exec("ls /etc/systemd/system/holdfast-broken.service /etc/systemd/system/holdfast-broken.timer")
                        .out())
                .isEmpty();
        node.sh("rm -r /etc/systemd/system/holdfast-broken.timer.d; systemctl daemon-reload");
    }

    @Test
    void whatTheServicesUserCannotReadIsToldBeforeAnythingIsWritten() {
        node.sh("mkdir -p /root/closed && chmod 700 /root/closed && cp /etc/holdfast/fleet.yml /root/closed/");
        Ran installed = holdfast("schedule install --name closed -- -i /root/closed/fleet.yml --private-key /root/key");
        assertThat(installed.exit()).isEqualTo(2);
        assertThat(installed.err())
                .contains(
                        "/root/closed/fleet.yml", "/root/key", "--credential NAME=/root/key", "nothing was installed");
        assertThat(node.exec("ls /etc/systemd/system/holdfast-closed.timer").exit())
                .isNotZero();
    }

    @Test
    void aNamedUserComparesWithTheApprovedRunOfAHistoryOfItsOwn() {
        node.sh("useradd --system --home-dir /var/lib/watcher --create-home watcher;"
                + " install -d -o watcher -m 700 /var/lib/watcher/state;"
                + " install -o watcher -m 600 /root/key /var/lib/watcher/key");
        String as = "setpriv --reuid=watcher --regid=watcher --clear-groups env XDG_STATE_HOME=/var/lib/watcher/state ";
        String scan = "-i /etc/holdfast/fleet.yml -F /etc/holdfast/ssh_config --private-key /var/lib/watcher/key"
                + " -t sshd --store /var/lib/watcher/state/history.db";
        assertThat(node.exec(as + PROGRAM + " scan " + scan).exit()).isEqualTo(1);
        Ran approved = node.exec(as + PROGRAM + " approve last --why first --store /var/lib/watcher/state/history.db");
        assertThat(approved.exit()).as(approved.out() + approved.err()).isZero();
        Ran installed = holdfast(
                "schedule install --name drift --user watcher -- " + scan + " --since approved --fail-on-drift");
        assertThat(installed.exit()).as(installed.out() + installed.err()).isZero();
        Ran started = node.exec("systemctl start holdfast-drift.service");
        assertThat(started.exit())
                .as(node.exec("journalctl -o cat --no-pager -u holdfast-drift").out())
                .isZero();
        assertThat(property("holdfast-drift.service", "ExecMainStatus")).isEqualTo("0");
        assertThat(holdfast("schedule remove drift").exit()).isZero();
    }
}
