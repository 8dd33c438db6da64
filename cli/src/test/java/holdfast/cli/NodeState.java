package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.container.RealNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What stands on a practice node in the places that fixes write to, byte by byte.
 *
 * @param files mode, owner and SHA-256 of every file, and where each link leads, by path
 */
record NodeState(Map<String, String> files) {

    private static final String PLACES = "/etc/ssh /etc/chrony /etc/default /etc/sudoers.d /etc/systemd/system"
            + " /etc/pve/firewall /etc/pve/nodes /home/ops/.ssh";

    /** Not what the HA daemon writes anew every few seconds, nor its temporary files. */
    private static final String FILES = " -type f ! -name 'lrm_status*'";

    /** Reads it without SSH. */
    static NodeState of(RealNode node) {
        Map<String, String> files = new TreeMap<>();
        node.sh("places=$(ls -d " + PLACES + " 2>/dev/null);"
                        + " find $places" + FILES + " -printf '%p %m %u:%g\\n';"
                        + " find $places" + FILES + " -exec sha256sum {} + | awk '{ print $2, $1 }';"
                        + " find $places -type l -printf '%p -> %l\\n'")
                .lines()
                .forEach(line -> {
                    String[] words = line.split(" ", 2);
                    files.merge(words[0], words[1], (one, other) -> one + " " + other);
                });
        return new NodeState(files);
    }

    /** The node is as it was: the same bytes, modes and owners, and nothing of any run is left about. */
    void assertStillOn(RealNode node, String what) {
        assertThat(differences(of(node))).as("%s: different", what).isEmpty();
        assertThat(leftovers(node)).as("%s: left over", what).isEmpty();
    }

    /** Each path whose file is another one, or there in only one of the two. */
    List<String> differences(NodeState other) {
        TreeSet<String> paths = new TreeSet<>(files.keySet());
        paths.addAll(other.files.keySet());
        return paths.stream()
                .filter(path -> !Objects.equals(files.get(path), other.files.get(path)))
                .map(path -> "%s: %s -> %s".formatted(path, files.get(path), other.files.get(path)))
                .toList();
    }

    /** What only a run in the middle of its work may have on a node. */
    static List<String> leftovers(RealNode node) {
        return lines(node.exec("""
                        ls -d /var/lib/holdfast/lock /var/lib/holdfast/*/guard.*.pid /var/lib/holdfast/*/reserve /etc/pve/priv/lock/* 2>/dev/null
                        find /etc /var/lib -xdev -name '.holdfast-*'
                        find /etc/pve -name '.holdfast-*'
                        ls -d /etc/systemd/system/holdfast-[gr]* /etc/systemd/system/multi-user.target.wants/holdfast-[gr]* 2>/dev/null
                        systemctl list-units --all --plain --no-legend --state=active,activating,waiting 'holdfast-guard-*' 'holdfast-rollback-*'
                        pgrep -fa 'holdfast/[^ *]+/rollback'
                        true""").out());
    }

    /** Inode and times too, of what does not lie on the cluster file system: a file that was not even written. */
    static List<String> touched(RealNode node) {
        return lines(
                node.sh("find /etc -xdev \\( -path /etc/pve -prune \\) -o -type f -printf '%p %i %T@ %C@\\n' | sort;"
                        + " ls -A /var/lib/holdfast 2>/dev/null || :"));
    }

    private static List<String> lines(String text) {
        return Arrays.stream(text.split("\n")).filter(line -> !line.isBlank()).toList();
    }
}
