package holdfast.lab.container;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.access.AccessFault;
import holdfast.lab.access.HealthyAccess;
import holdfast.lab.access.LargeAccess;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Users, tokens, rights and the API of the practice nodes are as recorded from genuine ones, and keep their state. */
@Tag("containers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LabAccessTest {

    /** What is asked of the node, by the name of what the genuine one answered on standard output. */
    private static final Map<String, String> ASKED = new LinkedHashMap<>();

    static {
        ASKED.put("pveum-acl-list", "pveum acl list --output-format json");
        ASKED.put("pveum-acl-list-text", "pveum acl list");
        ASKED.put("pveum-group-list", "pveum group list --output-format json");
        ASKED.put("pveum-pool-list", "pveum pool list --output-format json");
        ASKED.put("pveum-realm-list", "pveum realm list --output-format json");
        ASKED.put("pveum-role-list", "pveum role list --output-format json");
        ASKED.put("pveum-tfa-list", "pveum user tfa list");
        ASKED.put("pveum-token-list-alice", "pveum user token list alice@pve --output-format json");
        ASKED.put("pveum-token-list-none", "pveum user token list bob@pve --output-format json");
        ASKED.put("pveum-token-list-root", "pveum user token list root@pam --output-format json");
        ASKED.put("pveum-token-permissions-auto", "pveum user token permissions root@pam auto --output-format json");
        ASKED.put("pveum-token-permissions-ci", "pveum user token permissions alice@pve ci --output-format json");
        ASKED.put("pveum-token-permissions-mon", "pveum user token permissions root@pam mon --output-format json");
        ASKED.put("pveum-user-list", "pveum user list --output-format json");
        ASKED.put("pveum-user-list-full", "pveum user list --full 1 --output-format json");
        ASKED.put("pveum-user-list-text", "pveum user list");
        ASKED.put("pveum-user-permissions-alice", "pveum user permissions alice@pve --output-format json");
        ASKED.put("pveum-user-permissions-carol", "pveum user permissions carol@pve --output-format json");
        ASKED.put("pveum-user-permissions-root", "pveum user permissions root@pam --output-format json");
        ASKED.put("pveum-user-permissions-root-text", "pveum user permissions alice@pve --path /nodes");
        ASKED.put("pvesh-access-tfa", "pvesh get /access/tfa --output-format json");
        ASKED.put("pvesh-cluster-options", "pvesh get /cluster/options --output-format json");
        ASKED.put("user-cfg", "cat /etc/pve/user.cfg");
        ASKED.put("domains-cfg", "cat /etc/pve/domains.cfg");
    }

    /** What is refused, by the name of what the genuine one said on standard error; all of it with exit code 255. */
    private static final Map<String, String> REFUSED = Map.of(
            "pveum-acl-bad-role", "pveum acl modify / --roles NoSuch --users alice@pve",
            "pveum-add-dup-token", "pveum user token add root@pam auto",
            "pveum-add-dup-user", "pveum user add alice@pve",
            "pveum-token-list-nouser", "pveum user token list nobody@pve --output-format json");

    @SuppressWarnings("NullAway.Init")
    private RealCluster lab;

    @SuppressWarnings("NullAway.Init")
    private RealNode node;

    @BeforeAll
    void start() {
        lab = RealCluster.standalone(1, Release.BOOKWORM);
        node = lab.node("pve1");
        lab.shortenDelays();
    }

    @AfterAll
    void stop() {
        lab.close();
    }

    private static String recorded(Release release, String name) {
        String path = "/access/pve" + (release == Release.BOOKWORM ? "8/" : "9/") + name;
        try (InputStream in = LabAccessTest.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("no recording " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The genuine programs list in the order of a Perl hash: another one in every run. */
    private static List<String> inAnyOrder(String said) {
        return Arrays.stream(said.strip().replaceAll("^\\[|\\]$", "").split("(?<=\\}),(?=\\{)"))
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Release.class)
    void whatIsAskedIsAnsweredAsTheGenuineOneDid(Release release) {
        try (RealCluster other = RealCluster.standalone(1, release)) {
            RealNode fresh = other.node("pve1");
            if (release == Release.TRIXIE) {
                // The recording was made without the module for second factors.
                fresh.sh("rm /etc/pve/priv/tfa.cfg");
            }
            String everything = ASKED.entrySet().stream()
                    .map(asked -> "echo '#### " + asked.getKey() + "'; LC_ALL=C " + asked.getValue())
                    .collect(Collectors.joining("\n"));
            Map<String, String> answers = new LinkedHashMap<>();
            for (String answer : fresh.sh(everything).split("(?m)^#### ")) {
                if (!answer.isEmpty()) {
                    int end = answer.indexOf('\n');
                    answers.put(answer.substring(0, end), answer.substring(end + 1));
                }
            }
            assertThat(answers.keySet()).isEqualTo(ASKED.keySet());
            answers.forEach((name, answer) -> {
                String genuine = recorded(release, name);
                if (name.endsWith("list") || name.endsWith("-root")) {
                    assertThat(inAnyOrder(answer)).as(name).isEqualTo(inAnyOrder(genuine));
                } else {
                    assertThat(answer).as(name).isEqualTo(genuine);
                }
            });
            REFUSED.forEach((name, command) ->
                    assertThat(fresh.exec(command)).as(name).isEqualTo(new Ran(255, "", recorded(release, name))));
            int schema = release == Release.BOOKWORM ? 255 : 2;
            assertThat(fresh.exec("pveum user token modify alice@pve ci --expire 2026-12-31"))
                    .isEqualTo(new Ran(schema, "", """
                            400 Parameter verification failed.
                            expire: type check ('integer') failed - got '2026-12-31'
                            pveum user token modify <userid> <tokenid> [OPTIONS] [FORMAT_OPTIONS]
                            """));
            String foreign = release == Release.BOOKWORM ? "VM.Replicate" : "VM.Monitor";
            assertThat(fresh.exec("pveum role add Foreign --privs VM.Audit," + foreign))
                    .extracting(Ran::exit, Ran::err)
                    .containsExactly(
                            schema,
                            "400 Parameter verification failed.\nprivs: invalid format - invalid privilege '" + foreign
                                    + "'\n\npveum role add <roleid> [OPTIONS]\n");
            Ran regenerated = fresh.exec("pveum user token modify alice@pve ci --regenerate 1 --output-format json");
            if (release == Release.BOOKWORM) {
                assertThat(regenerated.exit()).isEqualTo(255);
                assertThat(regenerated.err()).startsWith("Unknown option: regenerate\n");
            } else {
                assertThat(regenerated.out()).contains("\"full-tokenid\":\"alice@pve!ci\"", "\"value\":\"");
            }
        }
    }

    private String userCfg() {
        return node.readFile("/etc/pve/user.cfg");
    }

    @Test
    void whatIsWrittenStays() {
        String before = userCfg();
        node.sh("pveum user add stay@pve --comment 'owner=ops: 100% true' --groups ops --password long-enough-1");
        String secret = lab.token("stay@pve", "ci", "--expire 1999999999", "--comment 'owner=ops purpose=test'");
        node.sh("pveum role add Watch --privs VM.Audit && pveum role modify Watch --privs VM.Console --append"
                + " && pveum pool add stay && pveum pool add stay/below --comment 'one: two'"
                + " && pveum pool modify stay/below --vms 100,101 --storage local"
                + " && pveum acl modify /pool/stay --users stay@pve --tokens 'stay@pve!ci' --roles Watch"
                + " && pveum acl modify /vms/100 --users stay@pve --roles PVEVMUser --propagate 0");
        assertThat(userCfg())
                .contains(
                        "user:stay@pve:1:0::::owner=ops%3A 100%25 true::\n",
                        "token:stay@pve!ci:1999999999:1:owner=ops purpose=test:\n",
                        "group:ops:alice@pve,stay@pve:Operators:\n",
                        "pool:stay::::\n",
                        "pool:stay/below:one%3A two:100,101:local:\n",
                        "role:Watch:VM.Audit,VM.Console:\n",
                        "acl:1:/pool/stay:stay@pve,stay@pve!ci:Watch:\n",
                        "acl:0:/vms/100:stay@pve:PVEVMUser:\n");
        assertThat(node.sh("stat -c %a /etc/pve/priv/token.cfg; cat /etc/pve/priv/token.cfg"))
                .startsWith("600\n")
                .contains("stay@pve!ci " + secret + "\n");
        assertThat(node.sh("pveum user token permissions stay@pve ci --path /vms/101 --output-format json"))
                .isEqualTo("{\"/vms/101\":{\"VM.Audit\":0,\"VM.Console\":0}}\n");
        node.sh("pveum acl delete /vms/100 --users stay@pve --roles PVEVMUser && pveum user token remove stay@pve ci");
        assertThat(node.exec("pveum user token delete stay@pve ci")).isEqualTo(new Ran(255, "", """
                        user config - ignore invalid acl token 'stay@pve!ci'
                        no such token 'ci' for user 'stay@pve'
                        """));
        assertThat(node.readFile("/etc/pve/priv/token.cfg")).doesNotContain("stay@pve");
        // As on a genuine node the ACL entry of the token stays, until somebody else writes.
        assertThat(userCfg())
                .contains("acl:1:/pool/stay:stay@pve,stay@pve!ci:Watch:\n")
                .doesNotContain("token:stay@pve");
        Ran next = node.exec("pveum user delete stay@pve");
        assertThat(next.err()).isEqualTo("user config - ignore invalid acl token 'stay@pve!ci'\n");
        assertThat(userCfg()).doesNotContain("stay@pve");
        node.sh("pveum pool modify stay/below --vms 100,101 --storage local --delete && pveum pool delete stay/below"
                + " && pveum pool delete stay && pveum role delete Watch");
        assertThat(userCfg()).isEqualTo(before);
    }

    private static String shown(String token, String secret) {
        return "PVEAPIToken=" + token + "=" + secret;
    }

    private String journal(String program) {
        return node.sh("journalctl -t " + program + " -o cat --no-pager");
    }

    @Test
    void theApiLetsATokenDoWhatItMayAndWritesDownWhoDidIt() {
        node.sh("mkdir -p /etc/pve/nodes/pve1/qemu-server && for id in 100 101; do"
                + " echo name: vm$id > /etc/pve/nodes/pve1/qemu-server/$id.conf; done");
        node.sh("pveum user add api@pve && pveum pool add api && pveum pool modify api --vms 100");
        String right = shown("api@pve!ci", lab.token("api@pve", "ci"));
        assertThat(node.ask(right, "GET", "/access/permissions").body()).isEqualTo("{\"data\":{}}");
        node.sh("pveum acl modify /pool/api --tokens 'api@pve!ci' --roles PVEVMUser");
        // Only the token: the user has nothing, so there is nothing to have in common.
        assertThat(node.ask(right, "GET", "/access/permissions").body()).isEqualTo("{\"data\":{}}");
        node.sh("pveum acl modify /pool/api --users api@pve --roles PVEVMUser");

        assertThat(node.ask(right, "GET", "/version").body()).contains("\"version\":\"8.4.21\"");
        assertThat(node.ask(right, "GET", "/cluster/resources").body())
                .contains("qemu/100")
                .doesNotContain("qemu/101");
        assertThat(node.ask(right, "GET", "/nodes").status()).isEqualTo(200);
        RealNode.Answer denied = node.ask(right, "GET", "/cluster/status");
        assertThat(denied)
                .isEqualTo(new RealNode.Answer(
                        403, "{\"data\":null,\"message\":\"Permission check failed (/, Sys.Audit)\\n\"}"));
        assertThat(node.ask(right, "GET", "/nodes/pve1/qemu/101/config").status())
                .isEqualTo(403);
        RealNode.Answer started = node.ask(right, "POST", "/nodes/pve1/qemu/100/status/start");
        assertThat(started.status()).isEqualTo(200);
        assertThat(node.sh("tail -n 1 /var/log/pve/tasks/index"))
                .matches("UPID:pve1(:[0-9A-F]{8}){3}:qmstart:100:api@pve!ci: [0-9A-F]{8} OK\n");
        assertThat(started.body()).matches("\\{\"data\":\"UPID:pve1(:[0-9A-F]{8}){3}:qmstart:100:api@pve!ci:\"\\}");
        assertThat(journal("pvedaemon")).contains("<api@pve!ci> starting task UPID:pve1:");

        List<String> log = node.accessLog();
        assertThat(log)
                .anyMatch(line -> line.matches(
                        "::ffff:[0-9.]+ - api@pve!ci \\[\\d\\d/\\d\\d/\\d{4}:\\d\\d:\\d\\d:\\d\\d \\+0000\\]"
                                + " \"GET /api2/json/cluster/status HTTP/1.1\" 403 "
                                + denied.body().length()))
                .anyMatch(line -> line.endsWith("\"GET /api2/json/access/permissions HTTP/1.1\" 200 11"));
        node.sh("pveum user delete api@pve && pveum pool modify api --vms 100 --delete && pveum pool delete api");
    }

    @Test
    void theApiTellsNobodyWhyATokenWasRefusedAndTellsItsJournal() {
        node.sh("pveum user add out@pve");
        String secret = lab.token("out@pve", "ci");
        String old = lab.token("out@pve", "old", "--expire 31536000");
        for (String credential : List.of(
                "",
                shown("out@pve!ci", "00000000-0000-4000-8000-000000000000"),
                shown("out@pve!old", old),
                shown("out@pve!none", secret),
                shown("nobody@pve!ci", secret))) {
            assertThat(node.ask(credential, "GET", "/version")).isEqualTo(new RealNode.Answer(401, ""));
        }
        assertThat(node.ask(shown("out@pve!ci", secret), "GET", "/version").status())
                .isEqualTo(200);
        node.sh("pveum user modify out@pve --enable 0");
        assertThat(node.ask(shown("out@pve!ci", secret), "GET", "/version").status())
                .isEqualTo(401);
        node.sh("pveum user modify out@pve --enable 1 --expire 1000");
        assertThat(node.ask(shown("out@pve!ci", secret), "GET", "/version").status())
                .isEqualTo(401);
        assertThat(journal("pveproxy"))
                .contains(
                        "authentication failure: invalid token value!",
                        "authentication failure: token 'old' access expired",
                        "authentication failure: no such token 'none' for user 'out@pve'",
                        "authentication failure: no such user ('nobody@pve')",
                        "authentication failure: user 'out@pve' is disabled",
                        "authentication failure: user 'out@pve' access expired");
        assertThat(node.accessLog())
                .anyMatch(line ->
                        line.matches("::ffff:[0-9.]+ - - \\[[^]]+\\] \"GET /api2/json/version HTTP/1.1\" 401 -"));
        node.sh("pveum user delete out@pve");
    }

    @Test
    void aPasswordOpensASessionAndAWrongOneIsLoggedByPvedaemon() {
        node.sh(
                "pveum user add log@pve --password correct-horse && pveum acl modify / --users log@pve --roles PVEAuditor");
        RealNode.Answer in = node.ask(Map.of(), "POST", "/access/ticket", "username=log%40pve&password=correct-horse");
        assertThat(in.status()).isEqualTo(200);
        Matcher ticket = Pattern.compile("\"ticket\":\"(PVE:log@pve:[^\"]+)\"").matcher(in.body());
        assertThat(ticket.find()).isTrue();
        Map<String, String> cookie = Map.of("Cookie", "PVEAuthCookie=" + ticket.group(1));
        assertThat(node.ask(cookie, "GET", "/cluster/status", "").status()).isEqualTo(200);
        // Whoever changes something shows that it is no other page's doing.
        assertThat(node.ask(cookie, "POST", "/nodes/pve1/qemu/100/status/start", "")
                        .status())
                .isEqualTo(401);
        assertThat(node.ask(Map.of(), "POST", "/access/ticket", "username=log%40pve&password=wrong"))
                .isEqualTo(new RealNode.Answer(401, ""));
        assertThat(node.ask(Map.of(), "POST", "/access/ticket", "username=ghost%40pve&password=wrong")
                        .status())
                .isEqualTo(401);
        assertThat(node.ask(
                                Map.of(),
                                "POST",
                                "/access/ticket",
                                "username=root%40pam&password=" + lab.keys().rootPassword())
                        .body())
                .contains("\"NeedTFA\":1");
        assertThat(journal("pvedaemon"))
                .contains("<root@pam> successful auth for user 'log@pve'")
                .containsPattern("authentication failure; rhost=::ffff:[0-9.]+ user=log@pve msg=invalid credentials")
                .containsPattern("rhost=::ffff:[0-9.]+ user=ghost@pve msg=no such user \\('ghost@pve'\\)");
        node.sh("pveum user delete log@pve");
        assertThat(node.ask(cookie, "GET", "/cluster/status", "").status()).isEqualTo(401);
    }

    @Test
    void withoutQuorumNothingIsWrittenAndEverythingIsRead() {
        try (RealCluster cluster = RealCluster.start(3, Release.BOOKWORM)) {
            RealNode first = cluster.node("pve1");
            cluster.shortenDelays();
            first.sh("pveum user add everywhere@pve");
            cluster.onEveryNode(member -> assertThat(member.sh("pveum user list --output-format json"))
                    .contains("everywhere@pve"));
            cluster.partition(first);
            first.awaitNotQuorate();
            String before = first.readFile("/etc/pve/user.cfg");
            assertThat(first.exec("pveum user modify alice@pve --comment 'Alice Ops'"))
                    .isEqualTo(new Ran(13, "", recorded(Release.BOOKWORM, "no-quorum")));
            assertThat(first.exec("pveum user token add alice@pve late").err())
                    .endsWith("generating token failed: cfs-lock 'file-user_cfg' error: no quorum!\n");
            assertThat(first.exec("pvesh set /cluster/options --keyboard de"))
                    .extracting(Ran::exit)
                    .isEqualTo(13);
            assertThat(first.readFile("/etc/pve/user.cfg")).isEqualTo(before);
            assertThat(first.sh("pveum user list --output-format json")).contains("everywhere@pve");
        }
    }

    @Test
    void aHardenedNodeHasHealthyUsersAndALargeClusterItsFaults() {
        try (RealCluster other = RealCluster.standalone(1, Release.TRIXIE)) {
            RealNode healthy = other.node("pve1");
            other.harden();
            assertThat(healthy.exec("pveum acl list --output-format json").err())
                    .isEmpty();
            assertThat(healthy.sh(
                            "pveum user token permissions monitoring@pve metrics --path /vms/100 --output-format json"))
                    .contains("VM.Audit");
            assertThat(healthy.accessLog()).anyMatch(line -> line.contains(" - " + HealthyAccess.TOKEN + " ["));

            LargeAccess large = LargeAccess.at(Instant.now().minus(Duration.ofMinutes(1)), 9);
            other.access(large);
            Ran listed = healthy.exec("pveum user list --full 1 --output-format json");
            assertThat(listed.err()).isEqualToNormalizingNewlines("""
                            user config - ignore invalid privilege 'VM.Config'
                            user config - ignore invalid privilege 'VM.Monitor'
                            user config - ignore invalid acl group 'departed'
                            user config - ignore invalid acl member 'ghost@pve'
                            user config - ignore invalid acl token 'svc-01@pve!vanished'
                            """);
            assertThat(listed.out().split("\"userid\":")).hasSize(LargeAccess.USERS + 1);
            assertThat(listed.out().split("\"tokenid\":")).hasSize(LargeAccess.TOKENS + 1);
            assertThat(healthy.sh("pvesh get /access/tfa --output-format json"))
                    .contains("\"totp-locked\":1")
                    .doesNotContain(LargeAccess.SECRET);
            // Written anew it is what it was, but for what the genuine one drops too.
            String before = healthy.readFile("/etc/pve/user.cfg");
            healthy.sh("pveum role add Passing --privs VM.Audit && pveum role delete Passing");
            assertThat(healthy.readFile("/etc/pve/user.cfg"))
                    .isEqualTo(before.replace("VM.Audit,VM.Config:", "VM.Audit:")
                            .replace("VM.Audit,VM.Monitor:", "VM.Audit:")
                            .replace(",svc-01@pve!vanished:", ":"));
            assertThat(large.culprits(AccessFault.ORPHANED_ACL)).contains("svc-01@pve!vanished");
        }
    }
}
