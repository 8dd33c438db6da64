package holdfast.fix;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.change.Change;
import holdfast.journal.Entry;
import holdfast.journal.RecordedRun;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Secret;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.proxmox.Membership;
import holdfast.run.RootSession;
import holdfast.run.Scan;
import holdfast.text.Clean;
import holdfast.text.Shell;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Plans how a recorded run is taken back: the files as they were, the commands' own ways back, the same validation,
 * timer and proof. A file that was changed since is not overwritten. Changes nothing itself.
 */
public final class Undoer {

    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(5);
    private static final int OUTPUT_LIMIT = 256 * 1024;

    private final Connector connector;
    private final Optional<Secret> sudoPassword;
    private final Clock time;

    /** @param sudoPassword what -K asked for */
    public Undoer(Connector connector, Optional<Secret> sudoPassword, Clock time) {
        this.connector = connector;
        this.sudoPassword = sudoPassword;
        this.time = time;
    }

    /**
     * What takes a run back.
     *
     * @param run the run
     * @param nodes the inventory's nodes by name
     * @param selected the nodes that it is to be taken back on; empty for all that it had to do with
     */
    public Plan plan(RecordedRun run, Map<String, Scan.Assignment> nodes, Optional<Set<String>> selected) {
        List<TargetPlan> targets = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        List<Entry.Planned> planned = new ArrayList<>(run.planned().values());
        // What was done last goes first: a cluster's change before those of its nodes.
        for (Entry.Planned entry : planned.reversed()) {
            if (selected.isPresent()) {
                Set<String> concerned = entry.members().isEmpty() ? Set.of(entry.node()) : Set.copyOf(entry.members());
                if (concerned.stream().noneMatch(selected.get()::contains)) {
                    continue;
                }
                if (!selected.get().containsAll(concerned)) {
                    refusals.add(refused(
                            entry,
                            "it is one change of the whole cluster, and not all of its members are selected",
                            "leave --limit away, or select %s".formatted(String.join(",", entry.members()))));
                    continue;
                }
            }
            Optional<Entry.State> state = run.stateOf(entry.target());
            boolean half = state.isEmpty() || state.get() == Entry.State.UNCONFIRMED;
            if (!half && state.get() != Entry.State.APPLIED) {
                continue;
            }
            if (isForGood(entry)) {
                refusals.add(refused(
                        entry,
                        "nothing takes it back: %s"
                                .formatted(entry.commands().stream()
                                        .map(Entry.CommandChange::purpose)
                                        .collect(Collectors.joining("; "))),
                        "what was removed for good has to be made anew: holdfast history %s shows what it was"
                                .formatted(run.id())));
                continue;
            }
            // What makes and revokes tokens leaves no state of its own on the node.
            half &= !run.started().command().startsWith("token ");
            try {
                target(run, entry, nodes, half).ifPresent(targets::add);
            } catch (NodeException e) {
                refusals.add(refused(
                        entry,
                        "%s could not be asked: %s".formatted(entry.node(), Clean.line(e.why(), 400)),
                        "make it reachable, then try again"));
            } catch (Planner.PlanException e) {
                refusals.add(
                        refused(entry, e.trouble().why(), e.trouble().instead().toArray(String[]::new)));
            } catch (RuntimeException e) {
                refusals.add(refused(entry, "this is a bug of holdfast: " + e, "please report it"));
            }
        }
        return new Plan(targets, refusals);
    }

    /** Whether it was commands alone, and none of them has a way back. */
    private static boolean isForGood(Entry.Planned entry) {
        return entry.files().isEmpty()
                && !entry.commands().isEmpty()
                && entry.commands().stream().allMatch(command -> command.undo().isBlank());
    }

    private static Refusal refused(Entry.Planned entry, String why, String... instead) {
        return new Refusal(entry.target(), String.join(",", entry.checks()), why, List.of(instead));
    }

