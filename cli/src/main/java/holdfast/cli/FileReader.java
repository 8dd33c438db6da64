package holdfast.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Somebody who will read and write files later, and is judged by their modes now. Access lists are seen as the mode shows
 * them.
 *
 * @param who for messages
 * @param user the number of the account; -1 for one that owns nothing
 * @param groups the numbers of its groups
 */
record FileReader(String who, int user, Set<Integer> groups) {

    private static final int READ = 4;
    private static final int WRITE = 2;
    private static final int ENTER = 1;

    FileReader {
        groups = Set.copyOf(groups);
    }

    /** Somebody who owns nothing and is in no group. */
    static FileReader nobody(String who) {
        return new FileReader(who, -1, Set.of());
    }

    /** What keeps this one from reading a file; of a directory, from listing it. */
    Optional<String> reading(Path file) {
        try {
            if (!Files.exists(file)) {
                return Optional.of("%s is not there".formatted(file));
            }
            Path real = file.toRealPath();
            return entering(real)
                    .or(() -> denied(real, Files.isDirectory(real) ? READ | ENTER : READ)
                            ? Optional.of("%s cannot be read by %s: check its owner and mode".formatted(file, who))
                            : Optional.empty());
        } catch (IOException e) {
            return Optional.of("%s cannot be looked at: %s".formatted(file, e));
        }
    }

    /** What keeps this one from making files in a directory. */
    Optional<String> writingIn(Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                return Optional.of("there is no directory %s: make it first".formatted(directory));
            }
            Path real = directory.toRealPath();
            return entering(real)
                    .or(() -> denied(real, WRITE | ENTER)
                            ? Optional.of("%s cannot write to the directory %s".formatted(who, directory))
                            : Optional.empty());
        } catch (IOException e) {
            return Optional.of("%s cannot be looked at: %s".formatted(directory, e));
        }
    }

    private Optional<String> entering(Path real) {
        for (Path at = real.getParent(); at != null; at = at.getParent()) {
            if (denied(at, ENTER)) {
                return Optional.of("%s cannot be reached by %s: the directory %s is closed".formatted(real, who, at));
            }
        }
        return Optional.empty();
    }

    private boolean denied(Path file, int wanted) {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
            int mode = (Integer) attributes.getOrDefault("mode", 0);
            int bits;
            if (attributes.get("uid") instanceof Integer owner && owner == user) {
                bits = mode >> 6;
            } else if (attributes.get("gid") instanceof Integer group && groups.contains(group)) {
                bits = mode >> 3;
            } else {
                bits = mode;
            }
            return (bits & wanted) != wanted;
        } catch (IOException | UnsupportedOperationException e) {
            // Who may not look at it cannot say that somebody else may not.
            return false;
        }
    }
}
