package holdfast.run;

import holdfast.access.AccessDiff;
import holdfast.access.AccessExport;
import holdfast.access.AccessFiles;
import holdfast.access.AccessList;
import holdfast.access.AccessMatrix;
import holdfast.access.Answer;
import holdfast.access.ClusterAccess;
import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import holdfast.text.Glob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the clusters said about access when they were asked, and what follows from it.
 *
 * @param askedAt the controller's time; expiries are judged by it
 * @param millis how long it took
 * @param polled what came back
 */
public record AccessRun(Instant askedAt, long millis, AccessPoll.Result polled) {

    /** What a policy takes for a cluster's name. */
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9:._-]{0,94}");

    /** Whether somebody may do something. */
    public enum Decision {
        ALLOWED("ALLOWED"),
        DENIED("DENIED"),
        CANNOT_TELL("CANNOT TELL");

        private final String label;

        Decision(String label) {
            this.label = label;
        }

        /** As a person reads it. */
        public String label() {
            return label;
        }
    }

    /**
     * @param subject a user or token
     * @param privilege such as {@code VM.PowerMgmt}
     * @param path normalised
     */
    public record Question(Subject subject, String privilege, String path) {}

    /**
     * A cluster's answer.
     *
     * @param because one sentence
     * @param reasons what it follows from
     * @param notes what is worth knowing besides
     */
    public record Answered(
            AccessPoll.OfCluster cluster, Decision decision, String because, List<String> reasons, List<String> notes) {
        public Answered {
            reasons = List.copyOf(reasons);
            notes = List.copyOf(notes);
        }
    }

    /**
     * Which rows of a matrix are wanted.
     *
     * @param subjects ids or globs of users and tokens, or {@code @group} for its members and their tokens; empty for all
     * @param paths normalised; empty for the paths of the entries themselves
     * @param privilege only roles that give it
     * @param effective at every guest and storage
     */
    public record Wanted(List<String> subjects, List<String> paths, Optional<String> privilege, boolean effective) {
        public Wanted {
            subjects = List.copyOf(subjects);
            paths = List.copyOf(paths);
        }
    }

    /** A cluster's rows; none where it could not be judged. */
    public record Matrix(AccessPoll.OfCluster cluster, AccessMatrix matrix, List<String> notes) {
        public Matrix {
            notes = List.copyOf(notes);
        }
    }

    /**
     * A cluster against its list.
     *
     * @param list what the policy has for it; empty where it has none, or the cluster could not be judged
     */
    public record Compared(
            AccessPoll.OfCluster cluster,
            Optional<AccessList> list,
            List<AccessDiff.Difference> differences,
            List<String> notes) {
        public Compared {
            differences = List.copyOf(differences);
            notes = List.copyOf(notes);
        }

        /** Whether the cluster could be judged, and the policy has no list for it. */
        public boolean unlisted() {
            return list.isEmpty() && cluster.access() instanceof Reading.Known<ClusterAccess>;
        }
    }

    /** A cluster's present state as a list, or why there is none. */
    public record Exported(AccessPoll.OfCluster cluster, Reading<AccessList> list) {}

    /** Whether every cluster could be judged, and every node that was asked belongs to one of them. */
    public boolean complete() {
        return polled.unplaced().isEmpty()
                && polled.clusters().stream()
                        .allMatch(cluster -> cluster.access() instanceof Reading.Known<ClusterAccess>
                                && cluster.dissenters().isEmpty());
    }

    /** Every cluster's answer to one question. */
    public List<Answered> can(Question question) {
        return polled.clusters().stream().map(cluster -> can(cluster, question)).toList();
    }

    private Answered can(AccessPoll.OfCluster cluster, Question question) {
        return switch (cluster.access()) {
            case Reading.Unknown<ClusterAccess>(var why) ->
                new Answered(cluster, Decision.CANNOT_TELL, why, List.of(), List.of());
            case Reading.Known<ClusterAccess>(var known) -> {
                Answer answer = Answer.of(
                        new Permissions(known.files().config()),
                        question.subject(),
                        question.privilege(),
                        question.path(),
                        askedAt.getEpochSecond());
                List<String> notes = new ArrayList<>(notes(cluster));
                absent(known.files(), question.path()).ifPresent(notes::add);
                yield cluster.dissenters().isEmpty()
                        ? new Answered(
                                cluster,
                                answer.allowed() ? Decision.ALLOWED : Decision.DENIED,
                                answer.because(),
                                answer.reasons(),
                                notes)
                        : new Answered(
                                cluster,
                                Decision.CANNOT_TELL,
                                "it depends on the member that is asked; by most of them: " + answer.because(),
                                answer.reasons(),
                                notes);
            }
        };
    }

    /** The answer for all: what cannot be told outranks a denial, and that a yes. */
    public Decision decision(List<Answered> answers) {
        if (!polled.unplaced().isEmpty()
                || answers.isEmpty()
                || answers.stream().anyMatch(answer -> answer.decision() == Decision.CANNOT_TELL)) {
            return Decision.CANNOT_TELL;
        }
        return answers.stream().allMatch(answer -> answer.decision() == Decision.ALLOWED)
                ? Decision.ALLOWED
                : Decision.DENIED;
    }

    /** Every cluster's rows. */
    public List<Matrix> matrix(Wanted wanted) {
        return polled.clusters().stream()
                .map(cluster -> switch (cluster.access()) {
                    case Reading.Unknown<ClusterAccess> unknown ->
                        new Matrix(cluster, new AccessMatrix(List.of(), false), List.of());
                    case Reading.Known<ClusterAccess>(var known) -> matrix(cluster, known.files(), wanted);
                })
                .toList();
    }

    private Matrix matrix(AccessPoll.OfCluster cluster, AccessFiles files, Wanted wanted) {
        List<String> notes = new ArrayList<>(notes(cluster));
        List<String> paths = wanted.effective() ? AccessMatrix.objects(files) : wanted.paths();
        if (wanted.effective()) {
            if (files.guests() instanceof Reading.Unknown<List<Guest>>(var why)) {
                notes.add("its guests are not known: " + why);
            }
            if (files.storages() instanceof Reading.Unknown<SortedSet<String>>(var why)) {
                notes.add("its storages are not known: " + why);
            }
        }
        wanted.paths().forEach(path -> absent(files, path).ifPresent(notes::add));
        wanted.subjects().stream()
                .filter(subject -> !isThere(subject, files.config()))
                .forEach(subject -> notes.add("there is no " + subject));
        AccessMatrix matrix = wanted.effective() && paths.isEmpty()
                ? new AccessMatrix(List.of(), false)
                : AccessMatrix.of(
                        files.config(),
                        new AccessMatrix.Query(subjects(wanted.subjects(), files.config()), paths, wanted.privilege()),
                        askedAt.getEpochSecond());
        if (matrix.cut()) {
            notes.add("there are more than these %d rows: narrow them with --subject, --path or --privilege"
                    .formatted(matrix.rows().size()));
        }
        return new Matrix(cluster, matrix, notes);
    }

    /** What holds a glob is there or not: nobody has to be. */
    private static boolean isThere(String subject, UserConfig config) {
        return subject.startsWith("@")
                ? config.groups().containsKey(subject.substring(1))
                : subject.matches(".*[*?].*")
                        || config.users().containsKey(subject)
                        || config.tokens().containsKey(subject);
    }

    private static Predicate<Subject> subjects(List<String> patterns, UserConfig config) {
        Set<String> members = patterns.stream()
                .filter(pattern -> pattern.startsWith("@"))
                .flatMap(pattern -> Stream.ofNullable(config.groups().get(pattern.substring(1))))
                .flatMap(group -> group.members().stream())
                .collect(Collectors.toSet());
        List<Pattern> globs = patterns.stream()
                .filter(pattern -> !pattern.startsWith("@"))
                .map(Glob::pattern)
                .toList();
        return subject -> patterns.isEmpty()
                || members.contains(subject.owner())
                || globs.stream().anyMatch(glob -> glob.matcher(subject.id()).matches());
    }

    /** Every cluster against the list that its policy has for it. */
    public List<Compared> diff() {
        return polled.clusters().stream()
                .map(cluster -> switch (cluster.access()) {
                    case Reading.Unknown<ClusterAccess> unknown ->
                        new Compared(cluster, Optional.empty(), List.of(), List.of());
                    case Reading.Known<ClusterAccess>(var known) -> {
                        Optional<AccessList> list = cluster.policy().access().list(known.names());
                        yield new Compared(
                                cluster,
                                list,
                                list.map(wanted -> AccessDiff.of(
                                                wanted, known.files().config()))
                                        .orElseGet(List::of),
                                notes(cluster));
                    }
                })
                .toList();
    }

    /**
     * Every cluster's state as a list; what the policy's present list says beyond it is kept. A cluster whose members disagree has none: nobody knows which of the states is
     * meant.
     */
    public List<Exported> export() {
        return polled.clusters().stream()
                .map(cluster -> new Exported(
                        cluster,
                        cluster.access()
                                .then(known -> cluster.dissenters().isEmpty()
                                        ? label(cluster).then(label -> Reading.known(list(cluster, known, label)))
                                        : Reading.<AccessList>unknown(
                                                "its members disagree: %s", String.join("; ", notes(cluster))))))
                .toList();
    }

    private static AccessList list(AccessPoll.OfCluster cluster, ClusterAccess known, String label) {
        UserConfig config = known.files().config();
        return cluster.policy()
                .access()
                .list(known.names())
                .map(former -> AccessExport.of(Optional.of(label), config, former))
                .orElseGet(() -> AccessExport.of(Optional.of(label), config));
    }

    /** The name by which a policy finds the list: the cluster's own, or its CA where others bear that name, too. */
    private Reading<String> label(AccessPoll.OfCluster cluster) {
        boolean unique = polled.clusters().stream()
                        .filter(other -> other.name().equals(cluster.name()))
                        .count()
                == 1;
        if (unique && LABEL.matcher(cluster.name()).matches()) {
            return Reading.known(cluster.name());
        }
        return cluster.id()
                .map(Reading::known)
                .orElseGet(
                        () -> Reading.unknown(
                                "its name does not tell it from others, and its CA could not be read: export it alone, with -l"));
    }

    /** What is worth knowing of a cluster whatever it was asked for. */
    public static List<String> notes(AccessPoll.OfCluster cluster) {
        List<String> notes = new ArrayList<>();
        cluster.silent().forEach((node, why) -> notes.add("%s could not tell: %s".formatted(node, why)));
        if (cluster.access() instanceof Reading.Known<ClusterAccess>(var known)) {
            known.others()
                    .forEach((node, files) -> notes.add("%s has another %s than %s"
                            .formatted(node, String.join(", ", files), String.join(", ", known.speakers()))));
            List<UserConfig.Dropped> dropped = known.files().config().dropped();
            if (!dropped.isEmpty()) {
                notes.add("Proxmox VE leaves out %s of user.cfg: %s%s"
                        .formatted(
                                dropped.size() == 1 ? "a part" : dropped.size() + " parts",
                                dropped.stream()
                                        .limit(3)
                                        .map(part -> "line %d, %s".formatted(part.line(), part.why()))
                                        .collect(Collectors.joining("; ")),
                                dropped.size() > 3 ? "; …" : ""));
            }
        }
        return notes;
    }

    /** A path of something that is not there answers like any other: worth a word, it may be a slip of the pen. */
    private static Optional<String> absent(AccessFiles files, String path) {
        String[] parts = path.split("/");
        if (parts.length < 3) {
            return Optional.empty();
        }
        String name = path.substring(parts[1].length() + 2);
        UserConfig config = files.config();
        return switch (parts[1]) {
            case "vms" ->
                name.matches("\\d{1,9}") && files.mayHaveGuest(Integer.parseInt(name))
                        ? Optional.empty()
                        : Optional.of("there is no guest " + name);
            case "storage" ->
                files.storages() instanceof Reading.Known<SortedSet<String>>(var known) && !known.contains(name)
                        ? Optional.of("there is no storage " + name)
                        : Optional.empty();
            case "pool" ->
                config.pools().containsKey(name) ? Optional.empty() : Optional.of("there is no pool " + name);
            default -> Optional.empty();
        };
    }
}
