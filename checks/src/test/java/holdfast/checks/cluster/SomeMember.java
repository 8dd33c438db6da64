package holdfast.checks.cluster;

import static holdfast.bench.Answers.absent;
import static holdfast.bench.Answers.finished;
import static holdfast.bench.Answers.section;

import holdfast.bench.FakeSource;
import holdfast.bench.Transcripts;
import holdfast.probe.Output;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What a member of a genuine cluster says in a recorded state, as pve1 or as one of the others, with changes.
 *
 * @param id its node id; its name is {@code pve} and the id
 * @param count what corosync-quorumtool prints
 * @param map what corosync-cmapctl prints
 * @param links what corosync-cfgtool prints
 * @param local its {@code /etc/corosync/corosync.conf}
 * @param shared {@code /etc/pve/corosync.conf} as it shows it
 * @param members what {@code /etc/pve/.members} says of quorum
 */
record SomeMember(int id, String count, String map, String links, String local, String shared, boolean members) {

    /** The member that was recorded. */
    static SomeMember in(String state) {
        String count = Transcripts.corosync(state + "/corosync-quorumtool-s.txt");
        String conf = Transcripts.corosync(state + "/corosync.conf");
        return new SomeMember(
                Integer.parseInt(count.replaceFirst("(?s).*\nNode ID: +(\\d+)\n.*", "$1")),
                count,
                Transcripts.corosync(state + "/corosync-cmapctl.txt"),
                Transcripts.corosync(state + "/corosync-cfgtool-s.txt"),
                conf,
                conf,
                count.contains("Quorate:          Yes"));
    }

    /** Another member that sees the same. */
    SomeMember as(int other) {
        return new SomeMember(
                other,
                count.replace("Node ID:          " + id, "Node ID:          " + other)
                        .replace(" (local)", "")
                        .replaceAll("(?m)^( +%d +\\d+ .*pve%d)$".formatted(other, other), "$1 (local)"),
                map.replace("local_node_pos (u32) = " + (id - 1), "local_node_pos (u32) = " + (other - 1))
                        .replace("this_node_id (u32) = " + id, "this_node_id (u32) = " + other),
                links.replace("Local node ID " + id, "Local node ID " + other)
                        .replace("localhost", "connected")
                        .replaceAll("(nodeid: +%d:\t)\\S+".formatted(other), "$1localhost"),
                local,
                shared,
                members);
    }

    SomeMember count(UnaryOperator<String> change) {
        return new SomeMember(id, changed(count, change), map, links, local, shared, members);
    }

    /** The running configuration. */
    SomeMember map(UnaryOperator<String> change) {
        return new SomeMember(id, count, changed(map, change), links, local, shared, members);
    }

    SomeMember links(UnaryOperator<String> change) {
        return new SomeMember(id, count, map, changed(links, change), local, shared, members);
    }

    SomeMember local(UnaryOperator<String> change) {
        return new SomeMember(id, count, map, links, changed(local, change), shared, members);
    }

    SomeMember shared(UnaryOperator<String> change) {
        return new SomeMember(id, count, map, links, local, changed(shared, change), members);
    }

    /** All three of the configuration. */
    SomeMember configured(UnaryOperator<String> inFiles, UnaryOperator<String> inMap) {
        return local(inFiles).shared(inFiles).map(inMap);
    }

    SomeMember pmxcfsNotQuorate() {
        return new SomeMember(id, count, map, links, local, shared, false);
    }

    /** A change that changes nothing would make a test say nothing. */
    private static String changed(String text, UnaryOperator<String> change) {
        String other = change.apply(text);
        if (other.equals(text)) {
            throw new IllegalArgumentException("nothing is changed in: " + text);
        }
        return other;
    }

    FakeSource source() {
        return new FakeSource()
                .gives("cluster.quorum", new Output(count.contains("Quorate:          Yes") ? 0 : 2, count, ""))
                .answers("cluster.corosync", section("map", map) + section("links", links) + finished())
                .answers("cluster.corosync-conf", section("corosync.conf", local) + section("nodename", "pve" + id))
                .answers("cluster.members", dotMembers())
                .answers(
                        "cluster.files",
                        section("corosync.conf", shared)
                                + section("vmlist", "{\n\"version\": 1,\n\"ids\": {}\n}\n")
                                + absent("manager")
                                + section("agents", "")
                                + absent("authority")
                                + finished());
    }

    private String dotMembers() {
        long nodes = Pattern.compile("nodeid:").matcher(local).results().count();
        StringBuilder list = new StringBuilder();
        for (int node = 1; node <= nodes; node++) {
            list.append("  \"pve%d\": { \"id\": %d, \"online\": 1, \"ip\": \"192.0.2.1%d\"}%s\n"
                    .formatted(node, node, node, node == nodes ? "" : ","));
        }
        return "{\n\"nodename\": \"pve%d\",\n\"version\": 5,\n\"cluster\": { \"name\": \"lab\", \"version\": 3, \"nodes\": %d, \"quorate\": %d },\n\"nodelist\": {\n%s  }\n}\n"
                .formatted(id, nodes, members ? 1 : 0, list);
    }

    /** It was reached, and its corosync does not run. */
    static FakeSource stopped() {
        return in("quorate")
                .as(3)
                .source()
                .fails("cluster.quorum", 1, Transcripts.corosync("corosync-stopped/corosync-quorumtool-s.err"))
                .answers(
                        "cluster.corosync",
                        section("map", Transcripts.corosync("corosync-stopped/corosync-cmapctl.err"), 1)
                                + section("links", Transcripts.corosync("corosync-stopped/corosync-cfgtool-s.err"), 1)
                                + finished());
    }

    /** {@code /etc/pve} hangs there. */
    static FakeSource hung(FakeSource source) {
        return source.silent("cluster.members", "it did not finish within 6 s")
                .silent("cluster.files", "it did not finish within 6 s");
    }
}
