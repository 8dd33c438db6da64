package holdfast.lab.embedded;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The private directory of one embedded node: its files, and the commands that it has. Scripts that are sent to the
 * node are led into it; a command that is neither a stand-in nor a harmless tool does not exist there, so that
 * nothing which a script says can reach the machine underneath.
 */
final class Tree {

    /** Commands that would tell of the machine underneath, or change it. */
    private static final List<String> STAND_INS = List.of(
            "chronyc",
            "chronyd",
            "corosync-cfgtool",
            "corosync-cmapctl",
            "corosync-qdevice-tool",
            "corosync-quorumtool",
            "date",
            "dpkg-query",
            "getent",
            "id",
            "iptables-legacy-save",
            "iptables-nft-save",
            "logger",
            "mv",
            "nft",
            "openssl",
            "pve-firewall",
            "pvecm",
            "rm",
            "ss",
            "ssh",
            "sshd",
            "stat",
            "sudo",
            "systemctl",
            "timedatectl",
            "uname");

    /** Those that run with this machine's perl; they do not exist where there is none. */
    private static final List<String> WITH_PERL = List.of("perl", "pveum", "pvesh");

    /** What the stand-ins of pveum, pvesh and the API are made of, here and on practice nodes of their own. */
    private static final List<String> MODULES = List.of(
            "HoldfastAccess.pm",
            "HoldfastAccessApi.pm",
            "HoldfastAccessCli.pm",
            "HoldfastLab.pm",
            "HoldfastNodeApi.pm");

    /** The genuine ones: they read and write only what they are given. */
    private static final List<String> TOOLS = List.of(
            "awk",
            "base64",
            "basename",
            "cat",
            "chmod",
            "cmp",
            "cp",
            "cut",
            "dirname",
            "du",
            "egrep",
            "env",
            "expr",
            "false",
            "fgrep",
            "find",
            "flock",
            "grep",
            "head",
            "ln",
            "ls",
            "mkdir",
            "mktemp",
            "od",
            "printf",
            "readlink",
            "rmdir",
            "sed",
            "seq",
            "setsid",
            "sh",
            "sha256sum",
            "sleep",
            "sort",
            "sync",
            "tail",
            "tee",
            "test",
            "timeout",
            "touch",
            "tr",
            "true",
            "uniq",
            "wc",
            "xargs");

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/bin"), Path.of("/bin"), Path.of("/usr/sbin"), Path.of("/sbin"));

    /**
     * Absolute paths of the node's own files, and commands by their full names but for the three that every command
     * line begins with. /dev and /tmp stay what they are.
     */
    private static final Pattern ABSOLUTE = Pattern.compile("(?<![A-Za-z0-9_./*}+])/(?:"
            + "(?<file>(?:etc|proc|sys|var|boot|home|root|opt|srv|mnt|usr/lib|usr/share|usr/local|run/[a-z-]+)(?=[/.\\s'\";)]))"
            + "|(?:usr/)?s?bin/(?<command>(?!(?:sh|env|true)\\b)[a-z][a-z0-9.-]*))");

    private static final String PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

    private final Path root;

    Tree(Path directory) throws IOException {
        Files.createDirectories(directory);
        root = directory.toRealPath();
        Path bin = Files.createDirectories(root.resolve("bin"));
        for (String name : TOOLS) {
            Files.createSymbolicLink(bin.resolve(name), genuine(name));
        }
        for (String name : STAND_INS) {
            standIn(bin, name);
        }
        if (found("perl").isPresent()) {
            for (String name : WITH_PERL) {
                standIn(bin, name);
            }
            Path modules = Files.createDirectories(bin.resolve("perl5"));
            for (String name : MODULES) {
                Files.writeString(modules.resolve(name), resource("perl5/" + name));
            }
        }
        for (String name : List.of("state", "root", "etc", "var/lib")) {
            Files.createDirectories(root.resolve(name));
        }
    }

