package holdfast.cli;

import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Three practice nodes in this process, and a real scan of them. */
@Command(
        name = "demo",
        description = "Starts three practice nodes on this machine, with faults, and scans them over SSH.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footer = {"", "Example:", "  holdfast demo --keep    keep the nodes up, to try fix and other commands on them"})
final class DemoCommand implements Callable<Integer> {

    @Option(names = "--keep", description = "keep the nodes up until Ctrl-C")
    private boolean keep;

    @Option(
            names = {"-v", "--verbose"},
            description = "show the evidence of each finding")
    private boolean verbose;

    @Option(names = "--no-color", description = "no colours")
    private boolean noColour;

    private final Terminal terminal;

    DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (PracticeCluster cluster = PracticeCluster.start(3).withDemoFaults()) {
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "practice-close"));
            terminal.out()
                    .println("A practice cluster of three nodes runs in this process, on 127.0.0.1. Each has faults.");
            terminal.out().println("This is a real scan over SSH; the nodes' answers follow those of genuine ones.");
            terminal.out().println();
            List<String> where = List.of(
                    "-i",
                    cluster.inventory().toString(),
                    "-F",
                    cluster.sshConfig().toString());
            List<String> words = new ArrayList<>(where);
            words.add(0, "scan");
            String again = "./holdfast " + String.join(" ", words);
            // Practice nodes are no part of anybody's history.
            words.addAll(List.of("--store", "none", "--called-as", keep ? again : "./holdfast demo"));
            if (verbose) {
                words.add("-v");
            }
            if (noColour) {
                words.add("--no-color");
            }
            int code = Main.run(terminal, words.toArray(String[]::new));
            terminal.out().println();
            if (code > 1) {
                return code;
            }
            if (keep) {
                terminal.out().println("The nodes stay up until Ctrl-C. Try in another terminal:");
                terminal.out().println("  %s -v".formatted(again));
                // Root would shut itself out: as root the plan says so.
                String fix = "./holdfast fix %s -u ops -b".formatted(String.join(" ", where));
                terminal.out().println("  %s --check --diff     # what would be changed".formatted(fix));
                terminal.out().println("  %s                    # change it, after a question".formatted(fix));
                terminal.out()
                        .println("  ./holdfast quorum %s --without pve2    # may that node go now?"
                                .formatted(String.join(" ", where)));
                terminal.out()
                        .println("  ./holdfast access matrix %s    # who may do what, and through which entry"
                                .formatted(String.join(" ", where)));
                terminal.out()
                        .println("  ./holdfast token list %s    # whose tokens, what for, how old"
                                .formatted(String.join(" ", where)));
                terminal.out()
                        .println("  ./holdfast inventory discover pve1 -F %s    # find the cluster through one node"
                                .formatted(cluster.sshConfig()));
                terminal.out().println("  %s --since last    # twice: what is different now?".formatted(again));
                terminal.out().println("  ./holdfast report show last --format html -o practice.html");
                terminal.out()
                        .println(
                                "  ./holdfast history                    # the runs; what they changed, and back again:");
                terminal.out().println("  ./holdfast undo RUN -F %s".formatted(cluster.sshConfig()));
                terminal.out().flush();
                Thread.currentThread().join();
            }
            terminal.out().println("Fix them: ./holdfast demo --keep keeps the nodes up and says how.");
            terminal.out()
                    .println("Now your own nodes, root by key as ssh would log in; nothing is changed or installed:");
            terminal.out().println("  ./holdfast scan -i root@pve1.example.com,");
            terminal.out().println("  ./holdfast scan -i inventories/three-node-cluster.yml      (edit a copy of it)");
            return 0;
        }
    }
}
