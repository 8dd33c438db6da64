package holdfast.cli;

import holdfast.inventory.Login;
import holdfast.node.Connector;
import holdfast.node.Secret;
import holdfast.node.local.LocalConnector;
import holdfast.node.ssh.HostKeys;
import holdfast.node.ssh.Prompter;
import holdfast.node.ssh.SshConfigException;
import holdfast.node.ssh.SshConnector;
import holdfast.node.ssh.SshEnvironment;
import holdfast.node.ssh.SshOptions;
import holdfast.node.ssh.Timeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to get into the nodes: Ansible's options, and OpenSSH's configuration behind them. */
final class SshOptionGroup {

    private static final int TIMEOUT = 10;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER",
            description = "log in as USER where the inventory names nobody")
    @Nullable
    String user;

    @Option(
            names = {"-b", "--become"},
            description = "become root with sudo after the login")
    boolean become;

    @Option(
            names = {"-K", "--ask-become-pass"},
            description = "ask once for sudo's password (implies -b)")
    boolean askBecomePassword;

    @Option(
            names = {"-k", "--ask-pass"},
            description = "ask for the login password; without it only keys are tried")
    boolean askPassword;

    @Option(
            names = "--private-key",
            paramLabel = "FILE",
            description = "offer this key only, where the inventory names none")
    @Nullable
    Path privateKey;

    @Option(
            names = {"-F", "--ssh-config"},
            paramLabel = "FILE",
            description = "ssh configuration instead of ~/.ssh/config")
    @Nullable
    Path sshConfig;

    @Option(
            names = "--host-keys",
            paramLabel = "strict|accept-new",
            description = "what to do with an unknown host key (default: strict); a changed one is always refused")
    String hostKeys = "strict";

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description =
                    "for connecting; resolving gets half of it, the login twice as much (default: ${DEFAULT-VALUE})")
    int timeout = TIMEOUT;

    Login login() {
        return new Login(Optional.ofNullable(user), Optional.ofNullable(privateKey), become || askBecomePassword);
    }

    /** Takes over what the command line leaves open. */
    void unlessGiven(SshOptionGroup other) {
        user = user == null ? other.user : user;
        privateKey = privateKey == null ? other.privateKey : privateKey;
        sshConfig = sshConfig == null ? other.sshConfig : sshConfig;
        become |= other.become;
        askBecomePassword |= other.askBecomePassword;
        askPassword |= other.askPassword;
    }

    /** Mistakes that can be told before anything is contacted. */
    void validate() {
        if (timeout < 1 || timeout > 600) {
            throw new UsageError("--timeout takes 1 to 600 seconds, not " + timeout);
        }
        if (!hostKeys.equals("strict") && !hostKeys.equals("accept-new")) {
            throw new UsageError(
                    "--host-keys: '%s' is neither strict nor accept-new; there is no mode that ignores a changed key"
                            .formatted(hostKeys));
        }
        requireReadable("--private-key", privateKey);
        requireReadable("--ssh-config", sshConfig);
        if (user != null && !user.matches("[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,63}")) {
            throw new UsageError("--user: '" + user + "' is not a user name");
        }
    }

    private static void requireReadable(String option, @Nullable Path file) {
        if (file == null) {
            return;
        }
        if (!Files.exists(file)) {
            throw new UsageError("%s: there is no file %s".formatted(option, file));
        }
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new UsageError("%s: %s cannot be read: check its owner and mode".formatted(option, file));
        }
    }

    /** sudo's password, asked for before anything is contacted. */
    Optional<Secret> sudoPassword(Terminal terminal) {
        if (!askBecomePassword) {
            return Optional.empty();
        }
        Optional<Secret> credential = Credentials.ofProcess().secret(Credentials.SUDO_PASSWORD);
        if (credential.isPresent()) {
            return credential;
        }
        char[] answer = terminal.ask("sudo password");
        Secret secret = Secret.of(answer);
        Arrays.fill(answer, ' ');
        return Optional.of(secret);
    }

    /** The options as a command line has them, with files that can be found from any directory. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        if (user != null) {
            words.addAll(List.of("-u", user));
        }
        if (askBecomePassword) {
            words.add("-K");
        } else if (become) {
            words.add("-b");
        }
        if (askPassword) {
            words.add("-k");
        }
        if (privateKey != null) {
            words.addAll(List.of("--private-key", absolute(privateKey)));
        }
        if (sshConfig != null) {
            words.addAll(List.of("-F", absolute(sshConfig)));
        }
        if (!hostKeys.equals("strict")) {
            words.addAll(List.of("--host-keys", hostKeys));
        }
        if (timeout != TIMEOUT) {
            words.addAll(List.of("--timeout", Integer.toString(timeout)));
        }
        return words;
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().normalize().toString();
    }

    /** Ways to all kinds of nodes. */
    Connector connector(Terminal terminal, LiveProgress progress, Consumer<String> notices) {
        return new Ways(sshConnector(terminal, progress, notices), new LocalConnector());
    }

    /** Ways over SSH. */
    SshConnector sshConnector(Terminal terminal, LiveProgress progress, Consumer<String> notices) {
        SshOptions options = SshOptions.of(SshEnvironment.ofThisProcess(), notices)
                .withTimeouts(Timeouts.standard().scaled(timeout / 10.0))
                .withAskPassword(askPassword)
                .withHostKeys(hostKeys.equals("accept-new") ? HostKeys.ACCEPT_NEW : HostKeys.STRICT)
                .withPrompter(prompter(terminal, progress));
        if (sshConfig != null) {
            options = options.withConfigFiles(List.of(sshConfig));
        }
        try {
            return SshConnector.of(options);
        } catch (SshConfigException e) {
            throw new UsageError(String.valueOf(e.getMessage()));
        }
    }

    private static Prompter prompter(Terminal terminal, LiveProgress progress) {
        return new Prompter() {
            @Override
            public Secret password(String login) throws IOException {
                return ask("password of " + login);
            }

            @Override
            public Secret passphrase(Path keyFile, int attempt) throws IOException {
                Optional<Secret> credential = Credentials.ofProcess().secret(Credentials.PASSPHRASE);
                if (credential.isPresent()) {
                    if (attempt > 1) {
                        throw new IOException(
                                "the credential %s does not open %s".formatted(Credentials.PASSPHRASE, keyFile));
                    }
                    return credential.get();
                }
                return ask((attempt > 1 ? "wrong; again, the " : "") + "passphrase of " + keyFile);
            }

            private Secret ask(String what) throws IOException {
                try {
                    char[] answer = progress.without(() -> terminal.ask(what));
                    Secret secret = Secret.of(answer);
                    Arrays.fill(answer, ' ');
                    return secret;
                } catch (UsageError e) {
                    throw new IOException(e.why(), e);
                }
            }
        };
    }
}
