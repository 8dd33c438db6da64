package holdfast.lab.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a script says reaches the machine that a practice node runs on. */
final class TreeTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Tree tree;

    @BeforeEach
    void plant() throws IOException {
        tree = new Tree(directory.resolve("node"));
    }

    private record Ran(int exit, String output) {}

    private Ran run(String script) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", tree.redirected(script));
        builder.directory(tree.root().toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", tree.path()));
        Process process = builder.start();
        process.getOutputStream().close();
        byte[] output = process.getInputStream().readAllBytes();
        return new Ran(process.waitFor(), new String(tree.asTheNodeSays(output, output.length), UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "apt-get",
                "apt",
                "dpkg",
                "systemd-run",
                "shutdown",
                "reboot",
                "poweroff",
                "pkill",
                "passwd",
                "useradd",
                "usermod",
                "chpasswd",
                "iptables",
                "ip6tables",
                "ip",
                "mount",
                "umount",
                "dd",
                "pvenode",
                "service",
                "crontab",
                "hostname",
                "curl",
                "wget",
                "scp",
                "su",
                "python3",
                "chown"
            })
    void aCommandThatHasNoStandInDoesNotExist(String command) throws IOException, InterruptedException {
        // Asked for only: should this ever fail, then not by running it.
        for (String place : new String[] {"", "/usr/bin/", "/usr/sbin/", "/sbin/", "/bin/"}) {
            Ran ran = run("PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; command -v " + place + command);
            assertThat(ran).as(place + command).isEqualTo(new Ran(127, ""));
        }
    }

    /** It may read and reckon. */
    @Test
    void perlStartsNothingAndRemovesNothing() throws IOException, InterruptedException {
        tree.write("/etc/kept", "{\"a\":[1,2]}\n");
        assertThat(run("perl -MJSON::PP -e 'local $/; print scalar @{ JSON::PP->new->decode(<>)->{a} }' /etc/kept"))
                .isEqualTo(new Ran(0, "2"));
        for (String harm : new String[] {
            "system(q(true))",
            "exec(q(true))",
            "print `true`",
            "unlink(q(/etc/kept))",
            "fork",
            "rename(q(/etc/kept), q(x))"
        }) {
            assertThat(run("perl -e '" + harm + "'")).as(harm).satisfies(ran -> {
                assertThat(ran.exit()).isNotZero();
                assertThat(ran.output()).contains("trapped by operation mask");
            });
        }
        assertThat(tree.at("/etc/kept")).exists();
    }

    @Test
    void theClockIsNotSet() throws IOException, InterruptedException {
        assertThat(run("date +%s").exit()).isZero();
        assertThat(run("date -u -d @0 +%H").output()).isEqualTo("00\n");
        assertThat(run("command -v date").output()).isEqualTo("/bin/date\n");
        assertThat(tree.at("/bin/date")).content().contains("never sets it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo x >/etc/holdfast-test | /etc/holdfast-test",
                "echo x >'/etc/holdfast-test' | /etc/holdfast-test",
                "d=/etc; echo x >\"$d/holdfast-test\" | /etc/holdfast-test",
                "mkdir -p /var/lib/holdfast && echo x >/var/lib/holdfast/y | /var/lib/holdfast/y",
                "cd /etc && echo x >holdfast-test | /etc/holdfast-test",
                "mkdir -p /run/systemd/system; echo x >/run/systemd/system/y | /run/systemd/system/y",
                "mkdir -p /etc/systemd/system; ln -s ../x /etc/systemd/system/y | /etc/systemd/system/y",
                "mkdir -p /etc/a/b && mv -T /etc/a/b /etc/c | /etc/c",
                "mkdir -p /usr/lib && echo x >/usr/lib/y | /usr/lib/y",
                "echo x >/root/y | /root/y"
            })
    void whatIsWrittenLandsInTheNodesDirectory(String script, String file) throws IOException, InterruptedException {
        Ran ran = run(script);
        assertThat(ran).isEqualTo(new Ran(0, ""));
        assertThat(Files.exists(tree.at(file), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        assertThat(tree.matching(file)).containsExactly(file);
        if (!Path.of(file).getFileName().toString().equals("y")) {
            assertThat(Path.of(file)).doesNotExist();
        }
    }

    @Test
    void whatIsReadIsTheNodesAndIsSaidAsTheNodeWould() throws IOException, InterruptedException {
        assertThat(run("cat /etc/passwd").output()).contains("/etc/passwd").doesNotContain(directory.toString());
        tree.write("/etc/hostname", "pve1\n");
        assertThat(run("cat /etc/hostname; readlink -f /etc/hostname").output()).isEqualTo("pve1\n/etc/hostname\n");
        assertThat(run("id -u; uname -r").output()).isEqualTo("0\n6.8.12-11-pve\n");
    }

    @Test
    void contentsInBase64StayWhatTheyAre() throws IOException, InterruptedException {
        // "Include /etc/ssh/sshd_config.d/*.conf"
        assertThat(
                        run("echo SW5jbHVkZSAvZXRjL3NzaC9zc2hkX2NvbmZpZy5kLyouY29uZgo= | base64 -d >/etc/x; cat /etc/x | tr / _")
                                .output())
                .isEqualTo("Include _etc_ssh_sshd_config.d_*.conf\n");
    }

    @Test
    void theSizesOfAScansAnswersAreThoseOfWhatIsSent() throws IOException, InterruptedException {
        String script = """
                d=/tmp/holdfast.%1$s; mkdir "$d" && cd "$d" || exit 1
                ls -d /etc >a.o; : >a.e; echo 0 >a.r
                stat -c '%%s %%n' -- *.o *.e *.r; cat a.o
                cd /tmp && rm -rf "$d"
                """.formatted(directory.getFileName());
        assertThat(run(script).output()).isEqualTo("5 a.o\n0 a.e\n2 a.r\n/etc\n");
    }
}
