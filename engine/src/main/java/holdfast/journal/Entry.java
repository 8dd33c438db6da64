package holdfast.journal;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** One line of a run's journal. Entries are only ever added; a later one tells what became of an earlier one. */
public sealed interface Entry {

    /** The controller's time. */
    Instant at();

    /**
     * The first line: who began what.
     *
     * @param run the run's id
     * @param command the verb, {@code fix} or {@code undo}
     * @param check whether it is a dry run
     * @param operator the local user
     * @param controller this machine's name
     * @param version of holdfast
     * @param arguments the command line, without secrets (holdfast takes none there)
     * @param inventory the sources as they were given
     * @param limit the host pattern; empty for all
     * @param checks the selected checks' ids
     * @param nodes the selected nodes by their inventory names
     * @param undoes the run that this one takes back
     */
    record Started(
            Instant at,
            String run,
            String command,
            boolean check,
            String operator,
            String controller,
            String version,
            List<String> arguments,
            List<String> inventory,
            String limit,
            List<String> checks,
            List<String> nodes,
            Optional<String> undoes)
            implements Entry {
        public Started {
            arguments = List.copyOf(arguments);
            inventory = List.copyOf(inventory);
            checks = List.copyOf(checks);
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * What is going to be done to one target, complete enough to do it and to take it back.
     *
     * @param target a node's name, or {@code cluster NAME}
     * @param node the node that the changes are made on: the target, or the cluster's member that was chosen
     * @param members for a cluster the inventory names of all members, that the effect is verified on
     * @param checks the failed checks that this mends
     * @param guarded whether it can cut off access
     * @param files every file with its content before and after
     * @param commands in the order in which they run, after the files
     * @param validations commands that are run before anything takes effect
     * @param reloads commands that make services read their files
     */
    record Planned(
            Instant at,
            String target,
            String node,
            List<String> members,
            List<String> checks,
            boolean guarded,
            List<FileChange> files,
            List<CommandChange> commands,
            List<Purpose> validations,
            List<Purpose> reloads)
            implements Entry {
        public Planned {
            members = List.copyOf(members);
            checks = List.copyOf(checks);
            files = List.copyOf(files);
            commands = List.copyOf(commands);
            validations = List.copyOf(validations);
            reloads = List.copyOf(reloads);
        }
    }

    /**
     * How far a target is.
     *
     * @param step its name, such as {@code validate}
     * @param message what came of it; may be empty
     */
    record Step(Instant at, String target, String step, String message) implements Entry {}

    /**
     * What became of a target. A run that was killed has planned targets without this line.
     *
     * @param message one sentence
     */
    record Finished(Instant at, String target, State state, String message) implements Entry {}

    /**
     * The last line.
     *
     * @param exitCode what the process ended with
     */
    record Ended(Instant at, int exitCode) implements Entry {}

    /**
     * A line that a later version wrote; only ever read.
     *
     * @param at {@link Instant#EPOCH} where it tells no time
     * @param type its kind
     * @param line the whole line as it stands there
     */
    record Other(Instant at, String type, String line) implements Entry {}

    /** What became of a target. */
    enum State {
        /** Changed, proved and confirmed. */
        APPLIED,
        /** There was nothing to do. */
        UNCHANGED,
        /** Something went wrong, and everything was put back and read back. */
        ROLLED_BACK,
        /** Something went wrong, and it is not known whether everything was put back. */
        UNCONFIRMED,
        /** It was not allowed to begin: the lock, quorum, a changed file; nothing was touched. */
        REFUSED,
        /** The run stopped before its turn came. */
        NOT_TOUCHED;

        /** As reports spell it: lower case with dashes. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * A file before and after.
     *
     * @param path on the node
     * @param before its bytes in Base64; empty where there was no file, or where {@code keptOnNode}
     * @param after likewise
     * @param existed whether there was a file before
     * @param exists whether there is one after
     * @param beforeDigest the SHA-256 of its bytes before; empty when there was none
     * @param afterDigest the SHA-256 after; empty when there is none, or when a command makes it
     * @param live whether writing it is what makes it take effect
     * @param keptOnNode whether its content may not leave the node (a private key): only the node can put it back
     * @param diff the unified diff that the operator was shown
     */
    record FileChange(
            String path,
            Optional<String> before,
            Optional<String> after,
            boolean existed,
            boolean exists,
            Optional<String> beforeDigest,
            Optional<String> afterDigest,
            boolean live,
            boolean keptOnNode,
            String diff) {}

    /** A command with what takes it back. */
    record CommandChange(String command, String purpose, String undo, List<String> touches) {
        public CommandChange {
            touches = List.copyOf(touches);
        }
    }

    /** A command and what it is for. */
    record Purpose(String command, String purpose) {}
}
