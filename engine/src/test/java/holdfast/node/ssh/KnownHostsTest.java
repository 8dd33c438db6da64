package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownHostsTest {

    @TempDir
    Path directory;

    @Test
    void everyFormOfLineIsFound() throws Exception {
        String a = key(1);
        KnownHosts known = read(
                "# comment",
                "",
                "pve1,192.0.2.1 " + a + " a comment",
                "[pve1]:2222 " + key(2),
                "*.example.com,!bad.example.com " + key(3),
                "@cert-authority * " + key(4),
                "@revoked [*]:2222 " + key(5),
                "@unknown pve1 " + a,
                "pve1 ssh-ed25519 not-base64!",
                "pve1 ssh-rsa " + a.split(" ", 2)[1],
                "pve1",
                "|1|broken " + a,
                "PVE7 " + key(6));
        assertThat(lines(known, "pve1")).containsExactly(3, 6);
        assertThat(lines(known, "192.0.2.1")).containsExactly(3, 6);
        assertThat(lines(known, "[pve1]:2222")).containsExactly(4, 6, 7);
        assertThat(lines(known, "x.example.com")).containsExactly(5, 6);
        assertThat(lines(known, "bad.example.com")).containsExactly(6);
        assertThat(lines(known, "pve7")).containsExactly(6, 13);
        assertThat(known.find("[pve1]:2222"))
                .extracting(KnownHosts.Entry::marker)
                .containsExactly(KnownHosts.Marker.PLAIN, KnownHosts.Marker.AUTHORITY, KnownHosts.Marker.REVOKED);
    }

    @Test
    void whatIsAddedIsFoundHashedOrNot() throws Exception {
        Path file = directory.resolve("sub/known_hosts");
        KnownHosts known = KnownHosts.read(file);
        known.add("pve1", "ssh-ed25519", blob(1), false);
        known.add("[pve2]:22222", "ssh-ed25519", blob(2), true);
        for (KnownHosts each : List.of(known, KnownHosts.read(file))) {
            assertThat(lines(each, "pve1")).containsExactly(1);
            assertThat(lines(each, "[pve2]:22222")).containsExactly(2);
            assertThat(lines(each, "pve2")).isEmpty();
        }
        assertThat(Files.readString(file)).doesNotContain("pve2");
    }

    @Test
    void manyThreadsDoNotMixTheirLines() throws Exception {
        Path file = directory.resolve("known_hosts");
        KnownHosts known = KnownHosts.read(file);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Boolean>> adds = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int host = i;
                adds.add(() -> {
                    known.add("h" + host, "ssh-ed25519", blob(host), host % 2 == 0);
                    return true;
                });
            }
            for (Future<Boolean> add : threads.invokeAll(adds)) {
                assertThat(add.get()).isTrue();
            }
        }
        KnownHosts again = KnownHosts.read(file);
        for (int i = 0; i < 200; i++) {
            assertThat(again.find("h" + i))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.type()).isEqualTo("ssh-ed25519"));
        }
    }

    @Property(tries = 300)
    void anyTextIsRead(@ForAll String text) throws Exception {
        Path file = Files.createTempFile("known", "hosts");
        try {
            Files.writeString(file, text.replaceAll("[\\ud800-\\udfff]", "?"));
            assertThat(KnownHosts.read(file).find("pve1")).isNotNull();
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 500)
    void patternsMatchAsARegularExpressionWould(@ForAll Random random) {
        StringBuilder pattern = new StringBuilder();
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            pattern.append("ab*?".charAt(random.nextInt(4)));
        }
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append("ab".charAt(random.nextInt(2)));
        }
        String regex = pattern.toString().replace("?", ".").replace("*", ".*");
        assertThat(Patterns.matches(text.toString(), pattern.toString()))
                .isEqualTo(text.toString().matches(regex));
    }

    private KnownHosts read(String... lines) throws Exception {
        Path file = directory.resolve("known_hosts");
        Files.write(file, List.of(lines));
        return KnownHosts.read(file);
    }

    private static List<Integer> lines(KnownHosts known, String name) {
        return known.find(name).stream().map(KnownHosts.Entry::line).toList();
    }

    private static byte[] blob(int seed) {
        byte[] key = new byte[32];
        new Random(seed).nextBytes(key);
        ByteArrayBuffer buffer = new ByteArrayBuffer();
        buffer.putString("ssh-ed25519");
        buffer.putBytes(key);
        return buffer.getCompactData();
    }

    private static String key(int seed) {
        return "ssh-ed25519 " + Base64.getEncoder().encodeToString(blob(seed));
    }
}
