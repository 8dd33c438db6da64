package holdfast.drift;

import holdfast.check.Severity;
import holdfast.proxmox.NodeFacts;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is different between two runs. Only what both runs asked is compared, by status and by
 * {@linkplain Finding#fingerprint fingerprint}: another measurement is no difference, and neither is another sentence
 * about what passes.
 *
 * @param since the earlier run
 * @param differences the worst kind first, then by severity, then in the later run's order
 * @param remarks what makes the two runs hard to compare, such as another policy; a sentence each
 */
public record Drift(Since since, List<Difference> differences, List<String> remarks) {

    public Drift {
        differences = List.copyOf(differences);
        remarks = List.copyOf(remarks);
    }

    /**
     * The run that a later one is compared with.
     *
     * @param run its id
     * @param at when it began
     * @param what it was looked up as, such as {@code the approved run}; empty for a run that was named
     */
    public record Since(String run, Instant at, String what) {}

    /** Whether anything is different, for better or worse. */
    public boolean any() {
        return !differences.isEmpty();
    }

    /** Whether anything is different that somebody should look at. */
    public boolean worse() {
        return differences.stream().anyMatch(difference -> difference.kind().worse());
    }

    /** How many differences are of this kind. */
    public int count(Difference.Kind kind) {
        return Math.toIntExact(differences.stream()
                .filter(difference -> difference.kind() == kind)
                .count());
    }

    /** The differences from one run to another that came later; {@code what} as in {@link Since}. */
    public static Drift between(Run before, Run after, String what) {
        return new Comparer(before, after).compare(new Since(before.id(), before.startedAt(), what));
    }

    /** A subject: a node by its name, a cluster by its identity where both runs know it. */
    private record Key(boolean cluster, String id) {}

    private static final class Comparer {
        private final Run before;
        private final Run after;
        private final Set<String> checks;
        private final boolean sameHosts;
        private final List<Difference> found = new ArrayList<>();
        private final List<String> apart = new ArrayList<>();

        Comparer(Run before, Run after) {
            this.before = before;
            this.after = after;
            this.checks = new LinkedHashSet<>(after.checks());
            this.checks.retainAll(new LinkedHashSet<>(before.checks()));
            this.sameHosts = before.context().limit().equals(after.context().limit());
        }

        Drift compare(Since since) {
            nodes();
            clusters();
            List<Difference> sorted = new ArrayList<>(found);
            // A stable sort: within a kind and a severity the order of the run stays.
            sorted.sort(Comparator.comparing(Difference::kind)
                    .thenComparing(
                            difference ->
                                    difference.severity().map(Severity::ordinal).orElse(Integer.MAX_VALUE),
                            Comparator.reverseOrder()));
            return new Drift(since, sorted, remarks());
        }

        private void nodes() {
            Map<String, NodeResult> old = new LinkedHashMap<>();
            before.nodes().forEach(node -> old.put(node.name(), node));
            Set<String> names = new LinkedHashSet<>();
            for (NodeResult node : after.nodes()) {
                names.add(node.name());
                NodeResult earlier = old.get(node.name());
                if (earlier == null) {
                    appeared(node.name(), false, node.findings());
                } else {
                    node(earlier, node);
                }
            }
            old.keySet().stream().filter(name -> !names.contains(name)).forEach(name -> disappeared(name, false));
        }

        private void node(NodeResult earlier, NodeResult later) {
            boolean read = earlier.state() == NodeResult.State.OK;
            boolean reads = later.state() == NodeResult.State.OK;
            if (read && !reads) {
                found.add(whole(
                        Difference.Kind.LOST,
                        later.name(),
                        false,
                        later.error()
                                .map(error -> "%s: %s".formatted(error.phase().label(), error.message()))
                                .orElse(later.state().label())));
                // All of its checks are unknown for this one reason.
                return;
            }
            if (!read && reads) {
                found.add(whole(Difference.Kind.BACK, later.name(), false, "it could not be read before"));
            }
            if (read) {
                membership(earlier, later);
            }
            // A check of clusters moves with its node: from the node to the cluster that it joins, and back.
            boolean moved = !earlier.cluster().equals(later.cluster());
            findings(later.name(), false, earlier.findings(), later.findings(), read, !moved);
        }

        private void membership(NodeResult earlier, NodeResult later) {
            if (!earlier.cluster().equals(later.cluster())) {
                found.add(whole(
                        Difference.Kind.CHANGED,
                        later.name(),
                        false,
                        "%s, and was %s before".formatted(member(later), member(earlier))));
            }
            Optional<String> name = later.facts().map(NodeFacts::hostname);
            Optional<String> former = earlier.facts().map(NodeFacts::hostname);
            if (name.isPresent() && former.isPresent() && !name.equals(former)) {
                found.add(whole(
                        Difference.Kind.CHANGED,
                        later.name(),
                        false,
                        "it calls itself %s, and called itself %s before: is it another machine?"
                                .formatted(Clean.line(name.get(), 80), Clean.line(former.get(), 80))));
            }
        }

        private static String member(NodeResult node) {
            return node.cluster().map(cluster -> "in cluster " + cluster).orElse("in no cluster");
        }

        private void clusters() {
            Map<Key, ClusterResult> old = new LinkedHashMap<>();
            before.clusters().forEach(cluster -> old.put(key(cluster, after.clusters()), cluster));
            Set<Key> keys = new LinkedHashSet<>();
            for (ClusterResult cluster : after.clusters()) {
                Key key = key(cluster, before.clusters());
                keys.add(key);
                ClusterResult earlier = old.get(key);
                if (earlier == null) {
                    if (!wereSilent(cluster, before)) {
                        appeared(cluster.name(), true, cluster.findings());
                    }
                } else {
                    cluster(earlier, cluster);
                }
            }
            old.forEach((key, cluster) -> {
                if (!keys.contains(key) && !wereSilent(cluster, after)) {
                    disappeared(cluster.name(), true);
                }
            });
        }

        /** A cluster none of whose members answers is neither gone nor, when they are back, new: they are told. */
        private static boolean wereSilent(ClusterResult cluster, Run run) {
            List<NodeResult> members = run.nodes().stream()
                    .filter(node -> cluster.members().contains(node.name()))
                    .toList();
            return !members.isEmpty() && members.stream().noneMatch(node -> node.state() == NodeResult.State.OK);
        }

        private void cluster(ClusterResult earlier, ClusterResult later) {
            boolean sameMembers = Set.copyOf(earlier.members()).equals(Set.copyOf(later.members()));
            if (!sameHosts && !sameMembers) {
                // What all members say together cannot be compared with what some of them say.
                apart.add(later.name());
                return;
            }
            findings(later.name(), true, earlier.findings(), later.findings(), true, true);
        }

        /** Two clusters may bear the same name; a cluster whose CA no member could read has only its name. */
        private static Key key(ClusterResult cluster, List<ClusterResult> others) {
            boolean known = others.stream()
                    .filter(other -> other.name().equals(cluster.name()))
                    .allMatch(other -> other.id().isPresent());
            return new Key(true, known ? cluster.id().orElse(cluster.name()) : cluster.name());
        }

        /**
         * @param told whether the subject could be read before
         * @param whole whether both runs asked it the same checks, so that one without an answer is a difference
         */
        private void findings(
                String subject,
                boolean cluster,
                List<Finding> earlier,
                List<Finding> later,
                boolean told,
                boolean whole) {
            Map<String, Finding> old = new LinkedHashMap<>();
            earlier.forEach(finding -> old.put(finding.check(), finding));
            for (Finding finding : later) {
                Finding former = old.remove(finding.check());
                if (former == null && checks.contains(finding.check())) {
                    appeared(subject, cluster, finding);
                } else if (former != null && checks.contains(finding.check())) {
                    kind(former, finding, told)
                            .ifPresent(kind -> found.add(new Difference(
                                    kind,
                                    subject,
                                    cluster,
                                    Optional.of(finding.check()),
                                    Optional.of(
                                            finding.status() == Finding.Status.FAIL
                                                            || finding.status() == Finding.Status.WAIVED
                                                    ? finding.severity()
                                                    : former.severity()),
                                    Optional.of(former),
                                    Optional.of(finding),
                                    message(kind, former, finding))));
                }
            }
            if (whole) {
                old.values().stream()
                        .filter(former -> checks.contains(former.check()))
                        .forEach(former -> found.add(new Difference(
                                Difference.Kind.UNTOLD,
                                subject,
                                cluster,
                                Optional.of(former.check()),
                                Optional.of(former.severity()),
                                Optional.of(former),
                                Optional.empty(),
                                "this run has no answer to it (before: %s)".formatted(former.message()))));
            }
        }

        /** A check that both runs asked, and that told nothing of this subject before. */
        private void appeared(String subject, boolean cluster, Finding finding) {
            if (finding.status() == Finding.Status.FAIL) {
                found.add(new Difference(
                        Difference.Kind.FAILING,
                        subject,
                        cluster,
                        Optional.of(finding.check()),
                        Optional.of(finding.severity()),
                        Optional.empty(),
                        Optional.of(finding),
                        finding.message()));
            }
        }

        /** @param told whether the node could be read before: that it answers again is told once, not for each check */
        private static Optional<Difference.Kind> kind(Finding former, Finding finding, boolean told) {
            return switch (finding.status()) {
                case FAIL ->
                    former.status() != Finding.Status.FAIL
                            ? Optional.of(Difference.Kind.FAILING)
                            : changed(former, finding);
                case WAIVED ->
                    former.status() != Finding.Status.WAIVED
                            ? Optional.of(Difference.Kind.ACCEPTED)
                            : changed(former, finding);
                case UNKNOWN ->
                    former.status() != Finding.Status.UNKNOWN ? Optional.of(Difference.Kind.UNTOLD) : Optional.empty();
                case PASS, SKIP ->
                    switch (former.status()) {
                        case FAIL, WAIVED -> Optional.of(Difference.Kind.FIXED);
                        case UNKNOWN -> told ? Optional.of(Difference.Kind.TOLD) : Optional.empty();
                        case PASS, SKIP ->
                            former.status() == finding.status()
                                    ? Optional.empty()
                                    : Optional.of(Difference.Kind.CHANGED);
                    };
            };
        }

        private static Optional<Difference.Kind> changed(Finding former, Finding finding) {
            return former.fingerprint().equals(finding.fingerprint())
                    ? Optional.empty()
                    : Optional.of(Difference.Kind.CHANGED);
        }

        private static String message(Difference.Kind kind, Finding former, Finding finding) {
            return switch (kind) {
                case CHANGED ->
                    former.status() != finding.status()
                            ? "%s before, %s now: %s"
                                    .formatted(
                                            former.status().label(),
                                            finding.status().label(),
                                            finding.message())
                            : former.severity() != finding.severity()
                                    ? "%s before, %s now: %s"
                                            .formatted(
                                                    former.severity().label(),
                                                    finding.severity().label(),
                                                    finding.message())
                                    : former.message().equals(finding.message())
                                            ? finding.message() + " (its evidence has changed)"
                                            : "%s (before: %s)".formatted(finding.message(), former.message());
                case FAILING ->
                    finding.waiver()
                            .map(waiver -> "%s (its waiver by %s expired after %s)"
                                    .formatted(finding.message(), waiver.owner(), waiver.expires()))
                            .orElse(
                                    former.status() == Finding.Status.WAIVED
                                            ? finding.message() + " (its waiver is gone)"
                                            : finding.message());
                case ACCEPTED ->
                    finding.waiver()
                            .map(waiver -> "%s (accepted by %s until %s: %s)"
                                    .formatted(finding.message(), waiver.owner(), waiver.expires(), waiver.reason()))
                            .orElse(finding.message());
                case FIXED -> "%s (before: %s)".formatted(finding.message(), former.message());
                case LOST, UNTOLD, NEW, GONE, BACK, TOLD -> finding.message();
            };
        }

        private void appeared(String name, boolean cluster, List<Finding> findings) {
            if (!sameHosts && !before.context().limit().isEmpty()) {
                // The earlier run was not asked about it.
                return;
            }
            long failing = findings.stream()
                    .filter(finding -> finding.status() == Finding.Status.FAIL)
                    .count();
            found.add(whole(
                    Difference.Kind.NEW,
                    name,
                    cluster,
                    failing == 0
                            ? "nothing fails on it"
                            : "%d of its checks %s".formatted(failing, failing == 1 ? "fails" : "fail")));
        }

        private void disappeared(String name, boolean cluster) {
            if (!sameHosts && !after.context().limit().isEmpty()) {
                // This run was not asked about it.
                return;
            }
            found.add(whole(Difference.Kind.GONE, name, cluster, "it was in the earlier run and is not in this one"));
        }

        private static Difference whole(Difference.Kind kind, String name, boolean cluster, String message) {
            return new Difference(
                    kind,
                    name,
                    cluster,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    message);
        }

        private List<String> remarks() {
            List<String> remarks = new ArrayList<>();
            // Its digest is of the selected hosts' policies.
            if (sameHosts
                    && !before.context().policyDigest().equals(after.context().policyDigest())) {
                remarks.add("the policy has changed since: what is right is not what was right then");
            }
            if (!before.context().limit().equals(after.context().limit())) {
                remarks.add("the earlier run was limited to %s, this one to %s".formatted(limit(before), limit(after)));
            }
            if (!apart.isEmpty()) {
                remarks.add("what the members of %s say together was not compared: the runs asked different members"
                        .formatted(String.join(", ", apart)));
            }
            Set<String> added = new TreeSet<>(after.checks());
            added.removeAll(new LinkedHashSet<>(before.checks()));
            if (!added.isEmpty()) {
                long failing = after.findings()
                        .filter(finding -> added.contains(finding.check()))
                        .filter(finding -> finding.status() == Finding.Status.FAIL)
                        .count();
                remarks.add("the earlier run did not ask %s%s"
                        .formatted(
                                names(added),
                                failing == 0
                                        ? ""
                                        : ", of which %d %s".formatted(failing, failing == 1 ? "fails" : "fail")));
            }
            Set<String> left = new TreeSet<>(before.checks());
            left.removeAll(new LinkedHashSet<>(after.checks()));
            if (!left.isEmpty()) {
                remarks.add("this run did not ask " + names(left));
            }
            if (!Objects.equals(before.context().version(), after.context().version())) {
                remarks.add("the earlier run was made by holdfast %s, this one by %s: a check may say it in other words"
                        .formatted(before.context().version(), after.context().version()));
            }
            return remarks;
        }

        private static String limit(Run run) {
            return run.context().limit().isEmpty()
                    ? "no nodes in particular"
                    : "'" + run.context().limit() + "'";
        }

        private static String names(Set<String> names) {
            String some = String.join(", ", names.stream().limit(5).toList());
            return names.size() > 5 ? "%s and %d more checks".formatted(some, names.size() - 5) : some;
        }
    }
}