    private Optional<TargetPlan> target(
            RecordedRun run, Entry.Planned entry, Map<String, Scan.Assignment> nodes, boolean half)
            throws NodeException, Planner.PlanException {
        Scan.Assignment executor = named(nodes, entry.node());
        List<Scan.Assignment> verified = new ArrayList<>();
        if (entry.members().isEmpty()) {
            verified.add(executor);
        }
        for (String member : entry.members()) {
            verified.add(named(nodes, member));
        }
        try (RootSession session = RootSession.open(connector, executor.target(), sudoPassword, phase -> {})) {
            boolean left = false;
            String kept = NodeScript.state(run.id(), !entry.members().isEmpty());
            if (half) {
                RootSession.Answer status =
                        session.run(new NodeScript(kept).call("status").text(), LIMIT, OUTPUT_LIMIT);
                String outcome = NodeScript.value(status.output(), "outcome").orElse("");
                if (status.output().lines().anyMatch("@guard alive"::equals)) {
                    throw new Planner.PlanException(
                            "run %s is still under way on %s, or its way back is".formatted(run.id(), entry.node()),
                            "wait until it has ended, then try again");
                }
                if (outcome.equals("none") || (outcome.equals("undone") && !isInPlace(entry, status.output()))) {
                    return Optional.empty();
                }
                if (!status.ok() || outcome.isEmpty()) {
                    throw new Planner.PlanException(
                            "%s does not tell how run %s ended there".formatted(entry.node(), run.id()),
                            "look at %s/%s on the node".formatted(NodeScript.BASE, kept));
                }
                // Confirmed on the node, and only the answer was lost: an ordinary undo.
                left = !outcome.equals("confirmed");
            }
            List<PlannedFile> files = left ? List.of() : files(run, entry, session);
            if (!left && isBack(entry, files)) {
                return Optional.empty();
            }
            Reading<Membership> membership = membership(session);
            Optional<String> cluster = membership instanceof Reading.Known<Membership>(var known) && known.clustered()
                    ? Optional.of(known.clusterName().orElse("without a name"))
                    : Optional.empty();
            return Optional.of(new TargetPlan(
                    entry.target(),
                    entry.members().isEmpty() ? Optional.empty() : cluster.or(() -> Optional.of(entry.target())),
                    cluster,
                    executor,
                    verified,
                    membership instanceof Reading.Known<Membership>(var known) ? Peers.of(known) : Peers.NONE,
                    entry.guarded(),
                    List.of(),
                    files,
                    left ? List.of() : commands(run, entry),
                    entry.validations().stream()
                            .map(one -> new Change.Validate(one.command(), one.purpose()))
                            .toList(),
                    left
                            ? List.of()
                            : entry.reloads().stream()
                                    .map(one -> new Change.Reload(one.command(), one.purpose()))
                                    .toList(),
                    List.of(),
                    List.of(),
                    left ? Optional.of(kept) : Optional.empty()));
        }
    }

    /** Whether what the run wrote stands there although it was put back: a write that came late. */
    private static boolean isInPlace(Entry.Planned entry, String status) {
        for (int i = 0; i < entry.files().size(); i++) {
            Entry.FileChange file = entry.files().get(i);
            String written = file.afterDigest().orElse(PlannedFile.ABSENT);
            if (!file.keptOnNode()
                    && !written.equals(file.beforeDigest().orElse(PlannedFile.ABSENT))
                    && NodeScript.value(status, "file " + NodeScript.number(i)).equals(Optional.of(written))) {
                return true;
            }
        }
        return false;
    }

    /** Whether every file is as it was before the run already, so that nothing of it is left to take back. */
    private static boolean isBack(Entry.Planned entry, List<PlannedFile> files) {
        return !entry.files().isEmpty()
                && entry.files().stream().noneMatch(Entry.FileChange::keptOnNode)
                && entry.files().stream().anyMatch(file -> !file.afterDigest().equals(file.beforeDigest()))
                && files.stream().noneMatch(PlannedFile::changes);
    }

    private Reading<Membership> membership(RootSession session) throws NodeException {
        Source source = session.read(Membership.PROBE.shapes().distinct().toList(), time);
        return Membership.PROBE.read(source);
    }

    private static Scan.Assignment named(Map<String, Scan.Assignment> nodes, String name) throws Planner.PlanException {
        Scan.Assignment found = nodes.get(name);
        if (found == null) {
            throw new Planner.PlanException(
                    "the inventory has no %s any more".formatted(name), "use the inventory of that time: -i FILE");
        }
        return found;
    }

