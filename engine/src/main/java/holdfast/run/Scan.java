package holdfast.run;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.policy.Waiver;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Membership;
import holdfast.proxmox.NodeFacts;
import holdfast.proxmox.Quorum;
import holdfast.template.Templates;
import holdfast.text.Clean;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Checks every selected node at once, changes nothing, and judges each cluster as one thing. */
public final class Scan {

    /**
     * A node and what "right" means for it.
     *
     * @param target where it is
     * @param policy its merged policy
     */
    public record Assignment(Target target, Policy policy) {}

    private final Visits visits;
    private final List<Check<?>> checks;
    private final Clock time;
    private final Templates templates;

    /**
     * @param connector opens the ways; stays the caller's to close
     * @param checks the selected checks, in the catalogue's order
     * @param forks how many nodes are visited at the same time, at least 1
     * @param sudoPassword what -K asked for
     * @param time the controller's clock
     * @param progress told each node's phases
     * @param templates renders what a failed check suggests
     */
    public Scan(
            Connector connector,
            List<Check<?>> checks,
            int forks,
            Optional<Secret> sudoPassword,
            Clock time,
            Progress progress,
            Templates templates) {
        this.visits = new Visits(connector, forks, sudoPassword, time, progress);
        this.checks = List.copyOf(checks);
        this.time = time;
        this.templates = templates;
    }

    /**
     * What a run found.
     *
     * @param nodes in the given order
     * @param clusters in the order of their first members
     * @param seen what was read of each node, in the same order as {@code nodes}
     */
    public record Result(List<NodeResult> nodes, List<ClusterResult> clusters, List<Seen> seen) {
        public Result {
            nodes = List.copyOf(nodes);
            clusters = List.copyOf(clusters);
            seen = List.copyOf(seen);
        }
    }

    /**
     * A node as it was read: what a fix plans from.
     *
     * @param assignment the node and its policy
     * @param source what came back, or why nothing did
     * @param membership which cluster it belongs to
     */
    public record Seen(Assignment assignment, Reading<Source> source, Reading<Membership> membership) {}

    /**
     * Visits all nodes and judges what they said. One bad node never stops the others.
     *
     * @throws InterruptedException when the thread is interrupted; the visits under way are given up
     */
    public Result run(List<Assignment> assignments) throws InterruptedException {
        List<Visited> visited = visitAll(assignments);
        List<Clusters.Group<Visited>> groups = group(visited);
        Map<Visited, Clusters.Group<Visited>> groupOf = new HashMap<>();
        groups.forEach(group -> group.members().forEach(member -> groupOf.put(member, group)));
        return new Result(
                visited.stream()
                        .map(node -> nodeResult(node, Optional.ofNullable(groupOf.get(node))))
                        .toList(),
                groups.stream().map(this::clusterResult).toList(),
                visited.stream()
                        .map(node -> new Seen(
                                node.assignment,
                                node.visit.then(visit -> Reading.<Source>known(visit.readings())),
                                node.membership))
                        .toList());
    }

    /** One node after its visit; identity matters, two entries may look alike. */
    private static final class Visited {
        final Assignment assignment;
        final Reading<Visit> visit;
        final NodeResult.State state;
        final Optional<NodeResult.Trouble> trouble;
        final long millis;
        final Reading<NodeFacts> facts;
        final Reading<Membership> membership;

        Visited(Visits.Paid paid) {
            this.assignment = paid.assignment();
            this.visit = paid.visit();
            this.state = paid.state();
            this.trouble = paid.trouble();
            this.millis = paid.millis();
            this.facts = read(NodeFacts.PROBE);
            this.membership = read(Membership.PROBE);
        }

        <T> Reading<T> read(Probe<T> probe) {
            return visit.then(done -> probe.read(done.readings()));
        }

        String name() {
            return assignment.target().name();
        }

        void forget() {
            if (visit instanceof Reading.Known<Visit>(var paid)) {
                paid.readings().forget();
            }
        }
    }

    private List<Visited> visitAll(List<Assignment> assignments) throws InterruptedException {
        Map<Policy, List<Shape>> shapes = new HashMap<>();
        assignments.forEach(assignment -> shapes.computeIfAbsent(assignment.policy(), this::shapes));
        return visits.pay(assignments, assignment -> shapes.getOrDefault(assignment.policy(), List.of())).stream()
                .map(Visited::new)
                .toList();
    }

    /** The union of what the checks and the report's own facts need, without repeats. */
    private List<Shape> shapes(Policy policy) {
        List<Shape> all = Stream.concat(
                        Stream.of(NodeFacts.PROBE, Membership.PROBE, Quorum.PROBE, Certificates.PROBE)
                                .flatMap(Probe::shapes),
                        checks.stream().flatMap(check -> check.probe(policy).shapes()))
                .distinct()
                .toList();
        Set<String> names = new HashSet<>();
        all.forEach(shape -> {
            if (!names.add(shape.name())) {
                throw new IllegalStateException("two commands share the probe name " + shape.name());
            }
        });
        return all;
    }

