package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.check.Check;
import holdfast.checks.Catalogue;
import holdfast.fix.Outcome;
import holdfast.fix.Plan;
import holdfast.fix.Planner;
import holdfast.fix.Rollout;
import holdfast.fix.Serial;
import holdfast.fix.Share;
import holdfast.fix.Watcher;
import holdfast.journal.Entry;
import holdfast.lab.container.RealCluster;
import holdfast.lab.container.RealNode;
import holdfast.node.NodeException;
import holdfast.node.Target;
import holdfast.node.ssh.SshConfigException;
import holdfast.node.ssh.SshConnector;
import holdfast.node.ssh.SshEnvironment;
import holdfast.node.ssh.SshOptions;
import holdfast.policy.Policies;
import holdfast.policy.Policy;
import holdfast.problem.Problems;
import holdfast.run.Progress;
import holdfast.run.RootSession;
import holdfast.run.Scan;
import holdfast.template.Templates;
import holdfast.yaml.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Fixes real containers: by the command line, or in this process with a hand in each step. */
final class RealFix {

    /** Short, so that tests of it are. */
    static final Duration WINDOW = Duration.ofSeconds(12);

    private static final AtomicInteger RUNS = new AtomicInteger();

    private final RealCluster cluster;
    private final Path directory;
    private final Path config;

