package holdfast.cli;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A silent run of what people start, so that the launcher's cache learns the classes that it needs (docs/adr/0003):
 * scans of practice nodes and questions about their quorum, with both outputs.
 */
public final class Rehearsal {

    private Rehearsal() {}

    /** Ends with 0 when everything went as it should, so that the cache is worth keeping. */
    public static void main(String[] args) throws IOException {
        System.exit(run() ? 0 : 1);
    }

    private static boolean run() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(nowhere, nowhere, false, false, true, true, 100);
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "practice-close"));
            String inventory = cluster.inventory().toString();
            String config = cluster.sshConfig().toString();
            String store = cluster.directory().resolve("history.db").toString();
            String[] first = {"scan", "-i", inventory, "-F", config, "--store", store, "-v"};
            String[] again = {
                "scan",
                "-i",
                inventory,
                "-F",
                config,
                "--store",
                store,
                "--since",
                "last",
                "--format",
                "json",
                "-f",
                "1"
            };
            return Main.run(terminal, first) == 1
                    && Main.run(terminal, again) == 1
                    && Main.run(terminal, "quorum", "-i", inventory, "-F", config, "--without", "pve2", "--plan") == 0
                    && Main.run(terminal, "quorum", "-i", inventory, "-F", config, "--format", "json") == 0
                    && Main.run(terminal, "inventory", "list", "-i", inventory) == 0
                    && Main.run(terminal, "checks") == 0;
        }
    }
}