    // ------------------------------------------------------------------ clusters

    /** The members of one cluster among the visited nodes. */
    private static List<Clusters.Group<Visited>> group(List<Visited> visited) {
        Map<Visited, Membership> memberships = new LinkedHashMap<>();
        for (Visited node : visited) {
            if (node.membership instanceof Reading.Known<Membership>(var known) && known.clustered()) {
                memberships.put(node, known);
            }
        }
        return Clusters.group(
                List.copyOf(memberships.keySet()),
                node -> Objects.requireNonNull(memberships.get(node)),
                Scan::authority);
    }

    private static Optional<String> authority(Visited node) {
        return node.read(Certificates.PROBE).then(Certificates::authority)
                        instanceof Reading.Known<Certificates.Certificate>(var known)
                ? Optional.of(known.fingerprint())
                : Optional.empty();
    }

    private ClusterResult clusterResult(Clusters.Group<Visited> group) {
        List<Finding> findings = new ArrayList<>();
        for (Check<?> check : checks) {
            if (check instanceof Check.OfCluster<?> cluster) {
                Policy policy = group.members().get(0).assignment.policy();
                findings.add(finding(
                        check,
                        judge(cluster, group, policy),
                        waiver -> waiver.namesCluster(
                                group.name(),
                                group.members().stream().map(Visited::name).toList()),
                        policy));
            }
        }
        group.members().forEach(Visited::forget);
        return new ClusterResult(
                Clean.line(group.name(), 100),
                group.id(),
                group.members().stream().map(Visited::name).toList(),
                count(group),
                findings,
                List.of());
    }

    private static Optional<ClusterResult.Count> count(Clusters.Group<Visited> group) {
        return group.members().stream()
                .flatMap(member -> member.read(Quorum.PROBE) instanceof Reading.Known<Quorum>(var known)
                        ? Stream.of(known)
                        : Stream.empty())
                .max((one, other) -> one.quorate() != other.quorate()
                        ? Boolean.compare(one.quorate(), other.quorate())
                        : Integer.compare(one.total(), other.total()))
                .map(best -> new ClusterResult.Count(
                        best.quorate(), best.total(), best.expected(), best.needed(), best.margin()));
    }

    private static <F> Verdict judge(Check.OfCluster<F> check, Clusters.Group<Visited> group, Policy policy) {
        List<Member<F>> members = group.members().stream()
                .map(node -> new Member<>(node.name(), node.read(check.probe(node.assignment.policy()))))
                .toList();
        return guarded(() -> check.judge(members, policy));
    }

    // ------------------------------------------------------------------ nodes

    private NodeResult nodeResult(Visited node, Optional<Clusters.Group<Visited>> group) {
        List<Finding> findings = new ArrayList<>();
        Policy policy = node.assignment.policy();
        for (Check<?> check : checks) {
            switch (check) {
                case Check.OfNode<?> ofNode ->
                    findings.add(
                            finding(check, judge(ofNode, node), waiver -> waiver.names(List.of(node.name())), policy));
                case Check.OfCluster<?> ofCluster -> {
                    // Where there is a cluster, the finding is the cluster's.
                    if (group.isEmpty()) {
                        findings.add(finding(
                                ofCluster,
                                withoutCluster(ofCluster, node),
                                waiver -> waiver.names(List.of(node.name())),
                                policy));
                    }
                }
            }
        }
        if (group.isEmpty()) {
            node.forget();
        }
        return new NodeResult(
                node.name(),
                node.visit instanceof Reading.Known<Visit>(var visit)
                        ? visit.address()
                        : node.assignment.target().host(),
                group.map(Clusters.Group::name).map(name -> Clean.line(name, 100)),
                node.state,
                node.trouble,
                node.facts instanceof Reading.Known<NodeFacts>(var facts) ? Optional.of(facts) : Optional.empty(),
                node.millis,
                findings,
                List.of());
    }

    private static Verdict judge(Check.OfNode<?> check, Visited node) {
        return notProxmox(check, node).orElseGet(() -> switch (node.visit) {
            case Reading.Known<Visit>(var visit) -> judge(check, visit.readings(), node.assignment.policy());
            case Reading.Unknown<Visit>(var why) -> new Verdict.Unknown(why);
        });
    }

    /** A node's check on what was read; what cannot be read or judged is unknown. */
    public static <F> Verdict judge(Check.OfNode<F> check, Source source, Policy policy) {
        return switch (check.probe(policy).read(source)) {
            case Reading.Known<F>(var facts) -> guarded(() -> check.judge(facts, policy));
            case Reading.Unknown<F>(var why) -> new Verdict.Unknown(why);
        };
    }