    RealFix(RealCluster cluster, Path directory) {
        this.cluster = cluster;
        this.directory = directory;
        try {
            config = Files.writeString(
                    directory.resolve("ssh_config"),
                    "Host *\n  UserKnownHostsFile %s\n  IdentityAgent none\n  ConnectTimeout 4\n  ServerAliveInterval 2\n  ServerAliveCountMax 2\n"
                            .formatted(cluster.knownHosts()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.setProperty("holdfast.state", directory.resolve("state").toString());
    }

    // ------------------------------------------------------------------ as a user

    /** The arguments of {@code holdfast fix} as {@code user}, with a policy in YAML and more arguments. */
    List<String> arguments(String user, String policy, String... more) {
        try {
            int number = RUNS.incrementAndGet();
            Path inventory = Files.writeString(directory.resolve(user + ".yml"), cluster.inventory(user));
            Path file = Files.writeString(directory.resolve("policy-%d.yml".formatted(number)), policy + "\n");
            List<String> words = new ArrayList<>(List.of(
                    "fix",
                    "-i",
                    inventory.toString(),
                    "-F",
                    config.toString(),
                    "--policy",
                    file.toString(),
                    "--confirm-timeout",
                    "20"));
            words.addAll(List.of(more));
            return words;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code holdfast fix} in this process. */
    Invocation fix(String user, String policy, String... more) {
        return Invocation.of(arguments(user, policy, more).toArray(String[]::new));
    }

    /** The directory in which the journals are. */
    Path state() {
        return directory.resolve("state");
    }

    // ------------------------------------------------------------------ with a hand in it

    SshConnector connector() {
        try {
            return SshConnector.of(
                    SshOptions.of(SshEnvironment.ofThisProcess(), notice -> {}).withConfigFiles(List.of(config)));
        } catch (SshConfigException e) {
            throw new IllegalStateException(e);
        }
    }

    Target target(RealNode node, String user) {
        return new Target(
                node.name(),
                node.address(),
                OptionalInt.of(node.port()),
                Optional.of(user),
                Optional.of(cluster.keys().privateKey()),
                !user.equals("root"),
                false);
    }

    static Policy policy(String yaml) {
        Problems problems = new Problems();
        Policy policy = yaml.isBlank()
                ? Policies.builtIn().base()
                : Policies.of(Yaml.read("policy.yml", yaml, problems).orElseThrow(), problems)
                        .base();
        problems.throwIfAny();
        return policy;
    }

    /** Scans and plans as ops. */
    Plan plan(String policy, String checks, RealNode... nodes) {
        return planAs("ops", policy, checks, nodes);
    }

    Plan planAs(String user, String policy, String checks, RealNode... nodes) {
        List<Check<?>> selected = Catalogue.ALL.stream()
                .filter(check -> List.of(checks.split(",")).contains(check.id()))
                .toList();
        Policy wanted = policy(policy);
        Templates templates = new Templates(Catalogue.class.getClassLoader());
        try (SshConnector connector = connector()) {
            Scan.Result scanned = new Scan(
                            connector, selected, 4, Optional.empty(), Clock.systemUTC(), Progress.NONE, templates)
                    .run(Arrays.stream(nodes)
                            .map(node -> new Scan.Assignment(target(node, user), wanted))
                            .toList());
            return new Planner(connector, selected, Optional.empty(), templates, 4).plan(scanned);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What takes a run back, planned from what it has recorded. */
    Plan undo(Run run, RealNode node) {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry.Started(
                java.time.Instant.now(),
                run.id,
                "fix",
                false,
                "tester",
                "desk",
                "test",
                List.of(),
                List.of(),
                "",
                List.of(),
                List.of(node.name()),
                Optional.empty()));
        entries.addAll(run.journal);
        try (SshConnector connector = connector()) {
            return new holdfast.fix.Undoer(connector, Optional.empty(), Clock.systemUTC())
                    .plan(
                            new holdfast.journal.RecordedRun(run.id, entries, false),
                            Map.of(node.name(), new Scan.Assignment(target(node, "ops"), policy(""))),
                            Optional.empty());
        }
    }

    /** One run of a plan, with its own connections. */
    final class Run {
        final String id =
                "test-" + RUNS.incrementAndGet() + "-" + ProcessHandle.current().pid();
        final List<String> steps = new CopyOnWriteArrayList<>();
        final List<String> notes = new CopyOnWriteArrayList<>();
        final List<Entry> journal = new CopyOnWriteArrayList<>();
        private final Map<String, Runnable> hands = new ConcurrentHashMap<>();

        /**
         * Does something at the beginning of a step.
         *
         * @param step its name; with {@code /2} behind it the second time that it comes
         */
        Run at(String step, Runnable work) {
            hands.put(step, work);
            return this;
        }

        /** The controller is dead from the beginning of this step: it sends nothing more and its connections end. */
        Run diesAt(String step) {
            return at(step, () -> {
                throw new Dead();
            });
        }

        List<Outcome> apply(Plan plan) {
            return apply(plan, WINDOW);
        }

        List<Outcome> apply(Plan plan, Duration window) {
            try (SshConnector connector = connector()) {
                return new Rollout(
                                connector,
                                Optional.empty(),
                                Clock.systemUTC(),
                                new Rollout.Settings(
                                        id, "tester", "desk", Serial.ALL, Share.NONE, 4, window, List.of(), false),
                                journal::add,
                                new Hands())
                        .run(plan);
            } catch (holdfast.journal.JournalException e) {
                throw new IllegalStateException(e);
            }
        }

        /** As {@link #apply} for a plan with one target. */
        Outcome one(Plan plan) {
            List<Outcome> outcomes = apply(plan);
            assertThat(outcomes).hasSize(1);
            return outcomes.get(0);
        }

        /** Applies the plan until the controller dies. */
        void untilDeath(Plan plan) {
            try {
                List<Outcome> outcomes = apply(plan);
                throw new AssertionError("the controller was to die: " + outcomes + steps);
            } catch (IllegalStateException e) {
                @Nullable Throwable cause = e;
                while (cause != null && !(cause instanceof Dead)) {
                    cause = cause.getCause();
                }
                if (cause == null) {
                    throw e;
                }
            }
        }

        String directory() {
            return "/var/lib/holdfast/" + id;
        }

        private final class Hands implements Watcher {
            @Override
            public void step(String target, String step) {
                steps.add(step);
                long times = steps.stream().filter(step::equals).count();
                Runnable work = hands.get(times == 1 ? step : step + "/" + times);
                if (work != null) {
                    work.run();
                }
            }

            @Override
            public void armed(String target, Duration left) {}

            @Override
            public void disarmed(String target) {}

            @Override
            public void note(String target, String sentence) {
                notes.add(sentence);
            }
        }
    }

    Run run() {
        return new Run();
    }

    /** Ends the controller's part of a run as nothing that it expects does. */
    static final class Dead extends Error {
        private static final long serialVersionUID = 1L;
    }

    // ------------------------------------------------------------------ who gets in

    /** Whether a user gets in by a new connection, to the point of being root. */
    boolean getsIn(RealNode node, String user) {
        try (SshConnector connector = connector();
                RootSession session = RootSession.open(connector, target(node, user), Optional.empty(), phase -> {})) {
            return session.run("id -u", Duration.ofSeconds(10), 1024).ok();
        } catch (NodeException e) {
            return false;
        }
    }
}
