package holdfast.node.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One ssh configuration file with the files that it includes, read once.
 *
 * @param items its settings in order
 */
record SshConfigFile(List<Item> items) {

    private static final int DEPTH_LIMIT = 16;
    private static final long SIZE_LIMIT = 4 << 20;

    SshConfigFile {
        items = List.copyOf(items);
    }

    /** A setting, or the files that stand in its place. */
    sealed interface Item {}

    record Setting(SshConfigLine line) implements Item {}

    record Included(List<SshConfigFile> files) implements Item {
        Included {
            files = List.copyOf(files);
        }
    }

    /** Reads a file; one that does not exist is empty. */
    static SshConfigFile read(Path file, boolean ofUser, SshEnvironment environment) throws SshConfigException {
        return read(file, ofUser, environment, 0);
    }

    private static SshConfigFile read(Path file, boolean ofUser, SshEnvironment environment, int depth)
            throws SshConfigException {
        if (depth > DEPTH_LIMIT) {
            throw new SshConfigException("%s: more than %d files include each other".formatted(file, DEPTH_LIMIT));
        }
        List<Item> items = new ArrayList<>();
        int number = 0;
        for (String text : lines(file, ofUser)) {
            SshConfigLine line = SshConfigLine.parse(text, file, ++number);
            if (line == null) {
                continue;
            }
            if (!line.keyword().equals("include")) {
                items.add(new Setting(line));
                continue;
            }
            line.value();
            List<SshConfigFile> files = new ArrayList<>();
            for (String pattern : line.words()) {
                for (Path found : included(pattern, line, ofUser, environment)) {
                    files.add(read(found, ofUser, environment, depth + 1));
                }
            }
            items.add(new Included(files));
        }
        return new SshConfigFile(items);
    }

    private static List<String> lines(Path file, boolean ofUser) throws SshConfigException {
        try {
            if (Files.isDirectory(file)) {
                return List.of();
            }
            if (ofUser) {
                Set<PosixFilePermission> modes = Files.getPosixFilePermissions(file);
                if (modes.contains(PosixFilePermission.GROUP_WRITE)
                        || modes.contains(PosixFilePermission.OTHERS_WRITE)) {
                    throw new SshConfigException(
                            "%s: others may write to it, so ssh does not use it: chmod go-w %s".formatted(file, file));
                }
            }
            if (Files.size(file) > SIZE_LIMIT) {
                throw new SshConfigException("%s: larger than 4 MiB".formatted(file));
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new SshConfigException("%s: cannot be read: %s".formatted(file, e.getMessage()));
        }
    }

    private static List<Path> included(String pattern, SshConfigLine line, boolean ofUser, SshEnvironment environment)
            throws SshConfigException {
        Path path;
        if (pattern.startsWith("~/")) {
            if (!ofUser) {
                throw line.mistake("of a home directory in a system-wide file: " + pattern);
            }
            path = environment.home().resolve(pattern.substring(2));
        } else if (pattern.startsWith("/")) {
            path = Path.of(pattern);
        } else {
            path = (ofUser ? environment.sshDirectory() : Path.of("/etc/ssh")).resolve(pattern);
        }
        List<Path> found = List.of(path.getRoot());
        for (Path name : path) {
            List<Path> next = new ArrayList<>();
            for (Path directory : found) {
                expand(directory, name.toString(), next);
            }
            found = next;
        }
        return found;
    }

    private static void expand(Path directory, String name, List<Path> into) {
        if (!name.matches(".*[*?\\[].*")) {
            Path path = directory.resolve(name);
            if (Files.exists(path)) {
                into.add(path);
            }
            return;
        }
        PathMatcher matcher = directory.getFileSystem().getPathMatcher("glob:" + name.replaceAll("[{}]", "\\\\$0"));
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(entry -> name.startsWith(".")
                            || !entry.getFileName().toString().startsWith("."))
                    .filter(entry -> matcher.matches(entry.getFileName()))
                    .sorted()
                    .forEach(into::add);
        } catch (IOException e) {
            // As for a shell's glob: a directory that cannot be listed has no matches.
        }
    }
}