    private static Verdict withoutCluster(Check.OfCluster<?> check, Visited node) {
        if (check.asksStandalone() && node.membership instanceof Reading.Known<Membership>) {
            return notProxmox(check, node).orElseGet(() -> alone(check, node));
        }
        return notProxmox(check, node).orElseGet(() -> switch (node.membership) {
            case Reading.Known<Membership> known ->
                known.value().members() instanceof Reading.Unknown<Membership.Members>(var why) && isProxmox(node)
                        ? Verdict.notApplicable("standalone: there is no corosync.conf (%s)", why)
                        : Verdict.notApplicable("standalone: not a member of a cluster");
            case Reading.Unknown<Membership>(var why) -> new Verdict.Unknown(why);
        });
    }

    private static <F> Verdict alone(Check.OfCluster<F> check, Visited node) {
        Policy policy = node.assignment.policy();
        List<Member<F>> members = List.of(new Member<>(node.name(), node.read(check.probe(policy))));
        return guarded(() -> check.judge(members, policy));
    }

    private static boolean isProxmox(Visited node) {
        return node.facts instanceof Reading.Known<NodeFacts>(var facts) && facts.isProxmox();
    }

    private static Optional<Verdict> notProxmox(Check<?> check, Visited node) {
        return check.info().proxmoxOnly()
                        && node.facts instanceof Reading.Known<NodeFacts>(var facts)
                        && !facts.isProxmox()
                ? Optional.of(Verdict.notApplicable("not a Proxmox VE node: the package pve-manager is not installed"))
                : Optional.empty();
    }

    private interface Judgement {
        Verdict verdict();
    }

    /** An exception in a check is a bug of ours, and never the node's pass. */
    private static Verdict guarded(Judgement judgement) {
        try {
            return judgement.verdict();
        } catch (RuntimeException e) {
            return Verdict.unknown("what was read could not be judged: %s", e);
        }
    }

    private Finding finding(Check<?> check, Verdict verdict, Predicate<Waiver> meant, Policy policy) {
        return switch (verdict) {
            case Verdict.Pass pass -> plain(check, Finding.Status.PASS, pass);
            case Verdict.NotApplicable skipped -> plain(check, Finding.Status.SKIP, skipped);
            case Verdict.Unknown unknown -> plain(check, Finding.Status.UNKNOWN, unknown);
            case Verdict.Fail fail -> {
                Optional<Waiver> waiver = waiver(check.id(), meant, policy);
                Finding.Status status =
                        waiver.filter(accepted -> !accepted.expiredOn(today())).isPresent()
                                ? Finding.Status.WAIVED
                                : Finding.Status.FAIL;
                Severity severity = fail.severity().orElse(severity(check));
                yield new Finding(
                        check.id(),
                        check.info().title(),
                        severity,
                        status,
                        Clean.line(fail.because(), 1000),
                        Clean.line(fail.expected(), 400),
                        Clean.line(fail.actual(), 400),
                        fail.evidence().stream()
                                .limit(40)
                                .map(line -> Clean.line(line, 400))
                                .toList(),
                        fail.advice().stream().map(Clean::block).toList(),
                        fail.snippet()
                                .map(snippet -> new Finding.RenderedFile(
                                        snippet.path(), templates.render(snippet.template(), snippet.model()))),
                        fail.remedy(),
                        waiver,
                        status == Finding.Status.FAIL && fail.remedy().orElse(null) instanceof Remedy.Steps,
                        Finding.fingerprint(status, severity, fail.likeness()));
            }
        };
    }

    private static Severity severity(Check<?> check) {
        return check.info().severity();
    }

    private static Finding plain(Check<?> check, Finding.Status status, Verdict verdict) {
        return new Finding(
                check.id(),
                check.info().title(),
                severity(check),
                status,
                Clean.line(verdict.because(), 1000),
                "",
                "",
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Finding.fingerprint(status, severity(check), verdict.likeness()));
    }

    /** The one that holds today, UTC; else the one that expired last. */
    private Optional<Waiver> waiver(String check, Predicate<Waiver> meant, Policy policy) {
        LocalDate today = today();
        List<Waiver> about = policy.waivers().stream()
                .filter(waiver -> waiver.isAbout(check) && meant.test(waiver))
                .toList();
        return about.stream()
                .filter(waiver -> !waiver.expiredOn(today))
                .findFirst()
                .or(() -> about.stream().max(Comparator.comparing(Waiver::expires)));
    }

    private LocalDate today() {
        return LocalDate.ofInstant(time.instant(), ZoneOffset.UTC);
    }
}