    private static List<PlannedFile> files(RecordedRun run, Entry.Planned entry, RootSession session)
            throws NodeException, Planner.PlanException {
        Set<String> shown = new LinkedHashSet<>();
        Set<String> kept = new LinkedHashSet<>();
        entry.files().forEach(file -> (file.keptOnNode() ? kept : shown).add(file.path()));
        Map<String, Planner.Look> looks = Planner.look(session, shown, kept);
        List<PlannedFile> files = new ArrayList<>();
        for (Entry.FileChange file : entry.files()) {
            Planner.Look look = looks.get(file.path());
            if (look == null) {
                throw new Planner.PlanException("%s was not read".formatted(file.path()), "try again");
            }
            if (file.keptOnNode()) {
                files.add(new PlannedFile(
                        look.real(),
                        file.path(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        look.digest(),
                        "0644",
                        true));
                continue;
            }
            Optional<String> before = file.before().map(Undoer::text);
            String expected = file.afterDigest().orElse(PlannedFile.ABSENT);
            String former = file.beforeDigest().orElse(PlannedFile.ABSENT);
            if (!look.digest().equals(expected) && !look.digest().equals(former)) {
                List<String> steps = new ArrayList<>(
                        PlannedFile.diff(file.path(), file.after().map(Undoer::text), look.text()));
                steps.add("decide by hand what is right, or put the file back as run %s left it".formatted(run.id()));
                throw new Planner.PlanException(
                        "%s was changed since run %s; what was changed since is not thrown away"
                                .formatted(file.path(), run.id()),
                        steps.toArray(String[]::new));
            }
            files.add(new PlannedFile(
                    look.real(),
                    file.path(),
                    look.text(),
                    file.live() ? look.text() : before,
                    before,
                    look.digest(),
                    "0644",
                    false));
        }
        return files;
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), UTF_8);
    }

    private static List<PlannedCommand> commands(RecordedRun run, Entry.Planned entry) {
        List<PlannedCommand> commands = new ArrayList<>();
        for (int i = 0; i < entry.files().size(); i++) {
            Entry.FileChange file = entry.files().get(i);
            if (file.keptOnNode()) {
                commands.add(new PlannedCommand(
                        // Private keys never leave the node: it puts them back from the copy that it kept.
                        """
                                s=%s p=%s
                                if [ -s "$s/after" ] && [ -e "$p" ] && [ "$(sha256sum <"$p" | cut -d ' ' -f 1)" != "$(cat "$s/after")" ]; then echo "$p was changed since: what is there now is not thrown away"; exit 1; fi
                                if [ -e "$s/absent" ]; then
                                    rm -f -- "$p"
                                else
                                    [ -e "$s/content" ] || { echo "the node's own copy of $p is gone"; exit 1; }
                                    t=${p%%/*}/.holdfast-undo.tmp
                                    case $p in
                                        /etc/pve/*) cat -- "$s/content" >"$t" ;;
                                        *) cp -p -- "$s/content" "$t" ;;
                                    esac && mv -T -- "$t" "$p" && cmp -s -- "$s/content" "$p" || { rm -f -- "$t"; exit 1; }
                                fi
                                """.formatted(
                                        Shell.quote("%s/%s/files/%s"
                                                .formatted(
                                                        NodeScript.BASE,
                                                        NodeScript.state(
                                                                run.id(),
                                                                !entry.members().isEmpty()),
                                                        NodeScript.number(i))),
                                        Shell.quote(file.path())),
                        "put back %s from the node's own copy".formatted(file.path()),
                        "",
                        List.of(file.path()),
                        COMMAND_LIMIT,
                        entry.guarded()));
            }
        }
        for (Entry.CommandChange command : entry.commands().reversed()) {
            if (!command.undo().isBlank()) {
                commands.add(new PlannedCommand(
                        /* command= */ command.undo(),
                        "take back: " + command.purpose(),
                        // A token that was made anew would have a secret that nobody has.
                        /* undo= */ run.started().command().startsWith("token ") ? "" : command.command(),
                        List.of(),
                        COMMAND_LIMIT,
                        entry.guarded()));
            }
        }
        return commands;
    }

    /** The nodes' assignments by their inventory names. */
    public static Map<String, Scan.Assignment> byName(List<Scan.Assignment> assignments) {
        Map<String, Scan.Assignment> named = new HashMap<>();
        assignments.forEach(assignment -> named.put(assignment.target().name(), assignment));
        return named;
    }
}
