package holdfast.cli;

import holdfast.text.Clean;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Notes on standard error, each once, beside the live line. */
final class Notices implements Consumer<String> {

    private final boolean quiet;
    private final LiveProgress progress;
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    Notices(Terminal screen, boolean quiet) {
        this.quiet = quiet;
        this.progress = new LiveProgress(screen, !quiet && screen.errIsTerminal());
    }

    LiveProgress progress() {
        return progress;
    }

    /** Something that went wrong: told also where notes are not wanted. */
    void trouble(String what) {
        progress.interrupt("holdfast: " + Clean.line(what, 1000));
    }

    @Override
    public void accept(String notice) {
        if (!quiet && told.add(notice)) {
            progress.interrupt("note: " + Clean.line(notice, 600));
        }
    }
}
