package holdfast.cli;

import holdfast.policy.Cidr;
import holdfast.run.NodeResult;
import holdfast.text.Names;
import holdfast.text.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** From one member of a cluster to an inventory, a policy and a first run to compare with. */
@Command(
        name = "init",
        description = "Sets up a fleet: finds a cluster, writes inventory and policy, and makes the first baseline.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "On a terminal it asks for what the command line leaves open. Nothing is changed on a node.",
            "",
            "Exit code: 0 all three are there (whatever the first run found), 2 a mistake in the command line, 3 the",
            "cluster could not be read, or the first run could not tell everything.",
            "",
            "Examples:",
            "  holdfast init",
            "  holdfast init root@pve1.example.com --yes",
            "  holdfast init ops@192.0.2.11 -b -d fleet --admin-network 203.0.113.0/24 --break-glass ops --yes"
        })
final class InitCommand implements Callable<Integer> {

    @Parameters(
            arity = "0..1",
            paramLabel = "[USER@]HOST[:PORT]",
            description = "a member of the cluster: its name or address, or an alias of the ssh configuration")
    @Nullable
    private String member;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            description = "where the files go; made if it is not there (default: the current directory)")
    @Nullable
    private Path directory;

    @Option(names = "--profile", paramLabel = "NAME", description = "baseline or enhanced (default: baseline)")
    @Nullable
    private String profile;

    @Option(
            names = "--admin-network",
            paramLabel = "CIDR",
            split = ",",
            description = "a network that the nodes are administered from (repeatable)")
    private List<String> networks = new ArrayList<>();

    @Option(
            names = "--break-glass",
            paramLabel = "USER",
            split = ",",
            description = "a user that must always be able to log in by key and become root (repeatable)")
    private List<String> breakGlass = new ArrayList<>();

    @Option(
            names = "--known-hosts",
            paramLabel = "FILE",
            description = "add the verified host keys to FILE (default: ~/.ssh/known_hosts)")
    @Nullable
    private Path knownHosts;

    @Option(names = "--why", paramLabel = "TEXT", description = "why the first run is approved as the baseline")
    private String why = "the first baseline, made by holdfast init";

    @Option(
            names = {"-y", "--yes"},
            description = "ask nothing")
    private boolean yes;

    @Option(names = "--force", description = "replace files that exist")
    private boolean force;

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Mixin
    private StoreOptions store = new StoreOptions();

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    private final Terminal terminal;

    InitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        ssh.validate();
        String asked = answer(
                member,
                "A member of the cluster, as ssh would reach it ([USER@]HOST): ",
                "",
                "name a member of the cluster, such as root@pve1.example.com");
        if (asked.isEmpty()) {
            throw new UsageError("name a member of the cluster, such as: holdfast init root@pve1.example.com");
        }
        Path where = Path.of(
                answer(directory == null ? null : directory.toString(), "A directory for its files [.]: ", ".", ""));
        String chosen = answer(profile, "The profile, baseline or enhanced [baseline]: ", "baseline", "");
        if (!chosen.equals("baseline") && !chosen.equals("enhanced")) {
            throw new UsageError("--profile takes baseline or enhanced, not '%s'".formatted(chosen));
        }
        List<String> admin =
                words(networks, "Networks that you administer from, such as 203.0.113.0/24 (none: leave empty): ");
        admin.stream()
                .filter(network -> !network.contains("/") || Cidr.parse(network).isEmpty())
                .forEach(network -> {
                    throw new UsageError(
                            "--admin-network: '%s' is not a network such as 203.0.113.0/24 (one address: 203.0.113.7/32)"
                                    .formatted(network));
                });
        List<String> rescuers =
                words(breakGlass, "Users that must always get in by key and become root (none: leave empty): ");
        rescuers.stream().filter(user -> !Names.isLinuxUser(user)).forEach(user -> {
            throw new UsageError("--break-glass: '%s' is not a user name".formatted(user));
        });
        directory(where);
        Made files = new Made(where);
        OutputFile policy = new OutputFile("--directory", files.policy()).check(force);
        new OutputFile("--directory", files.inventory()).check(force);
        int found = discover(asked, files);
        if (found == 2 || !Files.exists(files.inventory())) {
            return found;
        }
        policy.write(policy(chosen, admin, rescuers), force);
        say("wrote " + files.policy());
        say("");
        return baseline(files, found);
    }

    /** The files that this makes. */
    private record Made(Path directory) {
        Path inventory() {
            return directory.resolve("fleet.yml").normalize();
        }

        Path policy() {
            return directory.resolve("policy.yml").normalize();
        }
    }

    // ------------------------------------------------------------------ questions

    private String answer(@Nullable String given, String question, String otherwise, String missing) {
        if (given != null) {
            return given.strip();
        }
        if (yes || !Boolean.getBoolean("holdfast.stdin.terminal")) {
            if (otherwise.isEmpty() && !missing.isEmpty()) {
                throw new UsageError(missing);
            }
            return otherwise;
        }
        String answer = terminal.line(question);
        return answer.isEmpty() ? otherwise : answer;
    }

    private List<String> words(List<String> given, String question) {
        if (!given.isEmpty()) {
            return given;
        }
        String answer = answer(null, question, "", "");
        return answer.isEmpty() ? List.of() : List.of(answer.split("[\\s,]+"));
    }

    private static void directory(Path where) throws IOException {
        if (Files.exists(where) && !Files.isDirectory(where)) {
            throw new UsageError("--directory: %s is not a directory".formatted(where));
        }
        if (!Files.exists(where)) {
            Files.createDirectories(
                    where, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        }
    }

    // ------------------------------------------------------------------ the three files

    private int discover(String asked, Made files) {
        List<String> words = new ArrayList<>(List.of(
                "inventory",
                "discover",
                asked,
                "-o",
                files.inventory().toString(),
                "--known-hosts",
                keys().toString()));
        words.addAll(ssh.words());
        words.add("--step");
        if (force) {
            words.add("--force");
        }
        return run(words);
    }

    private Path keys() {
        if (knownHosts != null) {
            return knownHosts;
        }
        Path file = Path.of(System.getProperty("user.home", ""), ".ssh", "known_hosts");
        Path parent = file.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new UsageError(
                    "there is no directory %s for the host keys: make it, or name a file with --known-hosts"
                            .formatted(parent));
        }
        return file;
    }

    /** Comments say what a person would change next; the keys are those of docs/policy.md. */
    static String policy(String profile, List<String> networks, List<String> breakGlass) {
        StringBuilder text = new StringBuilder("""
                # What is right for this fleet. Every key: docs/policy.md; only what differs from the profile stands here.
                profile: %s
                """.formatted(profile));
        Map<String, String> parts = new LinkedHashMap<>();
        if (!breakGlass.isEmpty()) {
            parts.put("sshd:\n  break_glass: ", breakGlass.stream().collect(Collectors.joining(", ", "[", "]")));
        }
        if (!networks.isEmpty()) {
            parts.put(
                    "firewall:\n  admin_networks: ",
                    networks.stream().map(network -> '"' + network + '"').collect(Collectors.joining(", ", "[", "]")));
        }
        parts.forEach(
                (key, value) -> text.append('\n').append(key).append(value).append('\n'));
        return text.append("""

                # What fails and is accepted until a day. All five keys are required; an expired waiver fails loudly.
                # waivers:
                #   - check: certificate.served
                #     nodes: [pve3]
                #     reason: The wildcard certificate comes in January
                #     owner: ops@example.com
                #     expires: 2027-01-31
                """).toString();
    }

    private int baseline(Made files, int found) {
        List<String> scan = new ArrayList<>(List.of(
                "scan",
                "-i",
                files.inventory().toString(),
                "--policy",
                files.policy().toString()));
        scan.addAll(onlyHow());
        String again = program() + " " + scan.stream().map(InitCommand::word).collect(Collectors.joining(" "));
        scan.addAll(store.words());
        List<String> first = new ArrayList<>(scan);
        // Its next step is not this one's.
        first.addAll(List.of("--called-as", ""));
        int scanned = run(first);
        if (scanned == 2 || scanned > 3) {
            return scanned;
        }
        say("");
        List<String> unread = unread();
        if (!unread.isEmpty()) {
            say("not approved: %s could not be read, and a baseline says what every node is like"
                    .formatted(String.join(", ", unread)));
            say(
                    "next: see why above (host keys are looked up where your ssh configuration says, see UserKnownHostsFile); then");
            say("  %s".formatted(again));
            say("  %s approve last --why '…'".formatted(program()));
            return 3;
        }
        List<String> approve = new ArrayList<>(List.of("approve", "last", "--why", why));
        approve.addAll(store.words());
        int approved = run(approve);
        if (approved != 0) {
            return approved;
        }
        say("");
        say("next, what would be changed; what differs from this baseline; and a timer that looks every day:");
        String rest = again.substring((program() + " scan").length());
        say("  %s fix%s --check --diff".formatted(program(), rest));
        say("  %s scan%s --since approved --fail-on-drift".formatted(program(), rest));
        say("  %s schedule print --%s --since approved".formatted(program(), rest));
        return scanned == 3 || found == 3 ? 3 : 0;
    }

    /** Nodes of the scan that was just stored that could not be read. */
    private List<String> unread() {
        try (Archive archive = Archive.existing(store, new Notices(terminal, false))) {
            return archive.run(Archive.LAST).nodes().stream()
                    .filter(node -> node.state() != NodeResult.State.OK)
                    .map(NodeResult::name)
                    .toList();
        }
    }

    /** What the inventory does not say: it has the user and whether to become root. */
    private List<String> onlyHow() {
        List<String> words = new ArrayList<>(ssh.words());
        int user = words.indexOf("-u");
        if (user >= 0) {
            words.subList(user, user + 2).clear();
        }
        words.remove("-b");
        return words;
    }

    private int run(List<String> words) {
        List<String> all = new ArrayList<>(words);
        if (noColour) {
            all.add("--no-color");
        }
        terminal.out().flush();
        return Main.run(terminal, all.toArray(String[]::new));
    }

    private static String program() {
        return Optional.ofNullable(System.getProperty("holdfast.program")).orElse("holdfast");
    }

    private static String word(String text) {
        return text.matches("[A-Za-z0-9_./:@,+=-]+") ? text : Shell.quote(text);
    }

    private void say(String line) {
        terminal.out().println(line);
    }
}
