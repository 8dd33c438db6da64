package holdfast.checks.pveproxy;

import static holdfast.bench.Answers.section;
import static holdfast.bench.CheckBench.bench;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.bench.ApiAnswer;
import holdfast.bench.CheckBench;
import holdfast.bench.FakeSource;
import holdfast.bench.Pem;
import holdfast.change.Change;
import holdfast.change.FixRisk;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ListeningTest {

    private static final String CERTIFICATE = Pem.node(FakeSource.NOW.plusSeconds(86_400L * 300));

    private static ApiAnswer api() {
        return new ApiAnswer().serves(CERTIFICATE);
    }

    private static CheckBench on(ApiAnswer api) {
        return on(api, unit("pveproxy"), unit("pvedaemon"));
    }

    private static CheckBench on(ApiAnswer api, String... units) {
        return bench(
                new Listening(),
                new FakeSource()
                        .answers("proxmox.api-endpoint", api.text())
                        .answers(
                                "pveproxy.services",
                                section("uptime", "100000.00") + section("units", String.join("\n\n", units))));
    }

    private static String unit(String name) {
        return unit(name, "loaded", "active", "running", 0, 90_000);
    }

    private static String unit(String name, String load, String active, String sub, int restarts, int runningFor) {
        return """
                Id=%s.service
                LoadState=%s
                ActiveState=%s
                SubState=%s
                UnitFileState=%s
                NRestarts=%d
                ExecMainStartTimestampMonotonic=%d""".formatted(
                        name,
                        load,
                        active,
                        sub,
                        load.equals("masked") ? "masked" : "enabled",
                        restarts,
                        runningFor == 0 ? 0 : (100_000L - runningFor) * 1_000_000L);
    }

    // ------------------------------------------------------------------ pass

    @Test
    void anApiThatAsksForATicketPasses() {
        on(api())
                .passes("pveproxy answers on port 8006 over TLS (401 No ticket)")
                .neverPassesUnread();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "[::]"})
    void theOtherWildcardsPassToo(String address) {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", address + ":8006")))
                .passes();
    }

    @Test
    void theAddressOfListenIpPasses() {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "192.0.2.1:8006"))
                        .settings("LISTEN_IP=\"192.0.2.1\""))
                .passes();
    }

    @Test
    void listenIpIsReadAsTheShellReadsIt() {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "192.0.2.1:8006"))
                        .settings("LISTEN_IP=\"192.0.2.1\" # the management address"))
                .passes();
    }

    @Test
    void theAddressesOfThePolicyPass() {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "192.0.2.1:8006")))
                .under("pveproxy: { addresses: [192.0.2.1] }")
                .passes();
    }

    @Test
    void aServiceThatWasRestartedLongAgoPasses() {
        on(api(), unit("pveproxy", "loaded", "active", "running", 7, 4000), unit("pvedaemon"))
                .passes();
    }

    // ------------------------------------------------------------------ who holds the port

    @Test
    void aForeignProcessOnThePortFails() {
        on(api().listeners("LISTEN 0 511 *:8006 *:* users:((\"nginx\",pid=77,fd=6))"))
                .fails("port 8006 is held by nginx, not by pveproxy")
                .showing("*:8006 held by nginx");
    }

    @Test
    void aForeignProcessBesidePveproxyFails() {
        on(api().listeners(ApiAnswer.PVEPROXY
                        + "\nLISTEN 0 511 192.0.2.1:8006 0.0.0.0:* users:((\"socat\",pid=78,fd=5))"))
                .fails("port 8006 is held by socat");
    }

    @Test
    void aHolderThatIsNotToldIsNotAPass() {
        on(api().listeners("LISTEN 0 4096 *:8006 *:*")).cannotTell("ss does not tell which process holds port 8006");
    }

    @Test
    void nothingOnThePortFails() {
        on(api().listeners("")).fails("nothing listens on port 8006 although pveproxy is active");
    }

    // ------------------------------------------------------------------ where it listens

    @Test
    void loopbackOnlyFails() {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "127.0.0.1:8006"))
                        .settings("LISTEN_IP=127.0.0.1"))
                .fails("pveproxy listens only on 127.0.0.1: nobody can reach the API");
    }

    @Test
    void aListenIpThatWasNotTakenUpFails() {
        on(api().settings("LISTEN_IP=192.0.2.1"))
                .fails("pveproxy listens on *, not on 192.0.2.1 (LISTEN_IP in /etc/default/pveproxy)")
                .advising("systemctl restart pveproxy");
    }

    @Test
    void anAddressThatNobodyAskedForFails() {
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "192.0.2.1:8006")))
                .fails("pveproxy listens on 192.0.2.1, not on all addresses");
        on(api()).under("pveproxy: { addresses: [192.0.2.1] }").fails("pveproxy listens on *, not on 192.0.2.1");
    }

    // ------------------------------------------------------------------ the services

    @Test
    void aStoppedPveproxyFails() {
        on(api().listeners(""), unit("pveproxy", "loaded", "inactive", "dead", 0, 0), unit("pvedaemon"))
                .fails("pveproxy.service is inactive (dead)")
                .advising("systemctl enable --now pveproxy");
    }

    @Test
    void aFailedPvedaemonFailsThoughThePortAnswers() {
        on(api(), unit("pveproxy"), unit("pvedaemon", "loaded", "failed", "failed", 0, 0))
                .fails("pvedaemon.service is failed (failed)");
    }

    @Test
    void aMaskedServiceIsToldWithTheWayBack() {
        on(api().listeners(""), unit("pveproxy", "masked", "inactive", "dead", 0, 0), unit("pvedaemon"))
                .fails("masked")
                .advising("systemctl unmask pveproxy");
    }

    @Test
    void aServiceThatRestartsAgainAndAgainFails() {
        on(api(), unit("pveproxy", "loaded", "active", "running", 12, 20), unit("pvedaemon"))
                .fails("pveproxy restarts again and again");
        on(api().listeners(""), unit("pveproxy", "loaded", "activating", "auto-restart", 4, 0), unit("pvedaemon"))
                .fails("pveproxy restarts again and again");
    }

    @Test
    void whoeverTookThePortOfAStoppedPveproxyIsNamed() {
        on(
                        api().listeners("LISTEN 0 5 0.0.0.0:8006 0.0.0.0:* users:((\"python3\",pid=9,fd=3))"),
                        unit("pveproxy", "loaded", "failed", "failed", 5, 0),
                        unit("pvedaemon"))
                .fails("port 8006 is held by python3");
    }

    @Test
    void aServiceThatSystemdDoesNotKnowIsNotAPass() {
        on(api(), unit("pveproxy")).cannotTell("systemd says nothing of pvedaemon.service");
    }

    // ------------------------------------------------------------------ what it answers

    @Test
    void anErrorOfTheServerFails() {
        on(api().http("500 ipcc_send_rec[1] failed: Connection refused"))
                .fails("the API answers with 500 ipcc_send_rec[1] failed: Connection refused");
    }

    @Test
    void aHandshakeThatNeverFinishesFails() {
        on(new ApiAnswer().tls("CONNECTED(00000003)"))
                .fails("port 8006 accepts connections, but TLS does not finish: nothing came within 9 s")
                .advising("openssl x509 -in /etc/pve/local/pveproxy-ssl.pem");
    }

    @Test
    void aHandshakeThatIsRefusedFails() {
        on(new ApiAnswer()
                        .tls(
                                "CONNECTED(00000003)\n4017:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure"))
                .fails("sslv3 alert handshake failure");
    }

    @Test
    void anApiThatShakesHandsAndThenSaysNothingFails() {
        on(new ApiAnswer().tls("CONNECTED(00000003)\n" + CERTIFICATE))
                .fails("port 8006 speaks TLS, but no answer came to a request")
                .advising("timeout 5 ls /etc/pve");
    }

    @Test
    void aConnectionThatIsRefusedFails() {
        on(new ApiAnswer().tls("connect:errno=111"))
                .fails("no connection to port 8006 on 127.0.0.1: connect:errno=111");
    }

    @Test
    void aNodeThatIsToldToTurnItselfAwayIsNotAPass() {
        on(new ApiAnswer()
                        .tls("CONNECTED(00000003)\nwrite:errno=104")
                        .settings("ALLOW_FROM=\"10.0.0.0/8\"\nDENY_FROM=\"all\"\nPOLICY=\"allow\""))
                .cannotTell("pveproxy closes connections from the node itself");
        on(new ApiAnswer().tls("CONNECTED(00000003)\nwrite:errno=104").settings("ALLOW_FROM=10.0.0.0/8\nPOLICY=deny"))
                .cannotTell("pveproxy closes connections from the node itself");
    }

    @Test
    void aListOfAllowedAddressesAloneRestrictsNothing() {
        on(new ApiAnswer().tls("CONNECTED(00000003)\nwrite:errno=104").settings("ALLOW_FROM=10.0.0.0/8"))
                .fails("TLS does not finish");
    }

    @Test
    void aNodeWithoutSsIsNotAPass() {
        bench(
                        new Listening(),
                        new FakeSource()
                                .fails("proxmox.api-endpoint", 127, "ss is not installed (package iproute2)")
                                .answers("pveproxy.services", ""))
                .cannotTell("ss is not installed");
    }

    // ------------------------------------------------------------------ the fix

    /** In a state other than "enabled", and, below a mask, wanted by the boot or not. */
    private static CheckBench stopped(String active, String unitFile, boolean wanted) {
        String load = unitFile.startsWith("masked") ? "masked" : "loaded";
        String pveproxy = unit("pveproxy", load, active, "dead", 0, 0)
                .replaceFirst("UnitFileState=.*", "UnitFileState=" + unitFile);
        return bench(
                new Listening(),
                new FakeSource()
                        .answers("proxmox.api-endpoint", api().listeners("").text())
                        .answers(
                                "pveproxy.services",
                                section("uptime", "100000.00")
                                        + section(
                                                "wanted",
                                                wanted ? "pvedaemon.service\npveproxy.service" : "cron.service")
                                        + section("units", pveproxy + "\n\n" + unit("pvedaemon"))));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            # found                        what is done                                what takes it back
            inactive, enabled,        true,  systemctl start P,                                                               systemctl enable -q P && systemctl stop P
            inactive, disabled,       false, systemctl enable -q P && systemctl start P,                                      systemctl disable -q P && systemctl stop P
            inactive, masked,         true,  systemctl unmask -q P && systemctl start P,                                      systemctl enable -q P && systemctl stop P && systemctl mask -q P
            inactive, masked,         false, systemctl unmask -q P && systemctl enable -q P && systemctl start P,             systemctl disable -q P && systemctl stop P && systemctl mask -q P
            inactive, masked-runtime, true,  systemctl unmask -q --runtime P && systemctl start P,                            systemctl enable -q P && systemctl stop P && systemctl mask -q --runtime P
            failed,   enabled,        true,  systemctl reset-failed P && systemctl start P,                                   systemctl enable -q P && systemctl stop P
            inactive, static,         false, systemctl start P,                                                               systemctl stop P
            """)
    void aServiceIsStartedAndTakenBackToWhatItWas(
            String active, String unitFile, boolean wanted, String command, String undo) {
        stopped(active, unitFile, wanted)
                .mendedBy(steps -> assertThat(steps.changes())
                        .singleElement()
                        .isInstanceOfSatisfying(Change.Run.class, run -> {
                            assertThat(run.command()).isEqualTo(command.replace("P", "pveproxy.service"));
                            assertThat(run.undo()).isEqualTo(undo.replace("P", "pveproxy.service"));
                            assertThat(run.touches()).isEmpty();
                        }));
    }

    @Test
    void theStartMayWaitForQuorum() {
        stopped("inactive", "enabled", true).mendedBy(steps -> {
            assertThat(steps.settle()).isEqualTo(Duration.ofSeconds(100));
            assertThat(steps.notes()).anySatisfy(note -> assertThat(note).contains("93 seconds"));
            assertThat(steps.risk()).isEqualTo(FixRisk.SAFE);
        });
    }

    @Test
    void pvedaemonIsStartedBeforePveproxy() {
        on(
                        api().listeners(""),
                        unit("pveproxy", "loaded", "inactive", "dead", 0, 0),
                        unit("pvedaemon", "loaded", "failed", "failed", 0, 0))
                .mendedBy(steps -> assertThat(steps.changes())
                        .extracting(change -> change instanceof Change.Run run ? run.purpose() : "")
                        .containsExactly("start pvedaemon.service", "start pveproxy.service"));
    }

    @Test
    void anotherProgramOnThePortIsNamedAndLeft() {
        on(api().listeners("LISTEN 0 511 *:8006 *:* users:((\"nginx\",pid=77,fd=6))"))
                .refusesToMend("port 8006 is held by nginx (pid 77)");
        on(
                        api().listeners("LISTEN 0 5 0.0.0.0:8006 0.0.0.0:* users:((\"python3\",pid=9,fd=3))"),
                        unit("pveproxy", "loaded", "failed", "failed", 5, 0),
                        unit("pvedaemon"))
                .refusesToMend("port 8006 is held by python3 (pid 9)");
    }

    @Test
    void whatKeepsAServiceFromServingIsNotGuessed() {
        on(api(), unit("pveproxy", "loaded", "active", "running", 12, 20), unit("pvedaemon"))
                .refusesToMend("pveproxy ends again and again by itself");
        on(api().listeners("")).refusesToMend("listens nowhere");
        on(api().tls("CONNECTED(00000003)")).refusesToMend("has to be found out");
        on(api().http("500 Internal Server Error")).refusesToMend("has to be found out");
        on(api().listeners(ApiAnswer.PVEPROXY.replace("*:8006", "127.0.0.1:8006"))
                        .settings("LISTEN_IP=127.0.0.1"))
                .refusesToMend("somebody's decision");
    }

    @Test
    void aServiceOnItsWayIsNotPushed() {
        on(api().listeners(""), unit("pveproxy", "loaded", "activating", "start-pre", 0, 0), unit("pvedaemon"))
                .refusesToMend("pveproxy is activating at this moment");
    }

    @Test
    void aServiceThatDoesNotExistIsNotStarted() {
        on(api().listeners(""), unit("pveproxy", "not-found", "inactive", "dead", 0, 0), unit("pvedaemon"))
                .refusesToMend("pveproxy.service does not exist");
    }
}
