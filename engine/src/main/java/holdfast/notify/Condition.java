package holdfast.notify;

import holdfast.check.Severity;
import holdfast.policy.Waiver;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import holdfast.text.Digests;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Something that is so after a run, and that somebody may want to hear of when it begins, changes or ends.
 *
 * @param kind what it is
 * @param subject a node, a cluster, or a waiver
 * @param check the check's id; empty where it is about no check
 * @param severity of the finding
 * @param state the same as long as nothing about it has changed
 * @param message one sentence
 */
public record Condition(
        Kind kind, Subject subject, String check, Optional<Severity> severity, String state, String message) {

    /** What a condition is. */
    public enum Kind {
        /** A check fails, and nobody has accepted that. */
        FAILING,
        /** A check cannot be told, on a node that answers. */
        UNTOLD,
        /** A node does not answer. */
        LOST,
        /** A node or cluster is there. */
        PRESENT,
        /** A waiver has expired. */
        WAIVER_EXPIRED,
        /** The run itself went wrong. */
        RUN_FAILED;

        /** As notices spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What a condition is about.
     *
     * @param scope {@code node}, {@code cluster}, {@code waiver} or {@code run}
     * @param name its name; empty for a run
     */
    public record Subject(String scope, String name) {

        /** As a sentence names it. */
        public String words() {
            return scope.equals("node") || scope.isEmpty() ? name : name.isEmpty() ? scope : scope + " " + name;
        }
    }

    /** What makes it this condition and no other; a line of text without a line feed. */
    public String key() {
        return new Key(kind, subject, check).text();
    }

    /**
     * What makes a condition this one and no other.
     *
     * @param check empty where it is about no check
     */
    public record Key(Kind kind, Subject subject, String check) {

        private static final String BETWEEN = "\t";

        String text() {
            return String.join(BETWEEN, kind.label(), subject.scope(), clean(subject.name()), clean(check));
        }

        private static String clean(String text) {
            return text.replaceAll("\\p{Cntrl}", " ");
        }

        /** The key of a text; empty for one that a later version wrote. */
        static Optional<Key> of(String text) {
            String[] parts = text.split(BETWEEN, -1);
            for (Kind kind : Kind.values()) {
                if (parts.length == 4 && kind.label().equals(parts[0])) {
                    return Optional.of(new Key(kind, new Subject(parts[1], parts[2]), parts[3]));
                }
            }
            return Optional.empty();
        }
    }

    /** The subject of conditions of the run itself. */
    static final Subject RUN = new Subject("run", "");

    /** That the run itself went wrong, and how. */
    public static Condition failedRun(String message) {
        return new Condition(Kind.RUN_FAILED, RUN, "", Optional.empty(), Digests.sha256(message), message);
    }

    /** Everything of a run that may be worth telling. */
    public static List<Condition> of(Run run) {
        List<Condition> conditions = new ArrayList<>();
        for (NodeResult node : run.nodes()) {
            Subject subject = new Subject("node", node.name());
            conditions.add(present(subject));
            if (node.state() == NodeResult.State.OK) {
                node.findings().forEach(finding -> of(subject, finding).ifPresent(conditions::add));
            } else {
                // Why it does not answer may change from run to run, and it is no other news.
                conditions.add(new Condition(
                        Kind.LOST,
                        subject,
                        "",
                        Optional.empty(),
                        "lost",
                        node.error()
                                .map(error -> "%s: %s".formatted(error.phase().label(), error.message()))
                                .orElse(node.state().label())));
            }
        }
        for (ClusterResult cluster : run.clusters()) {
            Subject subject = subject(cluster, run);
            conditions.add(present(subject));
            cluster.findings().forEach(finding -> of(subject, finding).ifPresent(conditions::add));
        }
        for (WaiverReview review : run.waivers()) {
            if (review.state() == WaiverReview.State.EXPIRED) {
                conditions.add(new Condition(
                        Kind.WAIVER_EXPIRED,
                        subject(review.waiver()),
                        "",
                        Optional.empty(),
                        review.waiver().expires().toString(),
                        "by %s: %s".formatted(review.waiver().owner(), review.message())));
            }
        }
        // Of two waivers about the same the one that expired last counts.
        Map<String, Condition> single = new LinkedHashMap<>();
        conditions.forEach(condition -> single.merge(
                condition.key(), condition, (one, other) -> one.state().compareTo(other.state()) >= 0 ? one : other));
        return List.copyOf(single.values());
    }

    /** A waiver is known by what it is about: with another day it is the same. */
    static Subject subject(Waiver waiver) {
        return new Subject("waiver", "%s for %s".formatted(waiver.check(), String.join(", ", waiver.nodes())));
    }

    /** The findings of a subject. */
    static Stream<Finding> findings(Run run, Subject subject) {
        return Stream.concat(
                run.nodes().stream()
                        .filter(node -> subject.equals(new Subject("node", node.name())))
                        .flatMap(node -> node.findings().stream()),
                run.clusters().stream()
                        .filter(cluster -> subject.equals(subject(cluster, run)))
                        .flatMap(cluster -> cluster.findings().stream()));
    }

    /** Two clusters may bear the same name: then the identity is part of it. */
    static Subject subject(ClusterResult cluster, Run run) {
        boolean alone = run.clusters().stream()
                        .filter(other -> other.name().equals(cluster.name()))
                        .count()
                == 1;
        return new Subject(
                "cluster",
                alone
                        ? cluster.name()
                        : "%s (%s)"
                                .formatted(
                                        cluster.name(),
                                        cluster.id()
                                                .map(id -> id.substring(0, Math.min(8, id.length())))
                                                .orElse("its CA could not be read")));
    }

    private static Condition present(Subject subject) {
        return new Condition(Kind.PRESENT, subject, "", Optional.empty(), "present", "");
    }

    private static Optional<Condition> of(Subject subject, Finding finding) {
        return switch (finding.status()) {
            case FAIL ->
                Optional.of(new Condition(
                        Kind.FAILING,
                        subject,
                        finding.check(),
                        Optional.of(finding.severity()),
                        finding.fingerprint(),
                        finding.message()));
            case UNKNOWN ->
                Optional.of(new Condition(
                        Kind.UNTOLD,
                        subject,
                        finding.check(),
                        Optional.of(finding.severity()),
                        "unknown",
                        finding.message()));
            case PASS, SKIP, WAIVED -> Optional.empty();
        };
    }
}
