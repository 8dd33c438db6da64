package holdfast.lab.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.access.HealthyAccess;
import holdfast.lab.access.LargeAccess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Embedded members share users, tokens and rights, and keep them, with the programs of nodes of their own. */
final class PracticeAccessTest {

    @SuppressWarnings("NullAway.Init")
    private PracticeCluster cluster;

    @BeforeEach
    void start() throws IOException {
        cluster = PracticeCluster.start(3);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private record Said(int exit, String out, String err) {}

    private Said run(int node, String command) throws IOException, InterruptedException {
        Path root = cluster.node(node).root();
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", command);
        builder.environment().clear();
        builder.environment().put("PATH", root.resolve("bin").toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return new Said(process.exitValue(), out, err);
    }

    @Test
    void aHealthyClusterHasHealthyUsers() throws IOException, InterruptedException {
        Said acl = run(2, "pveum acl list --output-format json");
        assertThat(acl.err()).isEmpty();
        assertThat(acl.out()).contains("\"ugid\":\"" + HealthyAccess.TOKEN + "\"");
        assertThat(run(3, "pveum user token permissions monitoring@pve metrics --path /vms/100 --output-format json")
                        .out())
                .contains("\"VM.Audit\":0");
        assertThat(run(1, "pvesh get /access/tfa --output-format json").out())
                .contains("root@pam", "\"type\":\"recovery\"")
                .doesNotContain(LargeAccess.SECRET);
        assertThat(run(1, "pvesh get /nodes")).isEqualTo(new Said(1, "", "No 'get' handler defined for '/nodes'\n"));
    }

    @Test
    void whatOneMemberWritesTheOthersHave() throws IOException, InterruptedException {
        Said made = run(1, "pveum user token add olga.operator@pve ci --expire 1999999999 --output-format json");
        assertThat(made.exit()).isZero();
        String secret = made.out().replaceAll("(?s).*\"value\":\"([^\"]+)\".*", "$1");
        for (PracticeNode node : cluster.nodes()) {
            assertThat(node.read("/etc/pve/user.cfg")).contains("token:olga.operator@pve!ci:1999999999:1::\n");
            assertThat(node.read("/etc/pve/priv/token.cfg")).contains("olga.operator@pve!ci " + secret);
            assertThat(node.snapshot().get("/etc/pve/priv/token.cfg")).startsWith("rw-------");
            assertThat(node.matching("/etc/pve/priv/lock/*")).isEmpty();
            assertThat(node.matching("/etc/pve/*.tmp.*")).isEmpty();
        }
        assertThat(run(3, "pveum acl modify /pool/production --tokens 'olga.operator@pve!ci' --roles PVEVMUser")
                        .exit())
                .isZero();
        assertThat(run(2, "pveum user token delete olga.operator@pve ci").exit())
                .isZero();
        assertThat(cluster.node(1).read("/etc/pve/priv/token.cfg")).doesNotContain(secret);
        assertThat(run(1, "pvesh set /cluster/options --keyboard de").exit()).isZero();
        assertThat(cluster.node(3).read("/etc/pve/datacenter.cfg")).contains("keyboard: de\n");
    }

    @Test
    void withoutQuorumNothingIsWritten() throws IOException, InterruptedException {
        cluster.share("/etc/holdfast-lab/lock-patience", "0.2").partition(cluster.node(1));
        String before = cluster.node(1).read("/etc/pve/user.cfg");
        Said refused = run(1, "pveum user modify olga.operator@pve --comment x");
        assertThat(refused.exit()).isEqualTo(13);
        assertThat(refused.err())
                .startsWith("trying to acquire cfs lock 'file-user_cfg' ...\n")
                .endsWith("update user failed: cfs-lock 'file-user_cfg' error: no quorum!\n");
        assertThat(cluster.node(1).read("/etc/pve/user.cfg")).isEqualTo(before);
        assertThat(run(2, "pveum user modify olga.operator@pve --comment x").exit())
                .isZero();
    }

    @Test
    void theLargeClusterIsReadAsItIs() throws IOException, InterruptedException {
        cluster.access(LargeAccess.at(Instant.now(), 8));
        Said users = run(2, "pveum user list --full --output-format json");
        assertThat(users.out().split("\"userid\":")).hasSize(LargeAccess.USERS + 1);
        assertThat(users.err()).isEqualTo("""
                        user config - ignore invalid privilege 'VM.Config'
                        user config - ignore invalid acl group 'departed'
                        user config - ignore invalid acl member 'ghost@pve'
                        user config - ignore invalid acl token 'svc-01@pve!vanished'
                        """);
    }

    @Test
    void theApiOfAMemberLetsATokenDoWhatItMay() throws IOException, InterruptedException, GeneralSecurityException {
        cluster.share("/etc/holdfast-lab/refusal-delay", "0");
        PracticeNode node = cluster.node(2);
        int port = cluster.api(node);
        assertThat(cluster.api(node)).isEqualTo(port);
        String good = "PVEAPIToken=" + HealthyAccess.TOKEN + "=PLANTED-SECRET-token-monitoring-pve-metrics";
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(trusting(node)).build()) {
            assertThat(get(client, port, good, "/version").body()).contains("\"version\":\"8.4.21\"");
            assertThat(get(client, port, good, "/cluster/resources").body())
                    .contains("\"vmid\":100")
                    .doesNotContain("\"vmid\":200");
            HttpResponse<String> denied = get(client, port, good, "/cluster/status");
            assertThat(denied.statusCode()).isEqualTo(403);
            assertThat(denied.body()).contains("Permission check failed (/, Sys.Audit)");
            assertThat(get(client, port, good + "x", "/version").statusCode()).isEqualTo(401);
            assertThat(get(client, port, "none", "/version").statusCode()).isEqualTo(401);
            run(3, "pveum user token delete monitoring@pve metrics");
            assertThat(get(client, port, good, "/version").statusCode()).isEqualTo(401);
        }
        assertThat(node.read("/var/log/pveproxy/access.log"))
                .containsPattern("::ffff:127.0.0.1 - monitoring@pve!metrics \\[[^]]+ \\+0000\\]"
                        + " \"GET /api2/json/cluster/status HTTP/1.1\" 403 66\n")
                .contains("\"GET /api2/json/version HTTP/1.1\" 401 -\n");
        assertThat(node.read("/state/journal"))
                .contains("authentication failure: invalid token value!")
                .contains("authentication failure: no such token 'metrics' for user 'monitoring@pve'");
    }

    private static HttpResponse<String> get(HttpClient client, int port, String credential, String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/api2/json" + path))
                        .header("Authorization", credential)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static SSLContext trusting(PracticeNode node) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(
                                node.read("/etc/pve/pve-root-ca.pem").getBytes(StandardCharsets.UTF_8))));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
