package holdfast.access;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.probe.Output;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shell text itself, run by the real sh, awk, sed and perl on files of a directory of its own. */
final class AccessFilesTest {

    private static final String SECRET = "PLANTED-SECRET";

    @TempDir
    Path root;

    @BeforeEach
    void aNode() throws IOException {
        write("etc/pve/local", "");
        write("bin/dpkg-query", "#!/bin/sh\necho libpve-access-control 8.2.3 installed\n");
        assertThat(root.resolve("bin/dpkg-query").toFile().setExecutable(true)).isTrue();
        write(
                "etc/pve/.vmlist",
                "{\"version\": 1, \"ids\": {\"100\": { \"node\": \"pve1\", \"type\": \"qemu\", \"version\": 1 }}}");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private Output run(Probe<?> probe) throws Exception {
        Shape shape = probe.shapes().findFirst().orElseThrow();
        ProcessBuilder builder = new ProcessBuilder(
                "/bin/sh",
                "-c",
                shape.command().replace("/etc/pve", root + "/etc/pve").replace("/var/log", root + "/var/log"));
        builder.environment().put("PATH", root + "/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        Path out = root.resolve("out");
        Path err = root.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return Output.of(process.exitValue(), Files.readAllBytes(out), Files.readAllBytes(err), false);
    }

    private <T> T read(Probe<T> probe) throws Exception {
        Output output = run(probe);
        assertThat(output.stdout() + output.stderr()).doesNotContain(SECRET).doesNotContain("JBSWY3DPEHPK3PXP");
        Reading<T> reading = ((Probe.Command<T>) probe).parse().apply(output);
        assertThat(reading).as(output.stdout() + output.stderr()).isInstanceOf(Reading.Known.class);
        return ((Reading.Known<T>) reading).value();
    }

    @Test
    void noSecretLeavesTheNode() throws Exception {
        write("etc/pve/user.cfg", """
                user:root@pam:1:0:::::x:
                user:old@pve:1:0:::::PLANTED-SECRET:more PLANTED-SECRET:
                   user:odd@pve:1:0::::: PLANTED-SECRET :
                token:root@pam!ci:0:1:owner=ops:PLANTED-SECRET:
                PLANTED-SECRET
                secret:PLANTED-SECRET:
                role:Mine:VM.Audit:PLANTED-SECRET
                """);
        write("etc/pve/domains.cfg", """
                openid: sso
                \tclient-id app
                \tclient-key PLANTED-SECRET
                client-key PLANTED-SECRET
                \tissuer-url https://sso.example.com

                pve: pve
                \ttfa type=yubico,id=1,key=PLANTED-SECRET,url=https://y.example.com
                """);
        write("etc/pve/priv/tfa.cfg", """
                {"users":{"root@pam":{"totp":[{"id":"a","description":"PLANTED-SECRET","created":1700000000,
                "entry":"otpauth://totp/x?secret=PLANTED-SECRET"},{"id":"b","created":"PLANTED-SECRET","enable":false,"entry":{}}],
                "recovery":{"secret":"PLANTED-SECRET","entries":["PLANTED-SECRET",null,"PLANTED-SECRET"],"created":1700000001},
                "totp-locked":true,"tfa-locked-until":1700003600},"PLANTED-SECRET":{},"a b@pve":{}},
                "webauthn":{"x":"PLANTED-SECRET"}}
                """);
        write("etc/pve/priv/token.cfg", """
                root@pam!ci 6f3b2f0e-PLANTED-SECRET
                PLANTED-SECRET
                gone@pve!old PLANTED-SECRET
                broken@pve!x PLANTED-SECRET PLANTED-SECRET
                """);
        write("etc/pve/priv/shadow.cfg", "alice:$5$PLANTED-SECRET:\nPLANTED-SECRET\nbob:\n");
        write("etc/pve/storage.cfg", "nfs-ganesha_x: vault\n\tpath /mnt\n\ncifs: share\n\tpassword PLANTED-SECRET\n");
        write(
                "etc/pve/datacenter.cfg",
                "keyboard: de\nwebauthn: id=example.com,origin=https://pve.example.com,rp=Lab\n");

        AccessFiles files = read(AccessFiles.PROBE);

        assertThat(files.config().users().keySet()).containsExactly("odd@pve", "old@pve", "root@pam");
        assertThat(files.config().user("old@pve").orElseThrow().oldKeys()).isTrue();
        assertThat(files.config().user("odd@pve").orElseThrow().oldKeys()).isTrue();
        assertThat(files.config().user("root@pam").orElseThrow().oldKeys()).isFalse();
        assertThat(files.config().token("root@pam!ci").orElseThrow().note().owner())
                .hasValue("ops");
        assertThat(files.config().dropped())
                .extracting(UserConfig.Dropped::line)
                .containsExactly(5, 6);
        assertThat(files.config().role("Mine").orElseThrow().privileges()).containsExactly("VM.Audit");
        assertThat(files.realm("pve").orElseThrow().requiredFactor()).hasValue("yubico");
        assertThat(files.realm("sso").orElseThrow().option("issuer-url")).hasValue("https://sso.example.com");
        assertThat(files.realm("sso").orElseThrow().option("client-key")).isEmpty();
        assertThat(files.factors())
                .isEqualTo(Reading.known(new SecondFactors(java.util.Map.of(
                        "root@pam",
                        new SecondFactors.OfUser(
                                List.of(
                                        new SecondFactors.Factor("totp", true, 1700000000, 1),
                                        new SecondFactors.Factor("totp", false, 0, 1),
                                        new SecondFactors.Factor("recovery", true, 1700000001, 2)),
                                true,
                                1700003600)))));
        assertThat(files.secrets())
                .isEqualTo(Reading.known(new java.util.TreeSet<>(List.of("gone@pve!old", "root@pam!ci"))));
        assertThat(files.passwords()).isEqualTo(Reading.known(new java.util.TreeSet<>(List.of("alice@pve"))));
        assertThat(files.storages())
                .isEqualTo(Reading.known(new java.util.TreeSet<>(List.of("local", "share", "vault"))));
        assertThat(files.webauthn())
                .isEqualTo(Reading.known(
                        java.util.Map.of("id", "example.com", "origin", "https://pve.example.com", "rp", "Lab")));
        assertThat(files.digests()).containsOnlyKeys("user.cfg", "domains.cfg", "datacenter.cfg");
        assertThat(files.mayHaveGuest(100)).isTrue();
        assertThat(files.mayHaveGuest(101)).isFalse();
    }

    @Test
    void aFreshNodeHasNoneOfTheFiles() throws Exception {
        AccessFiles files = read(AccessFiles.PROBE);
        assertThat(files.config().users().keySet()).containsExactly("root@pam");
        assertThat(files.realms().keySet()).containsExactly("pam", "pve");
        assertThat(files.factors()).isEqualTo(Reading.known(new SecondFactors(java.util.Map.of())));
        assertThat(files.secrets()).isEqualTo(Reading.known(new java.util.TreeSet<>()));
        assertThat(files.digests()).containsEntry("user.cfg", "absent");
    }

    @Test
    void aBrokenFileOfSecondFactorsIsUnknownAndKeepsItsText() throws Exception {
        write("etc/pve/priv/tfa.cfg", "{\"users\":{\"root@pam\": PLANTED-SECRET");
        assertThat(read(AccessFiles.PROBE).factors()).isInstanceOf(Reading.Unknown.class);
        write("etc/pve/priv/tfa.cfg", "root@pam:oath:SlBCU1dZM0RQRUhQSzNQWFA=\n");
        assertThat(read(AccessFiles.PROBE).factors())
                .isEqualTo(Reading.known(new SecondFactors(java.util.Map.of(
                        "root@pam",
                        new SecondFactors.OfUser(List.of(new SecondFactors.Factor("totp", true, 0, 1)), false, 0)))));
    }

    @Test
    void withoutTheClusterFileSystemNothingIsKnown() throws Exception {
        Files.delete(root.resolve("etc/pve/local"));
        assertThat(((Probe.Command<AccessFiles>) AccessFiles.PROBE).parse().apply(run(AccessFiles.PROBE)))
                .isInstanceOf(Reading.Unknown.class);
    }

    @Test
    void theGenuineFilesAreTheSameAfterTheNodeReducedThem() throws Exception {
        String genuine = PermissionsTest.recorded("pve8/user-cfg.txt");
        write("etc/pve/user.cfg", genuine);
        write("etc/pve/domains.cfg", PermissionsTest.recorded("pve8/domains-cfg.txt"));
        AccessFiles files = read(AccessFiles.PROBE);
        assertThat(files.config()).isEqualTo(UserConfig.parse(genuine, Privileges.PVE_8));
        assertThat(files.realm("ldap1").orElseThrow().mode()).isEqualTo("ldap");
    }

    @Test
    void theLogIsCountedByUserAddressAndDay() throws Exception {
        write("var/log/pveproxy/access.log", """
                ::ffff:172.17.0.5 - svc@pve!restic [21/11/2026:23:13:59 +0000] "GET /api2/json/nodes HTTP/1.1" 200 586
                ::ffff:172.17.0.5 - svc@pve!restic [21/11/2026:23:14:59 +0000] "GET /api2/json/cluster/status HTTP/1.1" 403 -
                ::ffff:172.17.0.9 - - [21/11/2026:23:13:47 +0000] "GET /api2/json/version HTTP/1.1" 401 -
                2001:db8::1 - root@pam [22/11/2026:01:00:00 +0000] "POST /api2/json/x HTTP/1.1" 200 5
                nonsense
                ::ffff:1.2.3.4 - a\tb@pve [22/11/2026:01:00:00 +0000] "GET / HTTP/1.1" 200 5
                ::ffff:1.2.3.4 - x@pve [99/99/2026:01:00:00 +0000] "GET / HTTP/1.1" 200 5
                """);
        Files.createDirectories(root.resolve("var/log/pveproxy"));
        try (var packed =
                new GZIPOutputStream(Files.newOutputStream(root.resolve("var/log/pveproxy/access.log.2.gz")))) {
            packed.write("10.0.0.1 - root@pam [20/11/2026:08:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        AccessLog log = read(AccessLog.PROBE);
        assertThat(log.uses())
                .containsExactlyInAnyOrder(
                        new AccessLog.Use(
                                "svc@pve!restic",
                                "172.17.0.5",
                                java.time.LocalDate.of(2026, 11, 21),
                                2,
                                1,
                                "23:13:59",
                                "23:14:59"),
                        new AccessLog.Use(
                                "-", "172.17.0.9", java.time.LocalDate.of(2026, 11, 21), 1, 1, "23:13:47", "23:13:47"),
                        new AccessLog.Use(
                                "root@pam",
                                "2001:db8::1",
                                java.time.LocalDate.of(2026, 11, 22),
                                1,
                                0,
                                "01:00:00",
                                "01:00:00"),
                        new AccessLog.Use(
                                "root@pam",
                                "10.0.0.1",
                                java.time.LocalDate.of(2026, 11, 20),
                                1,
                                0,
                                "08:00:00",
                                "08:00:00"));
        assertThat(log.since()).hasValue(java.time.LocalDate.of(2026, 11, 20));
        assertThat(log.lastUse())
                .containsEntry("root@pam", java.time.LocalDate.of(2026, 11, 22))
                .containsKey("svc@pve!restic");
    }

    @Test
    void aLogThatCannotBeReadIsUnknown() throws Exception {
        Probe.Command<AccessLog> probe = (Probe.Command<AccessLog>) AccessLog.PROBE;
        assertThat(probe.parse().apply(run(probe))).isInstanceOf(Reading.Unknown.class);
        write("var/log/pveproxy/access.log", "");
        write("var/log/pveproxy/access.log.2.gz", "not packed");
        assertThat(probe.parse().apply(run(probe))).isInstanceOf(Reading.Unknown.class);
    }
}
