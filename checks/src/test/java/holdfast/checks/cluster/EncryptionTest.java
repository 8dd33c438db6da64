package holdfast.checks.cluster;

import static holdfast.bench.CheckBench.bench;
import static holdfast.checks.cluster.SomeMember.hung;
import static holdfast.checks.cluster.SomeMember.in;
import static holdfast.checks.cluster.SomeMember.stopped;

import holdfast.check.Severity;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EncryptionTest {

    private static final SomeMember SOUND = in("quorate");

    private static UnaryOperator<String> secauth(String map) {
        return text -> text.replace("totem.secauth (str) = on\n", map);
    }

    // ------------------------------------------------------------------ pass

    @Test
    void secauthPasses() {
        bench(
                        new Encryption(),
                        SOUND.source(),
                        SOUND.as(2).source(),
                        SOUND.as(3).source())
                .passes("encrypted on every member that was asked: transport knet, cipher aes256, hash sha256")
                .neverPassesUnread();
    }

    @Test
    void aCipherAndAHashPass() {
        bench(
                        new Encryption(),
                        SOUND.map(secauth("totem.crypto_cipher (str) = aes128\ntotem.crypto_hash (str) = sha512\n"))
                                .source())
                .passes("cipher aes128, hash sha512");
    }

    @Test
    void aHungPmxcfsHidesNothing() {
        bench(new Encryption(), hung(SOUND.source())).passes();
    }

    // ------------------------------------------------------------------ fail

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            off         | totem.secauth (str) = off\\n
            nothing set | ''
            no cipher   | totem.secauth (str) = on\\ntotem.crypto_cipher (str) = none\\n
            no hash     | totem.crypto_cipher (str) = aes256\\n
            udpu        | totem.secauth (str) = on\\ntotem.transport (str) = udpu\\n
            """)
    void whatRunsOpenFails(String what, String map) {
        bench(
                        new Encryption(),
                        SOUND.source(),
                        SOUND.as(2).map(secauth(map.replace("\\n", "\n"))).source())
                .failsAs(Severity.HIGH, "corosync on pve2 does not encrypt what it sends to the other members")
                .refusesToMend("cannot hear each other");
    }

    @Test
    void aFileThatWasNotLoadedEncryptsNothing() {
        bench(
                        new Encryption(),
                        SOUND.map(secauth("totem.secauth (str) = off\n")).source())
                .fails("although corosync.conf says so: it was not loaded")
                .showing(
                        "pve1: runs with transport knet, cipher none, hash none; /etc/corosync/corosync.conf says encrypted");
    }

    @Test
    void aFileThatSaysSoIsBelievedOnlyByCorosync() {
        bench(
                        new Encryption(),
                        SOUND.local(text -> text.replace("secauth: on", "secauth: off"))
                                .source())
                .passes("encrypted on every member");
    }

    @Test
    void anOpenMemberIsToldThoughAnotherIsSilent() {
        bench(new Encryption(), SOUND.map(secauth("")).source(), stopped()).fails("corosync on pve1 does not encrypt");
    }

    // ------------------------------------------------------------------ what cannot be told

    @Test
    void aStoppedCorosyncRunsWithNothing() {
        bench(new Encryption(), SOUND.source(), stopped())
                .cannotTell(
                        "what corosync runs with could not be read of pve2 (map: Failed to initialize the cmap API");
    }

    @Test
    void aMapWithoutANodeListIsNotBelieved() {
        bench(new Encryption(), SOUND.map(text -> "totem.secauth (str) = on\n").source())
                .cannotTell("corosync's map has no node list");
    }
}
