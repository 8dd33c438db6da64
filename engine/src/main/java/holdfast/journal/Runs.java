package holdfast.journal;

import holdfast.problem.Problems;
import holdfast.text.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The directory that keeps the journals of all runs, a directory for each, readable by its owner only. */
public final class Runs {

    private static final String JOURNAL = "journal.jsonl";
    private static final Pattern ID = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]{0,63}");
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path directory;

    /** @param directory made when the first run is recorded */
    public Runs(Path directory) {
        this.directory = directory;
    }

    /** Where the runs are kept. */
    public Path directory() {
        return directory;
    }

    /**
     * Begins the journal of a new run.
     *
     * @param id letters, digits and dashes; ids sort by time
     * @throws JournalException when it cannot be written there, or when what is there is not ours alone
     */
    public Journal create(String id) throws JournalException {
        checked(id);
        Path run = directory.resolve(id);
        try {
            makeDirectory();
            Files.createDirectory(run, PRIVATE_DIRECTORY);
        } catch (FileAlreadyExistsException e) {
            throw new JournalException(e, "cannot begin the journal %s: the run is there already", run);
        } catch (IOException e) {
            throw Trouble.of(e, "begin", run);
        }
        Path file = run.resolve(JOURNAL);
        try {
            mustBeOurs(run);
            FileChannel channel = FileChannel.open(
                    file,
                    Set.of(
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.APPEND,
                            LinkOption.NOFOLLOW_LINKS),
                    PRIVATE_FILE);
            force(run);
            force(directory);
            return new Journal(id, file, channel);
        } catch (IOException e) {
            throw Trouble.of(e, "begin", file);
        }
    }

    private void makeDirectory() throws IOException, JournalException {
        if (Files.isSymbolicLink(directory)) {
            throw new JournalException(
                    "%s is a symbolic link, and journals are not written through one; replace it with a directory",
                    directory);
        }
        // Also its parents: the XDG specification wants them private.
        Files.createDirectories(directory, PRIVATE_DIRECTORY);
    }

    /** A directory that others can write to lets them exchange what an undo would put on nodes. */
    private void mustBeOurs(Path justMade) throws IOException, JournalException {
        if (!Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                .equals(Files.getAttribute(justMade, "unix:uid", LinkOption.NOFOLLOW_LINKS))) {
            Files.delete(justMade);
            throw new JournalException(
                    "%s belongs to %s, and journals are not kept in another user's directory; "
                            + "set XDG_STATE_HOME to a directory of yours",
                    directory,
                    Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS).getName());
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
        if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            Files.delete(justMade);
            throw new JournalException(
                    "%s can be written by others, who could change what an undo puts back; run: chmod go-w %s",
                    directory, directory);
        }
    }

    /** The name of a new file is on the disk only when its directory is. */
    private static void force(Path path) throws IOException {
        try (FileChannel opened = FileChannel.open(path, StandardOpenOption.READ)) {
            opened.force(true);
        }
    }

    /**
     * A recorded run.
     *
     * @param id the run's id, or the beginning of it that no other run shares
     * @throws JournalException when there is no such run, or its journal cannot be read or believed; a line at fault
     *     is named by its number
     */
    public RecordedRun read(String id) throws JournalException {
        return recorded(resolved(id));
    }

    /**
     * All runs, oldest first.
     *
     * @param broken is told of each run that cannot be read
     * @throws JournalException when the directory itself cannot be read; a missing one holds no runs
     */
    public List<RecordedRun.Summary> all(Consumer<JournalException> broken) throws JournalException {
        List<RecordedRun.Summary> runs = new ArrayList<>();
        for (String id : ids()) {
            try {
                runs.add(recorded(id).summary());
            } catch (JournalException e) {
                broken.accept(e);
            }
        }
        runs.sort(Comparator.<RecordedRun.Summary, Instant>comparing(
                        run -> run.started().at())
                .thenComparing(RecordedRun.Summary::id));
        return List.copyOf(runs);
    }

    /**
     * How far a run's journal goes, once every line was found unchanged and in its place.
     *
     * @param id the run's whole id
     * @throws JournalException when it cannot be read or believed
     */
    public JournalEnd end(String id) throws JournalException {
        checked(id);
        Believed believed = believed(id);
        return new JournalEnd(id, believed.run().entries().size(), believed.lastDigest());
    }

    /**
     * The ids of all runs with a directory here, readable or not, sorted.
     *
     * @throws JournalException when the directory itself cannot be read; a missing one holds no runs
     */
    public List<String> ids() throws JournalException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
                    .map(entry -> String.valueOf(entry.getFileName()))
                    .filter(name -> ID.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw Trouble.of(e, "list", directory);
        } catch (UncheckedIOException e) {
            throw Trouble.of(new IOException(e), "list", directory);
        }
    }

    /** Whether a run was cut off before it wrote anything: its directory is there, its journal is missing or empty. */
    public boolean unbegun(String id) {
        try {
            return Files.size(directory.resolve(id).resolve(JOURNAL)) == 0;
        } catch (IOException e) {
            return e instanceof NoSuchFileException;
        }
    }

    private String resolved(String wanted) throws JournalException {
        checked(wanted);
        List<String> ids = ids();
        if (ids.contains(wanted)) {
            return wanted;
        }
        List<String> found = ids.stream().filter(id -> id.startsWith(wanted)).toList();
        if (found.size() > 1) {
            throw new JournalException(
                    "the run '%s' is not the only one that begins so: %s%s",
                    wanted,
                    String.join(", ", found.subList(0, Math.min(3, found.size()))),
                    found.size() > 3 ? " and %d more".formatted(found.size() - 3) : "");
        }
        if (found.isEmpty()) {
            throw new JournalException(
                    "there is no run '%s' in %s%s; 'holdfast history' lists them",
                    wanted, directory, Problems.hint(wanted, ids));
        }
        return found.getFirst();
    }

    private static void checked(String id) throws JournalException {
        if (!ID.matcher(id).matches()) {
            throw new JournalException(
                    "'%s' is not the id of a run, which looks like 20261122T045259Z-a1b2c3",
                    id.length() > 100 ? id.substring(0, 100) + "…" : id);
        }
    }

    private RecordedRun recorded(String id) throws JournalException {
        return believed(id).run();
    }

    /** @param lastDigest of its last whole line */
    private record Believed(RecordedRun run, String lastDigest) {}

    private Believed believed(String id) throws JournalException {
        Path file = directory.resolve(id).resolve(JOURNAL);
        byte[] bytes = bytes(file);
        List<Entry> entries = new ArrayList<>();
        String previous = Lines.NOTHING_BEFORE;
        int start = 0;
        for (int end = 0; end < bytes.length; end++) {
            if (bytes[end] != '\n') {
                continue;
            }
            byte[] line = Arrays.copyOfRange(bytes, start, end);
            int number = entries.size() + 1;
            Entry entry;
            try {
                entry = Lines.read(line, previous);
            } catch (Lines.Broken e) {
                throw new JournalException(e, "the journal %s, line %d, cannot be believed: %s", file, number, e.why());
            }
            boolean opening = entry instanceof Entry.Started;
            if (opening != entries.isEmpty()) {
                throw new JournalException(
                        "the journal %s, line %d, cannot be believed: %s",
                        file, number, opening ? "the run starts a second time" : "the run has no start");
            }
            if (entry instanceof Entry.Started started && !started.run().equals(id)) {
                throw new JournalException(
                        "the journal %s, line 1, cannot be believed: it is of the run %s", file, started.run());
            }
            entries.add(entry);
            previous = Digests.sha256(line);
            start = end + 1;
        }
        if (entries.isEmpty()) {
            throw new JournalException(
                    "the journal %s is empty: the run was cut off before it began, and changed nothing", file);
        }
        return new Believed(new RecordedRun(id, entries, start < bytes.length), previous);
    }

    private static byte[] bytes(Path file) throws JournalException {
        try {
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new JournalException(
                        "the journal %s is missing: the run was cut off before it began, or somebody took it away",
                        file);
            }
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new JournalException("the journal %s is not a plain file, and not read", file);
            }
            try (InputStream input = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                byte[] bytes = input.readNBytes(Journal.LIMIT + 1);
                if (bytes.length > Journal.LIMIT) {
                    throw new JournalException("the journal %s is larger than 64 MiB, and not read", file);
                }
                return bytes;
            }
        } catch (IOException e) {
            throw Trouble.of(e, "read", file);
        }
    }
}
