package holdfast.check;

import com.google.errorprone.annotations.FormatMethod;
import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.text.Measurement;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a check says of one node or cluster. Each case carries the sentence that the operator reads. A text may hold
 * what {@link Measurement#of} made; the accessors give it as a person reads it, {@link #likeness} without its numbers.
 */
public sealed interface Verdict {

    String because();

    /** All that the verdict says, without its measurements: two verdicts of the same likeness tell no change. */
    String likeness();

    /** The node does what the policy wants. */
    record Pass(String because) implements Verdict {
        @Override
        public String because() {
            return Measurement.shown(because);
        }

        @Override
        public String likeness() {
            return Measurement.likeness(because);
        }

        /** The same, and more behind it. */
        public Pass and(String more) {
            return new Pass(because + more);
        }
    }

    /**
     * The node does not do what the policy wants.
     *
     * @param because what is wrong, where, in one sentence
     * @param expected what the policy wants
     * @param actual what the node does
     * @param evidence what was read, line by line
     * @param severity where it differs from the check's own
     * @param advice commands or steps that mend it, in order; may be empty where only a person can tell
     * @param remedy what a fix would do about it; empty where no fix exists
     * @param whole all that it is about, where the sentence and the evidence leave some out; compared, and not shown
     */
    record Fail(
            String because,
            String expected,
            String actual,
            List<String> evidence,
            Optional<Severity> severity,
            List<String> advice,
            Optional<Remedy> remedy,
            List<String> whole)
            implements Verdict {
        public Fail {
            evidence = List.copyOf(evidence);
            advice = List.copyOf(advice);
            whole = List.copyOf(whole);
        }

        @Override
        public String because() {
            return Measurement.shown(because);
        }

        @Override
        public String expected() {
            return Measurement.shown(expected);
        }

        @Override
        public String actual() {
            return Measurement.shown(actual);
        }

        @Override
        public List<String> evidence() {
            return evidence.stream().map(Measurement::shown).toList();
        }

        @Override
        public String likeness() {
            return Stream.of(Stream.of(because, expected, actual), evidence.stream(), whole.stream())
                    .flatMap(parts -> parts)
                    .map(Measurement::likeness)
                    .collect(Collectors.joining("\n"));
        }

        public Fail expected(String wanted) {
            return new Fail(because, wanted, actual, evidence, severity, advice, remedy, whole);
        }

        public Fail actual(String found) {
            return new Fail(because, expected, found, evidence, severity, advice, remedy, whole);
        }

        public Fail evidence(List<String> lines) {
            return new Fail(because, expected, actual, lines, severity, advice, remedy, whole);
        }

        /** The same, and what it is compared by beside what it says: everything that a shortened list leaves out. */
        public Fail comparedBy(List<String> everything) {
            return new Fail(because, expected, actual, evidence, severity, advice, remedy, everything);
        }

        /** The same with more lines of evidence behind those it has. */
        public Fail alsoEvidence(List<String> lines) {
            return evidence(Stream.concat(evidence.stream(), lines.stream()).toList());
        }

        public Fail severity(Severity other) {
            return new Fail(because, expected, actual, evidence, Optional.of(other), advice, remedy, whole);
        }

        public Fail remedy(Remedy fix) {
            return new Fail(because, expected, actual, evidence, severity, advice, Optional.of(fix), whole);
        }

        /** The first file of the remedy that is rendered from a template: what a scan shows of it. */
        public Optional<Change.WriteFile> snippet() {
            return remedy.stream()
                    .flatMap(fix -> switch (fix) {
                        case Remedy.Steps steps -> steps.changes().stream();
                        case Remedy.Refused refused -> Stream.<Change>empty();
                    })
                    .filter(Change.WriteFile.class::isInstance)
                    .map(Change.WriteFile.class::cast)
                    .findFirst();
        }

        public Fail advice(String... steps) {
            return new Fail(because, expected, actual, evidence, severity, List.of(steps), remedy, whole);
        }
    }

    /** The question makes no sense on this node, such as quorum on a node without a cluster. */
    record NotApplicable(String because) implements Verdict {
        @Override
        public String because() {
            return Measurement.shown(because);
        }

        @Override
        public String likeness() {
            return Measurement.likeness(because);
        }
    }

    /** The node could not be read well enough to say. It counts as neither a pass nor a fail. */
    record Unknown(String because) implements Verdict {
        @Override
        public String because() {
            return Measurement.shown(because);
        }

        @Override
        public String likeness() {
            return Measurement.likeness(because);
        }
    }

    @FormatMethod
    static Pass pass(String because, Object... args) {
        return new Pass(because.formatted(args));
    }

    @FormatMethod
    static Fail fail(String because, Object... args) {
        return new Fail(
                because.formatted(args), "", "", List.of(), Optional.empty(), List.of(), Optional.empty(), List.of());
    }

    @FormatMethod
    static NotApplicable notApplicable(String because, Object... args) {
        return new NotApplicable(because.formatted(args));
    }

    @FormatMethod
    static Unknown unknown(String because, Object... args) {
        return new Unknown(because.formatted(args));
    }
}
