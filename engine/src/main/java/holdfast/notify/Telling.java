package holdfast.notify;

import holdfast.check.Severity;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one way has not been told yet, and what it has been told once this is sent. It compares with what was told, not
 * with the run before: what could not be sent is sent with the next run, and nothing is sent twice for the same state.
 *
 * @param events what is news, the worst first
 * @param told every condition that will have been told, with its state, by its key
 */
public record Telling(List<Event> events, Map<String, String> told) {

    public Telling {
        events = List.copyOf(events);
        told = new LinkedHashMap<>(told);
    }

    /**
     * What will have been told when the events were not delivered: everything else, so that the next run tells them.
     *
     * @param before what was told before
     */
    public Map<String, String> withoutEvents(Map<String, String> before) {
        Map<String, String> kept = new LinkedHashMap<>(told);
        for (Event event : events) {
            String former = before.get(event.key());
            if (former == null) {
                kept.remove(event.key());
            } else {
                kept.put(event.key(), former);
            }
        }
        return kept;
    }

    /** What became of a condition. */
    public enum Change {
        BEGAN,
        CHANGED,
        ENDED,
        /** It is as it was, and somebody has accepted that. */
        ACCEPTED;

        /** As notices spell it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A piece of news.
     *
     * @param topics why it is told
     * @param check empty where it is about no check
     * @param message one sentence; empty for what ended
     */
    public record Event(
            Change change,
            Condition.Kind kind,
            Condition.Subject subject,
            String check,
            Optional<Severity> severity,
            Set<Topic> topics,
            String message) {

        public Event {
            topics = topics.isEmpty() ? EnumSet.noneOf(Topic.class) : EnumSet.copyOf(topics);
        }

        /** The name of its condition. */
        String key() {
            return new Condition.Key(kind, subject, check).text();
        }

        /** What happened, in a few words. */
        public String words() {
            return switch (kind) {
                case FAILING ->
                    switch (change) {
                        case BEGAN -> "newly failing";
                        case CHANGED -> "fails in another way";
                        case ENDED -> "does not fail any more";
                        case ACCEPTED -> "waived, and fails as before";
                    };
                case UNTOLD -> change == Change.ENDED ? "can be told again" : "cannot be told any more";
                case LOST -> change == Change.ENDED ? "answers again" : "does not answer";
                case PRESENT -> change == Change.ENDED ? "gone" : "new";
                case WAIVER_EXPIRED ->
                    switch (change) {
                        case BEGAN, CHANGED -> "waiver expired";
                        case ACCEPTED -> "waiver renewed";
                        case ENDED -> "expired waiver removed";
                    };
                case RUN_FAILED -> change == Change.ENDED ? "runs go through again" : "the run failed";
            };
        }
    }

    /**
     * What is news after a run.
     *
     * @param run the run
     * @param told what was told before; empty when nothing ever was
     * @param baseline the run to begin with where nothing ever was told; without one only what is wrong by itself is
     *     news: critical failures and expired waivers
     * @param wanted the topics
     */
    public static Telling of(Run run, Map<String, String> told, Optional<Run> baseline, Set<Topic> wanted) {
        List<Condition> now = Condition.of(run);
        boolean first = told.isEmpty() || told.keySet().stream().allMatch(Telling::isOfRun);
        Map<String, String> before = new LinkedHashMap<>();
        if (first) {
            baseline.ifPresent(former -> Condition.of(former).forEach(one -> before.put(one.key(), one.state())));
        }
        before.putAll(told);
        boolean compares = !first || baseline.isPresent();
        List<Event> events = new ArrayList<>();
        Map<String, String> after = new LinkedHashMap<>();
        for (Condition condition : now) {
            after.put(condition.key(), condition.state());
            String former = before.get(condition.key());
            if (!condition.state().equals(former)) {
                add(events, began(condition, former == null ? Change.BEGAN : Change.CHANGED, compares), wanted);
            }
        }
        Told known = Told.of(run, now);
        before.forEach((key, state) -> {
            if (!after.containsKey(key)) {
                Optional<Condition.Key> missing = Condition.Key.of(key);
                switch (missing.map(known::standing).orElse(Standing.NOT_KNOWN)) {
                    case ENDED -> missing.ifPresent(ended -> add(events, ended(ended, run), wanted));
                    case GONE -> {}
                    // It is as it was when somebody was told.
                    case NOT_KNOWN -> after.put(key, state);
                }
            }
        });
        return new Telling(sorted(events), after);
    }

    /** What is news when the run itself went wrong. */
    public static Telling ofFailure(String message, Map<String, String> told, Set<Topic> wanted) {
        Condition failure = Condition.failedRun(message);
        Map<String, String> after = new LinkedHashMap<>(told);
        List<Event> events = new ArrayList<>();
        if (!failure.state().equals(after.put(failure.key(), failure.state()))) {
            add(events, began(failure, Change.BEGAN, true), wanted);
        }
        return new Telling(events, after);
    }

    private static boolean isOfRun(String key) {
        return Condition.Key.of(key)
                .filter(known -> known.kind() == Condition.Kind.RUN_FAILED)
                .isPresent();
    }

