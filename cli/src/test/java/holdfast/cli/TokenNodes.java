package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Embedded clusters whose tokens can be made and used, and {@code holdfast token} over them. */
final class TokenNodes {

    private TokenNodes() {}

    /** A node's pveum and API are Perl programs there; a machine whose perl lacks a module skips what needs them. */
    static void assumePerl() {
        boolean there;
        try {
            Process perl = new ProcessBuilder("perl", "-MJSON::PP", "-MDigest::SHA", "-e", "1")
                    .redirectErrorStream(true)
                    .start();
            perl.getInputStream().readAllBytes();
            there = perl.waitFor() == 0;
        } catch (IOException e) {
            there = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        assumeTrue(there, "this machine has no perl with JSON::PP and Digest::SHA: embedded nodes have no pveum");
    }

    /** Refusals come at once, instead of after three seconds. */
    static PracticeCluster start(int size) throws IOException {
        return PracticeCluster.start(size)
                .share("/etc/holdfast-lab/refusal-delay", "0.05\n")
                .share("/etc/holdfast-lab/lock-patience", "0.2\n");
    }

    /** A verb as ops, who becomes root. */
    static Invocation token(PracticeCluster cluster, String... more) {
        List<String> words = new ArrayList<>(List.of("token"));
        words.addAll(List.of(more));
        words.addAll(with(cluster));
        return Invocation.of(words.toArray(String[]::new));
    }

    static List<String> with(PracticeCluster cluster) {
        return List.of(
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString(),
                "-u",
                "ops",
                "-b",
                "--timeout",
                "4");
    }

    /** All that was said, as one line, where it ended as it should. */
    static String says(PracticeCluster cluster, int code, String... more) {
        Invocation said = token(cluster, more);
        assertThat(said.code()).as(said.out() + said.err()).isEqualTo(code);
        return (said.out() + said.err()).strip().replaceAll("\\s+", " ");
    }

    /** A token for one of the operators, who may do what it may. */
    static String[] create(String id, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "create",
                id,
                "--role",
                "PVEVMUser",
                "--path",
                "/pool/production",
                "--owner",
                "ops",
                "--purpose",
                "nightly deploy",
                "--expires",
                "30d"));
        words.addAll(List.of(more));
        return words.toArray(String[]::new);
    }
}
