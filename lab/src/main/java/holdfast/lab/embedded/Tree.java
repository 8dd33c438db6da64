package holdfast.lab.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The private directory of one embedded node: its files, and stand-ins for the commands that would tell of the
 * machine underneath.
 */
final class Tree {

    private static final List<String> STAND_INS = List.of(
            "chronyc",
            "chronyd",
            "corosync-quorumtool",
            "dpkg-query",
            "getent",
            "id",
            "iptables-legacy-save",
            "iptables-nft-save",
            "nft",
            "openssl",
            "ss",
            "sshd",
            "systemctl",
            "timedatectl",
            "uname");

    /** Absolute paths of the node's own files; /dev, /tmp and the real tools stay what they are. */
    private static final Pattern ABSOLUTE =
            Pattern.compile("(?<![A-Za-z0-9_./*}])/(etc|proc|sys|run/sshd)(?=[/.\\s'\";)])");

    private final Path root;

    Tree(Path root) throws IOException {
        this.root = root;
        Path bin = Files.createDirectories(root.resolve("bin"));
        for (String name : STAND_INS) {
            try (InputStream script = Tree.class.getResourceAsStream("bin/" + name)) {
                if (script == null) {
                    throw new IllegalStateException("the stand-in " + name + " is not in the jar");
                }
                Path file = bin.resolve(name);
                String text = new String(script.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
                Files.writeString(file, text.replace("@TREE@", root.toString()));
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        Files.createDirectories(root.resolve("state"));
    }

    Path root() {
        return root;
    }

    void write(String path, String content) throws IOException {
        Path file = root.resolve(path.replaceFirst("^/+", ""));
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** A relative link, as pmxcfs has them; a file written through it lands where it points. */
    void link(String path, String target) throws IOException {
        Path link = root.resolve(path.replaceFirst("^/+", ""));
        Files.createDirectories(link.resolveSibling(target));
        Files.createSymbolicLink(link, Path.of(target));
    }

    void delete(String path) throws IOException {
        Files.deleteIfExists(root.resolve(path.replaceFirst("^/+", "")));
    }

    /** The same script or command line, with the node's paths led into this directory. */
    String redirected(String text) {
        String moved = ABSOLUTE.matcher(text).replaceAll(Matcher.quoteReplacement(root.toString()) + "/$1");
        return moved.replace("PATH=/usr/sbin:", "PATH=" + root + "/bin:/usr/sbin:");
    }

    void remove() {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // A directory below the system's temporary one: not worth failing a demo for.
        }
    }
}
