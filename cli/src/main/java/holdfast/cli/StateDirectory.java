package holdfast.cli;

import java.nio.file.Path;
import java.util.Map;

/** Where holdfast keeps what it must remember on this machine (XDG Base Directory Specification, XDG_STATE_HOME). */
final class StateDirectory {

    private StateDirectory() {}

    /** The journals of all runs. */
    static Path runs() {
        return runs(System.getenv());
    }

    static Path runs(Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        Path base = state.startsWith("/")
                ? Path.of(state)
                : Path.of(environment.getOrDefault("HOME", System.getProperty("user.home", "/")), ".local", "state");
        return base.resolve("holdfast").resolve("runs");
    }
}
