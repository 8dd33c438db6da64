package holdfast.cli;

import static holdfast.cli.TokenNodes.with;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import holdfast.lab.embedded.PracticeNode.Exchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No secret of a node leaves it, whatever holdfast is asked: not over the connection, not into what it prints, its
 * reports, its journals. And a secret that it makes itself is in three places only: the answer that brings it, the
 * scripts that prove it, and the sink.
 */
final class SecretsStayTest {

    /** Where Proxmox VE keeps secrets, beside those of {@link LargeAccess}. */
    private static final Map<String, String> PLANTED = Map.ofEntries(
            Map.entry("/etc/pve/priv/storage/backup.pw", "%s\n"),
            Map.entry("/etc/pve/priv/storage/share.pw", "password=%s\n"),
            Map.entry("/etc/pve/priv/storage/keys.enc", "{\"data\":\"%s\"}\n"),
            Map.entry("/etc/pve/priv/realm/ldap.pw", "%s\n"),
            Map.entry("/etc/pve/priv/authkey.key", "-----BEGIN RSA PRIVATE KEY-----\n%s\n"),
            Map.entry("/etc/pve/priv/pve-root-ca.key", "-----BEGIN PRIVATE KEY-----\n%s\n"),
            Map.entry("/etc/pve/priv/notifications.cfg", "smtp: mail\n\tpassword %s\n"),
            Map.entry("/etc/pve/priv/acme/default", "{\"key\":\"%s\"}\n"),
            Map.entry("/etc/pve/local/pve-ssl.key", "-----BEGIN PRIVATE KEY-----\n%s\n"),
            Map.entry("/etc/corosync/authkey", "%s"),
            Map.entry("/etc/shadow", "root:$y$%s:20000:0:99999:7:::\n"),
            Map.entry("/root/.ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"),
            Map.entry("/state/journal", "pvedaemon[1]: authentication failure; rhost=::ffff:192.0.2.9 user=%s@pam\n"));

    private static final String ID = "svc-01@pve!fresh";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private PracticeCluster cluster;

    private final Map<String, Invocation> said = new LinkedHashMap<>();

    @BeforeAll
    static void needs() {
        TokenNodes.assumePerl();
    }

    @BeforeEach
    void remember() throws IOException {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
        cluster = TokenNodes.start(3).access(LargeAccess.at(Instant.now(), 8));
        PLANTED.forEach((path, text) -> cluster.share(path, text.formatted(LargeAccess.SECRET)));
        for (PracticeNode node : cluster.nodes()) {
            // Very old seeds of second factors, a line that nobody knows, and a field too many.
            node.file("/etc/pve/user.cfg", node.read("/etc/pve/user.cfg") + """
                                    user:olaf.oldkeys@pve:1:0:::::%1$s-keys:
                                    user:otto.overlong@pve:1:0:::::x:%1$s-field:
                                    token:svc-01@pve!main:0:1:ci:%1$s-field:
                                    secret:svc-01@pve!main:%1$s-line:
                                    %1$s-no-line-at-all
                                    """.formatted(LargeAccess.SECRET))
                    .file("/etc/pve/domains.cfg", node.read("/etc/pve/domains.cfg") + """
                                    ldap: staff
                                    \tserver1 ldap.example.invalid
                                    \tbase_dn dc=example
                                    \tbind_dn cn=%1$s-dn
                                    \tpassword %1$s-ldap
                                    \ttfa type=yubico,id=1,key=%1$s-yubico,url=https://%1$s-url/

                                    """.formatted(LargeAccess.SECRET))
                    .file(
                            "/etc/pve/storage.cfg",
                            "dir: local\n\tpath /var/lib/vz\n\ncifs: share\n\tpassword %s-storage\n"
                                    .formatted(LargeAccess.SECRET))
                    .file(
                            "/etc/pve/datacenter.cfg",
                            node.read("/etc/pve/datacenter.cfg")
                                    + "http_proxy: http://me:%s-proxy@proxy.example.invalid\n"
                                            .formatted(LargeAccess.SECRET))
                    .file(
                            "/var/log/pveproxy/access.log",
                            node.read("/var/log/pveproxy/access.log")
                                    + "::ffff:192.0.2.7 - svc-01@pve!main [01/10/2026:10:00:00 +0000] \"GET /api2/json/x?vncticket=%s-query HTTP/1.1\" 200 5\n"
                                            .formatted(LargeAccess.SECRET))
                    .record();
        }
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
        cluster.close();
    }