    /** Of which subjects and checks the run says anything. */
    private record Told(Set<Condition.Subject> silent, Set<Condition.Subject> there, Set<String> unknown, Run run) {

        static Told of(Run run, Collection<Condition> now) {
            Set<Condition.Subject> silent = new HashSet<>();
            Set<Condition.Subject> there = new HashSet<>();
            Set<String> unknown = new HashSet<>();
            for (NodeResult node : run.nodes()) {
                if (node.state() != NodeResult.State.OK) {
                    silent.add(new Condition.Subject("node", node.name()));
                }
            }
            for (Condition condition : now) {
                switch (condition.kind()) {
                    case PRESENT -> there.add(condition.subject());
                    case UNTOLD -> unknown.add(condition.subject() + "\n" + condition.check());
                    case FAILING, LOST, WAIVER_EXPIRED, RUN_FAILED -> {}
                }
            }
            return new Told(silent, there, unknown, run);
        }

        /** What the run says of a condition that it does not have. */
        Standing standing(Condition.Key key) {
            return switch (key.kind()) {
                case FAILING, UNTOLD -> {
                    if (isGone(key.subject())) {
                        // That the node is gone is told; what failed on it went with it.
                        yield Standing.GONE;
                    }
                    boolean told = there.contains(key.subject())
                            && !silent.contains(key.subject())
                            && run.checks().contains(key.check())
                            && !unknown.contains(key.subject() + "\n" + key.check());
                    yield told ? Standing.ENDED : Standing.NOT_KNOWN;
                }
                case PRESENT -> isGone(key.subject()) ? Standing.ENDED : Standing.NOT_KNOWN;
                case LOST -> isGone(key.subject()) ? Standing.GONE : Standing.ENDED;
                case WAIVER_EXPIRED, RUN_FAILED -> Standing.ENDED;
            };
        }

        /** A cluster none of whose members answers is not gone: nobody told its name. */
        private boolean isGone(Condition.Subject subject) {
            return !there.contains(subject) && (!subject.scope().equals("cluster") || silent.isEmpty());
        }
    }

    private enum Standing {
        ENDED,
        GONE,
        NOT_KNOWN
    }

    private static void add(List<Event> events, Event event, Set<Topic> wanted) {
        if (event.topics().stream().anyMatch(wanted::contains)) {
            events.add(event);
        }
    }

    private static Event began(Condition condition, Change change, boolean compares) {
        Set<Topic> topics = EnumSet.noneOf(Topic.class);
        switch (condition.kind()) {
            case FAILING -> {
                if (compares) {
                    topics.add(Topic.DRIFT);
                }
                if (condition.severity().filter(Severity.CRITICAL::equals).isPresent()) {
                    topics.add(Topic.CRITICAL);
                }
            }
            case UNTOLD, LOST, PRESENT -> {
                if (compares) {
                    topics.add(Topic.DRIFT);
                }
            }
            case WAIVER_EXPIRED -> topics.add(Topic.WAIVER);
            case RUN_FAILED -> topics.add(Topic.FAILURE);
        }
        return new Event(
                change,
                condition.kind(),
                condition.subject(),
                condition.check(),
                condition.severity(),
                topics,
                condition.message());
    }

    private static Event ended(Condition.Key key, Run run) {
        Optional<String> accepted = accepted(key, run);
        Topic topic = switch (key.kind()) {
            case FAILING, UNTOLD, LOST, PRESENT -> Topic.DRIFT;
            case WAIVER_EXPIRED -> Topic.WAIVER;
            case RUN_FAILED -> Topic.FAILURE;
        };
        return new Event(
                accepted.isPresent() ? Change.ACCEPTED : Change.ENDED,
                key.kind(),
                key.subject(),
                key.check(),
                Optional.empty(),
                EnumSet.of(topic),
                accepted.orElse(""));
    }

    /** Who has accepted what fails all the same, or renewed his waiver; empty where it is over. */
    private static Optional<String> accepted(Condition.Key key, Run run) {
        return switch (key.kind()) {
            case FAILING ->
                Condition.findings(run, key.subject())
                        .filter(finding -> finding.check().equals(key.check()))
                        .filter(finding -> finding.status() == Finding.Status.WAIVED)
                        .findFirst()
                        .flatMap(Finding::waiver)
                        .map(waiver -> "accepted by %s until %s: %s"
                                .formatted(waiver.owner(), waiver.expires(), waiver.reason()));
            case WAIVER_EXPIRED ->
                run.waivers().stream()
                        .filter(review -> review.state() != WaiverReview.State.EXPIRED)
                        .filter(review -> Condition.subject(review.waiver()).equals(key.subject()))
                        .findFirst()
                        .map(review -> "by %s until %s"
                                .formatted(
                                        review.waiver().owner(), review.waiver().expires()));
            case UNTOLD, LOST, PRESENT, RUN_FAILED -> Optional.empty();
        };
    }

    private static List<Event> sorted(List<Event> events) {
        return events.stream()
                .sorted(Comparator.comparing((Event event) -> event.change() == Change.ENDED)
                        .thenComparing(
                                event -> event.severity().map(Severity::ordinal).orElse(Integer.MAX_VALUE),
                                Comparator.reverseOrder())
                        .thenComparing(Event::kind))
                .toList();
    }
}
