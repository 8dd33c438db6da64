package holdfast.bench;

import static holdfast.bench.Answers.finished;
import static holdfast.bench.Answers.section;

import holdfast.probe.Output;
import holdfast.proxmox.CorosyncConf;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A member of a cluster that answers what the genuine corosync said in a recorded state: {@code corosync/STATE}. */
public final class RecordedMember {

    private RecordedMember() {}

    /**
     * @param state such as {@code device-ffsplit} or {@code debian13/quorate}
     * @param name of the member that was asked, as it calls itself
     */
    public static FakeSource of(String state, String name) {
        String quorum = read(state, "corosync-quorumtool-s.txt").orElse("");
        String conf = read(state, "corosync.conf").orElseThrow();
        boolean quorate = quorum.contains("Quorate:          Yes");
        FakeSource source = new FakeSource()
                .answers("cluster.corosync-conf", section("corosync.conf", conf) + section("nodename", name))
                .answers("cluster.members", members(conf, name, quorate))
                .answers(
                        "cluster.files",
                        section("corosync.conf", conf)
                                + section("vmlist", "{\"version\": 1}\n")
                                + Answers.absent("manager")
                                + section("agents", "")
                                + section("authority", "", 2)
                                + finished());
        if (quorum.isEmpty()) {
            return source.fails("cluster.quorum", 1, "Cannot initialize CMAP service")
                    .answers(
                            "cluster.corosync",
                            section("map", "Failed to initialize the cmap API. Error CS_ERR_LIBRARY", 1)
                                    + section("links", "Could not initialize corosync configuration API error 2", 1)
                                    + finished());
        }
        Optional<String> device = read(state, "corosync-qdevice-tool-s.txt");
        return source.gives("cluster.quorum", new Output(quorate ? 0 : 2, quorum, ""))
                .answers(
                        "cluster.corosync",
                        section("map", read(state, "corosync-cmapctl.txt").orElseThrow())
                                + section(
                                        "links",
                                        read(state, "corosync-cfgtool-s.txt").orElseThrow())
                                + section(
                                        "device",
                                        device.orElse("corosync-qdevice-tool: Can't connect to QDevice socket"),
                                        device.isPresent() ? 0 : 3)
                                + finished());
    }

    private static String members(String conf, String name, boolean quorate) {
        StringBuilder nodes = new StringBuilder();
        for (CorosyncConf.ConfNode node : CorosyncConf.parse(conf).nodes()) {
            nodes.append(nodes.isEmpty() ? "" : ",\n")
                    .append("  \"%s\": { \"id\": %d, \"online\": 1, \"ip\": \"%s\"}"
                            .formatted(node.name(), node.id(), node.addresses().get(0)));
        }
        return "{\n\"nodename\": \"%s\",\n\"version\": 3,\n\"cluster\": { \"name\": \"lab\", \"version\": 3, \"nodes\": 3, \"quorate\": %d },\n\"nodelist\": {\n%s\n  }\n}\n"
                .formatted(name, quorate ? 1 : 0, nodes);
    }

    private static Optional<String> read(String state, String file) {
        try (InputStream in = RecordedMember.class.getResourceAsStream("/corosync/" + state + "/" + file)) {
            return in == null ? Optional.empty() : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
