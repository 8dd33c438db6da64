package holdfast.cli;

import holdfast.journal.JournalException;
import holdfast.journal.Runs;
import holdfast.store.Claims;
import holdfast.store.Store;
import holdfast.store.StoreException;
import holdfast.store.Verification;
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether the history is as it was written. */
@Command(
        name = "verify",
        description =
                "Recomputes the chain of the history and of the journals here, and names what was changed or is missing.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 intact, 1 something was changed or is missing, 2 a mistake in the command line,",
            "3 it could not be read.",
            "What it proves, and what it cannot: docs/history.md.",
            "",
            "Examples:",
            "  holdfast history verify",
            "  holdfast history verify --head DIGEST           is what was noted down elsewhere still in it?"
        })
final class HistoryVerifyCommand implements Callable<Integer> {

    private static final int INTACT = 0;
    private static final int FAULTS = 1;
    private static final int UNTOLD = 3;

    @Option(names = "--head", paramLabel = "DIGEST", description = "also look for this digest, noted down before")
    @Nullable
    private String head;

    @Mixin
    private StoreOptions options = new StoreOptions();

    private final Terminal terminal;

    HistoryVerifyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (head != null && !head.matches("[0-9a-f]{64}")) {
            throw new UsageError(
                    "--head takes a digest of 64 hexadecimal digits, as 'holdfast history verify' prints it");
        }
        String where = options.address().text();
        Runs runs = StateDirectory.runs();
        try {
            Optional<Store> existing = options.existing();
            if (existing.isEmpty()) {
                return withoutStore(runs, where);
            }
            try (Store store = existing.get()) {
                return tell(
                        store.verify(new Claims(
                                Optional.of(new Claims.Journals(
                                        runs, System.getProperty("user.name", "?"), RunOptions.hostName())),
                                Optional.ofNullable(head))),
                        where);
            }
        } catch (StoreException e) {
            terminal.err().println("holdfast: " + Clean.line(e.why(), 1000));
            return UNTOLD;
        } catch (JournalException e) {
            terminal.err().println("holdfast: " + Clean.line(e.why(), 1000));
            return UNTOLD;
        }
    }

    private int withoutStore(Runs runs, String where) throws StoreException, JournalException {
        List<Verification.Fault> faults = new ArrayList<>();
        Optional<String> witnessed = Store.witnessed(options.address(), StoreOptions.state());
        if (witnessed.isPresent() || head != null) {
            faults.add(new Verification.Fault(
                    "the history",
                    "%s is missing%s"
                            .formatted(where, witnessed.isPresent() ? ", and this controller has written to it" : "")));
        }
        int intact = 0;
        for (String id : runs.ids()) {
            try {
                if (!runs.unbegun(id)) {
                    runs.end(id);
                    intact++;
                }
            } catch (JournalException e) {
                faults.add(new Verification.Fault("the journal of run " + id, e.why()));
            }
        }
        if (faults.isEmpty()) {
            say("no runs are stored in %s; %d journals are intact".formatted(where, intact));
            return INTACT;
        }
        return faults(faults);
    }

    private int tell(Verification found, String where) {
        found.notes().forEach(note -> terminal.err().println("note: " + Clean.line(note, 600)));
        say("%s: %s with %s, %s, %s%s; %s as stored"
                .formatted(
                        where,
                        number(found.runs(), "run"),
                        number(found.findings(), "finding"),
                        number(found.approvals(), "approval"),
                        number(found.prunings(), "pruning"),
                        found.pruned() > 0 ? " of " + number(found.pruned(), "run") : "",
                        number(found.journals(), "journal")));
        found.head().ifPresent(digest -> say("head: " + Clean.line(digest, 80)));
        if (found.intact()) {
            say("intact");
            found.head()
                    .ifPresent(digest ->
                            say("next: note the head down elsewhere, and later run holdfast history verify --head "
                                    + digest));
            return INTACT;
        }
        return faults(found.faults());
    }

    private int faults(List<Verification.Fault> faults) {
        String mark = terminal.unicode() ? "✗" : "x";
        faults.forEach(fault -> say(Clean.line("%s %s: %s".formatted(mark, fault.where(), fault.what()), 1000)));
        say("%s found; compare with a backup before anything else is done with this history"
                .formatted(number(faults.size(), "fault")));
        return FAULTS;
    }

    private static String number(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private void say(String line) {
        terminal.out().println(line);
    }
}
