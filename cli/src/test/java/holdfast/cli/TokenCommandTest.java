package holdfast.cli;

import static holdfast.cli.TokenNodes.says;
import static holdfast.cli.TokenNodes.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import holdfast.lab.access.HealthyAccess;
import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import holdfast.report.TokenReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** {@code holdfast token} against embedded clusters, over real SSH: what each verb does, and what it refuses. */
final class TokenCommandTest {

    private static final String ID = "olga.operator@pve!deploy";
    private static final DateTimeFormatter LOGGED =
            DateTimeFormatter.ofPattern("dd/MM/uuuu:HH:mm:ss xx").withZone(ZoneOffset.UTC);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @BeforeAll
    static void needs() {
        TokenNodes.assumePerl();
    }

    @BeforeEach
    void remember() {
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    @AfterEach
    void forget() {
        System.clearProperty("holdfast.state");
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private String secret(String name) throws IOException {
        return Files.readString(directory.resolve(name)).strip();
    }

    private static void used(PracticeNode node, String id, String address, Instant at, String request, int status) {
        String log = "/var/log/pveproxy/access.log";
        node.file(
                log,
                node.read(log)
                        + "::ffff:%s - %s [%s] \"%s HTTP/1.1\" %d 63\n"
                                .formatted(address, id, LOGGED.format(at), request, status));
    }

    private static List<String> records(PracticeCluster cluster) {
        return cluster.nodes().stream()
                .flatMap(node -> Stream.of(node.read("/etc/pve/user.cfg"), node.read("/etc/pve/priv/token.cfg")))
                .toList();
    }

    // ------------------------------------------------------------------ the life of a token

    @Test
    void aTokenIsMadeVerifiedRotatedAndRevoked() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(2)) {
            assertThat(says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one"))))
                    .contains(
                            "made " + ID,
                            "PVEVMUser on /pool/production for " + ID,
                            "verified: 200 for /version, asked of pve1, pve2",
                            "verified: 403 for /cluster/status, for which it lacks Sys.Audit on /");
            String one = secret("one");
            assertThat(UUID.fromString(one)).hasToString(one);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("one"))))
                    .isEqualTo("rw-------");
            assertThat(says(cluster, 4, TokenNodes.create(ID, "--secret-file", file("again"))))
                    .contains("nothing was changed", "exists already: holdfast token rotate " + ID);
            assertThat(directory.resolve("again")).doesNotExist();

            assertThat(says(cluster, 0, "verify", ID, "--secret-from", file("one")))
                    .contains("200 for the version", "pve1, pve2", "403 for /cluster/status");
            Files.writeString(directory.resolve("wrong"), UUID.randomUUID().toString());
            assertThat(says(cluster, 1, "verify", ID, "--secret-from", file("wrong")))
                    .contains("pve1 answered 401", "pve2 answered 401");
            assertThat(says(cluster, 0, "list"))
                    .contains(
                            "practice: 2 tokens",
                            HealthyAccess.TOKEN + " owner ops; for monitoring; expires on",
                            "last used on",
                            "from 192.0.2.200",
                            ID + " owner ops; for nightly deploy; expires on",
                            "PVEVMUser on /pool/production");

            assertThat(says(cluster, 0, "rotate", ID, "--secret-file", file("two")))
                    .contains("made " + ID + "-r2", ID + " works as before");
            assertThat(says(cluster, 1, "rotate", ID)).contains(ID + "-r2 was not used yet");
            used(cluster.node(2), ID + "-r2", "198.51.100.7", Instant.now(), "GET /api2/json/nodes", 200);
            assertThat(says(cluster, 0, "rotate", ID))
                    .contains(ID + "-r2 is used (last", "revoked " + ID + " in", "gone on pve1, pve2");
            assertThat(records(cluster)).noneMatch(text -> text.contains(ID + ":") || text.contains("replaces="));
            assertThat(says(cluster, 1, "verify", ID, "--secret-from", file("one")))
                    .contains("401");
            says(cluster, 0, "verify", ID + "-r2", "--secret-from", file("two"));