    private Invocation run(String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        if (!words[0].equals("history")) {
            all.addAll(with(cluster));
        }
        Invocation one = Invocation.of(all.toArray(String[]::new));
        said.put(said.size() + " " + String.join(" ", words), one);
        return one;
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private void everythingThatReads() throws IOException {
        assertThat(run("scan", "-v", "--fail-on", "critical").out()).contains("svc-02@pve!full");
        run("scan", "--checks", "access.*", "--format", "json", "--report", "json=" + file("scan.json"));
        run("quorum", "--plan");
        run("fix", "--check", "--diff");
        run("fix", "--check", "--diff", "--format", "json", "--report", "json=" + file("plan.json"));
        for (String format : List.of("console", "json")) {
            run("access", "can", "svc-01@pve!main", "VM.Audit", "/pool/lab", "--format", format);
        }
        for (String format : List.of("console", "json", "csv", "html")) {
            run("access", "matrix", "--format", format);
            run("access", "matrix", "--effective", "--format", format, "-o", file("matrix." + format));
        }
        assertThat(run("access", "export", "-o", file("access.yml")).code()).isZero();
        run("access", "export", "--format", "json");
        Path list = directory.resolve("access.yml");
        Files.writeString(directory.resolve("other.yml"), Files.readString(list).replace("svc-02@pve", "svc-77@pve"));
        for (String format : List.of("console", "json", "csv")) {
            run("access", "diff", "--policy", list.toString(), "--format", format);
            run("access", "diff", "--policy", file("other.yml"), "--format", format, "-o", file("diff." + format));
        }
        for (String format : List.of("console", "json")) {
            assertThat(run("token", "list", "--format", format).out()).contains("svc-01@pve!main");
            assertThat(run("token", "trace", "svc-01@pve!main", "--format", format)
                            .out())
                    .contains("GET /api2/json/x?...");
            run("token", "trace", "root@pam", "--format", format);
            run("token", "diagnose", "svc-01@pve!main", "--path", "/pool/lab", "--format", format);
            run("token", "diagnose", "svc-11@pve!secretless", "--format", format);
        }
    }

    /** Makes tokens, uses them, and lets some of it fail; the secrets that came to be. */
    private List<String> everythingThatChanges() throws IOException {
        List<String> secrets = new ArrayList<>();
        String[] made = TokenNodes.create(ID, "--secret-file", file("sink-1"));
        made[List.of(made).indexOf("PVEVMUser")] = "Operate";
        made[List.of(made).indexOf("/pool/production")] = "/pool/lab";
        assertThat(run(Stream.concat(Stream.of("token"), Stream.of(made)).toArray(String[]::new))
                        .code())
                .isZero();
        secrets.add(Files.readString(directory.resolve("sink-1")).strip());
        String wrong = UUID.randomUUID().toString();
        Files.writeString(directory.resolve("sink-wrong"), wrong);
        secrets.add(wrong);
        for (String sink : List.of("sink-1", "sink-wrong")) {
            run("token", "verify", ID, "--secret-from", file(sink));
            for (String format : List.of("console", "json")) {
                run("token", "diagnose", ID, "--secret-from", file(sink), "--format", format);
            }
        }
        // One that does not arrive: the command keeps it, and then fails.
        assertThat(run(
                                "token",
                                "rotate",
                                "svc-03@pve!main",
                                "--secret-command",
                                "cat > '%s'; exit 1".formatted(file("sink-lost")))
                        .code())
                .isEqualTo(4);
        secrets.add(Files.readString(directory.resolve("sink-lost")).strip());
        assertThat(run("token", "rotate", ID, "--secret-file", file("sink-2")).code())
                .isZero();
        secrets.add(Files.readString(directory.resolve("sink-2")).strip());
        assertThat(run("token", "rotate", ID).code()).isEqualTo(1);
        assertThat(run("token", "rotate", ID, "--finish").code()).isZero();
        assertThat(run("token", "revoke", ID + "-r2", "--yes", "--watch", "3s").code())
                .isZero();
        assertThat(run("token", "drill").code()).isZero();
        // The drill keeps its secret to itself: it is in the node's answer alone.
        cluster.nodes().stream()
                .flatMap(node -> node.exchanges().stream())
                .filter(SecretsStayTest::makes)
                .forEach(exchange ->
                        secrets.add(exchange.printed().replaceAll("(?s).*\"value\":\"([0-9a-f-]{36})\".*", "$1")));
        assertThat(run(
                                "fix",
                                "--yes",
                                "--confirm-timeout",
                                "15",
                                "--checks",
                                "access.*",
                                "--report",
                                "json=" + file("fix.json"))
                        .out())
                .containsPattern("changed: +cluster practice");
        run("fix", "--yes", "--confirm-timeout", "15", "--checks", "sshd.*,time.*");
        String history = run("history").out();
        run("history", "--format", "json");
        for (String id : history.lines()
                .flatMap(line -> Stream.of(line.strip().split("\\s+")))
                .filter(word -> word.matches("\\d{8}T\\d{6}Z-[0-9a-f]{6}"))
                .toList()) {
            assertThat(run("history", id).code()).isZero();
            run("history", id, "--format", "json");
            run("undo", id, "--yes", "--confirm-timeout", "15");
        }
        return secrets.stream().distinct().toList();
    }

    private static boolean makes(Exchange exchange) {
        return exchange.input().contains("pveum user token add ");
    }

    @Test
    void noSecretLeavesItsPlace() throws IOException {
        everythingThatReads();
        List<String> made = everythingThatChanges();
        // The looks below look at something.
        assertThat(made).hasSizeGreaterThanOrEqualTo(5).allMatch(secret -> secret.matches("[0-9a-f-]{36}"));
        assertThat(cluster.nodes()).allSatisfy(node -> {
            assertThat(node.read("/etc/pve/priv/token.cfg")).contains(LargeAccess.SECRET);
            assertThat(node.exchanges()).anyMatch(exchange -> exchange.printed().contains("svc-01@pve!main"));
        });

        List<String> secrets = new ArrayList<>(made);
        secrets.add(LargeAccess.SECRET);
        printed(secrets);
        written(secrets);
        for (PracticeNode node : cluster.nodes()) {
            kept(node, made);
            sent(node, made);
        }
    }

    /** Both streams of every command. */
    private void printed(List<String> secrets) {
        said.forEach((command, one) -> {
            for (String secret : secrets) {
                assertThat(one.out()).as("standard output of " + command).doesNotContain(secret);
                assertThat(one.err()).as("standard error of " + command).doesNotContain(secret);
                assertThat(command).doesNotContain(secret);
            }
        });
    }

    /** Journals, reports, lists: every file but the sinks. */
    private void written(List<String> secrets) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("sink-"))
                    .toList();
        }
        assertThat(files).anyMatch(file -> file.startsWith(directory.resolve("state")));
        for (Path file : files) {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            for (String secret : secrets) {
                assertThat(text).as(file.toString()).doesNotContain(secret);
            }
        }
    }

    /** On the node a token's secret is where Proxmox VE keeps it, and what a fix keeps there is root's alone. */
    private static void kept(PracticeNode node, List<String> made) {
        node.snapshot().forEach((path, content) -> {
            if (!path.startsWith("/etc/pve/priv/")) {
                for (String secret : made) {
                    assertThat(content).as(node.name() + " " + path).doesNotContain(secret);
                }
            }
            if (path.startsWith("/var/lib/holdfast/") && content.contains(LargeAccess.SECRET)) {
                assertThat(content).as(node.name() + " " + path).startsWith("rw------- ");
            }
        });
    }

    private static List<String> lines(String text, String secret) {
        return text.lines().filter(line -> line.contains(secret)).toList();
    }

    /** What went over the connections. */
    private static void sent(PracticeNode node, List<String> made) {
        for (Exchange exchange : node.exchanges()) {
            for (String text : List.of(exchange.line(), exchange.input(), exchange.printed())) {
                assertThat(lines(text, LargeAccess.SECRET)).as(node.name()).isEmpty();
            }
            for (String secret : made) {
                // The command line is what ps(1) shows on the node.
                assertThat(exchange.line()).doesNotContain(secret);
                if (!makes(exchange)) {
                    assertThat(lines(exchange.printed(), secret))
                            .as(exchange.input())
                            .isEmpty();
                }
                if (exchange.input().contains(secret)) {
                    // In a shell's own variable, which its own printf puts on the way to openssl's standard input.
                    assertThat(lines(exchange.input(), secret))
                            .singleElement()
                            .asString()
                            .startsWith("token='");
                    assertThat(lines(exchange.input(), "$token"))
                            .singleElement()
                            .asString()
                            .startsWith("printf ");
                }
            }
        }
    }
}
