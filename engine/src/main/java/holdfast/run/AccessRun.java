package holdfast.run;

import holdfast.access.AccessFiles;
import holdfast.access.Answer;
import holdfast.access.ClusterAccess;
import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.probe.Reading;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * What the clusters said about access when they were asked, and what follows from it.
 *
 * @param askedAt the controller's time; expiries are judged by it
 * @param millis how long it took
 * @param polled what came back
 */
public record AccessRun(Instant askedAt, long millis, AccessPoll.Result polled) {

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
