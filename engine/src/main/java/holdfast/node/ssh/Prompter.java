package holdfast.node.ssh;

import holdfast.node.Secret;
import java.io.IOException;
import java.nio.file.Path;

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
