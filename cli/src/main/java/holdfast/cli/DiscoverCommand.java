package holdfast.cli;

import holdfast.discovery.Discovered;
import holdfast.discovery.KeyCheck;
import holdfast.node.HostKey;
import holdfast.node.NodeException;
import holdfast.node.Secret;
import holdfast.node.Target;
import holdfast.node.local.LocalConnector;
import holdfast.node.ssh.KnownKeys;
import holdfast.node.ssh.SshConnector;
import holdfast.run.Discovery;
import holdfast.text.Clean;
import holdfast.text.Names;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reads one member and writes the inventory of its whole cluster, with the host keys that could be verified. */
@Command(
        name = "discover",
        description = "Reads one member of a cluster and writes an inventory of all of them.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "One login, on the member that is named. The others are asked for their host keys only, without",
            "logging in, and the answers are compared with the keys that the cluster knows its members by.",
            "Only keys that agree are written.",
            "",
            "Exit code: 0 every member's key was verified, 1 a member presents another key than it should,",
            "2 a mistake in the command line (nothing was contacted), 3 a member did not answer, or its key",
            "cannot be compared.",
            "",
            "Examples:",
            "  holdfast inventory discover root@pve1.example.com",
            "  holdfast inventory discover ops@192.0.2.11 -b -o lab.yml        and lab.known_hosts beside it",
            "  holdfast inventory discover pve1 -o lab.yml --known-hosts ~/.ssh/known_hosts"
        })
final class DiscoverCommand implements Callable<Integer> {

    private static final Pattern MEMBER =
            Pattern.compile("(?:(?<user>[^@]*)@)?(?:\\[(?<six>[^\\]]*)]|(?<host>[^:\\[\\]]*))(?::(?<port>\\d{1,9}))?");

    private static final int FORKS = 50;