            assertThat(says(cluster, 0, "revoke", ID + "-r2", "--yes", "--watch", "0"))
                    .contains("revoked " + ID + "-r2 in", "gone on pve1, pve2");
            assertThat(says(cluster, 2, "revoke", ID + "-r2", "--yes")).contains("has no token", "nothing was changed");
            assertThat(says(cluster, 1, "verify", ID + "-r2", "--secret-from", file("two")))
                    .contains("401");
        }
    }

    @Test
    void aSecretGoesToACommandOrToATerminal() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(1)) {
            String vault = directory.resolve("vault").toString();
            assertThat(says(
                            cluster,
                            0,
                            TokenNodes.create(
                                    ID,
                                    "--secret-command",
                                    "{ echo \"$HOLDFAST_TOKEN\"; cat; } > '%s'".formatted(vault))))
                    .contains("its secret handed to the command");
            assertThat(Files.readAllLines(Path.of(vault))).hasSize(2).first().isEqualTo(ID);

            ByteArrayOutputStream screen = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(screen, true, StandardCharsets.UTF_8);
            List<String> words = new ArrayList<>(List.of("token"));
            words.addAll(List.of(TokenNodes.create(ID + "2")));
            words.addAll(TokenNodes.with(cluster));
            assertThat(Main.run(new Terminal(out, out, true, false, false, true, 100), words.toArray(String[]::new)))
                    .isZero();
            String shown = screen.toString(StandardCharsets.UTF_8);
            assertThat(shown).containsPattern("(?m)^" + ID + "2=[0-9a-f-]{36}$");
            assertThat(cluster.node(1).read("/etc/pve/priv/token.cfg"))
                    .contains(ID + "2 " + shown.replaceAll("(?s).*" + ID + "2=([0-9a-f-]{36}).*", "$1"));
        }
    }

    @Test
    void aSecretThatDoesNotArriveLeavesEverythingAsItWas() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(2)) {
            // Whoever writes the file orders it; from then on it stays as it is.
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            List<String> before = records(cluster);
            assertThat(says(cluster, 4, TokenNodes.create(ID + "2", "--secret-command", "cat >/dev/null; exit 3")))
                    .contains(
                            "the secret could not be handed over: the command ended with 3",
                            "the token %s2 is not there".formatted(ID));
            assertThat(records(cluster)).isEqualTo(before);
            assertThat(says(cluster, 4, TokenNodes.create(ID + "2", "--secret-file", file("x".repeat(300)))))
                    .contains("the secret could not be handed over", "is not there");
            assertThat(records(cluster)).isEqualTo(before);
        }
    }

    @Test
    void syslogThatTakesNothingStopsNothing() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(1)) {
            cluster.node(1).file("/bin/logger", "#!/bin/sh\nexit 1\n");
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            says(cluster, 0, "verify", ID, "--secret-from", file("one"));
        }
    }

    @Test
    void aSecretThatAFailingCommandPrintedIsInNoMessage() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(1)) {
            String leaked = UUID.randomUUID().toString();
            String pveum = cluster.node(1).read("/bin/pveum");
            cluster.node(1)
                    .file(
                            "/bin/pveum",
                            pveum.replaceFirst(
                                    "\n",
                                    "\ncase \"\\$*\" in *'token add'*) echo '{\"value\":\"%s\"}'; exit 7;; esac\n"
                                            .formatted(leaked)));
            assertThat(says(cluster, 4, TokenNodes.create(ID, "--secret-file", file("one"))))
                    .contains("user token add", "(a secret)", "is not there")
                    .doesNotContain(leaked);
            try (Stream<Path> state = Files.walk(directory)) {
                for (Path path : state.filter(Files::isRegularFile).toList()) {
                    assertThat(Files.readString(path, StandardCharsets.ISO_8859_1))
                            .doesNotContain(leaked);
                }
            }
        }
    }

    @Test
    void aDrillNamesEveryMemberAndLeavesNothing() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(3)) {
            assertThat(says(cluster, 0, "drill"))
                    .contains("made root@pam!holdfast-drill-")
                    .containsPattern("pve1: refused it [0-9.]+ s after the order")
                    .containsPattern("pve3: refused it [0-9.]+ s after the order");
            assertThat(records(cluster)).noneMatch(text -> text.contains("holdfast-drill"));
        }
    }

    @Test
    void withoutQuorumNothingIsChanged() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(3)) {
            cluster.stopCorosync(cluster.node(2), cluster.node(3));
            List<String> before = records(cluster);
            assertThat(says(cluster, 4, TokenNodes.create(ID, "--secret-file", file("one"))))
                    .contains("nothing was changed: no member of cluster practice can be written to now");
            says(cluster, 4, "revoke", HealthyAccess.TOKEN, "--yes");
            says(cluster, 4, "rotate", HealthyAccess.TOKEN, "--secret-file", file("one"));
            says(cluster, 4, "drill");
            assertThat(records(cluster)).isEqualTo(before);
            assertThat(directory.resolve("one")).doesNotExist();
            // What changes nothing goes on.
            says(cluster, 0, "list");
        }
    }

    @Test
    void aClusterThatCannotSpareAMemberCanStillRevoke() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(3)) {
            cluster.stopCorosync(cluster.node(3));
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            assertThat(says(cluster, 0, "revoke", ID, "--yes", "--watch", "0")).contains("gone on pve1, pve2, pve3");
        }
    }

    @Test
    void aSuccessorThatLetsNobodyInEndsNoRotation() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(1)) {
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            says(cluster, 0, "rotate", ID, "--secret-file", file("two"));
            assertThat(says(cluster, 1, "rotate", ID))
                    .contains("if the secret of " + ID + "-r2 never arrived, do not finish");
            PracticeNode node = cluster.node(1);
            node.file(
                    "/etc/pve/user.cfg",
                    node.read("/etc/pve/user.cfg").replaceAll("(deploy-r2):\\d+:", "$1:1577836800:"));
            assertThat(says(cluster, 2, "rotate", ID, "--finish"))
                    .contains("it is expired: holdfast token revoke '" + ID + "-r2', then rotate again");
            assertThat(node.read("/etc/pve/user.cfg")).contains("token:" + ID + ":");
        }
    }

    @Test
    void aRotationIsNotFinishedByTheLogsOfSomeMembersAlone() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(2)) {
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            says(cluster, 0, "rotate", ID, "--secret-file", file("two"));
            used(cluster.node(1), ID + "-r2", "198.51.100.7", Instant.now(), "GET /api2/json/nodes", 200);
            used(cluster.node(2), ID, "198.51.100.8", Instant.now().plusSeconds(5), "GET /api2/json/nodes", 200);
            assertThat(says(cluster, 1, "rotate", ID, "-l", "pve1"))
                    .contains("whether " + ID + "-r2 is used is not known", "the access log of pve2 was not asked for");
            assertThat(cluster.node(1).read("/etc/pve/user.cfg")).contains("token:" + ID + ":");
            assertThat(says(cluster, 1, "rotate", ID)).contains("so is " + ID + " still, from", "198.51.100.8");
        }
    }

    @Test
    void oneClusterAtATimeIsChanged() throws IOException {
        try (PracticeCluster fleet = PracticeCluster.fleet(2, 1)) {
            for (String[] verb : List.of(
                    TokenNodes.create(ID, "--secret-file", file("one")),
                    new String[] {"revoke", HealthyAccess.TOKEN, "--yes"},
                    new String[] {"rotate", HealthyAccess.TOKEN, "--secret-file", file("one")},
                    new String[] {"diagnose", HealthyAccess.TOKEN},
                    new String[] {"drill"})) {
                assertThat(says(fleet, 2, verb)).contains("2 clusters (practice1, c2n1): choose one with -l");
            }
            assertThat(says(fleet, 0, "list")).contains("practice1: 1 token", "c2n1", HealthyAccess.TOKEN);
            assertThat(says(fleet, 0, TokenNodes.create(ID, "--secret-file", file("one"), "-l", "c2n1")))
                    .contains("asked of c2n1");
            assertThat(fleet.node(1).read("/etc/pve/user.cfg")).doesNotContain(ID);
            assertThat(fleet.node(3).read("/etc/pve/user.cfg")).contains("token:" + ID);
        }
    }

    // ------------------------------------------------------------------ reading

    private static JsonNode json(PracticeCluster cluster, int code, String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of(more));
        words.addAll(List.of("--format", "json"));
        Invocation said = token(cluster, words.toArray(String[]::new));
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        try (InputStream schema =
                Objects.requireNonNull(TokenReport.class.getResourceAsStream(TokenReport.SCHEMA_RESOURCE))) {
            assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                            .getSchema(schema)
                            .validate(said.out(), InputFormat.JSON))
                    .extracting(Error::toString)
                    .isEmpty();
        }
        return said.json();
    }

    @Test
    void reportsAreAsTheirSchemaSays() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(2)) {
            cluster.access(LargeAccess.at(Instant.now(), 8));
            JsonNode list = json(cluster, 0, "list");
            assertThat(list.get("clusters")).hasSize(1);
            assertThat(list.get("clusters").get(0).get("tokens")).hasSize(LargeAccess.TOKENS);

            String id = "svc-01@pve!main";
            Instant at = Instant.parse("2026-10-01T08:00:00Z");
            cluster.node(1).file("/var/log/pveproxy/access.log", "");
            cluster.node(2).file("/var/log/pveproxy/access.log", "");
            used(cluster.node(1), id, "198.51.100.7", at, "GET /api2/json/nodes", 200);
            used(cluster.node(2), id, "198.51.100.8", at.plusSeconds(9), "GET /api2/json/cluster/status", 403);
            cluster.node(2)
                    .file(
                            "/var/log/pve/tasks/index",
                            "UPID:pve2:0000ABCD:00012345:%08X:qmstart:100:%s: %08X OK\n"
                                    .formatted(
                                            at.plusSeconds(5).getEpochSecond(),
                                            id,
                                            at.plusSeconds(6).getEpochSecond()));
            JsonNode events = json(cluster, 0, "trace", id).get("events");
            assertThat(events).hasSize(3);
            assertThat(events.get(0).get("address").asString()).isEqualTo("198.51.100.7");
            assertThat(events.get(1).get("what").asString()).isEqualTo("task qmstart 100");
            assertThat(events.get(1).get("address").isNull()).isTrue();
            assertThat(events.get(2).get("status").asString()).isEqualTo("403");
            assertThat(says(cluster, 0, "trace", id, "--last", "1"))
                    .contains("2 calls and 1 tasks", "1 calls from 198.51.100.8", "1 calls refused with 403")
                    .doesNotContain("qmstart");

            JsonNode steps = json(cluster, 1, "diagnose", "svc-11@pve!secretless", "--path", "/storage/none")
                    .get("steps");
            assertThat(steps).hasSize(9);
            assertThat(steps.get(2).get("because").asString()).contains("token.cfg has no secret for it");
        }
    }

    @Test
    void whatAnotherClusterSaysOfAnUnreadOneIsKeptApart() throws IOException {
        try (PracticeCluster fleet = PracticeCluster.fleet(1, 1)) {
            fleet.node(2).refuse();
            Invocation said = token(fleet, "list", "--format", "json");
            assertThat(said.code()).isEqualTo(3);
            assertThat(said.json().get("unanswered").get(0).get("node").asString())
                    .isEqualTo("c2n1");
            assertThat(said.json().get("clusters")).hasSize(1);
        }
    }

    @Test
    void aProofIsNobodysTrouble() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(2)) {
            says(cluster, 0, TokenNodes.create(ID, "--secret-file", file("one")));
            // The call that had to be refused is in the log; who is asked why the token fails does not blame it.
            assertThat(cluster.node(1).read("/var/log/pveproxy/access.log")).contains("\" 403 ");
            assertThat(says(
                            cluster,
                            0,
                            "diagnose",
                            ID,
                            "--privilege",
                            "VM.PowerMgmt",
                            "--path",
                            "/vms/100",
                            "--secret-from",
                            file("one")))
                    .contains("it is let in with the given secret", "VM.PowerMgmt on /vms/100");
            assertThat(says(cluster, 0, "diagnose", ID, "--secret-from", file("one")))
                    .contains("the access log has no 403 of it");
            used(cluster.node(1), ID, "198.51.100.7", Instant.now(), "GET /api2/json/cluster/status", 403);
            assertThat(says(cluster, 1, "diagnose", ID, "--secret-from", file("one")))
                    .contains("it lacks a right, its secret is fine");
        }
    }

    // ------------------------------------------------------------------ mistakes

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("'ci@pve' is not a token", TokenNodes.create("ci@pve")),
                Arguments.of("'@ops' is not a token", TokenNodes.create("@ops")),
                Arguments.of("'ci!x' is not a token", new String[] {"revoke", "ci!x", "--yes"}),
                Arguments.of("in quotes: the shell has a meaning for !", new String[] {"rotate", "ci@pve"}),
                Arguments.of("neither a token", new String[] {"trace", "@ops"}),
                Arguments.of("--last takes 1 to 100000, not 0", new String[] {"trace", ID, "--last", "0"}),
                Arguments.of("--format takes console or json, not 'csv'", new String[] {"list", "--format", "csv"}),
                Arguments.of("--format takes console or json, not 'x'", new String[] {"trace", ID, "--format", "x"}),
                Arguments.of("--format takes console or json, not 'x'", new String[] {"diagnose", ID, "--format", "x"}),
                Arguments.of("--privilege needs --path", new String[] {"diagnose", ID, "--privilege", "VM.Audit"}),
                Arguments.of("where should the secret go?", TokenNodes.create(ID)),
                Arguments.of("choose one", TokenNodes.create(ID, "--secret-file", "x", "--secret-command", "cat")),
                Arguments.of(
                        "exists, and a secret replaces nothing", TokenNodes.create(ID, "--secret-file", "/etc/passwd")),
                Arguments.of("cannot be written to", TokenNodes.create(ID, "--secret-file", "/nowhere/at/all")),
                Arguments.of("--role and --path belong together", new String[] {
                    "create", ID, "--role", "PVEVMUser", "--owner", "a", "--purpose", "b", "--secret-file", "x"
                }),
                Arguments.of("--role would do nothing", TokenNodes.create(ID, "--no-privilege-separation")),
                Arguments.of("2001-01-01 is over", TokenNodes.create(ID, "--expires", "2001-01-01")),
                Arguments.of("2001-01-01 is over", new String[] {"rotate", ID, "--expires", "2001-01-01"}),
                Arguments.of("takes a number of days", TokenNodes.create(ID, "--expires", "soon")),
                Arguments.of("takes a number of days", TokenNodes.create(ID, "--expires", "0")),
                Arguments.of("takes a number of days", TokenNodes.create(ID, "--expires", "2027-02-30")),
                Arguments.of("takes a number of days", TokenNodes.create(ID, "--expires", "-1d")),
                Arguments.of("--owner", new String[] {"create", ID, "--purpose", "b"}),
                Arguments.of("one line", TokenNodes.create(ID, "--owner", "a\nb")),
                Arguments.of("one line", TokenNodes.create(ID, "--purpose", " ")),
                Arguments.of("is not the name of a role", TokenNodes.create(ID, "--role", "a b")),
                Arguments.of("--watch takes a time", new String[] {"revoke", ID, "--watch", "always"}),
                Arguments.of("--of takes a user", new String[] {"drill", "--of", "ops"}),
                Arguments.of("--secret-from", new String[] {"verify", ID}),
                Arguments.of("cannot be read", new String[] {"verify", ID, "--secret-from", "/nowhere"}),
                Arguments.of(
                        "does not hold a token's secret", new String[] {"verify", ID, "--secret-from", "/dev/null"}),
                Arguments.of(
                        "does not hold a token's secret", new String[] {"diagnose", ID, "--secret-from", "/dev/null"}),
                Arguments.of(
                        "does not hold a token's secret", new String[] {"verify", ID, "--secret-from", "/dev/zero"}),
                Arguments.of("Unknown option", new String[] {"list", "--frobnicate"}));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void aMistakeIsToldAndNobodyIsContacted(String words, String[] verb) throws IOException {
        try (PracticeCluster cluster = PracticeCluster.start(1)) {
            // A value that is given again is the one that counts.
            List<String> once = new ArrayList<>(List.of(verb));
            for (String option : List.of("--expires", "--owner", "--purpose")) {
                if (once.indexOf(option) != once.lastIndexOf(option)) {
                    once.remove(once.indexOf(option) + 1);
                    once.remove(once.indexOf(option));
                }
            }
            Invocation said = token(cluster, once.toArray(String[]::new));
            assertThat(said.err()).contains(words);
            assertThat(said.code()).isEqualTo(2);
            assertThat(cluster.node(1).commands()).isEmpty();
            assertThat(directory.resolve("state")).doesNotExist();
        }
    }

    @Test
    void aVerbIsNeeded() {
        Invocation said = Invocation.of("token");
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err()).contains("token needs a word more: list, create, verify");
    }

    @Test
    void whoCannotBeAskedSaysYesBeforehand() throws IOException {
        try (PracticeCluster cluster = TokenNodes.start(1)) {
            assertThat(says(cluster, 2, "revoke", HealthyAccess.TOKEN)).contains("nobody can be asked", "--yes");
            assertThat(cluster.node(1).read("/etc/pve/user.cfg")).contains(HealthyAccess.TOKEN);
            assertThat(says(cluster, 2, "rotate", HealthyAccess.TOKEN)).contains("where should the secret go?");
            assertThat(says(cluster, 2, "rotate", HealthyAccess.TOKEN, "--finish"))
                    .contains("was not begun");
            assertThat(says(cluster, 2, "rotate", "monitoring@pve!none")).contains("has no token monitoring@pve!none");
            assertThat(records(cluster)).noneMatch(text -> text.contains("-r2"));
        }
    }
}
