package holdfast.cli;

import holdfast.journal.Runs;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/** Where holdfast keeps what it has to remember, as the XDG base directory specification wants it. */
final class StateDirectory {

    private StateDirectory() {}

    /** The runs of the user who started this process; tests set the property {@code holdfast.state}. */
    static Runs runs() {
        return new Runs(path().resolve("runs"));
    }

    /** The state of the user who started this process. */
    static Path path() {
        String chosen = System.getProperty("holdfast.state", "");
        return chosen.isEmpty() ? of(System.getenv()) : Path.of(chosen);
    }

    /**
     * {@code $XDG_STATE_HOME/holdfast} when that is an absolute path, else {@code ~/.local/state/holdfast}.
     *
     * @throws UsageError when neither variable names a directory
     */
    static Path of(Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        String home = environment.getOrDefault("HOME", "");
        try {
            // The specification wants relative paths to be ignored.
            if (!state.isEmpty() && Path.of(state).isAbsolute()) {
                return Path.of(state).resolve("holdfast");
            }
            if (!home.isEmpty() && Path.of(home).isAbsolute()) {
                return Path.of(home).resolve(".local/state/holdfast");
            }
        } catch (InvalidPathException e) {
            throw new UsageError("HOME or XDG_STATE_HOME is not a path: " + e.getMessage());
        }
        throw new UsageError("there is no place to remember runs: set HOME or XDG_STATE_HOME to an absolute path");
    }
}
