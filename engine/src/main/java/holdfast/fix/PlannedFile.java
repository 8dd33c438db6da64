package holdfast.fix;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import holdfast.text.Digests;
import java.util.List;
import java.util.Optional;

/**
 * One file that a fix replaces, with its text at each stage. The diff that the operator sees is made from the same
 * texts that are written.
 *
 * @param path where it is on the node, with symbolic links followed
 * @param named the path as the check names it; differs where it is a symbolic link
 * @param before its text when it was planned; empty where there was no file, or where {@code keptOnNode}
 * @param staged its text before anything may take effect
 * @param after its text at the end; empty where the file is to go, or where a command makes it
 * @param beforeDigest the SHA-256 of its bytes when it was planned; {@code absent} where there was no file
 * @param mode the octal mode of a file that is new
 * @param keptOnNode whether its content never leaves the node; a command replaces it, and only the node keeps a copy
 */
public record PlannedFile(
        String path,
        String named,
        Optional<String> before,
        Optional<String> staged,
        Optional<String> after,
        String beforeDigest,
        String mode,
        boolean keptOnNode) {

    /** What a node answers for the digest of a file that is not there. */
    public static final String ABSENT = "absent";

    /** pmxcfs refuses larger files with EFBIG (pve-cluster, memdb.h). */
    static final int LIMIT = 1024 * 1024;

    /** Whether the file is a part of the cluster file system: no owners and modes of its own. */
    boolean onClusterFileSystem() {
        return path.startsWith("/etc/pve/");
    }

    /** Whether it is written before the validation. */
    boolean writtenFirst() {
        return !keptOnNode && !staged.equals(before);
    }

    /** Whether writing it is what makes it take effect. */
    boolean live() {
        return !keptOnNode && !after.equals(staged);
    }

    /** Whether there is anything to write. */
    public boolean changes() {
        return writtenFirst() || live();
    }

    /** The lock directory of Proxmox's own writers for it (pve-cluster, cfs_lock); empty where there is none. */
    String clusterLock() {
        if (path.equals("/etc/pve/firewall/cluster.fw")) {
            return "firewall-cluster";
        }
        String host = path.replaceFirst("^/etc/pve/nodes/([A-Za-z0-9-]{1,63})/host\\.fw$", "firewall-host-$1");
        return host.equals(path) ? "" : host;
    }

    /** The SHA-256 of a text, as {@code sha256sum} prints it; {@link #ABSENT} for none. */
    static String digest(Optional<String> text) {
        return text.map(Digests::sha256).orElse(ABSENT);
    }

    /** The unified diff with three lines of context, as {@code diff -u} prints it; empty when nothing changes. */
    public List<String> diff() {
        return keptOnNode ? List.of() : diff(named, before, after);
    }

    static List<String> diff(String name, Optional<String> before, Optional<String> after) {
        if (before.equals(after)) {
            return List.of();
        }
        List<String> old = lines(before);
        String from = before.isPresent() ? name : "/dev/null";
        String to = after.isPresent() ? name : "/dev/null";
        List<String> diff = UnifiedDiffUtils.generateUnifiedDiff(from, to, old, DiffUtils.diff(old, lines(after)), 3);
        // An empty file that comes or goes has no lines to show, and is a change all the same.
        return diff.isEmpty() ? List.of("--- " + from, "+++ " + to) : diff;
    }

    private static List<String> lines(Optional<String> text) {
        if (text.isEmpty() || text.get().isEmpty()) {
            return List.of();
        }
        String whole = text.get();
        boolean ended = whole.endsWith("\n");
        List<String> lines = List.of((ended ? whole.substring(0, whole.length() - 1) : whole).split("\n", -1));
        if (ended) {
            return lines;
        }
        // As diff(1) tells it, so that a file without its last line feed is not shown as one with it.
        return java.util.stream.Stream.concat(
                        lines.stream().limit(lines.size() - 1L),
                        java.util.stream.Stream.of(lines.get(lines.size() - 1) + "   (no line feed at the end)"))
                .toList();
    }
}
