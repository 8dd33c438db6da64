package holdfast.node.ssh;

import holdfast.node.Secret;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Asks the person at the terminal for secrets. The SSH layer calls it from one thread at a time. */
public interface Prompter {

    /**
     * The password of a login such as {@code root@pve1}; asked once per user and run.
     *
     * @throws IOException when nobody can be asked; the message says why
     */
    Secret password(String login) throws IOException;

    /**
     * The passphrase of a key file.
     *
     * @param attempt 1, 2 or 3
     * @throws IOException when nobody can be asked; the message says why
     */
    Secret passphrase(Path keyFile, int attempt) throws IOException;

    /** Asks on the terminal, and fails clearly where there is none. */
    static Prompter terminal() {
        return new Prompter() {
            @Override
            public Secret password(String login) throws IOException {
                return ask("Password for " + login + ": ");
            }

            @Override
            public Secret passphrase(Path keyFile, int attempt) throws IOException {
                return ask((attempt > 1 ? "Wrong passphrase. " : "") + "Passphrase for key " + keyFile + ": ");
            }

            private Secret ask(String question) throws IOException {
                @Nullable Console console = console();
                char[] answer = console == null ? null : console.readPassword("%s", question);
                if (answer == null) {
                    throw new IOException("there is no terminal to ask at");
                }
                Secret secret = Secret.of(answer);
                Arrays.fill(answer, ' ');
                return secret;
            }

            /* Since Java 22 there may be a console without a terminal, which would wait for ever or echo. */
            @SuppressWarnings("SystemConsoleNull")
            private @Nullable Console console() {
                Console console = System.console();
                try {
                    return console == null
                                    || Boolean.TRUE.equals(Console.class
                                            .getMethod("isTerminal")
                                            .invoke(console))
                            ? console
                            : null;
                } catch (ReflectiveOperationException e) {
                    return console;
                }
            }
        };
    }

    /** Never asks. */
    static Prompter none() {
        return new Prompter() {
            @Override
            public Secret password(String login) throws IOException {
                throw new IOException("prompts are switched off");
            }

            @Override
            public Secret passphrase(Path keyFile, int attempt) throws IOException {
                throw new IOException("prompts are switched off");
            }
        };
    }
}
