package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.lab.container.Release;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code holdfast token} on systems of their own: what is said of a token is what its API says. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealTokenTest {

    /** A user for each test; all but {@code ci@pve} and {@code bare@pve} have a right that a token can share. */
    private static final String USER_CFG = """
            user:root@pam:1:0::::::
            user:bare@pve:1:0::::::
            user:ci@pve:1:0::::::
            user:diag@pve:1:0::::::
            user:off@pve:1:0::::::
            user:rev@pve:1:0::::::
            user:rot@pve:1:0::::::
            user:trace@pve:1:0::::::

            pool:web::100,101::

            acl:1:/pool/web:diag@pve,off@pve,rev@pve,rot@pve,trace@pve:PVEVMUser:
            """;

    private static final String DESCRIBED = "--comment 'owner=ops purpose=test created=2026-10-01'";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private RealCluster cluster;

    @BeforeAll
    void start() {
        cluster = RealCluster.start(3, Release.BOOKWORM);
        cluster.shortenDelays();
        cluster.access(USER_CFG);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    // ------------------------------------------------------------------ how it is asked

    private Invocation run(RealCluster asked, String... more) {
        try {
            Path inventory = Files.writeString(directory.resolve("ops.yml"), asked.inventory("ops"));
            Path config = Files.writeString(
                    directory.resolve("ssh_config"),
                    "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n".formatted(asked.knownHosts()));
            List<String> words = new ArrayList<>(List.of("token"));
            words.addAll(List.of(more));
            words.addAll(List.of("-i", inventory.toString(), "-F", config.toString(), "--timeout", "8"));
            return Invocation.of(words.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that was said, as one line, where it ended as it should. */
    private String says(int code, String... more) {
        Invocation said = run(cluster, more);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return (said.out() + said.err()).strip().replaceAll("\\s+", " ");
    }

    private String[] create(String id, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "create",
                id,
                "--role",
                "PVEVMUser",
                "--path",
                "/pool/web",
                "--owner",
                "ops",
                "--purpose",
                "a test",
                "--expires",
                "30d"));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }

    private RealNode first() {
        return cluster.node("pve1");
    }

    private String users() {
        return first().readFile("/etc/pve/user.cfg");
    }

    private String secrets() {
        return first().readFile("/etc/pve/priv/token.cfg");
    }

    private static String shown(String id, String secret) {
        return "PVEAPIToken=" + id + "=" + secret;
    }

    private static int version(RealNode node, String id, String secret) {
        return node.ask(shown(id, secret), "GET", "/version").status();
    }

    private String made(String user, String name, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add(DESCRIBED);
        String secret = cluster.token(user, name, all.toArray(String[]::new));
        first().sh("pveum acl modify /pool/web --tokens '%s!%s' --roles PVEVMUser".formatted(user, name));
        return secret;
    }

    private static String in(int days) {
        return "--expire " + Instant.now().plusSeconds(days * 86_400L).getEpochSecond();
    }

    private Path kept(String name, String secret) throws IOException {
        return Files.writeString(directory.resolve(name), secret + "\n");
    }

    // ------------------------------------------------------------------ making

    /** Writes down every argument and environment of every process of a node, as fast as it can. */
    private static void watchProcesses(RealNode node) {
        node.writeFile("/root/watch", """
                exec >/root/seen 2>/dev/null
                while [ ! -e /root/enough ]; do
                    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ
                done | tr '\\0' '\\n' | LC_ALL=C awk '!seen[$0]++'
                touch /root/watched
                """);
        node.sh("rm -f /root/enough /root/watched; setsid sh /root/watch </dev/null >/dev/null 2>&1 &");
    }

    private static String watched(RealNode node) {
        node.sh("touch /root/enough");
        node.await("done with watching", "[ -e /root/watched ]");
        return node.readFile("/root/seen");
    }

    @Test
    void aTokenIsMadeProvedAndHandedOver() throws IOException {
        String before = users();
        Path file = directory.resolve("deploy.secret");
        assertThat(says(4, create("ci@pve!deploy", "--secret-file", file.toString())))
                .contains(
                        "nothing was changed",
                        "ci@pve lacks on /pool/web: ",
                        "VM.PowerMgmt",
                        "pveum acl modify '/pool/web' --users 'ci@pve' --roles 'PVEVMUser'");
        assertThat(users()).isEqualTo(before);
        assertThat(file).doesNotExist();

        first().sh("pveum acl modify /pool/web --users ci@pve --roles PVEVMUser");
        cluster.nodes().forEach(RealTokenTest::watchProcesses);
        assertThat(says(0, create("ci@pve!deploy", "--secret-file", file.toString())))
                .contains(
                        "made ci@pve!deploy",
                        "200 for /version, asked of pve1, pve2, pve3",
                        "403 for /cluster/status, for which it lacks Sys.Audit on /");
        String secret = Files.readString(file).strip();
        assertThat(UUID.fromString(secret)).hasToString(secret);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        for (RealNode node : cluster.nodes()) {
            String seen = watched(node);
            // It looked where the secret was used, so it would have seen it.
            assertThat(seen).contains("\ns_client\n");
            assertThat(seen).doesNotContain(secret);
            assertThat(version(node, "ci@pve!deploy", secret)).isEqualTo(200);
        }
        assertThat(users()).contains("token:ci@pve!deploy:", "owner=ops");

        assertThat(says(0, "list"))
                .contains("ci@pve!deploy owner ops; for a test; expires on", "PVEVMUser on /pool/web");
        assertThat(says(0, "verify", "ci@pve!deploy", "--secret-from", file.toString()))
                .contains("200 for the version", "pve1, pve2, pve3", "403 for /cluster/status");
        assertThat(says(
                        1,
                        "verify",
                        "ci@pve!deploy",
                        "--secret-from",
                        kept("wrong", UUID.randomUUID().toString()).toString()))
                .contains("pve1 answered 401", "pve2 answered 401", "pve3 answered 401");
    }

    @Test
    void aSecretThatDoesNotArriveLeavesNoToken() throws IOException, InterruptedException {
        Path vault = directory.resolve("vault");
        assertThat(says(
                        0,
                        create(
                                "rev@pve!vault",
                                "--secret-command",
                                "umask 077; { echo \"$HOLDFAST_TOKEN\"; cat; } > '%s'".formatted(vault))))
                .contains("handed to the command");
        List<String> handed = Files.readAllLines(vault);
        assertThat(handed).hasSize(2).first().isEqualTo("rev@pve!vault");
        assertThat(version(first(), "rev@pve!vault", handed.get(1))).isEqualTo(200);

        String usersBefore = users();
        String secretsBefore = secrets();
        assertThat(says(4, create("rev@pve!lost", "--secret-command", "cat >/dev/null; exit 1")))
                .contains("the command ended with 1", "the token rev@pve!lost is not there");
        assertThat(users()).isEqualTo(usersBefore);
        assertThat(secrets()).isEqualTo(secretsBefore);

        Path away = Files.createDirectory(directory.resolve("away"));
        Thread thief = Thread.ofPlatform().start(() -> {
            first().await("made", "grep -q 'rev@pve!lost' /etc/pve/user.cfg");
            try {
                Files.delete(away);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(says(
                        4,
                        create(
                                "rev@pve!lost",
                                "--secret-file",
                                away.resolve("lost.secret").toString())))
                .contains("the secret could not be handed over", "the token rev@pve!lost is not there");
        thief.join();
        assertThat(users()).isEqualTo(usersBefore);
        assertThat(secrets()).isEqualTo(secretsBefore);
    }

    @Test
    void aMemberWhoseApiIsDownIsNamedAndHoldsUpNothing() {
        RealNode down = cluster.node("pve2");
        down.stopProxy();
        try {
            assertThat(says(
                            0,
                            create(
                                    "diag@pve!two",
                                    "--secret-file",
                                    directory.resolve("two.secret").toString())))
                    .contains("200 for /version, asked of pve1, pve3; not told by pve2: ");
        } finally {
            down.sh("systemctl start pveproxy");
            down.awaitReady();
        }
    }

    @Test
    void withoutQuorumNothingIsChanged() {
        made("rev@pve", "stays", in(30));
        cluster.node("pve3").stopCorosync();
        try {
            first().await("two left", "corosync-quorumtool -s | grep -q '^Nodes: *2$'");
            // The last two members that make a quorum: a write costs none of them.
            made("rev@pve", "urgent", in(30));
            assertThat(says(0, "revoke", "rev@pve!urgent", "--yes", "--watch", "0"))
                    .contains("revoked rev@pve!urgent in");
            String before = users();
            cluster.node("pve2").stopCorosync();
            first().awaitNotQuorate();
            String file = directory.resolve("none.secret").toString();
            assertThat(says(4, create("rev@pve!none", "--secret-file", file))).contains("nothing was changed");
            assertThat(says(4, "revoke", "rev@pve!stays", "--yes")).contains("nothing was changed");
            assertThat(says(4, "rotate", "rev@pve!stays", "--secret-file", file))
                    .contains("nothing was changed");
            assertThat(says(4, "drill")).contains("nothing was changed");
            assertThat(users()).isEqualTo(before);
            assertThat(Path.of(file)).doesNotExist();
        } finally {
            cluster.node("pve2").startCorosync();
            cluster.node("pve3").startCorosync();
            cluster.nodes().forEach(RealNode::awaitQuorate);
        }
    }

    // ------------------------------------------------------------------ rotating

    @Test
    void aRotationEndsWhenTheNewTokenIsUsedByItsUsers() throws IOException {
        String old = made("rot@pve", "ci", in(30));
        assertThat(version(first(), "rot@pve!ci", old)).isEqualTo(200);
        Path file = directory.resolve("r2.secret");
        assertThat(says(0, "rotate", "rot@pve!ci", "--secret-file", file.toString()))
                .contains("made rot@pve!ci-r2", "PVEVMUser on /pool/web", "rot@pve!ci works as before");
        assertThat(users()).contains("rotated=", "replaces=ci");
        String next = Files.readString(file).strip();

        assertThat(says(1, "rotate", "rot@pve!ci")).contains("rot@pve!ci-r2 was not used yet", "not yet");
        // What holdfast asks of a node itself is nobody's use.
        says(0, "verify", "rot@pve!ci-r2", "--secret-from", file.toString());
        assertThat(says(1, "rotate", "rot@pve!ci")).contains("rot@pve!ci-r2 was not used yet");
        assertThat(version(first(), "rot@pve!ci", old)).isEqualTo(200);

        assertThat(version(cluster.node("pve3"), "rot@pve!ci-r2", next)).isEqualTo(200);
        assertThat(says(0, "rotate", "rot@pve!ci"))
                .contains("rot@pve!ci-r2 is used (last", "revoked rot@pve!ci in", "gone on pve1, pve2, pve3");
        for (RealNode node : cluster.nodes()) {
            assertThat(version(node, "rot@pve!ci", old)).isEqualTo(401);
            assertThat(version(node, "rot@pve!ci-r2", next)).isEqualTo(200);
        }
        assertThat(users()).contains("token:rot@pve!ci-r2:").doesNotContain("rot@pve!ci:", "replaces=");
        assertThat(secrets()).doesNotContain(old);
        assertThat(first().ask(shown("rot@pve!ci-r2", next), "GET", "/nodes/pve1/qemu/100/config")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aTokenThatIsStillUsedGoesOnlyWithFinish() throws IOException, InterruptedException {
        String old = made("rot@pve", "busy", in(30));
        Path file = directory.resolve("busy.secret");
        assertThat(says(2, "rotate", "rot@pve!busy", "--finish")).contains("was not begun");
        says(0, "rotate", "rot@pve!busy", "--secret-file", file.toString());
        String next = Files.readString(file).strip();
        assertThat(version(first(), "rot@pve!busy-r2", next)).isEqualTo(200);
        // The log counts whole seconds.
        Thread.sleep(1500);
        assertThat(version(first(), "rot@pve!busy", old)).isEqualTo(200);
        assertThat(says(1, "rotate", "rot@pve!busy"))
                .contains("but so is rot@pve!busy still, from " + cluster.controller(), "--finish");
        assertThat(says(0, "rotate", "rot@pve!busy", "--finish")).contains("revoked rot@pve!busy in");
        assertThat(version(first(), "rot@pve!busy", old)).isEqualTo(401);
        assertThat(version(first(), "rot@pve!busy-r2", next)).isEqualTo(200);
    }

    // ------------------------------------------------------------------ containing

    @Test
    void whoGoesOnTryingARevokedTokenIsNamed() throws InterruptedException {
        String secret = made("rev@pve", "leaked", in(30));
        assertThat(version(first(), "rev@pve!leaked", secret)).isEqualTo(200);
        AtomicBoolean trying = new AtomicBoolean(true);
        Thread client = Thread.ofPlatform().start(() -> {
            while (trying.get()) {
                version(cluster.node("pve2"), "rev@pve!leaked", secret);
            }
        });
        try {
            assertThat(says(1, "revoke", "rev@pve!leaked", "--yes", "--watch", "8s"))
                    .contains(
                            "revoked rev@pve!leaked in",
                            "gone on pve1, pve2, pve3",
                            "refused: a call from %s, from where it was used before".formatted(cluster.controller()),
                            "refused from %s (used it before)".formatted(cluster.controller()));
        } finally {
            trying.set(false);
            client.join();
        }
        assertThat(users()).doesNotContain("token:rev@pve!leaked:");
        // Its ACL entry counts for nothing, and is gone with the next change of any kind.
        first().sh("pveum user modify rev@pve --comment leaked");
        assertThat(users()).doesNotContain("rev@pve!leaked");
        assertThat(says(2, "revoke", "rev@pve!leaked", "--yes")).contains("no token rev@pve!leaked");
    }

    @Test
    void aTraceTellsCallsAndTasks() {
        String secret = made("trace@pve", "bot", in(30));
        String credential = shown("trace@pve!bot", secret);
        assertThat(first().ask(credential, "POST", "/nodes/pve1/qemu/100/status/start")
                        .status())
                .isEqualTo(200);
        assertThat(cluster.node("pve3")
                        .ask(credential, "GET", "/cluster/status")
                        .status())
                .isEqualTo(403);
        assertThat(says(0, "trace", "trace@pve!bot"))
                .contains(
                        "trace@pve!bot: 2 calls and 1 tasks",
                        "2 calls from " + cluster.controller(),
                        "1 calls refused with 403",
                        "pve1 200 POST /api2/json/nodes/pve1/qemu/100/status/start",
                        "pve1 OK task qmstart 100",
                        "pve3 403 GET /api2/json/cluster/status");
    }

    @Test
    void aDrillTimesEveryMemberAndLeavesNothing() {
        // Whatever is left of other tests goes with this.
        first().sh("pveum user modify root@pam --comment drill");
        String before = users();
        assertThat(says(0, "drill"))
                .contains("made root@pam!holdfast-drill-", "revoked root@pam!holdfast-drill-")
                .containsPattern("pve1: refused it [0-9.]+ s after the order")
                .containsPattern("pve2: refused it [0-9.]+ s after the order")
                .containsPattern("pve3: refused it [0-9.]+ s after the order");
        assertThat(users()).isEqualTo(before);
    }

    // ------------------------------------------------------------------ diagnosing

    /** What each step came to. */
    private Map<String, String> diagnosed(int code, String id, String... more) {
        List<String> words = new ArrayList<>(List.of("diagnose", id, "--format", "json"));
        words.addAll(List.of(more));
        Invocation said = run(cluster, words.toArray(String[]::new));
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        Map<String, String> steps = new LinkedHashMap<>();
        for (JsonNode step : said.json().get("steps")) {
            steps.put(
                    step.get("step").asString(),
                    step.get("state").asString() + " " + step.get("because").asString());
        }
        return steps;
    }

    @Test
    void aTokenThatWorksIsToldToWork() throws IOException {
        String secret = made("diag@pve", "works", in(30));
        Map<String, String> steps = diagnosed(
                0,
                "diag@pve!works",
                "--privilege",
                "VM.PowerMgmt",
                "--path",
                "/vms/100",
                "--secret-from",
                kept("works", secret).toString());
        assertThat(steps.values()).hasSize(9).allMatch(step -> step.startsWith("right"));
        assertThat(diagnosed(
                        1,
                        "diag@pve!works",
                        "--path",
                        "/vms/4711",
                        "--secret-from",
                        kept("works", secret).toString()))
                .containsEntry("path", "wrong there is no guest 4711 in this cluster")
                .hasEntrySatisfying("authentication", step -> assertThat(step).startsWith("right"));
        assertThat(diagnosed(
                        1,
                        "diag@pve!works",
                        "--secret-from",
                        kept("wrong", UUID.randomUUID().toString()).toString()))
                .hasEntrySatisfying("token", step -> assertThat(step).startsWith("right"))
                .hasEntrySatisfying(
                        "authentication",
                        step -> assertThat(step)
                                .startsWith("wrong pve1: a call with the given secret")
                                .contains("401"));
    }

    @Test
    void whatKeepsATokenOutIsNamed() {
        made("diag@pve", "over", in(-3));
        assertThat(diagnosed(1, "diag@pve!over"))
                .hasEntrySatisfying("token", step -> assertThat(step).startsWith("wrong it expired on 20"));
        made("diag@pve", "unborn", "--expire 31536000");
        assertThat(diagnosed(1, "diag@pve!unborn").get("token"))
                .startsWith("wrong it expired on 1971-01-01: it was born expired");
        made("off@pve", "ci", in(30));
        first().sh("pveum user modify off@pve --enable 0");
        assertThat(diagnosed(1, "off@pve!ci").get("token"))
                .isEqualTo("wrong its user off@pve is disabled: none of its tokens is let in");
        made("diag@pve", "empty", in(30));
        first().sh(
                        "grep -v '^diag@pve!empty ' /etc/pve/priv/token.cfg >/root/left; cat /root/left >/etc/pve/priv/token.cfg");
        assertThat(diagnosed(1, "diag@pve!empty").get("token"))
                .isEqualTo("wrong token.cfg has no secret for it: nobody can be let in with it");
        assertThat(diagnosed(1, "diag@pve!nosuch").get("token"))
                .startsWith("wrong diag@pve has no token named nosuch; it has ");
    }

    @Test
    void whatItsUserLacksATokenLacks() throws IOException {
        String secret = made("bare@pve", "ci", in(30));
        assertThat(diagnosed(
                        1,
                        "bare@pve!ci",
                        "--privilege",
                        "VM.PowerMgmt",
                        "--path",
                        "/vms/100",
                        "--secret-from",
                        kept("bare", secret).toString()))
                .hasEntrySatisfying("authentication", step -> assertThat(step).startsWith("right"))
                .hasEntrySatisfying("authorization", step -> assertThat(step).startsWith("wrong"))
                .hasEntrySatisfying(
                        "privilege separation",
                        step -> assertThat(step)
                                .startsWith("wrong PVEVMUser on /pool/web")
                                .contains("bare@pve lacks that there"));
    }

    @Test
    void aStoppedProxyIsNamed() throws IOException {
        String secret = made("diag@pve", "proxy", in(30));
        RealNode down = cluster.node("pve2");
        down.stopProxy();
        try {
            assertThat(diagnosed(
                            1,
                            "diag@pve!proxy",
                            "--secret-from",
                            kept("proxy", secret).toString()))
                    .containsEntry("API reachable", "wrong pve2: nothing listens on port 8006")
                    .containsEntry("services", "wrong pve2: pveproxy.service is inactive")
                    .hasEntrySatisfying(
                            "authentication", step -> assertThat(step).startsWith("unknown pve2:"));
        } finally {
            down.sh("systemctl start pveproxy");
            down.awaitReady();
        }
    }

    // ------------------------------------------------------------------ the next release

    @Test
    void proxmoxVe9DoesTheSame() throws IOException {
        RealCluster members = cluster;
        try (RealCluster nine = RealCluster.standalone(1, Release.TRIXIE)) {
            cluster = nine;
            nine.shortenDelays();
            nine.access(USER_CFG);
            Path file = directory.resolve("nine.secret");
            assertThat(says(0, create("diag@pve!nine", "--secret-file", file.toString())))
                    .contains("made diag@pve!nine", "200 for /version", "403 for /cluster/status");
            assertThat(diagnosed(0, "diag@pve!nine", "--secret-from", file.toString())
                            .get("authentication"))
                    .startsWith("right");
            Path next = directory.resolve("nine-r2.secret");
            says(0, "rotate", "diag@pve!nine", "--secret-file", next.toString());
            assertThat(says(1, "rotate", "diag@pve!nine")).contains("was not used yet");
            String secret = Files.readString(next).strip();
            assertThat(version(first(), "diag@pve!nine-r2", secret)).isEqualTo(200);
            assertThat(says(0, "rotate", "diag@pve!nine")).contains("revoked diag@pve!nine in", "gone on pve1");
            assertThat(says(0, "revoke", "diag@pve!nine-r2", "--yes", "--watch", "0"))
                    .contains("gone on pve1");
            assertThat(version(first(), "diag@pve!nine-r2", secret)).isEqualTo(401);
            assertThat(says(0, "drill")).containsPattern("pve1: refused it [0-9.]+ s after the order");
            assertThat(says(0, "list")).contains("0 tokens");
        } finally {
            cluster = members;
        }
    }
}