    @Parameters(
            index = "0",
            paramLabel = "[USER@]HOST[:PORT]",
            description = "a member: its name or address, or an alias of the ssh configuration")
    private String member = "";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "write the inventory to FILE (default: standard output)")
    @Nullable
    private Path output;

    @Option(
            names = "--known-hosts",
            paramLabel = "FILE",
            description =
                    "write the verified host keys to FILE, or add them where FILE exists (default with -o: beside the inventory, as NAME.known_hosts)")
    @Nullable
    private Path knownHosts;

    @Option(
            names = "--force",
            description =
                    "replace an inventory that exists, and the known_hosts file beside it; never one of --known-hosts")
    private boolean force;

    @Mixin
    private SshOptionGroup ssh = new SshOptionGroup();

    @Option(names = "--no-color", description = "no colours (as with NO_COLOR)")
    private boolean noColour;

    @Option(names = "--quiet", description = "no progress and no notes on standard error")
    private boolean quiet;

    @Option(names = "--step", hidden = true, description = "another verb goes on from here: no next step is named")
    private boolean step;

    private final Terminal terminal;

    DiscoverCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Where the keys go. */
    private record KeyFile(OutputFile file, boolean adds) {}

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = noColour ? terminal.withoutColour() : terminal;
        ssh.validate();
        Target first = target();
        Optional<OutputFile> inventory =
                Optional.ofNullable(output).map(file -> new OutputFile("--output", file).check(force));
        Optional<KeyFile> keys = keyFile();
        Notices notices = new Notices(screen, quiet);
        LiveProgress progress = notices.progress();
        Optional<Secret> sudoPassword = ssh.sudoPassword(screen);
        Discovered found;
        try (SshConnector connector = ssh.sshConnector(screen, progress, notices);
                LiveProgress live = progress.start(1)) {
            found = new Discovery(
                            new Ways(connector, new LocalConnector()),
                            connector,
                            FORKS,
                            sudoPassword,
                            Clock.systemUTC(),
                            live)
                    .run(first);
        } catch (NodeException e) {
            screen.err()
                    .println("holdfast: %s: %s: %s"
                            .formatted(Clean.line(first.host(), 100), e.phase().label(), Clean.line(e.why(), 1000)));
            return 3;
        }
        return write(screen, found, inventory, keys);
    }

    private int write(Terminal screen, Discovered found, Optional<OutputFile> inventory, Optional<KeyFile> keys) {
        Instant now = Instant.now();
        boolean become = (ssh.become || ssh.askBecomePassword) && !found.user().equals("root");
        String text = found.inventory(
                now, Version.number(), become, keys.map(key -> key.file().file().toString()));
        // Where the inventory is the result on standard output, nothing else may stand there.
        PrintStream told = inventory.isPresent() ? screen.out() : screen.err();
        if (inventory.isEmpty()) {
            screen.out().print(text);
            screen.out().flush();
        }
        boolean quietly = inventory.isEmpty() && quiet;
        if (!quietly) {
            new DiscoveryView(screen, told).show(found);
        }
        List<String> conflicts = new ArrayList<>();
        String wrote = keys.map(key -> writeKeys(found, key, now, conflicts)).orElse("");
        inventory.ifPresent(file -> file.write(text, force));
        conflicts.forEach(conflict -> screen.err().println("holdfast: " + Clean.line(conflict, 1000)));
        if (!quietly) {
            inventory.ifPresent(file -> told.println("wrote " + file.file()));
            if (!wrote.isEmpty()) {
                told.println(wrote);
            }
            next(told, found, keys);
        }
        int code = found.exitCode();
        return code == 0 && !conflicts.isEmpty() ? 1 : code;
    }

    private void next(PrintStream told, Discovered found, Optional<KeyFile> keys) {
        if (step || found.count(KeyCheck.State.VERIFIED) == 0) {
            return;
        }
        if (keys.isEmpty()) {
            told.println("next: -o FILE.yml writes the inventory, and the verified host keys beside it");
            return;
        }
        if (output != null) {
            List<String> words = new ArrayList<>();
            boolean familiar = found.members().stream()
                    .map(Discovered.Member::check)
                    .allMatch(check -> check.state() != KeyCheck.State.VERIFIED || check.familiar());
            if (!keys.get().adds() && !familiar) {
                words.add("cat %s >> ~/.ssh/known_hosts  &&"
                        .formatted(word(keys.get().file().file())));
            }
            words.add("%s scan -i %s".formatted(System.getProperty("holdfast.program", "holdfast"), word(output)));
            if (ssh.sshConfig != null) {
                words.add("-F " + word(ssh.sshConfig));
            }
            if (ssh.privateKey != null) {
                words.add("--private-key " + word(ssh.privateKey));
            }
            if (ssh.askBecomePassword) {
                words.add("-K");
            }
            told.println("next: " + String.join(" ", words));
        }
    }

    private static String word(Path file) {
        String text = file.toString();
        return text.matches("[A-Za-z0-9_./:@,+=-]+") ? text : holdfast.text.Shell.quote(text);
    }

    // ------------------------------------------------------------------ the member that is asked

    private Target target() {
        Matcher parts = MEMBER.matcher(member);
        boolean six = Names.isIpv6(member.substring(member.indexOf('@') + 1));
        String host;
        OptionalInt port = OptionalInt.empty();
        String user = member.indexOf('@') >= 0 ? member.substring(0, member.indexOf('@')) : null;
        if (six) {
            host = member.substring(member.indexOf('@') + 1);
        } else if (parts.matches()) {
            host = parts.group("six") != null ? parts.group("six") : String.valueOf(parts.group("host"));
            user = parts.group("user");
            if (parts.group("port") != null) {
                port = OptionalInt.of(Integer.parseInt(parts.group("port")));
            }
        } else {
            throw misnamed("it is not [USER@]HOST[:PORT]");
        }
        if (!Names.isHost(host) || (parts.matches() && parts.group("six") != null && !Names.isIpv6(host))) {
            throw misnamed("'%s' is not a host name or an IP address".formatted(host));
        }
        if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > 65535)) {
            throw misnamed("a port is a number from 1 to 65535");
        }
        if (user != null && !Names.isLogin(user)) {
            throw misnamed("'%s' is not a user name".formatted(user));
        }
        if (user != null && ssh.user != null && !user.equals(ssh.user)) {
            throw misnamed("-u says %s: name one user".formatted(ssh.user));
        }
        return new Target(
                host,
                host,
                port,
                Optional.ofNullable(user).or(() -> Optional.ofNullable(ssh.user)),
                Optional.ofNullable(ssh.privateKey),
                ssh.login().become(),
                false);
    }

    private UsageError misnamed(String why) {
        return new UsageError("discover asks one member, such as root@pve1.example.com, not '%s': %s"
                .formatted(Clean.line(member, 100), why));
    }

    // ------------------------------------------------------------------ the keys

    private Optional<KeyFile> keyFile() {
        if (knownHosts != null) {
            if (output != null
                    && output.toAbsolutePath()
                            .normalize()
                            .equals(knownHosts.toAbsolutePath().normalize())) {
                throw new UsageError("--output and --known-hosts both name %s: name two files".formatted(output));
            }
            OutputFile file = new OutputFile("--known-hosts", knownHosts).check(true);
            return Optional.of(new KeyFile(file, file.exists()));
        }
        return Optional.ofNullable(output)
                .map(file -> new OutputFile("--output", beside(file)).check(force))
                .map(file -> new KeyFile(file, false));
    }

    private static Path beside(Path inventory) {
        String name = String.valueOf(inventory.getFileName()).replaceFirst("\\.(yml|yaml)$", "");
        return inventory.resolveSibling(name + ".known_hosts");
    }

    private String writeKeys(Discovered found, KeyFile key, Instant now, List<String> conflicts) {
        Path file = key.file().file();
        if (!key.adds()) {
            key.file().write(found.knownHosts(now, Version.number()), knownHosts == null && force);
            return "wrote %s: %s".formatted(file, count(found.keyLines().size(), "key"));
        }
        try {
            KnownKeys there = KnownKeys.read(file);
            List<String> added = new ArrayList<>();
            for (String line : found.keyLines()) {
                String[] words = line.split(" ");
                HostKey key0 = new HostKey(words[1], words[2]);
                List<HostKey> known = there.keysOf(words[0]);
                if (there.revokes(words[0], key0)) {
                    conflicts.add("%s has revoked the %s key of %s, so it was not added"
                            .formatted(file, key0.type(), words[0]));
                } else if (known.stream().anyMatch(other -> other.type().equals(key0.type()) && !other.equals(key0))) {
                    conflicts.add(
                            "%s has another %s key for %s, so the verified one was not added: remove the old one with: ssh-keygen -f %s -R '%s'"
                                    .formatted(file, key0.type(), words[0], file, words[0]));
                } else if (!known.contains(key0)) {
                    added.add(line);
                }
            }
            if (!added.isEmpty()) {
                // Bytes as they are: the lines of others stay what they were.
                String before = Files.readString(file, StandardCharsets.ISO_8859_1);
                String between = before.isEmpty() || before.endsWith("\n") ? "" : "\n";
                String after = before + between + added.stream().collect(Collectors.joining("\n", "", "\n"));
                key.file().write(after.getBytes(StandardCharsets.ISO_8859_1), true);
            }
            return "added to %s: %s".formatted(file, count(added.size(), "key"));
        } catch (IOException e) {
            throw new UsageError("--known-hosts: %s could not be read: %s".formatted(file, e));
        }
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
