package holdfast.cli;

import holdfast.lab.container.RealCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Scans a cluster of real containers as one of their users would. */
record RealScan(RealCluster cluster, Path directory) {

    /** Runs {@code holdfast scan --format json} as {@code user}, with more arguments. */
    Invocation as(String user, String... more) {
        try {
            Path inventory = Files.writeString(directory.resolve(user + ".yml"), cluster.inventory(user));
            Path config = Files.writeString(
                    directory.resolve("ssh_config"),
                    "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n".formatted(cluster.knownHosts()));
            // A loaded machine measures clocks badly; that they can be told apart is tested elsewhere.
            Path policy = Files.writeString(directory.resolve("policy.yml"), "time: { max_skew_ms: 20000 }\n");
            List<String> words = new ArrayList<>(List.of(
                    "scan",
                    "-i",
                    inventory.toString(),
                    "-F",
                    config.toString(),
                    "--policy",
                    policy.toString(),
                    "--format",
                    "json"));
            words.addAll(List.of(more));
            return Invocation.of(words.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