    private void standIn(Path bin, String name) throws IOException {
        String text = resource("bin/" + name).replace("@TREE@", root.toString());
        if (text.contains("@REAL@")) {
            text = text.replace("@REAL@", genuine(name).toString());
        }
        if (text.contains("@PERL@")) {
            text = text.replace("@PERL@", genuine("perl").toString());
        }
        Path file = bin.resolve(name);
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = Tree.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the stand-in " + name + " is not in the jar");
            }
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static Optional<Path> found(String name) {
        return PLACES.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The beginning of a command line that runs this machine's perl with the modules above. */
    List<String> perl() throws IOException {
        return List.of(genuine("perl").toString(), "-I" + root.resolve("bin/perl5"));
    }

    private static Path genuine(String name) throws IOException {
        return found(name)
                .orElseThrow(() -> new IOException(
                        "practice nodes need the program %s, and this machine does not have it".formatted(name)));
    }

    Path root() {
        return root;
    }

    /** The only directory that commands are found in. */
    String path() {
        return root.resolve("bin").toString();
    }

    void write(String path, String content) throws IOException {
        Path file = at(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        if (path.startsWith("/etc/pve/priv/")) {
            // As pmxcfs has it, whoever writes.
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
    }

    /** A relative link, as pmxcfs has them; a file written through it lands where it points. */
    void link(String path, String target) throws IOException {
        Path link = at(path);
        Files.createDirectories(link.resolveSibling(target));
        Files.createSymbolicLink(link, Path.of(target));
    }

    /** Puts pipes that nobody writes into in the place of all files below a directory, or puts the files back. */
    void hang(String path, boolean hung) throws IOException {
        Path directory = at(path);
        Path kept = root.resolve("state/hung");
        if (hung == Files.exists(kept)) {
            return;
        }
        if (!hung) {
            removeAll(directory);
            Files.move(kept, directory);
            return;
        }
        Files.move(directory, kept);
        try (Stream<Path> all = Files.walk(kept)) {
            for (Path from : all.toList()) {
                Path to = directory.resolve(kept.relativize(from));
                if (Files.isSymbolicLink(from)) {
                    Files.createSymbolicLink(to, Files.readSymbolicLink(from));
                } else if (Files.isDirectory(from)) {
                    Files.createDirectory(to);
                } else {
                    pipe(to);
                }
            }
        }
    }

    private static void pipe(Path path) throws IOException {
        try {
            if (new ProcessBuilder(genuine("mkfifo").toString(), path.toString())
                            .start()
                            .waitFor()
                    != 0) {
                throw new IOException("no pipe at " + path);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static void removeAll(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    void delete(String path) throws IOException {
        Files.deleteIfExists(at(path));
    }

    Path at(String path) {
        return root.resolve(path.replaceFirst("^/+", ""));
    }

    /** The paths, as the node sees them, that a pattern with {@code *} in its names matches. */
    List<String> matching(String pattern) {
        List<Path> found = List.of(root);
        for (String name : pattern.replaceFirst("^/+", "").split("/")) {
            List<Path> deeper = new ArrayList<>();
            for (Path directory : found) {
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, name)) {
                    entries.forEach(deeper::add);
                } catch (IOException e) {
                    // Not there, or not there any more: no match.
                }
            }
            found = deeper;
        }
        return found.stream().map(path -> "/" + root.relativize(path)).sorted().toList();
    }

    /** Every file and link below the directories that a run may write to, as the node sees them. */
    List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .filter(path -> !path.startsWith(root.resolve("bin")))
                    .sorted()
                    .toList();
        }
    }

    /** The same script or command line, with the node's paths led into this directory. */
    String redirected(String text) {
        String moved = ABSOLUTE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(root + "/"
                        + (match.group("file") != null ? match.group("file") : "bin/" + match.group("command"))));
        return moved.replace(PATH, "PATH=" + path());
    }

    /** The same output, with the node's paths as the node would name them. */
    byte[] asTheNodeSays(byte[] output, int length) {
        String text = new String(output, 0, length, ISO_8859_1);
        // The root as the platform's bytes, one character each.
        String own = new String(root.toString().getBytes(UTF_8), ISO_8859_1) + "/";
        return text.replace(own, "/").getBytes(ISO_8859_1);
    }

    void remove() {
        // What a command writes at this moment may come in between: once more, then it is left to the system.
        for (int attempt = 0; attempt < 3 && Files.exists(root); attempt++) {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            } catch (IOException | java.io.UncheckedIOException e) {
                // A directory below the system's temporary one: not worth failing a demo for.
            }
        }
    }
}
