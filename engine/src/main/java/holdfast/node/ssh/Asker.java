package holdfast.node.ssh;

import holdfast.node.Secret;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Asks each question at most once per run, whichever thread comes first; the others wait for its answer. */
final class Asker {

    /** Only one question is on the terminal at a time. */
    private final ReentrantLock terminal = new ReentrantLock();

    private final Map<String, Secret> passwords = new HashMap<>();
    private final Prompter prompter;

    Asker(Prompter prompter) {
        this.prompter = prompter;
    }

    /** The password of a user, on whatever host: as with Ansible's {@code -k}, one answer serves the fleet. */
    Secret password(String user, String login) throws IOException {
        terminal.lock();
        try {
            Secret known = passwords.get(user);
            if (known == null) {
                known = prompter.password(login);
                passwords.put(user, known);
            }
            return known;
        } finally {
            terminal.unlock();
        }
    }

    Secret passphrase(java.nio.file.Path file, int attempt) throws IOException {
        terminal.lock();
        try {
            return prompter.passphrase(file, attempt);
        } finally {
            terminal.unlock();
        }
    }
}
