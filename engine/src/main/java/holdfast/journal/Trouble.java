package holdfast.journal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;

/** Says what went wrong with a file, and what to do about it. */
final class Trouble {

    private Trouble() {}

    static JournalException of(IOException problem, String doing, Path path) {
        String reason = reason(problem);
        return new JournalException(
                problem, "cannot %s the journal %s: %s; %s", doing, path, reason, advice(problem, reason));
    }

    private static String reason(IOException problem) {
        return switch (problem) {
            case AccessDeniedException denied -> "permission denied";
            case FileAlreadyExistsException exists -> "something is there already";
            case NoSuchFileException missing -> "no such file";
            case NotDirectoryException file -> "a part of the path is no directory";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default ->
                Optional.ofNullable(problem.getMessage())
                        .orElse(problem.getClass().getSimpleName());
        };
    }

    private static String advice(IOException problem, String reason) {
        if (reason.contains("No space left") || reason.contains("quota")) {
            return "free some space, or set XDG_STATE_HOME to a directory on another disk";
        }
        if (problem instanceof FileAlreadyExistsException || problem instanceof NotDirectoryException) {
            return "move it away, or set XDG_STATE_HOME to another directory";
        }
        return "make it accessible to you, or set XDG_STATE_HOME to a directory of yours";
    }
}
