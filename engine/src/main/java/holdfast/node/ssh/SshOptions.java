package holdfast.node.ssh;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the command line decides about SSH.
 *
 * @param configFiles the user's ssh configuration, then the system's; missing files are no error
 * @param hostKeys what to do with unknown host keys
 * @param timeouts per phase
 * @param askPassword {@code -k}: password and keyboard-interactive logins are allowed, and the password is asked for
 * @param prompter asks the person
 * @param environment the process around us
 * @param notices told, once per text, what was ignored or skipped; from any thread
 */
public record SshOptions(
        List<Path> configFiles,
        HostKeys hostKeys,
        Timeouts timeouts,
        boolean askPassword,
        Prompter prompter,
        SshEnvironment environment,
        Consumer<String> notices) {

    public SshOptions {
        configFiles = List.copyOf(configFiles);
    }

    /** Strict host keys, standard timeouts, keys only, no prompts. */
    public static SshOptions of(SshEnvironment environment, Consumer<String> notices) {
        return new SshOptions(
                List.of(environment.sshDirectory().resolve("config"), Path.of("/etc/ssh/ssh_config")),
                HostKeys.STRICT,
                Timeouts.standard(),
                false,
                Prompter.none(),
                environment,
                notices);
    }

    public SshOptions withConfigFiles(List<Path> files) {
        return new SshOptions(files, hostKeys, timeouts, askPassword, prompter, environment, notices);
    }

    public SshOptions withHostKeys(HostKeys mode) {
        return new SshOptions(configFiles, mode, timeouts, askPassword, prompter, environment, notices);
    }

    public SshOptions withTimeouts(Timeouts limits) {
        return new SshOptions(configFiles, hostKeys, limits, askPassword, prompter, environment, notices);
    }

    public SshOptions withAskPassword(boolean ask) {
        return new SshOptions(configFiles, hostKeys, timeouts, ask, prompter, environment, notices);
    }

    public SshOptions withPrompter(Prompter asker) {
        return new SshOptions(configFiles, hostKeys, timeouts, askPassword, asker, environment, notices);
    }
}
