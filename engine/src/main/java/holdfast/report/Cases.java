package holdfast.report;

import holdfast.check.Severity;
import holdfast.policy.Waiver;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The findings of a run, each told once for all nodes of which it says the same. The findings of a node that did not
 * answer are left out: they say that it did not answer, once for each check.
 *
 * @param checks those with a finding: what fails first, by severity, then what cannot be told, then what is waived
 * @param numbers the number of the case that each finding is told in; by identity
 */
record Cases(List<OfCheck> checks, IdentityHashMap<Finding, Integer> numbers) {

    /** How many cases of one kind are told in full. */
    private static final int LOUD = 200;

    /** The same of what passes or does not apply. */
    private static final int QUIET = 20;

    /**
     * The findings of one check.
     *
     * @param title what the check wants, as its findings say
     * @param groups of findings that say the same but for their measurements, in the order of the checks
     */
    record OfCheck(String id, String title, List<Group> groups) {

        /** How many nodes and clusters it came out so on. */
        int count(Finding.Status status) {
            return groups.stream()
                    .filter(group -> group.finding().status() == status)
                    .mapToInt(Group::size)
                    .sum();
        }
    }

    /**
     * Findings of the same fingerprint.
     *
     * @param finding the first of them
     */
    record Group(Finding finding, List<Case> cases) {

        int size() {
            return cases.stream().mapToInt(one -> one.places().size()).sum();
        }
    }

    /**
     * Findings that are the same to the letter.
     *
     * @param number unique in the run, from 1
     * @param finding one of them
     * @param places where it was found
     * @param various whether they are only alike: what is left when there are too many to be told each
     */
    record Case(int number, Finding finding, List<Place> places, boolean various) {}

    /** A node by its name in the inventory, or a cluster by its name. */
    record Place(String name, boolean cluster) {}

    private record Likeness(Finding.Status status, Severity severity, String fingerprint, Optional<Waiver> waiver) {}

    private record Letter(
            String message,
            String expected,
            String actual,
            List<String> evidence,
            List<String> advice,
            Optional<Finding.RenderedFile> snippet,
            boolean fixable) {}

    private record Found(Finding finding, Place place) {}

    /** Sorts the findings of a run into cases. */
    static Cases of(Run run) {
        Map<String, Map<Likeness, Map<Letter, List<Found>>>> sorted = new LinkedHashMap<>();
        run.checks().forEach(check -> sorted.put(check, new LinkedHashMap<>()));
        for (NodeResult node : run.nodes()) {
            for (Finding finding : node.findings()) {
                if (node.error().isEmpty() || finding.status() != Finding.Status.UNKNOWN) {
                    put(sorted, finding, new Place(node.name(), false));
                }
            }
        }
        for (ClusterResult cluster : run.clusters()) {
            cluster.findings().forEach(finding -> put(sorted, finding, new Place(cluster.name(), true)));
        }
        List<String> order = List.copyOf(sorted.keySet());
        List<Map.Entry<String, List<Map<Letter, List<Found>>>>> checks = new ArrayList<>();
        sorted.forEach((check, groups) -> {
            if (!groups.isEmpty()) {
                List<Map<Letter, List<Found>>> ranked = new ArrayList<>(groups.values());
                ranked.sort(Comparator.comparing(Cases::first, RANK)
                        .thenComparing(Comparator.comparingInt(Cases::size).reversed()));
                checks.add(Map.entry(check, ranked));
            }
        });
        checks.sort(Comparator.comparing(
                        (Map.Entry<String, List<Map<Letter, List<Found>>>> check) ->
                                first(check.getValue().get(0)),
                        RANK)
                .thenComparingInt(check -> order.indexOf(check.getKey())));
        IdentityHashMap<Finding, Integer> numbers = new IdentityHashMap<>();
        List<OfCheck> told = new ArrayList<>();
        int[] next = {1};
        checks.forEach(check -> told.add(new OfCheck(
                check.getKey(),
                first(check.getValue().get(0)).title(),
                check.getValue().stream()
                        .map(group -> group(group.values(), numbers, next))
                        .toList())));
        return new Cases(List.copyOf(told), numbers);
    }

    /** Worst first. */
    private static final Comparator<Finding> RANK = Comparator.comparingInt(
                    (Finding finding) -> order(finding.status()))
            .thenComparing(Finding::severity, Comparator.reverseOrder())
            .thenComparing(Finding::waiverExpired, Comparator.reverseOrder());

    private static int order(Finding.Status status) {
        return switch (status) {
            case FAIL -> 0;
            case UNKNOWN -> 1;
            case WAIVED -> 2;
            case PASS -> 3;
            case SKIP -> 4;
        };
    }

    private static void put(Map<String, Map<Likeness, Map<Letter, List<Found>>>> sorted, Finding finding, Place place) {
        sorted.computeIfAbsent(finding.check(), unused -> new LinkedHashMap<>())
                .computeIfAbsent(
                        new Likeness(finding.status(), finding.severity(), finding.fingerprint(), finding.waiver()),
                        unused -> new LinkedHashMap<>())
                .computeIfAbsent(
                        new Letter(
                                finding.message(),
                                finding.expected(),
                                finding.actual(),
                                finding.evidence(),
                                finding.advice(),
                                finding.snippet(),
                                finding.fixable()),
                        unused -> new ArrayList<>())
                .add(new Found(finding, place));
    }

    private static Finding first(Map<Letter, List<Found>> group) {
        return group.values().iterator().next().get(0).finding();
    }

    private static int size(Map<Letter, List<Found>> group) {
        return group.values().stream().mapToInt(List::size).sum();
    }

    private static Group group(Collection<List<Found>> letters, IdentityHashMap<Finding, Integer> numbers, int[] next) {
        List<List<Found>> all = new ArrayList<>(letters);
        Finding finding = all.get(0).get(0).finding();
        boolean quiet = finding.status() == Finding.Status.PASS || finding.status() == Finding.Status.SKIP;
        int limit = quiet ? QUIET : LOUD;
        List<Case> cases = new ArrayList<>();
        for (List<Found> same : all.subList(0, Math.min(limit, all.size()))) {
            cases.add(one(same, false, numbers, next));
        }
        if (all.size() > limit) {
            cases.add(one(
                    all.subList(limit, all.size()).stream()
                            .flatMap(List::stream)
                            .toList(),
                    true,
                    numbers,
                    next));
        }
        return new Group(finding, List.copyOf(cases));
    }

    private static Case one(List<Found> found, boolean various, IdentityHashMap<Finding, Integer> numbers, int[] next) {
        int number = next[0]++;
        found.forEach(each -> numbers.put(each.finding(), number));
        return new Case(
                number, found.get(0).finding(), found.stream().map(Found::place).toList(), various);
    }
}
