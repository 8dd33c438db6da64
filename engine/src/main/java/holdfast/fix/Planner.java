package holdfast.fix;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.change.Change;
import holdfast.change.EditException;
import holdfast.change.FixRisk;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.policy.Policy;
import holdfast.probe.LoginUsed;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.problem.ProblemsException;
import holdfast.proxmox.Membership;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.RootSession;
import holdfast.run.Scan;
import holdfast.template.Templates;
import holdfast.text.Clean;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * Makes one plan per node, and one per cluster, from what the failed checks propose: reads the files that would be
 * replaced, applies edits to their texts, and finds out whether what a remedy needs holds. Changes nothing.
 */
public final class Planner {

    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final long OUTPUT_LIMIT = 24L * 1024 * 1024;
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9._@:+-]+)+");

    private final Connector connector;
    private final List<Check<?>> checks;
    private final Optional<Secret> sudoPassword;
    private final Templates templates;
    private final Logins logins;
    private final int forks;

    /**
     * @param checks the selected checks
     * @param sudoPassword what -K asked for
     * @param forks how many nodes are asked at the same time
     */
    public Planner(
            Connector connector, List<Check<?>> checks, Optional<Secret> sudoPassword, Templates templates, int forks) {
        this.connector = connector;
        this.checks = List.copyOf(checks);
        this.sudoPassword = sudoPassword;
        this.templates = templates;
        this.logins = new Logins(connector, sudoPassword);
        this.forks = forks;
    }

    /** One failed check with its steps, on one node. */
    private record Proposal(Scan.Seen seen, Finding finding, Remedy.Steps steps) {
        String node() {
            return seen.assignment().target().name();
        }
    }

    /** What a target's plan is made from. */
    private record Draft(
            String target,
            Optional<String> cluster,
            Scan.Seen executor,
            List<Scan.Seen> verifiedOn,
            List<Proposal> proposals) {}

    /** @throws InterruptedException when the thread is interrupted; nothing was changed */
    public Plan plan(Scan.Result scanned) throws InterruptedException {
        List<Refusal> refusals = new ArrayList<>();
        List<Draft> drafts = drafts(scanned, refusals);
        List<TargetPlan> targets = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.max(1, Math.min(forks, drafts.size())),
                Thread.ofPlatform().daemon().name("plan-", 0).factory());
        try {
            List<Future<Made>> futures = drafts.stream()
                    .map(draft -> threads.submit(() -> make(draft)))
                    .toList();
            for (Future<Made> future : futures) {
                Made made = future.get();
                made.plan().ifPresent(targets::add);
                refusals.addAll(made.refusals());
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ProblemsException mistakes) {
                throw mistakes;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            threads.shutdownNow();
        }
        return new Plan(targets, refusals);
    }

    // ------------------------------------------------------------------ who proposes what

    private List<Draft> drafts(Scan.Result scanned, List<Refusal> refusals) {
        Map<String, ClusterResult> clusterOf = new HashMap<>();
        scanned.clusters().forEach(cluster -> cluster.members().forEach(member -> clusterOf.put(member, cluster)));
        Map<String, List<Proposal>> ofNodes = new LinkedHashMap<>();
        Map<ClusterResult, List<Proposal>> ofClusters = new LinkedHashMap<>();
        Map<String, Scan.Seen> seenOf = new LinkedHashMap<>();
        for (int i = 0; i < scanned.nodes().size(); i++) {
            NodeResult node = scanned.nodes().get(i);
            Scan.Seen seen = scanned.seen().get(i);
            seenOf.put(node.name(), seen);
            for (Finding finding : node.findings()) {
                propose(node.name(), finding, refusals)
                        .map(steps -> new Proposal(seen, finding, steps))
                        .ifPresent(proposal -> {
                            ClusterResult cluster = clusterOf.get(node.name());
                            if (cluster != null && isForCluster(proposal.steps())) {
                                ofClusters
                                        .computeIfAbsent(cluster, unused -> new ArrayList<>())
                                        .add(proposal);
                            } else {
                                ofNodes.computeIfAbsent(node.name(), unused -> new ArrayList<>())
                                        .add(proposal);
                            }
                        });
            }
        }
        for (ClusterResult cluster : scanned.clusters()) {
            Optional<Scan.Seen> first =
                    Optional.ofNullable(seenOf.get(cluster.members().get(0)));
            for (Finding finding : cluster.findings()) {
                propose("cluster " + cluster.name(), finding, refusals)
                        .flatMap(steps -> first.map(seen -> new Proposal(seen, finding, steps)))
                        .ifPresent(proposal -> ofClusters
                                .computeIfAbsent(cluster, unused -> new ArrayList<>())
                                .add(proposal));
            }
        }
        ofClusters.forEach((cluster, proposals) -> refuseAsAWhole(scanned, cluster, proposals, refusals));
        ofClusters.values().removeIf(List::isEmpty);
        List<Draft> drafts = new ArrayList<>();
        ofNodes.forEach((name, proposals) -> {
            Scan.Seen seen = proposals.get(0).seen();
            drafts.add(new Draft(name, Optional.empty(), seen, List.of(seen), proposals));
        });
        ofClusters.forEach((cluster, proposals) -> {
            List<Scan.Seen> members =
                    cluster.members().stream().map(seenOf::get).toList();
            // Two clusters may bear one name; a journal must tell them apart.
            boolean shared = scanned.clusters().stream()
                            .filter(other -> other.name().equals(cluster.name()))
                            .count()
                    > 1;
            drafts.add(new Draft(
                    "cluster " + cluster.name()
                            + (shared ? " of " + cluster.members().get(0) : ""),
                    Optional.of(cluster.name()),
                    proposals.get(0).seen(),
                    members,
                    proposals));
        });
        return drafts;
    }

    /** What is done once for all members is not done when it would harm, or cannot be judged on, one of them. */
    private static void refuseAsAWhole(
            Scan.Result scanned, ClusterResult cluster, List<Proposal> proposals, List<Refusal> refusals) {
        for (String check : proposals.stream()
                .map(proposal -> proposal.finding().check())
                .distinct()
                .toList()) {
            scanned.nodes().stream()
                    .filter(node -> cluster.members().contains(node.name()))
                    .flatMap(node -> node.findings().stream()
                            .filter(finding -> finding.check().equals(check))
                            .filter(Planner::standsInTheWay)
                            .map(finding -> new Refusal(
                                    "cluster " + cluster.name(),
                                    check,
                                    "it takes effect on every member, and on %s it must not: %s"
                                            .formatted(
                                                    node.name(),
                                                    finding.remedy().orElse(null) instanceof Remedy.Refused refused
                                                            ? Clean.line(refused.why(), 800)
                                                            : finding.message()),
                                    List.of("mend %s first, then try again".formatted(node.name())))))
                    .findFirst()
                    .or(() -> needsCommandsElsewhere(cluster, check, proposals))
                    .ifPresent(refusal -> {
                        proposals.removeIf(
                                proposal -> proposal.finding().check().equals(check));
                        refusals.add(refusal);
                    });
        }
    }

    /** Commands of a cluster's change run on the one member that makes it; what another member needs goes first. */
    private static Optional<Refusal> needsCommandsElsewhere(
            ClusterResult cluster, String check, List<Proposal> proposals) {
        return proposals.stream()
                .filter(proposal -> proposal.finding().check().equals(check))
                .filter(proposal -> !proposal.node().equals(proposals.get(0).node()))
                .flatMap(proposal -> proposal.steps().changes().stream()
                        .filter(Change.Run.class::isInstance)
                        .map(Change.Run.class::cast)
                        .map(run -> new Refusal(
                                "cluster " + cluster.name(),
                                check,
                                "it takes effect on every member, and %s has to be made ready by itself first: %s"
                                        .formatted(proposal.node(), run.purpose()),
                                List.of("on %s: %s"
                                        .formatted(
                                                proposal.node(), run.command().strip())))))
                .findFirst();
    }

    private static boolean standsInTheWay(Finding finding) {
        return finding.status() == Finding.Status.UNKNOWN
                || (finding.status() == Finding.Status.FAIL
                        && finding.remedy().isPresent()
                        && finding.remedy().get() instanceof Remedy.Refused);
    }

    private static Optional<Remedy.Steps> propose(String target, Finding finding, List<Refusal> refusals) {
        if (finding.status() != Finding.Status.FAIL || finding.remedy().isEmpty()) {
            return Optional.empty();
        }
        return switch (finding.remedy().get()) {
            case Remedy.Steps steps -> Optional.of(steps);
            case Remedy.Refused refused -> {
                refusals.add(new Refusal(
                        target,
                        finding.check(),
                        Clean.line(refused.why(), 1000),
                        refused.instead().stream().map(Clean::block).toList()));
                yield Optional.empty();
            }
        };
    }

    /** A file of {@code /etc/pve} that is not below {@code /etc/pve/nodes} belongs to all members. */
    private static boolean isForCluster(Remedy.Steps steps) {
        return steps.changes().stream().anyMatch(change -> switch (change) {
            case Change.WriteFile write -> ofCluster(write.path());
            case Change.EditFile edit -> ofCluster(edit.path());
            case Change.Validate validate -> false;
            case Change.Run run -> run.touches().stream().anyMatch(Planner::ofCluster);
            case Change.Reload reload -> false;
            case Change.Rescue rescue -> false;
        });
    }

    private static boolean ofCluster(String path) {
        return path.startsWith("/etc/pve/") && !path.startsWith("/etc/pve/nodes/");
    }

    // ------------------------------------------------------------------ one target

    private record Made(Optional<TargetPlan> plan, List<Refusal> refusals) {}

    private Made make(Draft draft) {
        List<Refusal> refusals = new ArrayList<>();
        Scan.Assignment executor = draft.executor().assignment();
        try (RootSession session = RootSession.open(connector, executor.target(), sudoPassword, phase -> {})) {
            List<Proposal> kept = new ArrayList<>();
            Map<Remedy.Need, Optional<Trouble>> needs = new HashMap<>();
            for (Proposal proposal : draft.proposals()) {
                Optional<Trouble> trouble = proposal.steps().needs().stream()
                        .sorted()
                        .map(need -> needs.computeIfAbsent(need, wanted -> missing(wanted, draft)))
                        .flatMap(Optional::stream)
                        .findFirst();
                if (trouble.isPresent()) {
                    refusals.add(refusal(draft, proposal, trouble.get()));
                } else {
                    kept.add(proposal);
                }
            }
            // From a console or by a local process nobody can tell who is kept out.
            Optional<Scan.Seen> local = draft.verifiedOn().stream()
                    .filter(seen -> seen.assignment().target().local())
                    .findFirst();
            if (local.isPresent()) {
                kept.removeIf(proposal -> {
                    boolean guarded = proposal.steps().risk() == FixRisk.GUARDED;
                    if (guarded) {
                        refusals.add(refusal(
                                draft,
                                proposal,
                                isLocal(local.get().assignment().target())));
                    }
                    return guarded;
                });
            }
            return kept.isEmpty()
                    ? new Made(Optional.empty(), refusals)
                    : new Made(Optional.of(merge(draft, kept, session)), refusals);
        } catch (NodeException e) {
            draft.proposals()
                    .forEach(proposal -> refusals.add(refusal(
                            draft,
                            proposal,
                            new Trouble(
                                    "%s could not be asked again: %s"
                                            .formatted(executor.target().name(), Clean.line(e.why(), 500)),
                                    List.of("scan again")))));
            return new Made(Optional.empty(), refusals);
        } catch (PlanException e) {
            draft.proposals().forEach(proposal -> refusals.add(refusal(draft, proposal, e.trouble())));
            return new Made(Optional.empty(), refusals);
        } catch (ProblemsException e) {
            // A mistake in the user's own templates: the same for every node.
            throw e;
        } catch (RuntimeException e) {
            // A bug of ours that this node has met must not cost the others their plan.
            draft.proposals()
                    .forEach(proposal -> refusals.add(refusal(
                            draft,
                            proposal,
                            new Trouble("this is a bug of holdfast: " + e, List.of("please report it")))));
            return new Made(Optional.empty(), refusals);
        }
    }

    private static Trouble isLocal(Target target) {
        return new Trouble(
                "%s is this machine, reached without SSH: a new login cannot be proved".formatted(target.name()),
                List.of("run holdfast from another machine, over SSH"));
    }

    private static Refusal refusal(Draft draft, Proposal proposal, Trouble trouble) {
        return new Refusal(
                draft.cluster().isPresent() ? draft.target() : proposal.node(),
                proposal.finding().check(),
                Clean.line(trouble.why(), 1000),
                trouble.instead());
    }

    // ------------------------------------------------------------------ what has to hold

    /** Why a plan cannot be made, and what to do about it. */
    record Trouble(String why, List<String> instead) {
        Trouble {
            instead = List.copyOf(instead);
        }
    }

    private Optional<Trouble> missing(Remedy.Need need, Draft draft) {
        return switch (need) {
            case BREAK_GLASS ->
                draft.verifiedOn().stream()
                        .map(this::breakGlass)
                        .flatMap(Optional::stream)
                        .findFirst();
            case EVERY_MEMBER -> everyMember(draft);
        };
    }

    /** The users that must still get in afterwards: the policy's, or this run's own where it names none. */
    static List<String> breakGlassUsers(Policy policy, String self) {
        return policy.sshd().breakGlass().isEmpty()
                ? List.of(self)
                : policy.sshd().breakGlass();
    }

    private Optional<Trouble> breakGlass(Scan.Seen seen) {
        Target target = seen.assignment().target();
        String self = login(seen).user();
        if (target.local()) {
            return Optional.of(isLocal(target));
        }
        Policy policy = seen.assignment().policy();
        List<String> users = breakGlassUsers(policy, self);
        if (users.stream().allMatch("root"::equals)) {
            return Optional.of(new Trouble(
                    "no break-glass login was proved on %s: root is the only way in, and root's authorized_keys lives on /etc/pve, which a stopped or hung pve-cluster takes away"
                            .formatted(target.name()),
                    List.of(
                            "make a user with an own key in /home and the right to become root: adduser ops; put the key into ~ops/.ssh/authorized_keys; echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops",
                            "name the user in the policy: sshd: { break_glass: [ops] }")));
        }
        for (String user : users) {
            if (user.equals("root")) {
                continue;
            }
            Optional<String> trouble;
            try {
                trouble = logins.breakGlass(target, user, self);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                trouble = Optional.of("interrupted");
            }
            if (trouble.isPresent()) {
                return Optional.of(new Trouble(
                        "no break-glass login was proved on %s: %s cannot log in by key and become root there: %s"
                                .formatted(target.name(), user, Clean.line(trouble.get(), 400)),
                        List.of("let %s in by a key that this machine has, with NOPASSWD in sudoers, then try again"
                                .formatted(user))));
            }
        }
        return Optional.empty();
    }

    private static LoginUsed login(Scan.Seen seen) {
        return seen.source() instanceof Reading.Known<Source>(var source)
                ? source.login()
                : new LoginUsed("root", false);
    }

    /** A change of the whole cluster is proved on every member; one that cannot be asked may be cut off unseen. */
    private static Optional<Trouble> everyMember(Draft draft) {
        Set<String> read = new HashSet<>();
        Set<String> wanted = new LinkedHashSet<>();
        for (Scan.Seen seen : draft.verifiedOn()) {
            if (seen.membership() instanceof Reading.Known<Membership>(var membership)
                    && seen.source() instanceof Reading.Known<Source>) {
                read.add(membership.nodeName());
                wanted.addAll(membership.memberNames());
            }
        }
        wanted.removeAll(read);
        return wanted.isEmpty()
                ? Optional.empty()
                : Optional.of(new Trouble(
                        "it would take effect on %s too, where this run cannot prove that access holds"
                                .formatted(String.join(", ", wanted)),
                        List.of("select every member of the cluster, and make sure that each can be reached")));
    }

    // ------------------------------------------------------------------ one plan from several proposals

    /** A plan cannot be made as proposed. */
    static final class PlanException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Trouble trouble;

        PlanException(String why, String... instead) {
            super(why);
            trouble = new Trouble(why, List.of(instead));
        }

        Trouble trouble() {
            return trouble;
        }
    }

    private TargetPlan merge(Draft draft, List<Proposal> proposals, RootSession session)
            throws NodeException, PlanException {
        Map<String, List<Change>> ofPath = new LinkedHashMap<>();
        Set<String> touched = new LinkedHashSet<>();
        Set<PlannedCommand> commands = new LinkedHashSet<>();
        Set<Change.Validate> validations = new LinkedHashSet<>();
        Set<Change.Reload> reloads = new LinkedHashSet<>();
        Set<Change.Rescue> rescues = new LinkedHashSet<>();
        Set<String> notes = new LinkedHashSet<>();
        for (Proposal proposal : proposals) {
            boolean guarded = proposal.steps().risk() == FixRisk.GUARDED;
            notes.addAll(proposal.steps().notes());
            for (Change change : proposal.steps().changes()) {
                switch (change) {
                    case Change.WriteFile write -> add(ofPath, write.path(), write);
                    case Change.EditFile edit -> add(ofPath, edit.path(), edit);
                    case Change.Validate validate -> validations.add(validate);
                    case Change.Run run -> {
                        touched.addAll(run.touches());
                        commands.add(new PlannedCommand(
                                run.command(), run.purpose(), run.undo(), run.touches(), run.limit(), guarded));
                    }
                    case Change.Reload reload -> reloads.add(reload);
                    case Change.Rescue rescue -> rescues.add(rescue);
                }
            }
        }
        touched.removeAll(ofPath.keySet());
        Map<String, Look> looks = look(session, ofPath.keySet(), touched);
        List<PlannedFile> files = new ArrayList<>();
        for (Map.Entry<String, List<Change>> entry : ofPath.entrySet()) {
            files.add(file(entry.getKey(), entry.getValue(), found(looks, entry.getKey())));
        }
        for (String path : touched) {
            Look look = found(looks, path);
            files.add(new PlannedFile(
                    look.real(),
                    path,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    look.digest(),
                    "0644",
                    true));
        }
        return new TargetPlan(
                draft.target(),
                draft.cluster(),
                draft.executor().membership() instanceof Reading.Known<Membership>(var own) && own.clustered()
                        ? Optional.of(own.clusterName().orElse("without a name"))
                        : Optional.empty(),
                draft.executor().assignment(),
                draft.verifiedOn().stream().map(Scan.Seen::assignment).toList(),
                draft.executor().membership() instanceof Reading.Known<Membership>(var membership)
                        ? Peers.of(membership)
                        : Peers.NONE,
                proposals.stream().anyMatch(proposal -> proposal.steps().risk() == FixRisk.GUARDED),
                proposals.stream().map(this::planned).toList(),
                files,
                List.copyOf(commands),
                List.copyOf(validations),
                List.copyOf(reloads),
                List.copyOf(rescues),
                List.copyOf(notes),
                Optional.empty());
    }

    private PlannedCheck planned(Proposal proposal) {
        Check<?> check = checks.stream()
                .filter(one -> one.id().equals(proposal.finding().check()))
                .findFirst()
                .orElseThrow();
        Remedy.Steps steps = proposal.steps();
        return new PlannedCheck(
                check,
                proposal.finding(),
                proposal.node(),
                steps.risk() == FixRisk.GUARDED,
                steps.judgedBeforeReload(),
                steps.settle());
    }

    private static void add(Map<String, List<Change>> ofPath, String path, Change change) throws PlanException {
        // The same words as in PATH: nothing that a shell or a terminal could take for something else.
        if (!PATH.matcher(path).matches() || path.contains("/../") || path.endsWith("/..")) {
            throw new PlanException(
                    "'%s' is not a path that holdfast writes to".formatted(path), "report this as a bug");
        }
        List<Change> changes = ofPath.computeIfAbsent(path, unused -> new ArrayList<>());
        if (!changes.contains(change)) {
            changes.add(change);
        }
    }

    private PlannedFile file(String path, List<Change> changes, Look look) throws PlanException {
        Optional<String> text = look.text();
        try {
            for (Change change : changes) {
                if (change instanceof Change.WriteFile write) {
                    text = Optional.of(templates.render(write.template(), write.model()));
                } else if (change instanceof Change.EditFile edit && !edit.live()) {
                    text = Optional.of(edit.edit().apply(text));
                }
            }
            Optional<String> staged = text;
            for (Change change : changes) {
                if (change instanceof Change.EditFile edit && edit.live()) {
                    text = Optional.of(edit.edit().apply(text));
                }
            }
            if (text.isPresent() && text.get().getBytes(UTF_8).length > PlannedFile.LIMIT) {
                throw new PlanException("%s would become larger than 1 MiB".formatted(path), "make it smaller");
            }
            if (changes.stream().filter(Change.WriteFile.class::isInstance).count() > 1) {
                throw new PlanException("two checks want to own %s".formatted(path), "report this as a bug");
            }
            return new PlannedFile(look.real(), path, look.text(), staged, text, look.digest(), "0644", false);
        } catch (EditException e) {
            throw new PlanException("%s cannot be edited: %s".formatted(path, e.why()), "look at %s".formatted(path));
        }
    }

    // ------------------------------------------------------------------ what stands there

    /** @param digest {@link PlannedFile#ABSENT} where there is no file */
    record Look(String real, String digest, Optional<String> text) {}

    private static Look found(Map<String, Look> looks, String path) throws PlanException {
        Look look = looks.get(path);
        if (look == null) {
            throw new PlanException("%s was not read".formatted(path), "scan again");
        }
        return look;
    }

    static Map<String, Look> look(RootSession session, Set<String> shown, Set<String> kept)
            throws NodeException, PlanException {
        NodeScript script = new NodeScript("planning");
        shown.forEach(path -> script.call("look", path, "shown"));
        kept.forEach(path -> script.call("look", path, "kept"));
        RootSession.Answer answer = session.run(script.text(), LIMIT, OUTPUT_LIMIT);
        Map<String, Look> looks = new HashMap<>();
        for (String block : answer.output().split("(?m)^(?=@look )")) {
            Optional<String> path = NodeScript.value(block, "look");
            Optional<String> kind = NodeScript.value(block, "kind");
            Optional<String> real = NodeScript.value(block, "real");
            if (path.isEmpty() || kind.isEmpty() || real.isEmpty()) {
                continue;
            }
            if (!PATH.matcher(real.get()).matches()) {
                throw new PlanException(
                        "%s leads to %s, which is not a path that holdfast writes to"
                                .formatted(path.get(), Clean.line(real.get(), 200)),
                        "look at the symbolic link");
            }
            switch (kind.get()) {
                case "absent" -> looks.put(path.get(), new Look(real.get(), PlannedFile.ABSENT, Optional.empty()));
                case "file" -> {
                    Optional<String> content = NodeScript.value(block, "content");
                    looks.put(
                            path.get(),
                            new Look(
                                    real.get(),
                                    NodeScript.value(block, "digest").orElse(""),
                                    shown.contains(path.get())
                                            ? Optional.of(decoded(path.get(), content.orElse("")))
                                            : Optional.empty()));
                }
                default ->
                    throw new PlanException(
                            "%s is not a file that can be replaced: %s"
                                    .formatted(path.get(), Clean.line(kind.get(), 100)),
                            "look at it on the node");
            }
        }
        return looks;
    }

    private static String decoded(String path, String base64) throws PlanException {
        try {
            return UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(Base64.getDecoder().decode(base64)))
                    .toString();
        } catch (CharacterCodingException | IllegalArgumentException e) {
            throw new PlanException("%s is not text in UTF-8".formatted(path), "look at it on the node");
        }
    }
}
