package holdfast.checks.sshd;

import holdfast.change.Change;
import holdfast.change.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a drop-in of ours gets its say: it sorts before all others, since sshd keeps the first value that it reads; the
 * Include that reads it stands before every setting; and where a file that is read even earlier wins, that one is
 * named, not fought.
 */
final class Placement {

    static final String DIRECTORY = "/etc/ssh/sshd_config.d/";
    private static final String MAIN = "/etc/ssh/sshd_config";

    private Placement() {}

    /**
     * What keeps a drop-in from having its way, whatever it says.
     *
     * @param path where it is to stand
     * @param failing the callers for whom the check fails, each with the keyword that is to blame
     */
    static Optional<Remedy> hindrance(Sshd facts, String path, List<Blame> failing) {
        Written written = facts.written();
        if (facts.otherServer().isPresent()) {
            return Optional.of(Remedy.refused(
                    facts.otherServer().get(), "stop the second server, or give it the same settings by hand"));
        }
        if (!written.main().equals(MAIN)) {
            return Optional.of(Remedy.refused(
                    written.main().isEmpty()
                            ? "the files that sshd reads could not be found"
                            : "sshd was started with the file %s, which a drop-in of ours does not reach"
                                    .formatted(written.main()),
                    "set what is wanted in that file, or start sshd without -f"));
        }
        for (Blame blame : failing) {
            Optional<Written.Line> winner = blame.winner(written);
            if (winner.isPresent() && isEarlier(winner.get(), path)) {
                return Optional.of(Remedy.refused(
                        "%s %s in %s is read before anything that holdfast writes, and sshd keeps the first value"
                                .formatted(
                                        winner.get().keyword(),
                                        winner.get().value(),
                                        winner.get().place()),
                        "remove that line from %s, or rename the file so that it sorts behind %s"
                                .formatted(winner.get().file(), path.substring(DIRECTORY.length()))));
            }
        }
        return Optional.empty();
    }

    /** A caller for whom a check fails, and the keyword that is to blame. */
    record Blame(String keyword, Sshd.Caller caller) {
        Optional<Written.Line> winner(Written written) {
            return written.winner(keyword, caller.setting(keyword), caller);
        }
    }

    /** Whether a Match block of a later file is to blame, which only a Match block of ours overrules. */
    static Optional<Written.Line> laterMatch(Sshd facts, String path, List<Blame> failing) {
        return failing.stream()
                .flatMap(blame -> blame.winner(facts.written()).stream())
                .filter(line -> !line.match().isEmpty()
                        && !isEarlier(line, path)
                        && !line.file().equals(path))
                .findFirst();
    }

    /** sshd reads the files of the directory in the order of the C locale. */
    private static boolean isEarlier(Written.Line line, String path) {
        return line.file().startsWith(DIRECTORY) && line.file().compareTo(path) < 0;
    }

    /**
     * The steps: the drop-in, the Include where it is needed, validation, reload.
     *
     * @param keywords what it sets, in lower case
     */
    static Remedy.Steps steps(Sshd facts, Change.WriteFile dropIn, List<String> keywords) {
        List<Change> changes = new ArrayList<>();
        changes.add(dropIn);
        boolean moved = !includeComesFirst(facts.written(), keywords);
        if (moved) {
            changes.add(new Change.EditFile(MAIN, new IncludeFirst(), false));
        }
        changes.add(new Change.Validate("sshd -t", "sshd -t accepts all files together"));
        // A socket-activated sshd reads its files at each connection; there is nothing to reload.
        changes.add(new Change.Reload(
                "systemctl is-active --quiet ssh.socket || systemctl reload ssh.service",
                "sshd reads its files; sessions that are open stay open"));
        Remedy.Steps steps = Remedy.steps(changes.toArray(Change[]::new))
                .guarded()
                .needing(Remedy.Need.BREAK_GLASS)
                .judgedFirst();
        return moved
                ? steps.noting(
                        "every other file in %s comes into effect too, since the Include is put where Debian has it",
                        DIRECTORY)
                : steps;
    }

    private static boolean includeComesFirst(Written written, List<String> keywords) {
        return written.include()
                .filter(include -> include.match().isEmpty())
                .filter(include -> written.lines().stream()
                        .noneMatch(line -> line.file().equals(written.main())
                                && line.match().isEmpty()
                                && keywords.contains(line.keyword())
                                && line.number() < include.number()))
                .isPresent();
    }
}
